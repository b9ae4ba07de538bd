package live

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/zikr-app/zikr"
)

// passage is what is known of the way of a batch's events, from their commit to their last write.
type passage struct {
	oldest time.Time // the commit of the oldest; zero: not known
	traced []traced
}

// traced is an event that is followed.
type traced struct {
	trace *zikr.Trace
	name  string
	came  time.Time // to this node
}

// note notes an event that came to this node by the bus. What came from another node was committed
// before that, as far as the two clocks agree.
func (p *passage) note(e *zikr.Event, came time.Time) {
	if came.IsZero() {
		return
	}
	committed := came
	if !e.Committed.IsZero() && e.Committed.Before(came) {
		committed = e.Committed
	}
	if p.oldest.IsZero() || committed.Before(p.oldest) {
		p.oldest = committed
	}
	if e.Trace != nil {
		p.traced = append(p.traced, traced{e.Trace, e.Name, came})
	}
}

// followOneOf is how many batches there are for one that is followed: each mark in a queue costs the delivery something,
// and chance leaves out slow ones no more than others.
const followOneOf = 8

func byChance() bool { return rand.Uint32N(followOneOf) == 0 } //nolint:gosec // nobody gains by guessing it

// written is what to do when the batch is written to all; nil for nothing.
func (p *passage) written(g *Gateway) func(connections int) {
	if p.oldest.IsZero() || g.delivered == nil {
		return nil
	}
	oldest := p.oldest
	if len(p.traced) == 0 || g.tracer == nil {
		if !g.follows() {
			return nil
		}
		return func(int) { g.delivered(g.now().Sub(oldest)) }
	}
	followed := p.traced
	return func(connections int) {
		now := g.now()
		g.delivered(now.Sub(oldest))
		for _, t := range followed {
			g.tracer.Record(t.trace, "deliver "+t.name, t.came, now, slog.Int("zikr.connections", connections))
		}
	}
}
