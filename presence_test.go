package zikr_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
)

// channels is a Service of which a test uses nothing but presence: it has no
// store, so that it can live in a bubble of its own time.
type channels struct {
	*zikr.Service
	t      *testing.T
	bus    *recorder
	logged *syncBuffer
}

// inTime runs a test in a bubble, in which time goes by at once.
func inTime(t *testing.T, test func(c *channels), options ...func(*zikr.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &channels{t: t, bus: newRecorder(), logged: &syncBuffer{}}
		cfg := zikr.Config{Bus: c.bus, Presence: bus.NewLocalPresence(), Log: slog.New(slog.NewTextHandler(c.logged, nil))}
		for _, set := range options {
			set(&cfg)
		}
		c.Service = zikr.New(cfg)
		defer c.Close()
		test(c)
	})
}

// enter lets a connection into a user's channel of group g.
func (c *channels) enter(user, conn string) {
	c.t.Helper()
	if err := c.Enter(c.t.Context(), user, "g", conn); err != nil {
		c.t.Fatal(err)
	}
}

// leave lets one out, at once.
func (c *channels) leave(user string) {
	c.t.Helper()
	if err := c.Leave(c.t.Context(), user, "g"); err != nil {
		c.t.Fatal(err)
	}
}

// after lets time go by, and whatever happens then.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// wantTold compares what the channel was told since the last call.
func (c *channels) wantTold(want ...string) {
	c.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), c.bus.presenceLog()); diff != "" {
		c.t.Errorf("told (-want +got):\n%s", diff)
	}
	c.bus.forget()
}

// wantOnline compares who is in the channel.
func (c *channels) wantOnline(want ...string) {
	c.t.Helper()
	n, ids, err := c.Online(c.t.Context(), "g")
	if err != nil {
		c.t.Fatal(err)
	}
	if diff := cmp.Diff(append([]string{}, want...), append([]string{}, ids...)); diff != "" || n != len(want) {
		c.t.Errorf("%d online (-want +got):\n%s", n, diff)
	}
}

func TestManyDevices(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		c.wantTold("user_online u in g but phone")
		c.enter("u", "tablet")
		c.enter("u", "laptop")
		c.wantTold()
		c.wantOnline("u")
		c.leave("u")
		c.leave("u")
		c.wantTold()
		c.wantOnline("u")
		c.leave("u")
		c.wantTold("user_offline u in g")
		c.wantOnline()
		c.leave("u") // not there any more: nothing to tell
		c.wantTold()
		c.enter("u", "phone")
		c.wantTold("user_online u in g but phone")
	})
}

func TestPresencePayloads(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		after(time.Second)
		c.leave("u")
		signals := c.bus.all()
		var online zikr.UserOnline
		var offline zikr.UserOffline
		decode(t, signals[0].Data, &online)
		decode(t, signals[1].Data, &offline)
		began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble
		if want := (zikr.UserOnline{GroupID: "g", UserID: "u", Timestamp: zikr.At(began)}); online != want {
			t.Errorf("user_online: got %+v, want %+v", online, want)
		}
		if want := (zikr.UserOffline{GroupID: "g", UserID: "u", Timestamp: zikr.At(began.Add(time.Second))}); offline != want {
			t.Errorf("user_offline: got %+v, want %+v", offline, want)
		}
	})
}

// A connection that drops is told 5 s later (contract section 2, Presence).
func TestGrace(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		c.bus.forget()
		c.Drop("u", "g")
		after(5*time.Second - 1)
		c.wantTold()
		c.wantOnline("u")
		after(1)
		c.wantTold("user_offline u in g")
		c.wantOnline()
	})
}

func TestComeBackWithinGrace(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		c.bus.forget()
		for range 3 { // a phone that changes networks does not flicker
			c.Drop("u", "g")
			after(4 * time.Second)
			c.enter("u", "phone")
		}
		after(time.Minute)
		c.wantTold()
		c.wantOnline("u")
		c.leave("u")
		c.wantTold("user_offline u in g")
	})
}

// What the user says holds at once; what is only lost waits.
func TestLeaveWhileAnotherIsInGrace(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		c.enter("u", "tablet")
		c.bus.forget()
		c.Drop("u", "g")
		after(time.Second)
		c.leave("u")
		c.wantTold()
		after(4 * time.Second)
		c.wantTold("user_offline u in g")
	})
}

func TestGracesOfManyDevices(t *testing.T) {
	inTime(t, func(c *channels) {
		for _, conn := range []string{"a", "b", "c"} {
			c.enter("u", conn)
		}
		c.bus.forget()
		c.Drop("u", "g")
		after(2 * time.Second)
		c.Drop("u", "g")
		after(2 * time.Second)
		c.Drop("u", "g")
		after(4 * time.Second) // the third has a second left
		c.wantTold()
		after(time.Second)
		c.wantTold("user_offline u in g")
	})
}

// Who is no longer in the group is counted out without grace.
func TestEndGrace(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		c.enter("u", "tablet")
		c.enter("v", "phone")
		c.bus.forget()
		c.Drop("u", "g")
		c.Drop("u", "g")
		c.Drop("v", "g")
		c.EndGrace(t.Context(), "u", "g")
		c.wantTold("user_offline u in g")
		c.EndGrace(t.Context(), "u", "g") // nothing is left of it
		c.EndGrace(t.Context(), "nobody", "g")
		c.wantTold()
		after(time.Minute)
		c.wantTold("user_offline v in g")
	})
}

