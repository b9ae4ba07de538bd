package zikr_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// noSettings are those of a new account.
func noSettings() zikr.SettingsItem {
	return zikr.SettingsItem{TimeZone: "UTC", RemindOf: []zikr.ReminderTopic{zikr.RemindOfPoras}}
}

// prefer changes settings, as a client writes them.
func (w *world) prefer(userID, body string) (zikr.SettingsItem, error) {
	w.t.Helper()
	var change zikr.ProfileChange
	decode(w.t, json.RawMessage(body), &change)
	p, err := w.UpdateMe(w.ctx, zikr.Session{UserID: userID}, change)
	if err != nil {
		return zikr.SettingsItem{}, err
	}
	return p.SettingsItem, nil
}

func TestUserSettings(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	all := zikr.SettingsItem{TimeZone: "Asia/Tashkent", Locale: pointer("uz-Cyrl"), ReminderHour: pointer(0), RemindOf: []zikr.ReminderTopic{"poras", "zikrs"}}
	none := all
	none.ReminderHour, none.RemindOf = nil, []zikr.ReminderTopic{}
	for _, step := range []struct {
		body string
		want zikr.SettingsItem
	}{
		{`{}`, noSettings()},
		{`{"timeZone":"Asia/Tashkent","locale":"uz-Cyrl","reminderHour":0,"remindOf":["zikrs","poras","zikrs"]}`, all},
		{`{"name":"Olim"}`, all},
		{`{"timeZone":null,"locale":null,"remindOf":null}`, all},
		{`{"reminderHour":null,"remindOf":[]}`, none},
		{`{}`, none},
	} {
		if diff := cmp.Diff(step.want, must(w.prefer(ali, step.body))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.body, diff)
		}
	}
}

func TestUserSettingsRefusals(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	for _, body := range []string{
		`{"timeZone":""}`, `{"timeZone":"Mars/Olympus"}`, `{"timeZone":"Local"}`, `{"timeZone":"localtime"}`, `{"timeZone":"../etc/passwd"}`,
		`{"timeZone":"right/Europe/London"}`, `{"timeZone":"asia/tashkent "}`, `{"locale":"de"}`, `{"locale":""}`, `{"reminderHour":-1}`, `{"reminderHour":24}`,
		`{"remindOf":["hatms"]}`,
	} {
		_, err := w.prefer(ali, body)
		if zikr.CodeOf(err) != zikr.CodeInvalidPayload {
			t.Errorf("%s: got %v, want invalid_payload", body, err)
		}
	}
	if diff := cmp.Diff(noSettings(), must(w.Me(w.ctx, ali)).SettingsItem); diff != "" {
		t.Errorf("they changed (-want +got):\n%s", diff)
	}
}

// remindDue does what the clock does about reminders.
func (w *world) remindDue() {
	w.t.Helper()
	for _, d := range must(w.RemindersDue(w.ctx, zikr.DueReminder{}, 100)) {
		if err := w.Remind(w.ctx, d.UserID); err != nil {
			w.t.Fatal(err)
		}
	}
}

// reminders are the bodies of the notifications of a type that a user was sent.
func (w *world) reminders(userID string, of zikr.NotificationType) (all []zikr.NewNotification) {
	for _, s := range w.bus.toUser(userID) {
		if s.Name != "new_notification" {
			continue
		}
		var n zikr.NewNotification
		decode(w.t, s.Data, &n)
		if n.Type == of {
			all = append(all, n)
		}
	}
	return all
}

func TestReminders(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	days := zikr.Int(3)
	g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "Readers", Type: zikr.QuranGroup})).ID
	late := w.book(ali, g, 1)
	must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{ReadingDays: &days}}))
	first := w.book(ali, g, 2)
	counting := w.group(zikr.ZikrGroup, ali)
	must(w.prefer(ali, `{"timeZone":"Asia/Tashkent","reminderHour":20,"remindOf":["poras","zikrs"]}`))
	for range 3 { // 14:05 in Tashkent
		w.remindDue()
	}
	if n := w.reminders(ali, zikr.NotifyPoraReminder); len(n) != 0 {
		t.Errorf("reminded before the hour: %+v", n)
	}
	w.later(6 * time.Hour)
	for range 3 {
		w.remindDue()
	}
	poras, zikrs := w.reminders(ali, zikr.NotifyPoraReminder), w.reminders(ali, zikr.NotifyZikrReminder)
	if len(poras) != 1 || poras[0].BookingID != first || poras[0].Count != 2 || poras[0].SenderID != "" || poras[0].PoraName != "2-Juz" {
		t.Errorf("of poras: got %+v, want one of %s, due before %s", poras, first, late)
	}
	if len(zikrs) != 1 || zikrs[0].GroupID != counting {
		t.Errorf("of zikrs: got %+v", zikrs)
	}
	// Who changes the hour, or the zone, is not reminded twice of one day.
	must(w.prefer(ali, `{"reminderHour":22}`))
	w.later(2 * time.Hour)
	w.remindDue()
	// The next day nothing is left to say: both poras are done, and something was counted.
	w.later(20 * time.Hour)
	w.complete(ali, first)
	w.complete(ali, late)
	w.count(ali, counting, w.zikr(ali, counting, 0), 1)
	w.later(4 * time.Hour)
	w.remindDue()
	if p, z := w.reminders(ali, zikr.NotifyPoraReminder), w.reminders(ali, zikr.NotifyZikrReminder); len(p) != 1 || len(z) != 1 {
		t.Errorf("in all: got %d of poras and %d of zikrs, want 1 of each", len(p), len(z))
	}
}

