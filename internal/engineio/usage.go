package engineio

import (
	"sync/atomic"
	"time"
)

// Usage is what a session was used for.
type Usage struct {
	Took           time.Duration // since it was opened
	Received, Sent uint64        // bytes, counted as Stats does
}

// usage is what is kept for that, where Options.Usage asks for it: else an idle session is smaller.
type usage struct {
	opened         time.Time
	received, sent atomic.Uint64
}

// Usage is what the session was used for until now; nothing unless Options.Usage has it kept.
func (s *Session) Usage() Usage {
	if s.usage == nil {
		return Usage{}
	}
	return Usage{Took: time.Since(s.usage.opened), Received: s.usage.received.Load(), Sent: s.usage.sent.Load()}
}

// countIn and countOut count what was received and what was handed to the system.
func (s *Session) countIn(bytes int) {
	s.srv.count.packetsIn.Add(1)
	s.srv.count.bytesIn.Add(uint64(bytes))
	if s.usage != nil {
		s.usage.received.Add(uint64(bytes))
	}
}

func (s *Session) countOut(packets, bytes int) {
	s.srv.count.packetsOut.Add(uint64(packets))
	s.srv.count.bytesOut.Add(uint64(bytes))
	if s.usage != nil {
		s.usage.sent.Add(uint64(bytes))
	}
}
