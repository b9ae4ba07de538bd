// Package bustest is the contract that every engine of the ports zikr.Bus and
// zikr.Presence passes, whether it serves one process or many nodes.
package bustest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// patience is how long an engine may take to bring something to another node.
const patience = 10 * time.Second

// group is what the suite publishes in.
const group = "g1"

// Groups are those that the suite publishes in.
func Groups() []string { return []string{group} }

// OpenBus starts nodes that are joined by one bus, one for each receiver, and
// returns their ends of it. All receivers are attached, and hear the Groups, when it returns. What has
// to be closed is closed by t.Cleanup.
type OpenBus func(t *testing.T, receivers ...zikr.Receiver) []zikr.Bus

// Bus runs the suite of zikr.Bus.
func Bus(t *testing.T, open OpenBus) {
	for name, test := range map[string]func(*testing.T, OpenBus){
		"brings events to every node":      busBringsEvents,
		"brings signals to every node":     busBringsSignals,
		"keeps the order of a group":       busKeepsOrder,
		"calls of a group come one by one": busOneByOne,
		"publishes nothing for nothing":    busNothing,
		"a receiver may publish":           busReentrant,
		"brings nothing twice":             busNothingTwice,
		"nodes publish at once":            busManyPublishers,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

func busBringsEvents(t *testing.T, open OpenBus) {
	a, b := newRecorder(), newRecorder()
	nodes := open(t, a, b)
	want := events(group, 7, 3)
	nodes[0].Publish(group, want)
	for name, r := range map[string]*recorder{"the publishing node": a, "the other node": b} {
		got := r.wait(t, 1)[0]
		if diff := cmp.Diff(call{group: group, events: want}, got, callOptions...); diff != "" {
			t.Errorf("%s received (-want +got):\n%s", name, diff)
		}
	}
}

func busBringsSignals(t *testing.T, open OpenBus) {
	a, b := newRecorder(), newRecorder()
	nodes := open(t, a, b)
	want := []zikr.Signal{
		{GroupID: group, ExceptID: "conn", Name: "note", Data: json.RawMessage(`{"userId":"u"}`)}, // not of presence: nobody is there
		{UserIDs: []string{"u1", "u2"}, Name: "new_notification", Data: json.RawMessage(`{"id":"n"}`)},
		{UserIDs: []string{"u1"}, Expire: true, TokenVersion: 3, KeepTokenID: "kept"},
	}
	for i, s := range want {
		nodes[1].Signal(s)
		for name, r := range map[string]*recorder{"the signalling node": b, "the other node": a} {
			got := r.wait(t, i+1)[i]
			if diff := cmp.Diff(call{signal: &s}, got, callOptions...); diff != "" {
				t.Errorf("signal %d: %s received (-want +got):\n%s", i, name, diff)
			}
		}
	}
}

// What one node publishes of one group arrives in that order; a Signal of the
// group does not overtake it.
func busKeepsOrder(t *testing.T, open OpenBus) {
	const publications = 200
	a, b := newRecorder(), newRecorder()
	nodes := open(t, a, b)
	for i := range publications {
		nodes[0].Publish(group, events(group, int64(2*i+1), 2))
	}
	nodes[0].Signal(zikr.Signal{GroupID: group, Name: "user_offline", Data: json.RawMessage(`{}`)})
	for name, r := range map[string]*recorder{"the publishing node": a, "the other node": b} {
		calls := r.wait(t, publications+1)
		var next int64 = 1
		for _, c := range calls[:publications] {
			for _, e := range c.events {
				if e.Seq != next {
					t.Fatalf("%s: got seq %d, want %d", name, e.Seq, next)
				}
				next++
			}
		}
		if calls[publications].signal == nil {
			t.Errorf("%s: the last call was not the signal", name)
		}
	}
}

func busOneByOne(t *testing.T, open OpenBus) {
	const publishers, each = 8, 50
	r := newRecorder()
	nodes := open(t, r)
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				if p%2 == 0 {
					nodes[0].Publish(group, events(group, int64(i+1), 1))
				} else {
					nodes[0].Signal(zikr.Signal{GroupID: group, Name: "user_online", Data: json.RawMessage(`{}`)})
				}
			}
		})
	}
	wg.Wait()
	r.wait(t, publishers*each)
	if got := r.overlaps(); got != 0 {
		t.Errorf("%d calls of one group came while another was under way, want 0", got)
	}
}

