package zikr_test

import (
	"maps"
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

// mUser is what a user set, and when they were reminded.
type mUser struct {
	zone         *time.Location
	hour         int // -1 for none
	poras, zikrs bool
	planned      time.Time // when this was set
	remindedOn   zikr.Date
}

// mCount is a counting that can be taken back.
type mCount struct {
	group    *mGroup
	zikr     *mZikr
	owner    string
	by       string // who made it
	n        int64
	at       time.Time
	day      zikr.Date
	groupDay zikr.Date
	undone   *zikr.ZikrUpdateConfirmed
	undoneBy string
}

// mDay is what was done on a day.
type mDay struct{ counted, poras int64 }

// dayOf names a day of a user in a group.
type dayOf struct {
	user, group   string
	day, groupDay zikr.Date
}

// setting is what a user set; members who have no login set nothing.
func (m *model) setting(user string) *mUser {
	if u := m.users[user]; u != nil {
		return u
	}
	return &mUser{zone: time.UTC, hour: -1}
}

// did adds to the days of a user and of a group.
func (m *model) did(of dayOf, counted, poras int64) {
	d := m.days[of]
	m.days[of] = mDay{d.counted + counted, d.poras + poras}
}

// today is the day of a moment for a user in a group; groups count theirs in UTC.
func (m *model) today(user, group string, at time.Time) dayOf {
	return dayOf{user, group, zikr.DateOf(at.In(m.setting(user).zone)), zikr.DateOf(at.UTC())}
}

// history is what MyDays of a user, or GroupDays of a group, must tell of all days.
func (m *model) history(user, group string) (days []zikr.DayItem, active []zikr.Date) {
	sums, who := map[zikr.Date]mDay{}, map[zikr.Date]map[string]bool{}
	for of, d := range m.days {
		day := of.day
		if group != "" {
			day = of.groupDay
		}
		if d == (mDay{}) || user != "" && of.user != user || group != "" && of.group != group {
			continue
		}
		sums[day] = mDay{sums[day].counted + d.counted, sums[day].poras + d.poras}
		if who[day] == nil {
			who[day] = map[string]bool{}
		}
		who[day][of.user] = true
	}
	active = slices.Sorted(maps.Keys(sums))
	for _, day := range active {
		item := zikr.DayItem{Date: day.String(), Counted: sums[day].counted, Poras: sums[day].poras}
		if group != "" {
			item.Members = int64(len(who[day]))
		}
		days = append(days, item)
	}
	return days, active
}

// made is a counting that was just made.
func (m *model) made(owner, by, group, zikrID string, n int64, at time.Time) *mCount {
	g, of := m.groups[group], m.today(owner, group, at)
	m.did(of, n, 0)
	z, _ := g.zikr(zikrID)
	return &mCount{group: g, zikr: z, owner: owner, by: by, n: n, at: at, day: of.day, groupDay: of.groupDay}
}

// undo takes a counting back. It returns what must be undone now, or what must be answered again.
func (m *model) undo(user, id string, now time.Time) (n *mCount, again *zikr.ZikrUpdateConfirmed, _ zikr.Code) {
	n = m.counts[id]
	if n == nil || !n.group.has(user) {
		return nil, nil, zikr.CodeCountNotFound
	}
	admin := n.group.admin == user
	switch {
	case n.owner != user && n.by != user && n.undoneBy != user && !admin:
		return nil, nil, zikr.CodeNotAdmin
	case n.undone != nil:
		return nil, n.undone, ""
	case n.n < 0:
		return nil, nil, zikr.CodeCountNotFound
	case !admin && now.Sub(n.at) > day:
		return nil, nil, zikr.CodeCountTooOld
	case n.zikr.deleted:
		return nil, nil, zikr.CodeZikrNotFound
	}
	return n, nil, ""
}

// undid is what the answer must be, but for its id and moment.
func (m *model) undid(user, id string, n *mCount) *zikr.ZikrUpdateConfirmed {
	z := n.zikr
	z.total -= n.n
	if z.shares[n.owner] -= n.n; z.shares[n.owner] == 0 {
		delete(z.shares, n.owner)
	}
	n.group.seq++
	n.undoneBy = user
	m.did(dayOf{n.owner, n.group.id, n.day, n.groupDay}, -n.n, 0)
	n.undone = &zikr.ZikrUpdateConfirmed{Count: -n.n, Undoes: id, TotalCount: z.total, Progress: percent(z.total, z.goal)}
	if z.goal > 0 {
		n.undone.Goal, n.undone.CycleCount = pointer(z.goal), z.total/z.goal
	}
	return n.undone
}

// undoMember takes back what a member did since a moment, and returns how much that was.
func (m *model) undoMember(user, group, member string, since, now time.Time) (counts, poras int64, _ zikr.Code) {
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return 0, 0, code
	case !slices.Contains(g.ever, member):
		return 0, 0, zikr.CodeUserNotFound
	}
	for _, id := range slices.Sorted(maps.Keys(m.counts)) {
		n := m.counts[id]
		if n.group == g && (n.owner == member || n.by == member) && n.n > 0 && n.undone == nil && !n.zikr.deleted && !n.at.Before(since) {
			m.undid(user, id, n)
			counts++
		}
	}
	for _, b := range m.bookings {
		if b.group == g && m.undoPora(b, user, member, since, now) {
			poras++
		}
	}
	return counts, poras, ""
}

