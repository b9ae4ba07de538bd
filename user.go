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
	Settings

	Hidden    bool   // not to be found by email or phone
	GroupID   string // the group of a member that its admin made, who has no login; "" for everybody else
	Suspended bool   // by an admin of the platform: nobody, until it is taken back
	IsAdmin   bool   // of the platform
	External  bool   // made of a token of another issuer, whose subject is the id
	// ForeignAfter is when the user ended what another issuer's tokens had begun: only those issued after
	// it are good. Zero: all are.
	ForeignAfter time.Time
}

// isForeign reports whether the account is another issuer's user, whose subject is the id: it was made of such a token,
// or, if it was made before that was noted, has no way in of this server's own. A password that it is given later keeps
// the issuer's tokens good.
func (u *User) isForeign() bool {
	return u.External || u.PasswordHash == "" && !u.IsGuest && u.GroupID == ""
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
	// RemindersDue returns at most limit users whose RemindAt has come by a moment, soonest first, after one in that order;
	// after the zero value come all.
	RemindersDue(by time.Time, after DueReminder, limit int) ([]DueReminder, error)
	// UsersByName returns at most limit users whose name, surname or full name begins
	// with prefix, whatever the case; neither guests nor those that are suspended. AccountsByName returns them too.
	UsersByName(prefix string, limit int) ([]User, error)
	AccountsByName(prefix string, limit int) ([]User, error)
	// AllUsers returns the accounts that are not deleted, newest first. The cursor is the id of the last one
	// of the page before.
	AllUsers(page Page) ([]User, error)
}

// UserWriter writes accounts.
type UserWriter interface {
	// HoldUser is User, and keeps the account from being changed or deleted by others until
	// the transaction ends.
	HoldUser(id string) (*User, error)
	// ClaimUser is HoldUser, and nobody else holds or claims the account until the transaction ends.
	ClaimUser(id string) (*User, error)
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
	SettingsItem
	QuranGroupCount int64 `json:"quranGroupCount"`
	ZikrGroupCount  int64 `json:"zikrGroupCount"`
	Findable        bool  `json:"findable" doc:"whether others find the account by its whole email or phone"`
	IsAdmin         bool  `json:"isAdmin" doc:"an admin of the platform"`
}

// ProfileChange is what is to change of an account; nil stays as it is. An empty surname
// or phone takes it away. Another email or phone needs CurrentPassword or a young session, a password CurrentPassword.
type ProfileChange struct {
	Name            *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Surname         *string `json:"surname,omitempty" maxLength:"100" doc:"empty takes it away"`
	Email           *string `json:"email,omitempty" maxLength:"254"`
	Phone           *string `json:"phone,omitempty" doc:"empty takes it away"`
	Password        *string `json:"password,omitempty" minLength:"8" maxLength:"200" doc:"a new one: needs currentPassword, and revokes every other token"`
	CurrentPassword *string `json:"currentPassword,omitempty" maxLength:"200" doc:"needed with a new password, and in a session older than 10 minutes with another email or phone"`
	Findable        *bool   `json:"findable,omitempty" doc:"whether others find the account by its whole email or phone"`
	SettingsChange
}

// Confirmation is how somebody shows again that an account is theirs.
type Confirmation struct {
	CurrentPassword *string `json:"currentPassword,omitempty" maxLength:"200" doc:"needed in a session older than 10 minutes, if the account has a password"`
}

// UserItem is what others may know of a user.
type UserItem struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Surname string `json:"surname"`
}

// Me returns the caller's profile.
func (s *Service) Me(ctx context.Context, userID string) (*Profile, error) {
	return view(Prompt(ctx), s, func(r Reader) (*Profile, error) { return profile(r, userID) })
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
	p := &Profile{Account: u.account(), SettingsItem: u.Settings.item(), Findable: !u.Hidden, IsAdmin: u.IsAdmin}
	var errs [2]error
	p.QuranGroupCount, errs[0] = r.CountGroupsOf(userID, QuranGroup)
	p.ZikrGroupCount, errs[1] = r.CountGroupsOf(userID, ZikrGroup)
	return p, firstError(errs[:])
}

// youngSession is how long after a log-in its owner needs not show again who they are.
const youngSession = 10 * time.Minute

