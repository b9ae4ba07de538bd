package live_test

import (
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// deafToSignals is a bus that brings no signals to users, as one that was away.
type deafToSignals struct{ zikr.Receiver }

func (d deafToSignals) Signal(s zikr.Signal) {
	if s.GroupID != "" {
		d.Receiver.Signal(s)
	}
}

// Sessions that ended while the bus was away are ended when it is back, and no others.
func TestSessionsAfterAnInterruption(t *testing.T) {
	l := &listener{ready: make(chan struct{})}
	broken := &brokenStore{failed: make(chan struct{}, 1)}
	w := newWorld(t, func(o *options) {
		o.live.Groups, o.live.PollEvery = l, time.Millisecond
		o.passStore = func(s zikr.Store) zikr.Store { broken.Store = s; return broken }
		o.passBus = func(r zikr.Receiver) zikr.Receiver { return deafToSignals{r} }
	})
	changed, deleted, other := w.user("Changed"), w.user("Deleted"), w.user("Other")
	var over, kept []*client
	for range 2 * zikr.MaxTogether / 3 { // two queries
		over = append(over, w.connect(changed), w.connect(deleted))
		kept = append(kept, w.connect(other))
	}
	w.changePassword(changed, "another")
	if err := w.DeleteMe(w.ctx, deleted); err != nil {
		t.Fatal(err)
	}
	broken.fail("the database is away, too")
	l.interruptions.Add(1)
	<-broken.failed
	broken.fail("")
	for _, c := range over {
		c.ended(t, zikr.StatusExpired, true)
	}
	for _, c := range kept {
		c.do("get_notifications", nil)
	}
}

// A process that has no other nodes looks at its sessions now and then too: who runs it may have ended one
// from another process.
func TestSessionsAreLookedAtWithoutNodes(t *testing.T) {
	w := newWorld(t, func(o *options) {
		o.live.PollEvery = time.Millisecond
		o.passBus = func(r zikr.Receiver) zikr.Receiver { return deafToSignals{r} }
	})
	users := w.users(2)
	held, other := w.connect(users[0]), w.connect(users[1])
	yes := true
	must(w.ChangeAccount(w.ctx, zikr.Admin{}, users[0], zikr.AdminChange{IsSuspended: &yes}))
	held.ended(t, zikr.StatusExpired, true)
	other.do("get_notifications", nil)
}
