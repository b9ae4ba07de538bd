package zikr_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// The methods of the tap for days and for what is undone.

func (r tapReader) Count(id string) (*zikr.Count, error) {
	return asked(r.tap, "Count", func() (*zikr.Count, error) { return r.reader.Count(id) })
}

func (r tapReader) CountUndoing(id string) (*zikr.Count, error) {
	return asked(r.tap, "CountUndoing", func() (*zikr.Count, error) { return r.reader.CountUndoing(id) })
}

func (r tapReader) OldestCountID() (string, error) {
	return asked(r.tap, "OldestCountID", r.reader.OldestCountID)
}

func (r tapReader) CountsSince(groupID, userID string, since time.Time, limit int) ([]zikr.Count, error) {
	return asked(r.tap, "CountsSince", func() ([]zikr.Count, error) { return r.reader.CountsSince(groupID, userID, since, limit) })
}

func (r tapReader) DaySumsOf(userID string, first, last zikr.Date) ([]zikr.DaySum, error) {
	return asked(r.tap, "DaySumsOf", func() ([]zikr.DaySum, error) { return r.reader.DaySumsOf(userID, first, last) })
}

func (r tapReader) FirstDayIn(groupID string, first, last zikr.Date, rows int64) (zikr.Date, error) {
	return asked(r.tap, "FirstDayIn", func() (zikr.Date, error) { return r.reader.FirstDayIn(groupID, first, last, rows) })
}

func (r tapReader) DaySumsIn(groupID string, first, last zikr.Date) ([]zikr.DaySum, error) {
	return asked(r.tap, "DaySumsIn", func() ([]zikr.DaySum, error) { return r.reader.DaySumsIn(groupID, first, last) })
}

func (r tapReader) ActiveDaysOf(userID string) ([]zikr.Date, error) {
	return asked(r.tap, "ActiveDaysOf", func() ([]zikr.Date, error) { return r.reader.ActiveDaysOf(userID) })
}

func (r tapReader) ActiveDaysIn(groupID string) ([]zikr.Date, error) {
	return asked(r.tap, "ActiveDaysIn", func() ([]zikr.Date, error) { return r.reader.ActiveDaysIn(groupID) })
}

func (r tapReader) MemberDaysOf(userID string) ([]zikr.MemberDay, error) {
	return asked(r.tap, "MemberDaysOf", func() ([]zikr.MemberDay, error) { return r.reader.MemberDaysOf(userID) })
}

func (r tapReader) UndatedGroups(limit int) ([]string, error) {
	return asked(r.tap, "UndatedGroups", func() ([]string, error) { return r.reader.UndatedGroups(limit) })
}

func (w tapTx) DateCount(n zikr.Count) error {
	return w.ask("DateCount", func() error { return w.tx.DateCount(n) })
}

func (w tapTx) DateCounts(limit int) (int, error) {
	return asked(w.tap, "DateCounts", func() (int, error) { return w.tx.DateCounts(limit) })
}

func (w tapTx) DateBookings(groupID string, limit int) (int, error) {
	return asked(w.tap, "DateBookings", func() (int, error) { return w.tx.DateBookings(groupID, limit) })
}

func (w tapTx) MoveDays(limit int) (int, error) {
	return asked(w.tap, "MoveDays", func() (int, error) { return w.tx.MoveDays(limit) })
}

// to sets the clock to a moment, as a zone tells it.
func (c *clock) to(local string, zone string) {
	c.at.Store(must(time.ParseInLocation("2006-01-02 15:04:05", local, must(time.LoadLocation(zone)))).UnixMilli())
}

// days is what a user sees of a range, as "2026-01-31".
func (w *world) days(userID, from, to string) *zikr.History {
	return must(w.MyDays(w.ctx, userID, dates(from, to)))
}

func dates(from, to string) (out zikr.DayRange) {
	if from != "" {
		out.From = pointer(must(zikr.ParseDate(from)))
	}
	if to != "" {
		out.To = pointer(must(zikr.ParseDate(to)))
	}
	return out
}

