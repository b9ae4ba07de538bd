package engineio

import (
	"sync"
	"time"
)

// seldomLines is how many lines of one kind are logged in a second.
const seldomLines = 10

// Seldom lets so many lines a second be logged, so that who causes them cannot fill a disk. The zero
// value is ready for use.
type Seldom struct {
	mu     sync.Mutex
	since  time.Time
	said   int
	unsaid int
}

// Say reports whether a line may be logged now, and how many were not since the last that was.
func (s *Seldom) Say(now time.Time) (others int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.since) >= time.Second {
		s.since, s.said = now, 0
	}
	if s.said == seldomLines {
		s.unsaid++
		return 0, false
	}
	s.said++
	others, s.unsaid = s.unsaid, 0
	return others, true
}
