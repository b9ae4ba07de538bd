package socketio

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr/internal/engineio"
)

// someBatches are batches of 1 to 3 messages, a little out of order.
func someBatches(rng *rand.Rand) (batches []*batch) {
	position := uint64(1)
	for range 20 {
		b := &batch{first: position, messages: make([]Message, 1+rng.IntN(3))}
		position = b.last() + 1
		batches = append(batches, b)
	}
	for range rng.IntN(10) {
		i := rng.IntN(len(batches) - 1)
		batches[i], batches[i+1] = batches[i+1], batches[i]
	}
	return batches
}

// A socket's log picks out exactly what was queued after a message, whatever
// the order in which positions were taken and messages queued.
func TestMissedIsWhatWasQueuedLater(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		batches := someBatches(rng)
		var log sentLog
		var queued []uint64
		var list []owed
		for _, b := range batches {
			log.note(b.first, b.last())
			o, own := owed{batch: b}, rng.IntN(3) == 0
			for i := range b.messages {
				p := b.first + uint64(i)
				queued = append(queued, p)
				f := engineio.TextMessage(fmt.Append(nil, p))
				if own {
					log.keep([]engineio.Frame{f}, p, 0, 1<<20)
				}
				o.frames = append(o.frames, f)
			}
			if !own {
				list = append(list, o, o)
			}
		}
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for i, offset := range queued {
			if offset < log.lost {
				continue
			}
			var got []uint64
			for _, f := range log.missed(list, offset) {
				var p uint64
				fmt.Sscan(string(f[3:]), &p) // behind the header and the packet type
				got = append(got, p)
			}
			if !slices.Equal(got, queued[i+1:]) {
				t.Fatalf("queued %v: after %d got %v", queued, offset, got)
			}
			if needed := log.needed(offset); len(got) > 0 && needed >= slices.Min(got) || needed > offset {
				t.Fatalf("queued %v: %v needed after %d, not only from %d", queued, got, offset, needed)
			}
		}
	}
}

// What was sent to one socket alone is kept up to a limit, message by message, and
// what is not kept any more is known.
func TestOwnLogIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var log sentLog
	want := map[uint64][]string{}
	for p := uint64(1); p <= 2000; p++ {
		var frames []engineio.Frame
		for range 1 + rng.IntN(3) { // a message and its attachments
			frames = append(frames, engineio.TextMessage(make([]byte, rng.IntN(100))))
			want[p] = append(want[p], string(frames[len(frames)-1]))
		}
		log.note(p, p)
		log.keep(frames, p, uint32(p), 5000)
		if p > 10 && rng.IntN(100) == 0 {
			log.received(uint32(p - 10))
		}
		if size := log.own.size(); size > 5000 {
			t.Fatalf("%d bytes are kept", size)
		}
	}
	got := map[uint64][]string{}
	log.own.each(func(position uint64, f engineio.Frame) { got[position] = append(got[position], string(f)) })
	if len(got) < 10 {
		t.Errorf("only %d messages are kept", len(got))
	}
	for p := log.lost + 1; p <= 2000; p++ {
		if !slices.Equal(got[p], want[p]) {
			t.Errorf("message %d: got %q, want %q", p, got[p], want[p])
		}
		delete(got, p)
	}
	if len(got) > 0 {
		t.Errorf("%d messages are kept that are said to be lost", len(got))
	}
}

func TestTooManyLate(t *testing.T) {
	var log sentLog
	log.note(1000, 1000)
	for p := uint64(1); p <= maxLate; p++ {
		log.note(p, p)
	}
	if log.lost != 0 {
		t.Errorf("%d late ones: offsets below %d are refused", maxLate, log.lost)
	}
	log.note(500, 500)
	if log.lost != 1001 || len(log.late) != maxLate {
		t.Errorf("one more: offsets below %d are refused, %d are noted", log.lost, len(log.late))
	}
}

// recoveryServer has a short heartbeat off and a long memory.
func recoveryServer(t *testing.T, h *testHandler) *testServer {
	return serve(t, Options{Recovery: time.Minute}, h)
}

// offsetOf is the last argument of an event.
func offsetOf(t *testing.T, event string) string {
	t.Helper()
	var args []any
	if err := json.Unmarshal([]byte(event), &args); err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	s, ok := args[len(args)-1].(string)
	if !ok || parseOffset(s) == 0 {
		t.Fatalf("%s has no offset", event)
	}
	return s
}

// back comes back on a new connection.
func (ts *testServer) back(t *testing.T, was *client, user, offset string) *client {
	t.Helper()
	c := ts.dial(t, "EIO=4")
	c.enter("/app", fmt.Sprintf(`{"user":%q,"pid":%q,"offset":%q}`, user, was.pid, offset))
	return c
}

func names(t *testing.T, c *client, n int) (got []string) {
	t.Helper()
	for range n {
		var args []any
		if err := json.Unmarshal([]byte(c.readEvent()), &args); err != nil {
			t.Fatal(err)
		}
		got = append(got, args[0].(string))
	}
	return got
}