func counted(date string, n int64) zikr.DayItem { return zikr.DayItem{Date: date, Counted: n} }

func wantDays(t *testing.T, got *zikr.History, want ...zikr.DayItem) {
	t.Helper()
	if diff := cmp.Diff(append([]zikr.DayItem{}, want...), got.Days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

func wantStreak(t *testing.T, got *zikr.History, days, best int64) {
	t.Helper()
	if want := (zikr.Streak{Days: days, Best: best}); got.Streak != want {
		t.Errorf("streak: got %+v, want %+v", got.Streak, want)
	}
}

// A day is that of the user's zone at the moment of the act, also when the zone is changed later.
func TestDaysAreOfTheZoneOfTheAct(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	must(w.prefer(ali, `{"timeZone":"Asia/Tashkent"}`))
	w.clock.to("2026-02-01 23:59:58", "Asia/Tashkent")
	w.count(ali, g, z, 1)
	w.clock.to("2026-02-02 00:00:00", "Asia/Tashkent")
	w.count(ali, g, z, 2)
	must(w.prefer(ali, `{"timeZone":"America/Los_Angeles"}`)) // where it is the 1st
	w.count(ali, g, z, 4)
	got := w.days(ali, "2026-02-01", "2026-02-28")
	wantDays(t, got, counted("2026-02-01", 5), counted("2026-02-02", 2))
	if got.TimeZone != "America/Los_Angeles" {
		t.Errorf("zone: got %s", got.TimeZone)
	}
	wantStreak(t, got, 2, 2)

	group := must(w.GroupDays(w.ctx, ali, g, dates("2026-02-01", "2026-02-28")))
	wantDays(t, group, zikr.DayItem{Date: "2026-02-01", Counted: 7, Members: 1}) // in UTC it is the 1st all along
	if group.TimeZone != "UTC" {
		t.Errorf("the group's zone: got %s", group.TimeZone)
	}
}

func TestGroupDays(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z, other := w.zikr(ali, g, 0), w.zikr(ali, g, 0)
	w.clock.to("2026-02-01 12:00:00", "UTC")
	w.count(ali, g, z, 1)
	w.count(ali, g, other, 2)
	w.count(vali, g, z, 4)
	w.clock.later(day)
	w.count(vali, g, z, 8)
	w.clock.later(day)
	got := must(w.GroupDays(w.ctx, sami, g, zikr.DayRange{})) // the group is public
	wantDays(t, got, zikr.DayItem{Date: "2026-02-01", Counted: 7, Members: 2}, zikr.DayItem{Date: "2026-02-02", Counted: 8, Members: 1})
	wantStreak(t, got, 2, 2) // today may be empty
	w.clock.later(day)
	wantStreak(t, must(w.GroupDays(w.ctx, sami, g, zikr.DayRange{})), 0, 2)
	must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{IsPublic: pointer(false)}))
	wantCode(t, second(w.GroupDays(w.ctx, sami, g, zikr.DayRange{})), zikr.CodeNotMember)
	wantCode(t, second(w.GroupDays(w.ctx, sami, "none", zikr.DayRange{})), zikr.CodeNotMember)
	must(w.GroupDays(w.ctx, vali, g, zikr.DayRange{}))
}

// A group that has done very much is told of fewer days in one answer, and of a single day whatever was done on it.
func TestGroupDayRows(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.GroupDayRows = 3 })
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 0)
	w.clock.to("2026-02-01 12:00:00", "UTC")
	for range 2 {
		w.count(ali, g, z, 1)
		w.count(vali, g, z, 1)
		w.clock.later(day)
	}
	asked := func(from, to string) *zikr.History { return must(w.GroupDays(w.ctx, ali, g, dates(from, to))) }
	second := zikr.DayItem{Date: "2026-02-02", Counted: 2, Members: 2}
	got := asked("2026-02-01", "2026-02-03")
	wantDays(t, got, second)
	if got.From != "2026-02-02" {
		t.Errorf("the first day that is told: got %s", got.From)
	}
	met.wantMet(t, "group_day_rows")
	wantDays(t, asked("2026-02-01", "2026-02-01"), zikr.DayItem{Date: "2026-02-01", Counted: 2, Members: 2})
	wantDays(t, asked("2026-02-02", "2026-02-03"), second)
	for range 2 { // four rows, which are more than an answer may have
		w.count(ali, g, w.zikr(ali, g, 0), 1)
		w.count(vali, g, w.zikr(ali, g, 0), 1)
	}
	wantDays(t, asked("2026-02-03", "2026-02-03"), zikr.DayItem{Date: "2026-02-03", Counted: 4, Members: 2})
	if len(met.all) > 0 {
		t.Errorf("met %v: a day alone meets no bound", met.all)
	}
}

