package zikr

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Poras is how many parts a hatm has.
const Poras = 30

// Hatm is one reading of the whole Quran by a group. Their numbers go up from 1 without a
// gap. A hatm is open until its 30 poras are done; some may be open at once, and they
// complete in any order. A group that reads has one that is open at any time.
type Hatm struct {
	GroupID     string
	Number      int64
	Finished    int64 // poras that are done
	OpenedAt    time.Time
	DueAt       time.Time // zero for no date
	CompletedAt time.Time // zero while open
	ReopenedAt  time.Time // when it was opened again after it was completed; zero when it was not, or is completed again
}

// HatmReader reads hatms.
type HatmReader interface {
	Hatm(groupID string, number int64) (*Hatm, error)
	// OpenHatms returns those of a group that are open, oldest first.
	OpenHatms(groupID string) ([]Hatm, error)
	// HatmsStanding returns how far the open hatms of at most MaxTogether groups are, by group, oldest first: at most
	// MaxStanding of them.
	HatmsStanding(groupIDs []string) ([]HatmStanding, error)
	// Hatms returns at most limit of all with a number below one, newest first.
	Hatms(groupID string, below int64, limit int) ([]Hatm, error)
}

// HatmWriter writes them.
type HatmWriter interface {
	InsertHatm(Hatm) error
	UpdateHatm(Hatm) error
}

// MaxStanding is how many open hatms are looked at together: each is a count of its poras.
const MaxStanding = 500

// HatmStanding is how far an open hatm is: what of its poras is done, and what is being read.
type HatmStanding struct {
	GroupID       string `json:"-"`
	HatmNumber    int64  `json:"hatmNumber"`
	TotalFinished int64  `json:"totalFinished" doc:"poras that are done"`
	TotalBooked   int64  `json:"totalBooked" doc:"poras that are booked and not done"`
}

// HatmItem is a hatm in a group's history.
type HatmItem struct {
	HatmNumber    int64        `json:"hatmNumber"`
	OpenedAt      Time         `json:"openedAt"`
	DueAt         *Time        `json:"dueAt"`
	CompletedAt   *Time        `json:"completedAt" doc:"null while it is open"`
	TotalFinished int64        `json:"totalFinished" doc:"poras that are done"`
	Readers       []ReaderItem `json:"readers" doc:"who read which pora of it, by pora"`
}

// ReaderItem is who read a pora of a hatm.
type ReaderItem struct {
	PoraID      string `json:"poraId"`
	UserID      string `json:"userId" doc:"empty if it is told to nobody but the admin"`
	UserName    string `json:"userName"`
	CompletedAt Time   `json:"completedAt"`
}

// keepHatm is for how long a completed hatm can be opened again (contract section 2, Hatm).
const keepHatm = 7 * 24 * time.Hour

func noHatm(g *Group, number int64) *Error {
	return Errorf(CodeHatmNotFound, "%q has no open hatm %d.", g.Name, number)
}

// openHatm returns an open hatm of a group. CodeHatmNotFound, CodeHatmCompleted.
func openHatm(r Reader, g *Group, number int64) (*Hatm, error) {
	h, err := r.Hatm(g.ID, number)
	if err != nil {
		return nil, orNotFound(err, "find hatm", noHatm(g, number))
	}
	if !h.CompletedAt.IsZero() {
		return nil, Errorf(CodeHatmCompleted, "Hatm %d of %q is completed already.", number, g.Name)
	}
	return h, nil
}

// openNext opens the next hatm when none is open, or when every pora of those that are is booked
// or done and there may be more of them. The caller updates the group's row.
func (c *command) openNext(g *Group) error {
	open, err := c.OpenHatms(g.ID)
	if err != nil {
		return fmt.Errorf("read open hatms: %w", err)
	}
	if len(open) > 0 {
		if int64(len(open)) >= g.OpenHatms {
			return nil
		}
		if taken, err := allTaken(c, open); err != nil || !taken {
			return err
		}
	}
	h := Hatm{GroupID: g.ID, Number: g.HatmCount + int64(len(open)) + 1, OpenedAt: c.at, DueAt: daysAfter(c.at, g.HatmDays)}
	if err := c.InsertHatm(h); err != nil {
		return err
	}
	return c.log(g, &HatmOpened{GroupID: g.ID, HatmNumber: h.Number, DueAt: momentOrNil(h.DueAt)})
}

