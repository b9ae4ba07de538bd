package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A guest is somebody who came in by a link, under no more than a name: without an e-mail and
// a password. A guest is found by nobody and makes no groups, and becomes a full
// account by adding both (UpdateMe); nothing is lost then. Who is not seen for long is erased.

// DueGuest is a guest and when they were last seen, to about an hour: when a session of theirs was used, or the account made.
type DueGuest struct {
	SeenAt time.Time
	UserID string
}

// GuestReader reads when guests were seen.
type GuestReader interface {
	// Guest returns when a guest was last seen. It is ErrNotFound for anybody else.
	Guest(userID string) (*DueGuest, error)
	// GuestsDue returns at most limit guests who were not seen after a moment, longest ago first, after one in that
	// order; after the zero value come all.
	GuestsDue(seenBy time.Time, after DueGuest, limit int) ([]DueGuest, error)
}

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
	u.Surname, errs[1] = optionalName("surname", in.Surname)
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

// guestsGone is the latest moment at which a guest was seen who is erased now.
func guestsGone(now time.Time) time.Time { return now.Add(-KeepGuests - clockSlack) }

// GuestsDue returns at most limit guests who were not seen for KeepGuests, longest ago first, after one in that order;
// after the zero value come all.
func (s *Service) GuestsDue(ctx context.Context, after DueGuest, limit int) ([]DueGuest, error) {
	return view(ctx, s, func(r Reader) ([]DueGuest, error) { return r.GuestsDue(guestsGone(s.now()), after, limit) })
}

// EraseGuest erases a guest who was not seen for KeepGuests, as DeleteMe does, and nobody who was seen since or is no
// guest any more. Where it ends half-way, the guest is still due.
func (s *Service) EraseGuest(ctx context.Context, userID string) error {
	gone := false
	err := s.update(ctx, UserKey(userID), func(c *command) (err error) {
		gone, err = c.dismissGuest(userID)
		return err
	})
	if err != nil || !gone {
		return err
	}
	if err := s.DeleteMe(ctx, userID); CodeOf(err) != CodeUnauthenticated { // another node was faster
		return err
	}
	return nil
}

// dismissGuest ends the sessions of a guest who is to be erased, so that nobody acts as them meanwhile. It returns
// false if nobody is to be erased.
func (c *command) dismissGuest(userID string) (gone bool, err error) {
	u, err := c.ClaimUser(userID)
	if err != nil {
		return false, fmt.Errorf("find guest: %w", err)
	}
	seen, err := c.Guest(userID)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil || seen.SeenAt.After(guestsGone(c.at)) {
		return false, err
	}
	if err := c.endOthers(u, Session{}, false); err != nil {
		return false, err
	}
	return true, c.UpdateUser(*u)
}
