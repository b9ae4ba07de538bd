package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// off is what the address of a listener says that is not wanted.
const off observeAddress = "off"

const (
	// plainTimeout bounds a request of plain HTTP from its first byte to the last of its answer.
	plainTimeout = 10 * time.Second
	// plainHeadBytes bounds its head, to which net/http adds 4 KiB.
	plainHeadBytes = 4 << 10
)

// openPlain takes the port on which plain HTTP is led to HTTPS, if it is wanted.
func (s *server) openPlain(ctx context.Context) (err error) {
	if s.cfg.HTTPAddr == off || s.cfg.HTTPAddr == "" {
		return nil
	}
	if s.plain, err = new(net.ListenConfig).Listen(ctx, "tcp", string(s.cfg.HTTPAddr)); err != nil {
		return fmt.Errorf("%w; ZIKR_HTTP_ADDR=off does without: plain HTTP is then answered by nobody", cannotListen("ZIKR_HTTP_ADDR", string(s.cfg.HTTPAddr), err))
	}
	s.undo = append(s.undo, func() { _ = s.plain.Close() })
	return nil
}

// plainServer answers plain HTTP: the authority's questions, and everybody else with where HTTPS is. Its connections
// are counted with those of the main port.
func (s *server) plainServer() *http.Server {
	var handler http.Handler = http.HandlerFunc(s.redirect)
	if a, ok := s.identity.(*authority); ok {
		handler = onlyFor(a.serves, a.issuer.HTTPChallengeHandler(handler))
	}
	server := &http.Server{
		Handler: handler, ReadTimeout: plainTimeout, WriteTimeout: plainTimeout, MaxHeaderBytes: plainHeadBytes,
		ConnState: s.door.watch, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	server.SetKeepAlivesEnabled(false)
	return server
}

// onlyFor refuses requests for names of others.
func onlyFor(ours func(host string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(hostOf(r)) {
			http.Error(w, "This server has another name.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// redirect leads what only reads to the same path over HTTPS. Anything else is refused: it was sent in the clear already,
// and its sender should know.
func (s *server) redirect(w http.ResponseWriter, r *http.Request) {
	host := hostOf(r)
	switch {
	case !s.identity.serves(host):
		http.Error(w, "This server has another name.", http.StatusMisdirectedRequest)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "Use https://.", http.StatusForbidden)
		return
	}
	port := ""
	if public, err := url.Parse(string(s.cfg.PublicURL)); err == nil {
		port = public.Port()
	}
	host = strings.TrimSuffix(net.JoinHostPort(host, port), ":") // an IPv6 address in brackets
	to := url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusPermanentRedirect)
}

// hostOf is the name or address that a request is for, without its port and without brackets.
func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return strings.Trim(r.Host, "[]")
}

// servePlain serves until the end.
func (s *server) servePlain() {
	if s.plain == nil {
		return
	}
	if err := s.redirects.Serve(s.plain); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("plain HTTP is answered no longer", "err", err)
	}
}

// plainURL is where plain HTTP is led to HTTPS, "" for nowhere.
func (s *server) plainURL() string {
	if s.plain == nil {
		return ""
	}
	return "http://" + s.plain.Addr().String()
}

// stopPlain ends it; nobody waits there.
func (s *server) stopPlain() {
	if s.redirects != nil {
		_ = s.redirects.Close()
	}
}

// secured tells browsers to ask for nothing but HTTPS (RFC 6797), in answers over the server's own TLS. A host that is an
// address, or localhost, is not told: other things are served there too.
func (s *server) secured(next http.Handler) http.Handler {
	if s.identity == nil || s.cfg.HSTS == 0 {
		return next
	}
	policy := fmt.Sprintf("max-age=%d", int(s.cfg.HSTS.Seconds()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r)
		if _, err := netip.ParseAddr(host); r.TLS != nil && err != nil && strings.Contains(host, ".") {
			w.Header().Set("Strict-Transport-Security", policy)
		}
		next.ServeHTTP(w, r)
	})
}