// TestRemindersOverClockChanges has one reminder on each day, however clocks are set, in several zones.
func TestRemindersOverClockChanges(t *testing.T) {
	for _, test := range []struct {
		zone string
		hour int
		from time.Time // three days before
	}{
		{"Europe/Berlin", 2, time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)},       // no 2 o'clock on the 29th
		{"Europe/Berlin", 2, time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC)},      // two of them on the 25th
		{"America/New_York", 2, time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)},     // none on the 8th
		{"America/New_York", 1, time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC)},   // twice on November 1st
		{"Australia/Lord_Howe", 2, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}, // half an hour less of it on the 4th
		{"Australia/Lord_Howe", 1, time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)},  // half an hour more on the 5th
		{"Asia/Tashkent", 0, time.Date(2026, 12, 29, 0, 0, 0, 0, time.UTC)},      // New Year
		{"Pacific/Auckland", 23, time.Date(2026, 12, 29, 0, 0, 0, 0, time.UTC)},
		{"America/New_York", 23, time.Date(2026, 12, 29, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(test.zone+" "+test.from.Format(time.DateOnly), func(t *testing.T) {
			w := newWorld(t)
			w.clock.at.Store(test.from.UnixMilli())
			ali := w.user("Ali")
			w.book(ali, w.group(zikr.QuranGroup, ali), 1)
			must(w.prefer(ali, fmt.Sprintf(`{"timeZone":%q,"reminderHour":%d}`, test.zone, test.hour)))
			for range 7 * 24 * 4 {
				w.later(15 * time.Minute)
				w.remindDue()
			}
			zone := must(time.LoadLocation(test.zone))
			var days []zikr.Date
			for _, n := range w.reminders(ali, zikr.NotifyPoraReminder) {
				days = append(days, zikr.DateOf(n.Time.In(zone)))
			}
			for i := 1; i < len(days); i++ {
				if days[i] != days[i-1]+1 {
					t.Errorf("the reminder after the one on %s came on %s", days[i-1], days[i])
				}
			}
			if len(days) < 6 || len(days) > 8 { // as the first and the last hour are within the 7 days
				t.Errorf("reminders on %v: %d in 7 days", days, len(days))
			}
		})
	}
}

// TestRemindersAtOnce finds the same user on many nodes.
func TestRemindersAtOnce(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	w.book(ali, w.group(zikr.QuranGroup, ali), 1)
	must(w.prefer(ali, `{"reminderHour":10}`))
	w.later(time.Hour)
	for _, err := range atOnce(20, func(int) error { return w.Remind(w.ctx, ali) }) {
		if err != nil {
			t.Error(err)
		}
	}
	if n := len(w.reminders(ali, zikr.NotifyPoraReminder)); n != 1 {
		t.Errorf("%d reminders", n)
	}
	// A server that was stopped for two days does not remind of yesterday, at night.
	w.later(2*24*time.Hour - 3*time.Hour)
	w.remindDue()
	if n := len(w.reminders(ali, zikr.NotifyPoraReminder)); n != 1 {
		t.Errorf("%d reminders after the stop", n)
	}
}

func TestRemindPora(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, vali)
	id := w.book(vali, g, 7)
	remind := func(userID string) error { return second(w.RemindPora(w.ctx, userID, zikr.RemindPora{BookingID: id})) }
	wantCode(t, remind(sami), zikr.CodeBookingNotFound)
	wantCode(t, remind(vali), zikr.CodeNotAdmin)
	wantCode(t, remind(ali), "")
	wantCode(t, remind(ali), zikr.CodeRateLimited)
	told := w.reminders(vali, zikr.NotifyPoraReminder)
	if len(told) != 1 || told[0].SenderID != ali || told[0].PoraID != "7" {
		t.Errorf("told: %+v", told)
	}
	w.later(25 * time.Hour)
	wantCode(t, remind(ali), "")
	w.complete(vali, id)
	w.later(25 * time.Hour)
	wantCode(t, remind(ali), zikr.CodeBookingCompleted)
}

// Who has no login is told of nothing, and so cannot be reminded.
func TestRemindMemberWithoutLogin(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	momo := must(w.AddMember(w.ctx, ali, g, zikr.NewMember{Name: "Momo"})).UserID
	booked := must(w.BookPora(w.ctx, ali, zikr.BookPora{GroupID: g, PoraID: "1", ForUserID: &momo}))
	_, err := w.RemindPora(w.ctx, ali, zikr.RemindPora{BookingID: booked.BookingID})
	wantCode(t, err, zikr.CodeUserNotFound)
}

// The group that counts is found behind any number of newer ones that read.
func TestZikrReminderOfManyGroups(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	counting := w.group(zikr.ZikrGroup, ali)
	for range 200 {
		w.group(zikr.QuranGroup, ali)
	}
	must(w.prefer(ali, `{"reminderHour":10,"remindOf":["zikrs"]}`))
	w.later(time.Hour)
	w.remindDue()
	if told := w.reminders(ali, zikr.NotifyZikrReminder); len(told) != 1 || told[0].GroupID != counting {
		t.Errorf("told: %+v", told)
	}
}

func TestUndoMemberFreesPoras(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.complete(vali, w.book(vali, g, 1))
	w.later(time.Hour)
	since := zikr.At(w.clock.now())
	w.complete(vali, w.book(vali, g, 2))
	w.book(vali, g, 3)
	w.complete(ali, w.book(ali, g, 4))
	undone := must(w.UndoMember(w.ctx, ali, g, vali, zikr.MemberUndo{Since: since}))
	if undone.Poras != 2 || undone.Counts != 0 {
		t.Errorf("undone: %+v", undone)
	}
	poras := w.snapshot(ali, g).Poras
	for i, want := range []string{"completed", "available", "available", "completed"} {
		if poras[i].Status != want {
			t.Errorf("pora %d is %s, want %s", i+1, poras[i].Status, want)
		}
	}
}