// undoPora takes back what a member did about a booking since a moment, and reports whether that was anything.
func (m *model) undoPora(b *mBooking, user, member string, since, now time.Time) bool {
	if b.freed || b.group.hatm(b.hatm.number) != b.hatm {
		return false
	}
	made, done := !b.made.Before(since), b.done && !b.completion.Timestamp.Before(since)
	if b.holder != member { // only what the member did for the holder, who keeps what they have read
		done = done && b.doneBy == member
		made = made && b.by == member && (!b.done || done)
	}
	if !made && !done {
		return false
	}
	if b.done {
		m.reopened(b, now)
	}
	if b.freed || b.holder != member && !made {
		return true
	}
	m.free(b)
	if b.holder != user {
		m.noteUnlessMute(b.group, b.holder, mNote{kind: zikr.NotifyPoraReleased, sender: user, group: b.group.id})
	}
	return true
}

// soon is when the holder of a booking is told that it is due: a day before, or at the hour of reminders on that day
// if it comes earlier.
func (u *mUser) soon(due time.Time) time.Time {
	at := due.Add(-day)
	if u.hour < 0 {
		return at
	}
	y, mo, d := at.In(u.zone).Date()
	if hour := time.Date(y, mo, d, u.hour, 0, 0, 0, u.zone); hour.Before(at) {
		return hour
	}
	return at
}

// promise gives a booking its date.
func (m *model) promise(b *mBooking, due time.Time) {
	b.due, b.reminded, b.soon = due, false, time.Time{}
	if !due.IsZero() {
		b.soon = m.setting(b.holder).soon(due)
	}
}

// remind is what the clock does about a user: their hour of today has come since they set it, and they were not
// reminded today.
func (m *model) remind(user string, now time.Time) {
	u := m.setting(user)
	if u.hour < 0 {
		return
	}
	y, mo, d := now.In(u.zone).Date()
	hour, today := time.Date(y, mo, d, u.hour, 0, 0, 0, u.zone), zikr.DateOf(now.In(u.zone))
	if !hour.After(u.planned) || hour.After(now) || u.remindedOn >= today {
		return
	}
	u.remindedOn = today
	if group := m.holdsOneIn(user); u.poras && group != "" {
		m.note(user, mNote{kind: zikr.NotifyPoraReminder, group: group})
	}
	if group := m.countsIn(user); u.zikrs && group != "" && m.counted0(user, today) {
		m.note(user, mNote{kind: zikr.NotifyZikrReminder, group: group})
	}
}

// remindPora reminds the holder of a booking in the admin's name: once a day.
func (m *model) remindPora(user, booking string, now time.Time) zikr.Code {
	b := m.bookings[booking]
	switch {
	case b == nil || !b.group.has(user):
		return zikr.CodeBookingNotFound
	case b.group.admin != user:
		return zikr.CodeNotAdmin
	case b.freed:
		return zikr.CodeBookingNotFound
	case b.done:
		return zikr.CodeBookingCompleted
	case slices.Contains(b.group.mute, b.holder):
		return zikr.CodeUserNotFound
	case now.Before(b.remindedAt.Add(day)):
		return zikr.CodeRateLimited
	}
	b.remindedAt = now
	m.note(b.holder, mNote{kind: zikr.NotifyPoraReminder, sender: user, group: b.group.id})
	return ""
}

// holdsOneIn is the group of the booking that is due first of those that a user holds; "" if there is none.
func (m *model) holdsOneIn(user string) string {
	var first *mBooking
	for _, id := range slices.Sorted(maps.Keys(m.bookings)) {
		b := m.bookings[id]
		if b.holder != user || b.done || b.freed || b.group.deleted {
			continue
		}
		if first == nil || !b.due.IsZero() && (first.due.IsZero() || b.due.Before(first.due)) {
			first = b
		}
	}
	if first == nil {
		return ""
	}
	return first.group.id
}

// countsIn is a group that counts, of which a user is a member; "" if there is none.
func (m *model) countsIn(user string) string {
	for id, g := range m.groups {
		if !g.quran && g.has(user) {
			return id
		}
	}
	return ""
}

// counted0 reports whether a user has counted nothing on a day.
func (m *model) counted0(user string, day zikr.Date) bool {
	sum := int64(0)
	for of, d := range m.days {
		if of.user == user && of.day == day {
			sum += d.counted
		}
	}
	return sum == 0
}
