package zikr

import (
	"context"
	"errors"
	"math"
	"time"
)

// Bounds are how much there may be of what a client can make grow. Every rule holds in the
// transaction that would break it, on any number of nodes. The zero value of all of them together
// is DefaultBounds; of one, it lets nothing in.
type Bounds struct {
	GroupsADay         int64 // groups made by a user on a day
	Groups             int64 // groups that a user is the admin of
	Members            int64 // of a group
	Bans               int64 // of a group
	Zikrs              int64 // of a group
	GroupText          int64 // bytes of a group's texts, those of its zikrs included
	JoinsADay          int64 // groups that a user joins on a day, public ones and by links, the same ones again counted
	BookingsADay       int64 // poras that a member books in a group on a day; an admin any number
	AssignmentsADay    int64 // poras that a user books for others on a day
	InvitationsAMinute int64 // by a sender
	InvitationsADay    int64 // by a sender
	PendingSent        int64 // invitations of a sender that wait for an answer
	PendingReceived    int64 // invitations of a receiver that wait for an answer
	Refusals           int64 // of one sender's invitations by one receiver, within refusalsKept
	BytesADay          int64 // bytes that a user has stored on a day, about
	UserSessions       int64 // sessions of a user, but the newest; those that were not used for longest end
	UserBlocks         int64 // whom a user blocks
	OpenHatms          int64 // of a group at once, those counted that were opened again
	Loginless          int64 // members of a group who have no login
	LoginlessMade      int64 // such members that were ever made in a group, those who left counted
	ShareOuts          int64 // of a group on a day
	GroupDayRows       int64 // MemberDays of a group that are summed for one answer, but for a single day
}

// Unlimited is no bound.
const Unlimited = math.MaxInt64

// DefaultBounds are what a community of 10,000 never meets.
func DefaultBounds() Bounds {
	return Bounds{
		GroupsADay: 20, Groups: 200, Members: 20_000, Bans: 1_000, Zikrs: 200, GroupText: 256 << 10, JoinsADay: 100, BookingsADay: 60,
		AssignmentsADay: 2_000, InvitationsAMinute: 60, InvitationsADay: 2_000, PendingSent: 2_000, PendingReceived: 200, Refusals: 3, BytesADay: 64 << 20, UserSessions: 50, UserBlocks: 1_000,
		OpenHatms: 40, Loginless: 200, LoginlessMade: 1_000, ShareOuts: 100, GroupDayRows: 50_000,
	}
}

// Unbounded has no bound at all.
func Unbounded() Bounds {
	return Bounds{
		GroupsADay: Unlimited, Groups: Unlimited, Members: Unlimited, Bans: Unlimited, Zikrs: Unlimited, GroupText: Unlimited, JoinsADay: Unlimited,
		BookingsADay: Unlimited, AssignmentsADay: Unlimited, InvitationsAMinute: Unlimited, InvitationsADay: Unlimited, PendingSent: Unlimited, PendingReceived: Unlimited,
		Refusals: Unlimited, BytesADay: Unlimited, UserSessions: Unlimited, UserBlocks: Unlimited,
		OpenHatms: Unlimited, Loginless: Unlimited, LoginlessMade: Unlimited, ShareOuts: Unlimited, GroupDayRows: Unlimited,
	}
}

// The names of the bounds, as Config.Met is told of them.
const (
	boundGroupsADay         = "groups_a_day"
	boundGroups             = "groups"
	boundMembers            = "members"
	boundBans               = "bans"
	boundZikrs              = "zikrs"
	boundGroupText          = "group_text"
	boundJoinsADay          = "joins_a_day"
	boundBookingsADay       = "bookings_a_day"
	boundAssignmentsADay    = "assignments_a_day"
	boundInvitationsAMinute = "invitations_a_minute"
	boundInvitationsADay    = "invitations_a_day"
	boundPendingSent        = "pending_sent"
	boundPendingReceived    = "pending_received"
	boundRefusals           = "invitation_refusals"
	boundBytesADay          = "bytes_a_day"
	boundUserSessions       = "user_sessions"
	boundUserBlocks         = "user_blocks"
	boundOpenHatms          = "open_hatms"
	boundLoginless          = "loginless_members"
	boundLoginlessMade      = "loginless_members_made"
	boundShareOuts          = "share_outs"
	boundGroupDayRows       = "group_day_rows"
)

