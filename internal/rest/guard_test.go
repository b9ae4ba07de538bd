package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/zikr-app/zikr"
)

// TestNoSuchPath answers what no route matches with problems too.
func TestNoSuchPath(t *testing.T) {
	s := newServer(t, nil)
	for at, want := range map[string]struct {
		code  zikr.Code
		allow string
	}{
		"GET /index.html":               {zikr.CodeNotFound, ""},
		"GET /api/v1":                   {zikr.CodeNotFound, ""},
		"GET /api/v1/nothing":           {zikr.CodeNotFound, ""},
		"GET /api/v1/groups/":           {zikr.CodeNotFound, ""},
		"OPTIONS /nothing":              {zikr.CodeNotFound, ""},
		"PUT /api/v1/me":                {zikr.CodeMethodNotAllowed, "DELETE, GET, HEAD, PATCH, OPTIONS"},
		"DELETE /api/v1/groups":         {zikr.CodeMethodNotAllowed, "GET, HEAD, POST, OPTIONS"},
		"GET /api/v1/auth/login":        {zikr.CodeMethodNotAllowed, "POST, OPTIONS"},
		"POST /openapi.json":            {zikr.CodeMethodNotAllowed, "GET, HEAD, OPTIONS"},
		"GET /metrics":                  {zikr.CodeNotFound, ""},
		"GET /api/v1/groups/%00":        {zikr.CodeInvalidPayload, ""},
		"GET /api/v1/users?q=%00":       {zikr.CodeInvalidPayload, ""},
		"GET /api/v1/users?q=%ff":       {zikr.CodeInvalidPayload, ""},
		"GET /api/v1/users?q=%zz":       {zikr.CodeInvalidPayload, ""},
		"GET /api/v1/groups/%ff/events": {zikr.CodeInvalidPayload, ""},
	} {
		method, path, _ := strings.Cut(at, " ")
		r := s.send(method, path, "", "")
		p := s.problemOf(r)
		if p.Code != want.code || r.header.Get("Allow") != want.allow {
			t.Errorf("%s: got %d %s, Allow %q, want %s, Allow %q", at, r.status, p.Code, r.header.Get("Allow"), want.code, want.allow)
		}
	}
	if r := s.send("OPTIONS", "/api/v1/me", "", ""); r.status != 204 || r.header.Get("Allow") != "DELETE, GET, HEAD, PATCH, OPTIONS" {
		t.Errorf("OPTIONS: got %d, Allow %q", r.status, r.header.Get("Allow"))
	}
	if r := s.send("HEAD", "/api/v1/poras", "", ""); r.status != 200 || len(r.body) != 0 {
		t.Errorf("HEAD: got %d %s", r.status, r.body)
	}
}

// TestLongIDs refuses an id that can be none.
func TestLongIDs(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	s.refused(zikr.CodeNotMember, "GET /groups/"+strings.Repeat("x", 128), ali.token, nil)
	s.refused(zikr.CodeInvalidPayload, "GET /groups/"+strings.Repeat("x", 129), ali.token, nil)
}