func connectAs(t *testing.T, ts *testServer, user string) (c *client, offset string) {
	t.Helper()
	c = ts.dial(t, "EIO=4")
	c.enter("/app", fmt.Sprintf(`{"user":%q}`, user))
	return c, offsetOf(t, c.readEvent())
}

func TestRecovery(t *testing.T) {
	ts := recoveryServer(t, &testHandler{})
	c, offset := connectAs(t, ts, "ann")
	s := ts.h.socket(t, 0)
	for _, room := range []string{"r1", "r2", "left"} {
		s.Join(room)
	}
	_ = c.conn.Close()
	if got := wait(t, ts.h.reasons); got != TransportClose {
		t.Errorf("got %v", got)
	}
	room := func(name string, messages ...Message) { ts.Broadcast(Target{Room: name}, messages...) }
	room("r1", NewMessage("one"), NewMessage("two"))
	room("elsewhere", NewMessage("not for ann"))
	room("left", NewMessage("of a room that is left meanwhile"))
	ts.Broadcast(Target{Room: "r1", Except: s.ID()}, NewMessage("not for ann either"))
	ts.Broadcast(Target{Room: "r1", Namespace: "/"}, NewMessage("nor this"))
	s.Emit("three")
	room("r2", NewMessage("four"))
	s.Leave("left")
	eventually(t, "it waits", func() bool { return ts.Waiting() == 1 })
	if !s.In("r1") || s.Handshake() != nil {
		t.Error("a socket that waits is in its rooms, and not connected")
	}

	again := ts.back(t, c, "ann", offset)
	if again.sid != c.sid || again.pid != c.pid {
		t.Errorf("got sid %q and pid %q, want %q and %q", again.sid, again.pid, c.sid, c.pid)
	}
	room("r2", NewMessage("five"))
	want := []string{"one", "two", "three", "four", "hello", "five"}
	got := names(t, again, 6)
	// Connected may come after what is sent at the same time.
	slices.Sort(got[4:])
	slices.Sort(want[4:])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := ts.Waiting(); got != 0 {
		t.Errorf("%d wait, want none", got)
	}
	if ts.h.socket(t, 1) != s || s.Data() == nil {
		t.Error("it is not the same socket")
	}
}

func TestNoRecovery(t *testing.T) {
	ts := recoveryServer(t, &testHandler{})
	fresh := func(name string, was, now *client) {
		t.Helper()
		if now.sid == was.sid || now.pid == was.pid || now.pid == "" {
			t.Errorf("%s: it was recovered", name)
		}
		if got := now.readEvent(); !strings.HasPrefix(got, `["hello",false,`) {
			t.Errorf("%s: got %s", name, got)
		}
	}
	c, offset := connectAs(t, ts, "ann")
	_ = c.conn.Close()
	wait(t, ts.h.reasons)
	fresh("another user", c, ts.back(t, c, "eve", offset))
	fresh("no offset", c, ts.back(t, c, "ann", ""))
	fresh("nonsense", c, ts.back(t, c, "ann", "!!"))
	fresh("an unknown pid", c, ts.back(t, &client{pid: "nobody"}, "ann", offset))
	fresh("an offset of the future", c, ts.back(t, c, "ann", string(appendOffset(nil, 1<<40))))

	c, offset = connectAs(t, ts, "ann")
	c.send("41/app,")
	wait(t, ts.h.reasons)
	fresh("after a DISCONNECT packet", c, ts.back(t, c, "ann", offset))

	c, offset = connectAs(t, ts, "ann")
	ts.h.mu.Lock()
	s := ts.h.sockets[len(ts.h.sockets)-1]
	ts.h.mu.Unlock()
	_ = c.conn.Close()
	wait(t, ts.h.reasons)
	s.Join("room")
	for range 3000 { // more than a queue holds
		ts.Broadcast(Target{Room: "room"}, NewMessage("much", raw("%q", strings.Repeat("x", 1000))))
	}
	fresh("too much was missed", c, ts.back(t, c, "ann", offset))
	eventually(t, "the socket that was is gone", func() bool { return ts.rooms.find("room") == nil })
}

// The handler is told whether the client may return, so that nothing is kept for one that cannot.
func TestMayReturn(t *testing.T) {
	long := Options{Recovery: time.Minute, Engine: engineio.Options{AllowV3: true}}
	hangUp := func(c *client) { _ = c.conn.Close() }
	for name, tt := range map[string]struct {
		opt     Options
		query   string
		waiting int64 // for their clients, before
		leave   func(*client)
		want    bool
	}{
		"lost":                       {long, "EIO=4", 0, hangUp, true},
		"left":                       {long, "EIO=4", 0, func(c *client) { c.send("41") }, false},
		"lost, of an old client":     {long, "EIO=3", 0, hangUp, false},
		"lost, where nobody returns": {Options{}, "EIO=4", 0, hangUp, false},
		"lost, as too many are":      {long, "EIO=4", maxWaiting, hangUp, false},
	} {
		t.Run(name, func(t *testing.T) {
			ts := serve(t, tt.opt, &testHandler{})
			ts.waiting.Store(tt.waiting)
			c := ts.dial(t, tt.query)
			if tt.query == "EIO=4" {
				c.enter("/", "")
			}
			s := ts.h.socket(t, 0)
			tt.leave(c)
			if got := wait(t, ts.h.returns); got != tt.want {
				t.Errorf("told that it may return: %v, want %v", got, tt.want)
			}
			if tt.want {
				eventually(t, "the socket waits", func() bool { return ts.Waiting() == 1 })
			} else {
				eventually(t, "the socket is gone", s.isGone)
			}
		})
	}
}

