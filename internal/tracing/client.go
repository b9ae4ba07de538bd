package tracing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// sendTimeout is how long a collector may take to take some spans.
const sendTimeout = 5 * time.Second

// client sends spans by POST. The ready-made one links all of gRPC: 5 MB of binary instead of none.
type client struct {
	url  string
	http *http.Client
	log  *slog.Logger
}

var _ otlptrace.Client = (*client)(nil)

func newClient(endpoint string, log *slog.Logger) *client {
	return &client{strings.TrimRight(endpoint, "/") + "/v1/traces", &http.Client{Timeout: sendTimeout}, log}
}

// Start does nothing: a collector that is away must not keep a server from starting.
func (c *client) Start(context.Context) error { return nil }

// Stop lets go of the connection.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces sends spans, a second time if the collector asks for that. What it does not take then is dropped,
// and the log is told.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// It has the same bytes as ExportTraceServiceRequest (OTLP 1.11, trace_service.proto): one repeated field, number 1.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("encode spans: %w", err)
	}
	if err = c.post(ctx, body); errors.Is(err, errBusy) {
		err = c.post(ctx, body)
	}
	if err != nil {
		c.log.Warn("spans were not taken by the collector of ZIKR_OTLP_ENDPOINT, and are dropped", "err", err)
	}
	return nil // told already
}

// errBusy is of a collector that may take it when it is sent again (OTLP/HTTP, "Retryable Response Codes").
var errBusy = errors.New("busy")

func (c *client) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection is used again
	switch resp.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("%w: %s", errBusy, resp.Status)
	default:
		return errors.New(resp.Status)
	}
}
