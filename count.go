package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Zikr is a formula of remembrance that a group counts.
type Zikr struct {
	ID          string
	GroupID     string
	Name        string
	Body        string // the Arabic text; "" for none, as are the next two
	Description string
	Hint        string
	Goal        int64     // of one cycle; 0 for none
	Total       int64     // all that was ever counted
	ToldAt      time.Time // when members were last notified that the goal was reached; zero for never
	CreatedAt   time.Time
	Deleted     bool
}

// Count is one counting, and what it was answered with.
type Count struct {
	ID      string
	GroupID string
	ZikrID  string
	UserID  string // whose it is
	ByID    string // who made it, if that is the admin for the user; "" for the user
	OpID    string // "" for none; unique for who made it
	Undoes  string // the counting that it takes back, by as much; "" for none
	Count   int64  // what was added; negative if it undoes another
	Total   int64  // of the zikr, this one counted
	Goal    int64  // of the zikr at that time
	At      time.Time
	Days    // of one that undoes another, those of the other
}

// Share is what one user counted of one zikr. Shares of a zikr sum to its Total.
type Share struct {
	ZikrID string
	UserID string
	Count  int64
}

// CountReader reads zikrs and their counts.
type CountReader interface {
	// Zikr returns the zikr, also a deleted one.
	Zikr(id string) (*Zikr, error)
	// Zikrs returns the zikrs of a group that are not deleted, oldest first.
	Zikrs(groupID string) ([]Zikr, error)
	// Shares returns what each user counted of the group's zikrs, most first.
	Shares(groupID string) ([]Share, error)
	// CountByOpID returns the counting that a user made with an opId.
	CountByOpID(userID, opID string) (*Count, error)
	// Count returns a counting that is still kept, CountUndoing the one that undoes it.
	Count(id string) (*Count, error)
	CountUndoing(id string) (*Count, error)
	// OldestCountID is the id of the oldest counting that is kept. ErrNotFound if there is none.
	OldestCountID() (string, error)
	// CountsSince returns what was counted of a group's zikrs since a moment, for a user or by the user for others, and
	// is not undone: oldest first, at most limit of them.
	CountsSince(groupID, userID string, since time.Time, limit int) ([]Count, error)
	// SharesOf returns what a user counted, of every zikr; CountsOf the countings
	// that are still kept one by one, oldest first, after the id in the page's cursor.
	SharesOf(userID string) ([]Share, error)
	CountsOf(userID string, page Page) ([]Count, error)
}

// CountWriter writes them.
type CountWriter interface {
	InsertZikr(Zikr) error
	UpdateZikr(Zikr) error
	// InsertCount stores the counting, adds it to the user's share and MemberDay, and sets the
	// zikr's Total to its Total.
	InsertCount(Count) error
	// DateCount gives a counting that has no days those that n says, and adds it to their MemberDay.
	DateCount(n Count) error
}

// NewZikr is what a zikr is made of.
type NewZikr struct {
	Name        string  `json:"name" minLength:"1" maxLength:"100"`
	Body        *string `json:"body,omitempty" maxLength:"2000" doc:"the text that is recited"`
	Description *string `json:"description,omitempty" maxLength:"2000"`
	Hint        *string `json:"hint,omitempty" maxLength:"2000"`
	Goal        *Int    `json:"goal,omitempty" minimum:"0" doc:"of one cycle; 0 is none"`
}

// ZikrChange is what is to change of a zikr; nil stays as it is.
type ZikrChange struct {
	Name        *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Body        *string `json:"body,omitempty" maxLength:"2000" doc:"empty takes it away, as in the next two"`
	Description *string `json:"description,omitempty" maxLength:"2000"`
	Hint        *string `json:"hint,omitempty" maxLength:"2000"`
	Goal        *Int    `json:"goal,omitempty" minimum:"0" doc:"applies from now on; 0 takes it away"`
}

// newZikr checks what a zikr is made of.
func newZikr(in NewZikr) (*Zikr, error) {
	z := &Zikr{}
	return z, z.apply(ZikrChange{Name: &in.Name, Body: in.Body, Description: in.Description, Hint: in.Hint, Goal: in.Goal})
}

// apply sets on z what is to change.
func (z *Zikr) apply(change ZikrChange) error {
	var errs [5]error
	if change.Name != nil {
		z.Name, errs[0] = name("zikr name", *change.Name)
	}
	if change.Body != nil {
		z.Body, errs[1] = optional("body", change.Body)
	}
	if change.Description != nil {
		z.Description, errs[2] = optional("description", change.Description)
	}
	if change.Hint != nil {
		z.Hint, errs[3] = optional("hint", change.Hint)
	}
	if change.Goal != nil {
		z.Goal, errs[4] = goal("goal", change.Goal)
	}
	return firstError(errs[:])
}

