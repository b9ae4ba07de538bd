package tracing

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/zikr-app/zikr"
)

// collector is a receiver of OTLP.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	spans  map[string]*tracepb.Span // by name
	nodes  map[string]string        // by name of a span
	status []int                    // what the next requests are answered with; then 200
	asked  int
}

func newCollector(t *testing.T, status ...int) *collector {
	t.Helper()
	c := &collector{spans: map[string]*tracepb.Span{}, nodes: map[string]string{}, status: status}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	body, err := io.ReadAll(r.Body)
	var data tracepb.TracesData
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(body, &data) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if len(c.status) > 0 {
		w.WriteHeader(c.status[0])
		c.status = c.status[1:]
		return
	}
	for _, of := range data.GetResourceSpans() {
		node := ""
		for _, a := range of.GetResource().GetAttributes() {
			if a.GetKey() == "service.instance.id" {
				node = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans[s.GetName()], c.nodes[s.GetName()] = s, node
			}
		}
	}
}

func open(t *testing.T, c *collector, node string, share int, log io.Writer) *Tracer {
	t.Helper()
	tracer, err := Open(t.Context(), Options{Endpoint: c.URL + "/", Share: share, Version: "1", Node: node, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

// What one node begins and another goes on with is one trace, each span under the one before.
func TestOneTraceOverTwoNodes(t *testing.T) {
	c := newCollector(t)
	a, b := open(t, c, "a", 1000, io.Discard), open(t, c, "b", 1000, io.Discard)
	began := time.UnixMilli(1_700_000_000_000)
	ctx, event := a.Start(t.Context(), "event")
	ctx, command := a.Start(ctx, "command", slog.String("zikr.key", "group"))
	of := a.Of(ctx)
	a.Record(of, "commit", began, began.Add(time.Millisecond), slog.Int("zikr.commands", 3))
	published := a.Record(of, "publish", began, began)
	b.Record(published, "deliver", began, began.Add(time.Second))
	command.End("")
	event.End("not_member")
	for _, tracer := range []*Tracer{a, b} {
		if err := tracer.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]struct{ under, node string }{
		"event": {"", "a"}, "command": {"event", "a"}, "commit": {"command", "a"}, "publish": {"command", "a"}, "deliver": {"publish", "b"},
	} {
		got := c.spans[name]
		if got == nil {
			t.Errorf("%s: no such span came", name)
			continue
		}
		if want.under != "" && !bytes.Equal(got.GetParentSpanId(), c.spans[want.under].GetSpanId()) || want.under == "" && len(got.GetParentSpanId()) > 0 {
			t.Errorf("%s is not under %q", name, want.under)
		}
		if !bytes.Equal(got.GetTraceId(), c.spans["event"].GetTraceId()) || c.nodes[name] != want.node {
			t.Errorf("%s: of trace %x and node %q, want that of the event and %q", name, got.GetTraceId(), c.nodes[name], want.node)
		}
	}
	if took := c.spans["deliver"].GetEndTimeUnixNano() - c.spans["deliver"].GetStartTimeUnixNano(); took != uint64(time.Second) {
		t.Errorf("the delivery took %d ns, want a second", took)
	}
	if got := c.spans["event"].GetStatus(); got.GetCode() != tracepb.Status_STATUS_CODE_ERROR || got.GetMessage() != "not_member" {
		t.Errorf("the event ended with %v", got)
	}
}

// Of what is not followed nothing is recorded, here or on other nodes.
func TestNotFollowed(t *testing.T) {
	c := newCollector(t)
	tracer := open(t, c, "a", 0, io.Discard)
	ctx, event := tracer.Start(t.Context(), "event")
	of := tracer.Of(ctx)
	if of != nil || tracer.Record(of, "commit", time.Now(), time.Now()) != nil {
		t.Error("it is followed")
	}
	event.End("")
	if err := tracer.Close(context.Background()); err != nil || c.asked != 0 {
		t.Errorf("the collector was asked %d times (%v)", c.asked, err)
	}
}

// A collector that is busy is asked once more; one that refuses is not, and the log is told.
func TestCollectorRefuses(t *testing.T) {
	for _, test := range []struct {
		status []int
		asked  int
		told   bool
	}{
		{[]int{503}, 2, false}, {[]int{503, 429}, 2, true}, {[]int{401}, 1, true},
	} {
		c, log := newCollector(t, test.status...), new(strings.Builder)
		tracer := open(t, c, "a", 1000, log)
		_, s := tracer.Start(t.Context(), "event")
		s.End("")
		if err := tracer.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if c.asked != test.asked || strings.Contains(log.String(), "dropped") != test.told {
			t.Errorf("answered with %v: asked %d times, want %d; the log says %q, want told %t", test.status, c.asked, test.asked, log, test.told)
		}
	}
}

var _ zikr.Span = span{}
