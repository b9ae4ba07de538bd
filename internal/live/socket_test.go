package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/live"
)

// hub is the Broadcaster of fake sockets.
type hub struct {
	mu      sync.Mutex
	opened  int
	sockets map[*socket]*client
	rooms   map[string]map[*socket]bool

	broadcasts [][]live.Message
	toRooms    atomic.Int64 // how often a message went to many rooms
}

func newHub() *hub {
	return &hub{sockets: make(map[*socket]*client), rooms: make(map[string]map[*socket]bool)}
}

func (h *hub) open() *socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened++
	s := &socket{hub: h, id: fmt.Sprintf("socket%d", h.opened), more: make(chan struct{})}
	h.sockets[s] = nil
	return s
}

func (h *hub) serve(s *socket, c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sockets[s] = c
}

// clients are those that are still connected.
func (h *hub) clients() (all []*client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s, c := range h.sockets {
		if c != nil && !s.isGone() {
			all = append(all, c)
		}
	}
	return all
}

// end ends a socket; one that may return stays in its rooms.
func (h *hub) end(s *socket, mayReturn bool) {
	s.mu.Lock()
	s.gone = !mayReturn
	s.mu.Unlock()
	if mayReturn {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, members := range h.rooms {
		delete(members, s)
	}
	delete(h.sockets, s)
}

func (h *hub) size(room string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms[room])
}

func (h *hub) Broadcast(room, except string, written func(int), messages ...live.Message) {
	if n := h.send(room, except, messages); written != nil && n > 0 {
		written(n)
	}
}

func (h *hub) send(room, except string, messages []live.Message) (to int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broadcasts = append(h.broadcasts, messages)
	for s := range h.rooms[room] {
		if s.id != except {
			s.Emit(messages...)
			to++
		}
	}
	return to
}

// BroadcastAll sends as Broadcast does, to many rooms.
func (h *hub) BroadcastAll(rooms []string, except string, message live.Message) {
	h.toRooms.Add(1)
	for _, room := range rooms {
		h.Broadcast(room, except, nil, message)
	}
}

// socket keeps what it is sent.
type socket struct {
	hub *hub
	id  string

	mu           sync.Mutex
	gone         bool
	disconnected bool // by a DISCONNECT packet of the server
	sent         []live.Message
	read         int // of sent, by expect
	more         chan struct{}
	slow         func(ctx context.Context) error // what EmitWait does first
	waits        atomic.Int64
	flooded      atomic.Bool
}

func (s *socket) ID() string { return s.id }

// Flooded is kept.
func (s *socket) Flooded() { s.flooded.Store(true) }

// Waits is counted.
func (s *socket) Waits() { s.waits.Add(1) }

func (s *socket) Emit(messages ...live.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.disconnected {
		return
	}
	s.sent = append(s.sent, messages...)
	close(s.more)
	s.more = make(chan struct{})
}

func (s *socket) EmitWait(ctx context.Context, messages ...live.Message) error {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow != nil {
		if err := slow(ctx); err != nil {
			return err
		}
	}
	if s.isGone() {
		return errors.New("the socket is gone")
	}
	s.Emit(messages...)
	return nil
}

func (s *socket) Join(room string) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.isGone() {
		return
	}
	if s.hub.rooms[room] == nil {
		s.hub.rooms[room] = make(map[*socket]bool)
	}
	s.hub.rooms[room][s] = true
}

func (s *socket) Leave(room string) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.rooms[room], s)
}

// Disconnect ends the socket; the gateway is told on another goroutine, as by socketio.
func (s *socket) Disconnect() {
	s.mu.Lock()
	first := !s.disconnected && !s.gone
	s.disconnected = true
	close(s.more)
	s.more = make(chan struct{})
	s.mu.Unlock()
	if first {
		go func() {
			s.hub.mu.Lock()
			c := s.hub.sockets[s]
			s.hub.mu.Unlock()
			if c != nil {
				c.end(true, false)
			}
		}()
	}
}