func busNothing(t *testing.T, open OpenBus) {
	r := newRecorder()
	nodes := open(t, r)
	nodes[0].Publish(group, nil)
	nodes[0].Publish(group, events(group, 1, 1)) // the fence: it comes after
	if got := r.wait(t, 1)[0]; len(got.events) != 1 {
		t.Errorf("the first call brought %d events, want 1", len(got.events))
	}
}

// A receiver's work may end in a use case, which signals. That must not wait for
// the call that is under way, as long as it happens on another goroutine.
func busReentrant(t *testing.T, open OpenBus) {
	r := newRecorder()
	again := make(chan zikr.Bus, 1)
	echo := &receiverFunc{recorder: r, onEvents: func() {
		go func() {
			b := <-again
			b.Signal(zikr.Signal{GroupID: group, Name: "user_offline", Data: json.RawMessage(`{}`)})
		}()
	}}
	nodes := open(t, echo)
	again <- nodes[0]
	nodes[0].Publish(group, events(group, 1, 1))
	if calls := r.wait(t, 2); calls[1].signal == nil {
		t.Error("the receiver's own signal did not come back to it")
	}
}

// A node hears its own publications once, too, however they travel.
func busNothingTwice(t *testing.T, open OpenBus) {
	a, b := newRecorder(), newRecorder()
	nodes := open(t, a, b)
	nodes[0].Publish(group, events(group, 1, 1))
	nodes[0].Signal(zikr.Signal{UserIDs: []string{"u"}, Name: "new_notification", Data: json.RawMessage(`{}`)})
	a.wait(t, 2)
	b.wait(t, 2)
	// What another node sends after it has all of that comes behind whatever else there might be.
	nodes[1].Publish(group, events(group, 2, 1))
	nodes[1].Signal(zikr.Signal{UserIDs: []string{"u"}, Name: "new_invitation", Data: json.RawMessage(`{}`)})
	for name, r := range map[string]*recorder{"the publishing node": a, "the other node": b} {
		if got := len(r.wait(t, 4)); got != 4 {
			t.Errorf("%s was called %d times, want 4", name, got)
		}
	}
}

// Whatever several nodes publish at once comes to each of them: all of it, once,
// what is of one node in its order, and one call of the group after another.
func busManyPublishers(t *testing.T, open OpenBus) {
	const nodes, each = 3, 100
	recorders := make([]*recorder, nodes)
	receivers := make([]zikr.Receiver, nodes)
	for i := range nodes {
		recorders[i] = newRecorder()
		receivers[i] = recorders[i]
	}
	buses := open(t, receivers...)
	var wg sync.WaitGroup
	for n := range nodes {
		wg.Go(func() {
			for i := range each {
				buses[n].Publish(group, events(group, int64(n*1000+i+1), 1))
			}
		})
	}
	wg.Wait()
	for n, r := range recorders {
		last := make([]int64, nodes)
		for _, c := range r.wait(t, nodes*each) {
			seq := c.events[0].Seq
			if from := seq / 1000; seq%1000 == last[from]+1 {
				last[from]++
			} else {
				t.Fatalf("node %d: got %d of node %d, want %d", n, seq%1000, from, last[from]+1)
			}
		}
		if r.overlaps() != 0 {
			t.Errorf("node %d: calls of one group came while another was under way", n)
		}
	}
}

// events makes n events of a group from seq first on.
func events(groupID string, first int64, n int) []zikr.Event {
	out := make([]zikr.Event, n)
	for i := range out {
		seq := first + int64(i)
		out[i] = zikr.Event{
			GroupID: groupID, Seq: seq, Name: "pora_booked", UserID: "u1",
			Data: json.RawMessage(fmt.Sprintf(`{"seq":%d,"text":"о‘qildi"}`, seq)),
			At:   time.UnixMilli(1_700_000_000_000 + seq).UTC(),
		}
	}
	return out
}