// When both come at one moment the connection is counted out once.
func TestEndGraceAsItEnds(t *testing.T) {
	inTime(t, func(c *channels) {
		for range 100 {
			c.enter("u", "phone")
			c.enter("u", "tablet")
			c.bus.forget()
			c.Drop("u", "g")
			c.Drop("u", "g")
			time.Sleep(5 * time.Second) // not after: the graces are ending just now
			c.EndGrace(t.Context(), "u", "g")
			after(time.Second)
			c.wantTold("user_offline u in g")
		}
	})
}

func TestGraceCanBeSet(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		c.bus.forget()
		c.Drop("u", "g")
		after(time.Minute - 1)
		c.wantTold()
		after(1)
		c.wantTold("user_offline u in g")
	}, func(cfg *zikr.Config) { cfg.Grace = time.Minute })
}

// After Close nothing is told any more, and no timer is left.
func TestCloseForgetsGraces(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		c.enter("u", "tablet")
		c.bus.forget()
		c.Drop("u", "g")
		c.Close()
		c.Drop("u", "g")
		after(time.Minute)
		c.wantTold()
	})
}

// joined_group names 500 at most, and counts all.
func TestOnlineNames500(t *testing.T) {
	inTime(t, func(c *channels) {
		for i := range 600 {
			c.enter(fmt.Sprint("u", i), "c")
		}
		n, ids, err := c.Online(t.Context(), "g")
		if err != nil || n != 600 || len(ids) != 500 {
			t.Errorf("got %d and %d names (%v), want 600 and 500", n, len(ids), err)
		}
	})
}

func TestPresenceIsPerGroup(t *testing.T) {
	inTime(t, func(c *channels) {
		c.enter("u", "phone")
		if err := c.Enter(t.Context(), "u", "h", "phone"); err != nil {
			t.Fatal(err)
		}
		c.wantTold("user_online u in g but phone", "user_online u in h but phone")
		c.leave("u")
		c.wantTold("user_offline u in g")
		if n, _, _ := c.Online(t.Context(), "h"); n != 1 {
			t.Errorf("got %d online in the other group, want 1", n)
		}
	})
}

// brokenPresence is out of order.
type brokenPresence struct{}

func (brokenPresence) Enter(context.Context, string, string) (bool, error) { return false, errDisk }
func (brokenPresence) Leave(context.Context, string, string) (bool, error) { return false, errDisk }
func (brokenPresence) Online(context.Context, string, int) (int, []string, error) {
	return 0, nil, errDisk
}

func TestPresenceOutage(t *testing.T) {
	inTime(t, func(c *channels) {
		wantCode(t, c.Enter(t.Context(), "u", "g", "phone"), zikr.CodeInternal)
		wantCode(t, c.Leave(t.Context(), "u", "g"), zikr.CodeInternal)
		_, _, err := c.Online(t.Context(), "g")
		wantCode(t, err, zikr.CodeInternal)
		c.Drop("u", "g")
		after(5 * time.Second)
		if log := c.logged.String(); !strings.Contains(log, "a lost connection still counts as online") {
			t.Errorf("log: got %q", log)
		}
		c.wantTold()
	}, func(cfg *zikr.Config) { cfg.Presence = brokenPresence{} })
}

// slowPresence lets others run between a change and its answer.
type slowPresence struct{ zikr.Presence }

func (p slowPresence) Enter(ctx context.Context, groupID, userID string) (bool, error) {
	first, err := p.Presence.Enter(ctx, groupID, userID)
	runtime.Gosched()
	return first, err
}

func (p slowPresence) Leave(ctx context.Context, groupID, userID string) (bool, error) {
	last, err := p.Presence.Leave(ctx, groupID, userID)
	runtime.Gosched()
	return last, err
}

// However many connections come and go at once, what the channel was told last is true,
// and online and offline take turns.
func TestPresenceIsToldInOrder(t *testing.T) {
	b := newRecorder()
	s := zikr.New(zikr.Config{Bus: b, Presence: slowPresence{bus.NewLocalPresence()}})
	defer s.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if s.Enter(t.Context(), "u", "g", "") != nil || s.Leave(t.Context(), "u", "g") != nil {
					t.Error("presence failed")
				}
			}
		})
	}
	wg.Wait()
	told := b.presenceLog()
	for i, got := range told {
		want := []string{"user_online u in g", "user_offline u in g"}[i%2]
		if got != want {
			t.Fatalf("signal %d of %d: got %s, want %s", i, len(told), got, want)
		}
	}
	if len(told)%2 != 0 {
		t.Errorf("the last of %d signals says online, and nobody is", len(told))
	}
}

func TestStanding(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest := w.user("Ali"), w.user("Vali"), w.user("Guest")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.book(ali, g, 1)
	got := must(w.Standing(w.ctx, vali, g))
	if want := (zikr.Standing{GroupID: g, GroupName: "Friends", Seq: 2}); *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
	for _, id := range []string{g, "nothing"} {
		_, err := w.Standing(w.ctx, guest, id)
		wantCode(t, err, zikr.CodeNotMember)
	}
}
