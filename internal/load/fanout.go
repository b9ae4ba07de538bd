package load

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// FanoutOptions say how Fanout is run.
type FanoutOptions struct {
	Messages   int     // to publish, MaxMessages at most; 0: five seconds' worth at a rate, else enough for two million deliveries, but 20,000 at most
	Rate       float64 // messages a second in all; 0 is as fast as Window lets
	Publishers int     // how many of the connections publish, in turn; 0 is one
	Window     int     // without a rate: messages under way for each publisher; 0 is 4
}

// MaxMessages is how many messages a run may have: a message's number travels as
// its count, which a zikr server takes up to this.
const MaxMessages = 100_000

const (
	warmUpMessages   = 50
	defaultSeconds   = 5
	enoughDeliveries = 2_000_000
	fewestMessages   = 200
	mostMessages     = 20_000
)

// afterWarmUp is how long the server has to finish what the warm-up has left behind.
const afterWarmUp = 500 * time.Millisecond

func (how FanoutOptions) withDefaults(o Options) (FanoutOptions, error) {
	how.Publishers = min(max(how.Publishers, 1), o.Connections)
	how.Window = cmp.Or(how.Window, 4)
	switch {
	case how.Messages == 0 && how.Rate > 0:
		how.Messages = min(max(int(how.Rate*defaultSeconds), 1), MaxMessages)
	case how.Messages == 0:
		how.Messages = min(max(enoughDeliveries/o.Connections, fewestMessages), mostMessages)
	}
	if how.Messages < 0 || how.Messages > MaxMessages || how.Rate < 0 || how.Window < 1 {
		return how, fmt.Errorf("%d messages at %v a second, %d under way: up to %d messages can be told apart, and nothing may be below 0", how.Messages, how.Rate, how.Window, MaxMessages)
	}
	return how, nil
}

// fanout publishes to a group whose channel all connections have joined. Its
// messages are counts, each of another number: so a receiver knows when it was
// sent, and whether one is missing or came twice.
type fanout struct {
	joiner
	how FanoutOptions

	round int             // messages in this round
	sent  int             // of them, so far
	at    []time.Duration // when each was sent
	pace  pace            // at a rate

	got       []tally // by connection
	delivered uint64
	bytes     uint64
	latency   histogram
	abroad    histogram // the same, of deliveries on another node than the publisher's
}

// tally is what a connection has received in a round: how many, and the sum of their numbers.
type tally struct{ messages, sum uint64 }

// Fanout publishes to one group and tells what a delivery to one of its members costs.
func Fanout(ctx context.Context, o Options, how FanoutOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if how, err = how.withDefaults(o); err != nil {
		return nil, err
	}
	f := &fanout{how: how}
	if f.fleet, err = launch(o, f); err != nil {
		return nil, err
	}
	defer f.fleet.network.end()
	if err := f.warmUp(ctx); err != nil {
		return nil, err
	}
	o.Progress(fmt.Sprintf("publishing %d messages to %d", how.Messages, o.Connections))
	cost, err := measure(o.PID, func() error { return f.publishAll(ctx, how.Messages) })
	if err != nil {
		return nil, fmt.Errorf("after %d of %d deliveries: %w", f.delivered, how.Messages*o.Connections, err)
	}
	return f.report(cost), f.check()
}

// warmUp connects, joins, and publishes a little.
func (f *fanout) warmUp(ctx context.Context) error {
	if err := f.connect(ctx); err != nil {
		return err
	}
	if err := f.publishAll(ctx, warmUpMessages); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	_, err := f.fleet.pause(ctx, afterWarmUp, never)
	return err
}

