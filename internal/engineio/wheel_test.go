package engineio

import (
	"testing"
	"testing/synctest"
	"time"
)

// bell notes when it was rung.
type bell struct{ rung chan int64 }

func (b *bell) ring(now int64) { b.rung <- now }

func TestWheelRingsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tick = 10 * time.Millisecond
		w := newWheel(tick)
		defer w.close()
		b := &bell{make(chan int64, 10)}
		// Shorter than a tick, some ticks, several times round.
		for _, d := range []time.Duration{1, tick / 2, tick, 35 * time.Millisecond, wheelSlots * tick, 2*wheelSlots*tick + 5*time.Millisecond} {
			a := &alarm{owner: b}
			due := w.now() + int64(d)
			w.set(a, due)
			if got := <-b.rung; got < due || got > due+2*int64(tick) {
				t.Errorf("after %v: rang at %v, due at %v", d, time.Duration(got), time.Duration(due))
			}
		}
	})
}

func TestWheelMovesAndUnsets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel(time.Millisecond)
		defer w.close()
		b := &bell{make(chan int64, 10)}
		moved, unset := &alarm{owner: b}, &alarm{owner: b}
		due := w.now() + int64(50*time.Millisecond)
		w.set(moved, w.now()+int64(5*time.Millisecond))
		w.set(moved, due)
		w.set(unset, w.now()+int64(5*time.Millisecond))
		w.set(unset, 0)
		w.set(unset, 0)
		if got := <-b.rung; got < due {
			t.Errorf("rang at %v, moved to %v", time.Duration(got), time.Duration(due))
		}
		time.Sleep(time.Second)
		if n := len(b.rung); n != 0 {
			t.Errorf("rang %d times more", n)
		}
	})
}

func TestWheelRingsManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel(time.Millisecond)
		defer w.close()
		b := &bell{make(chan int64, 1000)}
		for i := range 1000 {
			w.set(&alarm{owner: b}, w.now()+int64(i%7)*int64(time.Millisecond))
		}
		time.Sleep(20 * time.Millisecond)
		if n := len(b.rung); n != 1000 {
			t.Errorf("%d rang, want 1000", n)
		}
	})
}
