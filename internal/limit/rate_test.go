package limit

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

func newRate(perSecond, burst Most) *Rate {
	return NewRate(Bound{Most: perSecond}, Bound{Most: burst})
}

// TestRateBurstThenRate spends a burst, and then finds the rate.
func TestRateBurstThenRate(t *testing.T) {
	e := newRate(50, 200)
	for i := range 200 {
		if _, ok := e.Allow("u", start); !ok {
			t.Fatalf("event %d of the burst was refused", i+1)
		}
	}
	wait, ok := e.Allow("u", start)
	if ok || wait != 20*time.Millisecond {
		t.Fatalf("after the burst: got %v, %v, want to wait 20ms", wait, ok)
	}
	if _, ok := e.Allow("other", start); !ok {
		t.Error("another user was refused")
	}
	if _, ok := e.Allow("u", start.Add(wait)); !ok {
		t.Error("refused after the time that was told")
	}
	if _, ok := e.Allow("u", start.Add(wait)); ok {
		t.Error("two passed in the time of one")
	}
}

// TestRateRefusalIsFree shows that who keeps asking waits no longer for it.
func TestRateRefusalIsFree(t *testing.T) {
	e := newRate(1, 1)
	e.Allow("u", start)
	for range 1000 {
		if wait, ok := e.Allow("u", start); ok || wait != time.Second {
			t.Fatalf("got %v, %v, want to wait 1s", wait, ok)
		}
	}
	if _, ok := e.Allow("u", start.Add(time.Second)); !ok {
		t.Error("still refused after a second")
	}
}

// TestRateWait has those who come at once wait one after another, and nobody for longer than a second.
func TestRateWait(t *testing.T) {
	e := newRate(10, 2)
	for i := range 12 {
		want := max(0, time.Duration(i-1)*100*time.Millisecond)
		if wait := e.Wait("u", start); wait != want {
			t.Errorf("the %d. waits %v, want %v", i+1, wait, want)
		}
	}
	for range 3 {
		if wait := e.Wait("u", start); wait != time.Second {
			t.Errorf("one too many waits %v, want 1s", wait)
		}
	}
	if wait := e.Wait("u", start.Add(500*time.Millisecond)); wait != 600*time.Millisecond {
		t.Errorf("half a second later: waits %v, want 600ms: what was not taken does not count", wait)
	}
	if wait := e.Wait("other", start); wait != 0 {
		t.Errorf("another user waits %v", wait)
	}
	if wait := newRate(0, 0).Wait("u", start); wait != time.Second {
		t.Errorf("of nothing: waits %v, want 1s", wait)
	}
	if wait := newRate(Off, 0).Wait("u", start); wait != 0 {
		t.Errorf("of a rate that is off: waits %v", wait)
	}
}

func TestRateOff(t *testing.T) {
	for _, e := range []*Rate{nil, newRate(Off, 200), newRate(50, Off)} {
		for range 10_000 {
			if wait, ok := e.Allow("u", start); !ok || wait != 0 {
				t.Fatalf("got %v, %v of a limit that is off", wait, ok)
			}
		}
	}
}

// TestRateOfNone allows nothing, and says to come much later.
func TestRateOfNone(t *testing.T) {
	for _, e := range []*Rate{newRate(0, 200), newRate(50, 0)} {
		if wait, ok := e.Allow("u", start); ok || wait < time.Minute {
			t.Errorf("got %v, %v of a rate of nothing", wait, ok)
		}
	}
}

// TestRateTellsWhoCounts tells of each refusal, and of nothing else.
func TestRateTellsWhoCounts(t *testing.T) {
	met := 0
	e := NewRate(Bound{50, func() { met++ }}, Bound{Most: 3})
	for range 5 {
		e.Allow("u", start)
	}
	if met != 2 {
		t.Errorf("the bound was met %d times, want 2", met)
	}
}

// TestRateAtOnce counts what passes when many ask at one moment.
func TestRateAtOnce(t *testing.T) {
	e := newRate(50, 200)
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 100 {
				if _, ok := e.Allow("u", start); ok {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got := passed.Load(); got != 200 {
		t.Errorf("got %d events through, want 200", got)
	}
}

// TestMemoryIsBounded sees a million keys and remembers few of them, the busy one for sure.
func TestMemoryIsBounded(t *testing.T) {
	e := newRate(1, 1)
	e.Allow("busy", start)
	for i := range 1_000_000 {
		e.Allow(fmt.Sprint(i), start)
		if i%10_000 == 0 {
			if _, ok := e.Allow("busy", start); ok {
				t.Fatalf("after %d other users the busy one was forgotten", i)
			}
		}
	}
	if got := len(e.keys.fresh) + len(e.keys.stale); got > 2*keep {
		t.Errorf("got %d users remembered, want %d at most", got, 2*keep)
	}
}

// TestIdleUsersAreForgotten shows that the memory of a busy hour does not stay.
func TestIdleUsersAreForgotten(t *testing.T) {
	e := newRate(50, 200)
	for i := range 1000 {
		e.Allow(fmt.Sprint(i), start)
	}
	e.Allow("u", start.Add(2*time.Minute))
	e.Allow("u", start.Add(4*time.Minute))
	if got := len(e.keys.fresh) + len(e.keys.stale); got != 1 {
		t.Errorf("got %d users remembered, want 1", got)
	}
}
