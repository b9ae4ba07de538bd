// Package live is the gateway between realtime connections and the domain: it
// turns the events that clients send into use cases, and what happened in a
// group into the same bytes for everyone in its channel (contract sections 1 to 5).
//
// It knows no protocol: Socket and Broadcaster are what it needs of one.
package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zikr-app/zikr"
)

// Message is one event as it is sent: its name and its one argument.
type Message struct {
	Event string
	Data  json.RawMessage
}

// Socket is a client in one namespace. Its methods are safe for concurrent use
// and, but for EmitWait, never wait; what is emitted and broadcast to it arrives
// in the order of the calls. Once it is gone they do nothing; above all, Join
// then joins nothing.
type Socket interface {
	// Waits is called by who handles an event of the client and is about to wait, so that other
	// clients need not wait for that too.
	Waits()
	// ID is the Socket.IO session id, different for every socket.
	ID() string
	Emit(messages ...Message)
	// EmitWait is Emit for very much: it waits so that a client that reads keeps up with it. It
	// fails when ctx ends or the client is gone.
	EmitWait(ctx context.Context, messages ...Message) error
	Join(room string)
	Leave(room string)
	// Disconnect sends a DISCONNECT packet behind what was emitted, and ends the connection.
	Disconnect()
	// Flooded closes the transport, because the client went on to send far more than it may.
	Flooded()
}

// Broadcaster sends to rooms, of all namespaces, on this node.
type Broadcaster interface {
	// Broadcast emits the messages, in order, to every connection in the room but the one
	// with the id except. It never waits. written, if it is not nil, is called once when the last byte was
	// handed to the system for each of them, with how many they are; not if there is none. It must neither wait nor send.
	Broadcast(room, except string, written func(connections int), messages ...Message)
	// BroadcastAll emits a message to many rooms. It is encoded once.
	BroadcastAll(rooms []string, except string, message Message)
}

// Limiter says how often a user may send an event.
type Limiter interface {
	// Allow takes one event of a user; if there were too many it reports false and when the
	// next will be taken.
	Allow(userID string, now time.Time) (retryAfter time.Duration, ok bool)
}

// Pace holds up users who do something too often.
type Pace interface {
	// Wait takes one thing of a user, and says how long to wait for it: no longer than a second.
	Wait(userID string, now time.Time) time.Duration
}

// Listener is a bus that brings only the groups that it is asked for. Its
// methods do not wait.
type Listener interface {
	// Listen asks for what happens in a group. Once the channel that it returns is closed,
	// whatever is published is brought, or else BusHealthy reports false until it is. When something
	// may have been lost after all, missed is called: from any goroutine, and it does not wait.
	Listen(groupID string, missed func()) (ready <-chan struct{})
	// Unlisten ends what Listen began.
	Unlisten(groupID string)
	// Interruptions grows whenever signals to users may have been lost, once all that come are brought again.
	Interruptions() uint64
}

// Config is what a Gateway is made of. Service and Broadcaster are required.
type Config struct {
	Service     *zikr.Service
	Broadcaster Broadcaster
	Limiter     Limiter // nil: no limit
	// Refusals says how many of the events that Limiter refuses are answered. A connection that sends more is not read
	// for as long, and closed when it goes on. nil: all are.
	Refusals Pace
	// Leaves says how often a user may leave a group's channel, and the group is told at once; after that who leaves
	// counts as online for as long as one whose connection was lost. Its key is the user and the group. nil: any number.
	Leaves Limiter
	Log    *slog.Logger     // default: slog.Default()
	Now    func() time.Time // default: time.Now
	// Deadline is how long a client's event may take. Default: 5 s.
	Deadline time.Duration
	// Recovery is how long a client whose connection is lost may come back as the same
	// Socket, with its channels (contract section 4). Default: 2 min.
	Recovery time.Duration
	// PollEvery is how often the event log is asked for what the bus did not bring. Default: 1 s.
	PollEvery time.Duration
	// BusHealthy reports whether the bus can be relied on. While it cannot, every group that is
	// served is polled each time, otherwise each one in ten times. nil: it always can.
	BusHealthy func() bool
	// Groups is told which groups this node serves. nil: the bus brings every group.
	Groups Listener
	// Answered, if set, is called after each answer to a client's event, with "" as the
	// code of a success and "unknown" as the name of an event that does not exist.
	Answered func(event string, code zikr.Code, took time.Duration)
	// Delivered, if set, is called when the last byte of a group's events was handed to the system for each
	// connection in its channel, with the time since the oldest of them was committed. It must not wait.
	Delivered func(took time.Duration)
	// Follows chooses the batches of which Delivered is told, beside those that are traced. Default: one of 8, by chance.
	Follows func() bool
	// Tracer follows clients' events, and deliveries; nil: nobody does.
	Tracer zikr.Tracer
}

