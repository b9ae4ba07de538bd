package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/rest"
	"github.com/zikr-app/zikr/internal/web"
)

const (
	// headerTimeout bounds how long a client may take to send a request's head.
	// Bodies have bounds where they are read: a server-wide one would end long polls.
	headerTimeout = 10 * time.Second
	// bodyTimeout bounds how long a request's body is waited for that nobody reads.
	bodyTimeout = 20 * time.Second
	// answerTimeout bounds how long a client may take to read the answer of a REST request.
	answerTimeout = time.Minute
	// idleTimeout is how long a connection may wait for its next request.
	idleTimeout = 2 * time.Minute
	// unreadBytes is how much of what clients send over HTTP/2 waits in memory for a handler that does not read it (yet),
	// of each connection. HTTP/1.1 leaves it with the system.
	unreadBytes = 64 << 10
	// readyTimeout is how long a database may take to answer before the node is not ready: less than whoever asks waits.
	readyTimeout = 2 * time.Second
)

// openHTTP puts Socket.IO, REST and the web app on one port.
func (s *server) openHTTP() error {
	api, err := rest.New(s.restOptions())
	if err != nil {
		return fmt.Errorf("make the REST API: %w", err)
	}
	s.measureEdge()
	app, err := web.New(api)
	if err != nil {
		return err
	}
	if !app.Built() {
		s.log.Warn("this binary was built without the web app: / says how to build it")
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", answering(0, s.sockets))
	mux.Handle("/", identified(s.tracer, answering(answerTimeout, app)))
	s.http = &http.Server{
		Handler: awaiting(bodyTimeout, s.secured(s.behindPath(s.noticeProxies(mux)))), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: headBytes(s.bounds.HeadBytes), ConnState: s.door.watch,
		HTTP2:    &http.HTTP2Config{MaxReceiveBufferPerConnection: unreadBytes, MaxReceiveBufferPerStream: unreadBytes},
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // it tells of clients that misbehave
	}
	return nil
}

// awaiting bounds how long a body is waited for that next does not read. net/http does so before it sends an answer:
// a refused client that keeps its body back would have its connection, and a goroutine, for ever.
func awaiting(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(limit)) // fails on a connection that is gone
		}
		next.ServeHTTP(w, r)
	})
}

// answering bounds how long an answer may take to be written, 0 for no bound. The
// deadline belongs to the TCP connection, which one client may use for REST now and
// for a long poll next, so each request sets its own.
func answering(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var deadline time.Time
		if limit > 0 {
			deadline = time.Now().Add(limit)
		}
		_ = http.NewResponseController(w).SetWriteDeadline(deadline) // fails on a connection that is gone
		next.ServeHTTP(w, r)
	})
}

// headBytes is a bound of a request's head as net/http takes it, which adds 4 KiB to what it is told.
func headBytes(most limit.Most) int { return int(min(most, 1<<30)) - 4<<10 + 1 }

func (s *server) restOptions() rest.Options {
	b, people := s.bounds, limit.NewPeople()
	s.answers = b.held("answers_bytes", "user_answers_bytes").Fair()
	exports := b.held("exports_waiting", "user_exports")
	if b.Exports == 0 {
		exports = limit.NewHeld(b.of("exports"), b.of("user_exports"))
	}
	off, hashes := limit.Bound{Most: limit.Off}, b.of("hashes")
	hashes.Most = hashesAtOnce(hashes.Most, runtime.GOMAXPROCS(0))
	return rest.Options{
		Service: s.service, Version: versionName(), Log: s.log,
		TrustedProxies: s.cfg.proxies(), CORSOrigins: s.cfg.origins(),
		Ready: s.ready, Degraded: s.degraded, Observe: s.metrics.requested, AccessLog: s.cfg.AccessLog == on,
		Events: s.events, SignUps: limit.NewSignUps(b.of("sign_ups"), time.Hour, people), Logins: logins{s.limitLogins(people)},
		Links:   limit.NewSignUps(b.of("link_misses"), time.Hour, people),
		MaxBody: int64(b.BodyBytes),
		Budget: rest.Budget{
			AddressRate: b.rate("address_request_rate", "address_request_burst"), UserRate: b.rate("request_rate", "request_burst"),
			Refusals:        b.pace("address_refusals", 10),
			AddressRequests: b.held("requests", "address_requests"), UserRequests: limit.NewHeld(off, b.of("user_requests")),
			Bodies: b.held("bodies_bytes", "address_bodies_bytes"), Answers: s.answers,
			UserExports: exports, Exports: limit.NewTurns(b.of("exports"), off),
			Searches: limit.NewTimes(b.of("searches"), time.Minute), ContactChanges: limit.NewTimes(b.of("contact_changes"), time.Hour),
			ExportTimes: limit.NewTimes(b.of("exports_an_hour"), time.Hour),
			Reads:       limit.NewTurns(limit.Bound{Most: limit.Most(max(4, 2*runtime.GOMAXPROCS(0)))}, off),
			Hashes:      limit.NewTurns(hashes, b.of("hashes_waiting")),
			MaxQuery:    int(min(b.of("query_bytes").Most, 1<<30)),
			Who:         limit.AddressKey, Saw: people.Saw, Met: b.tell, Refused: newRefusals(b, s.metrics, s.log).tell,
		},
	}
}

// hashesAtOnce is how many passwords are hashed at once: each keeps a processor for some 40 ms, and half of
// them are left to those who are signed in already.
func hashesAtOnce(most limit.Most, processors int) limit.Most {
	return min(most, limit.Most(max(1, processors/2)))
}

// limitLogins counts wrong passwords, on all nodes together where there are many.
func (s *server) limitLogins(people *limit.People) *limit.Logins {
	logins := limit.NewLogins(s.bounds.of("login_failures"), s.bounds.of("address_failures"), 15*time.Minute, people)
	if s.redis != nil {
		logins.Across(s.redis)
	}
	return logins
}

// logins is a rest.LoginLimit.
type logins struct{ *limit.Logins }

// Begin asks for one attempt.
func (l logins) Begin(address netip.Addr, login, device string, now time.Time) (done func(failed bool), retryAfter time.Duration, ok bool) {
	return l.Logins.Begin(limit.Guess{Address: address, Login: login, Device: device}, now)
}

// errDraining is why a node that is going away is not ready.
var errDraining = errors.New("draining")

// readiness is what was found when somebody asked last.
type readiness struct {
	mu    sync.Mutex
	asked time.Time
	err   error
	said  bool // whether the log knows that it is not ready
}

// readyFor is how long an answer about readiness is good: many who ask are one who asks.
const readyFor = 250 * time.Millisecond

// ready says why the node cannot serve at the moment. The log is told when that begins and ends.
func (s *server) ready(ctx context.Context) error {
	if s.draining.Load() {
		return errDraining
	}
	r := &s.readyAt
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < readyFor {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	r.err, r.asked = s.store.Ping(ctx), time.Now()
	switch {
	case r.err != nil && !r.said:
		s.log.Warn("not ready", "err", r.err)
	case r.err == nil && r.said:
		s.log.Info("ready again")
	}
	r.said = r.err != nil
	return r.err
}

// origins are the web origins that may connect.
func (c serveConfig) origins() []string {
	out := make([]string, len(c.CORSOrigins))
	for i, o := range c.CORSOrigins {
		out[i] = string(o)
	}
	return out
}

// proxies are the addresses whose X-Forwarded-For is believed.
func (c serveConfig) proxies() []netip.Prefix {
	out := make([]netip.Prefix, len(c.TrustedProxies))
	for i, n := range c.TrustedProxies {
		out[i] = n.Prefix
	}
	return out
}
