package zikr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Departure is what stays of a subject of another issuer whose account was deleted. Its tombstone has
// another id, so that the subject is free: with a token that was issued later the person comes back as a
// new account. Tokens of before stay worthless.
type Departure struct {
	SubjectKey   string // see User.Subject
	TokenVersion int64  // of the account that was deleted
	At           time.Time
}

// DepartureReader reads departures.
type DepartureReader interface {
	// Departure returns the latest of a subject.
	Departure(subjectKey string) (*Departure, error)
}

// DepartureWriter writes them.
type DepartureWriter interface {
	// PutDeparture replaces an earlier one of the same subject.
	PutDeparture(Departure) error
	// ReplaceUser makes everything that refers to one user refer to another, and removes the first. The command
	// must hold it.
	ReplaceUser(id, by string) error
}

// Subject is by what another issuer's subject, which is the user's id, is known when it is gone: a hash, since it
// names a person elsewhere.
func (u *User) Subject() string { return subjectKey(u.ID) }

func subjectKey(subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return hex.EncodeToString(sum[:])
}

// CameAfter reports whether tokens of the account that departed are worthless for the user.
func (u *User) CameAfter(d Departure) bool {
	return u.TokenVersion > d.TokenVersion && !u.ForeignAfter.Before(d.At)
}

// depart makes a tombstone of the account under another id, and notes that its subject is gone.
func (c *command) depart(u *User, alias string) error {
	errs := []error{
		c.InsertUser(User{ID: alias, TokenVersion: u.TokenVersion + 1, CreatedAt: u.CreatedAt, Deleted: true}),
		c.ReplaceUser(u.ID, alias),
		c.PutDeparture(Departure{SubjectKey: u.Subject(), TokenVersion: u.TokenVersion, At: c.at}),
	}
	return firstError(errs)
}

// provisionUser returns the account of a user whom another issuer vouches for, and makes it if there is none.
// A tombstone that has the subject as its id, as releases before left it, gives it up: the token that finds it may be as old as the
// account, and is refused; one that is issued from now on is not.
func (s *Service) provisionUser(ctx context.Context, claims Claims) (*User, error) {
	var out *User
	err := s.update(ctx, UserKey(claims.UserID), func(c *command) error {
		u, err := c.User(claims.UserID)
		if out = u; err == nil && u.Deleted {
			return c.depart(u, s.newID())
		}
		if !errors.Is(err, ErrNotFound) {
			return err // or another connection was first
		}
		if out, err = c.newcomer(claims); err != nil {
			return err
		}
		return c.InsertUser(*out)
	})
	return out, err
}

// newcomer is a new account for a subject, which must not be gone since the token was issued. An
// email that cannot be used here, or is somebody's already, is left out.
func (c *command) newcomer(claims Claims) (*User, error) {
	u := &User{
		ID: claims.UserID, Name: claimed(claims.Name), Surname: claimed(claims.Surname), External: true, TokenVersion: 1, CreatedAt: c.at, Settings: newSettings(),
	}
	gone, err := c.Departure(subjectKey(claims.UserID))
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return nil, fmt.Errorf("find departure: %w", err)
	case !claims.Issued.After(gone.At):
		return nil, Errorf(CodeUnauthenticated, "This account was deleted after the token was issued. With a new token you come back as somebody new.")
	default:
		u.TokenVersion, u.ForeignAfter = gone.TokenVersion+1, gone.At
	}
	if u.Name == "" {
		u.Name, u.Surname = u.Surname, ""
	}
	if u.Name == "" {
		u.Name = "Member"
	}
	u.Email, err = freeEmail(c, claims.Email)
	return u, err
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
