package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Ban keeps a user out of a group: by no way can they become a member.
type Ban struct {
	GroupID  string
	UserID   string
	UserName string // read only: comes from the account
	BannedBy string // the admin who did it
	At       time.Time
}

// BanReader reads bans.
type BanReader interface {
	Ban(groupID, userID string) (*Ban, error)
	// Bans returns those of a group, by UserID. The cursor is the UserID of the last of the page before.
	Bans(groupID string, page Page) ([]Ban, error)
	CountBans(groupID string) (int64, error)
	// BansOf returns those that keep a user out, BansBy those that a user made, by GroupID.
	BansOf(userID string) ([]Ban, error)
	BansBy(userID string) ([]Ban, error)
}

// BanWriter writes them.
type BanWriter interface {
	InsertBan(Ban) error
	// DeleteBan, DeleteBansIn and DeleteBansOf remove that of a user in a group, all of a group, and
	// all that keep a user out. What is not there is no error.
	DeleteBan(groupID, userID string) error
	DeleteBansIn(groupID string) error
	DeleteBansOf(userID string) error
}

// BanItem is a ban in a list.
type BanItem struct {
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
	BannedAt Time   `json:"bannedAt"`
}

func (b *Ban) item() BanItem { return BanItem{b.UserID, b.UserName, At(b.At)} }

// mayEnter says why a user cannot become a member of a group, nil if nothing keeps them out. Whatever makes
// members asks it. CodeBanned, CodeLimitReached.
func (s *Service) mayEnter(r Reader, g *Group, userID string) error {
	if err := notBanned(r, g, userID, "You are"); err != nil {
		return err
	}
	if g.MemberCount >= s.bounds.Members {
		return full(boundMembers, "%q has %d members: as many as a group may have.", g.Name, g.MemberCount)
	}
	return nil
}

// notBanned fails if the user, who is spoken of as who, is banned. CodeBanned.
func notBanned(r Reader, g *Group, userID, who string) error {
	_, err := r.Ban(g.ID, userID)
	switch {
	case err == nil:
		return Errorf(CodeBanned, "%s banned from %q: its admin can take that back.", who, g.Name)
	case errors.Is(err, ErrNotFound):
		return nil
	default:
		return fmt.Errorf("find ban: %w", err)
	}
}

// BanUser keeps a user out of a group from now on; a member is removed. Admin only. Who is banned
// already is answered the same. CodeUserNotFound, CodeInvalidPayload for oneself.
func (s *Service) BanUser(ctx context.Context, adminID, groupID, userID string) (*BanItem, error) {
	var out BanItem
	err := s.update(ctx, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, adminID)
		if err != nil {
			return err
		}
		if userID == adminID {
			return Errorf(CodeInvalidPayload, "You cannot ban yourself from %q: make somebody else its admin, and leave it.", g.Name)
		}
		b, err := c.Ban(groupID, userID)
		if errors.Is(err, ErrNotFound) {
			b, err = s.ban(c, g, userID)
		}
		if err != nil {
			return err
		}
		out = b.item()
		return nil
	})
	return &out, err
}

// ban stores a ban by the admin, and removes the user if they are a member.
func (s *Service) ban(c *command, g *Group, userID string) (*Ban, error) {
	nobody := Errorf(CodeUserNotFound, "There is no user %.128q.", userID)
	u, err := c.HoldUser(userID)
	if err != nil {
		return nil, orNotFound(err, "find user", nobody)
	}
	if u.Deleted {
		return nil, nobody
	}
	n, err := c.CountBans(g.ID)
	if err != nil {
		return nil, fmt.Errorf("count bans: %w", err)
	}
	if n >= s.bounds.Bans {
		return nil, full(boundBans, "%d users are banned from %q, as many as may be: please take some bans back.", n, g.Name)
	}
	b := &Ban{GroupID: g.ID, UserID: u.ID, UserName: u.FullName(), BannedBy: g.AdminID, At: c.at}
	if err := c.InsertBan(*b); err != nil {
		return nil, err
	}
	m, err := presentMember(c, g.ID, userID)
	switch {
	case err == nil:
		return b, s.remove(c, g, m)
	case CodeOf(err) == CodeUserNotFound:
		return b, nil
	default:
		return nil, err
	}
}

// UnbanUser lets a user in again. Admin only. Who is not banned is answered the same.
func (s *Service) UnbanUser(ctx context.Context, adminID, groupID, userID string) error {
	return s.update(ctx, GroupKey(groupID), func(c *command) error {
		if _, err := administered(c, groupID, adminID); err != nil {
			return err
		}
		return c.DeleteBan(groupID, userID)
	})
}

// Bans lists who is banned from a group. Admin only.
func (s *Service) Bans(ctx context.Context, adminID, groupID string, page Page) (*List[BanItem], error) {
	return view(ctx, s, func(r Reader) (*List[BanItem], error) {
		if _, err := administered(r, groupID, adminID); err != nil {
			return nil, err
		}
		return listOf(page, func(b BanItem) string { return b.UserID }, func(p Page) ([]BanItem, error) {
			bans, err := r.Bans(groupID, p)
			items := make([]BanItem, len(bans))
			for i := range bans {
				items[i] = bans[i].item()
			}
			return items, err
		})
	})
}
