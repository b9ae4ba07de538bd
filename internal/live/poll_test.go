package live_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/zikr-app/zikr"
)

// notItsTurn is a tick of the poll at which a healthy bus is not checked for the first channel.
const notItsTurn = 5

// newDeaf makes a world whose bus brings no events, and one group with a reader in
// its channel. The test polls.
func newDeaf(t *testing.T, set ...func(*options)) (w *world, g string, c *client) {
	silent := &badBus{lose: 1, rnd: rand.New(rand.NewPCG(1, 2))}
	w = newWorld(t, append(set, func(o *options) {
		o.passBus = func(r zikr.Receiver) zikr.Receiver { silent.to = r; return silent }
	})...)
	admin := w.user("Admin")
	g = w.group(zikr.QuranGroup, admin)
	c = w.connect(admin)
	c.join(g)
	return w, g, c
}

// A healthy bus is trusted nine times out of ten; one that is not, never.
func TestPoll(t *testing.T) {
	healthy := true
	w, g, c := newDeaf(t, func(o *options) { o.live.BusHealthy = func() bool { return healthy } })
	w.fill(g, 3)
	for tick := 1; tick < 10; tick++ {
		w.gateway.CatchUp(tick)
	}
	if got := c.socket.seqs(g); len(got) != 0 {
		t.Errorf("out of its turn the log was read: %v", got)
	}
	w.gateway.CatchUp(10)
	c.socket.untilSeq(t, g, 3)
	healthy = false
	w.fill(g, 450) // more than a page
	w.gateway.CatchUp(notItsTurn)
	c.socket.untilSeq(t, g, 453)
	c.socket.wantSeqs(t, g, 1, 453)
}

// Who is far behind, as after an outage, is not flooded by the next event, whose gap would be filled at
// once: the poll brings the rest, so much each time as a connection's queue holds.
func TestFarBehind(t *testing.T) {
	w, g, c := newDeaf(t)
	w.fill(g, 1500)
	w.gateway.Events(g, must(w.EventsAfter(w.ctx, g, 1499, 1)))
	w.gateway.Signal(zikr.Signal{GroupID: g, Name: "user_online", Data: []byte(`{"userId":"x"}`)})
	c.socket.expect(t, "user_online")
	if got := c.socket.seqs(g); len(got) != 0 {
		t.Errorf("a gap of 1499 was filled at once: %d events", len(got))
	}
	w.gateway.CatchUp(notItsTurn)
	c.socket.untilSeq(t, g, 1500)
	c.socket.wantSeqs(t, g, 1, 1500)
}

// Nor is it flooded for the sake of somebody who joins: they are to try again until the poll has brought it near.
func TestJoiningFarBehind(t *testing.T) {
	w, g, c := newDeaf(t)
	w.fill(g, 1500)
	late := w.connect(w.user("Late"))
	must(w.JoinPublicGroup(w.ctx, late.conn.UserID(), g)) // event 1501
	join := map[string]any{"groupId": g, "since": 0}
	newcomer, again := late.begin("join_group", join), c.begin("join_group", join)
	for who, acks := range map[string]<-chan json.RawMessage{"a newcomer": newcomer, "one who is there": again} {
		if a := c.wait(acks); a.Error.Code != zikr.CodeRateLimited || a.Error.RetryAfterMs == 0 {
			t.Errorf("%s: got %+v, want rate_limited", who, a)
		}
	}
	for _, s := range []*socket{c.socket, late.socket} {
		if got := s.seqs(g); len(got) != 0 {
			t.Errorf("%s: a gap of 1501 was filled at once: %d events", s.id, len(got))
		}
	}
	w.gateway.CatchUp(notItsTurn) // as they asked for
	c.socket.untilSeq(t, g, 1501)
	if j := late.join(g, 0); j.Seq != 1501 || j.OnlineCount != 2 {
		t.Errorf("joined_group: got %+v", j)
	}
	for _, s := range []*socket{c.socket, late.socket} {
		s.wantSeqs(t, g, 1, 1501)
	}
	late.leave()
	c.socket.expect(t, "user_offline")
	if names := c.socket.names(); count(names, "user_online") != 1 || count(names, "user_offline") != 1 {
		t.Errorf("the other was sent %v", names)
	}
}

// Many groups are asked for together, and each that is behind is brought what it lacks.
func TestPollOfManyGroups(t *testing.T) {
	w, first, c := newDeaf(t, func(o *options) { o.live.BusHealthy = func() bool { return false } })
	groups := []string{first}
	for range zikr.MaxTogether + 20 {
		g := w.group(zikr.QuranGroup, c.conn.UserID())
		c.join(g)
		groups = append(groups, g)
	}
	for _, g := range groups[1:] {
		w.fill(g, 1)
	}
	w.gateway.CatchUp(notItsTurn)
	for _, g := range groups[1:] {
		c.socket.untilSeq(t, g, 1)
		c.socket.wantSeqs(t, g, 1, 1)
	}
	if got := c.socket.seqs(first); len(got) != 0 {
		t.Errorf("a group in which nothing happened: got %v", got)
	}
}

// One poll reads only so much of one channel's log; the next goes on.
func TestPollOfVeryMuch(t *testing.T) {
	w, g, c := newDeaf(t)
	w.fill(g, 4300)
	w.gateway.CatchUp(0)
	for seq := int64(2000); seq <= 4000; seq += 2000 {
		c.socket.untilSeq(t, g, seq)
		w.gateway.CatchUp(notItsTurn)
	}
	c.socket.untilSeq(t, g, 4300)
	c.socket.wantSeqs(t, g, 1, 4300)
}

// What could not be read from the log, to fill a gap, is read at the next poll.
func TestPollAfterAnOutage(t *testing.T) {
	broken := &brokenStore{}
	w, g, c := newDeaf(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { broken.Store = s; return broken }
	})
	w.fill(g, 3)
	broken.fail("the disk is gone")
	w.gateway.Events(g, []zikr.Event{{GroupID: g, Seq: 3, Name: "group_updated", Data: []byte(`{}`)}})
	w.gateway.Signal(zikr.Signal{GroupID: g, Name: "user_online", Data: []byte(`{"userId":"x"}`)})
	c.socket.expect(t, "user_online") // not held up by it
	w.gateway.CatchUp(notItsTurn)     // in vain
	broken.fail("")
	w.gateway.CatchUp(notItsTurn)
	c.socket.untilSeq(t, g, 3)
	c.socket.wantSeqs(t, g, 1, 3)
}

// What comes while a channel is busy, and is more than may wait, is read from the log later.
func TestFullInbox(t *testing.T) {
	hooked := &hookedStore{}
	w, g, c := newDeaf(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { hooked.Store = s; return hooked }
	})
	const all, fit = 5000, 4096
	w.fill(g, all)
	events := must(w.EventsAfter(w.ctx, g, 0, all))
	reading, read := make(chan struct{}), make(chan struct{})
	hooked.then(func() { close(reading); <-read })
	w.gateway.Events(g, events[1:2]) // the first is missing: the log is read
	<-reading
	for i := 2; i < all; i++ {
		w.gateway.Events(g, events[i:i+1])
	}
	close(read)
	c.socket.untilSeq(t, g, 2+fit)
	w.gateway.CatchUp(notItsTurn)
	c.socket.untilSeq(t, g, all)
	c.socket.wantSeqs(t, g, 1, all)
}
