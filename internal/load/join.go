package load

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// JoinOptions say how Join is run.
type JoinOptions struct {
	Missed int // events of the group that a connection has missed; 0 is 1,000
	Joins  int // in all; 0 is 200
}

// leftGroup confirms a leave_group.
var leftGroup = []byte(`["left_group"`)

// errReplay is a replay that is not what was asked for.
var errReplay = errors.New("the server did not send what was missed, each event once and in order")

// rejoin has connections come back to their groups, again and again, and be sent what they missed.
type rejoin struct {
	fleet   *fleet
	how     JoinOptions
	counted int              // of what is to be missed
	latest  map[string]int64 // by group: its latest seq; 0 while it is not known
	left    int              // joins to be begun
	busy    int              // connections that are leaving or joining
	done    int
	seen    []int64         // by connection: the latest seq that it was sent
	at      []time.Duration // by connection: when it asked to join
	latency histogram
}

// Join joins groups with `since`, and tells how long it takes until everything that was missed is
// there. Each connection joins, leaves, and joins again: with one of them, nothing else is going on.
func Join(ctx context.Context, o Options, how JoinOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	how.Missed, how.Joins = cmp.Or(how.Missed, 1000), cmp.Or(how.Joins, 200)
	if how.Missed < 1 || how.Joins < 1 {
		return nil, fmt.Errorf("%d joins that have missed %d events: neither may be below 1", how.Joins, how.Missed)
	}
	r := &rejoin{how: how, latest: map[string]int64{}, seen: make([]int64, o.Connections), at: make([]time.Duration, o.Connections)}
	if r.fleet, err = launch(o, r); err != nil {
		return nil, err
	}
	defer r.fleet.network.end()
	if err := r.fleet.connect(ctx, func() bool { return true }); err != nil {
		return nil, err
	}
	if err := r.prepare(ctx); err != nil {
		return nil, fmt.Errorf("make events to miss: %w", err)
	}
	if err := r.joinAll(ctx, o.Connections); err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	o.Progress(fmt.Sprintf("joining %d times", how.Joins))
	cost, err := measure(o.PID, func() error { return r.joinAll(ctx, how.Joins) })
	if err != nil {
		return nil, fmt.Errorf("after %d of %d joins: %w", r.done, how.Joins, err)
	}
	return r.report(cost), nil
}

// prepare has one connection of each group make what is to be missed, and learns where the logs stand.
func (r *rejoin) prepare(ctx context.Context) error {
	for _, c := range r.fleet.clients {
		group := r.fleet.member(c).GroupID
		if _, known := r.latest[group]; known {
			continue
		}
		r.latest[group] = 0
		for r.counted = 0; r.counted < r.how.Missed; {
			if err := r.count(ctx, c, min(r.how.Missed-r.counted, warmUpEach)); err != nil {
				return err
			}
		}
		r.fleet.join(c)
		if err := r.fleet.run(ctx, func() bool { return r.latest[group] > 0 }); err != nil {
			return err
		}
	}
	return nil
}

// count counts n times.
func (r *rejoin) count(ctx context.Context, c *client, n int) error {
	want := r.counted + n
	for range n {
		r.fleet.count(c, 1, "")
	}
	return r.fleet.run(ctx, func() bool { return r.counted >= want })
}

// joinAll joins a number of times and returns when all are done. Whoever joins has left before.
func (r *rejoin) joinAll(ctx context.Context, joins int) error {
	r.left, r.done, r.latency = joins, 0, histogram{}
	r.busy = len(r.fleet.clients)
	for _, c := range r.fleet.clients {
		r.leave(c)
	}
	return r.fleet.run(ctx, func() bool { return r.busy == 0 })
}

func (r *rejoin) leave(c *client) {
	r.fleet.emit(c, 0, "leave_group", fmt.Sprintf(`{"groupId":%s}`, quote(r.fleet.member(c).GroupID)))
}

// join joins as one who has missed the latest events.
func (r *rejoin) join(c *client) {
	if r.left == 0 {
		r.busy--
		return
	}
	r.left--
	group := r.fleet.member(c).GroupID
	r.seen[c.id], r.at[c.id] = r.latest[group]-int64(r.how.Missed), r.fleet.clock()
	r.fleet.emit(c, 0, "join_group", fmt.Sprintf(`{"groupId":%s,"since":%d}`, quote(group), r.seen[c.id]))
}

func (r *rejoin) ready(*client) {}

func (r *rejoin) event(c *client, args []byte) {
	switch {
	case bytes.HasPrefix(args, updated):
		r.next(c, args)
	case bytes.HasPrefix(args, joinedGroup):
		r.joined(c, args)
	case bytes.HasPrefix(args, leftGroup):
		r.join(c)
	case bytes.HasPrefix(args, confirmed):
		r.counted++
	case bytes.HasPrefix(args, failed):
		r.fleet.fail(fmt.Errorf("%w: %s", errAnswered, args))
	}
}

// next takes the next event of a replay.
func (r *rejoin) next(c *client, args []byte) {
	if r.seen[c.id]++; numberIn(args, seqKey) != r.seen[c.id] {
		r.fleet.fail(fmt.Errorf("%w: event %d was awaited, this came: %s", errReplay, r.seen[c.id], args))
	}
}

// joined is the end of a replay, or of the preparation of a group.
func (r *rejoin) joined(c *client, args []byte) {
	group, seq := r.fleet.member(c).GroupID, numberIn(args, seqKey)
	if r.latest[group] == 0 {
		r.latest[group] = seq
		return
	}
	if r.seen[c.id] != r.latest[group] || seq != r.latest[group] {
		r.fleet.fail(fmt.Errorf("%w: its end is event %d, event %d is the latest that came: %s", errReplay, r.latest[group], r.seen[c.id], args))
		return
	}
	r.latency.add(r.fleet.now - r.at[c.id])
	r.done++
	r.leave(c)
}

func (r *rejoin) ack(*client, int, []byte) {}

// seqKey is what stands before an event's number.
var seqKey = []byte(`"seq":`)

// numberIn is the number behind a key, or 0.
func numberIn(args, key []byte) int64 {
	_, after, _ := bytes.Cut(args, key)
	n, _ := leadingNumber(after)
	return int64(n)
}

func (r *rejoin) report(cost span) *Report {
	o := r.fleet.opt
	out := &Report{Scenario: "join"}
	out.add("connections", "connections that join at the same time", float64(o.Connections), "")
	out.add("missed", "events missed by each", float64(r.how.Missed), "")
	out.add("joins", "joins", float64(r.done), "")
	out.add("seconds", "time", cost.took.Seconds(), "s")
	out.add("joins_per_s", "joins a second", float64(r.done)/cost.took.Seconds(), "")
	out.addCosts(cost, o.PID, "join", uint64(r.done))
	out.addLatencies(&r.latency)
	out.addNotes(cost, r.fleet.network)
	return out
}
