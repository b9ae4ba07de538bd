package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/limit"
)

// TestAnswering shows that the bound on a REST answer does not cut the long poll
// that the same TCP connection is used for next.
func TestAnswering(t *testing.T) {
	const bound = 50 * time.Millisecond
	mux := http.NewServeMux()
	mux.Handle("/poll", answering(0, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-time.After(3 * bound)
		_, _ = io.WriteString(w, "late")
	})))
	mux.Handle("/rest", answering(bound, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "soon") })))
	mux.Handle("/slow", answering(bound, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-time.After(3 * bound)
		_, _ = io.WriteString(w, "too late")
	})))
	server := httptest.NewUnstartedServer(mux)
	var connections atomic.Int32
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	for _, test := range []struct{ path, want string }{{"/rest", "soon"}, {"/poll", "late"}, {"/slow", ""}} {
		body := ""
		if resp, err := server.Client().Get(server.URL + test.path); err == nil {
			data, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			body = string(data)
		}
		if body != test.want {
			t.Errorf("%s: got %q, want %q", test.path, body, test.want)
		}
		if test.path == "/poll" && connections.Load() != 1 {
			t.Errorf("%d connections were made, want 1: the test shows nothing", connections.Load())
		}
	}
}

// TestBodyThatNobodyReads is not waited for without end before the answer is sent.
func TestBodyThatNobodyReads(t *testing.T) {
	server := httptest.NewServer(awaiting(50*time.Millisecond, http.NotFoundHandler()))
	defer server.Close()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	if _ = res.Body.Close(); res.StatusCode != http.StatusNotFound {
		t.Errorf("got %d, want 404", res.StatusCode)
	}
}

// TestHashesAtOnce leaves processors to those who are signed in.
func TestHashesAtOnce(t *testing.T) {
	for _, test := range []struct {
		most       limit.Most
		processors int
		want       limit.Most
	}{{8, 1, 1}, {8, 2, 1}, {8, 3, 1}, {8, 4, 2}, {8, 64, 8}, {limit.Off, 64, 32}, {1, 64, 1}} {
		if got := hashesAtOnce(test.most, test.processors); got != test.want {
			t.Errorf("%v on %d processors: got %v, want %v", test.most, test.processors, got, test.want)
		}
	}
}