// allTaken reports whether every pora of some hatms is booked or done.
func allTaken(r Reader, hatms []Hatm) (bool, error) {
	for i := len(hatms) - 1; i >= 0; i-- { // free poras are in the newest, most often
		free, err := r.FreePoras(hatms[i].GroupID, hatms[i].Number)
		if err != nil {
			return false, fmt.Errorf("find free poras: %w", err)
		}
		if len(free) > 0 {
			return false, nil
		}
	}
	return true, nil
}

// daysAfter is a moment some days later, the zero time for no days.
func daysAfter(at time.Time, days int64) time.Time {
	if days == 0 {
		return time.Time{}
	}
	return at.Add(time.Duration(days) * 24 * time.Hour)
}

// finish completes a hatm, opens the next if that is due, and notifies the members.
func (s *Service) finish(c *command, g *Group, h *Hatm, actorID string) error {
	g.HatmCount++
	h.CompletedAt, h.ReopenedAt = c.at, time.Time{}
	if err := c.UpdateHatm(*h); err != nil {
		return err
	}
	if err := c.log(g, &HatmCompleted{GroupID: g.ID, GroupName: g.Name, HatmCount: g.HatmCount, HatmNumber: h.Number}); err != nil {
		return err
	}
	notice := Notice{ID: s.newID(), GroupID: g.ID, SenderID: actorID, Type: NotifyHatmCompleted, Seq: g.Seq}
	if err := c.openNext(g); err != nil {
		return err
	}
	if !c.mayTell(&g.ToldAt) { // the caller updates the group's row
		return c.storeNotice(&notice)
	}
	return c.notice(notice)
}

// ReopenHatm opens a hatm again that was completed wrongly, with its 30 poras done. Admin only,
// for 7 days. The hatms after it stay as they are. CodeHatmNotFound, CodeHatmCompleted, CodeRateLimited.
func (s *Service) ReopenHatm(ctx context.Context, userID, groupID string, number int64) (*HatmItem, error) {
	return s.changeHatm(ctx, userID, groupID, func(c *command, g *Group) (*Hatm, error) {
		h, err := c.Hatm(g.ID, number)
		if err != nil {
			return nil, orNotFound(err, "find hatm", Errorf(CodeHatmNotFound, "%q has no hatm %d.", g.Name, number))
		}
		if h.CompletedAt.IsZero() {
			return h, nil // a repeat
		}
		if c.at.Sub(h.CompletedAt) > keepHatm {
			return nil, Errorf(CodeHatmCompleted, "Hatm %d was completed more than 7 days ago: it cannot be opened again.", number)
		}
		if err := s.mayReopen(c, g); err != nil {
			return nil, err
		}
		g.HatmCount--
		h.CompletedAt, h.ReopenedAt = time.Time{}, c.at
		e := &HatmReopened{GroupID: g.ID, HatmNumber: h.Number, HatmCount: g.HatmCount}
		return h, firstError([]error{c.UpdateHatm(*h), c.log(g, e), c.Tx.UpdateGroup(*g)})
	})
}

// mayReopen holds the number of hatms that are open at once in bounds.
func (s *Service) mayReopen(r Reader, g *Group) error {
	open, err := r.OpenHatms(g.ID)
	if err != nil {
		return fmt.Errorf("read open hatms: %w", err)
	}
	if int64(len(open)) >= s.bounds.OpenHatms {
		return full(boundOpenHatms, "%q has %d open hatms: please complete one first.", g.Name, len(open))
	}
	return nil
}

// SetHatmDue sets or takes away (nil) the date of an open hatm. Admin only. A booking that was due
// with the hatm moves with it, but never to an earlier date: that was promised. CodeHatmNotFound,
// CodeHatmCompleted, CodeInvalidPayload.
func (s *Service) SetHatmDue(ctx context.Context, userID, groupID string, number int64, due *Time) (*HatmItem, error) {
	return s.changeHatm(ctx, userID, groupID, func(c *command, g *Group) (*Hatm, error) {
		h, err := openHatm(c, g, number)
		if err != nil {
			return nil, err
		}
		was := h.DueAt
		if h.DueAt, err = dueDate(c.at, due); err != nil {
			return nil, err
		}
		if h.DueAt.Equal(was) {
			return h, nil
		}
		return h, firstError([]error{c.UpdateHatm(*h), c.moveDates(g, h, was), c.saveGroup(g)})
	})
}

