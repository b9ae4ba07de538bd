package engineio

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// flusher writes queues out: a few goroutines for all sessions, each taking
// one session after another. What is queued on a session while it waits for
// its turn goes out in the same system call.
type flusher struct {
	linger time.Duration

	mu      sync.Mutex
	wake    sync.Cond
	ready   fifo[*Session] // whose turn it is
	idle    int            // goroutines that wait
	later   []*Session     // to be ready when the linger is over
	timer   *time.Timer
	stopped bool
	done    sync.WaitGroup
}

func newFlusher(linger time.Duration) *flusher {
	f := &flusher{linger: linger}
	f.wake.L = &f.mu
	for range runtime.GOMAXPROCS(0) {
		f.done.Go(f.run)
	}
	return f
}

// close ends the goroutines; sessions that still wait are not written.
func (f *flusher) close() {
	f.mu.Lock()
	f.stopped = true
	if f.timer != nil {
		f.timer.Stop()
	}
	f.mu.Unlock()
	f.wake.Broadcast()
	f.done.Wait()
}

// add has sessions written out soon. The caller owns their flushes.
func (f *flusher) add(list ...*Session) {
	if len(list) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ready.push(list...)
	for range min(f.idle, len(list)) {
		f.wake.Signal()
	}
}

// addLater is add after the linger, of those that are not written before.
func (f *flusher) addLater(list []*Session) {
	if len(list) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.later) == 0 && !f.stopped {
		f.timer = time.AfterFunc(f.linger, f.lingered)
	}
	f.later = append(f.later, list...)
}

func (f *flusher) lingered() {
	f.mu.Lock()
	list := f.later
	f.later = nil
	f.mu.Unlock()
	f.add(slices.DeleteFunc(list, func(s *Session) bool { return !s.lingered() })...)
}

func (f *flusher) run() {
	for {
		s := f.next()
		if s == nil {
			return
		}
		s.flush()
	}
}

// next waits for a session to write, and is nil when the flusher is stopped.
func (f *flusher) next() *Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.ready.len() == 0 && !f.stopped {
		f.idle++
		f.wake.Wait()
		f.idle--
	}
	if f.stopped {
		return nil
	}
	return f.ready.pop()
}
