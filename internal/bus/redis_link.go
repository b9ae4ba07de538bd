package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// maxChannels is how many channels one command names.
const maxChannels = 512

// errMoved is of channels that the server no longer serves: their slot moved to another one.
var errMoved = errors.New("the channels are on another server of the cluster now")

// errBroken is of a connection that has ended.
var errBroken = errors.New("the subscription is broken")

// link is the connection on which Redis brings what other nodes publish in one
// lane: signals to users, and what happens in groups that somebody here listens to.
//
// One goroutine holds the connection, and tells Redis what changed: which groups are wanted is
// kept in groups, which of them it has not dealt with yet in changed.
type link struct {
	lane *lane
	part part // of the bus's health: whether everything that is wanted is subscribed

	connects atomic.Uint64 // how often up became true

	more  chan struct{} // has something when changed may have
	moved chan struct{} // has something when errMoved

	mu      sync.Mutex
	serial  int       // of the connection: what an earlier one still says is not heard
	open    bool      // there is a connection that was told what is wanted: it must be told of changes
	up      bool      // and it has confirmed all of that
	since   time.Time // when it did
	groups  map[string]*interest
	changed []string
	numbers map[uint64]uint64 // of each origin's latest message
	echoes  []echo            // of this node, in order: what its receivers have not heard yet
}

// interest is a group that this node listens to, or did.
type interest struct {
	missed func()
	ready  chan struct{} // to be closed when Redis has confirmed; nil if nobody was given it
	state  subscription
	wanted bool
	owed   bool // something may have been lost before Redis confirmed: missed must be called then
}

// subscription is how far a channel is known to Redis on the present connection.
type subscription uint8

const (
	idle subscription = iota
	asked
	active
	leaving
)

func (l *link) init(lane *lane) {
	l.lane = lane
	l.part.begin(&lane.r.health, true)
	l.more, l.moved = make(chan struct{}, 1), make(chan struct{}, 1)
	l.groups, l.numbers = make(map[string]*interest), make(map[uint64]uint64)
}

// listen asks for a group. See Redis.Listen.
func (l *link) listen(groupID string, missed func()) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.groups[groupID]
	if in == nil {
		in = &interest{}
		l.groups[groupID] = in
	}
	in.wanted, in.missed = true, missed
	if in.state != active {
		l.change(groupID)
	}
	if !l.up {
		in.owed = true // nobody waits for a connection
	}
	if !l.up || in.state == active {
		return closedChannel()
	}
	if in.ready == nil {
		in.ready = make(chan struct{})
	}
	return in.ready
}

// unlisten takes it back.
func (l *link) unlisten(groupID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.groups[groupID]
	if in == nil {
		return
	}
	in.wanted, in.missed = false, nil
	in.confirm()
	l.echoes = slices.DeleteFunc(l.echoes, func(e echo) bool { return e.signal.GroupID == groupID })
	if in.state == idle {
		delete(l.groups, groupID)
	} else {
		l.change(groupID)
	}
}

// change notes that Redis has to be told of a group. The caller holds mu.
func (l *link) change(groupID string) {
	if l.open {
		l.changed = append(l.changed, groupID)
		wake(l.more)
	}
}

// closedChannel is what one gets who need not wait.
func closedChannel() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// confirm lets those go on who wait.
func (in *interest) confirm() {
	if in.ready != nil {
		close(in.ready)
		in.ready = nil
	}
}

// run holds the connection until ctx ends.
func (l *link) run(ctx context.Context) {
	pause := newBackoff()
	for ctx.Err() == nil {
		err := l.serve(ctx)
		if ctx.Err() == nil {
			l.part.report(err) // before anybody is let go who waited
		}
		if l.lost() {
			pause = newBackoff()
		}
		pause.wait(ctx)
	}
}

