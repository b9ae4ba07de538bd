package live

import (
	"context"
	"encoding/json"
	"time"

	"github.com/zikr-app/zikr"
)

// maxWaiting is how many events of one connection may be under way: the next one is not read
// until one is answered. It is more than a default burst, so that only a client without a rate
// limit meets it.
const maxWaiting = 256

// call is one event of a client on its way to an answer.
type call struct {
	event string // "unknown" if there is none of that name
	echo  string // its name as the client sent it, cut
	came  time.Time
	ack   func(json.RawMessage)
	run   run
	quick bool // it does not wait
	handler
	refusal error // why it is not run at all
	// flooding is whether that is because the user sends too many.
	flooding bool
	ctx      context.Context // holds its span, if it is followed; else nil
	span     zikr.Span       // nil: it is not followed
}

// line is the events of one connection that are under way. Each is a goroutine
// that waits for its turn: an event runs when all earlier ones are answered; one
// that goes together with its like runs when the last that does not is answered.
// All are answered in the order in which they came, because some confirmations
// (zikr_update_confirmed) do not say which event they answer. An idle connection
// has none.
type line struct {
	length int
	start  time.Time       // when a long replay ended, which what came meanwhile is not to blame for
	room   chan struct{}   // closed when an event is answered, if somebody waits for that
	last   <-chan struct{} // closed when the last event is answered
	fence  <-chan struct{} // the same of the last that runs alone
}

// turn is what one call waits for, and what waits for it.
type turn struct {
	run    <-chan struct{} // until then it must not run
	answer <-chan struct{} // until then it must not be answered
	done   chan struct{}
}

// submit answers the call in its turn. The caller has begun it in Gateway.calls.
func (c *Conn) submit(k *call) {
	t, queued := c.enqueue(k)
	if !queued {
		c.handle(k, t)
		c.g.calls.end()
		return
	}
	go func() {
		c.handle(k, t)
		c.dequeue(t)
		c.g.calls.end()
	}()
}

// handle runs the call and answers it, each in its turn.
func (c *Conn) handle(k *call, t turn) {
	var p zikr.Payload
	err := k.refusal
	if err == nil {
		wait(t.run)
		p, err = c.perform(k)
	}
	wait(t.answer)
	c.answer(k, p, err)
}

// awaitRoom waits while too many events of the connection are under way, and so has nothing
// more read of it.
func (c *Conn) awaitRoom() {
	for room := c.full(); room != nil; room = c.full() {
		c.socket.Waits()
		<-room
	}
}

// full returns what is closed when there may be room for another event; nil if there is.
func (c *Conn) full() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == nil || c.line.length < maxWaiting {
		return nil
	}
	if c.line.room == nil {
		c.line.room = make(chan struct{})
	}
	return c.line.room
}

// enqueue gives the call its turn. It reports false for one that needs none: it
// is refused or quickly done, and nothing is before it.
func (c *Conn) enqueue(k *call) (turn, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == nil {
		if k.refusal != nil || k.quick {
			return turn{}, false
		}
		c.line = new(line)
	}
	l := c.line
	t := turn{run: l.last, answer: l.last, done: make(chan struct{})}
	l.last = t.done
	if k.together {
		t.run = l.fence
	} else {
		l.fence = t.done
	}
	l.length++
	return t, true
}

// dequeue lets those run that wait for the call.
func (c *Conn) dequeue(t turn) {
	c.mu.Lock()
	c.line.length--
	if c.line.room != nil {
		close(c.line.room)
		c.line.room = nil
	}
	if c.line.length == 0 {
		c.line = nil
	}
	c.mu.Unlock()
	close(t.done)
}

// underWay is closed when all events of the connection are answered; nil if they are.
func (c *Conn) underWay() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == nil {
		return nil
	}
	return c.line.last
}

// startOf is when the call's deadline begins to run.
func (c *Conn) startOf(k *call) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil && c.line.start.After(k.came) {
		return c.line.start
	}
	return k.came
}

// restart gives everything that waits in the line its deadline anew.
func (c *Conn) restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil {
		c.line.start = c.g.now()
	}
}

// wait waits for what is not nil.
func wait(ready <-chan struct{}) {
	if ready != nil {
		<-ready
	}
}