// dueDate checks a date that somebody sets: it must lie ahead, within the longest time there is.
func dueDate(now time.Time, due *Time) (time.Time, error) {
	if due == nil {
		return time.Time{}, nil
	}
	if !due.After(now) || due.After(daysAfter(now, maxHatmDays)) {
		return time.Time{}, Errorf(CodeInvalidPayload, "dueAt is %s: it must lie ahead, at most %d days.", due.Format(timeLayout), maxHatmDays)
	}
	return At(due.Time).Time, nil
}

// changeHatm runs a change of a hatm by the group's admin, and returns what it is then.
func (s *Service) changeHatm(ctx context.Context, userID, groupID string, change func(*command, *Group) (*Hatm, error)) (*HatmItem, error) {
	var out *HatmItem
	err := s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		h, err := change(c, g)
		if err != nil {
			return err
		}
		items, err := hatmItems(c, g.memberSight(userID), []Hatm{*h})
		if err != nil {
			return err
		}
		out = &items[0]
		return nil
	})
	return out, err
}

// GroupHatms lists all hatms of a group with who read what, newest first, to its members. CodeNotMember.
func (s *Service) GroupHatms(ctx context.Context, userID, groupID string, page Page) (*List[HatmItem], error) {
	below := int64(maxExact)
	if page.Cursor != "" {
		n, err := strconv.ParseInt(page.Cursor, 10, 64)
		if err != nil {
			return nil, Errorf(CodeInvalidPayload, "cursor is %.40q: please take it from the page before.", page.Cursor)
		}
		below = n
	}
	return view(ctx, s, func(r Reader) (*List[HatmItem], error) {
		g, _, err := membership(r, groupID, userID)
		if err != nil {
			return nil, err
		}
		return listOf(page, func(h HatmItem) string { return strconv.FormatInt(h.HatmNumber, 10) }, func(p Page) ([]HatmItem, error) {
			hatms, err := r.Hatms(groupID, below, p.Limit)
			if err != nil {
				return nil, fmt.Errorf("read hatms: %w", err)
			}
			return hatmItems(r, g.memberSight(userID), hatms)
		})
	})
}

// hatmItems tells of hatms of one group, whose numbers follow each other, who read what, as far as one may see it.
func hatmItems(r Reader, see sight, hatms []Hatm) ([]HatmItem, error) {
	if len(hatms) == 0 {
		return nil, nil
	}
	newest, oldest := hatms[0], hatms[len(hatms)-1]
	bookings, err := r.BookingsOfHatms(oldest.GroupID, oldest.Number, newest.Number)
	if err != nil {
		return nil, fmt.Errorf("read bookings: %w", err)
	}
	known := names{}
	if err := known.learn(r, holdersOf(bookings)); err != nil {
		return nil, err
	}
	items := make([]HatmItem, len(hatms))
	for i, h := range hatms {
		items[i] = HatmItem{
			HatmNumber: h.Number, OpenedAt: At(h.OpenedAt), DueAt: momentOrNil(h.DueAt), CompletedAt: momentOrNil(h.CompletedAt),
			TotalFinished: h.Finished, Readers: []ReaderItem{},
		}
	}
	for _, b := range bookings {
		if b.Status == Completed {
			h := &items[newest.Number-b.HatmNumber]
			h.Readers = append(h.Readers, ReaderItem{strconv.Itoa(b.Pora), b.UserID, known[b.UserID], At(b.EndedAt)})
		}
	}
	for i := range items {
		see.readers(items[i].Readers)
	}
	return items, nil
}

// holdersOf are the ids of those in whose hands bookings are.
func holdersOf(bookings []Booking) []string {
	ids := make([]string, len(bookings))
	for i, b := range bookings {
		ids[i] = b.UserID
	}
	return ids
}
