//go:build unix

package main

import (
	"bytes"
	"encoding/json"
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

// ended waits for the access log's line of a connection that has ended.
func ended(t *testing.T, p *program) (line struct {
	Msg, From, User, Transport, Took, Reason string
	Received, Sent                           int
},
) {
	t.Helper()
	for text := range p.errors.lines {
		if json.Unmarshal([]byte(text), &line) == nil && line.Msg == "connection ended" {
			return line
		}
	}
	t.Fatalf("the server has ended, and its log has no such line:\n%s", p.errors)
	return line
}

// TestAccessLog shows the line of a connection on each transport, and that no token is in the log, wherever it was sent.
func TestAccessLog(t *testing.T) {
	p := serving(t, t.TempDir(), "ZIKR_ACCESS_LOG=on", "ZIKR_LOG_LEVEL=debug", "ZIKR_LOG_FORMAT=json")
	token := p.post(t, "/auth/register", "", `{"name":"Ali","surname":"Valiyev","email":"ali@example.org","password":"bismillah 114"}`, "token")
	group := p.post(t, "/groups", token, `{"name":"Readers","type":"quran","isPublic":true}`, "id")

	conn := member(t, p, token, group)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	line := ended(t, p)
	took, err := time.ParseDuration(line.Took)
	if err != nil || took <= 0 || line.From != "127.0.0.1" || len(line.User) != 36 || line.Transport != "websocket" || line.Reason != "transport close" {
		t.Errorf("of a WebSocket that was cut the log says %+v (%v)", line, err)
	}
	if line.Received < len(token) || line.Sent < len(group) {
		t.Errorf("%d bytes were received and %d sent, which is less than what was said", line.Received, line.Sent)
	}

	polling := p.url + "/socket.io/?EIO=4&transport=polling"
	_, opened := fetch(t, http.DefaultClient, polling+"&token="+token)
	var handshake struct{ SID string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(opened, "0")), &handshake); err != nil {
		t.Fatalf("%q: %v", opened, err)
	}
	resp, err := http.Post(polling+"&token="+token+"&sid="+handshake.SID, "text/plain", strings.NewReader("1"))
	read(t, resp, err)
	if line := ended(t, p); line.User != "" || line.Transport != "polling" || line.Reason != "client close" || line.Received != 1 || line.Sent != len(opened) {
		t.Errorf("of a client that polled and left the log says %+v", line)
	}
	p.stop(t)
	if strings.Contains(p.errors.String(), token) || strings.Contains(p.errors.String(), handshake.SID) {
		t.Errorf("a token or a session's id is in the log:\n%s", p.errors)
	}
}
