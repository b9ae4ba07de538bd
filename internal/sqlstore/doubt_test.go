//go:build unix

package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/pgtest"
)

// cutter is on the way to PostgreSQL, and loses the connection at a COMMIT, or lets nothing through
// without a word.
type cutter struct {
	net.Listener
	to     string
	before atomic.Bool // lose the next COMMIT itself
	after  atomic.Bool // lose the answer to the next COMMIT
	closed atomic.Bool // let nobody through that comes anew
	cuts   atomic.Int64
	busy   sync.WaitGroup

	commit atomic.Bool   // be silent from the next COMMIT on
	answer atomic.Bool   // be silent from the answer to the next COMMIT on
	held   chan struct{} // told when something is held up
	mu     sync.Mutex
	quiet  chan struct{} // while it is silent; closed when it ends
}

func (c *cutter) silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = make(chan struct{})
}

// mend lets everything through again, what was held up too.
func (c *cutter) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quiet != nil {
		close(c.quiet)
		c.quiet = nil
	}
}

// hold waits while it is silent.
func (c *cutter) hold() {
	c.mu.Lock()
	quiet := c.quiet
	c.mu.Unlock()
	if quiet == nil {
		return
	}
	select {
	case c.held <- struct{}{}:
	default:
	}
	<-quiet
}

// cutting puts a cutter before a database and returns the address that leads through it.
func cutting(t *testing.T, address string) (*cutter, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, to: u.Host, held: make(chan struct{}, 1)}
	c.busy.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
		c.mend()
		c.busy.Wait()
	})
	u.Host = l.Addr().String()
	return c, u.String()
}

func (c *cutter) accept() {
	for {
		client, err := c.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", c.to)
		if err != nil || c.closed.Load() {
			_ = client.Close()
			continue
		}
		var mute atomic.Bool
		end := func() {
			_ = client.Close()
			_ = server.Close()
		}
		c.busy.Go(func() {
			defer end()
			pass(server, client, func(data []byte) bool {
				c.hold()
				if !bytes.Contains(data, []byte("COMMIT\x00")) {
					return true
				}
				if c.before.CompareAndSwap(true, false) {
					c.cuts.Add(1)
					return false
				}
				if c.commit.CompareAndSwap(true, false) {
					c.silence()
					c.hold()
				}
				if c.answer.CompareAndSwap(true, false) {
					c.silence()
				}
				mute.Store(c.after.CompareAndSwap(true, false))
				return true
			})
		})
		c.busy.Go(func() {
			defer end()
			pass(client, server, func([]byte) bool {
				c.hold()
				if mute.Load() {
					c.cuts.Add(1)
				}
				return !mute.Load()
			})
		})
	}
}

