package socketio

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A broadcast that comes alone is written at once; one that follows it closely
// waits, and goes out with the next answer at the latest.
func TestBurstLingers(t *testing.T) {
	opt := Options{}
	opt.Engine.Linger = time.Hour
	ts := serve(t, opt, &testHandler{})
	c := ts.connect(t, "/app", "")
	s := ts.h.socket(t, 0)
	s.Join("room")
	to := Target{Room: "room"}
	ts.Broadcast(to, NewMessage("alone"))
	if got := c.readEvent(); got != `["alone"]` {
		t.Errorf("got %s", got)
	}
	sent := 0
	eventually(t, "one waits", func() bool { // the first ones may catch the end of an earlier writing
		ts.Broadcast(to, NewMessage(fmt.Sprint("close behind ", sent)))
		sent++
		return s.conn.sess.Queued() > 0
	})
	s.Emit("answer")
	for i := range sent {
		if got, want := c.readEvent(), fmt.Sprintf(`["close behind %d"]`, i); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := c.readEvent(); got != `["answer"]` {
		t.Errorf("got %s", got)
	}
}

// Joins and leaves before and after a broadcast are seen so, by the members in
// both namespaces.
func TestBroadcast(t *testing.T) {
	ts := serve(t, Options{}, &testHandler{})
	a, b, c := ts.connect(t, "/app", ""), ts.connect(t, "/", ""), ts.connect(t, "/app", "")
	sa, sb, sc := ts.h.socket(t, 0), ts.h.socket(t, 1), ts.h.socket(t, 2)
	to := Target{Room: "room"}
	ts.Broadcast(to, NewMessage("nobody is here"))
	sa.Join("room")
	sa.Join("room") // again changes nothing
	ts.Broadcast(to, NewMessage("one", raw("1"), raw(`"x"`)))
	sb.Join("room")
	sc.Join("room")
	ts.Broadcast(to, NewMessage("two"), NewMessage("three", raw(`{"n":3}`)))
	sa.Leave("room")
	sa.Leave("room")
	ts.Broadcast(to, NewMessage("four"))
	ts.Broadcast(Target{Room: "room", Namespace: "/"}, NewMessage("five"))
	ts.Broadcast(Target{Room: "room", Except: sb.ID()}, NewMessage("six"))
	for _, s := range []*Socket{sa, sb, sc} {
		s.Emit("end")
	}
	check := func(name string, c *client, want ...string) {
		t.Helper()
		var got []string
		for range want {
			got = append(got, c.read())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	check("a", a, `42/app,["one",1,"x"]`, `42/app,["two"]`, `42/app,["three",{"n":3}]`, `42/app,["end"]`)
	check("b", b, `42["two"]`, `42["three",{"n":3}]`, `42["four"]`, `42["five"]`, `42["end"]`)
	check("c", c, `42/app,["two"]`, `42/app,["three",{"n":3}]`, `42/app,["four"]`, `42/app,["six"]`, `42/app,["end"]`)
	if diff := cmp.Diff([]string{"room"}, sb.Rooms()); diff != "" || sa.In("room") || !sb.In("room") {
		t.Errorf("rooms: %s", diff)
	}
}

// Members come and go at random while all rooms are sent to: whoever stays gets
// every message, in order, and empty rooms are forgotten.
func TestRoomsConcurrently(t *testing.T) {
	const rooms, rounds, guests = 5, 200, 8
	ts := serve(t, Options{}, &testHandler{})
	var members []*client
	for i := range rooms {
		members = append(members, ts.connect(t, "/", ""))
		ts.h.socket(t, i).Join(fmt.Sprint("room", i))
	}
	for range guests {
		ts.connect(t, "/", "")
	}
	var wg sync.WaitGroup
	for g := range guests {
		wg.Go(func() {
			s := ts.h.socket(t, rooms+g)
			for range rounds {
				name := fmt.Sprint("room", rand.IntN(2*rooms))
				s.Join(name)
				s.Leave(name)
			}
		})
	}
	for i := range rooms {
		wg.Go(func() {
			for n := range rounds {
				ts.Broadcast(Target{Room: fmt.Sprint("room", i)}, NewMessage("n", raw("%d", n)))
			}
		})
		wg.Go(func() {
			for n := range rounds {
				if got, want := members[i].read(), fmt.Sprintf(`42["n",%d]`, n); got != want {
					t.Errorf("got %s, want %s", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range rooms {
		ts.h.socket(t, i).Leave(fmt.Sprint("room", i))
	}
	ts.rooms.each(func(r *room) { t.Errorf("room %s is left with %d members", r.name, len(r.members)) })
}

// A member who stops reading does not slow the others, and is closed.
func TestStalledMember(t *testing.T) {
	opt := Options{}
	opt.Engine.QueueBytes = 100_000
	ts := serve(t, opt, &testHandler{})
	ts.connect(t, "/", "") // never reads again
	reading := ts.connect(t, "/", "")
	for i := range 2 {
		ts.h.socket(t, i).Join("room")
	}
	payload := raw("%q", strings.Repeat("x", 10_000))
	for n := 0; len(ts.h.reasons) == 0; n++ {
		ts.Broadcast(Target{Room: "room"}, NewMessage("n", raw("%d", n), payload))
		if got, want := reading.read(), fmt.Sprintf(`42["n",%d,`, n); !strings.HasPrefix(got, want) {
			t.Fatalf("got %.40s, want %s", got, want)
		}
	}
	if got := wait(t, ts.h.reasons); got != SlowConsumer || !got.Recoverable() || got.Meant() {
		t.Errorf("got %v, want %v", got, SlowConsumer)
	}
}
