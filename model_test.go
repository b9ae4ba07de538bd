package zikr_test

import (
	"math/big"
	"slices"
	"time"

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
	users    map[string]*mUser
	counts   map[string]*mCount
	links    map[string]*mLink
	blocks   map[string][]string // whom a user blocks
	days     map[dayOf]mDay
}

func newModel() *model {
	return &model{
		groups: map[string]*mGroup{}, bookings: map[string]*mBooking{}, invited: map[string]*mInvitation{},
		counted: map[string]*zikr.ZikrUpdateConfirmed{}, notes: map[string][]*mNote{},
		users: map[string]*mUser{}, counts: map[string]*mCount{}, links: map[string]*mLink{}, blocks: map[string][]string{}, days: map[dayOf]mDay{},
	}
}

type mGroup struct {
	id      string
	quran   bool
	admin   string
	members []string // in the order in which they joined
	mute    []string // of these, those who have no login
	ever    []string // who is or was one
	banned  []string
	hatms   int64    // completed ones
	open    []*mHatm // oldest first
	closed  map[int64]*mHatm
	zikrs   []*mZikr
	seq     int64
	deleted bool

	openHatms, poraLimit, readingDays, hatmDays int64
	autoRelease, anonymous                      bool
}

type mHatm struct {
	number    int64
	poras     [zikr.Poras + 1]string // the booking of each; "" if it is free
	opened    time.Time              // as the real thing told; zero until it did
	days      int64                  // to its date
	due       time.Time              // that was set by hand
	byHand    bool
	completed time.Time
}

// date is when the hatm is due; zero for no date.
func (h *mHatm) date() time.Time {
	if h.byHand || h.days == 0 {
		return h.due
	}
	return h.opened.Add(time.Duration(h.days) * day)
}

type mZikr struct {
	id          string
	goal, total int64
	shares      map[string]int64
	deleted     bool
}

type mBooking struct {
	group       *mGroup
	hatm        *mHatm
	pora        int
	holder      string
	by, doneBy  string // who booked it, and who marked it as read
	done, freed bool
	made        time.Time
	due         time.Time // zero for no date
	soon        time.Time // when its holder is told that it is
	reminded    bool      // of that date
	remindedAt  time.Time // by the admin, latest
	day         dayOf     // on which it was done
	// what was answered first
	booking    *zikr.BookingConfirmed
	completion *zikr.CompletionConfirmed
	release    *zikr.ReleaseConfirmed
}

type mInvitation struct {
	group            *mGroup
	sender, receiver string
	answer           *bool
	hidden           bool // its receiver blocks the sender, and never gets it
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
func (m *model) count(user, group, zikrID string, n int64, opID, forUser string) (*zikr.ZikrUpdateConfirmed, zikr.Code) {
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
	switch {
	case forUser == "" || forUser == user:
		forUser = user
	case g.admin != user:
		return nil, zikr.CodeNotAdmin
	case !g.has(forUser):
		return nil, zikr.CodeUserNotFound
	}
	z, code := g.zikr(zikrID)
	if code != "" {
		return nil, code
	}
	z.total += n
	z.shares[forUser] += n
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
