package zikr

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// LogIn is a session as it is stored: one time that somebody logged in, on one device.
type LogIn struct {
	ID      string
	UserID  string
	Device  string // in words; "" if it is not known
	Version int64  // the user's token version; once that is another one, the session is over
	MadeAt  time.Time
	// SeenAt is when it was last used, to about an hour.
	SeenAt    time.Time
	ExpiresAt time.Time // when its latest token ends
}

// LogInReader reads sessions.
type LogInReader interface {
	// Holder returns the account that a token names, also a deleted one, and with it, in the same
	// query, the session that the token belongs to: nil if the user has none with that id.
	Holder(userID, sessionID string) (*User, *LogIn, error)
	// LogIns returns those of at most MaxTogether sessions that there are, in no order.
	LogIns(ids []string) ([]LogIn, error)
	// LogInsOf returns a user's sessions, newest first, also those that are over.
	LogInsOf(userID string) ([]LogIn, error)
}

// LogInWriter writes them.
type LogInWriter interface {
	InsertLogIn(LogIn) error
	UpdateLogIn(LogIn) error
	DeleteLogIn(id string) error
	// DeleteLogInsOf removes all sessions of a user but the one with the id exceptID.
	DeleteLogInsOf(userID, exceptID string) error
	// SeeLogIn notes that a session was used, if it is still there.
	SeeLogIn(id string, at time.Time) error
}

// logIn makes a session of an account that the command holds, and its first token. Of too
// many sessions those that were not used for longest end.
func (s *Service) logIn(c *command, u *User, device string) (*SignedIn, error) {
	l := LogIn{ID: s.newID(), UserID: u.ID, Device: device, MadeAt: c.at}
	out, err := s.issue(c, u, &l)
	if err != nil {
		return nil, err
	}
	if err := c.InsertLogIn(l); err != nil {
		return nil, err
	}
	return out, s.boundLogIns(c, u, l.ID)
}

// issue makes the next token of a session, and notes it in l.
func (s *Service) issue(c *command, u *User, l *LogIn) (*SignedIn, error) {
	token, expires, err := s.tokens.Issue(Claims{UserID: u.ID, SessionID: l.ID, Version: u.TokenVersion})
	if err != nil {
		return nil, fmt.Errorf("issue token: %w", err)
	}
	l.Version, l.SeenAt, l.ExpiresAt = u.TokenVersion, c.at, expires
	return &SignedIn{Token: token, User: u.account(), Device: s.newDevice(u.ID)}, nil
}

// boundLogIns ends the sessions of a user that are too many, but never the newest.
func (s *Service) boundLogIns(c *command, u *User, newest string) error {
	all, err := c.LogInsOf(u.ID)
	if err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	surplus := len(all) - int(min(s.bounds.UserSessions, int64(len(all))))
	if surplus <= 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b LogIn) int {
		return cmp.Or(compareBool(a.ID == newest, b.ID == newest), compareBool(c.isLive(u, a), c.isLive(u, b)), a.SeenAt.Compare(b.SeenAt), cmp.Compare(a.ID, b.ID))
	})
	var ended []string
	for _, l := range all[:min(surplus, len(all)-1)] {
		if err := c.DeleteLogIn(l.ID); err != nil {
			return err
		}
		ended = append(ended, l.ID)
	}
	s.tellMet(boundUserSessions)
	c.endSessions(u, ended)
	return nil
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// isLive reports whether a stored session is one that a token can belong to.
func (c *command) isLive(u *User, l LogIn) bool {
	return l.Version == u.TokenVersion && l.ExpiresAt.After(c.at)
}
