package sqlstore

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zikr-app/zikr"
)

// command is one call of Update on its way.
type command struct {
	ctx   context.Context
	run   func(zikr.Tx) error
	state atomic.Int32
	came  time.Time     // when it began to wait
	runs  int           // how often it ran alone and was disturbed
	err   error         // the outcome, once done is closed
	done  chan struct{} // closed when the caller is answered
	once  sync.Once
}

// The states of a command. It waits in the queue, and until its batch has begun; then it runs; then, where
// an answer may be lost on the way, its commit is sent. Its caller may give it up while it waits, and leave
// while it is sent, but never while it runs.
const (
	waiting int32 = iota
	running
	sent
	givenUp
)

func newCommand(ctx context.Context, run func(zikr.Tx) error) *command {
	return &command{ctx: ctx, run: run, came: time.Now(), done: make(chan struct{})}
}

// wanted reports whether the command is still to be done.
func (c *command) wanted() bool { return c.ctx.Err() == nil && c.state.Load() == waiting }

// take claims the command for the writer. From then on its outcome is told, whatever its context.
func (c *command) take() bool {
	return c.ctx.Err() == nil && c.state.CompareAndSwap(waiting, running)
}

// send is the writer's, when the commit of a command that ran is about to be sent.
func (c *command) send() { c.state.Store(sent) }

// putBack is the writer's, of a command of which nothing was stored: it reports whether it is to run again. If
// its time is over, its caller is told that it was not done; one who has left cannot be told.
func (c *command) putBack() bool {
	if !c.state.CompareAndSwap(running, waiting) && !c.state.CompareAndSwap(sent, waiting) {
		return false
	}
	if c.ctx.Err() != nil {
		c.answer(tooLate(busyPause))
		return false
	}
	return true
}

// giveUp is the caller's: it reports whether the command will never run.
func (c *command) giveUp() bool { return c.state.CompareAndSwap(waiting, givenUp) }

// leave is the caller's too: it reports whether the commit is sent, and nobody can tell yet what became of it.
func (c *command) leave() bool { return c.state.CompareAndSwap(sent, givenUp) }

// answer tells the caller the outcome. Only the first answer counts.
func (c *command) answer(err error) {
	c.once.Do(func() {
		c.err = err
		close(c.done)
	})
}

// call runs the command. A panic becomes an error, so that one command cannot
// take the others with it.
func (c *command) call(t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("command panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return c.run(t)
}
