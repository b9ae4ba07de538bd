package live

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zikr-app/zikr"
)

// deafSocket is a Socket that nobody listens to.
type deafSocket struct{ id string }

func (s deafSocket) ID() string                               { return s.id }
func (deafSocket) Emit(...Message)                            {}
func (deafSocket) EmitWait(context.Context, ...Message) error { return nil }
func (deafSocket) Join(string)                                {}
func (deafSocket) Leave(string)                               {}
func (deafSocket) Disconnect()                                {}
func (deafSocket) Waits()                                     {}
func (deafSocket) Flooded()                                   {}

func TestExpiries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var over []string
		began := time.Now()
		e := &expiries{now: time.Now, expire: func(c *Conn) {
			mu.Lock()
			defer mu.Unlock()
			over = append(over, c.socket.ID())
		}}
		conns := map[string]*Conn{}
		add := func(id string, after time.Duration) {
			c := &Conn{socket: deafSocket{id}}
			if after > 0 {
				c.session = sessionOf(zikr.Session{Expires: began.Add(after)})
			}
			conns[id] = c
			e.add(c)
		}
		want := func(ids ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(over, ids) {
				t.Errorf("after %s: got %v, want %v", time.Since(began), over, ids)
			}
		}
		add("a day", 24*time.Hour)
		add("never", 0)
		add("an hour", time.Hour)
		add("a second", time.Second)
		add("a minute", time.Minute)
		add("gone", time.Minute)
		e.remove(conns["gone"])
		e.remove(conns["gone"])
		conns["late"] = &Conn{socket: deafSocket{"late"}, gone: true, session: sessionOf(zikr.Session{Expires: began.Add(time.Second)})}
		e.add(conns["late"]) // it ended before it was added

		time.Sleep(time.Second - time.Nanosecond)
		want()
		time.Sleep(time.Nanosecond)
		want("a second")
		time.Sleep(time.Minute)
		want("a second", "a minute")
		e.remove(conns["a second"]) // as when it is disconnected afterwards
		add("past", time.Millisecond)
		want("a second", "a minute", "past")
		time.Sleep(time.Hour)
		want("a second", "a minute", "past", "an hour")
		e.close()
		time.Sleep(48 * time.Hour)
		want("a second", "a minute", "past", "an hour")
	})
}

// The clock that tokens expire by can be set while the server runs.
func TestExpiriesWhenTheClockIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead, over atomic.Int64
		e := &expiries{
			now:    func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
			expire: func(*Conn) { over.Add(1) },
		}
		e.add(&Conn{socket: deafSocket{"c"}, session: sessionOf(zikr.Session{Expires: time.Now().Add(time.Hour)})})
		time.Sleep(30 * time.Second)
		ahead.Store(int64(2 * time.Hour))
		time.Sleep(longestWait)
		synctest.Wait()
		if got := over.Load(); got != 1 {
			t.Errorf("got %d ended, want 1", got)
		}
		e.close()
	})
}
