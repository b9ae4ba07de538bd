package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// undoWithin is how long one may take back what one counted oneself.
	undoWithin = 24 * time.Hour
	// undoBack is how far back an admin may take back what a member did.
	undoBack = 7 * 24 * time.Hour
	// undoStep is how much of it one command takes back, so that others need not wait long.
	undoStep = 50
)

func noCount(id string) *Error {
	return Errorf(CodeCountNotFound, "There is no counting %.128q in your groups.", id)
}

// UndoZikrCount takes a counting back: within a day who made it, and the group's admin as long as countings are
// kept one by one. It is itself a counting, of as much less, on the day of the other. Of any number at
// once one undoes; all are answered with it.
func (s *Service) UndoZikrCount(ctx context.Context, userID string, in UndoZikrCount) (*ZikrUpdateConfirmed, error) {
	key, err := view(ctx, s, func(r Reader) (Key, error) { return s.keyOfCount(r, in.ID) })
	if err != nil {
		return nil, err
	}
	var out *ZikrUpdateConfirmed
	err = s.act(ctx, userID, key, func(c *command) error {
		g, _, err := membership(c, key.ID, userID)
		if CodeOf(err) == CodeNotMember {
			return noCount(in.ID)
		}
		if err != nil {
			return err
		}
		n, err := s.undo(c, g, userID, in.ID)
		if err != nil {
			return err
		}
		out = n.confirmation()
		return nil
	})
	return out, err
}

// keyOfCount tells which commands change a counting: those of its group. CodeCountTooOld if it is older than all
// that are kept, since ids grow with time. CodeCountNotFound.
func (s *Service) keyOfCount(r Reader, id string) (Key, error) {
	n, err := r.Count(id)
	if errors.Is(err, ErrNotFound) {
		n, err = r.CountUndoing(id) // which may be kept a day longer
	}
	if !errors.Is(err, ErrNotFound) {
		if err != nil {
			return Key{}, fmt.Errorf("find counting: %w", err)
		}
		return GroupKey(n.GroupID), nil
	}
	oldest, err := r.OldestCountID()
	if errors.Is(err, ErrNotFound) {
		oldest, err = s.newID(), nil
	}
	if err != nil {
		return Key{}, fmt.Errorf("find the oldest counting: %w", err)
	}
	if id < oldest {
		return Key{}, tooOld("It is not kept by itself any more.")
	}
	return Key{}, noCount(id)
}

func tooOld(why string) *Error {
	return Errorf(CodeCountTooOld, "This counting cannot be taken back any more. %s", why)
}

// undo returns the counting that takes another back, which it makes if there is none yet.
func (s *Service) undo(c *command, g *Group, actorID, id string) (*Count, error) {
	undone, errU := c.CountUndoing(id)
	if errU != nil && !errors.Is(errU, ErrNotFound) {
		return nil, fmt.Errorf("find what undoes the counting: %w", errU)
	}
	n, err := c.Count(id)
	switch {
	case errU == nil && (err == nil || errors.Is(err, ErrNotFound)): // it may not be kept any more, and what undoes it still
		return undone, mayUndo(g, actorID, undone, n)
	case err != nil:
		return nil, orNotFound(err, "find counting", tooOld("It is not kept by itself any more."))
	}
	if err := mayUndo(g, actorID, n); err != nil {
		return nil, err
	}
	if n.Undoes != "" {
		return nil, Errorf(CodeCountNotFound, "The counting %.128q takes another back: please count again instead.", id)
	}
	if g.AdminID != actorID && c.at.Sub(n.At) > undoWithin {
		return nil, tooOld("One may do so for 24 hours; please ask the group's admin.")
	}
	return s.takeBack(c, g, n, actorID)
}

// mayUndo lets whose counting it is, who made it, who has undone it and the group's admin take it back. A counting that
// is not kept any more is nil. CodeNotAdmin.
func mayUndo(g *Group, userID string, counts ...*Count) error {
	if g.AdminID == userID {
		return nil
	}
	for _, n := range counts {
		if n != nil && (n.UserID == userID || n.ByID == userID) {
			return nil
		}
	}
	return Errorf(CodeNotAdmin, "Only who made this counting and the admin of %q may take it back.", g.Name)
}

// takeBack makes the counting that takes n back, and tells the group.
func (s *Service) takeBack(c *command, g *Group, n *Count, actorID string) (*Count, error) {
	z, err := zikrOf(c, g.ID, n.ZikrID)
	if err != nil {
		return nil, err
	}
	u, err := c.holdDoer(n.UserID)
	if err != nil {
		return nil, err
	}
	if n.Days == (Days{}) {
		n.Days = Days{DateOf(n.At), DateOf(n.At)}
		if err := c.DateCount(*n); err != nil {
			return nil, err
		}
	}
	back := &Count{
		ID: s.newID(), GroupID: g.ID, ZikrID: z.ID, UserID: u.ID, Undoes: n.ID, Count: -n.Count, Total: z.Total - n.Count,
		Goal: z.Goal, At: c.at, Days: n.Days, ByID: byOther(u.ID, actorID),
	}
	if _, err := c.store(back, g, z, u); err != nil {
		return nil, err
	}
	return back, c.Tx.UpdateGroup(*g)
}

