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
	list := flushes.Get().(*[]*engineio.Session)
	var later bool
	*list, later = r.broadcast(srv, to, messages, (*list)[:0])
	srv.engine.Flush(*list, later)
	clear(*list)
	flushes.Put(list)
}

// burst is how many times as far apart as the linger is long broadcasts may be for the
// next to wait: alone it goes out at once.
const burst = 2

// broadcast queues messages and appends the sessions that are to be flushed: later,
// when they follow others so closely that more may come.
func (r *room) broadcast(srv *Server, to Target, messages []Message, flush []*engineio.Session) (_ []*engineio.Session, later bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	later = now.Sub(r.sent) < burst*srv.engine.Linger()
	r.sent = now
	b := newBatch(messages, srv.nextPositions(len(messages)))
	for _, m := range r.members {
		if !to.includes(m.socket) {
			continue
		}
		if sess := m.socket.deliver(b, later); sess != nil {
			flush = append(flush, sess)
		}
	}
	r.log.add(srv, b, to, now)
	return flush, later
}
