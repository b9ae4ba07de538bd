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

// cutter is on the way to PostgreSQL, and loses the connection at a COMMIT.
type cutter struct {
	net.Listener
	to     string
	before atomic.Bool // lose the next COMMIT itself
	after  atomic.Bool // lose the answer to the next COMMIT
	closed atomic.Bool // let nobody through that comes anew
	cuts   atomic.Int64
	busy   sync.WaitGroup
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
	c := &cutter{Listener: l, to: u.Host}
	c.busy.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
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
				if !bytes.Contains(data, []byte("COMMIT\x00")) {
					return true
				}
				if c.before.CompareAndSwap(true, false) {
					c.cuts.Add(1)
					return false
				}
				mute.Store(c.after.CompareAndSwap(true, false))
				return true
			})
		})
		c.busy.Go(func() {
			defer end()
			pass(client, server, func([]byte) bool {
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
	for _, w := range s.writers {
		w.patience = 50 * time.Millisecond
	}
	stored := int64(0)
	for _, lose := range []*atomic.Bool{&c.before, &c.after} {
		lose.Store(true)
		err := s.Update(t.Context(), zikr.GroupKey("g"), func(tx zikr.Tx) error {
			c.closed.Store(true)
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
