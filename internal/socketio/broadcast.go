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
func (srv *Server) Broadcast(to Target, messages ...Message) { srv.BroadcastThen(to, nil, messages...) }

// BroadcastThen is Broadcast that calls written, if it is not nil, once when the last byte was handed to the
// system for each connection that the messages were queued for, or that connection has ended; not, if there was
// none. It must neither wait nor call the server.
func (srv *Server) BroadcastThen(to Target, written func(connections int), messages ...Message) {
	r := srv.rooms.find(to.Room)
	if r == nil || len(messages) == 0 {
		return
	}
	rooms := [1]*room{r}
	if written == nil {
		srv.send(rooms[:], to, srv.newBatch(messages, 1), nil)
		return
	}
	p := engineio.NewPassage(func(connections int) {
		if connections > 0 {
			written(connections)
		}
	})
	srv.send(rooms[:], to, srv.newBatch(messages, 1), p)
	p.Seal()
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
	srv.send(there, to, srv.newBatch(messages, len(there)), nil)
}

// send broadcasts a batch to rooms, and has all sessions flushed together.
func (srv *Server) send(rooms []*room, to Target, b *batch, p *engineio.Passage) {
	list := flushes.Get().(*[]*engineio.Session)
	now := (*list)[:0]
	for _, r := range rooms {
		all, later := r.broadcast(srv, to, b, p, now)
		if later {
			srv.engine.Flush(all[len(now):], true)
			clear(all[len(now):])
			all = all[:len(now)]
		}
		now = all
	}
	srv.engine.Flush(now, false)
	clear(now)
	*list = now
	flushes.Put(list)
}

// burst is how many times as far apart as the linger is long broadcasts may be for the
// next to wait: alone it goes out at once.
const burst = 2

// broadcast queues a batch and appends the sessions that are to be flushed: later,
// when it follows others so closely that more may come.
func (r *room) broadcast(srv *Server, to Target, b *batch, p *engineio.Passage, flush []*engineio.Session) (_ []*engineio.Session, later bool) {
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
		if sess := m.socket.deliver(b, share, later, p); sess != nil {
			flush = append(flush, sess)
		}
	}
	r.log.add(srv, b, to, now)
	return flush, later
}
