package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/rest"
)

const (
	// headerTimeout bounds how long a client may take to send a request's head.
	// Bodies have bounds where they are read: a server-wide one would end long polls.
	headerTimeout = 10 * time.Second
	// answerTimeout bounds how long a client may take to read the answer of a REST request.
	answerTimeout = time.Minute
	// idleTimeout is how long a connection may wait for its next request.
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
	// readyTimeout is how long a database may take to answer before the node is not ready: less than whoever asks waits.
	readyTimeout = 2 * time.Second
)

// openHTTP puts Socket.IO and REST on one port.
func (s *server) openHTTP() error {
	api, err := rest.New(s.restOptions())
	if err != nil {
		return fmt.Errorf("make the REST API: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", answering(0, s.sockets))
	mux.Handle("/", answering(answerTimeout, api))
	s.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // it tells of clients that misbehave
	}
	return nil
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

func (s *server) restOptions() rest.Options {
	options := rest.Options{
		Service: s.service, Version: versionName(), Log: s.log,
		TrustedProxies: s.cfg.proxies(), CORSOrigins: s.cfg.origins(),
		Ready: s.ready, Degraded: s.degraded, Metrics: s.metrics.handler(s.log), Observe: s.metrics.requested,
	}
	if s.cfg.RateLimit == on {
		options.Events = s.events
		options.SignUps = limit.NewSignUps(s.cfg.SignUps, time.Hour)
		logins := limit.NewLogins(s.cfg.LoginFailures, s.cfg.AddressFailures, 15*time.Minute)
		if s.redis != nil {
			logins.Across(s.redis)
		}
		options.Logins = logins
		options.Links = limit.NewSignUps(int(s.bounds.LinkMisses), time.Hour)
	}
	return options
}

// errDraining is why a node that is going away is not ready.
var errDraining = errors.New("draining")

// ready says why the node cannot serve at the moment.
func (s *server) ready(ctx context.Context) error {
	if s.draining.Load() {
		return errDraining
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.store.Ping(ctx)
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
