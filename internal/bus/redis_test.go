package bus_test

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/redis/rueidis"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/bustest"
)

// open opens a node, and waits until it is healthy.
func open(t testing.TB, o bus.Options) *bus.Redis {
	t.Helper()
	r := openNow(t, o)
	eventually(t, "the bus is healthy", r.Healthy)
	return r
}

// openNow opens a node, and does not wait.
func openNow(t testing.TB, o bus.Options) *bus.Redis {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r, err := bus.OpenRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		if o.URL == os.Getenv("ZIKR_TEST_REDIS_URL") {
			removeKeys(t, o)
		}
	})
	return r
}

// removeKeys takes what a test left out of a Redis that is not the test's own.
func removeKeys(t testing.TB, o bus.Options) {
	t.Helper()
	option, err := rueidis.ParseURL(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	option.DisableCache = true
	c, err := rueidis.NewClient(option)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, node := range c.Nodes() {
		keys, err := node.Do(context.Background(), node.B().Keys().Pattern(o.Prefix+":*").Build()).AsStrSlice()
		if err != nil {
			t.Errorf("look for what is left in Redis: %v", err)
		}
		for _, key := range keys {
			_ = c.Do(context.Background(), c.B().Del().Key(key).Build()).Error() // a replica refuses: its master does it
		}
	}
}

// openBus is bustest.OpenBus of a Redis.
func openBus(url string) bustest.OpenBus {
	return func(t *testing.T, receivers ...zikr.Receiver) []zikr.Bus {
		o := bus.Options{URL: url, Prefix: prefix()}
		nodes := make([]zikr.Bus, len(receivers))
		for i, rec := range receivers {
			r := open(t, o)
			r.Attach(rec)
			for _, g := range bustest.Groups() {
				<-r.Listen(g, func() {})
			}
			nodes[i] = r
		}
		return nodes
	}
}

// openPresence is bustest.OpenPresence of a Redis.
func openPresence(url string) bustest.OpenPresence {
	return func(t *testing.T, n int) []zikr.Presence {
		o := bus.Options{URL: url, Prefix: prefix()}
		nodes := make([]zikr.Presence, n)
		for i := range nodes {
			r := open(t, o)
			eventually(t, "Redis keeps who is online", r.Presence().Shared)
			nodes[i] = r.Presence()
		}
		return nodes
	}
}

func TestRedisBus(t *testing.T)      { bustest.Bus(t, openBus(anyRedis(t))) }
func TestRedisPresence(t *testing.T) { bustest.Presence(t, openPresence(anyRedis(t))) }
