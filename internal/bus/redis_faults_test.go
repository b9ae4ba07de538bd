package bus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
)

// shortLease lets tests see the end of a lease.
const shortLease = 1400 * time.Millisecond

// Redis is gone for a while and comes back empty. Nothing fails or waits meanwhile, and afterwards
// everything is as before, without anybody's having been told of a change that was none.
func TestRedisStartsEmpty(t *testing.T) {
	s := newServer(t)
	o := bus.Options{URL: s.url(), Prefix: prefix(), Lease: shortLease}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	a.enter("g", "ali")
	b.enter("g", "bilol")
	b.enter("g", "vali")
	a.sees("g", "ali", "bilol", "vali")
	missed := b.missed["g"].Load()

	s.kill()
	a.ill()
	b.ill()
	began := time.Now()
	for seq := range int64(100) {
		publish(a, "g", seq+1)
	}
	a.enter("g", "ali") // a second device
	a.enter("g", "dono")
	b.leave("g", "vali")
	a.listen("early") // is ready at once: the log is polled
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("without Redis it took %s: something waited", took)
	}
	if got := a.online("g"); !slices.Equal(got, []string{"ali", "dono"}) {
		t.Errorf("without Redis a node sees %v, want its own: ali and dono", got)
	}
	if !a.heardSeq("g", 100) {
		t.Error("this node's own receivers did not get what it published")
	}

	s.start()
	a.healthy()
	b.healthy()
	for _, n := range []*node{a, b} {
		n.sees("g", "ali", "bilol", "dono")
		eventually(t, "what was published meanwhile comes late", func() bool { return n.heardSeq("g", 100) })
	}
	if b.missed["g"].Load() == missed {
		t.Error("the node was not told that it may have missed something")
	}
	fence(t, "g", "fence", a, b)
	for _, n := range []*node{a, b} {
		for signal, want := range map[string]int{
			"user_online ali": 1, "user_online bilol": 1, "user_online dono": 1,
			"user_offline vali": 1, "user_offline ali": 0, "user_offline bilol": 0, "user_offline dono": 0,
		} {
			n.wantHeard(t, signal, want)
		}
	}
	publish(b, "early", 7)
	eventually(t, "the group that was asked for meanwhile is heard", func() bool { return a.heardSeq("early", 7) })
}

// One node loses its connections, for less than its lease: whoever left meanwhile is
// told once, and whoever stayed not at all.
func TestConnectionCut(t *testing.T) {
	s := newServer(t)
	w := newWire(t, s.addr())
	o := bus.Options{URL: s.url(), Prefix: prefix(), Lease: time.Minute}
	b := newNode(t, o, "g")
	o.URL = w.url()
	a := newNode(t, o, "g")
	a.enter("g", "ali")
	a.enter("g", "vali")
	b.sees("g", "ali", "vali")

	w.setCut(true)
	a.ill()
	publish(a, "g", 1)
	publish(b, "g", 2)
	a.leave("g", "vali")
	missed := a.missed["g"].Load()
	w.setCut(false)
	a.healthy()
	b.sees("g", "ali")
	a.sees("g", "ali")
	eventually(t, "the other node gets what was published meanwhile", func() bool { return b.heardSeq("g", 1) })
	if a.missed["g"].Load() == missed {
		t.Error("the node was not told that it may have missed something")
	}
	fence(t, "g", "fence", a, b)
	for _, n := range []*node{a, b} {
		n.wantHeard(t, "user_offline vali", 1)
		n.wantHeard(t, "user_offline ali", 0)
		n.wantHeard(t, "user_online ali", 1)
	}
}