// serve makes a connection and uses it as long as it lasts. The error says why it ended.
func (l *link) serve(ctx context.Context) error {
	conn, _ := l.lane.r.client.Dedicate()
	defer conn.Close() // and never back to the pool: it is subscribed
	select {
	case <-l.moved: // of the connection before
	default:
	}
	serial := l.serial // only this goroutine changes it
	broken := conn.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage:      l.receive,
		OnSubscription: func(s rueidis.PubSubSubscription) { l.subscribed(serial, s) },
	})
	if err := l.begin(ctx, conn); err != nil {
		return err
	}
	l.part.report(nil)
	for {
		if err := l.tell(ctx, conn); err != nil {
			return err
		}
		select {
		case <-l.more:
		case <-l.moved:
			return errMoved
		case err := <-broken:
			return fmt.Errorf("%w: %w", errBroken, cmp.Or(err, io.EOF))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begin subscribes a new connection to all that is wanted.
func (l *link) begin(ctx context.Context, conn rueidis.DedicatedClient) error {
	if err := l.subscribe(ctx, conn, []string{l.lane.usersChannel()}); err != nil {
		return err
	}
	if err := l.subscribe(ctx, conn, l.all()); err != nil {
		return err
	}
	// Redis answers in order: when it has answered this, it has confirmed every channel.
	if err := l.do(ctx, conn, conn.B().Ping().Build()); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.since = true, time.Now()
	l.connects.Add(1)
	return nil
}

// settled reports whether there has been a connection for as long as other nodes need to
// get one.
func (l *link) settled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up && time.Since(l.since) > longestPause
}

// all returns the channels of all groups that are wanted, and marks them as asked for.
func (l *link) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open, l.changed = true, nil
	channels := make([]string, 0, len(l.groups))
	for id, in := range l.groups {
		in.state = asked
		channels = append(channels, l.lane.groupChannel(id))
	}
	return channels
}

// tell tells Redis what changed since it was told last.
func (l *link) tell(ctx context.Context, conn rueidis.DedicatedClient) error {
	join, leave := l.changes()
	if err := l.unsubscribe(ctx, conn, leave); err != nil {
		return err
	}
	return l.subscribe(ctx, conn, join)
}

// changes returns which channels are to be joined and left, and marks them so.
func (l *link) changes() (join, leave []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := l.changed
	l.changed = nil
	for _, id := range changed {
		in := l.groups[id]
		switch {
		case in == nil:
		case in.wanted && in.state == idle:
			in.state = asked
			join = append(join, l.lane.groupChannel(id))
		case !in.wanted && (in.state == active || in.state == asked):
			in.state = leaving
			leave = append(leave, l.lane.groupChannel(id))
		}
	}
	return join, leave
}

func (l *link) subscribe(ctx context.Context, conn rueidis.DedicatedClient, channels []string) error {
	for len(channels) > 0 {
		n := min(len(channels), maxChannels)
		if err := l.do(ctx, conn, conn.B().Ssubscribe().Channel(channels[:n]...).Build()); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		channels = channels[n:]
	}
	return nil
}

func (l *link) unsubscribe(ctx context.Context, conn rueidis.DedicatedClient, channels []string) error {
	for len(channels) > 0 {
		n := min(len(channels), maxChannels)
		if err := l.do(ctx, conn, conn.B().Sunsubscribe().Channel(channels[:n]...).Build()); err != nil {
			return fmt.Errorf("unsubscribe: %w", err)
		}
		channels = channels[n:]
	}
	return nil
}

func (l *link) do(ctx context.Context, conn rueidis.DedicatedClient, command rueidis.Completed) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return conn.Do(ctx, command).Error()
}

// subscribed takes Redis's word that a channel was joined or left. It is called
// by the connection's reader, and does not wait.
func (l *link) subscribed(serial int, s rueidis.PubSubSubscription) {
	group := l.lane.groupOfChannel(s.Channel)
	var missed func()
	l.mu.Lock()
	in := l.groups[group]
	switch {
	case serial != l.serial:
	case s.Kind == "ssubscribe" && in != nil && in.state == asked:
		in.state = active
		in.confirm()
		if in.owed {
			in.owed, missed = false, in.missed
		}
	case s.Kind == "sunsubscribe" && in != nil && in.state == leaving:
		in.state = idle
		l.settle(group, in)
	case s.Kind == "sunsubscribe":
		wake(l.moved)
	}
	l.mu.Unlock()
	if missed != nil {
		missed()
	}
}

// settle deals with a group that has just been left. The caller holds mu.
func (l *link) settle(groupID string, in *interest) {
	if in.wanted { // again
		l.change(groupID)
	} else {
		delete(l.groups, groupID)
	}
}

// lost notes that there is no connection any more, and lets nobody wait for it.
// It reports whether there was one.
//
// What was to come back does not: this node's receivers hear it now.
func (l *link) lost() (was bool) {
	l.mu.Lock()
	was = l.up
	l.up, l.open = false, false
	l.serial++
	for id, in := range l.groups {
		in.state, in.owed = idle, true
		in.confirm()
		l.settle(id, in)
	}
	echoes := l.echoes
	l.echoes = nil
	l.mu.Unlock()
	for _, e := range echoes {
		l.lane.r.local.Signal(*e.signal)
	}
	return was
}
