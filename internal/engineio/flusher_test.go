package engineio

import (
	"fmt"
	"testing"
	"time"
)

// A broadcast may wait for more to write with it; an answer does not, and takes
// with it what waits.
func TestLinger(t *testing.T) {
	const linger = time.Second
	ts := serve(t, Options{Linger: linger}, echo)
	c := ts.open(t)
	s := ts.receiver(t, 0).session
	broadcast := func(text string) {
		if s.Queue([]Frame{TextMessage([]byte(text))}, 0, true, nil) {
			ts.Flush([]*Session{s}, true)
		}
	}
	// What is queued while the open packet is still being written goes out with it.
	eventually(t, "the open packet is written", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.flushing
	})
	began := time.Now()
	broadcast("one")
	broadcast("two")
	for _, want := range []string{"4one", "4two"} {
		if got := c.read(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if took := time.Since(began); took < linger {
		t.Errorf("a broadcast was written after %v", took)
	}
	for range 3 {
		began = time.Now()
		broadcast("three")
		c.send("4answer")
		for _, want := range []string{"4three", "4answer"} {
			if got := c.read(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if took := time.Since(began); took > linger {
			t.Errorf("an answer was written after %v", took)
		}
	}
	began = time.Now()
	broadcast("four")
	if s.Queue([]Frame{TextMessage([]byte("urgent"))}, 0, false, nil) {
		ts.Flush([]*Session{s}, false)
	}
	for _, want := range []string{"4four", "4urgent"} {
		if got := c.read(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if took := time.Since(began); took > linger {
		t.Errorf("a broadcast that is not to wait was written after %v", took)
	}
	broadcast("last")
	s.Close()
	if got := c.read(); got != "4last" {
		t.Errorf("got %q", got)
	}
	c.readClose()
}

// A backlog that never empties does not grow the flusher's list, and keeps
// its order.
func TestFlusherBacklog(t *testing.T) {
	f := &flusher{}
	f.wake.L = &f.mu
	var sessions []*Session
	for i := range 10_000 {
		sessions = append(sessions, &Session{id: fmt.Sprint(i)})
	}
	f.add(sessions...)
	for i := range 100_000 {
		s := f.next()
		if want := sessions[i%len(sessions)]; s != want {
			t.Fatalf("turn %d: got %s, want %s", i, s.id, want.id)
		}
		f.add(s)
	}
	if n := cap(f.ready.list); n > 5*len(sessions) {
		t.Errorf("the list has grown to %d", n)
	}
}
