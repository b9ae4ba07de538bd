package engineio

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// from is the header that says where a test's request comes from.
const from = "X-Test-From"

// bounded serves within bounds, from the addresses that requests say, and returns which bounds are met.
func bounded(t *testing.T, opt Options, setup func(*testReceiver)) (*testServer, *metBounds) {
	t.Helper()
	met := &metBounds{}
	opt.Met = met.add
	opt.Address = func(r *http.Request) netip.Addr {
		a, _ := netip.ParseAddr(r.Header.Get(from))
		return a
	}
	return serve(t, opt, setup), met
}

// metBounds are the names of bounds that were met.
type metBounds struct {
	mu    sync.Mutex
	names []string
}

func (m *metBounds) add(bound string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names = append(m.names, bound)
}

// take returns those that were met since it was called last, each once.
func (m *metBounds) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := slices.Compact(m.names)
	m.names = nil
	return names
}

// handshake opens a session on polling from an address.
func (ts *testServer) handshake(t *testing.T, address, query string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, ts.url+"?EIO=4&transport=polling"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(from, address)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res
}

// Each bound of sessions lets so many in and no more, tells when to try again, and
// lets in again when there is room.
func TestSessionsAreBounded(t *testing.T) {
	cost := int64(sessionCost + len("EIO=4&transport=polling"))
	tests := []struct {
		bounds Bounds
		met    string
		settle bool // sessions that are settled do not count
	}{
		{Bounds{Sessions: 3}, boundSessions, false},
		{Bounds{AddressSessions: 3}, boundAddressSessions, false},
		{Bounds{Pending: 3}, boundPending, true},
		{Bounds{AddressPending: 3}, boundAddressPending, true},
		{Bounds{PendingBytes: 3 * cost}, boundPendingBytes, true},
		{Bounds{AddressPendingBytes: 3 * cost}, boundAddressPendingBytes, true},
	}
	for _, tt := range tests {
		t.Run(tt.met, func(t *testing.T) {
			ts, met := bounded(t, Options{Bounds: tt.bounds}, nil)
			for i := range 3 {
				// One /64 is one address.
				if res := ts.handshake(t, fmt.Sprintf("2001:db8::%d", i+1), ""); res.StatusCode != http.StatusOK {
					t.Fatalf("session %d: got %d", i+1, res.StatusCode)
				}
			}
			res := ts.handshake(t, "2001:db8::9", "")
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !slices.Equal(met.take(), []string{tt.met}) {
				t.Errorf("one too many: got %d, Retry-After %q, bounds %v", res.StatusCode, res.Header.Get("Retry-After"), met.names)
			}
			if byAddress := strings.HasPrefix(tt.met, "address"); byAddress != (ts.handshake(t, "2001:db8:1::1", "").StatusCode == http.StatusOK) {
				t.Errorf("another address is let in: want %v", byAddress)
			}
			if s := ts.receiver(t, 0).session; tt.settle {
				s.Settle()
				s.Settle() // again changes nothing
			} else {
				s.Abort()
			}
			if res := ts.handshake(t, "2001:db8::9", ""); res.StatusCode != http.StatusOK {
				t.Errorf("when there is room again: got %d", res.StatusCode)
			}
		})
	}
}

// Whom nobody knows makes room after a while, the oldest first: strangers who wait for nothing keep nobody out.
func TestStrangersMakeRoom(t *testing.T) {
	for name, bounds := range map[string]Bounds{
		"of the address": {AddressPending: 3}, "of the address, in bytes": {AddressPendingBytes: 3 * (sessionCost + 30)},
		"of all": {Pending: 3}, "of all, in bytes": {PendingBytes: 3 * (sessionCost + 30)},
	} {
		t.Run(name, func(t *testing.T) {
			ts, _ := bounded(t, Options{Bounds: bounds}, nil)
			for range 3 {
				ts.handshake(t, "192.0.2.1", "")
			}
			ts.receiver(t, 0).session.Settle()
			ts.handshake(t, "192.0.2.1", "")
			if res := ts.handshake(t, "192.0.2.1", ""); res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("a newcomer, while all are new: got %d", res.StatusCode)
			}
			ts.holdings.mu.Lock()
			for _, q := range []*fifo[waiter]{&ts.holdings.waiting, ts.receiver(t, 1).session.source.waiting} {
				for i := range q.list {
					q.list[i].since -= int64(pendingAge)
				}
			}
			ts.holdings.mu.Unlock()
			if res := ts.handshake(t, "192.0.2.1", ""); res.StatusCode != http.StatusOK {
				t.Errorf("a newcomer, when others are old: got %d", res.StatusCode)
			}
			if got := wait(t, ts.receiver(t, 1).closed); got != Crowded {
				t.Errorf("the oldest: got %v", got)
			}
			if got := ts.Stats(); got.Open != 4 || got.Pending != 3 {
				t.Errorf("%d are open, %d pending", got.Open, got.Pending)
			}
		})
	}
}

