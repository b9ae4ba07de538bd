package live

import (
	"context"
	"sync"
)

// work counts what is under way and lets nothing begin once it was stopped. The
// zero value is ready for use.
type work struct {
	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

// begin reports whether something may begin; if so, end must be called after it.
func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return false
	}
	w.running.Add(1)
	return true
}

func (w *work) end() { w.running.Done() }

// start runs fn on a goroutine of its own, and reports whether it may.
func (w *work) start(fn func()) bool {
	if !w.begin() {
		return false
	}
	go func() {
		defer w.end()
		fn()
	}()
	return true
}

// stop lets nothing more begin and waits, as long as ctx allows, for what is under way.
func (w *work) stop(ctx context.Context) error {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		w.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
