package zikr

import (
	"context"
)

// A guest is somebody who came in by a link, under no more than a name: without an e-mail and
// a password. A guest is found by nobody and makes no groups, and becomes a full
// account by adding both (UpdateMe); nothing is lost then.

// NewGuest is what a guest's account is made of.
type NewGuest struct {
	Name       string  `json:"name" minLength:"1" maxLength:"100"`
	Surname    *string `json:"surname,omitempty" maxLength:"100"`
	Link       string  `json:"link" minLength:"1" maxLength:"40" doc:"the code of a link that lets guests in"`
	DeviceName *string `json:"deviceName,omitempty" maxLength:"100" doc:"on what the person is, in words; without it the User-Agent tells"`
}

// RegisterGuest makes a guest's account, a member of the link's group in the same step, and signs it in.
// CodeGuestsNotAllowed, CodeLinkNotFound, CodeLinkExpired, CodeRegistrationClosed.
func (s *Service) RegisterGuest(ctx context.Context, in NewGuest) (*SignedIn, error) {
	if err := s.registration.admits(true); err != nil {
		return nil, err
	}
	u := &User{TokenVersion: 1, IsGuest: true, Settings: newSettings()}
	var errs [3]error
	device, err := optionalName("deviceName", in.DeviceName)
	errs[2] = err
	u.Name, errs[0] = name("name", in.Name)
	if in.Surname != nil && *in.Surname != "" {
		u.Surname, errs[1] = name("surname", *in.Surname)
	}
	if err := firstError(errs[:]); err != nil {
		return nil, err
	}
	groupID, err := s.groupOfLink(ctx, in.Link)
	if err != nil {
		return nil, err
	}
	u.ID = s.newID()
	var out *SignedIn
	err = s.update(ctx, GroupKey(groupID), func(c *command) error {
		l, g, err := openLink(c, in.Link)
		if err != nil {
			return err
		}
		if err := l.over(c.at); err != nil {
			return err
		}
		if !l.Guests || !s.guests {
			return Errorf(CodeGuestsNotAllowed, "This link lets in people with an account only. Please sign up or sign in first.")
		}
		u.CreatedAt = c.at
		if err := c.InsertUser(*u); err != nil {
			return err
		}
		if err := s.admitByLink(c, l, g, u.ID); err != nil {
			return err
		}
		out, err = s.logIn(c, u, device)
		return err
	})
	return out, err
}

// settled makes a full account of a guest who has an e-mail and a password now.
func (u *User) settled() {
	if u.Email != "" && u.PasswordHash != "" {
		u.IsGuest = false
	}
}
