package zikr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// formerMember is the name of an account that was deleted (contract section 1).
const formerMember = "Former member"

// User is an account. A deleted one stays as a tombstone without personal data.
type User struct {
	ID           string
	Name         string
	Surname      string
	Email        string // in lower case; "" for none
	Phone        string // + and digits; "" for none
	PasswordHash string // "" for a user of another issuer
	// TokenVersion is what this server's tokens must carry. It grows when the
	// password changes; the token with the id KeptTokenID, which changed it, stays good.
	TokenVersion int64
	KeptTokenID  string
	CreatedAt    time.Time
	IsGuest      bool // came in by a link, and has no e-mail and password yet
	Deleted      bool
	UserSettings
	GroupID string // the group of a member that its admin made, who has no login; "" for everybody else
}

// FullName is how others see the user: `userName` and `senderName` on the wire.
func (u *User) FullName() string {
	if u.Deleted {
		return formerMember
	}
	return strings.TrimSpace(u.Name + " " + u.Surname)
}

// NormalAddresses are the email and the phone in the one form in which addresses are compared.
// What is no address stays as it is.
func (u *User) NormalAddresses() (address, number string) {
	address, number = u.Email, u.Phone
	if normal, err := email(u.Email); err == nil {
		address = normal
	}
	if normal, err := phone(u.Phone); err == nil {
		number = normal
	}
	return address, number
}

// HasNormalAddresses reports whether the email and the phone are in the one form in
// which addresses are compared.
func (u *User) HasNormalAddresses() bool {
	address, errE := email(u.Email)
	number, errP := phone(u.Phone)
	return (u.Email == "" || errE == nil && address == u.Email) && (u.Phone == "" || errP == nil && number == u.Phone)
}

// UserReader reads accounts.
type UserReader interface {
	// User returns the account, also a deleted one.
	User(id string) (*User, error)
	// Users returns those of at most MaxTogether accounts that there are, also deleted ones, in no order.
	Users(ids []string) ([]User, error)
	// UserByEmail and UserByPhone find an account by its normalised address.
	UserByEmail(email string) (*User, error)
	UserByPhone(phone string) (*User, error)
	// UsersByName returns at most limit users whose name, surname or full name begins
	// with prefix, whatever the case. Guests are not among them.
	UsersByName(prefix string, limit int) ([]User, error)
}

// UserWriter writes accounts.
type UserWriter interface {
	// HoldUser is User, and keeps the account from being changed or deleted by others until
	// the transaction ends.
	HoldUser(id string) (*User, error)
	// InsertUser and UpdateUser fail with CodeEmailTaken or CodePhoneTaken.
	InsertUser(User) error
	UpdateUser(User) error
}

// Account is what a user sees of the own account.
type Account struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Surname string  `json:"surname"`
	Email   *string `json:"email"`
	Phone   *string `json:"phone"`
	IsGuest bool    `json:"isGuest" doc:"came in by a link: an email and a password make it a full account"`
}

func (u *User) account() Account {
	return Account{ID: u.ID, Name: u.Name, Surname: u.Surname, Email: orNil(u.Email), Phone: orNil(u.Phone), IsGuest: u.IsGuest}
}

// Profile is the account with what it takes part in.
type Profile struct {
	Account
	UserSettingsItem
	QuranGroupCount int64 `json:"quranGroupCount"`
	ZikrGroupCount  int64 `json:"zikrGroupCount"`
}

// ProfileChange is what is to change of an account; nil stays as it is. An empty phone
// takes the phone away.
type ProfileChange struct {
	Name            *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Surname         *string `json:"surname,omitempty" minLength:"1" maxLength:"100"`
	Email           *string `json:"email,omitempty" maxLength:"254"`
	Phone           *string `json:"phone,omitempty" doc:"empty takes it away"`
	Password        *string `json:"password,omitempty" minLength:"8" maxLength:"200" doc:"a new one: needs currentPassword, and revokes every other token"`
	CurrentPassword *string `json:"currentPassword,omitempty" maxLength:"200"`
	UserSettingsChange
}

// UserItem is what others may know of a user.
type UserItem struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Surname string `json:"surname"`
}

// Me returns the caller's profile.
func (s *Service) Me(ctx context.Context, userID string) (*Profile, error) {
	return view(ctx, s, func(r Reader) (*Profile, error) { return profile(r, userID) })
}

// living returns the account of somebody who acts: it must not have been deleted meanwhile.
func living(r Reader, userID string) (*User, error) {
	u, err := r.User(userID)
	return alive(u, err)
}

// holdLiving is living, and the account stays what it is until the command ends: nobody can
// delete it between this look and the commit, on any node.
func (c *command) holdLiving(userID string) (*User, error) {
	u, err := c.HoldUser(userID)
	return alive(u, err)
}

func alive(u *User, err error) (*User, error) {
	gone := Errorf(CodeUnauthenticated, "This account was deleted.")
	if err != nil {
		return nil, orNotFound(err, "find user", gone)
	}
	if u.Deleted {
		return nil, gone
	}
	return u, nil
}