func (s *socket) revive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = false
}

func (s *socket) isGone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}

func (s *socket) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, m := range s.sent {
		fmt.Fprintf(&b, "  %s %s\n", m.Event, m.Data)
	}
	return b.String()
}

// until waits until holds is true of the socket, looked at under its lock.
func (s *socket) until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		ok, more := s.look(holds)
		if ok {
			return
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("%s: not within %s; sent so far:\n%s", what, patience, s)
		}
	}
}

func (s *socket) look(holds func() bool) (ok bool, more chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return holds(), s.more
}

// expect waits for the next event of a name, and returns its payload. What came before it
// is passed over.
func (s *socket) expect(t testing.TB, event string) (payload map[string]any) {
	t.Helper()
	s.until(t, "waiting for "+event, func() bool {
		for ; s.read < len(s.sent); s.read++ {
			if m := s.sent[s.read]; m.Event == event {
				s.read++
				if m.Data[0] == '{' {
					payload = fields(m.Data)
				}
				return true
			}
		}
		return false
	})
	return payload
}

func fields(data json.RawMessage) (f map[string]any) {
	if err := json.Unmarshal(data, &f); err != nil {
		panic(fmt.Sprintf("%s: %v", data, err))
	}
	return f
}

// names are the events that were sent, in order, leaving out some.
func (s *socket) names(without ...string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(namesOf(s.sent), func(name string) bool { return slices.Contains(without, name) })
}

func namesOf(messages []live.Message) (names []string) {
	for _, m := range messages {
		names = append(names, m.Event)
	}
	return names
}

// logged are the sent events of a group's log.
func (s *socket) logged(groupID string) (events []live.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return loggedOf(s.sent, groupID)
}

func loggedOf(sent []live.Message, groupID string) (events []live.Message) {
	for _, m := range sent {
		if m.Event == "notifications" || m.Event == "joined_group" {
			continue
		}
		if of, seq := placeOf(m); seq > 0 && of == groupID {
			events = append(events, m)
		}
	}
	return events
}

// placeOf is the group and the seq of an event of a log; seq is 0 for any other.
func placeOf(m live.Message) (groupID string, seq int64) {
	var place struct {
		GroupID string `json:"groupId"`
		Seq     int64  `json:"seq"`
	}
	if err := json.Unmarshal(m.Data, &place); err != nil {
		panic(fmt.Sprintf("%s %s: %v", m.Event, m.Data, err))
	}
	return place.GroupID, place.Seq
}

// untilSeq waits until the socket was sent the event of a group with a seq.
func (s *socket) untilSeq(t testing.TB, groupID string, seq int64) {
	t.Helper()
	seen := 0
	s.until(t, fmt.Sprintf("waiting for seq %d", seq), func() bool {
		for ; seen < len(s.sent); seen++ {
			if events := loggedOf(s.sent[seen:seen+1], groupID); len(events) == 1 && seqOf(events[0]) >= seq {
				return true
			}
		}
		return false
	})
}

func seqOf(m live.Message) int64 {
	_, seq := placeOf(m)
	return seq
}

// seqs are the numbers of the sent events of a group's log.
func (s *socket) seqs(groupID string) (seqs []int64) {
	for _, m := range s.logged(groupID) {
		seqs = append(seqs, seqOf(m))
	}
	return seqs
}

// wantSeqs fails the test unless the socket saw exactly first to last of a group, in order.
func (s *socket) wantSeqs(t testing.TB, groupID string, first, last int64) {
	t.Helper()
	got := s.seqs(groupID)
	if int64(len(got)) != last-first+1 {
		t.Errorf("%s: got %d events of the group, want %d to %d: %v", s.id, len(got), first, last, got)
		return
	}
	for i, seq := range got {
		if want := first + int64(i); seq != want {
			t.Fatalf("%s: got seq %d at place %d, want %d", s.id, seq, i, want)
		}
	}
}
