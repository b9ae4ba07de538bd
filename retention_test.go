package zikr_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// The methods of the tap for what is kept how long.

func (r tapReader) LongLogs(newest int64, before time.Time, page zikr.Page) ([]string, error) {
	return asked(r.tap, "LongLogs", func() ([]string, error) { return r.reader.LongLogs(newest, before, page) })
}

func (w tapTx) CutLog(groupID string, newest int64, before time.Time, limit int) (int, error) {
	return asked(w.tap, "CutLog", func() (int, error) { return w.tx.CutLog(groupID, newest, before, limit) })
}

func (w tapTx) CutCounts(before time.Time, limit int) (int, error) {
	return asked(w.tap, "CutCounts", func() (int, error) { return w.tx.CutCounts(before, limit) })
}

func (w tapTx) DeleteNotifications(read, unread time.Time, limit int) (int, error) {
	return asked(w.tap, "DeleteNotifications", func() (int, error) { return w.tx.DeleteNotifications(read, unread, limit) })
}

func (w tapTx) DeleteNotices(before time.Time, limit int) (int, error) {
	return asked(w.tap, "DeleteNotices", func() (int, error) { return w.tx.DeleteNotices(before, limit) })
}

func (w tapTx) DeleteReads(before time.Time, limit int) (int, error) {
	return asked(w.tap, "DeleteReads", func() (int, error) { return w.tx.DeleteReads(before, limit) })
}

// later sets the clock forward.
func (c *clock) later(d time.Duration) { c.at.Add(d.Milliseconds()) }

const day = 24 * time.Hour

// tidy lets the janitor make a pass, and returns how many rows of each kind it removed.
func (w *world) tidy() map[string]int {
	removed := map[string]int{}
	j := zikr.Janitor{Store: w.store, Now: w.clock.now, Removed: func(what string, rows int) {
		if rows > 0 {
			removed[what] += rows
		}
	}}
	if err := j.Pass(w.ctx); err != nil {
		w.t.Errorf("the janitor's pass: %v", err)
	}
	return removed
}

func wantRemoved(t *testing.T, got, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
}

// fillLog appends events to a group's log until its seq is last.
func (w *world) fillLog(groupID string, last int64) {
	err := w.store.Update(w.ctx, zikr.GroupKey(groupID), func(tx zikr.Tx) error {
		g, err := tx.Group(groupID)
		if err != nil {
			return err
		}
		for g.Seq < last && err == nil {
			g.Seq++
			err = tx.AppendEvent(zikr.Event{
				GroupID: groupID, Seq: g.Seq, Name: "group_updated", Data: fmt.Appendf(nil, `{"groupId":%q,"seq":%d}`, groupID, g.Seq), At: w.clock.now(),
			})
		}
		return errors.Join(err, tx.UpdateGroup(*g))
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// An event leaves the log only when it is both older than 7 days and not among the newest 10,000.
func TestLogIsCut(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	long, short, young := w.group(zikr.QuranGroup, ali), w.group(zikr.QuranGroup, ali), w.group(zikr.QuranGroup, ali)
	w.fillLog(long, 300)
	w.fillLog(short, zikr.KeepNewest)
	w.clock.later(zikr.KeepEvents + 2*day)
	w.fillLog(long, zikr.KeepNewest+500)
	w.fillLog(young, zikr.KeepNewest+500)

	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedEvents: 300}) // the next 200 are not among the newest, and young
	w.wantLog(long, 301)
	w.wantLog(short, 1)
	w.wantLog(young, 1)

	w.clock.later(zikr.KeepEvents + 2*day)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedEvents: 200 + 500})
	w.wantLog(long, 501)
	w.wantLog(young, 501)
	wantRemoved(t, w.tidy(), map[string]int{})

	if page := must(w.Events(w.ctx, ali, long, 499, 1)); !page.Resync || page.Latest != zikr.KeepNewest+500 {
		t.Errorf("since before the log: got %+v, want resync", page)
	}
	if page := must(w.Events(w.ctx, ali, long, 500, 1)); page.Resync || page.Events[0].Seq != 501 {
		t.Errorf("since the log's beginning: got %+v", page)
	}
}

