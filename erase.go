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
// in the event logs too. It can be called again if it fails half-way.
func (s *Service) DeleteMe(ctx context.Context, userID string) error {
	for gone := false; !gone; {
		if err := s.leaveAll(ctx, userID); err != nil {
			return err
		}
		if err := s.eraseName(ctx, userID); err != nil {
			return err
		}
		var err error
		if gone, err = s.bury(ctx, userID); err != nil {
			return err
		}
	}
	return s.eraseName(ctx, userID) // of what was told between erasing and burying
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

// bury makes a tombstone of the account. It does nothing and returns false if
// the user has joined a group meanwhile.
func (s *Service) bury(ctx context.Context, userID string) (gone bool, err error) {
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
		gone = true
		if err := c.DeleteNotificationsOf(userID); err != nil {
			return err
		}
		c.signals = append(c.signals, Signal{UserIDs: []string{userID}, Expire: true})
		return c.UpdateUser(User{ID: userID, TokenVersion: u.TokenVersion + 1, CreatedAt: u.CreatedAt, Deleted: true})
	})
	return gone, err
}

// eraseName takes a user's name out of the event logs of all groups they were ever in.
func (s *Service) eraseName(ctx context.Context, userID string) error {
	groups, err := view(ctx, s, func(r Reader) ([]string, error) { return r.EverGroupsOf(userID) })
	if err != nil {
		return fmt.Errorf("read former groups: %w", err)
	}
	for _, id := range groups {
		for since, more := int64(0), true; more; {
			if since, more, err = s.eraseStep(ctx, userID, id, since); err != nil {
				return fmt.Errorf("erase name: %w", err)
			}
		}
	}
	return nil
}

// eraseStep rewrites the next events after since that name the user, and returns how far it came.
func (s *Service) eraseStep(ctx context.Context, userID, groupID string, since int64) (last int64, more bool, err error) {
	err = s.update(ctx, GroupKey(groupID), func(c *command) error {
		last, more = since, false
		events, err := c.EventsNaming(groupID, userID, since, eraseStep)
		if err != nil {
			return err
		}
		for _, e := range events {
			last, e.UserID = e.Seq, ""
			if e.Data, err = anonymous(e.Data); err != nil {
				return err
			}
			if err := c.RewriteEvent(e); err != nil {
				return err
			}
		}
		more = len(events) == eraseStep
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