// MemberUndo says from when on what a member did is to be taken back.
type MemberUndo struct {
	Since Time `json:"since" doc:"at most 7 days ago"`
}

// MemberUndone is how much was taken back.
type MemberUndone struct {
	Counts int64 `json:"counts" doc:"countings that were undone"`
	Poras  int64 `json:"poras" doc:"poras of open hatms that are free again, or that are to be read again by another who had booked them"`
}

// UndoMember takes back what a member, or former member, did in a group since a moment: what is theirs, whoever counted
// or booked it, and what they counted, booked and marked as read for others. What another has read
// themself stays. Admin only. It goes in steps, each a command; called again after a failure, it goes on.
func (s *Service) UndoMember(ctx context.Context, userID, groupID, memberID string, in MemberUndo) (*MemberUndone, error) {
	if now := s.now(); in.Since.After(now) || now.Sub(in.Since.Time) > undoBack {
		return nil, Errorf(CodeInvalidPayload, "since is %s: it must be a moment of the last 7 days.", in.Since.UTC().Format(timeLayout))
	}
	out := &MemberUndone{}
	for _, part := range []struct {
		undo func(c *command, userID, groupID, memberID string, since time.Time) (undone int64, more bool, err error)
		sum  *int64
	}{{s.undoCounts, &out.Counts}, {s.undoPoras, &out.Poras}} {
		for more := true; more; {
			var undone int64
			err := s.update(ctx, GroupKey(groupID), func(c *command) (err error) {
				undone, more, err = part.undo(c, userID, groupID, memberID, in.Since.Time)
				return err
			})
			if err != nil {
				return nil, err
			}
			*part.sum += undone
		}
	}
	return out, nil
}

// undoCounts takes the next countings back, and reports whether there may be more. Those of a deleted zikr stay.
func (s *Service) undoCounts(c *command, userID, groupID, memberID string, since time.Time) (undone int64, more bool, err error) {
	g, err := c.undoable(userID, groupID, memberID)
	if err != nil {
		return 0, false, err
	}
	counts, err := c.CountsSince(groupID, memberID, since, undoStep)
	if err != nil {
		return 0, false, fmt.Errorf("find countings: %w", err)
	}
	for i := range counts {
		if _, err := s.takeBack(c, g, &counts[i], userID); err != nil {
			return 0, false, err
		}
	}
	return int64(len(counts)), len(counts) == undoStep, nil
}

// undoable returns the group of a member, or former member, whose doings its admin may take back.
func (c *command) undoable(userID, groupID, memberID string) (*Group, error) {
	g, err := administered(c, groupID, userID)
	if err != nil {
		return nil, err
	}
	if _, err := c.Member(groupID, memberID); err != nil {
		return nil, orNotFound(err, "find member", Errorf(CodeUserNotFound, "Nobody %.128q is or was in this group.", memberID))
	}
	return g, nil
}

// undoPoras takes back the next poras of open hatms that were booked or completed since, and reports whether there may be more.
func (s *Service) undoPoras(c *command, userID, groupID, memberID string, since time.Time) (undone int64, more bool, err error) {
	g, err := c.undoable(userID, groupID, memberID)
	if err != nil || g.Type != QuranGroup {
		return 0, false, err
	}
	bookings, err := c.OpenBookings(g.ID)
	if err != nil {
		return 0, false, fmt.Errorf("find bookings: %w", err)
	}
	for i := range bookings {
		b := &bookings[i]
		undoes, frees := b.doneBy(memberID, since)
		if !undoes {
			continue
		}
		if undone == undoStep {
			return undone, true, nil
		}
		if err := s.undoPora(c, g, b, userID, frees); err != nil {
			return 0, false, err
		}
		undone++
	}
	return undone, false, nil
}

// doneBy reports whether a member did anything since a moment about a booking that is not released, and whether the pora is
// free without that. Their own always is. Of another's, only what they did for the other goes: what the other
// has read themself stays, whoever booked it.
func (b *Booking) doneBy(memberID string, since time.Time) (undoes, frees bool) {
	made, done := !b.BookedAt.Before(since), b.Status == Completed && !b.EndedAt.Before(since)
	if b.UserID == memberID {
		return made || done, true
	}
	done = done && b.CompletedBy == memberID
	frees = made && b.ByID == memberID && (done || b.Status == Booked)
	return done || frees, frees
}

// undoPora makes a pora booked again, if it is done, and frees it then, if that is wanted.
func (s *Service) undoPora(c *command, g *Group, b *Booking, actorID string, frees bool) error {
	if b.Status == Completed {
		if err := c.reopen(g, b); err != nil {
			return err
		}
	}
	if !frees || b.Status != Booked {
		return nil // of a former member it is free already
	}
	return s.release(c, g, b, actorID)
}
