package load

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// CountsOptions say how Counts is run.
type CountsOptions struct {
	Counts int     // to be confirmed in all; 0 is 100,000
	Rate   float64 // counts a second in all, of all connections in turn; 0 is as fast as Window lets
	Window int     // without a rate: counts under way for each connection; 0 is 4
	OpIDs  bool    // send each count with an opId of its own, as apps do that send again what was not confirmed
	Join   bool    // join the groups first: then each count is told to all members too
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
	pace    pace // at a rate
}

// Counts sends update_zikr_count as fast as they are confirmed, or at a rate.
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
	if how.Counts < 1 || how.Window < 1 || how.Rate < 0 {
		return nil, fmt.Errorf("%d counts at %v a second, %d under way: there must be one at least, and no rate is below 0", how.Counts, how.Rate, how.Window)
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
	if r.how.Rate > 0 {
		r.pace.start(r.fleet, r.how.Rate, func() bool {
			r.send(r.fleet.clients[r.sent%len(r.fleet.clients)])
			return r.sent < round
		})
	} else {
		for range r.how.Window {
			r.sendEach()
		}
	}
	return r.fleet.run(ctx, func() bool { return r.done >= round })
}

func (r *counts) sendEach() {
	for _, c := range r.fleet.clients {
		r.send(c)
	}
}

func (r *counts) send(c *client) {
	if r.sent >= r.round {
		return
	}
	r.sent++
	r.at[c.id] = append(r.at[c.id], r.fleet.clock())
	opID := ""
	if r.how.OpIDs {
		opID = rand.Text()
	}
	r.fleet.count(c, 1, opID)
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
	if r.how.Rate == 0 {
		r.send(c)
	}
}

func (r *counts) report(cost span) *Report {
	o := r.fleet.opt
	out := &Report{Scenario: "counts"}
	out.add("connections", "connections", float64(o.Connections), "")
	if r.how.Rate > 0 {
		r.pace.report(out, r.how.Rate, "counts")
	} else {
		out.add("window", "counts under way for each", float64(r.how.Window), "")
	}
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