func TestRecoveryExpires(t *testing.T) {
	ts := serve(t, Options{Recovery: 50 * time.Millisecond}, &testHandler{})
	c, offset := connectAs(t, ts, "ann")
	s := ts.h.socket(t, 0)
	s.Join("room")
	_ = c.conn.Close()
	eventually(t, "the room is empty", func() bool { return ts.rooms.find("room") == nil })
	if s.Emit("late") || ts.Waiting() != 0 {
		t.Error("a socket that is gone takes an event, or is waited for")
	}
	if now := ts.back(t, c, "ann", offset); now.sid == c.sid {
		t.Error("it was recovered after its time")
	}
}

// A room that is not sent to any more does not keep what it was sent for ever.
func TestRoomsAreTidied(t *testing.T) {
	ts := serve(t, Options{Recovery: 50 * time.Millisecond}, &testHandler{})
	ts.connect(t, "/app", "")
	ts.h.socket(t, 0).Join("room")
	ts.Broadcast(Target{Room: "room"}, NewMessage("one"))
	r := ts.rooms.find("room")
	eventually(t, "nothing is kept", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.log.entries) == 0 && r.log.bytes == 0
	})
}

// The old connection still looks open, and its handler is busy.
func TestRecoveryFromAnOpenConnection(t *testing.T) {
	release, busy := make(chan struct{}), make(chan struct{})
	h := &testHandler{}
	h.onEvent = func(s *Socket, _ Event) {
		close(busy)
		<-release
		s.Emit("confirmed") // to a connection that is not there any more
	}
	ts := recoveryServer(t, h)
	c, offset := connectAs(t, ts, "ann")
	c.send(`42/app,["work"]`)
	wait(t, busy)
	came := make(chan *client)
	go func() { came <- ts.back(t, c, "ann", offset) }()
	c.readClosed()
	close(release)
	again := wait(t, came)
	if got := wait(t, h.reasons); got != Replaced || !got.Recoverable() {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff([]string{"confirmed", "hello"}, names(t, again, 2)); diff != "" || again.sid != c.sid {
		t.Errorf("sid %q, was %q:\n%s", again.sid, c.sid, diff)
	}
}

// What a client has got, by its answer to a ping, is not kept for it.
func TestReceivedIsForgotten(t *testing.T) {
	opt := Options{Recovery: time.Minute}
	opt.Engine.PingInterval = 20 * time.Millisecond
	ts := serve(t, opt, &testHandler{})
	c, _ := connectAs(t, ts, "ann")
	s := ts.h.socket(t, 0)
	for range 100 {
		s.Emit("n")
	}
	for range 100 {
		c.readEvent()
	}
	go func() {
		for {
			if _, _, err := c.next(); err != nil {
				return
			}
		}
	}()
	eventually(t, "nothing is kept", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.sent.own == nil
	})
}

// A client that drops at any moment, while several send to it in rooms and
// alone, gets every message once and in each sender's order.
func TestRecoveryMissesAndRepeatsNothing(t *testing.T) {
	const senders, messages = 4, 400
	h := &testHandler{onConnected: func(s *Socket, _ bool) {}}
	ts := recoveryServer(t, h)
	c := ts.dial(t, "EIO=4")
	c.enter("/app", `{"user":"ann"}`)
	s := h.socket(t, 0)
	s.Emit("first")
	offset := offsetOf(t, c.readEvent())
	var wg sync.WaitGroup
	defer wg.Wait()
	for i := range senders {
		room := fmt.Sprint("room", i%3)
		s.Join(room)
		wg.Go(func() {
			for n := range messages {
				m := NewMessage("n", raw("%d", i), raw("%d", n))
				if i == 0 {
					s.EmitAll(m)
				} else {
					ts.Broadcast(Target{Room: room}, m)
				}
				time.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
			}
		})
	}
	next := make([]int, senders)
	drops := 0
	for total := 0; total < senders*messages; total++ {
		if rand.IntN(40) == 0 {
			_ = c.conn.Close()
			c = ts.back(t, c, "ann", offset)
			drops++
		}
		event := c.readEvent()
		offset = offsetOf(t, event)
		var args []any
		if err := json.Unmarshal([]byte(event), &args); err != nil {
			t.Fatal(err)
		}
		from, n := int(args[1].(float64)), int(args[2].(float64))
		if n != next[from] {
			t.Fatalf("sender %d: got %d, want %d, after %d drops", from, n, next[from], drops)
		}
		next[from]++
	}
	if c.sid != s.ID() || drops == 0 {
		t.Errorf("sid %q, was %q, after %d drops", c.sid, s.ID(), drops)
	}
}