// When all sessions are gone nothing is held.
func TestHoldingsEnd(t *testing.T) {
	ts, _ := bounded(t, Options{AllowV3: true, Bounds: Bounds{Sessions: 100, Queued: 1 << 30, Incoming: 1 << 30}}, nil)
	for i := range 5 {
		ts.handshake(t, fmt.Sprintf("192.0.2.%d", i), "")
	}
	c := ts.open(t)
	r := ts.receiver(t, 5)
	r.session.Settle()
	r.session.Send(TextMessage(make([]byte, 900_000)))
	c.frame(ws.NewFrame(ws.OpText, false, append([]byte("4"), make([]byte, 50_000)...)))
	eventually(t, "a part of a message is counted", func() bool { return ts.Stats().Incoming > 50_000 })
	probe := ts.upgradeTo(t, ts.openPoll(t)) // an upgrade holds a part of one too
	probe.frame(ws.NewFrame(ws.OpText, false, append([]byte("4"), make([]byte, 50_000)...)))
	eventually(t, "a part of a message of an upgrade is counted", func() bool { return ts.Stats().Incoming > 100_000 })
	if got := ts.Stats(); got.Pending != 6 || got.Open != 7 {
		t.Errorf("got %d open and %d pending", got.Open, got.Pending)
	}
	ts.Sessions(func(s *Session) bool { s.Abort(); return true })
	eventually(t, "nothing is held", func() bool {
		s, h := ts.Stats(), &ts.holdings
		h.mu.Lock()
		defer h.mu.Unlock()
		return s.Pending == 0 && s.Incoming == 0 && s.Queued == 0 && len(h.sources) == 0 && h.all == source{}
	})
}

// What is not there when a handshake fails is not held either.
func TestFailedHandshakesHoldNothing(t *testing.T) {
	ts, _ := bounded(t, Options{Bounds: Bounds{Sessions: 2}}, nil)
	for range 5 {
		conn := ts.begin(t, "GET", "EIO=4&transport=websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n", "")
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 4") {
			t.Fatalf("got %.80q", answer)
		}
	}
	if res := ts.handshake(t, "192.0.2.1", ""); res.StatusCode != http.StatusOK {
		t.Errorf("got %d", res.StatusCode)
	}
}

// A handshake may have only so many bytes, and of these what is needed is kept.
func TestHandshakeIsBounded(t *testing.T) {
	ts, met := bounded(t, Options{Bounds: Bounds{Handshake: 8000}, KeepHeaders: []string{"Authorization"}, KeepQuery: []string{"token"}}, nil)
	long := strings.Repeat("x", 7900)
	for name, tt := range map[string]struct {
		query, header string
		status        int
	}{
		"a query":                {"&x=" + long, "", 200},
		"a query too long":       {"&x=" + long + long, "", 431},
		"a header":               {"", long, 200},
		"a header too long":      {"", long + long, 431},
		"both together too long": {"&token=" + long, long, 431},
	} {
		if res := ts.handshake(t, "192.0.2.1", tt.query, "Authorization", tt.header); res.StatusCode != tt.status {
			t.Errorf("%s: got %d, want %d", name, res.StatusCode, tt.status)
		}
	}
	if got := met.take(); !slices.Equal(got, []string{boundHandshake}) {
		t.Errorf("bounds: %v", got)
	}
	ts.Sessions(func(s *Session) bool {
		if s.Handshake().kept == nil {
			return true
		}
		for _, f := range *s.Handshake().kept {
			if strings.Contains(f.name, "x") || len(f.value) > 8000 {
				t.Errorf("%s of %d bytes is kept", f.name, len(f.value))
			}
		}
		return true
	})
}

