package rest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zikr-app/zikr"
)

// secure sets the headers that every response has. A route that knows better,
// like the page of the documents, sets its own in their place.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
}

// unspeakable refuses a path or query with characters that no text here may
// hold: U+0000 and broken UTF-8. Databases differ in what they make of them.
func unspeakable(u *url.URL) *Problem {
	query, err := url.QueryUnescape(u.RawQuery)
	if err == nil && speakable(u.Path) && speakable(query) {
		return nil
	}
	return problemOf(zikr.Errorf(zikr.CodeInvalidPayload, "The address holds a character that cannot be read: U+0000, broken UTF-8 or a broken %% sequence."))
}

func speakable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// answerUnmatched answers what no route matches.
func (a *API) answerUnmatched(w http.ResponseWriter, r *http.Request) {
	allow := a.allowed(r)
	if allow == "" {
		writeProblem(w, problemOf(zikr.Errorf(zikr.CodeNotFound, "There is no %.200q here. All paths are listed at /docs.", r.URL.Path)))
		return
	}
	w.Header().Set("Allow", allow)
	writeProblem(w, problemOf(zikr.Errorf(zikr.CodeMethodNotAllowed, "%.20s is not possible on %.200q: use %s.", r.Method, r.URL.Path, allow)))
}

// allowed lists the methods of a path whose method no route matches, "" if
// there is no such path. The mux knows; it tells by its answer.
func (a *API) allowed(r *http.Request) string {
	h, pattern := a.mux.Handler(r)
	if pattern != "" {
		return ""
	}
	p := probe{header: http.Header{}}
	h.ServeHTTP(&p, r)
	allow := p.header.Get("Allow")
	if allow == "" {
		return ""
	}
	return allow + ", OPTIONS"
}

// probe is a response of which only the headers matter.
type probe struct{ header http.Header }

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(int)             {}

// finish tells the log and Observe of a request. A handler that panicked is an
// internal error; if it had begun to answer, the connection is cut, so that
// nobody takes half an answer for a whole one.
func (a *API) finish(w *recorder, r *http.Request, began time.Time) {
	cut := false
	if cause := recover(); cause != nil {
		cut = a.survive(w, r, cause)
	}
	w.done()
	w.send()
	a.observe(w, r, a.Now().Sub(began))
	if cut {
		panic(http.ErrAbortHandler)
	}
}

// survive answers for a handler that panicked, and reports whether the
// connection is to be cut.
func (a *API) survive(w *recorder, r *http.Request, cause any) (cut bool) {
	err, ok := cause.(error)
	if ok && errors.Is(err, http.ErrAbortHandler) {
		return true
	}
	p := a.problem(r.Context(), r.Pattern, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	if w.status == 0 {
		writeProblem(w, p)
		return false
	}
	return true
}

// observe never sees the path or the query of a request: there may be a token in them.
func (a *API) observe(w *recorder, r *http.Request, took time.Duration) {
	status := w.status
	if status == 0 {
		status = http.StatusOK // what net/http writes when nobody did
	}
	level := slog.LevelDebug
	if a.AccessLog {
		level = slog.LevelInfo
	}
	a.Log.Log(r.Context(), level, "http request", "method", r.Method, "route", r.Pattern, "status", status, "took", took.String(), "from", addressOf(r.Context()))
	if a.Observe != nil {
		a.Observe(r.Pattern, status, took)
	}
}
