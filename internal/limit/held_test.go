package limit

import (
	"fmt"
	"sync"
	"testing"
)

func TestHeld(t *testing.T) {
	var all, each int
	h := NewHeld(Bound{100, func() { all++ }}, Bound{60, func() { each++ }})
	for _, step := range []struct {
		key  string
		n    int64
		want bool
	}{{"a", 60, true}, {"a", 1, false}, {"b", 41, false}, {"b", 40, true}, {"c", 1, false}} {
		if got := h.Take(step.key, step.n); got != step.want {
			t.Errorf("%d for %s: got %t, want %t", step.n, step.key, got, step.want)
		}
	}
	if all != 2 || each != 1 {
		t.Errorf("met %d times in all and %d times by key, want 2 and 1", all, each)
	}
	h.Give("a", 60)
	h.Give("b", 40)
	if h.Now() != 0 || len(h.keys) != 0 {
		t.Errorf("%d is held, %d keys are remembered when all is given back", h.Now(), len(h.keys))
	}
}

func TestHeldOff(t *testing.T) {
	for _, h := range []*Held{nil, NewHeld(Bound{Most: Off}, Bound{Most: Off})} {
		if !h.Take("a", 1<<40) || h.Now() != 0 {
			t.Error("a bound that is off held something")
		}
		h.Give("a", 1<<40)
	}
	if NewHeld(Bound{Most: 0}, Bound{Most: Off}).Take("a", 1) {
		t.Error("something was held where nothing may be")
	}
}

// TestHeldFairly leaves room for one who wants little, however many want all.
func TestHeldFairly(t *testing.T) {
	h := NewHeld(Bound{Most: 64 << 20}, Bound{Most: 16 << 20}).Fair()
	for i := range 50 {
		for h.Take(fmt.Sprint("greedy", i), 16<<10) {
		}
	}
	if !h.Take("modest", 16<<10) {
		t.Errorf("no room for 16 KB: %d MB are held", h.Now()>>20)
	}
}

// TestHeldAtOnce never holds more than the bound.
func TestHeldAtOnce(t *testing.T) {
	h := NewHeld(Bound{Most: 10}, Bound{Most: 10})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 200 {
				if h.Take("k", 3) {
					if now := h.Now(); now > 10 {
						t.Errorf("%d are held", now)
					}
					h.Give("k", 3)
				}
			}
		})
	}
	wg.Wait()
}
