package load

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// CountsOptions say how Counts is run.
type CountsOptions struct {
	Counts int  // to be confirmed in all; 0 is 100,000
	Window int  // counts under way for each connection; 0 is 4
	Join   bool // join the groups first: then each count is told to all members too
}

// warmUpEach is how much each connection does before the measurement.
const warmUpEach = 50

// counts keeps counts under way on each connection until they are confirmed,
// which is when the server has stored them.
type counts struct {
	joiner
	how     CountsOptions
	round   int
	sent    int
	done    int
	told    uint64            // zikr_count_updated that came
	at      [][]time.Duration // by connection: when those under way were sent, oldest first
	latency histogram
}

// Counts sends update_zikr_count as fast as they are confirmed.
func Counts(ctx context.Context, o Options, how CountsOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if how.Counts == 0 {
		how.Counts = 100_000
	}
	if how.Window == 0 {
		how.Window = 4
	}
	if how.Counts < 1 || how.Window < 1 {
		return nil, fmt.Errorf("%d counts, %d under way: neither may be below 1", how.Counts, how.Window)
	}
	r := &counts{joiner: joiner{stays: !how.Join}, how: how}
	if r.fleet, err = launch(o, r); err != nil {
		return nil, err
	}
	defer r.fleet.network.end()
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	if err := r.countAll(ctx, warmUpEach*o.Connections); err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	o.Progress(fmt.Sprintf("counting %d times", how.Counts))
	cost, err := measure(o.PID, func() error { return r.countAll(ctx, how.Counts) })
	if err != nil {
		return nil, fmt.Errorf("after %d of %d confirmations: %w", r.done, how.Counts, err)
	}
	return r.report(cost), nil
}

// countAll counts a number of times in all and returns when all are confirmed.
func (r *counts) countAll(ctx context.Context, round int) error {
	r.round, r.sent, r.done, r.told, r.latency = round, 0, 0, 0, histogram{}
	r.at = make([][]time.Duration, len(r.fleet.clients))
	for range r.how.Window {
		for _, c := range r.fleet.clients {
			r.send(c)
		}
	}
	return r.fleet.run(ctx, func() bool { return r.done >= round })
}

func (r *counts) send(c *client) {
	if r.sent >= r.round {
		return
	}
	r.sent++
	r.at[c.id] = append(r.at[c.id], r.fleet.clock())
	r.fleet.count(c, 1)
}

func (r *counts) event(c *client, args []byte) {
	switch {
	case bytes.HasPrefix(args, confirmed):
		r.confirm(c)
	case bytes.HasPrefix(args, updated):
		r.told++
	default:
		r.joiner.event(c, args)
	}
}

func (r *counts) confirm(c *client) {
	underWay := r.at[c.id]
	if len(underWay) == 0 {
		r.fleet.fail(fmt.Errorf("connection %d: a confirmation without a count", c.id+1))
		return
	}
	r.latency.add(r.fleet.now - underWay[0])
	copy(underWay, underWay[1:])
	r.at[c.id] = underWay[:len(underWay)-1]
	r.done++
	r.send(c)
}

func (r *counts) report(cost span) *Report {
	o := r.fleet.opt
	out := &Report{Scenario: "counts"}
	out.add("connections", "connections", float64(o.Connections), "")
	out.add("window", "counts under way for each", float64(r.how.Window), "")
	out.add("confirmed", "counts confirmed", float64(r.done), "")
	out.add("seconds", "time", cost.took.Seconds(), "s")
	out.add("confirmed_per_s", "confirmed a second", float64(r.done)/cost.took.Seconds(), "")
	if r.how.Join {
		out.add("told", "zikr_count_updated that came meanwhile", float64(r.told), "")
	}
	out.addCosts(cost, o.PID, "count", uint64(r.done))
	out.addLatencies(&r.latency)
	out.addNotes(cost, r.fleet.network)
	return out
}