// publishAll publishes a round of messages and returns when each connection has had as many.
func (f *fanout) publishAll(ctx context.Context, messages int) error {
	f.round, f.sent, f.delivered, f.bytes, f.latency, f.abroad = messages, 0, 0, 0, histogram{}, histogram{}
	f.at, f.got = make([]time.Duration, messages), make([]tally, f.fleet.opt.Connections)
	f.fleet.clock()
	if f.how.Rate > 0 {
		f.pace.start(f.fleet, f.how.Rate, func() bool {
			f.publish()
			return f.sent < f.round
		})
	} else {
		for range f.how.Window * f.how.Publishers {
			f.publish()
		}
	}
	want := uint64(messages) * uint64(f.fleet.opt.Connections)
	return f.fleet.run(ctx, func() bool { return f.delivered >= want })
}

// publish sends the next message of the round; the publishers take turns.
func (f *fanout) publish() {
	if f.sent >= f.round {
		return
	}
	c := f.fleet.clients[f.sent%f.how.Publishers]
	f.at[f.sent] = f.fleet.clock()
	f.sent++
	f.fleet.count(c, f.sent, "")
}

func (f *fanout) event(c *client, args []byte) {
	if !bytes.HasPrefix(args, updated) {
		f.joiner.event(c, args)
		return
	}
	number := countOf(args)
	if number < 1 || number > f.sent {
		f.fleet.fail(fmt.Errorf("a zikr_count_updated that nobody has caused came: %s", args))
		return
	}
	took := f.fleet.now - f.at[number-1]
	f.latency.add(took)
	if o := f.fleet.opt; o.nodeOf(c.id) != o.nodeOf((number-1)%f.how.Publishers) {
		f.abroad.add(took)
	}
	f.delivered++
	f.bytes += uint64(len(args))
	got := &f.got[c.id]
	got.messages++
	got.sum += uint64(number)
	// A publisher's own copy says that its message is through.
	if f.how.Rate == 0 && (number-1)%f.how.Publishers == c.id {
		f.publish()
	}
}

// countKey is what stands before the number of a message in its event.
var countKey = []byte(`"count":`)

// countOf is the field count of an event's payload, or 0.
func countOf(args []byte) int { return int(numberIn(args, countKey)) }

// errWrong is what must not happen, however fast it is.
var errWrong = errors.New("some members did not get each message once")

// check fails if a member has missed a message or had one twice.
func (f *fanout) check() error {
	m := uint64(f.round)
	wrong := 0
	for _, got := range f.got {
		if got != (tally{m, m * (m + 1) / 2}) {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%w: %d of %d", errWrong, wrong, len(f.got))
	}
	return nil
}

func (f *fanout) report(cost span) *Report {
	o := f.fleet.opt
	r := &Report{Scenario: "fanout"}
	r.add("connections", "members in the room", float64(o.Connections), "")
	r.add("publishers", "of them publish", float64(f.how.Publishers), "")
	if f.how.Rate > 0 {
		f.pace.report(r, f.how.Rate, "messages")
	} else {
		r.add("window", "messages under way for each publisher", float64(f.how.Window), "")
	}
	r.add("messages", "messages", float64(f.round), "")
	r.add("deliveries", "deliveries", float64(f.delivered), "")
	r.add("seconds", "time", cost.took.Seconds(), "s")
	r.add("messages_per_s", "messages a second", float64(f.round)/cost.took.Seconds(), "")
	r.add("deliveries_per_s", "deliveries a second", float64(f.delivered)/cost.took.Seconds(), "")
	r.addCosts(cost, o.PID, "delivery", f.delivered)
	if o.PID != 0 {
		r.add("server_cpu_us_per_message", "server's CPU for each message", each(cost.server.cpu, uint64(f.round)), "us")
	}
	r.addLatencies(&f.latency)
	if len(o.Also) > 0 {
		r.add("nodes", "nodes", float64(len(o.nodes())), "")
		r.add("abroad_p50_ms", "latency on another node than the publisher's, median", milliseconds(f.abroad.quantile(0.5)), "ms")
		r.add("abroad_p99_ms", "the same, 99 of 100", milliseconds(f.abroad.quantile(0.99)), "ms")
	}
	r.add("bytes_per_delivery", "bytes of an event", float64(f.bytes)/float64(max(f.delivered, 1)), "")
	r.addNotes(cost, f.fleet.network)
	return r
}
