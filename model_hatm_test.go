package zikr_test

import (
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

// hatm is an open hatm of a group, nil if there is none of the number.
func (g *mGroup) hatm(number int64) *mHatm {
	i := slices.IndexFunc(g.open, func(h *mHatm) bool { return h.number == number })
	if i < 0 {
		return nil
	}
	return g.open[i]
}

// openNext opens a hatm if one is due.
func (g *mGroup) openNext() {
	if len(g.open) > 0 {
		if int64(len(g.open)) >= g.openHatms {
			return
		}
		for _, h := range g.open {
			if slices.Contains(h.poras[1:], "") {
				return
			}
		}
	}
	g.open = append(g.open, &mHatm{number: g.hatms + int64(len(g.open)) + 1, days: g.hatmDays})
	g.seq++
}

// mBook is what a booking is asked for with.
type mBook struct {
	user, group string
	pora        int
	number      int64  // 0 for none
	forUser     string // "" for oneself
}

// reader is whose the booking is to be.
func (b mBook) reader() string {
	if b.forUser != "" {
		return b.forUser
	}
	return b.user
}

// book returns the booking that is held already, or the hatm in which one is to be made.
func (m *model) book(in mBook) (held string, hatm *mHatm, _ zikr.Code) {
	g, code := m.enter(in.user, in.group, in.reader() != in.user)
	switch {
	case code != "":
		return "", nil, code
	case !g.quran:
		return "", nil, zikr.CodeWrongGroupType
	case in.pora < 1 || in.pora > zikr.Poras:
		return "", nil, zikr.CodePoraNotFound
	case !g.has(in.reader()):
		return "", nil, zikr.CodeUserNotFound
	}
	hatms := g.open
	if in.number != 0 {
		if hatms = []*mHatm{g.hatm(in.number)}; hatms[0] == nil {
			return "", nil, zikr.CodeHatmNotFound
		}
	}
	refusal := zikr.CodePoraCompleted
	for _, h := range hatms {
		b := m.bookings[h.poras[in.pora]]
		switch {
		case b == nil && hatm == nil:
			hatm = h
		case b != nil && !b.done && b.holder == in.reader():
			return h.poras[in.pora], nil, ""
		case b != nil && !b.done:
			refusal = zikr.CodePoraBooked
		}
	}
	switch {
	case hatm == nil:
		return "", nil, refusal
	case in.forUser == "" && g.poraLimit > 0 && m.held(g, in.user) >= g.poraLimit:
		return "", nil, zikr.CodeTooManyPoras
	}
	return "", hatm, ""
}

// held is how many poras a member holds.
func (m *model) held(g *mGroup, user string) (n int64) {
	for _, b := range m.bookings {
		if b.group == g && b.holder == user && !b.done && !b.freed {
			n++
		}
	}
	return n
}

// booked stores what was booked, as the real thing told it.
func (m *model) booked(in mBook, h *mHatm, got *zikr.BookingConfirmed) *mBooking {
	g := m.groups[in.group]
	b := m.gave(g, h, got.BookingID, in.user, in.reader(), in.pora, got.Timestamp.Time)
	if in.reader() != in.user {
		m.noteUnlessMute(g, b.holder, mNote{kind: zikr.NotifyPoraAssigned, sender: in.user, group: g.id})
	}
	if g.openHatms > 1 {
		g.openNext()
	}
	return b
}

// gave puts a pora into somebody's hands.
func (m *model) gave(g *mGroup, h *mHatm, id, by, reader string, pora int, at time.Time) *mBooking {
	b := &mBooking{group: g, hatm: h, pora: pora, by: by, holder: reader, made: at}
	m.promise(b, b.dueFrom(at))
	m.bookings[id], h.poras[pora] = b, id
	g.seq++
	return b
}

// dueFrom is the date of a booking that is made at a moment.
func (b *mBooking) dueFrom(at time.Time) (due time.Time) {
	if b.group.readingDays > 0 {
		due = at.Add(time.Duration(b.group.readingDays) * day)
	}
	if h := b.hatm.date(); h.After(at) && (due.IsZero() || h.Before(due)) {
		due = h
	}
	return due
}

// mayEnd checks who may complete, release or reopen a booking.
func (m *model) mayEnd(user, booking string) (*mBooking, zikr.Code) {
	b := m.bookings[booking]
	switch {
	case b == nil || !b.group.has(user):
		return nil, zikr.CodeBookingNotFound
	case b.holder != user && b.group.admin != user:
		return b, zikr.CodeNotYourBooking
	}
	return b, ""
}

func (m *model) complete(user, booking string) zikr.Code {
	b, code := m.mayEnd(user, booking)
	switch {
	case b != nil && b.freed:
		return zikr.CodeBookingNotFound
	case code != "" || b.done:
		return code
	}
	b.done, b.doneBy = true, user
	g := b.group
	g.seq++
	if m.done(b.hatm) == zikr.Poras {
		g.seq++
		g.hatms++
		g.closed[b.hatm.number] = b.hatm
		g.open = slices.DeleteFunc(g.open, func(h *mHatm) bool { return h == b.hatm })
		g.openNext()
		m.notice(g, user, mNote{kind: zikr.NotifyHatmCompleted})
	}
	return ""
}

// done is how many poras of a hatm are.
func (m *model) done(h *mHatm) (n int) {
	for _, id := range h.poras[1:] {
		if id != "" && m.bookings[id].done {
			n++
		}
	}
	return n
}

func (m *model) release(user, booking string) zikr.Code {
	b, code := m.mayEnd(user, booking)
	switch {
	case code != "":
		return code
	case b.done:
		return zikr.CodeBookingCompleted
	case b.freed:
		return ""
	}
	m.free(b)
	if user != b.holder {
		m.noteUnlessMute(b.group, b.holder, mNote{kind: zikr.NotifyPoraReleased, sender: user, group: b.group.id})
	}
	return ""
}

func (m *model) free(b *mBooking) {
	b.freed = true
	b.hatm.poras[b.pora] = ""
	b.group.seq++
}

// reopen takes back that a pora was read. When it was, the real thing tells by the date that it gives.
func (m *model) reopen(user, booking string) (changed *mBooking, _ zikr.Code) {
	b, code := m.mayEnd(user, booking)
	switch {
	case b != nil && b.freed:
		return nil, zikr.CodeBookingNotFound
	case code != "" || !b.done:
		return nil, code
	case b.group.hatm(b.hatm.number) == nil:
		return nil, zikr.CodeHatmCompleted
	}
	return b, ""
}

func (m *model) reopened(b *mBooking, at time.Time) {
	b.done, b.completion = false, nil
	m.did(b.day, 0, -1)
	due := b.due
	if !due.IsZero() && !due.After(at) {
		due = b.dueFrom(at)
	}
	m.promise(b, due)
	b.group.seq++
	if !b.group.has(b.holder) {
		m.free(b)
	}
}

// reopenHatm opens a completed hatm again.
func (m *model) reopenHatm(user, group string, number int64, now time.Time) zikr.Code {
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return code
	case g.hatm(number) != nil:
		return ""
	case g.closed[number] == nil:
		return zikr.CodeHatmNotFound
	case now.Sub(g.closed[number].completed) > 7*day:
		return zikr.CodeHatmCompleted
	}
	g.open = append(g.open, g.closed[number])
	slices.SortFunc(g.open, func(a, b *mHatm) int { return int(a.number - b.number) })
	delete(g.closed, number)
	g.hatms--
	g.seq++
	return ""
}

