package engineio

import (
	"sync"
	"time"
)

// wheelSlots is how many ticks it takes the wheel to come round.
const wheelSlots = 512

// wheel rings alarms when they are due: one goroutine and one clock for all
// sessions. An alarm rings up to one tick late, never early.
type wheel struct {
	tick  time.Duration
	start time.Time
	stop  chan struct{}
	done  chan struct{}

	mu    sync.Mutex
	at    int64             // the last slot number that was looked at
	slots [wheelSlots]alarm // heads of circular lists
}

// alarm is something to be told at a time. The zero value is not set.
type alarm struct {
	prev, next *alarm
	due        int64 // nanoseconds on the wheel's clock
	owner      ringer
}

// ringer is told that its alarm is due. It is called without any lock held.
type ringer interface{ ring(now int64) }

// newWheel starts a wheel that is exact to a tick.
func newWheel(tick time.Duration) *wheel {
	w := &wheel{tick: tick, start: time.Now(), stop: make(chan struct{}), done: make(chan struct{})}
	for i := range w.slots {
		w.slots[i].prev, w.slots[i].next = &w.slots[i], &w.slots[i]
	}
	go w.run()
	return w
}

// close stops the wheel; alarms that are set never ring.
func (w *wheel) close() {
	close(w.stop)
	<-w.done
}

// now is the time since the wheel was made, in nanoseconds, and never 0.
func (w *wheel) now() int64 { return int64(time.Since(w.start)) + 1 }

// set makes a ring at due, instead of when it was set to before. 0 unsets it.
func (w *wheel) set(a *alarm, due int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.unlink()
	if due == 0 {
		return
	}
	a.due = due
	slot := max((due+int64(w.tick)-1)/int64(w.tick), w.at+1)
	head := &w.slots[slot%wheelSlots]
	a.prev, a.next = head.prev, head
	a.prev.next, a.next.prev = a, a
}

func (a *alarm) unlink() {
	if a.next == nil {
		return
	}
	a.prev.next, a.next.prev = a.next, a.prev
	a.prev, a.next = nil, nil
}

func (w *wheel) run() {
	defer close(w.done)
	ticker := time.NewTicker(w.tick)
	defer ticker.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-ticker.C:
		}
		now := w.now()
		for _, a := range w.dueBy(now) {
			a.ring(now)
		}
	}
}

// dueBy unsets all alarms that are due and returns whom to tell.
func (w *wheel) dueBy(now int64) (owners []ringer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := now / int64(w.tick)
	for slot := max(w.at+1, last-wheelSlots+1); slot <= last; slot++ {
		head := &w.slots[slot%wheelSlots]
		for a := head.next; a != head; {
			next := a.next
			if a.due <= now {
				a.unlink()
				owners = append(owners, a.owner)
			}
			a = next
		}
	}
	w.at = max(w.at, last)
	return owners
}