// wantLog wants a group's log to begin at a seq and to have no gap.
func (w *world) wantLog(groupID string, first int64) {
	w.t.Helper()
	for i, e := range w.events(groupID, 0) {
		if want := first + int64(i); e.Seq != want {
			w.t.Fatalf("event %d of the log has seq %d, want %d", i, e.Seq, want)
		}
	}
}

// The log of a group that was deleted follows the same rule, so that whoever still
// has the channel misses nothing.
func TestLogOfDeletedGroupIsKept(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	w.fillLog(g, zikr.KeepNewest)
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	w.clock.later(zikr.KeepEvents + 2*day)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedEvents: 1})
	w.wantLog(g, 2)
}

// counted is what a user counted of a zikr by all accounts: the share, and the sums of
// the countings that are kept and of the days.
func (w *world) counted(userID, zikrID string) (share, counts, days int64) {
	export := must(w.Export(w.ctx, userID))
	for _, s := range export.Zikrs {
		if s.ZikrID == zikrID {
			share += s.Count
		}
	}
	for _, c := range export.Counts {
		if c.ZikrID == zikrID {
			counts += c.Count
		}
	}
	for _, d := range export.Days {
		if d.ZikrID != nil && *d.ZikrID == zikrID {
			days += d.Count
		}
	}
	return share, counts, days
}

// wantCounted wants the share and the days to be a sum, of which so much is kept as countings.
func (w *world) wantCounted(userID, zikrID string, counts, sum int64) {
	w.t.Helper()
	share, gotCounts, gotDays := w.counted(userID, zikrID)
	if share != sum || gotCounts != counts || gotDays != sum {
		w.t.Errorf("got the share %d, countings of %d and days of %d, want %d, %d and %d", share, gotCounts, gotDays, sum, counts, sum)
	}
}

func TestCountsAreCut(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z, other := w.zikr(ali, g, 10), w.zikr(ali, g, 0)
	once := zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 7, OpID: pointer("op")}
	first := must(w.UpdateZikrCount(w.ctx, vali, once)) // on 2026-01-31
	w.count(vali, g, z, 2)
	w.count(vali, g, other, 1)
	w.count(ali, g, z, 4)
	w.clock.later(20 * day)
	w.count(vali, g, z, 30)
	before := w.snapshot(vali, g)

	w.clock.later(zikr.KeepCounts - 20*day)
	wantRemoved(t, w.tidy(), map[string]int{})
	if again := must(w.UpdateZikrCount(w.ctx, vali, once)); *again != *first && again.ID != first.ID {
		t.Errorf("after 30 days: got %+v, want %+v again", again, first)
	}

	w.clock.later(2 * day)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedCounts: 4})
	w.wantCounted(vali, z, 30, 39)
	w.wantCounted(vali, other, 0, 1)
	w.wantCounted(ali, z, 0, 4)
	if diff := cmp.Diff(before, w.snapshot(vali, g)); diff != "" {
		t.Errorf("the snapshot changed (-before +after):\n%s", diff)
	}

	w.count(vali, g, z, 5)
	w.clock.later(zikr.KeepCounts + 2*day)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedCounts: 2})
	w.wantCounted(vali, z, 0, 44)
	want := []zikr.ExportedDay{{g, &z, "2026-01-31", 9}, {g, &other, "2026-01-31", 1}, {g, &z, "2026-02-20", 30}, {g, &z, "2026-03-04", 5}}
	if diff := cmp.Diff(want, must(w.Export(w.ctx, vali)).Days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

// A clock that is wrong by an hour, when something is stored or now, takes nothing away before its time.
func TestWrongClockTakesNothingAway(t *testing.T) {
	for _, wrong := range []time.Duration{-time.Hour, time.Hour, -23 * time.Hour, 23 * time.Hour} {
		t.Run(wrong.String(), func(t *testing.T) {
			w := newWorld(t)
			ali := w.user("Ali")
			g := w.group(zikr.ZikrGroup, ali)
			z := w.zikr(ali, g, 0)
			w.clock.later(wrong)
			w.count(ali, g, z, 1) // at a wrong time
			w.clock.later(-wrong)
			w.count(ali, g, z, 2)
			w.clock.later(zikr.KeepCounts - time.Minute)
			wantRemoved(t, w.tidy(), map[string]int{})
			w.clock.later(wrong)
			wantRemoved(t, w.tidy(), map[string]int{})
			w.clock.later(2*day - wrong)
			wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedCounts: 2})
			w.wantCounted(ali, z, 0, 3)
		})
	}
}

