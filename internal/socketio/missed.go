package socketio

import (
	"cmp"
	"slices"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
)

// logged is a broadcast that a room keeps.
type logged struct {
	batch *batch
	to    Target
	at    time.Time
}

// roomLog is what was broadcast to a room lately; guarded by the room's mu.
type roomLog struct {
	entries []logged
	bytes   int
	floor   uint64 // the last position that is not kept any more
}

// add keeps a broadcast, as long as the server's options say.
func (l *roomLog) add(srv *Server, b *batch, to Target) {
	if srv.opt.Recovery <= 0 {
		return
	}
	now := time.Now()
	l.entries = append(l.entries, logged{b, to, now})
	l.bytes += b.size
	l.prune(now.Add(-srv.opt.Recovery), srv.queueBytes())
}

// prune drops what was sent before a time, and more if that leaves above limit
// bytes: so much would not fit into the queue of one who missed it all.
func (l *roomLog) prune(before time.Time, limit int) {
	n := 0
	for n < len(l.entries) && (l.bytes > limit || l.entries[n].at.Before(before)) {
		b := l.entries[n].batch
		l.bytes -= b.size
		l.floor = b.last()
		n++
	}
	l.entries = slices.Delete(l.entries, 0, n)
	if len(l.entries) == 0 {
		l.entries = nil
	}
}

// owed is a batch that a socket may have missed, and its bytes.
type owed struct {
	batch  *batch
	frames []engineio.Frame
}

// since returns what the room keeps for m. It is false when some of what came
// after the position from, and after m joined, is not kept any more.
func (r *room) since(m *membership, from uint64, to recipient) (list []owed, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log.floor > max(from, m.since) {
		return nil, false
	}
	for _, e := range r.log.entries {
		if e.batch.first > m.since && e.to.includes(m.socket) {
			list = append(list, owed{e.batch, e.batch.frames(to)})
		}
	}
	return list, true
}

// sentLog is what a socket knows of what was queued for its client; guarded by
// the socket's mu.
type sentLog struct {
	last  uint64 // the highest position
	late  []late
	own   []ownBatch
	bytes int    // of own
	lost  uint64 // offsets below this are too old
}

// late is a batch that was queued after messages of higher positions.
type late struct {
	first, last uint64 // its positions
	after       uint64 // the highest position that was queued before it
}

// ownBatch was sent to this socket alone, when the client had been sent so many pings.
type ownBatch struct {
	batch *batch
	pings uint32
}

// note notes that b is queued now.
func (l *sentLog) note(b *batch) {
	if b.first < l.last {
		if len(l.late) == maxLate {
			l.lost = max(l.lost, l.late[0].after+1)
			l.late = slices.Delete(l.late, 0, 1)
		}
		l.late = append(l.late, late{b.first, b.last(), l.last})
	}
	l.last = max(l.last, b.last())
}

// keep keeps b until the client has got it, up to limit bytes in all.
func (l *sentLog) keep(b *batch, pings uint32, limit int) {
	l.own = append(l.own, ownBatch{b, pings})
	l.bytes += b.size
	n := 0
	for over := l.bytes - limit; over > 0 && n < len(l.own); n++ {
		over -= l.own[n].batch.size
	}
	l.forget(n)
}

// received drops what the client has got: it answered ping number pings.
func (l *sentLog) received(pings uint32) {
	n := 0
	for n < len(l.own) && l.own[n].pings < pings {
		n++
	}
	l.forget(n)
}

func (l *sentLog) forget(n int) {
	for _, o := range l.own[:n] {
		l.bytes -= o.batch.size
		l.lost = max(l.lost, o.batch.last())
	}
	l.own = slices.Delete(l.own, 0, n)
	if len(l.own) == 0 {
		l.own = nil
	}
}

// turn is when a message was queued, in relation to others of the same socket.
type turn struct {
	after    uint64 // the highest position before or at it
	late     int    // 0 if it was not late, else its place among those that were, from 1
	position uint64
}

func (l *sentLog) turn(position uint64) turn {
	for i, e := range l.late {
		if e.first <= position && position <= e.last {
			return turn{e.after, i + 1, position}
		}
	}
	return turn{after: position, position: position}
}

// compare orders turns. A late batch comes after the position it was late for,
// and before the next that was in time.
func (t turn) compare(u turn) int {
	return cmp.Or(cmp.Compare(t.after, u.after), cmp.Compare(t.late, u.late), cmp.Compare(t.position, u.position))
}

// needed is the position after which all that rooms keep is needed to find out
// what was missed after offset: less than offset, if something was late for it.
func (l *sentLog) needed(offset uint64) uint64 {
	from, got := offset, l.turn(offset)
	for _, e := range l.late {
		if l.turn(e.last).compare(got) > 0 {
			from = min(from, e.first-1)
		}
	}
	return from
}

// missed picks out of list the frames that were queued after the message at
// offset, in the order they were queued. A batch may be listed twice.
func (l *sentLog) missed(list []owed, offset uint64) []engineio.Frame {
	type item struct {
		turn  turn
		frame []engineio.Frame
	}
	got, seen := l.turn(offset), make(map[*batch]bool, len(list))
	var items []item
	for _, o := range list {
		if seen[o.batch] {
			continue
		}
		seen[o.batch] = true
		per := len(o.frames) / len(o.batch.messages) // 1, but for attachments
		for i := range o.batch.messages {
			if t := l.turn(o.batch.first + uint64(i)); t.compare(got) > 0 {
				items = append(items, item{t, o.frames[i*per : (i+1)*per]})
			}
		}
	}
	slices.SortFunc(items, func(a, b item) int { return a.turn.compare(b.turn) })
	var frames []engineio.Frame
	for _, it := range items {
		frames = append(frames, it.frame...)
	}
	return frames
}
