package load

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"
)

// AcksOptions say how Acks is run.
type AcksOptions struct {
	Event string // LeaveGroup or Echo; empty is LeaveGroup
	Acks  int    // in all; 0 is 200,000
}

// The events whose acks are measured: neither makes a server write anything.
const (
	// LeaveGroup leaves a group that was not joined, which a zikr server confirms with left_group and {"ok":true}.
	LeaveGroup = "leave_group"
	// Echo is acknowledged with its own payload by whoever knows it, as bench/peer does.
	Echo = "echo"
)

// acks keeps one event with an ack under way on each connection.
type acks struct {
	joiner
	name    string
	round   int
	sent    int
	done    int
	asked   []int           // by connection: the id of the ack that is awaited
	at      []time.Duration // by connection: since when
	latency histogram
}

// Acks sends an event that needs no write, and awaits its ack, as fast as these come.
func Acks(ctx context.Context, o Options, how AcksOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	how.Event, how.Acks = cmp.Or(how.Event, LeaveGroup), cmp.Or(how.Acks, 200_000)
	if (how.Event != LeaveGroup && how.Event != Echo) || how.Acks < 1 {
		return nil, fmt.Errorf("%d acks of %q: there are %s and %s, once or more", how.Acks, how.Event, LeaveGroup, Echo)
	}
	a := &acks{joiner: joiner{stays: true}, name: how.Event}
	if a.fleet, err = launch(o, a); err != nil {
		return nil, err
	}
	defer a.fleet.network.end()
	if err := a.connect(ctx); err != nil {
		return nil, err
	}
	if err := a.askAll(ctx, warmUpEach*o.Connections); err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	o.Progress(fmt.Sprintf("asking for %d acks of %s", how.Acks, how.Event))
	cost, err := measure(o.PID, func() error { return a.askAll(ctx, how.Acks) })
	if err != nil {
		return nil, fmt.Errorf("after %d of %d acks: %w", a.done, how.Acks, err)
	}
	return a.report(cost), nil
}

// askAll asks a number of times in all and returns when all are answered.
func (a *acks) askAll(ctx context.Context, round int) error {
	a.round, a.sent, a.done, a.latency = round, 0, 0, histogram{}
	a.asked, a.at = make([]int, len(a.fleet.clients)), make([]time.Duration, len(a.fleet.clients))
	for _, c := range a.fleet.clients {
		a.ask(c)
	}
	return a.fleet.run(ctx, func() bool { return a.done >= round })
}

func (a *acks) ask(c *client) {
	if a.sent >= a.round {
		return
	}
	a.sent++
	a.asked[c.id], a.at[c.id] = a.sent, a.fleet.clock()
	payload := fmt.Sprintf(`{"groupId":%s}`, quote(a.fleet.member(c).GroupID))
	if a.name == Echo {
		payload = fmt.Sprintf(`{"groupId":"g1","zikrId":"z1","count":%d}`, a.sent)
	}
	a.fleet.emit(c, a.sent, a.name, payload)
}

func (a *acks) ack(c *client, id int, args []byte) {
	if id != a.asked[c.id] || !a.right(id, args) {
		a.fleet.fail(fmt.Errorf("connection %d: ack %d was awaited, ack %d came: %s", c.id+1, a.asked[c.id], id, args))
		return
	}
	a.latency.add(a.fleet.now - a.at[c.id])
	a.done++
	a.ask(c)
}

// right reports whether an ack says what its event asked for.
func (a *acks) right(id int, args []byte) bool {
	if a.name == Echo {
		return countOf(args) == id
	}
	return bytes.Contains(args, []byte(`"ok":true`))
}

func (a *acks) report(cost span) *Report {
	o := a.fleet.opt
	r := &Report{Scenario: "acks"}
	r.add("connections", "connections", float64(o.Connections), "")
	r.add("acks", "acks", float64(a.done), "")
	r.add("seconds", "time", cost.took.Seconds(), "s")
	r.add("acks_per_s", "acks a second", float64(a.done)/cost.took.Seconds(), "")
	r.addCosts(cost, o.PID, "ack", uint64(a.done))
	r.addLatencies(&a.latency)
	r.addNotes(cost, a.fleet.network)
	return r
}