// A period of a budget; days are those of UTC.
const (
	minutely = time.Minute
	aDay     = 24 * time.Hour
)

// Budget is how much of something a user has used up in the latest period in which it was used.
type Budget struct {
	UserID string
	What   string // the bound's name
	Period int64  // the number of the period, of its length, since 1970
	Used   int64
}

// BudgetReader reads budgets.
type BudgetReader interface {
	// Budget returns what a user has used up of something, in whatever period that was.
	Budget(userID, what string) (*Budget, error)
	// BudgetsOf returns all budgets of a user, in the order of their names.
	BudgetsOf(userID string) ([]Budget, error)
}

// BudgetWriter writes them.
type BudgetWriter interface {
	// PutBudget inserts the budget, or replaces the one that is there. The user is claimed.
	PutBudget(Budget) error
	DeleteBudgetsOf(userID string) error
}

// budget is something that a user may use up so much of in each period.
type budget struct {
	bound  string
	period time.Duration
	most   int64
	told   string // a sentence about too much of it
}

// spend uses up n of each budget of a user, or of none if one has not so much left. Nobody else can spend
// of them until the command ends.
func (c *command) spend(userID string, n int64, budgets ...budget) error {
	var spent []Budget
	for _, b := range budgets {
		if b.most == Unlimited {
			continue
		}
		if len(spent) == 0 {
			if _, err := c.ClaimUser(userID); err != nil {
				return err
			}
		}
		used, err := c.used(userID, b)
		if err != nil {
			return err
		}
		if used.Used += n; used.Used > b.most {
			return b.refusal(c.at)
		}
		spent = append(spent, *used)
	}
	for _, used := range spent {
		if err := c.PutBudget(used); err != nil {
			return err
		}
	}
	return nil
}

// used returns what a user has used up of a budget in the present period.
func (c *command) used(userID string, b budget) (*Budget, error) {
	now := c.at.UnixMilli() / b.period.Milliseconds()
	used, err := c.Budget(userID, b.bound)
	switch {
	case err == nil && (used.Period == now || used.Period == now+1): // the clock of another node may be ahead
		return used, nil
	case err == nil || errors.Is(err, ErrNotFound):
		return &Budget{UserID: userID, What: b.bound, Period: now}, nil
	default:
		return nil, err
	}
}

// refusal is the answer to who has used a budget up: it begins anew with the next period.
func (b budget) refusal(now time.Time) *Error {
	e := RateLimited(now.Truncate(b.period).Add(b.period).Sub(now), "%s", b.told)
	e.bound = b.bound
	return e
}

// full is the answer to who would make more of something than there may be.
func full(bound, format string, args ...any) *Error {
	e := Errorf(CodeLimitReached, format, args...)
	e.bound = bound
	return e
}

// act is update for what a user adds: what it stores is counted to them, and it is refused when they have stored too
// much today. What only takes away, ends, reads or puts in order what others did (to leave, to ban, to undo a member)
// is update: it is always possible, and no more than there is.
func (s *Service) act(ctx context.Context, userID string, key Key, fn func(*command) error) error {
	b := budget{boundBytesADay, aDay, s.bounds.BytesADay, "You have stored very much today. Please go on tomorrow."}
	if b.most == Unlimited {
		return s.update(ctx, key, fn)
	}
	if s.stored.isOver(userID, s.now()) {
		return s.met(b.refusal(At(s.now()).Time))
	}
	taken := int64(0)
	err := s.update(ctx, key, func(c *command) error {
		s.stored.add(userID, c.at, taken) // back, of a run that came to nothing
		taken = 0
		if err := fn(c); err != nil {
			return err
		}
		taken = s.stored.take(userID, c.at, c.stored, b.most/ledgerSteps)
		if taken == 0 {
			return nil
		}
		return c.spend(userID, taken, b)
	})
	if err != nil {
		s.stored.add(userID, s.now(), taken)
	}
	if e := new(Error); errors.As(err, &e) && e.bound == boundBytesADay {
		s.stored.close(userID, s.now())
	}
	return err
}

// met tells of an error that a bound was met, if one was, and returns it.
func (s *Service) met(err error) error {
	if e := new(Error); errors.As(err, &e) && e.bound != "" {
		s.tellMet(e.bound)
	}
	return err
}
