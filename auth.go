package zikr

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Registration is what a new account is made of.
type Registration struct {
	Name       string  `json:"name" minLength:"1" maxLength:"100"`
	Surname    string  `json:"surname" minLength:"1" maxLength:"100"`
	Email      string  `json:"email" maxLength:"254" example:"abdulloh@example.org"`
	Password   string  `json:"password" minLength:"8" maxLength:"200"`
	Phone      *string `json:"phone,omitempty" example:"+998901234567"`
	DeviceName *string `json:"deviceName,omitempty" maxLength:"100" doc:"on what the person is, in words; without it the User-Agent tells"`
	Link       *string `json:"link,omitempty" maxLength:"40" doc:"the code of a link into a group, which the person joins in the same step; needed where accounts are made by invitation only"`
}

// Credentials are what somebody logs in with.
type Credentials struct {
	Login      string  `json:"login" minLength:"1" maxLength:"254" doc:"email or phone"`
	Password   string  `json:"password" minLength:"1" maxLength:"200"`
	Device     string  `json:"device,omitempty" maxLength:"128" doc:"what an earlier sign-in on this device was answered with"`
	DeviceName *string `json:"deviceName,omitempty" maxLength:"100" doc:"on what the person is, in words; without it the User-Agent tells"`
}

// SignedIn is a token and whose it is.
type SignedIn struct {
	Token string  `json:"token"`
	User  Account `json:"user"`
	// Device is for the next log-in: see Devices.
	Device string `json:"device" doc:"opaque: keep it, and send it with the next log-in, so that wrong passwords of others are not held against this device"`
}

// Registrations says who may make an account here.
type Registrations string

// Who may make an account: anybody; who has a link into a group, or whom the operator adds; whom the operator adds.
const (
	RegistrationOpen    Registrations = "open"
	RegistrationInvited Registrations = "invited"
	RegistrationClosed  Registrations = "closed"
)

// admits says why nobody may make an account, with a link into a group or without one, nil if they
// may. CodeRegistrationClosed.
func (r Registrations) admits(byLink bool) error {
	switch {
	case r == RegistrationOpen, r == RegistrationInvited && byLink:
		return nil
	case r == RegistrationInvited:
		return Errorf(CodeRegistrationClosed, "Accounts are made here only with a link into a group. Please ask somebody in one for a link.")
	default:
		return Errorf(CodeRegistrationClosed, "No accounts can be made here. Please ask who runs this server for one.")
	}
}

// Register makes an account, with a link also a member of its group, and signs it in. CodeRegistrationClosed, CodeLinkNotFound,
// CodeLinkExpired.
func (s *Service) Register(ctx context.Context, in Registration) (*SignedIn, error) {
	byLink := in.Link != nil && *in.Link != ""
	if err := s.registration.admits(byLink); err != nil {
		return nil, err
	}
	device, err := optionalName("deviceName", in.DeviceName)
	if err != nil {
		return nil, err
	}
	groupID := ""
	if byLink {
		if groupID, err = s.groupOfLink(ctx, *in.Link); err != nil {
			return nil, err
		}
	}
	var out *SignedIn
	err = s.register(ctx, in, groupID, func(c *command, u *User) (err error) {
		if byLink {
			if err := s.comeInBy(c, *in.Link, u.ID); err != nil {
				return err
			}
		}
		out, err = s.logIn(c, u, device)
		return err
	})
	return out, err
}

// comeInBy makes a new user a member of a link's group.
func (s *Service) comeInBy(c *command, link, userID string) error {
	l, g, err := openLink(c, link)
	if err != nil {
		return err
	}
	return s.admitByLink(c, l, g, userID)
}

// register makes an account, and then, in the same command, does what else is to be done: in a group, if there is one.
func (s *Service) register(ctx context.Context, in Registration, groupID string, then func(*command, *User) error) error {
	u, err := newUser(in)
	if err != nil {
		return err
	}
	if u.PasswordHash, err = s.passwords.Hash(ctx, norm.NFC.String(in.Password)); err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	u.ID = s.newID()
	key := UserKey(u.ID)
	if groupID != "" {
		key = GroupKey(groupID)
	}
	return s.update(ctx, key, func(c *command) error {
		u.CreatedAt = c.at
		if err := c.InsertUser(*u); err != nil {
			return err
		}
		return then(c, u)
	})
}