// Gateway serves all connections of this node. It is a zikr.Receiver: attach it
// to the bus. Its methods are safe for concurrent use.
type Gateway struct {
	service   *zikr.Service
	broadcast func(room, except string, written func(connections int), messages ...Message)
	toRooms   func(rooms []string, except string, message Message)
	limiter   Limiter
	refusals  Pace
	leaves    Limiter
	log       *slog.Logger
	now       func() time.Time
	deadline  time.Duration
	recovery  time.Duration
	healthy   func() bool
	groups    Listener
	answered  func(event string, code zikr.Code, took time.Duration)
	delivered func(took time.Duration)
	follows   func() bool
	tracer    zikr.Tracer
	handlers  map[string]handler

	channels channels
	expiries expiries
	revoked  atomic.Int64 // how many signals have ended sessions
	unsure   atomic.Bool  // all sessions must be looked at: of some it could not be found out whether they are over

	mu    sync.Mutex
	conns roster
	lost  map[string]lostConn // by socket id: those whose clients may come back

	calls      work            // clients' events
	background work            // deliveries, the poll
	serving    context.Context // ends when no more events are taken
	drain      context.CancelFunc
	stop       context.CancelFunc // of the poll
}

var _ zikr.Receiver = (*Gateway)(nil)

// New makes a Gateway. Close ends what it does in the background.
func New(cfg Config) *Gateway {
	polling, stop := context.WithCancel(context.Background())
	serving, drain := context.WithCancel(polling)
	g := &Gateway{
		service: cfg.Service, broadcast: cfg.Broadcaster.Broadcast, toRooms: cfg.Broadcaster.BroadcastAll,
		limiter: cfg.Limiter, refusals: cfg.Refusals, leaves: cfg.Leaves,
		log: cfg.Log, now: cfg.Now, deadline: cfg.Deadline, recovery: cfg.Recovery, healthy: cfg.BusHealthy, groups: cfg.Groups, answered: cfg.Answered, delivered: cfg.Delivered, follows: cfg.Follows, tracer: cfg.Tracer,
		conns: roster{byUser: make(map[string]*Conn)}, lost: make(map[string]lostConn),
		serving: serving, drain: drain, stop: stop,
	}
	g.setDefaults()
	g.handlers = g.events()
	g.channels.open = make(map[string]*channel)
	g.expiries.now, g.expiries.expire = g.now, (*Conn).expire
	every := orDefault(cfg.PollEvery, time.Second)
	g.background.start(func() { g.poll(polling, every) })
	g.background.start(func() { g.watchSessions(polling, every) })
	return g
}

func (g *Gateway) setDefaults() {
	g.deadline = orDefault(g.deadline, 5*time.Second)
	g.recovery = orDefault(g.recovery, 2*time.Minute)
	if g.log == nil {
		g.log = slog.Default()
	}
	if g.now == nil {
		g.now = time.Now
	}
	if g.healthy == nil {
		g.healthy = func() bool { return true }
	}
	if g.answered == nil {
		g.answered = func(string, zikr.Code, time.Duration) {}
	}
	if g.follows == nil {
		g.follows = byChance
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Drain ends all connections so that their clients reconnect by themselves:
// nothing more is taken from them, what is under way is answered, as long as ctx
// allows, and then each is told connection_status "draining" (contract section 1). Whoever
// comes later is told the same. It is for the caller to close the transports, without
// DISCONNECT packets. The error says that something was still under way.
func (g *Gateway) Drain(ctx context.Context) error {
	g.drain()
	err := g.calls.stop(ctx)
	for _, c := range g.connections() {
		c.drain()
	}
	return err
}

// Close stops everything in the background and waits for it. Connections that are
// still there are no longer served; call Drain first.
func (g *Gateway) Close() {
	g.stop()
	g.expiries.close()
	_ = g.calls.stop(context.Background()) // never ended early: the context has no end
	_ = g.background.stop(context.Background())
}

// Stats is what a Gateway holds at one moment.
type Stats struct {
	Connections int
	Channels    int // groups that connections on this node have joined
	// OldestLost is for how long the connection that was lost first has been, of those that may come back; 0 for none.
	OldestLost time.Duration
}

// Stats counts what there is.
func (g *Gateway) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Stats{Connections: g.conns.length, Channels: g.channels.count()}
	for _, l := range g.lost {
		s.OldestLost = max(s.OldestLost, g.now().Sub(l.at))
	}
	return s
}

// connections returns all that are there.
func (g *Gateway) connections() []*Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.conns.all()
}
