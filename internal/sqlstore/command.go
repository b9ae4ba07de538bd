package sqlstore

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/zikr-app/zikr"
)

// command is one call of Update on its way.
type command struct {
	ctx   context.Context
	run   func(zikr.Tx) error
	state atomic.Int32
	runs  int           // how often it ran alone and was disturbed
	err   error         // the outcome, once done is closed
	done  chan struct{} // closed when the caller is answered
	once  sync.Once
}

// The states of a command: it waits in the queue until the writer takes it or
// its caller gives it up, whichever is first.
const (
	waiting int32 = iota
	running
	givenUp
)

func newCommand(ctx context.Context, run func(zikr.Tx) error) *command {
	return &command{ctx: ctx, run: run, done: make(chan struct{})}
}

// take claims the command for the writer. From then on its outcome is told, whatever its context.
func (c *command) take() bool {
	return c.ctx.Err() == nil && c.state.CompareAndSwap(waiting, running)
}

// giveUp is the caller's: it reports whether the command will never run.
func (c *command) giveUp() bool { return c.state.CompareAndSwap(waiting, givenUp) }

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
