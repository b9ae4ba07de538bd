package zikr_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/zikr-app/zikr"
)

// undo takes a counting back, most often as who made it, or as the admin.
func (tw *twin) undo() {
	id := rapid.SampledFrom(append(slices.Sorted(maps.Keys(tw.model.counts)), "nothing")).Draw(tw.rt, "counting")
	users := tw.users
	if n := tw.model.counts[id]; n != nil {
		users = append([]string{n.maker, n.maker, n.group.admin, n.group.admin}, users...)
	}
	user := rapid.SampledFrom(users).Draw(tw.rt, "user")
	n, again, want := tw.model.undo(user, id, tw.clock.now())
	got, err := tw.UndoZikrCount(tw.ctx, user, zikr.UndoZikrCount{ID: id})
	if !tw.same("undo", want, err) {
		return
	}
	if n != nil {
		again = tw.model.undid(id, n)
		again.ID, again.Timestamp = got.ID, got.Timestamp
		tw.model.counts[got.ID] = &mCount{group: n.group, zikr: n.zikr, maker: n.maker, n: -n.n, at: got.Timestamp.Time}
	}
	tw.equal("what undoes the count", again, got)
}

// prefer changes how a user is reminded, and whose hours theirs are. These zones have no summer time.
func (tw *twin) prefer(user string) {
	zone := rapid.SampledFrom([]string{"UTC", "Asia/Tashkent", "Pacific/Honolulu"}).Draw(tw.rt, "zone")
	hour := rapid.IntRange(-1, 23).Draw(tw.rt, "hour")
	topics := rapid.SampledFrom([]string{`[]`, `["poras"]`, `["zikrs"]`, `["poras","zikrs"]`}).Draw(tw.rt, "topics")
	body := fmt.Sprintf(`{"timeZone":%q,"reminderHour":null,"remindOf":%s}`, zone, topics)
	if hour >= 0 {
		body = fmt.Sprintf(`{"timeZone":%q,"reminderHour":%d,"remindOf":%s}`, zone, hour, topics)
	}
	was := *tw.model.setting(user)
	u := &mUser{zone: must(time.LoadLocation(zone)), hour: hour, remindedOn: was.remindedOn, planned: was.planned}
	u.poras, u.zikrs = slices.Contains([]string{`["poras"]`, `["poras","zikrs"]`}, topics), slices.Contains([]string{`["zikrs"]`, `["poras","zikrs"]`}, topics)
	if u.zone.String() != was.zone.String() || u.hour != was.hour || u.poras != was.poras || u.zikrs != was.zikrs {
		u.planned = tw.clock.now()
	}
	must(tw.world.prefer(user, body))
	tw.model.users[user] = u
}

// remind has the clock remind all users of this run whose hour has come.
func (tw *twin) remind() {
	for after := (zikr.DueReminder{}); ; {
		due, err := tw.RemindersDue(tw.ctx, after, 50)
		tw.same("look for reminders", "", err)
		for _, d := range due {
			if after = d; slices.Contains(tw.users, d.UserID) { // else of an earlier run
				tw.same("remind", "", tw.Remind(tw.ctx, d.UserID))
			}
		}
		if len(due) < 50 {
			break
		}
	}
	for _, user := range tw.users {
		tw.model.remind(user, tw.clock.now())
	}
}

// agreeOnDays compares what was done by day.
func (tw *twin) agreeOnDays(user string) {
	tw.agreeOnHistory(user, "", tw.model.setting(user).zone, func(d zikr.DayRange) (*zikr.History, error) { return tw.MyDays(tw.ctx, user, d) })
	for _, id := range tw.groups {
		if g := tw.model.groups[id]; !g.deleted {
			tw.agreeOnHistory("", id, time.UTC, func(d zikr.DayRange) (*zikr.History, error) { return tw.GroupDays(tw.ctx, g.admin, id, d) })
		}
	}
}

func (tw *twin) agreeOnHistory(user, group string, zone *time.Location, read func(zikr.DayRange) (*zikr.History, error)) {
	today := zikr.DateOf(tw.clock.now().In(zone))
	to, from := today+1, today-398 // a day more: who has gone west was there already
	got, err := read(zikr.DayRange{From: &from, To: &to})
	tw.same("days", "", err)
	tw.equal("the first day", from.String(), got.From)
	days, active := tw.model.history(user, group)
	if diff := cmp.Diff(days, got.Days, cmpopts.EquateEmpty()); diff != "" {
		tw.rt.Fatalf("days of %s%s (-model +real):\n%s", user, group, diff)
	}
	want := zikr.Streak{}
	for i, run := 0, int64(0); i < len(active); i++ {
		if run++; i > 0 && active[i] != active[i-1]+1 {
			run = 1
		}
		want.Best = max(want.Best, run)
		if i == len(active)-1 && active[i] >= today-1 {
			want.Days = run
		}
	}
	tw.equal("the streak", want, got.Streak)
}
