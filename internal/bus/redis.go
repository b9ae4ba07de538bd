package bus

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/zikr-app/zikr"
)

const (
	callTimeout = 2 * time.Second // for one answer of Redis
	// closeTimeout is for what Close still wants to tell the other nodes.
	closeTimeout  = 500 * time.Millisecond
	defaultLease  = 20 * time.Second
	defaultLinger = 5 * time.Second
)

// Options say how a node takes part in a bus.
type Options struct {
	// URL is that of a Redis (7.0 or later) or a Valkey: redis://[user:password@]host[:port][/database],
	// rediss:// for TLS. On a cluster any of its servers will do, others may be added: ?addr=host:port&addr=...
	URL string
	// NodeID names this node to the operator, in Redis' CLIENT LIST and in the log; it need not be unique.
	NodeID string
	// Prefix is what keys and channels begin with, without { and }. Nodes with the same prefix are one. Default: "zikr".
	Prefix string
	Log    *slog.Logger // default: slog.Default()
	// Lease is for how long the users of a node that is not heard of count as online. It is
	// renewed every seventh of it; at most that much later they are told to be offline. Default: 20 s.
	Lease time.Duration
	// Linger is for how long the users of a node that was closed count as online: their
	// clients are about to come back on other nodes. Default: 5 s.
	Linger time.Duration
}

func (o Options) orDefault() Options {
	if o.Prefix == "" {
		o.Prefix = "zikr"
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Lease <= 0 {
		o.Lease = defaultLease
	}
	if o.Linger <= 0 {
		o.Linger = defaultLinger
	}
	return o
}

// Redis is the Bus of many nodes, and, with Presence, their common knowledge of
// who is online. Receivers on this node get what this node publishes at once; other nodes get it through Redis,
// if they listen to the group.
//
// Redis may go away and come back, empty perhaps: nothing here fails or waits because of it. Meanwhile
// Healthy is false, so that the event log is read in its stead.
type Redis struct {
	opts   Options
	option rueidis.ClientOption
	log    *slog.Logger
	clean  func(error) error // takes secrets out of an error
	origin uint64            // this process, on the bus

	local    *Local
	presence *RedisPresence
	client   rueidis.Client // set before lanes
	lanes    atomic.Pointer[[]*lane]

	scripts scripts
	health  health // of the bus
	keeping health // of presence

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Once

	mu    sync.Mutex
	early map[string]func() // groups that were asked for before there were lanes
}

var _ zikr.Bus = (*Redis)(nil)

// OpenRedis joins the bus, which takes a few seconds at most. It fails if the URL cannot be used, or if what answers
// there does not want us. If nothing answers, it goes on trying in the background: an
// outage of Redis must not keep a node from starting.
func OpenRedis(ctx context.Context, o Options) (*Redis, error) {
	o = o.orDefault()
	option, err := clientOption(o)
	if err != nil {
		return nil, err
	}
	r := &Redis{
		opts: o, option: option, log: o.Log.With("node", o.NodeID), clean: cleaner(option.Password), origin: newOrigin(),
		local: NewLocal(), early: make(map[string]func()), scripts: newScripts(),
	}
	r.presence = newRedisPresence(r)
	r.ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.setHealth()
	switch err := r.dial(ctx); {
	case err == nil:
		r.awaitFirst(ctx)
	case ctx.Err() == nil && mayPass(err):
		r.log.Warn("Redis does not answer; starting without it", "err", r.clean(err))
		r.running.Go(r.keepDialling)
	default:
		r.stop()
		return nil, fmt.Errorf("open Redis: %w", r.clean(err))
	}
	return r, nil
}

// awaitFirst gives a node that starts a moment to hear the others, before anybody is told that it is there.
func (r *Redis) awaitFirst(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r.health.await(ctx)
	r.keeping.await(ctx)
}

// newOrigin makes up what no other process is called.
func newOrigin() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return binary.BigEndian.Uint64(b[:])
}

