package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/zikr-app/zikr"
)

// run keeps the lease until ctx ends. When Redis was away it comes back, and when a
// node has died it takes its users out. Both may take long, and are done beside it, one at a time.
func (p *places) run(ctx context.Context) {
	defer p.stopJob()
	for ctx.Err() == nil {
		pause := p.lane.r.opts.Lease / 7
		if err := p.look(ctx); err != nil && ctx.Err() == nil {
			name, _ := p.names()
			p.fail(name, err)
			pause = min(pause, longestPause)
		}
		p.rest(ctx, pause)
	}
}

// rest pauses until something must be done, a moment at least.
func (p *places) rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
		return
	case <-p.wake:
	}
	newBackoff().wait(ctx)
}

// look does what is due.
func (p *places) look(ctx context.Context) error {
	name, before := p.names()
	if name == "" {
		p.stopJob()
		return p.comeBack(ctx, before)
	}
	how := lease{length: p.length(), takeOver: !p.busy()}
	_, dead, err := p.renew(ctx, name, how)
	if err == nil && dead != "" {
		p.startJob(ctx, name, func(ctx context.Context) error { return p.takeOut(ctx, dead, true) })
	}
	return err
}

// job is something that takes long.
type job struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startJob begins a job. If it fails, the name is given up under which it was begun.
func (p *places) startJob(ctx context.Context, name string, do func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	j := &job{cancel: cancel, done: make(chan struct{})}
	p.job = j
	go func() {
		defer close(j.done)
		defer cancel()
		if err := do(ctx); err != nil && ctx.Err() == nil {
			p.fail(name, err)
		}
	}()
}

// busy reports whether a job is under way.
func (p *places) busy() bool {
	if p.job == nil {
		return false
	}
	select {
	case <-p.job.done:
		return false
	default:
		return true
	}
}

// stopJob ends the job that is under way, if there is one.
func (p *places) stopJob() {
	if p.job != nil {
		p.job.cancel()
		<-p.job.done
		p.job = nil
	}
}

// lease is what is asked of a lease.
type lease struct {
	length   time.Duration
	begin    bool // it is for a new name
	takeOver bool // a dead name is asked for, too
}

// renew renews a name's lease. It returns how the name stood before, and a dead
// name that is ours to take the users of, "" if there is none.
func (p *places) renew(ctx context.Context, name string, how lease) (standing int64, dead string, err error) {
	l := p.lane
	reply, err := p.call(ctx, l.r.scripts.renew, []string{l.nodesKey(), l.deadKey(), l.buriedKey()},
		name, milliseconds(how.length), flag(how.begin), flag(how.takeOver), milliseconds(l.r.opts.Lease)).ToArray()
	if err == nil && len(reply) != 2 {
		err = fmt.Errorf("%d values instead of 2", len(reply))
	}
	if err != nil {
		return 0, "", fmt.Errorf("renew the lease: %w", err)
	}
	if standing, err = reply[0].AsInt64(); err == nil {
		dead, err = reply[1].ToString()
	}
	if err == nil && standing != nameAlive && !how.begin {
		err = errNoLease
	}
	return standing, dead, err
}