// TestPanics makes an internal error of a handler that panics.
func TestPanics(t *testing.T) {
	s := newServer(t, nil)
	s.api.mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("secret detail") })
	s.api.mux.HandleFunc("GET /late", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("half an answer", 1000)))
		panic("secret detail")
	})
	r := s.send("GET", "/panic", "", "")
	p := s.problemOf(r)
	if p.Code != zikr.CodeInternal || p.ErrorID == "" || strings.Contains(string(r.body), "secret") {
		t.Errorf("got %s, want an internal error with an id", r.body)
	}
	if logs := s.logs.String(); !strings.Contains(logs, "secret detail") || !strings.Contains(logs, p.ErrorID) {
		t.Errorf("the log does not tell the cause by its id:\n%s", logs)
	}
	resp, err := http.Get(s.http.URL + "/late")
	if err == nil {
		_, err = resp.Body.Read(make([]byte, 1<<20))
		for err == nil {
			_, err = resp.Body.Read(make([]byte, 1<<20))
		}
		_ = resp.Body.Close()
		if err.Error() == "EOF" {
			t.Error("half an answer was taken for a whole one")
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if r := s.send("GET", "/healthz", "", ""); r.status != 200 {
		t.Errorf("after the panics: got %d", r.status)
	}
}

// TestOutage answers an internal error without its cause, which the log has.
func TestOutage(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	s.store.broken.Store(new(errors.New("the disk at /secret is full")))
	p := s.refused(zikr.CodeInternal, "GET /me", ali.token, nil)
	if p.ErrorID == "" || strings.Contains(p.Detail, "disk") {
		t.Errorf("got %+v, want an id and no cause", p)
	}
	if logs := s.logs.String(); !strings.Contains(logs, p.ErrorID) || !strings.Contains(logs, "/secret") {
		t.Errorf("the log does not tell the cause by its id:\n%s", logs)
	}
	s.store.broken.Store(new(fmt.Errorf("read: %w", context.DeadlineExceeded)))
	if r := s.do("GET /me", ali.token, nil); s.problemOf(r).Code != zikr.CodeRateLimited || r.header.Get("Retry-After") != "1" {
		t.Errorf("what took too long: got %d %s", r.status, r.body)
	}
}

// TestClientGone takes no alarm at a client that did not wait.
func TestClientGone(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, prefix+"/me", nil)
	req.Header.Set("Authorization", "Bearer "+ali.token)
	s.api.ServeHTTP(rec, req)
	if rec.Code != gone || strings.Contains(s.logs.String(), "level=ERROR") {
		t.Errorf("got %d, log:\n%s", rec.Code, s.logs.String())
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := newServer(t, nil)
	for _, path := range []string{"/api/v1/poras", "/api/v1/me", "/nothing", "/docs", "/openapi.json", "/healthz"} {
		h := s.send("GET", path, "", "").header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: got headers %v", path, h)
		}
	}
	if got := s.send("GET", "/api/v1/me", "", "").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("/me: got Cache-Control %q, want no-store", got)
	}
}

func TestCORS(t *testing.T) {
	s := newServer(t, func(o *Options) { o.CORSOrigins = []string{"https://app.example.org", "http://localhost:5173/"} })
	ask := []string{"Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization"}
	for origin, allowed := range map[string]bool{
		"https://app.example.org": true, "http://localhost:5173": true,
		"https://app.example.org.evil.example": false, "http://app.example.org": false, "null": false, "": false,
	} {
		want := ""
		if allowed {
			want = origin
		}
		for _, r := range []reply{
			s.send("OPTIONS", "/api/v1/me", "", "", append([]string{"Origin", origin}, ask...)...),
			s.send("GET", "/api/v1/me", "", "", "Origin", origin),
		} {
			if got := r.header.Get("Access-Control-Allow-Origin"); got != want || !slices.Contains(r.header.Values("Vary"), "Origin") {
				t.Errorf("origin %q: got leave for %q, Vary %q, want %q", origin, got, r.header.Values("Vary"), want)
			}
		}
	}
	r := s.send("OPTIONS", "/api/v1/me", "", "", append([]string{"Origin", "https://app.example.org"}, ask...)...)
	if r.status != 204 || !strings.Contains(r.header.Get("Access-Control-Allow-Methods"), "PATCH") ||
		!strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "Authorization") || r.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: got %d %v", r.status, r.header)
	}
	closed := newServer(t, nil)
	if got := closed.send("GET", "/api/v1/me", "", "", "Origin", "https://app.example.org").header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("without origins: got leave for %q", got)
	}
	open := newServer(t, func(o *Options) { o.CORSOrigins = []string{"*"} })
	if got := open.send("GET", "/api/v1/me", "", "", "Origin", "https://any.example").header.Get("Access-Control-Allow-Origin"); got != "https://any.example" {
		t.Errorf("with *: got leave for %q", got)
	}
}

func TestHealth(t *testing.T) {
	var failing error
	s := newServer(t, func(o *Options) {
		o.Ready = func(context.Context) error { return failing }
	})
	for path, want := range map[string]string{"/healthz": "{\"status\":\"ok\"}\n", "/readyz": "{\"status\":\"ready\"}\n"} {
		if r := s.send("GET", path, "", ""); r.status != 200 || string(r.body) != want {
			t.Errorf("%s: got %d %q, want %q", path, r.status, r.body, want)
		}
	}
	failing = errors.New("the disk at /secret is full")
	r := s.send("GET", "/readyz", "", "")
	if r.status != 503 || strings.Contains(string(r.body), "secret") {
		t.Errorf("got %d %s, want 503 without the reason", r.status, r.body)
	}
}