func profile(r Reader, userID string) (*Profile, error) {
	u, err := living(r, userID)
	if err != nil {
		return nil, err
	}
	p := &Profile{Account: u.account(), UserSettingsItem: u.UserSettings.item()}
	var errs [2]error
	p.QuranGroupCount, errs[0] = r.CountGroupsOf(userID, QuranGroup)
	p.ZikrGroupCount, errs[1] = r.CountGroupsOf(userID, ZikrGroup)
	return p, firstError(errs[:])
}

// UpdateMe changes the caller's account. A new password needs the current one
// (CodeBadCredentials) and revokes every token but the session's.
func (s *Service) UpdateMe(ctx context.Context, session Session, change ProfileChange) (*Profile, error) {
	if err := new(User).apply(change); err != nil {
		return nil, err // before the slow work on passwords
	}
	var old, hash string
	var err error
	if change.Password != nil {
		if old, hash, err = s.newPassword(ctx, session.UserID, change); err != nil {
			return nil, err
		}
	}
	var out *Profile
	err = s.update(ctx, UserKey(session.UserID), func(c *command) error {
		u, err := c.holdLiving(session.UserID)
		if err != nil {
			return err
		}
		before := u.UserSettings
		if err := u.apply(change); err != nil {
			return err
		}
		if u.UserSettings != before {
			u.plan(c.at, s.zones.of(u.TimeZone), 0)
		}
		if hash != "" {
			if u.PasswordHash != old {
				return Errorf(CodeBadCredentials, "The password was just changed by another request. Please log in again.")
			}
			u.PasswordHash, u.KeptTokenID = hash, session.TokenID
			u.TokenVersion++
			c.signals = append(c.signals, Signal{UserIDs: []string{u.ID}, Expire: true, TokenVersion: u.TokenVersion, KeepTokenID: u.KeptTokenID})
		}
		u.settled()
		if err := c.UpdateUser(*u); err != nil {
			return err
		}
		out, err = profile(c, u.ID)
		return err
	})
	return out, err
}

// newPassword checks the current password and hashes the new one. It returns
// the hash that was checked too: the change holds only while it is the user's.
func (s *Service) newPassword(ctx context.Context, userID string, change ProfileChange) (old, hash string, err error) {
	chosen, err := password(*change.Password)
	if err != nil {
		return "", "", err
	}
	u, err := view(ctx, s, func(r Reader) (*User, error) { return living(r, userID) })
	if err != nil {
		return "", "", err
	}
	if u.PasswordHash != "" {
		current := ""
		if change.CurrentPassword != nil {
			current = *change.CurrentPassword
		}
		ok, err := s.matches(ctx, u.PasswordHash, current)
		if err != nil {
			return "", "", err
		}
		if !ok {
			return "", "", Errorf(CodeBadCredentials, "currentPassword is wrong: a new password needs the present one.")
		}
	}
	hash, err = s.passwords.Hash(ctx, chosen)
	if err != nil {
		return "", "", fmt.Errorf("hash password: %w", err)
	}
	return u.PasswordHash, hash, nil
}

// apply sets what is to change, but for the password.
func (u *User) apply(change ProfileChange) error {
	var errs [5]error
	if change.Name != nil {
		u.Name, errs[0] = name("name", *change.Name)
	}
	if change.Surname != nil {
		u.Surname, errs[1] = name("surname", *change.Surname)
	}
	if change.Email != nil {
		u.Email, errs[2] = email(*change.Email)
	}
	switch {
	case change.Phone == nil:
	case *change.Phone == "":
		u.Phone = ""
	default:
		u.Phone, errs[3] = newPhone(*change.Phone)
	}
	errs[4] = u.UserSettings.apply(change.UserSettingsChange)
	return firstError(errs[:])
}

// maxFound is how many users a search returns (contract section 6).
const maxFound = 20

// FindUsers finds users by the beginning of a name, or by the exact email or phone.
func (s *Service) FindUsers(ctx context.Context, userID, q string) (*List[UserItem], error) {
	q, err := text("q", q, maxEmail)
	if err != nil {
		return nil, err
	}
	out := &List[UserItem]{Items: []UserItem{}}
	if SearchKey(q) == "" {
		return out, nil
	}
	return view(ctx, s, func(r Reader) (*List[UserItem], error) {
		users, err := r.UsersByName(q, maxFound)
		if err != nil {
			return nil, fmt.Errorf("find users by name: %w", err)
		}
		exact, err := userByLogin(r, q)
		switch {
		case err == nil && exact.IsGuest: // is found by nobody
		case err == nil: // comes first, and once if the name fits too
			users = slices.DeleteFunc(users, func(u User) bool { return u.ID == exact.ID })
			users = append([]User{*exact}, users...)
		case !errors.Is(err, ErrNotFound):
			return nil, fmt.Errorf("find user by address: %w", err)
		}
		for _, u := range users[:min(len(users), maxFound)] {
			out.Items = append(out.Items, UserItem{u.ID, u.Name, u.Surname})
		}
		return out, nil
	})
}