func flag(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// comeBack begins a new name when Redis was away, and begins to write everything under it that this node holds.
//
// What became of the old name says what the other nodes' clients believe. Dead: they were told that its
// users are offline, so they are told now who is there again. Alive: they missed nothing; what left meanwhile was told by us,
// and is taken out in silence. Unknown: Redis began anew, empty; the clients believe what was true before.
func (p *places) comeBack(ctx context.Context, before string) error {
	standing, err := p.standing(ctx, before)
	if err != nil {
		return fmt.Errorf("come back: %w", err)
	}
	tell := tellNobody
	switch {
	case p.toldOffline:
		tell = tellAll
	case standing == nameDead:
		tell = tellNew
	}
	p.toldOffline = tell != tellNobody
	name := newName()
	if _, _, err := p.renew(ctx, name, lease{length: p.length(), begin: true}); err != nil {
		return fmt.Errorf("come back: %w", err)
	}
	p.setNames(name, before)
	p.startJob(ctx, name, func(ctx context.Context) error {
		if err := p.rewrite(ctx, tell); err != nil {
			return fmt.Errorf("write anew: %w", err)
		}
		if standing == nameAlive {
			if err := p.abandon(ctx, before); err != nil {
				return err
			}
		}
		p.back(name)
		return nil
	})
	return nil
}

// back notes that everything is written under a name, and nothing of ours under another.
func (p *places) back(name string) {
	p.toldOffline = false
	p.mu.Lock()
	ok := p.name == name
	if ok {
		p.before, p.whole = "", true
	}
	p.mu.Unlock()
	if ok {
		p.part.report(nil)
	}
}

// standing says how an old name stands, and keeps it alive if it is.
func (p *places) standing(ctx context.Context, name string) (int64, error) {
	if name == "" {
		return nameUnknown, nil
	}
	standing, _, err := p.renew(ctx, name, lease{length: p.length()})
	if errors.Is(err, errNoLease) {
		err = nil
	}
	return standing, err
}

// telling is of whom the groups are told when they are written anew.
type telling uint8

const (
	tellNobody telling = iota
	tellNew            // who were nowhere
	tellAll            // who are nowhere else: an attempt before this one may have written them, and not got as far as to tell
)

// of reports whether a group is told of a user, by what enterText said.
func (t telling) of(answer int64) bool {
	return (t == tellNew && answer == enteredFirst) || (t == tellAll && answer != enteredToOthers)
}

// rewrite writes everything that this node holds under its name.
func (p *places) rewrite(ctx context.Context, tell telling) error {
	presence := p.lane.r.presence
	byTurn := make(map[int][]place)
	for _, shard := range p.shards {
		for _, at := range presence.here[shard].places() {
			turn := presence.turnOf(at)
			byTurn[turn] = append(byTurn[turn], at)
		}
	}
	for turn, all := range byTurn {
		for len(all) > 0 {
			n := min(len(all), maxBatch)
			if err := p.rewriteSome(ctx, turn, all[:n], tell); err != nil {
				return err
			}
			all = all[n:]
		}
	}
	return nil
}

// rewriteSome does so for places of one turn, whoever of them has not left meanwhile.
func (p *places) rewriteSome(ctx context.Context, turn int, some []place, tell telling) error {
	if tell != tellNobody {
		if err := p.lane.outbox.room(ctx); err != nil {
			return err
		}
	}
	presence := p.lane.r.presence
	presence.turns[turn].Lock()
	defer presence.turns[turn].Unlock()
	held := make([]place, 0, len(some))
	for _, at := range some {
		if presence.holds(at.group, at.user) {
			held = append(held, at)
		}
	}
	name, before := p.names()
	if name == "" || len(held) == 0 {
		return nil
	}
	answers, err := p.write(ctx, name, before, held)
	if err != nil {
		return err
	}
	for i, at := range held {
		if tell.of(answers[i]) {
			p.tell(at.group, zikr.UserOnline{GroupID: at.group, UserID: at.user, Timestamp: zikr.At(time.Now())})
		}
	}
	return nil
}

// tell tells a group, on all nodes, who came or went.
func (p *places) tell(groupID string, payload zikr.Payload) {
	p.lane.r.Signal(presenceSignal(groupID, payload))
}

// leaveSoon lets the lease end soon: this node is about to end.
func (p *places) leaveSoon(ctx context.Context) {
	p.mu.Lock()
	p.ending = true
	p.mu.Unlock()
	if name, _ := p.names(); name != "" {
		// The others would wait for the whole lease if this failed, and that is all.
		_, _, _ = p.renew(ctx, name, lease{length: p.length()})
	}
}

// length is how long a lease is.
func (p *places) length() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ending {
		return p.lane.r.opts.Linger
	}
	return p.lane.r.opts.Lease
}
