package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

// maxPages is how many pages of the log one poll of one channel reads: some 600 KB, which a
// connection's queue holds even if nothing leaves it meanwhile.
const maxPages = 10

// poll asks the log, again and again, for what the bus has not brought.
func (g *Gateway) poll(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for tick := 0; ; tick++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		g.forgetLost()
		g.catchUp(ctx, tick)
	}
}

// catchUp asks the log about the channels whose turn it is.
func (g *Gateway) catchUp(ctx context.Context, tick int) {
	healthy := g.healthy()
	due := g.channels.all(func(ch *channel) bool {
		return !healthy || ch.behind.Load() || ch.turn == tick%10
	})
	for some := range slices.Chunk(due, zikr.MaxTogether) {
		if err := g.catchUpSome(ctx, some); err != nil && ctx.Err() == nil {
			g.log.Error("cannot read groups' event logs", "err", err)
			return // the others would meet the same
		}
	}
}

// catchUpSome asks with one query where the logs stand, and reads those that are ahead of their rooms.
func (g *Gateway) catchUpSome(ctx context.Context, due []*channel) error {
	ids := make([]string, len(due))
	for i, ch := range due {
		ch.behind.Store(false)
		ids[i] = ch.id
	}
	asking, cancel := context.WithTimeout(ctx, g.deadline)
	latest, err := g.service.LatestSeqs(asking, ids)
	cancel()
	for _, ch := range due {
		switch {
		case err != nil:
			ch.behind.Store(true)
		case ch.isBefore(latest[ch.id]):
			err = ch.catchUp(ctx)
		}
	}
	return err
}

// isBefore reports whether the room lacks events up to seq.
func (ch *channel) isBefore(seq int64) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return len(ch.conns) > 0 && ch.last < seq
}

// catchUp reads the log from where the room is, and delivers it as if the bus had brought it.
func (ch *channel) catchUp(ctx context.Context) error {
	ch.mu.Lock()
	last, empty := ch.last, len(ch.conns) == 0
	ch.mu.Unlock()
	if empty {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ch.g.deadline)
	defer cancel()
	for range maxPages {
		events, err := ch.g.service.EventsAfter(ctx, ch.id, last, logPage)
		if err != nil {
			ch.behind.Store(true)
			return fmt.Errorf("poll: %w", err)
		}
		if len(events) == 0 {
			return nil
		}
		ch.push(delivery{events: events})
		last = events[len(events)-1].Seq
	}
	ch.behind.Store(true) // there is more
	return nil
}
