package load

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// The events that scenarios await, as the beginnings of their JSON arrays.
var (
	joinedGroup = []byte(`["joined_group"`)
	updated     = []byte(`["zikr_count_updated"`)
	confirmed   = []byte(`["zikr_update_confirmed"`)
	failed      = []byte(`["error"`)
)

// errAnswered is an event of the server that says no.
var errAnswered = errors.New("the server answered with an error (a zikr server is measured with ZIKR_RATE_LIMIT=off)")

// joiner has each connection join its member's group, and is embedded in what
// goes on from there.
type joiner struct {
	fleet  *fleet
	stays  bool // outside of the group: nothing is joined
	joined int
}

func (j *joiner) ready(c *client) {
	if j.stays {
		j.joined++
		return
	}
	j.fleet.join(c)
}

func (j *joiner) event(_ *client, args []byte) {
	switch {
	case bytes.HasPrefix(args, joinedGroup):
		j.joined++
	case bytes.HasPrefix(args, failed):
		j.fleet.fail(fmt.Errorf("%w: %s", errAnswered, args))
	}
}

func (j *joiner) ack(*client, int, []byte) {}

// connect opens all connections and returns when each has joined.
func (j *joiner) connect(ctx context.Context) error {
	return j.fleet.connect(ctx, func() bool { return j.joined >= j.fleet.opt.Connections })
}

// IdleOptions say how Idle is run.
type IdleOptions struct {
	Stay   bool          // do not join the groups
	Settle time.Duration // how long to wait before it begins, and with all connections at least, also when all have been pinged before; 0 is 10 s
}

// defaultSettle is long enough for a garbage collector to give memory back.
const defaultSettle = 10 * time.Second

// pingPatience is how much longer than its ping interval a server may take to ping everybody.
const pingPatience = 10 * time.Second

// afterClosing is how long the server has to tidy up before its memory is read a last time.
const afterClosing = 2 * time.Second

// idle is what a run with connections that wait has found.
type idle struct {
	before, after   process // before anything, and after all have hung up
	opened, settled span    // connecting, and waiting then
	pinged          int
}

// Idle opens connections, which join their group, and tells what memory each costs the server
// after it has been pinged. PID is needed.
func Idle(ctx context.Context, o Options, how IdleOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.PID == 0 {
		return nil, errors.New("idle measures the memory of a process: name it with --pid")
	}
	var run idle
	if run.before, err = rested(ctx, o, cmp.Or(how.Settle, defaultSettle)); err != nil {
		return nil, err
	}
	j := &joiner{stays: how.Stay}
	if j.fleet, err = launch(o, j); err != nil {
		return nil, err
	}
	defer j.fleet.network.end()
	if run.opened, err = measure(o.PID, func() error { return j.connect(ctx) }); err != nil {
		return nil, err
	}
	if run.settled, err = measure(o.PID, func() error { return j.settle(ctx, cmp.Or(how.Settle, defaultSettle)) }); err != nil {
		return nil, err
	}
	run.pinged = j.fleet.pinging
	j.fleet.network.end()
	time.Sleep(afterClosing)
	if run.after, err = readProcess(o.PID); err != nil {
		return nil, err
	}
	return run.report(uint64(o.Connections)), nil
}

// rested reads what the server uses when it has had time to tidy up after what it did
// before, such as making the members.
func rested(ctx context.Context, o Options, settle time.Duration) (process, error) {
	o.Progress(fmt.Sprintf("letting the server rest for %s", settle))
	select {
	case <-time.After(settle):
		return readProcess(o.PID)
	case <-ctx.Done():
		return process{}, ctx.Err()
	}
}

// settle waits until every connection has been pinged, and for a time, in which a server may tidy up.
func (j *joiner) settle(ctx context.Context, least time.Duration) error {
	f := j.fleet
	f.listenForPings()
	patience := max(f.pingInterval+pingPatience, least)
	f.opt.Progress(fmt.Sprintf("waiting %s, and until all have been pinged", least))
	if _, err := f.pause(ctx, least, never); err != nil {
		return err
	}
	late, err := f.pause(ctx, patience-least, func() bool { return f.pinging == f.opt.Connections })
	if err == nil && late {
		err = fmt.Errorf("only %d of %d connections have been pinged within %s", f.pinging, f.opt.Connections, patience)
	}
	return err
}

func (run idle) report(n uint64) *Report {
	r := &Report{Scenario: "idle"}
	r.add("connections", "connections", float64(n), "")
	r.add("connect_s", "time until all were there", run.opened.took.Seconds(), "s")
	r.add("connect_cpu_us_per_connection", "server's CPU for each to connect", each(run.opened.server.cpu, n), "us")
	r.add("kib_per_connection", "server's memory for each", float64(run.settled.server.rss-run.before.rss)/1024/float64(n), "KiB")
	r.add("rss_before_mib", "server's memory before", float64(run.before.rss)/(1<<20), "MiB")
	r.add("rss_mib", "server's memory with all", float64(run.settled.server.rss)/(1<<20), "MiB")
	r.add("rss_closed_mib", "server's memory 2 s after all hung up", float64(run.after.rss)/(1<<20), "MiB")
	r.add("pinged", "connections that were pinged meanwhile", float64(run.pinged), "")
	r.add("idle_cpu_ms_per_s", "server's CPU a second while all wait", milliseconds(run.settled.server.cpu)/run.settled.took.Seconds(), "ms")
	r.add("server_threads", "server's threads", float64(run.settled.server.threads), "")
	return r
}
