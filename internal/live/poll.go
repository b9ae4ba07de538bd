package live

import (
	"context"
	"fmt"
	"time"
)

// maxPages is how many pages of the log one poll of one channel reads.
const maxPages = 20

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
	for _, ch := range due {
		if err := ch.catchUp(ctx); err != nil && ctx.Err() == nil {
			g.log.Error("cannot read a group's event log", "group", ch.id, "err", err)
			return // the others would meet the same
		}
	}
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
	ch.behind.Store(false)
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
