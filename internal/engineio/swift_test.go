package engineio

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// What Socket.IO-Client-Swift 16 needs of a server that other clients do not.

// Its polling session is ended by a GET that fails: a close packet would leave it dead.
func TestPollingOfB64EndsByFailing(t *testing.T) {
	for _, eio := range []string{"3", "4"} {
		t.Run("EIO="+eio, func(t *testing.T) {
			ts := serve(t, Options{AllowV3: true}, nil)
			open := func(n int) (s *testReceiver, query string) {
				ts.get(t, "EIO="+eio+"&transport=polling&b64=1")
				r := ts.receiver(t, n)
				return r, "EIO=" + eio + "&transport=polling&b64=1&sid=" + r.session.ID()
			}
			ends := func(q string) {
				t.Helper()
				if status, body := ts.get(t, q); status != 400 || body[0] != '{' {
					t.Errorf("got %d %q, want a failure", status, body)
				}
			}

			// What was sent before comes first.
			r, q := open(0)
			r.session.Send(TextMessage([]byte("last")))
			r.session.Close()
			if status, body := ts.get(t, q); status != 200 || !strings.HasSuffix(body, "4last") {
				t.Errorf("got %d %q", status, body)
			}
			ends(q)

			// A GET that waits fails at once.
			r, q = open(1)
			failed := make(chan struct{})
			go func() { ends(q); close(failed) }()
			eventually(t, "the GET waits", func() bool { return r.session.polled() })
			r.session.Close()
			wait(t, failed)

			// The same for what the client has done wrong.
			r, q = open(2)
			failed = make(chan struct{})
			go func() { ends(q); close(failed) }()
			eventually(t, "the GET waits", func() bool { return r.session.polled() })
			if status, _ := ts.post(t, q, "abc"); status != 400 {
				t.Errorf("got %d", status)
			}
			wait(t, failed)
			if got := wait(t, r.closed); got != ParseError {
				t.Errorf("got %v", got)
			}
		})
	}
}

// upgradeNow takes a polling session to WebSocket, as fast as a client can.
func (ts *testServer) upgradeNow(t *testing.T, q string) *wsClient {
	t.Helper()
	c := ts.upgradeTo(t, q)
	c.send("2probe")
	if got := c.read(); got != "3probe" {
		t.Fatalf("got %q", got)
	}
	c.send("5")
	return c
}

// A POST that was on its way when the session was upgraded is taken: what it carries would be lost, and
// the client would wait for an answer for ever.
func TestPostAfterUpgrade(t *testing.T) {
	ts := serve(t, Options{}, echo)
	q := ts.openPoll(t)
	s := ts.receiver(t, 0).session
	c := ts.upgradeNow(t, q)
	eventually(t, "it is upgraded", func() bool { return s.Transport() == "websocket" })
	if status, body := ts.post(t, q, "4late\x1e4later"); status != 200 || body != "ok" {
		t.Errorf("got %d %q", status, body)
	}
	for _, want := range []string{"4late", "4later"} {
		if got := c.read(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if status, _ := ts.get(t, q); status != 400 {
		t.Errorf("a GET after the upgrade: got %d", status)
	}

	// One that breaks off, or comes beside another, does no harm to the WebSocket.
	broken := ts.begin(t, "POST", q, "Content-Length: 100\r\n", "4abc")
	eventually(t, "the POST is being served", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.poll.posting
	})
	if status, _ := ts.post(t, q, "4a"); status != 400 {
		t.Errorf("a second one at once: got %d", status)
	}
	_ = broken.Close()
	c.send("4still here")
	if got := c.read(); got != "4still here" {
		t.Errorf("got %q", got)
	}

	// Later, none is.
	s.mu.Lock()
	if s.due.probe == 0 || s.due.probe > s.srv.wheel.now()+int64(latePost) {
		t.Errorf("POSTs are taken until %d", s.due.probe)
	}
	s.due.probe = s.srv.wheel.now() - 1
	s.scheduleLocked()
	s.mu.Unlock()
	if status, _ := ts.post(t, q, "4too late"); status != 400 {
		t.Errorf("too late: got %d", status)
	}
	c.send("4well")
	if got := c.read(); got != "4well" {
		t.Errorf("got %q", got)
	}
}

// One that began before the upgrade and ends after it is taken, too.
func TestPostDuringUpgrade(t *testing.T) {
	ts := serve(t, Options{}, echo)
	q := ts.openPoll(t)
	s := ts.receiver(t, 0).session
	post := ts.begin(t, "POST", q, "Content-Length: 5\r\n", "4sl")
	eventually(t, "the POST is being served", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.poll.posting
	})
	c := ts.upgradeNow(t, q)
	eventually(t, "it is upgraded", func() bool { return s.Transport() == "websocket" })
	fmt.Fprint(post, "ow")
	if got := c.read(); got != "4slow" {
		t.Errorf("got %q", got)
	}
}

