package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

// sweepTicks is after how many ticks all sessions are looked at, however well the bus is: a
// node may have died between a commit and its signal.
const sweepTicks = 300

// watchSessions looks at the sessions of all connections again whenever a signal that
// ended some of them may have been lost on its way from another node, or the store did not say.
func (g *Gateway) watchSessions(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	seen := g.interruptions()
	for tick := 1; ; tick++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := g.interruptions()
		if unsure := g.unsure.Swap(false); !unsure && now == seen && tick%sweepTicks != 0 {
			continue
		}
		switch err := g.endRevoked(ctx); {
		case err == nil:
			seen = now
		case ctx.Err() == nil:
			g.unsure.Store(true) // the next tick tries again
			g.log.Error("cannot look at the sessions again", "err", err)
		}
	}
}

// interruptions is the bus's; that within a process loses nothing.
func (g *Gateway) interruptions() uint64 {
	if g.groups == nil {
		return 0
	}
	return g.groups.Interruptions()
}

// endRevoked ends the connections whose sessions are over.
func (g *Gateway) endRevoked(ctx context.Context) error {
	for some := range slices.Chunk(g.connections(), zikr.MaxTogether) {
		if err := g.endRevokedOf(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (g *Gateway) endRevokedOf(ctx context.Context, conns []*Conn) error {
	ctx, cancel := context.WithTimeout(ctx, g.deadline)
	defer cancel()
	sessions := make([]zikr.Session, len(conns))
	for i, c := range conns {
		sessions[i] = c.session.whole()
	}
	ended, err := g.service.Ended(ctx, sessions)
	if err != nil {
		return fmt.Errorf("look at sessions: %w", err)
	}
	for i, c := range conns {
		if ended[i] {
			c.expire()
		}
	}
	return nil
}
