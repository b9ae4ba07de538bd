package zikr

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"
)

// maxOnlineNamed is how many users joined_group names (contract section 3).
const maxOnlineNamed = 500

// Standing is what a member must know to join a group's channel.
type Standing struct {
	GroupID   string
	GroupName string
	Seq       int64 // of the latest event in the log
}

// Standing returns where the group's log stands, to its members. CodeNotMember.
func (s *Service) Standing(ctx context.Context, userID, groupID string) (*Standing, error) {
	return view(ctx, s, func(r Reader) (*Standing, error) {
		standing, err := r.Standing(groupID, userID)
		if err != nil {
			return nil, orNotFound(err, "find membership", notMember(groupID))
		}
		return standing, nil
	})
}

// Enter counts a connection into a group's channel. The others are told
// user_online if it is the user's first one in it.
func (s *Service) Enter(ctx context.Context, userID, groupID, connID string) error {
	defer s.turns.take(place{userID, groupID})()
	first, err := s.presence.Enter(ctx, groupID, userID)
	if err != nil {
		return fmt.Errorf("enter channel: %w", err)
	}
	if !first {
		return nil
	}
	return s.tellChannel(Signal{GroupID: groupID, ExceptID: connID}, UserOnline{groupID, userID, At(s.now())})
}

// Leave counts a connection out of a group's channel at once. The group is told
// user_offline if it was the user's last one in it.
func (s *Service) Leave(ctx context.Context, userID, groupID string) error {
	defer s.turns.take(place{userID, groupID})()
	last, err := s.presence.Leave(ctx, groupID, userID)
	if err != nil {
		return fmt.Errorf("leave channel: %w", err)
	}
	if !last {
		return nil
	}
	return s.tellChannel(Signal{GroupID: groupID}, UserOffline{groupID, userID, At(s.now())})
}

// Drop counts a connection out that was lost, once its grace is over: who has
// come back by then was never offline.
func (s *Service) Drop(userID, groupID string) { s.graces.add(place{userID, groupID}) }

// EndGrace counts out now what is still in its grace: the user is no longer in the group.
func (s *Service) EndGrace(ctx context.Context, userID, groupID string) {
	s.graces.end(ctx, place{userID, groupID})
}

// Online counts the users in a group's channel, grace included, and names 500 at most.
func (s *Service) Online(ctx context.Context, groupID string) (count int, userIDs []string, err error) {
	count, userIDs, err = s.presence.Online(ctx, groupID, maxOnlineNamed)
	if err != nil {
		return 0, nil, fmt.Errorf("read presence: %w", err)
	}
	return count, userIDs, nil
}

func (s *Service) tellChannel(sig Signal, p Payload) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode %s: %w", p.EventName(), err)
	}
	sig.Name, sig.Data = p.EventName(), data
	s.bus.Signal(sig)
	return nil
}

// place is a user in a group's channel.
type place struct{ userID, groupID string }

// turns lets one connection of a place come or go at a time: counting it and
// telling of it are one step, or user_offline could overtake the user_online that
// followed it. Places share locks.
type turns struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

// take waits for the place's turn, which ends with a call of what is returned.
func (t *turns) take(p place) (done func()) {
	lock := &t.locks[maphash.Comparable(t.seed, p)%uint64(len(t.locks))]
	lock.Lock()
	return lock.Unlock
}

// graces holds the connections that dropped and still count as online.
type graces struct {
	after time.Duration
	leave func(ctx context.Context, userID, groupID string) error
	log   *slog.Logger

	mu      sync.Mutex
	waiting map[place][]*time.Timer
	closed  bool
	busy    sync.WaitGroup // timers that fired and are not done
}

// add starts the grace of one connection.
func (g *graces) add(p place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	if g.waiting == nil {
		g.waiting = make(map[place][]*time.Timer)
	}
	// All graces last equally long, so the one that ends is the oldest of its kind.
	g.waiting[p] = append(g.waiting[p], time.AfterFunc(g.after, func() { g.over(p) }))
}

// over ends the oldest grace, unless end was faster.
func (g *graces) over(p place) {
	g.mu.Lock()
	timers := g.waiting[p]
	if len(timers) == 0 || g.closed {
		g.mu.Unlock()
		return
	}
	g.setWaiting(p, timers[1:])
	g.busy.Add(1)
	g.mu.Unlock()
	defer g.busy.Done()
	g.countOut(context.Background(), p)
}

// end ends all graces of one place now.
func (g *graces) end(ctx context.Context, p place) {
	g.mu.Lock()
	timers := g.waiting[p]
	g.setWaiting(p, nil)
	g.mu.Unlock()
	for _, t := range timers {
		t.Stop() // one that fired finds nothing waiting
		g.countOut(ctx, p)
	}
}

func (g *graces) setWaiting(p place, timers []*time.Timer) {
	if len(timers) == 0 {
		delete(g.waiting, p)
		return
	}
	g.waiting[p] = timers
}

func (g *graces) countOut(ctx context.Context, p place) {
	if err := g.leave(ctx, p.userID, p.groupID); err != nil {
		g.log.Error("a lost connection still counts as online", "user", p.userID, "group", p.groupID, "err", err)
	}
}

// close forgets all graces and waits for those that are ending.
func (g *graces) close() {
	g.mu.Lock()
	g.closed = true
	for _, timers := range g.waiting {
		for _, t := range timers {
			t.Stop()
		}
	}
	g.waiting = nil
	g.mu.Unlock()
	g.busy.Wait()
}
