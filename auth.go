package zikr

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Registration is what a new account is made of.
type Registration struct {
	Name     string  `json:"name" minLength:"1" maxLength:"100"`
	Surname  string  `json:"surname" minLength:"1" maxLength:"100"`
	Email    string  `json:"email" maxLength:"254" example:"abdulloh@example.org"`
	Password string  `json:"password" minLength:"8" maxLength:"200"`
	Phone    *string `json:"phone,omitempty" example:"+998901234567"`
}

// Credentials are what somebody logs in with.
type Credentials struct {
	Login    string `json:"login" minLength:"1" maxLength:"254" doc:"email or phone"`
	Password string `json:"password" minLength:"1" maxLength:"200"`
}

// SignedIn is a token and whose it is.
type SignedIn struct {
	Token string  `json:"token"`
	User  Account `json:"user"`
}

// Session is what a verified token stands for.
type Session struct {
	UserID  string
	TokenID string
	Expires time.Time // zero: never
	Version int64     // the token version it carries; -1 for a token of another issuer
}

// EndedBy reports whether the signal ends the session.
func (s Session) EndedBy(sig Signal) bool {
	if !sig.Expire || sig.TokenVersion == 0 {
		return sig.Expire
	}
	return revoked(s.Version, s.TokenID, sig.TokenVersion, sig.KeepTokenID)
}

// revoked reports whether a token of a version has been revoked, now that current is
// the user's version. A token of another issuer (version -1) cannot be.
func revoked(version int64, tokenID string, current int64, kept string) bool {
	return version >= 0 && version != current && (kept == "" || tokenID != kept)
}

// Register makes an account and signs it in.
func (s *Service) Register(ctx context.Context, in Registration) (*SignedIn, error) {
	u, err := newUser(in)
	if err != nil {
		return nil, err
	}
	if u.PasswordHash, err = s.passwords.Hash(ctx, norm.NFC.String(in.Password)); err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	u.ID = s.newID()
	err = s.update(ctx, UserKey(u.ID), func(c *command) error {
		u.CreatedAt = c.at
		return c.InsertUser(*u)
	})
	if err != nil {
		return nil, err
	}
	return s.signIn(u)
}

// newUser checks a registration.
func newUser(in Registration) (*User, error) {
	u := &User{TokenVersion: 1, UserSettings: newSettings()}
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
// account exists or not.
func (s *Service) Login(ctx context.Context, in Credentials) (*SignedIn, error) {
	u, err := view(ctx, s, func(r Reader) (*User, error) { return userByLogin(r, in.Login) })
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
		return nil, Errorf(CodeBadCredentials, "Login or password is wrong. Please check both and try again.")
	}
	return s.signIn(u)
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

func (s *Service) signIn(u *User) (*SignedIn, error) {
	token, err := s.tokens.Issue(u.ID, u.TokenVersion)
	if err != nil {
		return nil, fmt.Errorf("issue token: %w", err)
	}
	return &SignedIn{Token: token, User: u.account()}, nil
}

// Authenticate finds out who a token stands for. An optional "Bearer " prefix
// is dropped. Errors: CodeUnauthenticated, CodeTokenExpired.
func (s *Service) Authenticate(ctx context.Context, token string) (*Session, error) {
	token = bare(token)
	if token == "" {
		return nil, Errorf(CodeUnauthenticated, "There is no token. Please log in and send the token with the request.")
	}
	claims, err := s.tokens.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	u, err := view(ctx, s, func(r Reader) (*User, error) { return r.User(claims.UserID) })
	if errors.Is(err, ErrNotFound) && s.provision {
		u, err = s.provisionUser(ctx, claims)
	}
	if err != nil {
		return nil, orNotFound(err, "find the token's user", Errorf(CodeUnauthenticated, "The token's user does not exist here. Please log in again."))
	}
	if u.Deleted {
		return nil, Errorf(CodeUnauthenticated, "This account was deleted.")
	}
	if revoked(claims.Version, claims.TokenID, u.TokenVersion, u.KeptTokenID) {
		return nil, Errorf(CodeUnauthenticated, "This token was revoked when the password changed. Please log in again.")
	}
	return &Session{UserID: u.ID, TokenID: claims.TokenID, Expires: claims.Expires, Version: claims.Version}, nil
}

// Ended reports of each of at most MaxTogether sessions whether it is over: its account is
// gone, or its token was revoked.
func (s *Service) Ended(ctx context.Context, sessions []Session) ([]bool, error) {
	ids := make([]string, len(sessions))
	for i, session := range sessions {
		ids[i] = session.UserID
	}
	users, err := view(ctx, s, func(r Reader) ([]User, error) { return r.Users(ids) })
	if err != nil {
		return nil, fmt.Errorf("read the sessions' users: %w", err)
	}
	known := make(map[string]User, len(users))
	for _, u := range users {
		known[u.ID] = u
	}
	ended := make([]bool, len(sessions))
	for i, session := range sessions {
		u, ok := known[session.UserID]
		ended[i] = !ok || u.Deleted || revoked(session.Version, session.TokenID, u.TokenVersion, u.KeptTokenID)
	}
	return ended, nil
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

// provisionUser makes the account of a user whom another issuer vouches for. An
// email that cannot be used here, or is somebody's already, is left out.
func (s *Service) provisionUser(ctx context.Context, claims Claims) (*User, error) {
	var out *User
	err := s.update(ctx, UserKey(claims.UserID), func(c *command) error {
		u, err := c.User(claims.UserID)
		if !errors.Is(err, ErrNotFound) {
			out = u // another connection was first
			return err
		}
		out = &User{ID: claims.UserID, Name: claimed(claims.Name), Surname: claimed(claims.Surname), TokenVersion: 1, CreatedAt: c.at, UserSettings: newSettings()}
		if out.Name == "" {
			out.Name, out.Surname = out.Surname, ""
		}
		if out.Name == "" {
			out.Name = "Member"
		}
		if out.Email, err = freeEmail(c, claims.Email); err != nil {
			return err
		}
		return c.InsertUser(*out)
	})
	return out, err
}

// freeEmail returns the address that an issuer claims, "" if it cannot be used or is somebody's.
func freeEmail(r Reader, claim string) (string, error) {
	address, _ := email(claim) // "" if it is none
	if address == "" {
		return "", nil
	}
	_, err := r.UserByEmail(address)
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, ErrNotFound):
		return address, nil
	default:
		return "", fmt.Errorf("find who has the email: %w", err)
	}
}