// newUser checks a registration.
func newUser(in Registration) (*User, error) {
	u := &User{TokenVersion: 1, Settings: newSettings()}
	var errs [5]error
	u.Name, errs[0] = name("name", in.Name)
	u.Surname, errs[1] = name("surname", in.Surname)
	u.Email, errs[2] = email(in.Email)
	_, errs[3] = password(in.Password)
	if in.Phone != nil && *in.Phone != "" {
		u.Phone, errs[4] = newPhone(*in.Phone)
	}
	return u, firstError(errs[:])
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Login signs in who knows the password. It takes the same time whether the
// account exists or not. CodeBadCredentials, CodeSuspended.
func (s *Service) Login(ctx context.Context, in Credentials) (*SignedIn, error) {
	device, err := optionalName("deviceName", in.DeviceName)
	if err != nil {
		return nil, err
	}
	u, err := view(Prompt(ctx), s, func(r Reader) (*User, error) { return userByLogin(r, in.Login) })
	if errors.Is(err, ErrNotFound) {
		u = &User{}
	} else if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
	}
	ok, err := s.matches(ctx, u.PasswordHash, in.Password)
	if err != nil {
		return nil, err
	}
	if !ok || u.PasswordHash == "" { // whatever Verify makes of no hash
		return nil, badCredentials()
	}
	return s.signIn(ctx, u, device)
}

func badCredentials() *Error {
	return Errorf(CodeBadCredentials, "Login or password is wrong. Please check both and try again.")
}

// signIn begins a session of an account whose password was found to be right. Meanwhile it may have changed.
func (s *Service) signIn(ctx context.Context, known *User, device string) (*SignedIn, error) {
	var out *SignedIn
	err := s.update(ctx, UserKey(known.ID), func(c *command) error {
		u, err := c.holdLiving(known.ID)
		if CodeOf(err) == CodeUnauthenticated || err == nil && u.PasswordHash != known.PasswordHash {
			return badCredentials()
		}
		if err != nil {
			return err
		}
		if u.Suspended {
			return suspended()
		}
		out, err = s.logIn(c, u, device)
		return err
	})
	return out, err
}

func suspended() *Error {
	return Errorf(CodeSuspended, "This account was suspended by who runs this server. Please ask them why.")
}

// userByLogin finds an account by email or phone.
func userByLogin(r Reader, login string) (*User, error) {
	if address, err := email(login); err == nil {
		return r.UserByEmail(address)
	}
	if number, err := phone(login); err == nil {
		return r.UserByPhone(number)
	}
	return nil, ErrNotFound
}

// Authenticate finds out who a token stands for. An optional "Bearer " prefix
// is dropped. Errors: CodeUnauthenticated, CodeTokenExpired, CodeSuspended.
func (s *Service) Authenticate(ctx context.Context, token string) (*Session, error) {
	claims, err := s.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if claims.Operator {
		return nil, Errorf(CodeUnauthenticated, "This token names no user: it is for the administration of the server only.")
	}
	u, l, err := s.holder(Prompt(ctx), claims)
	if s.provision && claims.Version < 0 && (errors.Is(err, ErrNotFound) || err == nil && u.Deleted) {
		u, err = s.provisionUser(ctx, claims)
	}
	if err != nil {
		return nil, orNotFound(err, "find the token's user", Errorf(CodeUnauthenticated, "The token's user does not exist here. Please log in again."))
	}
	return s.sessionOf(claims, u, l)
}

// verify checks a token.
func (s *Service) verify(ctx context.Context, token string) (Claims, error) {
	token = bare(token)
	if token == "" {
		return Claims{}, Errorf(CodeUnauthenticated, "There is no token. Please log in and send the token with the request.")
	}
	return s.tokens.Verify(ctx, token)
}

// holder reads the account and the session that a token names, with one query.
func (s *Service) holder(ctx context.Context, claims Claims) (u *User, l *LogIn, err error) {
	err = s.store.View(ctx, func(r Reader) (err error) {
		u, l, err = r.Holder(claims.UserID, claims.SessionID)
		return err
	})
	return u, l, err
}

// sessionOf is what a token stands for, by what is stored now.
func (s *Service) sessionOf(claims Claims, u *User, l *LogIn) (*Session, error) {
	session := &Session{
		ID: claims.SessionID, UserID: u.ID, TokenID: claims.TokenID, Expires: claims.Expires, Began: claims.Issued, Version: claims.Version,
	}
	switch {
	case u.Deleted:
		return nil, Errorf(CodeUnauthenticated, "This account was deleted.")
	case u.Suspended:
		return nil, suspended()
	case claims.Version < 0 && !u.isForeign() && !s.foreignOpens:
		return nil, Errorf(CodeUnauthenticated, "This account was made here, not where the token comes from, and is opened with its own log-in only. Please log in here.")
	case session.isOver(u, l):
		return nil, errSessionOver()
	}
	if l != nil {
		session.Began, session.Version = l.MadeAt, l.Version
		s.seen.add(l, s.now())
	}
	return session, nil
}

// bare drops the scheme that some clients send with the token.
func bare(token string) string {
	const scheme = "bearer "
	token = strings.TrimSpace(token)
	if len(token) >= len(scheme) && strings.EqualFold(token[:len(scheme)], scheme) {
		token = strings.TrimSpace(token[len(scheme):])
	}
	return token
}