// Whoever is refused by Admit is told when to try again.
func TestAdmit(t *testing.T) {
	full := false
	ts := serve(t, Options{Admit: func(a netip.Addr) (time.Duration, bool) {
		if !a.IsLoopback() {
			t.Errorf("asked for %s", a)
		}
		return 1500 * time.Millisecond, !full
	}}, nil)
	c := ts.open(t)
	full = true
	if res := ts.handshake(t, "", ""); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "2" {
		t.Errorf("got %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	c.send("4hello") // who is there lives
	if got := wait(t, ts.receiver(t, 0).got); got != "text:hello" {
		t.Errorf("got %q", got)
	}
}

// Who asks again and again is not answered at once, whatever it asks; who does not is.
func TestRefusalsAreSlow(t *testing.T) {
	var left atomic.Int64
	left.Store(5)
	const pause = 50 * time.Millisecond
	ts := serve(t, Options{RefuseAfter: pause, Admit: func(netip.Addr) (time.Duration, bool) { return time.Second, left.Add(-1) >= 0 }}, nil)
	refusals := []string{"EIO=4", "EIO=9&transport=polling", "EIO=4&transport=websocket", "EIO=4&transport=polling&sid=nobody", "EIO=4&transport=polling&sid=none"}
	took := func(query string) time.Duration {
		began := time.Now()
		if status, _ := ts.get(t, query); status < 400 {
			t.Errorf("%s: got %d", query, status)
		}
		return time.Since(began)
	}
	for _, query := range refusals {
		took(query)
	}
	if left.Load() != 0 {
		t.Errorf("%d of 5 refusals were not counted", left.Load())
	}
	for _, query := range append(refusals, "EIO=4&transport=polling") {
		if d := took(query); d < pause {
			t.Errorf("%s: refused after %v", query, d)
		}
	}
}

// Messages that are not complete are bounded together, on WebSocket and as bodies.
func TestIncomingIsBounded(t *testing.T) {
	for _, tt := range []struct {
		bounds Bounds
		met    string
	}{
		{Bounds{Incoming: 200_000}, boundIncoming},
		{Bounds{AddressIncoming: 200_000}, boundAddressIncoming},
	} {
		t.Run(tt.met, func(t *testing.T) {
			ts, met := bounded(t, Options{Bounds: tt.bounds, MaxPayload: 100_000}, nil)
			part := make([]byte, 60_000)
			first := ts.open(t)
			first.frame(ws.NewFrame(ws.OpText, false, append([]byte("4"), part...)))
			eventually(t, "it is counted", func() bool { return ts.Stats().Incoming > 60_000 })
			q := ts.openPoll(t)
			ts.begin(t, "POST", q, "Content-Length: 90000\r\n", "4"+strings.Repeat("x", 70_000))
			eventually(t, "the body is counted", func() bool { return ts.Stats().Incoming > 130_000 })
			more := ts.open(t)
			more.frame(ws.NewFrame(ws.OpText, false, append([]byte("4"), make([]byte, 95_000)...)))
			if got := more.readClose(); got != 1013 {
				t.Errorf("got status %d", got)
			}
			if got := wait(t, ts.receiver(t, 2).closed); got != Crowded || !slices.Equal(met.take(), []string{tt.met}) {
				t.Errorf("got %v", got)
			}
			_ = first.conn.Close()
			eventually(t, "there is room again", func() bool { return ts.Stats().Incoming < 150_000 })
		})
	}
}

// What waits for clients that do not read is bounded together; what all wait for counts once.
func TestQueuedIsBounded(t *testing.T) {
	ts, met := bounded(t, Options{Bounds: Bounds{Queued: 1_000_000}, QueueBytes: 1 << 20}, nil)
	var all []*Session
	for i := range 10 {
		ts.openPoll(t)
		all = append(all, ts.receiver(t, i).session)
	}
	shared := TextMessage(make([]byte, 500_000))
	for _, s := range all {
		s.Queue([]Frame{shared}, len(shared)/len(all), false, nil)
	}
	if got := ts.Stats(); got.Queued > 510_000 || got.Open != 10 {
		t.Errorf("shared: %d bytes are counted, %d sessions are open", got.Queued, got.Open)
	}
	for _, s := range all[:2] {
		s.Send(TextMessage(make([]byte, 300_000)))
	}
	if got := wait(t, ts.receiver(t, 1).closed); got != Crowded || !slices.Equal(met.take(), []string{boundQueued}) {
		t.Errorf("got %v", got)
	}
	if got := ts.Stats(); got.Open != 9 || got.Queued > 1_000_000 {
		t.Errorf("%d bytes are counted, %d sessions are open", got.Queued, got.Open)
	}
	// Who may wait does, while so much waits.
	if drained, err := all[0].drainedBelow(1 << 20); drained == nil || err != nil {
		t.Error("a replay does not wait")
	}
}

// A client that sends more than it may is not read for a while, which holds up nobody else, and is
// closed when it goes on.
func TestFloodIsHeldUp(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		opt.Bounds = Bounds{Packets: 20}
		ts, met := bounded(t, opt, func(r *testReceiver) { r.session.Settle() })
		flooding, other := ts.open(t), ts.open(t)
		r := ts.receiver(t, 0)
		for range 30 {
			flooding.send("4x")
		}
		for range 21 {
			wait(t, r.got)
		}
		other.send("4hello")
		if got := wait(t, ts.receiver(t, 1).got); got != "text:hello" {
			t.Errorf("got %q", got)
		}
		for range 9 {
			wait(t, r.got)
		}
		if got := met.take(); !slices.Equal(got, []string{boundPackets}) {
			t.Errorf("bounds: %v", got)
		}
		r.session.recvMu.Lock()
		r.session.hasty = floodSeconds
		r.session.recvMu.Unlock()
		for range 30 {
			flooding.send("4x")
		}
		if got := wait(t, r.closed); got != Flood {
			t.Errorf("got %v, want %v", got, Flood)
		}
	})
}

