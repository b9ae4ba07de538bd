package live_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/zikr-app/zikr"
)

// brokenStore fails to read, when told so, with an error or a panic.
type brokenStore struct {
	zikr.Store
	mu     sync.Mutex
	cause  string
	failed chan struct{} // nil, or has something when a read has failed; it has room for one
}

func (b *brokenStore) fail(cause string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cause = cause
}

func (b *brokenStore) View(ctx context.Context, query func(zikr.Reader) error) error {
	b.mu.Lock()
	cause := b.cause
	b.mu.Unlock()
	switch {
	case strings.HasPrefix(cause, "panic"):
		panic(cause)
	case cause != "":
		select {
		case b.failed <- struct{}{}:
		default:
		}
		return errors.New(cause)
	default:
		return b.Store.View(ctx, query)
	}
}

// hookedStore calls what a test wants to happen behind a read, once.
type hookedStore struct {
	zikr.Store
	mu     sync.Mutex
	behind []func() // behind the next read, the one after...
}

// then queues what is to happen: nil for nothing.
func (h *hookedStore) then(hooks ...func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.behind = hooks
}

func (h *hookedStore) View(ctx context.Context, query func(zikr.Reader) error) error {
	err := h.Store.View(ctx, query)
	h.mu.Lock()
	var hook func()
	if len(h.behind) > 0 {
		hook, h.behind = h.behind[0], h.behind[1:]
	}
	h.mu.Unlock()
	if hook != nil {
		hook()
	}
	return err
}

// cutStore has logs of ten events, the oldest of which has a seq.
type cutStore struct {
	zikr.Store
	mu     sync.Mutex
	oldest int64
}

func (c *cutStore) setOldest(seq int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.oldest = seq
}

func (c *cutStore) View(ctx context.Context, query func(zikr.Reader) error) error {
	c.mu.Lock()
	oldest := c.oldest
	c.mu.Unlock()
	return c.Store.View(ctx, func(r zikr.Reader) error { return query(cutReader{r, oldest}) })
}

type cutReader struct {
	zikr.Reader
	oldest int64
}

func (r cutReader) Events(groupID string, since int64, limit int) ([]zikr.Event, error) {
	if r.oldest == 0 {
		return r.Reader.Events(groupID, since, limit)
	}
	var events []zikr.Event
	for seq := max(since+1, r.oldest); seq < r.oldest+10 && len(events) < limit; seq++ {
		data := fmt.Appendf(nil, `{"groupId":%q,"seq":%d}`, groupID, seq)
		events = append(events, zikr.Event{GroupID: groupID, Seq: seq, Name: "group_updated", Data: data})
	}
	return events, nil
}
