package zikr_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/zikr-app/zikr"
)

// number is that of a hatm, or 0 for none.
func (tw *twin) number() int64 { return rapid.Int64Range(0, 5).Draw(tw.rt, "hatm") }

// another is whom something is done for; most often nobody.
func (tw *twin) another() string {
	return rapid.SampledFrom(append([]string{"", "", "", "", "nobody"}, tw.all()...)).Draw(tw.rt, "for")
}

// all are the users, and the members who have no login.
func (tw *twin) all() []string { return slices.Concat(tw.users, tw.mute) }

// date is a moment as the comparison shows it.
func date(at time.Time) string {
	if at.IsZero() {
		return " no date "
	}
	return " " + zikr.At(at).Format(time.RFC3339Nano) + " "
}

func dateOf(at *zikr.Time) string {
	if at == nil {
		return date(time.Time{})
	}
	return date(at.Time)
}

// learnHatms takes over when hatms were opened.
func (tw *twin) learnHatms(g *mGroup, snap *zikr.Snapshot) {
	for _, h := range snap.Hatms {
		if known := g.hatm(h.HatmNumber); known != nil {
			known.opened = h.OpenedAt.Time
		}
	}
}

// dated sees that the model knows when a hatm was opened, on which its date depends.
func (tw *twin) dated(g *mGroup, h *mHatm) {
	if h.opened.IsZero() {
		tw.learnHatms(g, tw.snapshot(g.admin, g.id))
	}
}

func (tw *twin) book(in mBook) {
	held, hatm, want := tw.model.book(in)
	if hatm != nil {
		tw.dated(tw.model.groups[in.group], hatm)
	}
	asked := zikr.BookPora{GroupID: in.group, PoraID: fmt.Sprint(in.pora)}
	if in.number > 0 {
		asked.HatmNumber = number(in.number)
	}
	if in.forUser != "" {
		asked.ForUserID = &in.forUser
	}
	got, err := tw.BookPora(tw.ctx, in.user, asked)
	tw.keepsSilent(in, err)
	switch {
	case !tw.same("book", want, err):
	case held == "":
		b := tw.model.booked(in, hatm, got)
		b.booking = got
		tw.equal("the date", date(b.due), dateOf(got.DueAt))
		tw.equal("the hatm", hatm.number, got.HatmNumber)
	default:
		first := tw.model.bookings[held]
		first.booking.DueAt = got.DueAt // which the snapshot tells too
		tw.equal("a repeated booking", first.booking, got)
	}
}

// bookAgain books a pora that may be held, by whoever holds it.
func (tw *twin) bookAgain() {
	if b := tw.model.bookings[tw.booking()]; b != nil {
		tw.book(mBook{user: b.holder, group: b.group.id, pora: b.pora})
	}
}

// readMost reads what is not read yet of a hatm but for a pora or two, so that hatms come to an end.
func (tw *twin) readMost(user, group string) {
	g := tw.model.groups[group]
	if !g.has(user) || len(g.open) == 0 {
		return
	}
	h := rapid.SampledFrom(g.open).Draw(tw.rt, "of hatm")
	for n := 1 + rapid.IntRange(0, 2).Draw(tw.rt, "left out"); n <= zikr.Poras; n++ {
		if h.poras[n] == "" {
			tw.book(mBook{user: g.admin, group: group, pora: n, number: h.number, forUser: g.admin})
		}
		if b := tw.model.bookings[h.poras[n]]; !b.done {
			tw.complete(b.group.admin, h.poras[n])
		}
	}
}

func (tw *twin) reopen(user, booking string) {
	changed, want := tw.model.reopen(user, booking)
	got, err := tw.ReopenPora(tw.ctx, user, zikr.ReopenPora{BookingID: booking})
	if !tw.same("reopen", want, err) {
		return
	}
	b := tw.model.bookings[booking]
	if changed != nil {
		tw.model.reopened(b, got.Timestamp.Time)
	}
	tw.equal("the reopened booking", &zikr.ReopenConfirmed{
		BookingID: booking, PoraID: fmt.Sprint(b.pora), PoraName: fmt.Sprint(b.pora, "-Juz"), HatmNumber: b.hatm.number, DueAt: moment(b.due), Timestamp: got.Timestamp,
	}, got)
}

// moment is a time as clients see it, nil for the zero time.
func moment(at time.Time) *zikr.Time {
	if at.IsZero() {
		return nil
	}
	return pointer(zikr.At(at))
}

func (tw *twin) reopenHatm(user, group string, number int64) {
	want := tw.model.reopenHatm(user, group, number, tw.clock.now())
	got, err := tw.ReopenHatm(tw.ctx, user, group, number)
	if tw.same("reopen hatm", want, err) && (got.CompletedAt != nil || got.TotalFinished != int64(len(got.Readers))) {
		tw.rt.Fatalf("reopened: %+v", got)
	}
}

// dateHatm gives a hatm a date, or takes it away.
func (tw *twin) dateHatm(user, group string, number int64) {
	h, want := tw.model.share(user, group, number)
	var due *zikr.Time
	if days := rapid.IntRange(0, 6).Draw(tw.rt, "days"); days > 0 {
		due = pointer(zikr.At(tw.clock.now().Add(time.Duration(days) * day)))
	}
	if h != nil {
		tw.dated(tw.model.groups[group], h)
	}
	_, err := tw.SetHatmDue(tw.ctx, user, group, number, due)
	if !tw.same("date a hatm", want, err) {
		return
	}
	was := h.date()
	h.byHand, h.due = true, time.Time{}
	if due != nil {
		h.due = due.Time
	}
	if h.due.Equal(was) {
		return
	}
	g := tw.model.groups[group]
	g.seq++
	for _, id := range h.poras[1:] {
		b := tw.model.bookings[id]
		if b == nil || b.done || was.IsZero() || !b.due.Equal(was) {
			continue
		}
		now := time.Time{}
		if g.readingDays > 0 {
			now = b.made.Add(time.Duration(g.readingDays) * day)
		}
		if !h.due.IsZero() && (now.IsZero() || h.due.Before(now)) {
			now = h.due
		}
		if now.IsZero() || !now.Before(was) {
			tw.model.promise(b, now)
		}
	}
}

