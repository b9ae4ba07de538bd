package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// scenario is what is done with the connections.
type scenario interface {
	// ready is called once for each connection, when it is in the namespace.
	ready(c *client)
	// event is called for each EVENT packet. args is its JSON array, valid during the call.
	event(c *client, args []byte)
	// ack is called for each ACK packet.
	ack(c *client, id int, args []byte)
}

// transport makes Engine.IO packets of bytes, and bytes of packets.
type transport interface {
	user
	// open begins the session of c.
	open(c *client) error
	// send sends a copy of one packet.
	send(c *client, packet []byte)
}

// fleet is all connections of a run. It belongs to one goroutine.
type fleet struct {
	opt       Options
	network   network
	transport transport
	play      scenario
	words     words

	clients []*client
	opening int // begun and not ready
	ready   int
	err     error // the first, which ends the run

	pings        []bool // who has been pinged since listenForPings
	pinging      int    // how many that are
	pingInterval time.Duration

	start time.Time
	now   time.Duration // since start, when what is being handled came
	due   time.Duration // when alarm is to be called; 0 is never
	alarm func()
	out   []byte // room to build packets in
}

// launch makes the fleet; its connections are opened by connect.
func launch(o Options, play scenario) (*fleet, error) {
	if err := raiseFileLimit(o.Connections*o.sockets() + spareFiles); err != nil {
		return nil, err
	}
	if err := checkServerFiles(o.PID, o.Connections*o.sockets()+spareFiles); err != nil {
		return nil, err
	}
	f := &fleet{opt: o, play: play, words: wordsOf(o.Namespace), start: time.Now()}
	if o.Transport == Polling {
		f.transport = newPolling(f)
	} else {
		f.transport = newWebSocket(f)
	}
	var err error
	f.network, err = o.carry(o, f.transport)
	return f, err
}

// connect opens all connections, no more at once than InFlight, and returns when
// each is in its namespace and done says that the scenario is content too.
func (f *fleet) connect(ctx context.Context, done func() bool) error {
	f.opt.Progress(fmt.Sprintf("connecting %d", f.opt.Connections))
	return f.run(ctx, func() bool {
		for len(f.clients) < f.opt.Connections && f.opening < f.opt.InFlight {
			c := &client{id: len(f.clients)}
			f.clients = append(f.clients, c)
			f.opening++
			if err := f.transport.open(c); err != nil {
				f.fail(err)
				return false
			}
		}
		return f.ready == f.opt.Connections && done()
	})
}

// slice is how long a wait lasts before it is seen whether the run is to end.
const slice = 200 * time.Millisecond

// run handles what comes until done says so. It fails when a connection does, when
// ctx ends, and when nothing has come for Timeout.
func (f *fleet) run(ctx context.Context, done func() bool) error {
	return f.runPatiently(ctx, f.opt.Timeout, done)
}

// runPatiently is run where nothing need come for as long as patience.
func (f *fleet) runPatiently(ctx context.Context, patience time.Duration, done func() bool) error {
	heard, look := f.clock(), f.now+slice
	for !done() {
		if err := errors.Join(f.err, ctx.Err()); err != nil {
			return err
		}
		until := look
		if f.due > 0 {
			until = min(until, f.due)
		}
		happened, err := f.network.wait(f.start.Add(until))
		if err != nil {
			return err
		}
		now := f.clock()
		if f.due > 0 && f.due <= now {
			f.due = 0
			f.alarm()
		}
		if happened > 0 {
			heard = now
		}
		if now < look {
			continue
		}
		look = now + slice
		if now-heard > patience {
			return fmt.Errorf("%w for %s, with %d of %d connections ready", errSilence, patience, f.ready, f.opt.Connections)
		}
	}
	return f.err
}

var errSilence = errors.New("nothing came from the server")

// pause handles what comes for d, which may be nothing, or until done says so: pings are to be answered all
// the time. It reports whether d has passed before.
func (f *fleet) pause(ctx context.Context, d time.Duration, done func() bool) (passed bool, err error) {
	f.ring(f.clock()+d, func() { passed = true })
	err = f.runPatiently(ctx, math.MaxInt64, func() bool { return passed || done() })
	f.due = 0
	return passed, err
}

// never is what a pause waits for that is to last.
func never() bool { return false }

// clock reads the time.
func (f *fleet) clock() time.Duration {
	f.now = time.Since(f.start)
	return f.now
}

// ring has alarm called at a time, in place of what was asked for before.
func (f *fleet) ring(at time.Duration, alarm func()) { f.due, f.alarm = max(at, 1), alarm }

// listenForPings counts from now on who is pinged.
func (f *fleet) listenForPings() { f.pings, f.pinging = make([]bool, len(f.clients)), 0 }

func (f *fleet) pinged(c *client) {
	if c.id < len(f.pings) && !f.pings[c.id] {
		f.pings[c.id] = true
		f.pinging++
	}
}

func (f *fleet) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// lose ends a connection that failed, and with it the run: a server that drops
// connections is not measured but mended.
func (f *fleet) lose(c *client, err error) {
	if c.state == gone {
		return
	}
	if c.state == ready {
		f.ready--
	} else {
		f.opening--
	}
	c.state = gone
	for _, l := range []*link{c.link, c.post} {
		if l != nil {
			f.network.close(l)
		}
	}
	f.fail(fmt.Errorf("connection %d of %d: %w", c.id+1, f.opt.Connections, err))
}

// member is who c acts as.
func (f *fleet) member(c *client) Member { return f.opt.Members[c.id%len(f.opt.Members)] }

// emit sends an event with its payload, which is JSON. An id above 0 asks for an ack.
func (f *fleet) emit(c *client, id int, name, payload string) {
	f.out = append(f.out[:0], f.words.event...)
	if id > 0 {
		f.out = strconv.AppendInt(f.out, int64(id), 10)
	}
	f.out = append(f.out, `["`...)
	f.out = append(f.out, name...)
	f.out = append(f.out, `",`...)
	f.out = append(f.out, payload...)
	f.out = append(f.out, ']')
	f.transport.send(c, f.out)
}

// join asks to enter the channel of the member's group.
func (f *fleet) join(c *client) {
	f.emit(c, 0, "join_group", fmt.Sprintf(`{"groupId":%s}`, quote(f.member(c).GroupID)))
}

// count sends an update_zikr_count; "" is no opId.
func (f *fleet) count(c *client, count int, opID string) {
	m := f.member(c)
	payload := fmt.Sprintf(`{"groupId":%s,"zikrId":%s,"count":%d`, quote(m.GroupID), quote(m.ZikrID), count)
	if opID != "" {
		payload += fmt.Sprintf(`,"opId":%s`, quote(opID))
	}
	f.emit(c, 0, "update_zikr_count", payload+"}")
}
