package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A sane id of a request is taken over; any other is replaced. The answer and the log have the same one.
func TestRequestIDs(t *testing.T) {
	var lines strings.Builder
	log := slog.New(naming{slog.NewTextHandler(&lines, nil)})
	h := identified(nil, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { log.ErrorContext(r.Context(), "failed") }))
	for id, taken := range map[string]bool{
		"3f0c-7A:b/1.2_x+=": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "a b": false, `a"b`: false, "a\x00b": false, "шифр": false, "a;DROP": false,
	} {
		lines.Reset()
		r, w := httptest.NewRequest(http.MethodGet, "/", http.NoBody), httptest.NewRecorder()
		r.Header.Set(requestHeader, id)
		h.ServeHTTP(w, r)
		got := w.Header().Get(requestHeader)
		if got == "" || (got == id) != taken {
			t.Errorf("%q: the answer says %q, want it taken: %t", id, got, taken)
		}
		if line := lines.String(); !strings.Contains(line, got) || !strings.Contains(line, "requestId=") {
			t.Errorf("%q: the log says %q, want %q", id, line, got)
		}
	}
}