// Notifications go half a year after they were read, notices after they were told; what waits for an answer stays.
func TestOldNotificationsGo(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali)
	q := w.group(zikr.QuranGroup, ali, vali)
	z := w.zikr(ali, g, 1)
	w.count(ali, g, z, 1) // a notice to Vali
	must(w.read(vali, w.unread(vali)[0].ID))
	release := func(pora int) string {
		must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: w.book(vali, q, pora)}))
		return w.unread(vali)[0].ID
	}
	read, unread := release(1), release(2)
	must(w.read(vali, read))
	pending := w.invite(ali, g, sami)
	must(w.read(sami, pending))
	answered := w.invite(ali, q, sami)
	must(w.respond(sami, answered, false)) // and Ali is told, who does not read it

	w.clock.later(zikr.KeepRead)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedCounts: 1})
	w.clock.later(36 * time.Hour)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedNotifications: 2, zikr.RemovedNotices: 1})
	w.clock.later(day)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedReads: 1})
	if got := w.unread(vali); len(got) != 1 || got[0].ID != unread {
		t.Errorf("Vali's unread notifications are %+v, want %s", got, unread)
	}
	wantCode(t, second(w.read(vali, read)), zikr.CodeNotificationMissing)
	wantCode(t, second(w.respond(sami, answered, false)), zikr.CodeInvitationNotFound)

	w.clock.later(zikr.KeepUnread)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedNotifications: 2})
	if answer := must(w.respond(sami, pending, true)); !answer.Accepted {
		t.Errorf("an invitation that waited for years: %+v", answer)
	}
}

// Each step is one small command.
func TestJanitorGoesInSmallSteps(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	w.fillLog(g, zikr.KeepNewest+1500)
	w.clock.later(zikr.KeepEvents + 2*day)
	var steps []int
	j := zikr.Janitor{Store: w.store, Now: w.clock.now, Removed: func(what string, rows int) {
		if what == zikr.RemovedEvents {
			steps = append(steps, rows)
		}
	}}
	if err := j.Pass(w.ctx); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for i, rows := range steps {
		sum += rows
		if rows > 256 || i > 0 && i < len(steps)-1 && rows > 2*steps[i-1] {
			t.Errorf("step %d of %v removed %d rows", i, steps, rows)
		}
	}
	if sum != 1500 || steps[0] != 64 {
		t.Errorf("steps of %v rows, want 1500 in all, the first of 64", steps)
	}
}

// A pass that fails says so, and what does not depend on it goes on.
func TestJanitorMeetsAnOutage(t *testing.T) {
	faults := &tap{}
	w := newWorld(t, withTap(faults))
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	w.count(ali, g, w.zikr(ali, g, 0), 1)
	w.fillLog(g, zikr.KeepNewest+1)
	w.clock.later(40 * day)
	for call := 1; call <= 5; call++ {
		faults.reset(call)
		err := zikr.Janitor{Store: w.store, Now: w.clock.now}.Pass(w.ctx)
		if !errors.Is(err, errDisk) {
			t.Errorf("the failure of call %d: got %v", call, err)
		}
	}
	faults.reset(0)
	wantRemoved(t, w.tidy(), map[string]int{}) // all was removed by the passes that failed elsewhere
	w.wantLog(g, 2)
}

func TestJanitorEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	w.fillLog(g, zikr.KeepNewest+1000)
	w.clock.later(zikr.KeepEvents + 2*day)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	steps := 0
	err := zikr.Janitor{Store: w.store, Now: w.clock.now, Removed: func(string, int) { steps++; cancel() }}.Pass(ctx)
	if !errors.Is(err, context.Canceled) || steps != 1 {
		t.Errorf("got %v after %d steps, want an end after the first", err, steps)
	}
}
