package engineio

import "sync"

// maxSpare is the longest list of frames that is kept for another queue.
const maxSpare = 1024

// MaxQueueBytes is the most that Options.QueueBytes may be.
const MaxQueueBytes = 1 << 30

// queue holds the frames that wait for one session's client. An empty one owns
// no memory. It is not safe for concurrent use.
type queue struct {
	list  *frameList
	head  int32 // frames of list that are done
	bytes int32 // waiting, the rest of a half-written frame included
}

// frameCost is about what a frame takes in a queue beside its bytes: of small ones that is most.
const frameCost = 32

// weight is about how many bytes of memory frames take that wait.
func weight(frames []Frame) int { return totalSize(frames) + frameCost*len(frames) }

type frameList struct {
	frames []Frame
	marks  []mark // of what is followed; most lists have none
}

// lists are shared by all queues: most are needed for a moment only.
var lists = sync.Pool{New: func() any { return &frameList{frames: make([]Frame, 0, 16)} }}

func (q *queue) empty() bool { return q.list == nil }

// weight is about how many bytes of memory the queue takes.
func (q *queue) weight() int {
	if q.list == nil {
		return 0
	}
	return int(q.bytes) + frameCost*(len(q.list.frames)-int(q.head))
}

func (q *queue) push(frames ...Frame) {
	if len(frames) == 0 {
		return
	}
	if q.list == nil {
		q.list = lists.Get().(*frameList)
	}
	q.list.frames = append(q.list.frames, frames...)
	q.bytes += int32(totalSize(frames))
}

// peek appends the first frames to dst, as many as fit into its capacity.
func (q *queue) peek(dst [][]byte) [][]byte {
	if q.list == nil {
		return dst
	}
	waiting := q.list.frames[q.head:]
	for _, f := range waiting[:min(len(waiting), cap(dst)-len(dst))] {
		dst = append(dst, f)
	}
	return dst
}

// advance takes n written bytes off the front and says how many frames that
// finished.
func (q *queue) advance(n int) (done int) {
	q.bytes -= int32(n)
	for n > 0 {
		f := q.list.frames[q.head]
		if n < len(f) {
			q.list.frames[q.head] = f[n:]
			return done
		}
		n -= len(f)
		q.list.frames[q.head] = nil
		q.head++
		done++
	}
	if done > 0 && len(q.list.marks) > 0 {
		q.list.pass(int(q.head))
	}
	switch head := int(q.head); {
	case q.list == nil:
	case head == len(q.list.frames):
		q.reset()
	case head >= maxSpare && head >= len(q.list.frames)/2:
		q.list.forget(head) // one that never empties shall not grow without end
		q.head = 0
	}
	return done
}

// forget takes out the first frames, which are done.
func (l *frameList) forget(done int) {
	left := copy(l.frames, l.frames[done:])
	clear(l.frames[left:])
	l.frames = l.frames[:left]
	for i := range l.marks {
		l.marks[i].end -= done
	}
}

// take empties the queue and returns what was in it.
func (q *queue) take() []Frame {
	if q.list == nil {
		return nil
	}
	frames := append([]Frame(nil), q.list.frames[q.head:]...)
	q.reset()
	return frames
}

// reset drops everything.
func (q *queue) reset() {
	if q.list == nil {
		return
	}
	if len(q.list.marks) > 0 {
		q.list.pass(len(q.list.frames))
	}
	clear(q.list.frames)
	q.list.frames = q.list.frames[:0]
	if cap(q.list.frames) <= maxSpare {
		lists.Put(q.list)
	}
	*q = queue{}
}
