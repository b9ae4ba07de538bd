package bus_test

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/limit"
)

var _ limit.Common = (*bus.Redis)(nil)

// guesser tries passwords on one node.
type guesser struct {
	*limit.Logins
	t      *testing.T
	device string // "": a stranger
}

func newGuesser(n *node, perLogin, perAddress limit.Most, per time.Duration) guesser {
	return guesser{Logins: limit.NewLogins(limit.Bound{Most: perLogin}, limit.Bound{Most: perAddress}, per, nil).Across(n.Redis), t: n.t}
}

// try tries once and reports whether it was let through, and else when to come again.
func (g guesser) try(login string, failed bool) (retryAfter time.Duration, ok bool) {
	done, retryAfter, ok := g.Begin(limit.Guess{Address: netip.MustParseAddr("192.0.2.1"), Login: login, Device: g.device}, time.Now())
	if ok {
		done(failed)
	}
	return retryAfter, ok
}

func (g guesser) wants(login string, failed, want bool) {
	g.t.Helper()
	if _, ok := g.try(login, failed); ok != want {
		g.t.Errorf("a try for %s: let through %t, want %t", login, ok, want)
	}
}

// TestGuessesOnTwoNodes counts failures of both together, and successes of none.
func TestGuessesOnTwoNodes(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a, b := newGuesser(newNode(t, o), 4, 6, time.Hour), newGuesser(newNode(t, o), 4, 6, time.Hour)
	for range 10 {
		a.wants("ali@example.org", false, true)
	}
	for range 2 {
		a.wants("ali@example.org", true, true)
		b.wants("Ali@example.org", true, true)
	}
	for _, g := range []guesser{a, b} {
		if wait, ok := g.try("ali@example.org", true); ok || wait < 59*time.Minute || wait > time.Hour {
			t.Errorf("the fifth failure: got %v, %v, want to wait an hour", wait, ok)
		}
	}
	b.wants("vali@example.org", true, true) // another login, until the address has failed six times
	a.wants("vali@example.org", true, true)
	a.wants("vali@example.org", false, false)
	b.wants("g'ani@example.org", false, false)
}

// TestGuessesAtOnce guesses on two nodes from many goroutines.
func TestGuessesAtOnce(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	nodes := []guesser{newGuesser(newNode(t, o), 10, 200, time.Hour), newGuesser(newNode(t, o), 10, 200, time.Hour)}
	var tried atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if _, ok := nodes[i%2].try("a@b", true); ok {
				tried.Add(1)
			}
		})
	}
	wg.Wait()
	if got := tried.Load(); got != 10 {
		t.Errorf("got %d guesses through, want 10", got)
	}
}

// TestGuessesAreForgotten ends a short span.
func TestGuessesAreForgotten(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a, b := newGuesser(newNode(t, o), 1, limit.Off, time.Second), newGuesser(newNode(t, o), 1, limit.Off, time.Second)
	a.wants("a@b", true, true)
	eventually(t, "the failure is a second old", func() bool {
		_, ok := b.try("a@b", false)
		return ok
	})
}

// TestGuessesWithoutRedis are counted by each node for itself, before and after.
func TestGuessesWithoutRedis(t *testing.T) {
	s := newServer(t)
	o := bus.Options{URL: s.url(), Prefix: prefix()}
	m, n := newNode(t, o), newNode(t, o)
	a, b := newGuesser(m, 2, limit.Off, time.Hour), newGuesser(n, 2, limit.Off, time.Hour)
	a.wants("a@b", true, true)
	s.kill()
	a.wants("a@b", true, true)
	a.wants("a@b", false, false)
	b.wants("a@b", false, true)
	s.start() // empty
	m.healthy()
	n.healthy()
	a.wants("a@b", false, false)
	b.wants("a@b", true, true)
	b.wants("a@b", true, true)
	b.wants("a@b", false, false)
}

// TestGuessesAtOneAccount on one node slow strangers on another, and no known device.
func TestGuessesAtOneAccount(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a, b := newGuesser(newNode(t, o), 4, limit.Off, time.Hour), newGuesser(newNode(t, o), 4, limit.Off, time.Hour)
	for i := range 60 { // three times as many as it takes to leave strangers one try of four
		done, _, ok := a.Begin(limit.Guess{Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Login: "ali@example.org"}, time.Now())
		if !ok {
			t.Fatalf("the first try from address %d was refused", i)
		}
		done(true)
	}
	b.wants("ali@example.org", true, true)
	b.wants("ali@example.org", true, false)
	b.device = "phone"
	for range 4 {
		b.wants("ali@example.org", true, true)
	}
	a.device = "phone"
	a.wants("ali@example.org", false, false)
}
