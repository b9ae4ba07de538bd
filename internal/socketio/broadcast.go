package socketio

import (
	"sync"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Target says whom a broadcast is for.
type Target struct {
	Room      string // its members
	Namespace string // only those in this namespace; "" is all of them
	Except    string // but not the socket with this id
}

func (t *Target) includes(s *Socket) bool {
	return (t.Namespace == "" || t.Namespace == s.ns.name) && (t.Except == "" || t.Except != s.id)
}

// flushes are lists of sessions to be written, kept for the next broadcast.
var flushes = sync.Pool{New: func() any { return new([]*engineio.Session) }}

// Broadcast sends messages to the members of a room. When it returns they are
// in every member's queue, all of them one after another, and after everything
// that was broadcast to the room before; whoever cannot take them is closed.
func (srv *Server) Broadcast(to Target, messages ...Message) {
	r := srv.rooms.find(to.Room)
	if r == nil || len(messages) == 0 {
		return
	}
	srv.toRoom(r, to, srv.newBatch(messages, 1))
}

// BroadcastAll is Broadcast of the same messages to many rooms, one after another: they are encoded
// and kept once for all of them. to.Room is not looked at. Who is in several gets them several times.
func (srv *Server) BroadcastAll(rooms []string, to Target, messages ...Message) {
	var there []*room
	for _, name := range rooms {
		if r := srv.rooms.find(name); r != nil {
			there = append(there, r)
		}
	}
	if len(there) == 0 || len(messages) == 0 {
		return
	}
	b := srv.newBatch(messages, len(there))
	for _, r := range there {
		srv.toRoom(r, to, b)
	}
}

// toRoom broadcasts a batch to a room.
func (srv *Server) toRoom(r *room, to Target, b *batch) {
	list := flushes.Get().(*[]*engineio.Session)
	var later bool
	*list, later = r.broadcast(srv, to, b, (*list)[:0])
	srv.engine.Flush(*list, later)
	clear(*list)
	flushes.Put(list)
}

// burst is how many times as far apart as the linger is long broadcasts may be for the
// next to wait: alone it goes out at once.
const burst = 2

// broadcast queues a batch and appends the sessions that are to be flushed: later,
// when it follows others so closely that more may come.
func (r *room) broadcast(srv *Server, to Target, b *batch, flush []*engineio.Session) (_ []*engineio.Session, later bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return flush, false
	}
	now := time.Now()
	later = now.Sub(r.sent) < burst*srv.engine.Linger()
	r.sent = now
	if b.first == 0 {
		b.first = srv.nextPositions(len(b.messages))
	}
	share := b.size / max(len(r.members), 1)
	for _, m := range r.members {
		if !to.includes(m.socket) {
			continue
		}
		if sess := m.socket.deliver(b, share, later); sess != nil {
			flush = append(flush, sess)
		}
	}
	r.log.add(srv, b, to, now)
	return flush, later
}
