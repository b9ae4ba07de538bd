package sqlstore

import (
	"sync"
	"time"

	"github.com/zikr-app/zikr"
)

// lines are the commands that wait: a line for each key, so that the commands of
// one key run in the order in which they came, one batch after another, while those of
// other keys need not wait for them. The line that has waited longest is next, and goes back
// to the end after each batch: however many commands wait for one group, the
// others get their turn.
type lines struct {
	limit int // of all commands together

	mu      sync.Mutex
	more    sync.Cond // signalled for each line that gets ready, and when the lines are closed
	byKey   map[zikr.Key]*line
	ready   []*line // of which no batch is under way, and somebody waits
	waiting int     // commands in all lines
	closed  bool
}

// line is the commands of one key.
type line struct {
	key      zikr.Key
	commands []*command
}

func newLines(limit int) *lines {
	l := &lines{limit: limit, byKey: make(map[zikr.Key]*line)}
	l.more.L = &l.mu
	return l
}

// add puts a command at the end of its line. It fails with errFull or errClosed.
func (l *lines) add(key zikr.Key, c *command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	if l.waiting == l.limit {
		return errFull
	}
	l.waiting++
	of := l.byKey[key]
	if of == nil {
		of = &line{key: key}
		l.byKey[key] = of
		l.makeReady(of)
	}
	of.commands = append(of.commands, c)
	return nil
}

func (l *lines) makeReady(of *line) {
	l.ready = append(l.ready, of)
	l.more.Signal()
}

// next waits for a line and appends the first commands of it to batch, limit of them at
// most. Until done is called, nobody else gets that line. It returns nil when the lines are
// closed and no line is left that nobody works at.
func (l *lines) next(batch []*command, limit int) (*line, []*command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.ready) == 0 {
		if l.closed {
			return nil, batch
		}
		l.more.Wait()
	}
	of := l.ready[0]
	l.ready[0] = nil
	l.ready = l.ready[1:]
	n := min(limit, len(of.commands))
	batch = append(batch, of.commands[:n]...)
	clear(of.commands[:n])
	of.commands = of.commands[n:]
	l.waiting -= n
	return of, batch
}

// done gives a line back.
func (l *lines) done(of *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(of.commands) > 0 {
		l.makeReady(of)
		return
	}
	delete(l.byKey, of.key)
}

// close lets in no more commands.
func (l *lines) close() (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first, l.closed = !l.closed, true
	l.more.Broadcast()
	return first
}

// oldest is for how long the command has waited that has waited longest; 0 for none.
func (l *lines) oldest(now time.Time) (longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range l.byKey {
		if len(of.commands) > 0 {
			longest = max(longest, now.Sub(of.commands[0].came))
		}
	}
	return longest
}

// length is how many commands wait, and in how many lines that are ready.
func (l *lines) length() (commands, ready int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting, len(l.ready)
}
