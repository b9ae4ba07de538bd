package zikr

import (
	"context"
	"fmt"
)

// NewMember is a member who has no way to log in: the admin acts for them.
type NewMember struct {
	Name    string  `json:"name" minLength:"1" maxLength:"100"`
	Surname *string `json:"surname,omitempty" maxLength:"100"`
}

// MemberChange is what is to change of a member who has no login; nil stays as it is.
type MemberChange struct {
	Name    *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Surname *string `json:"surname,omitempty" maxLength:"100" doc:"empty takes it away"`
}

// HasLogin reports whether the user can log in: all can but members that an admin made.
func (u *User) HasLogin() bool { return u.GroupID == "" }

// AddMember makes a member who has no way to log in, and is in no search. Admin only. CodeLimitReached.
func (s *Service) AddMember(ctx context.Context, userID, groupID string, in NewMember) (*MemberItem, error) {
	u := User{TokenVersion: 1, GroupID: groupID}
	if err := u.rename(AdminChange{Name: &in.Name, Surname: in.Surname}); err != nil {
		return nil, err
	}
	u.ID = s.newID()
	var out *MemberItem
	err := s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		if err := firstError([]error{s.roomForLoginless(c, g), s.mayEnter(c, g, u.ID)}); err != nil {
			return err
		}
		u.CreatedAt = c.at
		if err := firstError([]error{c.InsertUser(u), c.admit(g, u.ID)}); err != nil {
			return err
		}
		out, err = memberItem(c, g, u.ID)
		return err
	})
	return out, err
}

// roomForLoginless holds the number of a group's members without a login in bounds.
func (s *Service) roomForLoginless(r Reader, g *Group) error {
	present, made, err := r.CountLoginless(g.ID)
	if err != nil {
		return fmt.Errorf("count members without a login: %w", err)
	}
	if present >= s.bounds.Loginless {
		return full(boundLoginless, "%q has %d members without a login, as many as a group may have.", g.Name, present)
	}
	if made >= s.bounds.LoginlessMade {
		return full(boundLoginlessMade, "%q has had %d members without a login, as many as a group may ever have.", g.Name, made)
	}
	return nil
}

// RenameMember changes the name of a member who has no login. Admin only. CodeUserNotFound.
func (s *Service) RenameMember(ctx context.Context, userID, groupID, memberID string, change MemberChange) (*MemberItem, error) {
	if err := new(User).rename(AdminChange{Name: change.Name, Surname: change.Surname}); err != nil {
		return nil, err // what is wrong in itself comes before who may
	}
	var out *MemberItem
	err := s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		if _, err := presentMember(c, g.ID, memberID); err != nil {
			return err
		}
		u, err := c.ClaimUser(memberID) // an admin of the platform may be changing it
		if err != nil {
			return fmt.Errorf("find member's account: %w", err)
		}
		if u.HasLogin() {
			return Errorf(CodeUserNotFound, "%s has an account of their own: only they can change its name.", u.FullName())
		}
		before := *u
		if err := u.rename(AdminChange{Name: change.Name, Surname: change.Surname}); err != nil {
			return err
		}
		if *u != before {
			err = firstError([]error{c.UpdateUser(*u), c.saveGroup(g)})
		}
		if err != nil {
			return err
		}
		out, err = memberItem(c, g, u.ID)
		return err
	})
	return out, err
}

// memberItem is a member as a snapshot shows them; who has no login is never online.
func memberItem(r Reader, g *Group, userID string) (*MemberItem, error) {
	m, err := r.Member(g.ID, userID)
	if err != nil {
		return nil, fmt.Errorf("find member: %w", err)
	}
	item := g.memberItem(m)
	return &item, nil
}

// memberItem is a member as a snapshot shows them, but for who is online.
func (g *Group) memberItem(m *Member) MemberItem {
	item := MemberItem{UserID: m.UserID, UserName: m.UserName, Role: RoleMember, JoinedAt: At(m.JoinedAt), Loginless: m.Loginless, Surname: m.Surname}
	if m.UserID == g.AdminID {
		item.Role = RoleAdmin
	}
	return item
}
