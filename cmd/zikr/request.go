package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"

	"github.com/zikr-app/zikr"
)

// requestHeader names a request, so that its client, a proxy, the log and a trace can speak of the same one.
const requestHeader = "X-Request-Id"

// mostRequestID is how long an id may be that is taken from a client or a proxy.
const mostRequestID = 64

// requestKey is where a request's context holds its id.
type requestKey struct{}

// identified gives each request an id: the one that it brings, if that can stand in a log, or a new one. The answer
// tells it. Where there is a tracer, the request is followed under it.
func identified(tracer zikr.Tracer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestHeader)
		if !isRequestID(id) {
			id = rand.Text()
		}
		w.Header().Set(requestHeader, id)
		ctx := context.WithValue(r.Context(), requestKey{}, id)
		if tracer != nil {
			var span zikr.Span
			ctx, span = tracer.Start(ctx, "request "+cutMethod(r.Method), slog.String("zikr.request_id", id))
			defer span.End("")
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// cutMethod is a method that a span may be named after.
func cutMethod(method string) string { return method[:min(len(method), 10)] }

// isRequestID reports whether an id is short, and of letters, digits and marks that mean nothing to a log.
func isRequestID(id string) bool {
	const good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+="
	return id != "" && len(id) <= mostRequestID && strings.Trim(id, good) == ""
}

// naming is a slog.Handler that adds the id of the request in whose context a line is written.
type naming struct{ slog.Handler }

// Handle writes a line.
func (n naming) Handle(ctx context.Context, r slog.Record) error {
	if id, ok := ctx.Value(requestKey{}).(string); ok {
		r = r.Clone()
		r.AddAttrs(slog.String("requestId", id))
	}
	return n.Handler.Handle(ctx, r)
}

// WithAttrs is naming too.
func (n naming) WithAttrs(attrs []slog.Attr) slog.Handler { return naming{n.Handler.WithAttrs(attrs)} }

// WithGroup is naming too.
func (n naming) WithGroup(name string) slog.Handler { return naming{n.Handler.WithGroup(name)} }
