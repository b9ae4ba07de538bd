package bustest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/zikr-app/zikr"
)

// call is what a receiver was called with: events of a group, or a signal.
type call struct {
	group  string
	events []zikr.Event
	signal *zikr.Signal
}

// When events were committed a bus may tell by itself, or leave out.
var callOptions = []cmp.Option{cmp.AllowUnexported(call{}), cmpopts.IgnoreFields(zikr.Event{}, "Committed")}

// recorder is a receiver that keeps its calls.
type recorder struct {
	mu         sync.Mutex
	calls      []call
	more       chan struct{} // closed when a call is added
	busy       map[string]bool
	overlapped int
}

func newRecorder() *recorder {
	return &recorder{more: make(chan struct{}), busy: map[string]bool{}}
}

// Events records a call. The events are copied: they are the caller's.
func (r *recorder) Events(groupID string, events []zikr.Event) {
	defer r.begin(groupID)()
	r.add(call{group: groupID, events: append([]zikr.Event(nil), events...)})
}

// Signal records a call.
func (r *recorder) Signal(s zikr.Signal) {
	if s.GroupID != "" {
		defer r.begin(s.GroupID)()
	}
	r.add(call{signal: &s})
}

// begin notes that a call of a group is under way, and whether another is.
func (r *recorder) begin(groupID string) (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[groupID] {
		r.overlapped++
	}
	r.busy[groupID] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy[groupID] = false
	}
}

func (r *recorder) add(c call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
	close(r.more)
	r.more = make(chan struct{})
}

func (r *recorder) overlaps() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.overlapped
}

// wait returns the calls when there are n of them.
func (r *recorder) wait(t *testing.T, n int) []call {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		calls, more := append([]call(nil), r.calls...), r.more
		r.mu.Unlock()
		if len(calls) >= n {
			return calls
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("%d calls came within %s, want %d", len(calls), patience, n)
		}
	}
}

// receiverFunc is a recorder that also does something when events come.
type receiverFunc struct {
	*recorder
	onEvents func()
}

// Events records a call and does what is to be done.
func (r *receiverFunc) Events(groupID string, events []zikr.Event) {
	r.recorder.Events(groupID, events)
	r.onEvents()
}