// UpdateMe changes the caller's account. A new password needs the current one
// (CodeBadCredentials) and revokes every token but the session's.
func (s *Service) UpdateMe(ctx context.Context, session Session, change ProfileChange) (*Profile, error) {
	if err := new(User).apply(change); err != nil {
		return nil, err // before the slow work on passwords
	}
	if change.Password != nil {
		if _, err := password(*change.Password); err != nil {
			return nil, err
		}
	}
	old := ""
	if change.Email != nil || change.Phone != nil || change.Password != nil {
		var err error
		if old, err = s.confirm(ctx, session, change.CurrentPassword, change.need); err != nil {
			return nil, err
		}
	}
	hash, err := s.hashNew(ctx, change.Password)
	if err != nil {
		return nil, err
	}
	var out *Profile
	err = s.update(ctx, UserKey(session.UserID), func(c *command) error {
		u, err := c.holdLiving(session.UserID)
		if err != nil {
			return err
		}
		before := u.Settings
		if err := c.updateMe(u, session, change, confirmedChange{old, hash}); err != nil {
			return err
		}
		if u.Settings != before {
			u.plan(c.at, s.zones.of(u.TimeZone))
		}
		if err := c.UpdateUser(*u); err != nil {
			return err
		}
		out, err = profile(c, u.ID)
		return err
	})
	return out, err
}

// confirmedChange is the hash of the password that was confirmed, and of a new one; "" for none.
type confirmedChange struct{ old, hash string }

// updateMe makes the change in u. The password must still be the one that was confirmed.
func (c *command) updateMe(u *User, session Session, change ProfileChange, by confirmedChange) error {
	if change.need(u) != nothing && u.PasswordHash != by.old {
		return Errorf(CodeBadCredentials, "The password was just changed by another request. Please log in again.")
	}
	if err := u.apply(change); err != nil {
		return err
	}
	if by.hash != "" {
		u.External = u.isForeign() // those of releases that did not note it
		u.PasswordHash = by.hash
		if err := c.endOthers(u, session, false); err != nil {
			return err
		}
	}
	u.settled()
	return nil
}

// need is what a change asks of who makes it.
type need int

const (
	nothing need = iota
	owner        // the current password, or a young session
	secret       // the current password
)

// need reports what the change asks for: what a stolen token must not do.
func (change ProfileChange) need(u *User) need {
	after := *u
	_ = after.apply(change) // was checked before
	switch {
	case change.Password != nil:
		return secret
	case after.Email != u.Email || after.Phone != u.Phone:
		return owner
	default:
		return nothing
	}
}

// confirm sees that who acts is the account's owner, as far as that is needed. It returns the hash of the password that was confirmed: what
// follows holds only while it is the user's. An account without a password here has none to ask for; its first one needs a
// young session, if another issuer gave the token. CodeBadCredentials.
func (s *Service) confirm(ctx context.Context, session Session, current *string, needed func(*User) need) (hash string, err error) {
	u, err := view(ctx, s, func(r Reader) (*User, error) { return living(r, session.UserID) })
	if err != nil {
		return "", err
	}
	n := needed(u)
	young := !session.Began.IsZero() && s.now().Sub(session.Began) < youngSession
	if n == secret && u.PasswordHash == "" && session.Version < 0 && !young { // or a stolen token would be a way in for ever
		return "", Errorf(CodeBadCredentials, "A first password needs a token that is younger than 10 minutes. Please sign in again where your account comes from.")
	}
	if n == nothing || u.PasswordHash == "" || n == owner && young && current == nil {
		return u.PasswordHash, nil
	}
	wrong := Errorf(CodeBadCredentials, "currentPassword is wrong or missing: this needs the present password.")
	if current == nil {
		return "", wrong
	}
	ok, err := s.matches(ctx, u.PasswordHash, *current)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", wrong
	}
	return u.PasswordHash, nil
}

// apply sets what is to change, but for the password.
func (u *User) apply(change ProfileChange) error {
	var errs [5]error
	if change.Name != nil {
		u.Name, errs[0] = name("name", *change.Name)
	}
	if change.Surname != nil {
		u.Surname, errs[1] = optionalName("surname", change.Surname)
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
	if change.Findable != nil {
		u.Hidden = !*change.Findable
	}
	errs[4] = u.Settings.apply(change.SettingsChange)
	return firstError(errs[:])
}

// maxFound is how many users a search returns (contract section 6).
const maxFound = 20

// FindUsers finds users by the beginning of a name, or by the exact email or phone, if they allow that. Who is
// suspended is not found.
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
		case err == nil && (exact.Hidden || exact.Suspended || exact.IsGuest): // is found by nobody
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
