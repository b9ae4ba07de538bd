package zikr

import (
	"context"
	"log/slog"
	"time"
)

// Trace names a span of a trace (W3C Trace Context), under which what follows from it is recorded, on
// other nodes too. It is not changed.
type Trace struct {
	TraceID [16]byte
	SpanID  [8]byte
}

// Tracer follows what is done from a client's request to its deliveries. Where it is nil nothing is
// followed. Its methods are safe for concurrent use and never wait.
type Tracer interface {
	// Start begins a span, under that of ctx if it has one, and returns ctx with it.
	Start(ctx context.Context, name string, attrs ...slog.Attr) (context.Context, Span)
	// Record adds a span that is over, under a span; under nil it adds none. It returns the new one.
	Record(under *Trace, name string, began, ended time.Time, attrs ...slog.Attr) *Trace
	// Of is the span of ctx, nil if it has none that is followed.
	Of(ctx context.Context) *Trace
}

// Span is something that is under way.
type Span interface {
	// End ends it, with how it ended: "" for well, else a code or a sentence.
	End(failure string, attrs ...slog.Attr)
}
