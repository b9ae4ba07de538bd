package bus_test

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
)

// receiver is an ear at a bus.
type receiver struct{ *ear }

// ear keeps what is heard.
type ear struct {
	mu      sync.Mutex
	seqs    map[string][]int64 // by group
	signals []string           // name, and whom it is about
}

func (e receiver) Events(groupID string, events []zikr.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seqs == nil {
		e.seqs = make(map[string][]int64)
	}
	for _, event := range events {
		e.seqs[groupID] = append(e.seqs[groupID], event.Seq)
	}
}

func (e receiver) Signal(s zikr.Signal) {
	var about struct{ UserID string }
	_ = json.Unmarshal(s.Data, &about)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.signals = append(e.signals, strings.TrimSpace(s.Name+" "+about.UserID))
}

func (e *ear) heardSeq(groupID string, seq int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.seqs[groupID], seq)
}

// heard counts signals.
func (e *ear) heard(signal string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.signals {
		if s == signal {
			n++
		}
	}
	return n
}

func (e *ear) wantHeard(t *testing.T, signal string, want int) {
	t.Helper()
	if got := e.heard(signal); got != want {
		t.Errorf("heard %q %d times, want %d; all: %v", signal, got, want, e.signals)
	}
}

// node is a node with an ear, and somebody who asks Redis what the domain asks.
type node struct {
	*bus.Redis
	*ear
	t      *testing.T
	missed map[string]*atomic.Int32 // how often the bus said so, by group
}

// newNode opens a node that listens to groups, and waits until it is healthy.
func newNode(t *testing.T, o bus.Options, groups ...string) *node {
	t.Helper()
	n := newNodeNow(t, o, groups...)
	n.healthy()
	for _, g := range groups {
		n.listen(g)
	}
	return n
}

// newNodeNow does not wait.
func newNodeNow(t *testing.T, o bus.Options, groups ...string) *node {
	t.Helper()
	n := &node{Redis: openNow(t, o), ear: &ear{}, t: t, missed: make(map[string]*atomic.Int32)}
	n.Attach(receiver{n.ear})
	for _, g := range groups {
		count := new(atomic.Int32)
		n.missed[g] = count
		n.Listen(g, func() { count.Add(1) })
	}
	return n
}

// listen waits until the bus brings a group.
func (n *node) listen(groupID string) {
	n.t.Helper()
	if n.missed[groupID] == nil {
		n.missed[groupID] = new(atomic.Int32)
	}
	count := n.missed[groupID]
	select {
	case <-n.Listen(groupID, func() { count.Add(1) }):
	case <-time.After(patience):
		n.t.Fatalf("Listen is not ready within %s", patience)
	}
}

func (n *node) healthy() {
	n.t.Helper()
	eventually(n.t, "the bus is healthy", n.Healthy)
	eventually(n.t, "Redis keeps who is online", n.Presence().Shared)
}

func (n *node) ill() {
	n.t.Helper()
	eventually(n.t, "the node notices that Redis is away", func() bool {
		n.online("nobody's") // asks Redis
		return !n.Healthy() && !n.Presence().Shared()
	})
}

// enter and leave tell the others, as the domain does.
func (n *node) enter(groupID, userID string) {
	n.t.Helper()
	first, err := n.Presence().Enter(n.t.Context(), groupID, userID)
	if err != nil {
		n.t.Fatal(err)
	}
	if first {
		n.tell(groupID, zikr.UserOnline{GroupID: groupID, UserID: userID})
	}
}

func (n *node) leave(groupID, userID string) {
	n.t.Helper()
	last, err := n.Presence().Leave(n.t.Context(), groupID, userID)
	if err != nil {
		n.t.Fatal(err)
	}
	if last {
		n.tell(groupID, zikr.UserOffline{GroupID: groupID, UserID: userID})
	}
}

func (n *node) tell(groupID string, p zikr.Payload) {
	data, err := json.Marshal(p)
	if err != nil {
		n.t.Fatal(err)
	}
	n.Signal(zikr.Signal{GroupID: groupID, Name: p.EventName(), Data: data})
}

// online are the users that the node sees in a group.
func (n *node) online(groupID string) []string {
	n.t.Helper()
	_, users, err := n.Presence().Online(n.t.Context(), groupID, -1)
	if err != nil {
		n.t.Fatal(err)
	}
	slices.Sort(users)
	return users
}

func (n *node) sees(groupID string, want ...string) {
	n.t.Helper()
	var got []string
	defer func() {
		if !slices.Equal(got, want) {
			n.t.Logf("online in %s at last: %v", groupID, got)
		}
	}()
	eventually(n.t, fmt.Sprintf("online in %s are %v", groupID, want), func() bool {
		got = n.online(groupID)
		return slices.Equal(got, want)
	})
}

// fence waits until all that was told in a group until now, by these nodes, has come to all of them.
func fence(t *testing.T, groupID, name string, nodes ...*node) {
	t.Helper()
	for _, n := range nodes {
		n.Signal(zikr.Signal{GroupID: groupID, Name: name})
	}
	for _, n := range nodes {
		eventually(t, "a fence", func() bool { return n.heard(name) == len(nodes) })
	}
}

func publish(n *node, groupID string, seq int64) {
	n.Publish(groupID, []zikr.Event{{GroupID: groupID, Seq: seq, Name: "group_updated", Data: json.RawMessage(`{}`), At: time.Now()}})
}

// wire is a TCP connection's way to a server, which a test can cut or hold up.
type wire struct {
	t        testing.TB
	target   string
	listener net.Listener
	busy     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	cut   bool
	held  chan struct{} // nil: nothing is held up; else until it is closed
}

func newWire(t testing.TB, target string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, target: target, listener: l, conns: make(map[net.Conn]bool)}
	w.busy.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close()
		w.flow()
		w.setCut(true)
		w.busy.Wait()
	})
	return w
}

func (w *wire) url() string { return "redis://" + w.listener.Addr().String() }

func (w *wire) accept() {
	for {
		from, err := w.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", w.target)
		if err != nil || !w.add(from, to) {
			_ = from.Close()
			if to != nil {
				_ = to.Close()
			}
			continue
		}
		w.busy.Go(func() { w.copy(from, to) })
		w.busy.Go(func() { w.copy(to, from) })
	}
}

func (w *wire) add(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		w.conns[c] = true
	}
	if w.cut {
		for _, c := range conns {
			delete(w.conns, c)
		}
	}
	return !w.cut
}

func (w *wire) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		held := w.held
		w.mu.Unlock()
		if held != nil {
			<-held
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// setCut cuts all connections and lets no new ones through, or lets them again.
func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.conns {
			_ = c.Close()
			delete(w.conns, c)
		}
	}
}

// hold holds everything up, both ways, until flow.
func (w *wire) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = make(chan struct{})
	}
}

func (w *wire) flow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		close(w.held)
		w.held = nil
	}
}