// A server that does not answer is as good as none; calls wait for it once, for a bounded time.
func TestServerHangs(t *testing.T) {
	s := newServer(t)
	w := newWire(t, s.addr())
	o := bus.Options{URL: w.url(), Prefix: prefix(), Lease: time.Minute}
	n := newNode(t, o, "g")
	n.enter("g", "ali")
	w.hold()
	began := time.Now()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { n.enter("g", fmt.Sprintf("user%d", i)) })
	}
	publish(n, "g", 1)
	if !n.heardSeq("g", 1) {
		t.Error("this node's own receivers waited for Redis")
	}
	all.Wait()
	n.ill()
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s to go on without a server that hangs", took)
	}
	n.enter("g", "vali") // at once, from here on
	w.flow()
	n.healthy()
	eventually(t, "everybody is in Redis", func() bool { return len(n.online("g")) == 22 })
}

// A node ends in time, whatever its Redis does.
func TestCloseWhileServerHangs(t *testing.T) {
	s := newServer(t)
	w := newWire(t, s.addr())
	n := newNode(t, bus.Options{URL: w.url(), Prefix: prefix()}, "g")
	n.enter("g", "ali")
	w.hold()
	publish(n, "g", 1)
	began := time.Now()
	n.Close()
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("Close took %s", took)
	} else {
		t.Logf("Close took %s", took)
	}
}

// A node that is closed has its users online a little longer, for them to come back elsewhere.
func TestCloseLingers(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix(), Lease: 3 * time.Second, Linger: time.Second}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	b.enter("g", "ali")
	b.enter("g", "vali")
	b.Signal(zikr.Signal{GroupID: "g", Name: "goodbye"})
	b.Close()
	if got := a.online("g"); !slices.Equal(got, []string{"ali", "vali"}) {
		t.Errorf("right after the end of a node: online are %v, want ali and vali", got)
	}
	eventually(t, "what was told before the end", func() bool { return a.heard("goodbye") == 1 })
	a.enter("g", "ali")
	eventually(t, "user_offline", func() bool { return a.heard("user_offline vali") == 1 })
	a.sees("g", "ali")
	a.wantHeard(t, "user_offline ali", 0)
	publish(b, "g", 1) // is nothing to the others, and does no harm
	if !b.heardSeq("g", 1) {
		t.Error("a closed bus did not hand its own publications on")
	}
}

// A node starts while Redis is away. It serves, and joins the others when it can.
func TestStartWithoutRedis(t *testing.T) {
	s := newServer(t)
	s.kill()
	o := bus.Options{URL: s.url(), Prefix: prefix()}
	a, b := newNodeNow(t, o, "g", "gone"), newNodeNow(t, o, "g")
	if a.Healthy() || a.Presence().Shared() {
		t.Error("a node without Redis says that all is well")
	}
	a.enter("g", "ali")
	publish(a, "g", 1)
	a.Unlisten("gone")
	a.sees("g", "ali")
	s.start()
	a.healthy()
	b.healthy()
	b.sees("g", "ali")
	eventually(t, "both are told what they may have missed", func() bool { return a.missed["g"].Load() > 0 && b.missed["g"].Load() > 0 })
	publish(a, "g", 2)
	eventually(t, "the other node hears it", func() bool { return b.heardSeq("g", 2) })
	if got := a.missed["gone"].Load(); got != 0 {
		t.Errorf("a group that is no longer asked for was missed %d times", got)
	}
}

// While Redis is away the newest publications are kept, and only so many.
func TestOutboxIsBounded(t *testing.T) {
	s := newServer(t)
	o := bus.Options{URL: s.url(), Prefix: prefix()}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	s.kill()
	a.ill()
	const published = 20_000
	for seq := range int64(published) {
		publish(a, "g", seq+1)
	}
	got := a.Stats()
	if got.Waiting > 8192 || got.Dropped < published-8192-256 || got.Healthy {
		t.Errorf("stats: got %+v, want at most 8192 waiting and the others dropped", got)
	}
	s.start()
	eventually(t, "the newest comes", func() bool { return b.heardSeq("g", published) })
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.IsSorted(b.seqs["g"]) || len(slices.Compact(slices.Clone(b.seqs["g"]))) != len(b.seqs["g"]) {
		t.Error("what came late was not in order, or came twice")
	}
}

