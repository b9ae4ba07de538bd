package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurnsGoRound lets the one who asks once in after one of the many of another.
func TestTurnsGoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(Bound{Most: 1}, Bound{Most: Off})
		if err := turns.Take(t.Context(), "busy"); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		for _, key := range []string{"busy", "busy", "busy", "modest", "busy", "other"} {
			go func() {
				if err := turns.Take(t.Context(), key); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, key)
				mu.Unlock()
				turns.Give()
			}()
			synctest.Wait()
		}
		turns.Give()
		synctest.Wait()
		if want := []string{"busy", "modest", "other", "busy", "busy", "busy"}; !slices.Equal(order, want) {
			t.Errorf("got %v, want %v", order, want)
		}
		if turns.free != 1 || turns.count != 0 || len(turns.keys) != 0 || len(turns.ring) != 0 {
			t.Errorf("left behind: %d free, %d waiting, %v, %v", turns.free, turns.count, turns.keys, turns.ring)
		}
	})
}

// TestTurnsOfWhoLeaves gives nobody more turns than others for having asked, and left, again and again.
func TestTurnsOfWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(Bound{Most: 1}, Bound{Most: Off})
		_ = turns.Take(t.Context(), "slow")
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			left := make(chan error)
			go func() { left <- turns.Take(ctx, "busy") }()
			synctest.Wait()
			cancel()
			if err := <-left; !errors.Is(err, context.Canceled) {
				t.Fatalf("who left: got %v", err)
			}
		}
		if len(turns.ring) != 0 {
			t.Errorf("%d places are kept for who left", len(turns.ring))
		}
		var order []string
		for _, key := range []string{"busy", "busy", "busy", "modest"} {
			go func() {
				_ = turns.Take(t.Context(), key)
				order = append(order, key) // each has the only turn
				turns.Give()
			}()
			synctest.Wait()
		}
		turns.Give()
		synctest.Wait()
		if want := []string{"busy", "modest", "busy", "busy"}; !slices.Equal(order, want) {
			t.Errorf("got %v, want %v", order, want)
		}
	})
}

// TestTurnsThatAreGivenUp are not waited for.
func TestTurnsThatAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		met, waited := 0, 0
		turns := NewTurns(Bound{1, func() { waited++ }}, Bound{1, func() { met++ }})
		_ = turns.Take(t.Context(), "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		left := make(chan error)
		go func() { left <- turns.Take(ctx, "b") }()
		synctest.Wait()
		if err := turns.Take(t.Context(), "c"); !errors.Is(err, ErrFull) || met != 1 || waited != 2 {
			t.Errorf("one too many: got %v, met %d times, %d found no turn free", err, met, waited)
		}
		if err := <-left; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("whose time was over: got %v", err)
		}
		turns.Give()
		if err := turns.Take(t.Context(), "c"); err != nil {
			t.Errorf("the turn was lost with the one who left: %v", err)
		}
	})
}

// TestTurnsAtOnce never has more than there are, and loses none.
func TestTurnsAtOnce(t *testing.T) {
	turns := NewTurns(Bound{Most: 3}, Bound{Most: Off})
	var busy, most atomic.Int64
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			for j := range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(j%3)*50*time.Microsecond)
				if turns.Take(ctx, fmt.Sprint(i%7)) == nil {
					if n := busy.Add(1); n > 3 {
						most.Store(n)
					}
					busy.Add(-1)
					turns.Give()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if most.Load() > 0 {
		t.Errorf("%d had a turn at once", most.Load())
	}
	if turns.free != 3 || turns.count != 0 {
		t.Errorf("%d turns are free and %d wait, want 3 and 0", turns.free, turns.count)
	}
}
