package zikr

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// eraseStep is how many events one command rewrites, so that others need not wait long.
const eraseStep = 500

// EraseMe is DeleteMe for who shows again that the account is theirs: in a session that is not young it needs the
// current password. CodeBadCredentials.
func (s *Service) EraseMe(ctx context.Context, session Session, in Confirmation) error {
	if _, err := s.confirm(ctx, session, in.CurrentPassword, func(*User) need { return owner }); err != nil {
		return err
	}
	return s.DeleteMe(ctx, session.UserID)
}

// DeleteMe removes an account and its personal data. The user leaves every
// group first; the counts stay in the totals, under the name of a former member,
// in the event logs too. The account is the last to go, and only when no log names it any
// more: if it fails half-way, it can be called again. If its id is another issuer's subject, the tombstone
// gets another one.
func (s *Service) DeleteMe(ctx context.Context, userID string) error {
	u, err := view(ctx, s, func(r Reader) (*User, error) { return living(r, userID) })
	if err != nil {
		return err
	}
	alias := userID
	if u.isForeign() {
		alias = s.newID()
	}
	for gone := false; !gone; {
		if err := s.leaveAll(ctx, userID); err != nil {
			return err
		}
		erased, err := s.eraseName(ctx, userID, alias)
		if err != nil {
			return err
		}
		if gone, err = s.bury(ctx, userID, alias, erased); err != nil {
			return err
		}
	}
	return nil
}

// leaveAll ends every membership of a user.
func (s *Service) leaveAll(ctx context.Context, userID string) error {
	for {
		groups, err := view(ctx, s, func(r Reader) ([]Group, error) { return r.GroupsOf(userID, Page{Limit: maxPage}) })
		if err != nil {
			return fmt.Errorf("read groups: %w", err)
		}
		for _, g := range groups {
			if err := s.leaveGroup(ctx, g.ID, userID, true); err != nil && CodeOf(err) != CodeNotMember {
				return err
			}
		}
		if len(groups) < maxPage {
			return nil
		}
	}
}

// bury makes a tombstone of the account. It does nothing and returns false if the user is in a
// group again, or was in one since the logs were erased, each up to the seq that erased
// tells. Nobody can let the user in while it looks.
func (s *Service) bury(ctx context.Context, userID, alias string, erased map[string]int64) (gone bool, err error) {
	err = s.update(ctx, UserKey(userID), func(c *command) error {
		gone = false
		u, err := c.holdLiving(userID)
		if err != nil {
			return err
		}
		groups, err := c.GroupsOf(userID, Page{Limit: 1})
		if err != nil || len(groups) > 0 {
			return err
		}
		if named, err := namedSince(c, userID, erased); err != nil || named {
			return err
		}
		gone = true
		errs := []error{
			c.DeleteNotificationsOf(userID), c.DeleteLogInsOf(userID, ""), c.DeleteBlocksOf(userID), c.DeleteBansOf(userID), c.DeleteBudgetsOf(userID),
		}
		if err := firstError(errs); err != nil {
			return err
		}
		c.signals = append(c.signals, Signal{UserIDs: []string{userID}, Expire: true})
		if alias != userID {
			return c.depart(u, alias)
		}
		return c.UpdateUser(User{ID: userID, TokenVersion: u.TokenVersion + 1, CreatedAt: u.CreatedAt, Deleted: true})
	})
	return gone, err
}

// namedSince reports whether a log may name a user after the seq up to which it was erased.
func namedSince(r Reader, userID string, erased map[string]int64) (bool, error) {
	groups, err := r.EverGroupsOf(userID)
	if err != nil {
		return false, fmt.Errorf("read former groups: %w", err)
	}
	for _, id := range groups {
		seq, known := erased[id]
		if !known {
			return true, nil
		}
		events, err := r.EventsNaming(id, userID, seq, 1)
		if err != nil || len(events) > 0 {
			return true, err
		}
	}
	return false, nil
}

// eraseName takes a user's name out of the event logs of all groups they were ever in, and puts alias in the
// place of the id. It returns the seq up to which each is erased.
func (s *Service) eraseName(ctx context.Context, userID, alias string) (map[string]int64, error) {
	groups, err := view(ctx, s, func(r Reader) ([]string, error) { return r.EverGroupsOf(userID) })
	if err != nil {
		return nil, fmt.Errorf("read former groups: %w", err)
	}
	erased := make(map[string]int64, len(groups))
	for _, id := range groups {
		for more := true; more; {
			if erased[id], more, err = s.eraseStep(ctx, erasure{userID, alias, id}, erased[id]); err != nil {
				return nil, fmt.Errorf("erase name: %w", err)
			}
		}
	}
	return erased, nil
}

// holdDoer returns the account of somebody whose doing is changed, held. They may have left the group, and be about to
// be erased: what they are named by now is what the log may name them by, and their rows are theirs until the command
// ends. CodeRateLimited if their tombstone has just got another id.
func (c *command) holdDoer(userID string) (*User, error) {
	u, err := c.HoldUser(userID)
	if err != nil {
		return nil, orNotFound(err, "find who did it", RateLimited(time.Second, "The account of whoever did this was deleted in this moment. Please try again."))
	}
	return u, nil
}

// erasure is whose name goes out of which log, and under which id they are known after that.
type erasure struct{ userID, alias, groupID string }

// eraseStep rewrites the next events after since that name the user, and returns how far it came.
func (s *Service) eraseStep(ctx context.Context, of erasure, since int64) (last int64, more bool, err error) {
	err = s.update(ctx, GroupKey(of.groupID), func(c *command) error {
		g, err := c.Group(of.groupID)
		if err != nil {
			return fmt.Errorf("find group: %w", err)
		}
		events, err := c.EventsNaming(of.groupID, of.userID, since, eraseStep)
		if err != nil {
			return err
		}
		last, more = g.Seq, len(events) == eraseStep
		if more {
			last = events[eraseStep-1].Seq
		}
		for _, e := range events {
			e.UserID = ""
			if e.Data, err = of.rewrite(e.Data); err != nil {
				return err
			}
			if err := c.RewriteEvent(e); err != nil {
				return err
			}
		}
		return nil
	})
	return last, more, err
}

// rewrite replaces the name in a payload, and the id if there is another one.
func (of erasure) rewrite(data json.RawMessage) (json.RawMessage, error) {
	texts := map[string]string{"userName": formerMember}
	if of.alias != of.userID {
		texts["userId"] = of.alias
	}
	return withFields(data, texts)
}
