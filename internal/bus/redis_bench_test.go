package bus_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
)

// clock is a receiver that counts events, and notes how long they were under way.
type clock struct {
	mu    sync.Mutex
	took  []time.Duration
	count atomic.Int64
}

func (c *clock) Events(_ string, events []zikr.Event) {
	c.count.Add(int64(len(events)))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		c.took = append(c.took, time.Since(e.At))
	}
}

func (c *clock) Signal(zikr.Signal) {}

// percentile is what so much of them took at most; those of a paced benchmark only, since dates are to the millisecond.
func (c *clock) percentile(share float64) float64 {
	slices.Sort(c.took)
	return float64(c.took[int(share*float64(len(c.took)-1))].Microseconds()) / 1000
}

func benchmarkEvent(seq int64) []zikr.Event {
	data := json.RawMessage(`{"text":"` + strings.Repeat("x", 260) + `"}`)
	return []zikr.Event{{GroupID: "g", Seq: seq, Name: "zikr_count_updated", UserID: "01a2056a-0777-7e5a-adb6-06e55a9224fa", Data: data, At: time.Now()}}
}

// From one node to another, as fast as it goes, and at 1,000 events a second.
func BenchmarkRedisPublish(b *testing.B) {
	for name, pace := range map[string]time.Duration{"saturated": 0, "1000 a second": time.Millisecond} {
		b.Run(name, func(b *testing.B) {
			o := bus.Options{URL: anyRedis(b), Prefix: prefix()}
			from, to := open(b, o), open(b, o)
			c := &clock{}
			to.Attach(c)
			<-to.Listen("g", func() {})
			sent := int64(0)
			for b.Loop() {
				sent++
				from.Publish("g", benchmarkEvent(sent))
				time.Sleep(pace)                              // the rate that is measured
				for pace == 0 && sent-c.count.Load() > 4000 { // less than is dropped
					time.Sleep(50 * time.Microsecond) // backpressure: the bus does not wait by itself
				}
			}
			eventually(b, "all of it", func() bool { return c.count.Load() == sent })
			if pace > 0 {
				b.ReportMetric(c.percentile(0.5), "p50-ms")
				b.ReportMetric(c.percentile(0.99), "p99-ms")
			}
		})
	}
}

// A user's first connection comes and the last one goes.
func BenchmarkRedisPresence(b *testing.B) {
	p := open(b, bus.Options{URL: anyRedis(b), Prefix: prefix()}).Presence()
	eventually(b, "Redis keeps who is online", p.Shared)
	var user atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		id := fmt.Sprintf("user%d", user.Add(1))
		for pb.Next() {
			_, _ = p.Enter(b.Context(), "g", id)
			_, _ = p.Leave(b.Context(), "g", id)
		}
	})
}
