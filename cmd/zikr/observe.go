package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"syscall"
)

// defaultObserve is where an operator looks at a server, from its own machine only.
const defaultObserve = "127.0.0.1:7374"

// openObserve takes the port of /metrics and pprof, which are not for the world. Where the port of
// the default is taken, as by another server on this machine, the server does without; one that was
// asked for must be there.
func (s *server) openObserve(ctx context.Context) error {
	if s.cfg.ObserveAddr == "off" {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", string(s.cfg.ObserveAddr))
	switch {
	case err != nil && s.cfg.ObserveAddr == defaultObserve && errors.Is(err, syscall.EADDRINUSE):
		s.log.Warn("there will be no /metrics: the port is taken, perhaps by another server here; set ZIKR_OBSERVE_ADDR to another, or to off", "address", defaultObserve)
		return nil
	case err != nil:
		return cannotListen("ZIKR_OBSERVE_ADDR", string(s.cfg.ObserveAddr), err)
	}
	s.undo = append(s.undo, func() { _ = listener.Close() })
	if at, ok := listener.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		s.log.Warn("whoever reaches ZIKR_OBSERVE_ADDR sees /metrics and pprof: keep the world away from it", "address", at.String())
	}
	s.observed = listener
	s.observe = &http.Server{Handler: s.observeMux(), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	return nil
}

func (s *server) observeMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler(s.log))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// serveObserve serves until the end.
func (s *server) serveObserve() {
	if s.observe == nil {
		return
	}
	if err := s.observe.Serve(s.observed); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("/metrics is served no longer", "err", err)
	}
}

// observeURL is where an operator looks, "" for nowhere.
func (s *server) observeURL() string {
	if s.observed == nil {
		return ""
	}
	return "http://" + s.observed.Addr().String()
}
