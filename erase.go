package zikr

import (
	"context"
	"encoding/json"
	"fmt"
)

// eraseStep is how many events one command rewrites, so that others need not wait long.
const eraseStep = 500

// DeleteMe removes the caller's account and personal data. The user leaves every
// group first; the counts stay in the totals, under the name of a former member,
// in the event logs too. The account is the last to go, and only when no log names it any
// more: if it fails half-way, it can be called again.
func (s *Service) DeleteMe(ctx context.Context, userID string) error {
	for gone := false; !gone; {
		if err := s.leaveAll(ctx, userID); err != nil {
			return err
		}
		erased, err := s.eraseName(ctx, userID)
		if err != nil {
			return err
		}
		if gone, err = s.bury(ctx, userID, erased); err != nil {
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
func (s *Service) bury(ctx context.Context, userID string, erased map[string]int64) (gone bool, err error) {
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
		if err := firstError([]error{c.DeleteNotificationsOf(userID), c.DeleteBansOf(userID), c.DeleteBudgetsOf(userID)}); err != nil {
			return err
		}
		c.signals = append(c.signals, Signal{UserIDs: []string{userID}, Expire: true})
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

// eraseName takes a user's name out of the event logs of all groups they were ever in. It returns the
// seq up to which each is erased.
func (s *Service) eraseName(ctx context.Context, userID string) (map[string]int64, error) {
	groups, err := view(ctx, s, func(r Reader) ([]string, error) { return r.EverGroupsOf(userID) })
	if err != nil {
		return nil, fmt.Errorf("read former groups: %w", err)
	}
	erased := make(map[string]int64, len(groups))
	for _, id := range groups {
		for more := true; more; {
			if erased[id], more, err = s.eraseStep(ctx, userID, id, erased[id]); err != nil {
				return nil, fmt.Errorf("erase name: %w", err)
			}
		}
	}
	return erased, nil
}

// eraseStep rewrites the next events after since that name the user, and returns how far it came.
func (s *Service) eraseStep(ctx context.Context, userID, groupID string, since int64) (last int64, more bool, err error) {
	err = s.update(ctx, GroupKey(groupID), func(c *command) error {
		g, err := c.Group(groupID)
		if err != nil {
			return fmt.Errorf("find group: %w", err)
		}
		events, err := c.EventsNaming(groupID, userID, since, eraseStep)
		if err != nil {
			return err
		}
		last, more = g.Seq, len(events) == eraseStep
		if more {
			last = events[eraseStep-1].Seq
		}
		for _, e := range events {
			e.UserID = ""
			if e.Data, err = anonymous(e.Data); err != nil {
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

// anonymous replaces the name in a payload.
func anonymous(data json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	fields["userName"], _ = json.Marshal(formerMember) // a constant string always encodes
	return json.Marshal(fields)
}
