package zikr_test

import (
	"math/big"
	"slices"

	"github.com/zikr-app/zikr"
)

// model is what the contract says becomes of groups, in a few maps: what the real
// thing is compared with after each command. Each method is one command: it
// returns the code that it must be refused with, "" if it must succeed.
type model struct {
	groups   map[string]*mGroup
	bookings map[string]*mBooking
	invited  map[string]*mInvitation
	counted  map[string]*zikr.ZikrUpdateConfirmed // by user and opId
	notes    map[string][]*mNote                  // by receiver, oldest first
	topics   int                                  // how many notices had a topic of their own
}

func newModel() *model {
	return &model{
		groups: map[string]*mGroup{}, bookings: map[string]*mBooking{}, invited: map[string]*mInvitation{},
		counted: map[string]*zikr.ZikrUpdateConfirmed{}, notes: map[string][]*mNote{},
	}
}

type mGroup struct {
	id      string
	quran   bool
	admin   string
	members []string // in the order in which they joined
	hatms   int64
	poras   [zikr.Poras + 1]string // the booking of each; "" if it is free
	zikrs   []*mZikr
	seq     int64
	deleted bool
}

type mZikr struct {
	id          string
	goal, total int64
	shares      map[string]int64
	deleted     bool
}

type mBooking struct {
	group       *mGroup
	pora        int
	holder      string
	done, freed bool
	// what was answered first
	booking    *zikr.BookingConfirmed
	completion *zikr.CompletionConfirmed
	release    *zikr.ReleaseConfirmed
}

type mInvitation struct {
	group            *mGroup
	sender, receiver string
	answer           *bool
	note             *mNote
	confirmation     *zikr.InvitationResponded
}

// mNote is a notification. A notice, which went to all members, has a topic.
type mNote struct {
	kind          zikr.NotificationType
	sender, group string
	topic         string
	read          bool
}

func (g *mGroup) has(user string) bool { return !g.deleted && slices.Contains(g.members, user) }

// enter checks membership, and administration if it is needed.
func (m *model) enter(user, group string, admin bool) (*mGroup, zikr.Code) {
	g := m.groups[group]
	switch {
	case g == nil || !g.has(user):
		return nil, zikr.CodeNotMember
	case admin && g.admin != user:
		return nil, zikr.CodeNotAdmin
	}
	return g, ""
}

func (m *model) book(user, group string, pora int) (held string, _ zikr.Code) {
	g, code := m.enter(user, group, false)
	switch {
	case code != "":
		return "", code
	case !g.quran:
		return "", zikr.CodeWrongGroupType
	case pora < 1 || pora > zikr.Poras:
		return "", zikr.CodePoraNotFound
	case g.poras[pora] == "":
		return "", ""
	}
	switch b := m.bookings[g.poras[pora]]; {
	case b.done:
		return "", zikr.CodePoraCompleted
	case b.holder != user:
		return "", zikr.CodePoraBooked
	}
	return g.poras[pora], ""
}

// booked stores what was booked under the id that the real thing gave it.
func (m *model) booked(id, user, group string, pora int) {
	g := m.groups[group]
	m.bookings[id] = &mBooking{group: g, pora: pora, holder: user}
	g.poras[pora] = id
	g.seq++
}

// mayEnd checks who may complete or release a booking.
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
	b.done = true
	g := b.group
	g.seq++
	if done := m.done(g); done == zikr.Poras {
		g.seq++
		g.hatms++
		g.poras = [zikr.Poras + 1]string{}
		m.notice(g, user, mNote{kind: zikr.NotifyHatmCompleted})
	}
	return ""
}

// done is how many poras of the group's hatm are.
func (m *model) done(g *mGroup) (n int) {
	for _, id := range g.poras[1:] {
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
		m.note(b.holder, mNote{kind: zikr.NotifyPoraReleased, sender: user, group: b.group.id})
	}
	return ""
}

func (m *model) free(b *mBooking) {
	b.freed = true
	b.group.poras[b.pora] = ""
	b.group.seq++
}

// zikr finds a zikr of a group.
func (g *mGroup) zikr(id string) (*mZikr, zikr.Code) {
	for _, z := range g.zikrs {
		if z.id == id && !z.deleted {
			return z, ""
		}
	}
	return nil, zikr.CodeZikrNotFound
}

// count returns what the update must be answered with, but for its id and moment.
func (m *model) count(user, group, zikrID string, n int64, opID string) (*zikr.ZikrUpdateConfirmed, zikr.Code) {
	if n < 1 || n > 100_000 {
		return nil, zikr.CodeCountOutOfRange
	}
	if known := m.counted[user+"/"+opID]; opID != "" && known != nil {
		return known, ""
	}
	g, code := m.enter(user, group, false)
	if code != "" {
		return nil, code
	}
	z, code := g.zikr(zikrID)
	if code != "" {
		return nil, code
	}
	z.total += n
	z.shares[user] += n
	g.seq++
	out := &zikr.ZikrUpdateConfirmed{Count: n, TotalCount: z.total, Progress: percent(z.total, z.goal)}
	if z.goal > 0 {
		out.Goal, out.CycleCount = pointer(z.goal), z.total/z.goal
		if z.total/z.goal > (z.total-n)/z.goal {
			out.GoalReached, out.Progress = true, "100.00"
			m.notice(g, user, mNote{kind: zikr.NotifyGoalReached, topic: z.id})
		}
	}
	if opID != "" {
		m.counted[user+"/"+opID] = out
	}
	return out, ""
}

// percent is how much of the current cycle is done, reckoned with fractions.
func percent(total, goal int64) string {
	if goal == 0 {
		return "0.00"
	}
	share := big.NewRat(total%goal*100, goal)
	text := share.FloatString(2) // rounds half away from zero
	if text == "100.00" {
		return "99.99"
	}
	return text
}

func (m *model) setGoal(user, group, zikrID string, goal int64) zikr.Code {
	g, code := m.enter(user, group, true)
	if code != "" {
		return code
	}
	z, code := g.zikr(zikrID)
	if code == "" && z.goal != goal {
		z.goal = goal
		g.seq++
	}
	return code
}

func (m *model) deleteZikr(user, group, zikrID string) zikr.Code {
	g, code := m.enter(user, group, true)
	if code != "" {
		return code
	}
	z, code := g.zikr(zikrID)
	if code == "" {
		z.deleted = true
		g.seq++
	}
	return code
}