// Whom nobody knows may send little: such a client is held up, second after second, and then closed.
func TestStrangersMaySendLittle(t *testing.T) {
	ts, met := bounded(t, Options{Bounds: Bounds{PendingPackets: 10, Packets: 1000}}, nil)
	ts.open(t)
	s := ts.receiver(t, 0).session
	s.recvMu.Lock()
	defer s.recvMu.Unlock()
	send := func(second, packets int) (err error) {
		now := time.Duration(second) * time.Second
		for range packets {
			err = s.paced(int64(now))
			now = time.Duration(second+1)*time.Second - time.Millisecond // the end of it is near
		}
		return err
	}
	for second := range floodSeconds {
		if err := send(second, 11); err != nil {
			t.Fatalf("second %d: %v", second, err)
		}
	}
	if err := send(floodSeconds, 10); err != nil {
		t.Fatal(err)
	}
	if err := send(floodSeconds, 1); !errors.Is(err, errFlood) || !slices.Equal(met.take(), []string{boundPendingPackets}) {
		t.Errorf("got %v, want %v", err, errFlood)
	}
	for second := range floodSeconds + 1 {
		if err := send(100+second, 10); err != nil {
			t.Fatalf("a patient one, in second %d: %v", second, err)
		}
	}
	s.Settle()
	if err := send(200, 1000); err != nil {
		t.Errorf("one that is known: %v", err)
	}
}

// Handshakes wait as long as they are told, and are then served.
func TestHandshakesWait(t *testing.T) {
	const pause = 50 * time.Millisecond
	ts := serve(t, Options{Pace: func(a netip.Addr) time.Duration {
		if !a.IsLoopback() {
			t.Errorf("asked for %s", a)
		}
		return pause
	}}, nil)
	began := time.Now()
	if res := ts.handshake(t, "", ""); res.StatusCode != http.StatusOK {
		t.Errorf("got %d", res.StatusCode)
	}
	if took := time.Since(began); took < pause {
		t.Errorf("served after %s", took)
	}
}

// Headers whose values are lists may have them in any order, in several lines (RFC 9110, section 5.3).
func TestListsInHeaders(t *testing.T) {
	ts := serve(t, Options{}, nil)
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	for headers, want := range map[string]string{
		"Connection: Upgrade\r\nUpgrade: websocket\r\n":                              "101",
		"Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n":    "101",
		"Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n":                  "101",
		"Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n":              "101",
		"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n":                         "101",
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: a\r\n": "101",
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n" +
			"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Extensions: x-webkit-deflate-frame\r\n": "101",
		"Connection: keep-alive\r\nUpgrade: websocket\r\n": "400",
		"Connection: Upgrade\r\nUpgrade: websockets\r\n":   "400",
		"Connection: Upgraded\r\nUpgrade: websocket\r\n":   "400",
	} {
		conn := ts.begin(t, "GET", "EIO=4&transport=websocket", headers+key, "")
		answer := make([]byte, 4096)
		n, err := conn.Read(answer)
		head := string(answer[:n])
		if err != nil || !strings.HasPrefix(head, "HTTP/1.1 "+want) {
			t.Errorf("%q: got %.60q %v, want %s", headers, head, err, want)
		}
		if strings.Contains(head, "Sec-WebSocket-Protocol") || strings.Contains(head, "Sec-WebSocket-Extensions") {
			t.Errorf("%q: one was chosen: %q", headers, head)
		}
		_ = conn.Close()
	}
}