// The transport of a client that does not say that it has read the last words ends 100 ms after
// them, of one that does at once.
func TestLastWordsAreRead(t *testing.T) {
	ts := serve(t, Options{}, nil)
	c := ts.open(t)
	ts.receiver(t, 0).session.Send(TextMessage([]byte("draining")))
	began := time.Now()
	done := make(chan error, 1)
	go func() { done <- ts.Close(t.Context()) }()
	for _, want := range []string{"4draining", "2"} {
		if got := c.read(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := c.readClose(); got != ws.StatusGoingAway {
		t.Errorf("got status %d", got)
	}
	if after := time.Since(began); after < parting {
		t.Errorf("the transport ended after %v", after)
	}
	_ = c.conn.Close()
	if err := wait(t, done); err != nil {
		t.Error(err)
	}
}

// When all have read, nobody waits for the rest of the time.
func TestLastWordsAreReadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := NewServer(Options{NoEpoll: true}, func(s *Session) Receiver { return &phone{} })
		phones := newPhones(t, srv, 50)
		for _, p := range phones {
			p.delay = func() time.Duration { return 10 * time.Millisecond }
			go p.live()
		}
		synctest.Wait()
		began := time.Now()
		srv.part(t.Context())
		if took := time.Since(began); took < 10*time.Millisecond || took > 20*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if err := srv.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// phone is a client that polls in memory, on a line as bad as the test likes.
type phone struct {
	srv    *Server
	sid    string
	delay  func() time.Duration // from a ping to when its answer arrives
	pings  atomic.Int64
	pongs  sync.WaitGroup
	closed atomic.Int64 // a Reason and 1
}

func (p *phone) Open()                      {}
func (p *phone) Message([]byte, bool) error { return nil }
func (p *phone) Received(uint32)            {}
func (p *phone) Close(r Reason)             { p.closed.Store(int64(r) + 1) }

// newPhones opens sessions on a server whose receivers are phones.
func newPhones(t *testing.T, srv *Server, n int) []*phone {
	t.Helper()
	var phones []*phone
	for range n {
		status, body := (&phone{srv: srv}).request("GET", "")
		var open struct{ SID string }
		if status != 200 || json.Unmarshal([]byte(body[1:]), &open) != nil {
			t.Fatalf("got %d %q", status, body)
		}
		p := srv.find(open.SID).recv.(*phone)
		p.srv, p.sid = srv, open.SID
		phones = append(phones, p)
	}
	return phones
}

func (p *phone) request(method, body string) (status int, answer string) {
	query := "/?EIO=4&transport=polling"
	if p.sid != "" {
		query += "&sid=" + p.sid
	}
	rec := httptest.NewRecorder()
	p.srv.ServeHTTP(rec, httptest.NewRequest(method, query, strings.NewReader(body)))
	return rec.Code, rec.Body.String()
}

// live answers pings until the session ends.
func (p *phone) live() {
	defer p.pongs.Wait()
	for {
		status, body := p.request("GET", "")
		if status != 200 || body == "1" {
			return
		}
		if body == "2" {
			p.pings.Add(1)
			p.pongs.Go(func() {
				time.Sleep(p.delay())
				p.request("POST", "3")
			})
		}
	}
}

// Ten thousand phones on bad lines answer late, some by almost as much as they may, and none is dropped for
// it; those whose lines are dead are noticed 45 s after the last that was heard of them.
func TestDelayedPongs(t *testing.T) {
	const phones, dead, minutes = 10_000, 100, 3
	synctest.Test(t, func(t *testing.T) {
		srv := NewServer(Options{NoEpoll: true}, func(s *Session) Receiver { return &phone{} })
		all := newPhones(t, srv, phones+dead)
		var wg sync.WaitGroup
		for i, p := range all {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			p.delay = func() time.Duration {
				if rng.IntN(10) > 0 {
					return time.Duration(rng.Int64N(int64(3 * time.Second)))
				}
				return time.Duration(rng.Int64N(int64(19500 * time.Millisecond))) // a ping may leave two ticks late
			}
			if i >= phones {
				p.delay = func() time.Duration { return time.Hour }
			}
			wg.Go(p.live)
		}
		time.Sleep(44 * time.Second)
		synctest.Wait()
		if got := srv.Stats().Open; got != phones+dead {
			t.Errorf("after 44 s %d sessions are open, want %d", got, phones+dead)
		}
		time.Sleep(1500 * time.Millisecond) // the wheel is exact to 250 ms
		synctest.Wait()
		if got := srv.Stats(); got.Open != phones || got.Closed["ping timeout"] != dead {
			t.Errorf("after 45 s %d sessions are open, want %d; ended: %v", got.Open, phones, got.Closed)
		}
		time.Sleep(minutes * time.Minute)
		synctest.Wait()
		if got := srv.Stats(); got.Open != phones {
			t.Errorf("after %d minutes %d sessions are open, want %d; ended: %v", minutes, got.Open, phones, got.Closed)
		}
		for i, p := range all[:phones] {
			if n := p.pings.Load(); n < minutes*60/45 {
				t.Fatalf("phone %d was sent %d pings", i, n)
			}
		}
		if err := srv.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}
