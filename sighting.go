package zikr

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// seenEvery is how exactly it is known when a session was last used.
	seenEvery = time.Hour
	// maxSightings bounds how many wait to be noted. What is beyond is noted when the session is used again.
	maxSightings = 10_000
)

// sightings notes when sessions were used, behind whoever used them: nobody waits for it, and many are
// noted in one command.
type sightings struct {
	note func(ctx context.Context, ids []string, at time.Time) error
	log  *slog.Logger

	mu      sync.Mutex
	waiting map[string]bool // ids of sessions
	running bool
	closed  bool
	idle    sync.WaitGroup
}

// add notes a session if it was last seen long enough ago.
func (s *sightings) add(l *LogIn, now time.Time) {
	if l == nil || now.Sub(l.SeenAt) < seenEvery {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.waiting) >= maxSightings {
		return
	}
	if s.waiting == nil {
		s.waiting = make(map[string]bool)
	}
	s.waiting[l.ID] = true
	if !s.running {
		s.running = true
		s.idle.Go(func() { s.run(now) })
	}
}

func (s *sightings) run(at time.Time) {
	for ids := s.take(); len(ids) > 0; ids = s.take() {
		if err := s.note(context.Background(), ids, at); err != nil {
			s.log.Warn("sessions were used, and it was not noted", "sessions", len(ids), "err", err)
		}
	}
}

// take returns the next ones to be noted; none: the work is over.
func (s *sightings) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.waiting {
		if ids = append(ids, id); len(ids) == MaxTogether {
			break
		}
	}
	for _, id := range ids {
		delete(s.waiting, id)
	}
	slices.Sort(ids) // so that two nodes lock the rows in one order
	s.running = len(ids) > 0
	return ids
}

// close waits until what was queued is noted.
func (s *sightings) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.idle.Wait()
}

// noteSeen stores that sessions were used. Rows of many users are changed in one command: each by itself, and only
// if it is still there.
func (s *Service) noteSeen(ctx context.Context, ids []string, at time.Time) error {
	return s.update(ctx, sightingKey(), func(c *command) error {
		for _, id := range ids {
			if err := c.SeeLogIn(id, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// sightingKey is the key of commands that only note when sessions were used.
func sightingKey() Key { return Key{Noun: "sighting"} }