func (r *Redis) setHealth() {
	r.health = health{
		first: make(chan struct{}),
		told:  true, // that it is well is told in the beginning, too
		lost: func(err error) {
			r.log.Warn("Redis cannot be relied on; groups' events are read from the log", "err", r.clean(err))
		},
		back: func() { r.log.Info("Redis brings what other nodes publish") },
	}
	r.keeping = health{
		first: make(chan struct{}),
		lost: func(err error) {
			r.log.Warn("Redis does not keep who is online; this node knows only its own connections", "err", r.clean(err))
		},
		back: func() { r.log.Info("Redis keeps who is online again") },
	}
}

// dial reaches Redis for the first time and starts to use it.
func (r *Redis) dial(ctx context.Context) error {
	client, err := rueidis.NewClient(r.option)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	n := 1
	if client.Mode() == rueidis.ClientModeCluster {
		n = lanesOfCluster
	}
	bases := laneBases(r.opts.Prefix, n)
	if err := hello(ctx, client, bases[0]); err != nil {
		client.Close()
		return err
	}
	r.client = client
	r.start(bases)
	return nil
}

// hello publishes what nobody hears. It shows that we may, and that the server is not too old.
func hello(ctx context.Context, client rueidis.Client, base string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := client.Do(ctx, client.B().Spublish().Channel(base+"hello").Message("").Build()).Error(); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// keepDialling tries until Redis is reached.
func (r *Redis) keepDialling() {
	told := ""
	for pause := newBackoff(); pause.wait(r.ctx); {
		err := r.dial(r.ctx)
		if err == nil {
			return
		}
		if text := r.clean(err).Error(); text != told && !mayPass(err) {
			told = text
			r.log.Error("Redis answers, but cannot be used", "err", text)
		}
	}
}

// start makes the lanes, hands them what was asked for early, and runs them.
func (r *Redis) start(bases []string) {
	lanes := make([]*lane, len(bases))
	for i, base := range bases {
		l := &lane{r: r, base: base}
		l.outbox.init(l)
		l.link.init(l)
		l.places.init(l, i, len(bases))
		lanes[i] = l
	}
	r.mu.Lock()
	r.lanes.Store(&lanes)
	for id, missed := range r.early {
		r.laneOf(id).link.listen(id, missed)
	}
	r.early = nil
	r.mu.Unlock()
	for _, l := range lanes {
		r.running.Go(func() { l.outbox.run(r.ctx) })
		r.running.Go(func() { l.link.run(r.ctx) })
		r.running.Go(func() { l.places.run(r.ctx) })
	}
}

// Attach lets rec receive what comes from now on.
func (r *Redis) Attach(rec zikr.Receiver) { r.local.Attach(rec) }

// Listen asks for what other nodes publish of a group. Once the channel that it returns is
// closed, all of it is brought, or else Healthy is false. Whenever something may have been lost in spite of
// that, missed is called, from any goroutine; it must not wait. Asking again replaces missed.
func (r *Redis) Listen(groupID string, missed func()) (ready <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.laneOf(groupID); l != nil {
		return l.link.listen(groupID, missed)
	}
	r.early[groupID] = missed
	return closedChannel()
}

// Unlisten ends what Listen began.
func (r *Redis) Unlisten(groupID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.laneOf(groupID); l != nil {
		l.link.unlisten(groupID)
	} else {
		delete(r.early, groupID)
	}
}

// Publish hands the events to this node's receivers, and sends them to the other nodes.
func (r *Redis) Publish(groupID string, events []zikr.Event) {
	if len(events) == 0 {
		return
	}
	r.local.Publish(groupID, events)
	if l := r.laneOf(groupID); l != nil {
		l.outbox.add(post{groupID: groupID, message: message{events: events, committed: time.Now()}})
	}
}

// Signal hands the signal to this node's receivers, and sends it to the other nodes.
//
// Who came or went is heard here when it comes back from Redis, as it is elsewhere: all nodes must hear it in the
// same order. While nothing comes back from there, it is heard at once.
func (r *Redis) Signal(s zikr.Signal) {
	p := signalPost(s)
	l := r.laneOf(s.GroupID)
	if p.user != "" && l != nil && l.link.hears(s.GroupID) {
		p.echo = true
		l.outbox.add(p)
		return
	}
	r.local.Signal(s)
	r.send(p)
}

// send sends a signal to the other nodes.
func (r *Redis) send(p post) {
	l := r.laneOf(p.groupID)
	if l == nil {
		return
	}
	if p.groupID == "" {
		l = (*r.lanes.Load())[0]
	}
	l.outbox.add(p)
}

// heard takes a signal of another node, or this one.
//
// It may say that a user went offline who is on this node: whoever said so could not ask Redis, or Redis had lost
// or not yet been told who is here. Then the others are told what is true, whatever Redis has.
func (r *Redis) heard(s zikr.Signal) {
	p := signalPost(s)
	if p.user == "" || p.online || !r.presence.holds(s.GroupID, p.user) {
		r.local.Signal(s)
		return
	}
	online := presenceSignal(s.GroupID, zikr.UserOnline{GroupID: s.GroupID, UserID: p.user, Timestamp: zikr.At(time.Now())})
	r.send(post{groupID: s.GroupID, message: message{signal: &online}})
}

// presenceSignal tells a group's channel who came or went.
func presenceSignal(groupID string, p zikr.Payload) zikr.Signal {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // of texts and a date: it cannot be
	}
	return zikr.Signal{GroupID: groupID, Name: p.EventName(), Data: data}
}