// CreateZikr adds a zikr to a group. Admin only.
func (s *Service) CreateZikr(ctx context.Context, userID, groupID string, in NewZikr) (*ZikrItem, error) {
	z, err := newZikr(in)
	if err != nil {
		return nil, err
	}
	z.ID, z.GroupID = s.newID(), groupID
	err = s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		if err := s.mayAdd(c, g, z); err != nil {
			return err
		}
		z.CreatedAt = c.at
		if err := c.InsertZikr(*z); err != nil {
			return err
		}
		return c.saveGroup(g)
	})
	if err != nil {
		return nil, err
	}
	item := z.item()
	return &item, nil
}

// mayAdd says why a group can have no more zikrs, nil if it can. CodeLimitReached.
func (s *Service) mayAdd(c *command, g *Group, z *Zikr) error {
	zikrs, err := c.Zikrs(g.ID)
	if err != nil {
		return fmt.Errorf("read zikrs: %w", err)
	}
	if n := len(zikrs); int64(n) >= s.bounds.Zikrs {
		return full(boundZikrs, "%q has %d zikrs, as many as a group may have: please delete some.", g.Name, n)
	}
	return s.roomFor(c, g, 0, z.textBytes())
}

// textBytes is how many bytes the zikr's texts have.
func (z *Zikr) textBytes() int64 {
	return int64(len(z.Name) + len(z.Body) + len(z.Description) + len(z.Hint))
}

// UpdateZikr changes a zikr. Admin only. A changed goal applies from now on.
func (s *Service) UpdateZikr(ctx context.Context, userID, groupID, zikrID string, change ZikrChange) (*ZikrItem, error) {
	if err := new(Zikr).apply(change); err != nil {
		return nil, err // what is wrong in itself comes before who may
	}
	err := s.changeZikr(ctx, userID, groupID, zikrID, func(z *Zikr) error { return z.apply(change) })
	if err != nil {
		return nil, err
	}
	return view(ctx, s, func(r Reader) (*ZikrItem, error) {
		items, err := zikrItems(r, userID, groupID, names{})
		for i := range items {
			if items[i].ZikrID == zikrID {
				return &items[i], err
			}
		}
		return nil, firstError([]error{err, noZikr(zikrID)})
	})
}

// DeleteZikr takes a zikr out of its group. Admin only.
func (s *Service) DeleteZikr(ctx context.Context, userID, groupID, zikrID string) error {
	return s.changeZikr(ctx, userID, groupID, zikrID, func(z *Zikr) error {
		z.Deleted = true
		return nil
	})
}

func (s *Service) changeZikr(ctx context.Context, userID, groupID, zikrID string, change func(*Zikr) error) error {
	return s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		z, err := zikrOf(c, groupID, zikrID)
		if err != nil {
			return err
		}
		before := *z
		if err := change(z); err != nil || *z == before {
			return err
		}
		if err := s.roomFor(c, g, before.textBytes(), z.textBytes()); err != nil {
			return err
		}
		if err := c.Tx.UpdateZikr(*z); err != nil {
			return err
		}
		return c.saveGroup(g)
	})
}

func noZikr(id string) *Error {
	return Errorf(CodeZikrNotFound, "There is no zikr %.128q in this group.", id)
}

// zikrOf returns a zikr of a group. CodeZikrNotFound.
func zikrOf(r Reader, groupID, zikrID string) (*Zikr, error) {
	z, err := r.Zikr(zikrID)
	if err != nil {
		return nil, orNotFound(err, "find zikr", noZikr(zikrID))
	}
	if z.GroupID != groupID || z.Deleted {
		return nil, noZikr(zikrID)
	}
	return z, nil
}

// MaxCount is the most that one update_zikr_count adds.
const MaxCount = 100_000

// UpdateZikrCount adds to a zikr's count. With an opId that the user has used
// before it adds nothing and confirms the first one again.
func (s *Service) UpdateZikrCount(ctx context.Context, userID string, in UpdateZikrCount) (*ZikrUpdateConfirmed, error) {
	if in.Count < 1 || in.Count > MaxCount {
		return nil, Errorf(CodeCountOutOfRange, "count is %d: it must be from 1 to %d.", in.Count, MaxCount)
	}
	var out *ZikrUpdateConfirmed
	err := s.act(ctx, userID, GroupKey(in.GroupID), func(c *command) error {
		n, err := c.remembered(userID, in.OpID)
		if err == nil {
			out = n.confirmation()
			return nil
		}
		if errors.Is(err, ErrNotFound) {
			out, err = s.count(c, userID, in)
		}
		return err
	})
	return out, err
}