// share is the most that it says of a share-out: who may, and of which hatm.
func (m *model) share(user, group string, number int64) (*mHatm, zikr.Code) {
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return nil, code
	case g.closed[number] != nil:
		return nil, zikr.CodeHatmCompleted
	case g.hatm(number) == nil:
		return nil, zikr.CodeHatmNotFound
	}
	return g.hatm(number), ""
}

// set changes how a group reads.
func (m *model) set(user, group string, openHatms, poraLimit, readingDays, hatmDays int64, autoRelease bool) zikr.Code {
	g, code := m.enter(user, group, true)
	if code != "" {
		return code
	}
	before := *g
	g.openHatms, g.poraLimit, g.readingDays, g.hatmDays, g.autoRelease = openHatms, poraLimit, readingDays, hatmDays, autoRelease
	if before.openHatms == openHatms && before.poraLimit == poraLimit && before.readingDays == readingDays && before.hatmDays == hatmDays && before.autoRelease == autoRelease {
		return ""
	}
	g.seq++
	if g.quran && openHatms > before.openHatms {
		g.openNext()
	}
	return ""
}

// wake is what the clock does about a booking; it reports whether it was due.
func (m *model) wake(b *mBooking, now time.Time) bool {
	switch {
	case b.done || b.freed || b.group.deleted || b.due.IsZero():
		return false
	case b.group.autoRelease && !b.due.After(now):
		m.free(b)
		m.noteUnlessMute(b.group, b.holder, mNote{kind: zikr.NotifyPoraReleased, group: b.group.id})
	case !b.reminded && !b.soon.After(now):
		b.reminded = true
		if !b.due.After(now) { // passed while nobody looked
			break
		}
		m.noteUnlessMute(b.group, b.holder, mNote{kind: zikr.NotifyPoraDueSoon, group: b.group.id})
	default:
		return false
	}
	return true
}

// addMember makes a member who has no login, under the id that the real thing gave.
func (m *model) addMember(id, group string) {
	g := m.groups[group]
	g.members, g.mute, g.ever = append(g.members, id), append(g.mute, id), append(g.ever, id)
	g.seq++
}

// noteUnlessMute stores a notification of one, if they could ever read it.
func (m *model) noteUnlessMute(g *mGroup, receiver string, n mNote) {
	if !slices.Contains(g.mute, receiver) {
		m.note(receiver, n)
	}
}
