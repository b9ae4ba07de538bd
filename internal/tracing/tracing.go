// Package tracing is zikr.Tracer on OpenTelemetry: spans are sent to a collector over OTLP (HTTP, protobuf).
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/zikr-app/zikr"
)

// Options say where spans go. Endpoint is required.
type Options struct {
	// Endpoint is the address of a collector, like http://localhost:4318; /v1/traces is added to it.
	Endpoint string
	// Share is how many of a thousand requests are followed.
	Share   int
	Version string       // of the program
	Node    string       // names this process
	Log     *slog.Logger // is told what could not be sent
}

// Tracer is a zikr.Tracer. What does not fit into its queue is dropped.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

var _ zikr.Tracer = (*Tracer)(nil)

// Open makes a Tracer. It does not fail when nobody answers at the endpoint. Close sends what is left.
func Open(ctx context.Context, o Options) (*Tracer, error) {
	exporter, err := otlptrace.New(ctx, newClient(o.Endpoint, o.Log))
	if err != nil {
		return nil, fmt.Errorf("open traces: %w", err)
	}
	about := resource.NewSchemaless(
		attribute.String("service.name", "zikr"), attribute.String("service.version", o.Version), attribute.String("service.instance.id", o.Node),
	)
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter), sdk.WithResource(about),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(float64(o.Share)/1000))),
	)
	return &Tracer{provider, provider.Tracer("github.com/zikr-app/zikr")}, nil
}

// Close sends what waits, as long as ctx allows.
func (t *Tracer) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("close traces: %w", err)
	}
	return nil
}

// Start begins a span under that of ctx.
func (t *Tracer) Start(ctx context.Context, name string, attrs ...slog.Attr) (context.Context, zikr.Span) {
	ctx, s := t.tracer.Start(ctx, name, trace.WithAttributes(translate(attrs)...))
	return ctx, span{s}
}

// Record adds a span that is over.
func (t *Tracer) Record(under *zikr.Trace, name string, began, ended time.Time, attrs ...slog.Attr) *zikr.Trace {
	if under == nil {
		return nil
	}
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: under.TraceID, SpanID: under.SpanID, TraceFlags: trace.FlagsSampled, Remote: true,
	}))
	_, s := t.tracer.Start(ctx, name, trace.WithTimestamp(began), trace.WithAttributes(translate(attrs)...))
	s.End(trace.WithTimestamp(ended))
	return named(s.SpanContext())
}

// Of is the span of ctx, nil where it has none that is followed.
func (t *Tracer) Of(ctx context.Context) *zikr.Trace {
	of := trace.SpanContextFromContext(ctx)
	if !of.IsSampled() {
		return nil
	}
	return named(of)
}

func named(of trace.SpanContext) *zikr.Trace {
	return &zikr.Trace{TraceID: of.TraceID(), SpanID: of.SpanID()}
}

// span is a zikr.Span.
type span struct{ trace.Span }

// End ends it.
func (s span) End(failure string, attrs ...slog.Attr) {
	s.SetAttributes(translate(attrs)...)
	if failure != "" {
		s.SetStatus(codes.Error, failure)
	}
	s.Span.End()
}

func translate(attrs []slog.Attr) []attribute.KeyValue {
	out := make([]attribute.KeyValue, len(attrs))
	for i, a := range attrs {
		if a.Value.Kind() == slog.KindInt64 {
			out[i] = attribute.Int64(a.Key, a.Value.Int64())
		} else {
			out[i] = attribute.String(a.Key, a.Value.String())
		}
	}
	return out
}
