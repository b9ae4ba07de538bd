package bus

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// health is of something that has many parts: well if all of them are. It tells
// the operator when that changes.
type health struct {
	lost  func(error)
	back  func()
	first chan struct{} // closed when it is well for the first time

	mu   sync.Mutex
	ill  atomic.Int32 // parts that are not well
	told bool         // the operator knows that it is not well
	once sync.Once    // for first
}

// well reports whether every part is.
func (h *health) well() bool { return h.ill.Load() == 0 }

// part is one part of a health.
type part struct {
	of  *health
	ill bool // guarded by of.mu
}

// begin adds the part to a health.
func (p *part) begin(h *health, ill bool) {
	p.of, p.ill = h, ill
	if ill {
		h.ill.Add(1)
	}
}

// report says how the part is: err is why it is not well.
func (p *part) report(err error) {
	h := p.of
	h.mu.Lock()
	defer h.mu.Unlock()
	if ill := err != nil; ill != p.ill {
		p.ill = ill
		if ill {
			h.ill.Add(1)
		} else {
			h.ill.Add(-1)
		}
	}
	if h.well() {
		h.once.Do(func() { close(h.first) })
	}
	switch {
	case err != nil && !h.told:
		h.told = true
		h.lost(err)
	case h.told && h.well():
		h.told = false
		h.back()
	}
}

// await waits until it is well for the first time, or ctx ends.
func (h *health) await(ctx context.Context) {
	select {
	case <-h.first:
	case <-ctx.Done():
	}
}

// Pauses between attempts.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = time.Second
)

// backoff is how long to wait before the next attempt: longer each time.
type backoff struct{ next time.Duration }

func newBackoff() *backoff { return &backoff{next: shortestPause} }

// wait pauses, and reports false when ctx ended meanwhile.
func (b *backoff) wait(ctx context.Context) bool {
	pause := b.next/2 + rand.N(b.next/2) //nolint:gosec // no secret: many nodes are not to come all at once
	b.next = min(2*b.next, longestPause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
