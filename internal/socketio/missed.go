package socketio

import (
	"cmp"
	"slices"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
)

// logged is a broadcast that a room keeps.
type logged struct {
	batch  *batch
	to     Target
	at     time.Time
	number uint64 // of the broadcast in this room, from 1
	weight int64  // what it takes, or the room's part of that
}

// roomLog is what was broadcast to a room lately; guarded by the room's mu.
type roomLog struct {
	count   uint64 // how much was ever broadcast to the room
	entries []logged
	bytes   int
	floor   uint64 // the last position that is not kept any more
	gone    uint64 // the number of the last broadcast that is not
}

// add keeps a broadcast, as long as the server's options say, and there is room for it.
func (l *roomLog) add(srv *Server, b *batch, to Target, now time.Time) {
	l.count++
	if srv.opt.Recovery <= 0 {
		return
	}
	e := logged{b, to, now, l.count, b.weight()}
	l.entries = append(l.entries, e)
	l.bytes += b.size
	srv.holdings.kept.Add(e.weight)
	l.prune(&srv.holdings, now.Add(-srv.opt.Recovery), srv.queueBytes())
	if srv.holdings.full() {
		srv.met(boundRecovery)
		l.makeRoom(&srv.holdings)
	}
}

// prune drops what was sent before a time, and more if that leaves above limit
// bytes: so much would not fit into the queue of one who missed it all.
func (l *roomLog) prune(kept *holdings, before time.Time, limit int) {
	n := 0
	for n < len(l.entries) && (l.bytes > limit || l.entries[n].at.Before(before)) {
		l.bytes -= l.entries[n].batch.size
		n++
	}
	l.drop(kept, n)
}

// makeRoom drops what is oldest until there is no more than may be, or nothing left.
func (l *roomLog) makeRoom(kept *holdings) {
	for len(l.entries) > 0 && kept.full() {
		n := (len(l.entries) + 1) / 2
		for _, e := range l.entries[:n] {
			l.bytes -= e.batch.size
		}
		l.drop(kept, n)
	}
}

// drop drops the first entries, whose bytes have been taken off.
func (l *roomLog) drop(kept *holdings, n int) {
	var weight int64
	for _, e := range l.entries[:n] {
		weight += e.weight
		l.floor = max(l.floor, e.batch.last())
		l.gone = e.number
	}
	kept.kept.Add(-weight)
	l.entries = slices.Delete(l.entries, 0, n)
	if len(l.entries) == 0 {
		l.entries = nil
	}
}

// forget drops all that a room keeps that nobody is in any more.
func (r *room) forget(kept *holdings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.drop(kept, len(r.log.entries))
	r.log.bytes = 0
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
	if r.log.floor > from && r.log.gone > m.since {
		return nil, false
	}
	for _, e := range r.log.entries {
		if e.number > m.since && e.to.includes(m.socket) {
			list = append(list, owed{e.batch, e.batch.frames(to)})
		}
	}
	return list, true
}

// sentLog is what a socket knows of what was queued for its client; guarded by
// the socket's mu.
type sentLog struct {
	last uint64 // the highest position
	late []late
	own  *ownLog // nil: there is nothing in it
	lost uint64  // offsets below this are too old
}

// late is a batch that was queued after messages of higher positions.
type late struct {
	first, last uint64 // its positions
	after       uint64 // the highest position that was queued before it
}

// note notes that the messages of positions first to last are queued now.
func (l *sentLog) note(first, last uint64) {
	if first < l.last {
		if len(l.late) == maxLate {
			l.lost = max(l.lost, l.late[0].after+1)
			l.late = slices.Delete(l.late, 0, 1)
		}
		l.late = append(l.late, late{first, last, l.last})
	}
	l.last = max(l.last, last)
}

// keep keeps the frames of a message until the client has got them, up to limit
// bytes in all. It was sent pings pings before.
func (l *sentLog) keep(frames []engineio.Frame, position uint64, pings uint32, limit int) {
	if l.own == nil {
		l.own = new(ownLog)
	}
	for _, f := range frames {
		l.own.add(f, position, pings)
	}
	over := l.own.size() - limit
	l.forget(func(p ownPacket) bool {
		drop := over > 0
		over -= int(p.size)
		return drop
	})
}

// received drops what the client has got: it answered ping number pings.
func (l *sentLog) received(pings uint32) {
	if l.own != nil {
		l.forget(func(p ownPacket) bool { return p.pings < pings })
	}
}

// size is how many bytes are kept of what was sent to the socket alone.
func (l *sentLog) size() int {
	if l.own == nil {
		return 0
	}
	return l.own.size()
}

// forget drops messages from the front as long as drop says so of a packet.
func (l *sentLog) forget(drop func(ownPacket) bool) {
	if last := l.own.forget(drop); last != 0 {
		l.lost = max(l.lost, last)
	}
	if l.own.size() == 0 {
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

// missed picks out of list, and of what was sent to the socket alone, the frames
// that were queued after the message at offset, in the order they were queued. A
// batch may be listed twice.
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
	if l.own != nil {
		l.own.each(func(position uint64, f engineio.Frame) {
			if t := l.turn(position); t.compare(got) > 0 {
				items = append(items, item{t, []engineio.Frame{f}})
			}
		})
	}
	// Stable: a message's attachments stay behind it.
	slices.SortStableFunc(items, func(a, b item) int { return a.turn.compare(b.turn) })
	var frames []engineio.Frame
	for _, it := range items {
		frames = append(frames, it.frame...)
	}
	return frames
}