func (tw *twin) giveTime(user, booking string) {
	b, want := tw.model.mayEnd(user, booking)
	until := zikr.At(tw.clock.now().Add(time.Duration(rapid.IntRange(1, 6).Draw(tw.rt, "days")) * day))
	switch {
	case b == nil:
	case b.group.admin != user:
		want = zikr.CodeNotAdmin
	case b.freed:
		want = zikr.CodeBookingNotFound
	case b.done:
		want = zikr.CodeBookingCompleted
	case until.Before(b.due):
		want = zikr.CodeInvalidPayload
	}
	_, err := tw.GiveTime(tw.ctx, user, booking, until)
	if tw.same("give time", want, err) && !b.due.Equal(until.Time) {
		tw.model.promise(b, until.Time)
		b.group.seq++
	}
}

func (tw *twin) remindPora(user, booking string) {
	want := tw.model.remindPora(user, booking, tw.clock.now())
	_, err := tw.RemindPora(tw.ctx, user, zikr.RemindPora{BookingID: booking})
	tw.same("remind of a pora", want, err)
}

// share shares a hatm out among all. Who gets what is looked at elsewhere: here, that all is given.
func (tw *twin) share(user, group string, number int64) {
	h, want := tw.model.share(user, group, number)
	g := tw.model.groups[group]
	if h != nil {
		tw.dated(g, h)
	}
	got, err := tw.ShareHatm(tw.ctx, user, group, number, zikr.ShareOut{})
	if !tw.same("share", want, err) {
		return
	}
	told := map[string]bool{}
	at := tw.events(group, g.seq)
	for i, p := range got.Bookings {
		var pora int
		if _, err := fmt.Sscan(p.PoraID, &pora); err != nil || h.poras[pora] != "" || !g.has(p.UserID) {
			tw.rt.Fatalf("shared out: pora %s to %s, which is not free or no member", p.PoraID, p.UserID)
		}
		b := tw.model.gave(g, h, p.BookingID, user, p.UserID, pora, zikr.At(at[i].At).Time)
		b.booking = &zikr.BookingConfirmed{
			BookingID: p.BookingID, PoraID: p.PoraID, PoraName: p.PoraName, HatmNumber: number, DueAt: p.DueAt, Timestamp: zikr.At(at[i].At),
		}
	}
	for _, p := range got.Bookings {
		if p.UserID != user && !told[p.UserID] {
			told[p.UserID] = true
			tw.model.noteUnlessMute(g, p.UserID, mNote{kind: zikr.NotifyPoraAssigned, sender: user, group: group})
		}
	}
	for pora, id := range h.poras[1:] {
		if id == "" {
			tw.rt.Fatalf("pora %d is still free", pora+1)
		}
	}
	if len(got.Bookings) > 0 && g.openHatms > 1 {
		g.openNext()
	}
}

func (tw *twin) set(user, group string) {
	open, limit := rapid.Int64Range(1, 3).Draw(tw.rt, "openHatms"), rapid.SampledFrom([]int64{0, 0, 1, 5}).Draw(tw.rt, "poraLimit")
	reading, hatm := rapid.Int64Range(0, 4).Draw(tw.rt, "readingDays"), rapid.Int64Range(0, 6).Draw(tw.rt, "hatmDays")
	release := rapid.Bool().Draw(tw.rt, "autoRelease")
	want := tw.model.set(user, group, open, limit, reading, hatm, release)
	_, err := tw.UpdateGroup(tw.ctx, user, group, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{
		OpenHatms: number(open), PoraLimit: number(limit), ReadingDays: number(reading), HatmDays: number(hatm), AutoRelease: &release,
	}})
	tw.same("set", want, err)
}

func (tw *twin) addMember(user, group string) {
	_, want := tw.model.enter(user, group, true)
	got, err := tw.AddMember(tw.ctx, user, group, zikr.NewMember{Name: "Momo"})
	if tw.same("add a member", want, err) {
		tw.model.addMember(got.UserID, group)
		tw.mute = append(tw.mute, got.UserID)
	}
}

// timePasses lets some hours pass, and the clock do what is due, one booking after another.
func (tw *twin) timePasses() {
	tw.clock.later(time.Duration(rapid.IntRange(1, 60).Draw(tw.rt, "hours")) * time.Hour)
	for after := (zikr.DueBooking{}); ; {
		due, err := tw.BookingsDue(tw.ctx, after, 3)
		tw.same("look for what is due", "", err)
		for _, d := range due {
			tw.same("wake", "", tw.WakeBookings(tw.ctx, d.GroupID, []zikr.DueBooking{d}))
			if b := tw.model.bookings[d.ID]; b != nil { // else it is of an earlier run
				tw.model.wake(b, tw.clock.now())
			}
			after = d
		}
		if len(due) < 3 {
			break
		}
	}
	tw.remind()
	for id, b := range tw.model.bookings {
		if tw.model.wake(b, tw.clock.now().Add(-time.Second)) {
			tw.rt.Fatalf("booking %s was due, and not woken", id)
		}
	}
}
