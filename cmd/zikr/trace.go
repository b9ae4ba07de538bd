package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/tracing"
)

// traceConfig says what is told of single requests, and where spans go.
type traceConfig struct {
	OTLPEndpoint string `name:"otlp-endpoint" env:"ZIKR_OTLP_ENDPOINT,OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"http://localhost:4318" help:"Collector of OpenTelemetry that is sent traces, over OTLP (HTTP). Unset: nothing is followed."`
	AccessLog    toggle `env:"ZIKR_ACCESS_LOG" default:"off" help:"on writes a line for each answered request of the REST API, without its path and its query, and for each connection of Socket.IO that has ended."`
	TraceShare   int    `env:"ZIKR_TRACE_SHARE" default:"1000" help:"How many of a thousand events and requests are followed."`
}

// otelEndpoint is how OpenTelemetry itself names ZIKR_OTLP_ENDPOINT.
const otelEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"

// check finds values that cannot be used. The address is not quoted: there may be a password in it.
func (c traceConfig) check() error {
	if c.TraceShare < 0 || c.TraceShare > 1000 {
		return unfit("ZIKR_TRACE_SHARE", c.TraceShare, "from 0 to 1000, of a thousand", "1000")
	}
	if c.OTLPEndpoint == "" {
		return nil
	}
	if u, err := url.Parse(c.OTLPEndpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		name := "ZIKR_OTLP_ENDPOINT"
		if os.Getenv(name) == "" && os.Getenv(otelEndpoint) == c.OTLPEndpoint {
			name = otelEndpoint
		}
		return fmt.Errorf("%s is not an address with its scheme, http:// or https://: name where the collector takes OTLP over HTTP, like %s=http://localhost:4318", name, name)
	}
	return nil
}

// lastSpans is how long the end waits for the collector.
const lastSpans = time.Second

// openTracer begins to follow what is done, if somebody wants to know.
func (s *server) openTracer(ctx context.Context) error {
	if s.cfg.OTLPEndpoint == "" {
		return nil
	}
	tracer, err := tracing.Open(ctx, tracing.Options{
		Endpoint: s.cfg.OTLPEndpoint, Share: s.cfg.TraceShare, Version: versionName(), Node: rand.Text()[:8], Log: s.log,
	})
	if err != nil {
		return err
	}
	s.tracer = tracer
	s.closeTracer = func() {
		ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
		defer cancel()
		if err := tracer.Close(ctx); err != nil {
			s.log.Warn("the last spans were not sent", "err", err)
		}
	}
	s.undo = append(s.undo, s.closeTracer)
	return nil
}

// publishing is how the store publishes what was committed: by the bus, with a span for what is followed.
func (s *server) publishing() func(groupID string, events []zikr.Event) {
	if s.tracer == nil {
		return s.bus.Publish
	}
	return func(groupID string, events []zikr.Event) {
		now := time.Now()
		for i := range events {
			if t := events[i].Trace; t != nil {
				events[i].Trace = s.tracer.Record(t, "publish "+events[i].Name, now, now, slog.Int64("zikr.seq", events[i].Seq))
			}
		}
		s.bus.Publish(groupID, events)
	}
}