func TestStreak(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	wantStreak(t, w.days(ali, "", ""), 0, 0)
	w.clock.to("2026-12-28 12:00:00", "UTC")
	for range 3 { // 28, 29, 30
		w.count(ali, g, z, 1)
		w.clock.later(day)
	}
	wantStreak(t, w.days(ali, "", ""), 3, 3)
	w.clock.later(day)
	wantStreak(t, w.days(ali, "", ""), 0, 3) // the 31st stayed empty
	first := w.count(ali, g, z, 1)
	wantStreak(t, w.days(ali, "", ""), 1, 3)
	w.clock.later(day)
	w.count(ali, g, z, 1)
	wantStreak(t, w.days(ali, "", ""), 2, 3)
	must(w.UndoZikrCount(w.ctx, ali, zikr.UndoZikrCount{ID: first.ID}))
	wantStreak(t, w.days(ali, "", ""), 1, 3)
}

func TestDayRange(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	for _, date := range []string{"2025-01-01", "2025-12-10", "2026-01-01", "2026-01-02", "2026-01-30", "2026-01-31"} {
		w.clock.to(date+" 12:00:00", "UTC")
		w.count(ali, g, z, 1)
	}
	for _, test := range []struct {
		from, to string
		want     int // days; -1 for a refusal
	}{
		{"", "", 3}, // from the 2nd: 30 days
		{"2026-01-02", "2026-01-30", 2},
		{"2026-01-30", "2026-01-30", 1},
		{"2025-12-10", "", 5},
		{"", "2026-01-01", 2},
		{"2024-12-01", "", 4},           // no more than 400 days
		{"2024-12-31", "2026-02-03", 6}, // 400
		{"2024-12-31", "2026-02-04", -1},
		{"2026-01-31", "2026-01-30", -1},
		{"2030-01-01", "", 0},
	} {
		got, err := w.MyDays(w.ctx, ali, dates(test.from, test.to))
		switch {
		case test.want < 0:
			wantCode(t, err, zikr.CodeInvalidPayload)
		case err != nil || len(got.Days) != test.want:
			t.Errorf("%s to %s: got %+v, %v, want %d days", test.from, test.to, got, err, test.want)
		}
	}
}

// Completed poras are the holder's, also when the admin completes them.
func TestDaysOfPoras(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	must(w.prefer(vali, `{"timeZone":"Asia/Tashkent"}`))
	w.clock.to("2026-02-02 01:00:00", "Asia/Tashkent")
	w.complete(ali, w.book(vali, g, 1))
	w.complete(vali, w.book(vali, g, 2))
	must(w.ReleasePora(w.ctx, vali, zikr.ReleasePora{BookingID: w.book(vali, g, 3)}))
	w.complete(ali, w.book(ali, g, 4))
	wantDays(t, w.days(vali, "2026-01-01", "2026-02-28"), zikr.DayItem{Date: "2026-02-02", Poras: 2})
	wantDays(t, w.days(ali, "2026-01-01", "2026-02-28"), zikr.DayItem{Date: "2026-02-01", Poras: 1})
	group := must(w.GroupDays(w.ctx, vali, g, dates("2026-01-01", "2026-02-28")))
	wantDays(t, group, zikr.DayItem{Date: "2026-02-01", Poras: 3, Members: 2})
	wantStreak(t, group, 1, 1)
}
