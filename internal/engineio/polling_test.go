package engineio

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

func echo(r *testReceiver) {
	r.onText = func(s *Session, text string) error { s.Send(TextMessage([]byte(text))); return nil }
}

func TestPollingBothWays(t *testing.T) {
	ts := serve(t, Options{}, echo)
	q := ts.openPoll(t)
	if status, body := ts.post(t, q, "4one\x1e4two"); status != 200 || body != "ok" {
		t.Errorf("post: %d %q", status, body)
	}
	if status, body := ts.get(t, q); status != 200 || body != "4one\x1e4two" {
		t.Errorf("get: %d %q", status, body)
	}
}

// A GET waits until there is something to say.
func TestPollWaits(t *testing.T) {
	ts := serve(t, Options{}, nil)
	q := ts.openPoll(t)
	s := ts.receiver(t, 0).session
	answered := make(chan string)
	go func() {
		_, body := ts.get(t, q)
		answered <- body
	}()
	eventually(t, "the GET waits", func() bool { return s.polled() })
	s.Send(TextMessage([]byte("news")))
	if got := wait(t, answered); got != "4news" {
		t.Errorf("got %q", got)
	}
	if got := s.Transport(); got != "polling" {
		t.Errorf("got transport %q", got)
	}
}

// polled reports whether a GET waits.
func (s *Session) polled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poll.wake != nil
}

func TestPollingV3(t *testing.T) {
	ts := serve(t, Options{AllowV3: true}, echo)
	status, body := ts.get(t, "EIO=3&transport=polling&b64=1")
	length, open, _ := strings.Cut(body, ":")
	if status != 200 || length != fmt.Sprint(len(open)) || !strings.HasPrefix(open, `0{"sid":"`) {
		t.Fatalf("open: %d %q", status, body)
	}
	s := ts.receiver(t, 0).session
	q := "EIO=3&transport=polling&b64=1&sid=" + s.ID()
	if _, body := ts.post(t, q, "6:4€😀ab1:2"); body != "ok" {
		t.Errorf("post: %q", body)
	}
	if _, body := ts.get(t, q); body != "6:4€😀ab1:3" {
		t.Errorf("get: %q", body)
	}
	s.Send(BinaryMessage(V3, s.Base64(), []byte{1, 2, 3, 4}))
	if _, body := ts.get(t, q); body != "10:b4AQIDBA==" {
		t.Errorf("get: %q", body)
	}
}

// Close lets a client that polls have the last words, and only then the close
// packet: the official client is torn down by it before its listeners have
// heard what came in the same answer.
func TestPollingClose(t *testing.T) {
	ts := serve(t, Options{}, nil)
	q := ts.openPoll(t)
	r := ts.receiver(t, 0)
	r.session.Send(TextMessage([]byte("last")))
	r.session.Close()
	if got := wait(t, r.closed); got != ServerClose {
		t.Errorf("got %v", got)
	}
	if status, body := ts.get(t, q); status != 200 || body != "4last" {
		t.Errorf("got %d %q", status, body)
	}
	if status, body := ts.get(t, q); status != 200 || body != "1" {
		t.Errorf("got %d %q", status, body)
	}
	if status, _ := ts.get(t, q); status != 400 {
		t.Errorf("got %d afterwards", status)
	}
}

func TestPollingQueueIsBounded(t *testing.T) {
	ts := serve(t, Options{QueueBytes: 10_000}, nil)
	ts.openPoll(t)
	r := ts.receiver(t, 0)
	for r.session.Send(TextMessage(make([]byte, 1000))) {
	}
	if got := wait(t, r.closed); got != SlowConsumer {
		t.Errorf("got %v, want %v", got, SlowConsumer)
	}
}

// Polling over HTTP/2: many requests on one connection.
func TestPollingHTTP2(t *testing.T) {
	ts := serve(t, Options{}, echo)
	srv := httptest.NewUnstartedServer(ts.Server)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	http2 := &testServer{Server: ts.Server, url: srv.URL + "/"}
	res, err := srv.Client().Get(http2.url + "?EIO=4&transport=polling")
	if status, _ := answer(t, res, err); status != 200 || res.ProtoMajor != 2 {
		t.Fatalf("got %d over HTTP/%d", status, res.ProtoMajor)
	}
	q := http2.url + "?EIO=4&transport=polling&sid=" + ts.receiver(t, 0).session.ID()
	waiting := make(chan string)
	go func() {
		res, err := srv.Client().Get(q)
		_, body := answer(t, res, err)
		waiting <- body
	}()
	res, err = srv.Client().Post(q, "text/plain", strings.NewReader("4hello"))
	if status, _ := answer(t, res, err); status != 200 {
		t.Errorf("post: got %d", status)
	}
	if got := wait(t, waiting); got != "4hello" {
		t.Errorf("got %q", got)
	}
}
