package zikr

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Admin is an admin of the platform: a user whom the operator has made one, or the operator, who runs the
// server and proves it by its secret.
type Admin struct {
	UserID string // "" for the operator
}

// may fails with CodeNotAdmin if the user is no admin of the platform, or no longer.
func (a Admin) may(r Reader) error {
	if a.UserID == "" {
		return nil
	}
	u, err := living(r, a.UserID)
	if err != nil {
		return err
	}
	if !u.IsAdmin || u.Suspended {
		return Errorf(CodeNotAdmin, "Only who runs this server, and whom they have made an admin of it, may do this.")
	}
	return nil
}

// AuthenticateAdmin finds out which admin of the platform a token stands for: the operator's own, or that of a user. Whether
// the user is an admin is for each use case to see to.
func (s *Service) AuthenticateAdmin(ctx context.Context, token string) (*Admin, *Session, error) {
	claims, err := s.verify(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	if claims.Operator {
		return &Admin{}, &Session{TokenID: claims.TokenID, Expires: claims.Expires}, nil
	}
	session, err := s.Authenticate(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	return &Admin{UserID: session.UserID}, session, nil
}

// AdminUser is an account as admins of the platform see it.
type AdminUser struct {
	Account
	CreatedAt   Time `json:"createdAt"`
	IsAdmin     bool `json:"isAdmin" doc:"an admin of the platform"`
	IsSuspended bool `json:"isSuspended"`
}

func (u *User) adminItem() AdminUser {
	return AdminUser{Account: u.account(), CreatedAt: At(u.CreatedAt), IsAdmin: u.IsAdmin, IsSuspended: u.Suspended}
}

// AdminProfile is all that they see of one account.
type AdminProfile struct {
	AdminUser
	QuranGroupCount int64         `json:"quranGroupCount"`
	ZikrGroupCount  int64         `json:"zikrGroupCount"`
	Sessions        []SessionItem `json:"sessions"`
}

// AdminChange is what an admin changes of an account; nil stays as it is.
type AdminChange struct {
	Name        *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Surname     *string `json:"surname,omitempty" maxLength:"100" doc:"empty takes it away"`
	Password    *string `json:"password,omitempty" minLength:"8" maxLength:"200" doc:"a new one, for who forgot it: ends all sessions"`
	IsSuspended *bool   `json:"isSuspended,omitempty" doc:"true: tokens are refused with account_suspended, connections end; false: all is as before"`
	IsAdmin     *bool   `json:"isAdmin,omitempty" doc:"whether they are an admin of the platform"`
}

// FindAccounts lists accounts for an admin of the platform, newest first: all, or those whose id, email or phone is q, or
// whose name, surname or full name begins with it, at most as many as a page holds.
func (s *Service) FindAccounts(ctx context.Context, by Admin, q string, page Page) (*List[AdminUser], error) {
	q, err := text("q", q, maxEmail)
	if err != nil {
		return nil, err
	}
	return view(ctx, s, func(r Reader) (*List[AdminUser], error) {
		if err := by.may(r); err != nil {
			return nil, err
		}
		return listOf(page, func(u AdminUser) string { return u.ID }, func(p Page) ([]AdminUser, error) {
			users, err := accountsBy(r, q, p)
			items := make([]AdminUser, len(users))
			for i := range users {
				items[i] = users[i].adminItem()
			}
			return items, err
		})
	})
}

// accountsBy finds accounts by whatever names them. A search has one page.
func accountsBy(r Reader, q string, page Page) ([]User, error) {
	if q == "" {
		return r.AllUsers(page)
	}
	if page.Cursor != "" {
		return nil, nil
	}
	users, err := r.AccountsByName(q, page.Limit-1)
	if err != nil {
		return nil, fmt.Errorf("find users by name: %w", err)
	}
	u, err := accountBy(r, q)
	if err == nil && !u.Deleted {
		users = append([]User{*u}, without(users, u.ID)...)
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return users[:min(len(users), page.Limit-1)], nil
}

func without(users []User, id string) []User {
	out := users[:0]
	for _, u := range users {
		if u.ID != id {
			out = append(out, u)
		}
	}
	return out
}

// accountBy finds an account by its id, email or phone.
func accountBy(r Reader, name string) (*User, error) {
	name = strings.TrimSpace(name)
	u, err := r.User(name)
	if errors.Is(err, ErrNotFound) {
		u, err = userByLogin(r, name)
	}
	return u, err
}

// noAccount is for one that an admin names.
func noAccount(id string) *Error { return Errorf(CodeUserNotFound, "There is no user %.128q.", id) }

// adminOf returns the account that an admin acts on, held. CodeNotAdmin, CodeUserNotFound.
func (c *command) adminOf(by Admin, userID string) (*User, error) {
	if err := by.may(c); err != nil {
		return nil, err
	}
	u, err := c.HoldUser(userID)
	if err != nil {
		return nil, orNotFound(err, "find user", noAccount(userID))
	}
	if u.Deleted {
		return nil, noAccount(userID)
	}
	return u, nil
}

// ShowAccount returns all that an admin of the platform sees of an account. CodeUserNotFound.
func (s *Service) ShowAccount(ctx context.Context, by Admin, userID string) (*AdminProfile, error) {
	return view(ctx, s, func(r Reader) (*AdminProfile, error) {
		if err := by.may(r); err != nil {
			return nil, err
		}
		u, err := r.User(userID)
		if err != nil {
			return nil, orNotFound(err, "find user", noAccount(userID))
		}
		if u.Deleted {
			return nil, noAccount(userID)
		}
		return s.adminProfile(r, u)
	})
}

func (s *Service) adminProfile(r Reader, u *User) (*AdminProfile, error) {
	p := &AdminProfile{AdminUser: u.adminItem()}
	var errs [3]error
	p.QuranGroupCount, errs[0] = r.CountGroupsOf(u.ID, QuranGroup)
	p.ZikrGroupCount, errs[1] = r.CountGroupsOf(u.ID, ZikrGroup)
	p.Sessions, errs[2] = s.sessionItems(r, u, "")
	return p, firstError(errs[:])
}

// AddAccount makes an account for somebody, whoever may make one by themself.
func (s *Service) AddAccount(ctx context.Context, by Admin, in Registration) (*AdminUser, error) {
	if err := s.store.View(ctx, func(r Reader) error { return by.may(r) }); err != nil {
		return nil, err // before the slow work on the password
	}
	var out AdminUser
	err := s.register(ctx, in, "", func(c *command, u *User) error {
		if err := by.may(c); err != nil {
			return err
		}
		out = u.adminItem()
		return c.audit(s, by, ActUserAdded, u.ID, "")
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// ChangeAccount changes another's account. A new password ends all sessions; who is suspended is nobody until that is taken back.
// CodeUserNotFound; also where a way in would be given to who has no login.
func (s *Service) ChangeAccount(ctx context.Context, by Admin, userID string, change AdminChange) (*AdminProfile, error) {
	if err := new(User).rename(change); err != nil {
		return nil, err
	}
	hash, err := s.hashNew(ctx, change.Password)
	if err != nil {
		return nil, err
	}
	var out *AdminProfile
	err = s.update(ctx, UserKey(userID), func(c *command) error {
		u, err := c.adminOf(by, userID)
		if err != nil {
			return err
		}
		if err := s.changeAccount(c, by, u, change, hash); err != nil {
			return err
		}
		out, err = s.adminProfile(c, u)
		return err
	})
	return out, err
}

// hashNew checks and hashes a new password; "" for none.
func (s *Service) hashNew(ctx context.Context, value *string) (string, error) {
	if value == nil {
		return "", nil
	}
	chosen, err := password(*value)
	if err != nil {
		return "", err
	}
	hash, err := s.passwords.Hash(ctx, chosen)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// rename sets the name that an admin gives.
func (u *User) rename(change AdminChange) error {
	var errs [2]error
	if change.Name != nil {
		u.Name, errs[0] = name("name", *change.Name)
	}
	if change.Surname != nil {
		u.Surname, errs[1] = optionalName("surname", change.Surname)
	}
	return firstError(errs[:])
}

// changeAccount makes the change and notes each part of it that is one.
func (s *Service) changeAccount(c *command, by Admin, u *User, change AdminChange, hash string) error {
	if !u.HasLogin() && (hash != "" || change.IsAdmin != nil && *change.IsAdmin) {
		return Errorf(CodeUserNotFound, "%s has no login: the admin of their group acts for them.", u.FullName())
	}
	before := *u
	if err := u.rename(change); err != nil {
		return err
	}
	if change.IsAdmin != nil {
		u.IsAdmin = *change.IsAdmin
	}
	if change.IsSuspended != nil {
		u.Suspended = *change.IsSuspended
	}
	var errs []error
	if u.Suspended && !before.Suspended {
		c.signals = append(c.signals, Signal{UserIDs: []string{u.ID}, Expire: true})
	}
	if hash != "" {
		u.PasswordHash = hash
		u.settled()
		errs = append(errs, c.endOthers(u, Session{}, false))
	}
	errs = append(errs, c.UpdateUser(*u))
	for _, kind := range changesOf(before, *u) {
		errs = append(errs, c.audit(s, by, kind, u.ID, ""))
	}
	return firstError(errs)
}

// changesOf names what an admin has changed.
func changesOf(before, after User) []ActKind {
	var kinds []ActKind
	note := func(is bool, kind ActKind) {
		if is {
			kinds = append(kinds, kind)
		}
	}
	note(before.Name != after.Name || before.Surname != after.Surname, ActUserRenamed)
	note(before.PasswordHash != after.PasswordHash, ActPasswordSet)
	note(!before.Suspended && after.Suspended, ActUserSuspended)
	note(before.Suspended && !after.Suspended, ActUserRestored)
	note(!before.IsAdmin && after.IsAdmin, ActAdminMade)
	note(before.IsAdmin && !after.IsAdmin, ActAdminUnmade)
	return kinds
}

// EndAccountSessions ends all sessions of an account, and every other token that was issued for it until now.
func (s *Service) EndAccountSessions(ctx context.Context, by Admin, userID string) error {
	return s.update(ctx, UserKey(userID), func(c *command) error {
		u, err := c.adminOf(by, userID)
		if err != nil {
			return err
		}
		errs := []error{c.endOthers(u, Session{}, true), c.UpdateUser(*u), c.audit(s, by, ActSessionsEnded, u.ID, "")}
		return firstError(errs)
	})
}

// DeleteAccount is DeleteMe of another. It is noted before it begins.
func (s *Service) DeleteAccount(ctx context.Context, by Admin, userID string) error {
	err := s.update(ctx, UserKey(userID), func(c *command) error {
		u, err := c.adminOf(by, userID)
		if err != nil {
			return err
		}
		return c.audit(s, by, ActUserDeleted, u.ID, "")
	})
	if err != nil {
		return err
	}
	return s.DeleteMe(ctx, userID)
}