// Healthy reports whether all that other nodes publish, of groups that are listened to, comes, and
// all that this one publishes goes out. While it is false, events must be read from the log.
func (r *Redis) Healthy() bool { return r.lanes.Load() != nil && r.health.well() }

// Eval runs a script that returns a number, for those who keep in Redis what all nodes count
// together. On a cluster home says where the keys are. It fails at once while Redis is away.
func (r *Redis) Eval(ctx context.Context, home, script string, keys, args []string) (int64, error) {
	if !r.Healthy() {
		return 0, errAway
	}
	l := r.laneOf(home)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = l.limitKey(key)
	}
	n, err := r.client.Do(ctx, r.client.B().Eval().Script(script).Numkeys(int64(len(names))).Key(names...).Arg(args...).Build()).AsInt64()
	if err != nil {
		return 0, fmt.Errorf("run a script: %w", r.clean(err))
	}
	return n, nil
}

var errAway = errors.New("Redis is away")

// Presence returns who is online, on all nodes.
func (r *Redis) Presence() *RedisPresence { return r.presence }

// Stats is what a Redis has to do at one moment.
type Stats struct {
	Healthy bool
	Waiting int    // publications that are not sent yet
	Dropped uint64 // publications that were given up, since the start: receivers read the log
	// Connects is how often a connection was made on which Redis brings what others publish.
	Connects uint64
	Lag      time.Duration // for how long the oldest publication has waited that is not known to have arrived
}

// Stats counts what there is.
func (r *Redis) Stats() Stats {
	s := Stats{Healthy: r.Healthy()}
	if lanes := r.lanes.Load(); lanes != nil {
		for _, l := range *lanes {
			l.outbox.stats(&s)
			s.Connects += l.link.connects.Load()
		}
	}
	return s
}

// Interruptions grows whenever signals to users may have been lost on their way to this node.
func (r *Redis) Interruptions() uint64 {
	if lanes := r.lanes.Load(); lanes != nil {
		return (*lanes)[0].link.connects.Load()
	}
	return 0
}

// Close leaves the bus: what was published goes out if Redis takes it at once, and this
// node's users count as online for a moment longer (Options.Linger). It takes a few seconds at most. What is published
// after it reaches this node's receivers only.
func (r *Redis) Close() {
	r.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if lanes := r.lanes.Load(); lanes != nil {
			var wg sync.WaitGroup
			for _, l := range *lanes {
				wg.Go(func() { l.places.leaveSoon(ctx) })
				wg.Go(func() { l.outbox.drain(ctx) })
			}
			wg.Wait()
		}
		r.stop()
		r.running.Wait()
		if r.client != nil {
			r.client.Close()
		}
	})
}

// mayPass reports whether an error may go away by itself: nothing answered, or
// what did is not ready yet.
func mayPass(err error) bool {
	var answer *rueidis.RedisError
	if errors.As(err, &answer) {
		return answer.IsLoading() || answer.IsClusterDown() || answer.IsTryAgain()
	}
	return !isCertificateError(err)
}