// pass copies what may pass, until something may not.
func pass(to io.Writer, from io.Reader, may func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && !may(buf[:n]) || err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// throughCutter opens a store behind a cutter, with a group g, and what it announced.
func throughCutter(t *testing.T) (*cutter, *Store, func() int) {
	t.Helper()
	c, address := cutting(t, pgtest.Database(t))
	var mu sync.Mutex
	told := 0
	s, err := Open(context.Background(), Options{URL: address, Log: slog.New(slog.DiscardHandler), Publish: func(_ string, events []zikr.Event) {
		mu.Lock()
		defer mu.Unlock()
		told += len(events)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	err = update(s, func(tx zikr.Tx) error {
		return errors.Join(insertUser("u")(tx), tx.InsertGroup(zikr.Group{ID: "g", AdminID: "u", CreatedAt: time.Now()}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, s, func() int {
		mu.Lock()
		defer mu.Unlock()
		return told
	}
}

// LogOne is a command of the group g that must not run twice. Tests of both packages run it.
func LogOne(tx zikr.Tx) error {
	g, err := tx.Group("g")
	if err != nil {
		return err
	}
	g.Seq++
	return errors.Join(tx.AppendEvent(zikr.Event{GroupID: "g", Seq: g.Seq, Name: "x", Data: []byte("{}"), At: time.Now()}), tx.UpdateGroup(*g))
}

// wantLogged sees how many events are stored.
func wantLogged(t *testing.T, s *Store, want int64) {
	t.Helper()
	err := s.View(context.Background(), func(r zikr.Reader) error {
		g, errG := r.Group("g")
		events, errE := r.Events("g", 0, 1000)
		if err := errors.Join(errG, errE); err != nil {
			return err
		}
		if g.Seq != want || int64(len(events)) != want {
			return fmt.Errorf("seq %d and %d events are stored, want %d", g.Seq, len(events), want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLostCommit: whether the commit or the answer to it is lost, the command is confirmed, and done once.
func TestLostCommit(t *testing.T) {
	c, s, told := throughCutter(t)
	for i, lose := range []*atomic.Bool{&c.before, &c.after, &c.before, &c.after} {
		lose.Store(true)
		if err := s.Update(t.Context(), zikr.GroupKey("g"), LogOne); err != nil {
			t.Errorf("command %d: %v", i, err)
		}
		wantLogged(t, s, int64(i)+1)
		if got := told(); got != i+1 {
			t.Errorf("after %d commands %d events were announced", i+1, got)
		}
	}
	if got := c.cuts.Load(); got != 4 {
		t.Errorf("the connection was cut %d times, want 4", got)
	}
}

// TestCommitThatStaysInDoubt: when the database cannot be asked, the caller is told so; what was stored
// is announced when it can.
func TestCommitThatStaysInDoubt(t *testing.T) {
	c, s, told := throughCutter(t)
	s.grace = time.Millisecond
	stored := int64(0)
	for _, lose := range []*atomic.Bool{&c.before, &c.after} {
		lose.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Update(ctx, zikr.GroupKey("g"), func(tx zikr.Tx) error {
			c.closed.Store(true)
			cancel()
			return LogOne(tx)
		})
		var d *doubt
		if !errors.As(err, &d) {
			t.Errorf("got %v, want a doubt", err)
		}
		c.closed.Store(false)
		if lose == &c.after {
			stored++
		}
		// The line goes on when it is known what became of the commit.
		if err := s.Update(t.Context(), zikr.GroupKey("g"), LogOne); err != nil {
			t.Error(err)
		}
		stored++
		wantLogged(t, s, stored)
		if got := told(); int64(got) != stored {
			t.Errorf("%d events are stored, %d were announced", stored, got)
		}
	}
}

// TestSilence: where the way to the database swallows everything, the caller whose time is over is told at once
// that nothing was done, if the batch has not begun, and that the outcome is not known, if its commit is on the
// way. When the database is heard again, the former is not stored, and the latter is, and announced.
func TestSilence(t *testing.T) {
	c, s, told := throughCutter(t)
	s.grace = time.Millisecond
	stored := int64(0)
	for name, tc := range map[string]struct {
		begin func()
		doubt bool
	}{
		"before the batch":       {begin: c.silence},
		"at the commit":          {begin: func() { c.commit.Store(true) }, doubt: true},
		"at the commit's answer": {begin: func() { c.answer.Store(true) }, doubt: true},
	} {
		tc.begin()
		ctx, cancel := context.WithCancel(t.Context())
		outcome := make(chan error, 1)
		go func() { outcome <- s.Update(ctx, zikr.GroupKey("g"), LogOne) }()
		<-c.held
		cancel()
		err := <-outcome
		var d *doubt
		switch {
		case !tc.doubt && zikr.CodeOf(err) != zikr.CodeRateLimited:
			t.Errorf("%s: got %v, want rate_limited", name, err)
		case tc.doubt && (!errors.As(err, &d) || errors.Is(err, context.DeadlineExceeded)):
			t.Errorf("%s: got %v, want a doubt", name, err)
		case tc.doubt:
			stored++
		}
		c.mend()
		if err := s.Update(t.Context(), zikr.GroupKey("g"), LogOne); err != nil {
			t.Errorf("%s: when it is heard again: %v", name, err)
		}
		stored++
		wantLogged(t, s, stored)
		if got := told(); int64(got) != stored {
			t.Errorf("%s: %d events are stored, %d were announced", name, stored, got)
		}
		for len(c.held) > 0 {
			<-c.held
		}
	}
}

// late is the context of a caller whose answer is due, and who waits still.
type late struct{ context.Context }

func (late) Deadline() (time.Time, bool) { return time.Now(), true }

// TestSilenceInABatch: of a batch that does not come as far as its commit nothing is stored, and the caller is told so.
func TestSilenceInABatch(t *testing.T) {
	c, s, told := throughCutter(t)
	if err := s.Update(late{t.Context()}, zikr.GroupKey("g"), LogOne); err != nil {
		t.Errorf("while it is heard: %v", err)
	}
	for _, w := range s.writers {
		w.patience = 50 * time.Millisecond
	}
	err := s.Update(late{t.Context()}, zikr.GroupKey("g"), func(tx zikr.Tx) error {
		c.silence()
		return LogOne(tx)
	})
	if zikr.CodeOf(err) != zikr.CodeRateLimited {
		t.Errorf("got %v, want rate_limited", err)
	}
	c.mend()
	if err := s.Update(t.Context(), zikr.GroupKey("g"), LogOne); err != nil {
		t.Errorf("when it is heard again: %v", err)
	}
	wantLogged(t, s, 2)
	if got := told(); got != 2 {
		t.Errorf("%d events were announced, want 2", got)
	}
}

// TestNumberOfAnother: after a crash another transaction may have the number of one that was not
// stored. What was stored under it is looked at.
func TestNumberOfAnother(t *testing.T) {
	_, s, _ := throughCutter(t)
	if err := s.Update(t.Context(), zikr.GroupKey("g"), LogOne); err != nil {
		t.Fatal(err)
	}
	db := s.readers.db
	var number string
	if err := db.QueryRow("SELECT pg_current_xact_id()::text").Scan(&number); err != nil {
		t.Fatal(err) // committed with the statement
	}
	run, err := serverRun(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	var mine zikr.Event
	err = s.View(t.Context(), func(r zikr.Reader) error {
		events, err := r.Events("g", 0, 1)
		if err == nil {
			mine = events[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	later, other, next := mine, mine, mine
	later.At = later.At.Add(time.Microsecond)
	other.Data = []byte(`{"id":"another"}`)
	next.Seq++
	for name, tc := range map[string]struct {
		events []zikr.Event
		run    string
		want   bool
		err    error
	}{
		"its event is stored":                   {events: []zikr.Event{mine}, want: true},
		"it has crashed, its event is stored":   {events: []zikr.Event{mine}, run: "an earlier one", want: true},
		"another moment":                        {events: []zikr.Event{later}, run: run},
		"another payload":                       {events: []zikr.Event{other}, run: run},
		"no event of that seq":                  {events: []zikr.Event{next}, run: run},
		"without an event, the server has run":  {run: run, want: true},
		"without an event, the server was gone": {run: "an earlier one", err: errForgotten},
	} {
		got, err := isCommitted(db, &tx{number: number, events: tc.events}, tc.run)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%s: got %v and error %v, want %v and %v", name, got, err, tc.want, tc.err)
		}
	}
}
