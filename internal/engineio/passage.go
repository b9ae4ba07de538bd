package engineio

import (
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
)

// Passage follows what is queued for many sessions until the last byte of it was handed to the system, or
// the session that it was for is over.
type Passage struct {
	left     atomic.Int64 // sessions that still have some of it, and one more until it is sealed
	sessions int
	done     func(sessions int)
}

// NewPassage returns a Passage for Session.Queue. done is called once, with how many sessions it
// was queued for; it must neither wait nor call a session.
func NewPassage(done func(sessions int)) *Passage {
	p := &Passage{done: done}
	p.left.Store(1)
	return p
}

// Seal says that it is queued for no more sessions. Queue and Seal are not called at the same time.
func (p *Passage) Seal() { p.passed() }

func (p *Passage) queued() {
	p.sessions++
	p.left.Add(1)
}

func (p *Passage) passed() {
	if p.left.Add(-1) == 0 {
		p.done(p.sessions)
	}
}

// mark is where in a queue something ends that is followed.
type mark struct {
	end     int // of frames
	passage *Passage
}

// follow notes that the frames which were pushed last are followed.
func (q *queue) follow(p *Passage) {
	p.queued()
	q.list.marks = append(q.list.marks, mark{len(q.list.frames), p})
}

// pass tells of what has left the queue up to its head.
func (l *frameList) pass(head int) {
	n := 0
	for n < len(l.marks) && l.marks[n].end <= head {
		l.marks[n].passage.passed()
		n++
	}
	if n == len(l.marks) {
		l.marks = l.marks[:0]
	} else {
		l.marks = l.marks[n:]
	}
}

// The buckets of Waited: up to 256 bytes, and each four times as large as the one before.
const (
	waitedOneOf   = 8 // writes of a session, of which one counts
	waitedBuckets = 8
	waitedShards  = 8
)

// WaitedBounds are the upper bounds, in bytes, of the buckets of Waited; the last bucket has none.
func WaitedBounds() (bounds []float64) {
	for i := range waitedBuckets - 1 {
		bounds = append(bounds, float64(int(256)<<(2*i)))
	}
	return bounds
}

// Waited is how many bytes waited for a client when some of them were written, of one write in eight.
type Waited struct {
	Buckets [waitedBuckets]uint64 // how often so many
	Sum     uint64
}

// waited counts that. It is spread over cache lines, since sessions write at the same time.
type waited [waitedShards]struct {
	buckets [waitedBuckets]atomic.Uint64
	sum     atomic.Uint64
	_       [56]byte
}

// add counts that so many bytes waited for a session. Which shard takes it is left to chance: whatever a session has
// of its own would have to be fetched from memory first.
func (w *waited) add(bytes int) {
	shard := &w[rand.Uint32()%waitedShards] //nolint:gosec // nobody gains by guessing it
	bucket := (max(bits.Len32(uint32(bytes-1)), 8) - 7) / 2
	shard.buckets[min(bucket, waitedBuckets-1)].Add(1)
	shard.sum.Add(uint64(bytes))
}

func (w *waited) read() (all Waited) {
	for i := range w {
		for b := range w[i].buckets {
			all.Buckets[b] += w[i].buckets[b].Load()
		}
		all.Sum += w[i].sum.Load()
	}
	return all
}

// Waited reads how many bytes waited for clients since the start.
func (srv *Server) Waited() Waited { return srv.count.waited.read() }