// remembered returns the counting that was made with an opId, or ErrNotFound.
func (c *command) remembered(userID string, opID *string) (*Count, error) {
	if opID == nil {
		return nil, ErrNotFound
	}
	return c.CountByOpID(userID, *opID)
}

// count makes one counting, tells the group, and returns what it is answered with.
func (s *Service) count(c *command, userID string, in UpdateZikrCount) (*ZikrUpdateConfirmed, error) {
	g, u, err := c.counter(userID, in)
	if err != nil {
		return nil, err
	}
	z, err := zikrOf(c, g.ID, in.ZikrID)
	if err != nil {
		return nil, err
	}
	n := &Count{
		ID: s.newID(), GroupID: g.ID, ZikrID: z.ID, UserID: u.ID, Count: int64(in.Count), Total: z.Total + int64(in.Count),
		Goal: z.Goal, At: c.at, Days: s.daysAt(c.at, u, g), ByID: byOther(u.ID, userID),
	}
	if in.OpID != nil {
		n.OpID = *in.OpID
	}
	out, err := c.store(n, g, z, u)
	if err != nil {
		return nil, err
	}
	if out.GoalReached {
		if err := s.tellGoal(c, g, z, n); err != nil {
			return nil, err
		}
	}
	return out, c.Tx.UpdateGroup(*g)
}

// counter returns the group and whose counting it is: the caller's, or that of the member for whom the admin counts.
func (c *command) counter(userID string, in UpdateZikrCount) (*Group, *User, error) {
	g, _, err := membership(c, in.GroupID, userID)
	if err != nil {
		return nil, nil, err
	}
	if in.ForUserID != nil && *in.ForUserID != userID {
		if g.AdminID != userID {
			return nil, nil, Errorf(CodeNotAdmin, "Only the admin of %q may count for others.", g.Name)
		}
		userID = *in.ForUserID
		if _, err := presentMember(c, g.ID, userID); err != nil {
			return nil, nil, err
		}
	}
	u, err := c.User(userID)
	if err != nil {
		return nil, nil, fmt.Errorf("find user: %w", err)
	}
	return g, u, nil
}

// store stores a counting, tells the group, and returns what the counting is answered with. The caller updates
// the group's row.
func (c *command) store(n *Count, g *Group, z *Zikr, u *User) (*ZikrUpdateConfirmed, error) {
	if err := c.InsertCount(*n); err != nil {
		return nil, err
	}
	a := n.confirmation()
	return a, c.log(g, &ZikrCountUpdated{
		GroupID: g.ID, ZikrID: z.ID, ZikrName: z.Name, UserID: u.ID, UserName: u.FullName(), Count: a.Count, Undoes: a.Undoes,
		TotalCount: a.TotalCount, Progress: a.Progress, GoalReached: a.GoalReached, Goal: a.Goal, CycleCount: a.CycleCount,
	})
}

// Maker is who made a counting.
func (n *Count) Maker() string {
	if n.ByID != "" {
		return n.ByID
	}
	return n.UserID
}

// tellGoal notifies the members that a counting has reached the goal of its zikr.
func (s *Service) tellGoal(c *command, g *Group, z *Zikr, n *Count) error {
	notice := Notice{ID: s.newID(), GroupID: g.ID, SenderID: n.Maker(), Type: NotifyGoalReached, Topic: z.ID, Seq: g.Seq}
	if !c.mayTell(&z.ToldAt) {
		return c.storeNotice(&notice)
	}
	z.Total = n.Total // that it was counted is stored already
	return firstError([]error{c.notice(notice), c.Tx.UpdateZikr(*z)})
}

// confirmation is what the counting is answered with, today or in a month.
func (n *Count) confirmation() *ZikrUpdateConfirmed {
	cycles, progress := progressOf(n.Total, n.Goal)
	before, _ := progressOf(n.Total-n.Count, n.Goal)
	if cycles > before {
		progress = "100.00"
	}
	return &ZikrUpdateConfirmed{
		ID: n.ID, Count: n.Count, Undoes: n.Undoes, TotalCount: n.Total, GoalReached: cycles > before, Goal: orNil(n.Goal),
		CycleCount: cycles, Progress: progress, Timestamp: At(n.At),
	}
}

// progressOf returns how many cycles of the goal a total has filled, and how much
// of the current one in percent: rounded half up to a hundredth, but never
// above "99.99" (contract section 2, Zikr). Without a goal: 0, "0.00".
func progressOf(total, goal int64) (cycles int64, percent string) {
	if goal <= 0 {
		return 0, "0.00"
	}
	rest := total % goal
	hundredths := min((rest*20_000+goal)/(2*goal), 9_999)
	return total / goal, fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
}
