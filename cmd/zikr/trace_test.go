//go:build unix

package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/zikr-app/zikr/internal/pgtest"
)

// collector takes spans over OTLP, as a real one does.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []nodeSpan
}

// nodeSpan is a span and the node that sent it.
type nodeSpan struct {
	*tracepb.Span
	node string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var data tracepb.TracesData // the same bytes as ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &data) != nil {
			t.Errorf("%s: what came are no spans (%v)", r.URL.Path, err)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, from := range data.GetResourceSpans() {
			node := ""
			for _, a := range from.GetResource().GetAttributes() {
				if a.GetKey() == "service.instance.id" {
					node = a.GetValue().GetStringValue()
				}
			}
			for _, scope := range from.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					c.spans = append(c.spans, nodeSpan{span, node})
				}
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// named are the spans of a name, in the order in which they came.
func (c *collector) named(name string) (out []nodeSpan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.GetName() == name {
			out = append(out, s)
		}
	}
	return out
}

// member opens a Socket.IO connection to a server, and enters a group's channel.
func member(t *testing.T, p *program, token, group string) net.Conn {
	t.Helper()
	conn, _, _, err := ws.Dial(t.Context(), "ws"+strings.TrimPrefix(p.url, "http")+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	send(t, conn, `40/zikr-app,{"token":"`+token+`"}`)
	send(t, conn, `42/zikr-app,1["join_group",{"groupId":"`+group+`"}]`)
	until(t, conn, `43/zikr-app,1[`)
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if err := wsutil.WriteClientText(conn, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// until reads messages to one that begins so, and returns it. Pings are answered.
func until(t *testing.T, conn net.Conn, begins string) string {
	t.Helper()
	for {
		got, err := wsutil.ReadServerText(conn)
		if err != nil {
			t.Fatalf("%v, want %s...", err, begins)
		}
		if string(got) == "2" {
			send(t, conn, "3")
		}
		if bytes.HasPrefix(got, []byte(begins)) {
			return string(got)
		}
	}
}

// TestTraceOverTwoNodes follows a frame that one process reads to the delivery by another, over a real PostgreSQL and a
// real Redis: all of it is one trace, and each span stands under the one that led to it.
func TestTraceOverTwoNodes(t *testing.T) {
	spans := newCollector(t)
	environment := []string{
		"ZIKR_DATABASE_URL=" + pgtest.Database(t), "ZIKR_REDIS_URL=redis://" + redisServer(t), "ZIKR_JWT_SECRET=0123456789abcdef0123456789abcdef",
		"ZIKR_OTLP_ENDPOINT=" + spans.URL,
	}
	a, b := serving(t, t.TempDir(), environment...), serving(t, t.TempDir(), environment...)
	token := a.post(t, "/auth/register", "", `{"name":"Ali","surname":"Valiyev","email":"ali@example.org","password":"bismillah 114"}`, "token")
	group := a.post(t, "/groups", token, `{"name":"Readers","type":"quran","isPublic":true}`, "id")
	onA, onB := member(t, a, token, group), member(t, b, token, group)

	send(t, onA, `42/zikr-app,2["book_pora",{"groupId":"`+group+`","poraId":"7"}]`)
	if answer := until(t, onA, `43/zikr-app,2[`); strings.Contains(answer, `"code"`) {
		t.Fatalf("the pora was not booked: %s", answer)
	}
	until(t, onB, `42/zikr-app,["pora_booked"`)
	for _, p := range []*program{a, b} {
		p.stop(t) // which sends the last spans
	}

	frames := spans.named("event book_pora")
	if len(frames) != 1 {
		t.Fatalf("got %d spans of the frame, want 1", len(frames))
	}
	frame := frames[0]
	above, node := frame, frame.node
	for _, name := range []string{"command", "publish pora_booked", "deliver pora_booked"} {
		found := false
		for _, s := range spans.named(name) {
			if !bytes.Equal(s.GetTraceId(), frame.GetTraceId()) || name == "deliver pora_booked" && s.node == node {
				continue
			}
			found = true
			if !bytes.Equal(s.GetParentSpanId(), above.GetSpanId()) {
				t.Errorf("%s is not under %s", name, above.GetName())
			}
			above = s
		}
		if !found {
			t.Errorf("the trace of the frame has no %q", name)
		}
	}
	if above.node == node || above.node == "" {
		t.Errorf("the frame was read by node %q, and the delivery is of node %q: want another", node, above.node)
	}
	if here := spans.named("deliver pora_booked"); len(here) != 2 {
		t.Errorf("got %d deliveries, want one on each node", len(here))
	}
}
