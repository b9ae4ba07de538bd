package live

import (
	"container/heap"
	"sync"
	"time"
)

// longestWait bounds how long a timer runs at a stretch, because the clock that
// tokens expire by can be set while it runs.
const longestWait = time.Minute

// expiries ends connections when their tokens expire, with one timer for all.
type expiries struct {
	now    func() time.Time
	expire func(*Conn)

	mu     sync.Mutex
	heap   byExpiry
	timer  *time.Timer // fires for the first of the heap; nil while the heap is empty
	closed bool
}

// add begins to watch a connection. A token without an end is not watched.
func (e *expiries) add(c *Conn) {
	if c.session.expires == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.isGone() { // before it was added: nobody would remove it
		return
	}
	heap.Push(&e.heap, c)
	if c.due == 1 {
		e.wind()
	}
}

// remove ends it.
func (e *expiries) remove(c *Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.due > 0 {
		heap.Remove(&e.heap, int(c.due)-1)
	}
}

// wind sets the timer for the first that expires. The caller holds mu.
func (e *expiries) wind() {
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	if len(e.heap) == 0 || e.closed {
		return
	}
	wait := moment(e.heap[0].session.expires).Sub(e.now())
	e.timer = time.AfterFunc(min(max(wait, 0), longestWait), e.tick)
}

// tick ends the connections whose time has come.
func (e *expiries) tick() {
	for _, c := range e.take() {
		e.expire(c)
	}
}

func (e *expiries) take() []*Conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	var over []*Conn
	for now := e.now().UnixMilli(); len(e.heap) > 0 && e.heap[0].session.expires <= now; {
		over = append(over, heap.Pop(&e.heap).(*Conn))
	}
	e.wind()
	return over
}

func (e *expiries) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.wind()
}

// byExpiry is a heap, the earliest first; Conn.due is kept at index + 1.
type byExpiry []*Conn

func (h byExpiry) Len() int           { return len(h) }
func (h byExpiry) Less(i, j int) bool { return h[i].session.expires < h[j].session.expires }
func (h byExpiry) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].due, h[j].due = int32(i+1), int32(j+1) // #nosec G115 -- of connections, of which there are fewer
}

func (h *byExpiry) Push(x any) {
	c := x.(*Conn)
	*h = append(*h, c)
	c.due = int32(len(*h)) // #nosec G115 -- as above
}

func (h *byExpiry) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	c.due = 0
	return c
}
