package engineio

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// pollingAttack is something that ends a session on polling, and why it says so.
type pollingAttack struct {
	name   string
	attack func(t *testing.T, ts *testServer, q string)
	want   Reason
}

// badBodies are requests with what the protocol does not allow.
func badBodies() []pollingAttack {
	return []pollingAttack{
		{"malformed body", func(t *testing.T, ts *testServer, q string) {
			if status, _ := ts.post(t, q, "abc"); status != 400 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"empty body", func(t *testing.T, ts *testServer, q string) {
			if status, _ := ts.post(t, q, ""); status != 400 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"octets", func(t *testing.T, ts *testServer, q string) {
			res, err := http.Post(ts.url+"?"+q, binaryType, strings.NewReader("4a"))
			if status, _ := answer(t, res, err); status != 400 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"large body", func(t *testing.T, ts *testServer, q string) {
			if status, _ := ts.post(t, q, "4"+strings.Repeat("x", 1000)); status != 413 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"large body of unknown length", func(t *testing.T, ts *testServer, q string) {
			res, err := http.Post(ts.url+"?"+q, "text/plain", io.MultiReader(strings.NewReader("4"), strings.NewReader(strings.Repeat("x", 1000))))
			if status, _ := answer(t, res, err); status != 413 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"ping", func(t *testing.T, ts *testServer, q string) { ts.post(t, q, "2") }, ParseError},
	}
}

// brokenRequests end before they are complete, or in the middle of the wait.
func brokenRequests() []pollingAttack {
	return []pollingAttack{
		{"body that breaks off", func(t *testing.T, ts *testServer, q string) {
			conn := ts.begin(t, "POST", q, "Content-Length: 100\r\n", "4abc")
			_ = conn.Close()
		}, TransportClose},
		{"body that is late", func(t *testing.T, ts *testServer, q string) {
			ts.begin(t, "POST", q, "Content-Length: 100\r\n", "4abc")
		}, TransportClose},
		{"poll that hangs up", func(t *testing.T, ts *testServer, q string) {
			conn := ts.begin(t, "GET", q, "", "")
			eventually(t, "the GET waits", func() bool { return ts.receiver(t, 0).session.polled() })
			_ = conn.Close()
		}, TransportClose},
	}
}

// requestsAtOnce are two at a time.
func requestsAtOnce() []pollingAttack {
	return []pollingAttack{
		{"two posts at once", func(t *testing.T, ts *testServer, q string) {
			ts.begin(t, "POST", q, "Content-Length: 100\r\n", "4abc")
			eventually(t, "the POST is being served", func() bool {
				s := ts.receiver(t, 0).session
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.poll.posting
			})
			if status, _ := ts.post(t, q, "4a"); status != 400 {
				t.Errorf("got %d", status)
			}
		}, TransportError},
		{"two polls at once", func(t *testing.T, ts *testServer, q string) {
			first := make(chan string)
			go func() {
				_, body := ts.get(t, q)
				first <- body
			}()
			eventually(t, "the GET waits", func() bool { return ts.receiver(t, 0).session.polled() })
			if status, _ := ts.get(t, q); status != 400 {
				t.Errorf("got %d", status)
			}
			if got := wait(t, first); got != "1" {
				t.Errorf("the first got %q, want a close packet", got)
			}
		}, TransportError},
		{"close packet", func(t *testing.T, ts *testServer, q string) {
			waiting := make(chan string)
			go func() {
				_, body := ts.get(t, q)
				waiting <- body
			}()
			eventually(t, "the GET waits", func() bool { return ts.receiver(t, 0).session.polled() })
			if status, body := ts.post(t, q, "1"); status != 200 || body != "ok" {
				t.Errorf("got %d %q", status, body)
			}
			if got := wait(t, waiting); got != "6" {
				t.Errorf("the GET got %q, want a noop", got)
			}
		}, ClientClose},
	}
}

// What ends a session on polling: its next request is not known any more.
func TestPollingAttacks(t *testing.T) {
	for _, tc := range slices.Concat(badBodies(), brokenRequests(), requestsAtOnce()) {
		t.Run(tc.name, func(t *testing.T) {
			ts := serve(t, Options{MaxPayload: 1000, PingTimeout: 300 * time.Millisecond}, nil)
			q := ts.openPoll(t)
			r := ts.receiver(t, 0) // a session that ends before it has one tells nobody
			tc.attack(t, ts, q)
			if got := wait(t, r.closed); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			for _, method := range []string{"GET", "POST"} {
				req, _ := http.NewRequest(method, ts.url+"?"+q, nil)
				res, err := http.DefaultClient.Do(req)
				if status, body := answer(t, res, err); status != 400 || !strings.Contains(body, "Session ID unknown") {
					t.Errorf("%s afterwards: %d %s", method, status, body)
				}
			}
		})
	}
}

// begin sends the beginning of a request.
func (ts *testServer) begin(t *testing.T, method, query, headers, body string) net.Conn {
	t.Helper()
	addr := strings.TrimSuffix(strings.TrimPrefix(ts.url, "http://"), "/engine.io/")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "%s /engine.io/?%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\n%s\r\n%s", method, query, addr, headers, body)
	return conn
}

// A client that asks and does not read the answer holds up its request for a
// while, and no longer.
func TestAnswerIsNotRead(t *testing.T) {
	ts := serve(t, Options{QueueBytes: 64 << 20, PingTimeout: 300 * time.Millisecond}, nil)
	q := ts.openPoll(t)
	r := ts.receiver(t, 0)
	r.session.Send(TextMessage(make([]byte, 32<<20)))
	ts.begin(t, "GET", q, "", "")
	if got := wait(t, r.closed); got != TransportClose {
		t.Errorf("got %v, want %v", got, TransportClose)
	}
}