// What is not true any more when it gets to Redis is not told.
func TestStalePresence(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	b.enter("g", "ali")
	a.tell("g", zikr.UserOffline{GroupID: "g", UserID: "ali"})
	a.tell("g", zikr.UserOnline{GroupID: "g", UserID: "vali"})
	fence(t, "g", "fence", a, b)
	for _, n := range []*node{a, b} {
		n.wantHeard(t, "user_online ali", 1)
		n.wantHeard(t, "user_offline ali", 0)
		n.wantHeard(t, "user_online vali", 0)
	}
}

// A node that hears that one of its own users is offline, because Redis has lost it,
// tells the others that this is not so.
func TestContradiction(t *testing.T) {
	s := newServer(t)
	o := bus.Options{URL: s.url(), Prefix: prefix()}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	b.enter("g", "ali")
	eventually(t, "user_online", func() bool { return a.heard("user_online ali") == 1 })
	command(t, client(t, s.url()), "DEL", o.Prefix+":{0}:p:g")
	a.tell("g", zikr.UserOffline{GroupID: "g", UserID: "ali"})
	eventually(t, "user_online again", func() bool { return a.heard("user_online ali") == 2 })
	fence(t, "g", "fence", a, b)
	b.wantHeard(t, "user_offline ali", 0)
	a.wantHeard(t, "user_offline ali", 1)
}

// A signal to users reaches nodes that listen to no group.
func TestSignalToUsers(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a, b := newNode(t, o), newNode(t, o)
	b.Signal(zikr.Signal{UserIDs: []string{"u"}, Name: "new_notification", Data: json.RawMessage(`{}`)})
	eventually(t, "the signal", func() bool { return a.heard("new_notification") == 1 })
}

// What another release publishes, and this one cannot read, is read from the log.
func TestOtherRelease(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a := newNode(t, o, "g")
	c := client(t, o.URL)
	before := int(a.missed["g"].Load())
	for i, text := range []string{"\x02 who knows", "", "\x01aaaaaaaa\x01z"} {
		if got := command(t, c, "SPUBLISH", o.Prefix+":{0}:g:g", text); got != "1" {
			t.Fatalf("published to %s nodes, want 1", got)
		}
		eventually(t, "the node is told that it missed something", func() bool { return int(a.missed["g"].Load()) == before+i+1 })
	}
	command(t, c, "SPUBLISH", o.Prefix+":{0}:u", "\x02 who knows") // to users: there is no log
	publish(a, "g", 1)
	fence(t, "g", "fence", a)
}

// Other prefixes are other servers' business.
func TestPrefixesAreApart(t *testing.T) {
	url := anyRedis(t)
	a := newNode(t, bus.Options{URL: url, Prefix: prefix()}, "g")
	b := newNode(t, bus.Options{URL: url, Prefix: prefix()}, "g")
	a.enter("g", "ali")
	publish(a, "g", 1)
	a.Signal(zikr.Signal{UserIDs: []string{"u"}, Name: "new_notification"})
	if got := b.online("g"); len(got) != 0 {
		t.Errorf("online with another prefix: %v", got)
	}
	publish(b, "g", 2)
	b.Signal(zikr.Signal{UserIDs: []string{"u"}, Name: "fence"})
	if b.heardSeq("g", 1) || b.heard("new_notification") != 0 || a.heardSeq("g", 2) {
		t.Error("a node heard what was told with another prefix")
	}
}

// A canceled context must not leave anybody half entered.
func TestPresenceWithCanceledContext(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a, b := newNode(t, o), newNode(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if first, err := a.Presence().Enter(ctx, "g", "ali"); !first || err != nil {
		t.Errorf("enter: got %t, %v, want true", first, err)
	}
	b.sees("g", "ali")
	if last, err := a.Presence().Leave(ctx, "g", "ali"); !last || err != nil {
		t.Errorf("leave: got %t, %v, want true", last, err)
	}
	b.sees("g")
}
