package load

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// FloorOptions say how Floor is run.
type FloorOptions struct {
	Connections int     // 0 is 1,000
	Messages    int     // each is written to every connection; 0 is five seconds' worth at a rate, else 2,000
	Bytes       int     // of a message; 0 is 292, an event of a zikr server in its frame
	Rate        float64 // messages a second; 0 is as fast as it goes
	Coalesce    int     // how many messages one system call writes to a connection; 0 is 1
}

func (how FloorOptions) withDefaults() (FloorOptions, error) {
	how.Connections = cmp.Or(how.Connections, 1000)
	how.Bytes = cmp.Or(how.Bytes, 292)
	how.Coalesce = cmp.Or(how.Coalesce, 1)
	if how.Messages == 0 {
		how.Messages = 2000
		if how.Rate > 0 {
			how.Messages = max(int(how.Rate*defaultSeconds), 1)
		}
	}
	if how.Connections < 1 || how.Messages < 1 || how.Bytes < 1 || how.Coalesce < 1 || how.Coalesce > maxCoalesce || how.Rate < 0 {
		return how, fmt.Errorf("%d messages of %d bytes to %d connections, %d at once: none may be below 1, and %d go at once at most",
			how.Messages, how.Bytes, how.Connections, how.Coalesce, maxCoalesce)
	}
	return how, nil
}

// maxCoalesce is how many pieces one writev(2) may have (IOV_MAX).
const maxCoalesce = 1024

// Floor writes messages to TCP connections on this machine, from one thread and with
// nothing around it, and tells what a delivery costs then: no server can be below. It is for Linux alone.
func Floor(ctx context.Context, how FloorOptions) (*Report, error) {
	how, err := how.withDefaults()
	if err != nil {
		return nil, err
	}
	used, took, err := writeFloor(ctx, how)
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	n := uint64(how.Connections) * uint64(how.Messages)
	r := &Report{Scenario: "floor"}
	r.add("connections", "connections", float64(how.Connections), "")
	if how.Rate > 0 {
		r.add("rate", "messages a second, asked for", how.Rate, "")
	}
	r.add("coalesce", "messages in one system call", float64(how.Coalesce), "")
	r.add("bytes_per_delivery", "bytes of a message", float64(how.Bytes), "")
	r.add("deliveries", "deliveries", float64(n), "")
	r.add("seconds", "time", took.Seconds(), "s")
	r.add("deliveries_per_s", "deliveries a second", float64(n)/took.Seconds(), "")
	r.add("cpu_us_per_delivery", "CPU for each delivery", each(used, n), "us")
	r.add("cores", "processors in use", float64(used)/float64(max(took, time.Nanosecond)), "")
	return r, nil
}
