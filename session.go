package zikr

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Session is what a verified token stands for.
type Session struct {
	// ID is that of the LogIn which the token belongs to. It is "" for tokens without one: those of
	// another issuer, and own ones that were issued before there were sessions, or by an operator.
	ID      string
	UserID  string
	TokenID string
	Expires time.Time // zero: never
	// Began is when the log-in was made; without one, when the token was issued. Zero: not known.
	Began   time.Time
	Version int64 // the token version that it goes by; -1 for a token of another issuer
}

// SessionItem is a session in the list of the own ones.
type SessionItem struct {
	ID        string  `json:"id"`
	Device    *string `json:"device" doc:"in words, as the app named it or its User-Agent tells; null if it is not known"`
	CreatedAt Time    `json:"createdAt" doc:"when one logged in"`
	SeenAt    Time    `json:"seenAt" doc:"when it was last used, to about an hour"`
	ExpiresAt Time    `json:"expiresAt" doc:"when its latest token ends, unless it is renewed"`
	IsCurrent bool    `json:"isCurrent" doc:"the one that asks"`
}

// isOver reports whether the session is over by what is stored now; l is its LogIn, nil if there is none.
func (s Session) isOver(u *User, l *LogIn) bool {
	kept := s.TokenID != "" && s.TokenID == u.KeptTokenID
	switch {
	case s.ID != "":
		return l == nil || l.UserID != u.ID || l.Version != u.TokenVersion && !kept
	case s.Version >= 0:
		return s.Version != u.TokenVersion && !kept
	default:
		return !u.ForeignAfter.IsZero() && !s.Began.After(u.ForeignAfter) && !kept
	}
}

// EndedBy reports whether the signal ends the session.
func (s Session) EndedBy(sig Signal) bool {
	switch {
	case !sig.Expire:
		return false
	case len(sig.SessionIDs) > 0:
		return s.ID != "" && slices.Contains(sig.SessionIDs, s.ID)
	case sig.TokenVersion == 0:
		return true
	case s.TokenID != "" && s.TokenID == sig.KeepTokenID, s.ID != "" && s.ID == sig.KeepSessionID:
		return false
	case s.Version >= 0:
		return s.Version != sig.TokenVersion
	default:
		return !sig.ForeignAfter.IsZero() && !s.Began.After(sig.ForeignAfter)
	}
}

// Ended reports of each of at most MaxTogether sessions whether it is over: its account is
// gone or suspended, or it was ended.
func (s *Service) Ended(ctx context.Context, sessions []Session) ([]bool, error) {
	var ids, logIns []string
	for _, session := range sessions {
		ids = append(ids, session.UserID)
		if session.ID != "" {
			logIns = append(logIns, session.ID)
		}
	}
	return view(ctx, s, func(r Reader) ([]bool, error) {
		users, err := r.Users(ids)
		if err != nil {
			return nil, fmt.Errorf("read the sessions' users: %w", err)
		}
		stored, err := r.LogIns(logIns)
		if err != nil {
			return nil, fmt.Errorf("read sessions: %w", err)
		}
		return endedOf(sessions, byID(users, func(u User) string { return u.ID }), byID(stored, func(l LogIn) string { return l.ID })), nil
	})
}

func endedOf(sessions []Session, users map[string]*User, stored map[string]*LogIn) []bool {
	ended := make([]bool, len(sessions))
	for i, session := range sessions {
		u := users[session.UserID]
		ended[i] = u == nil || u.Deleted || u.Suspended || session.isOver(u, stored[session.ID])
	}
	return ended
}

// byID indexes rows.
func byID[T any](rows []T, id func(T) string) map[string]*T {
	out := make(map[string]*T, len(rows))
	for i := range rows {
		out[id(rows[i])] = &rows[i]
	}
	return out
}

// endSessions ends the connections of some sessions. The rest of the signal is for nodes of
// the release before, which know no sessions: to them it says that nothing has changed.
func (c *command) endSessions(u *User, ids []string) {
	if len(ids) > 0 {
		c.signals = append(c.signals, Signal{
			UserIDs: []string{u.ID}, Expire: true, SessionIDs: ids, TokenVersion: u.TokenVersion, KeepTokenID: u.KeptTokenID,
		})
	}
}

// endOthers ends every session of u but keep, and all tokens of releases that knew none; with foreign, those
// of another issuer that were issued until now too. The caller stores u.
func (c *command) endOthers(u *User, keep Session, foreign bool) error {
	u.TokenVersion++
	u.KeptTokenID = keep.TokenID
	sig := Signal{UserIDs: []string{u.ID}, Expire: true, TokenVersion: u.TokenVersion, KeepTokenID: keep.TokenID, KeepSessionID: keep.ID}
	if foreign {
		u.ForeignAfter = c.at
		sig.ForeignAfter = c.at
	}
	c.signals = append(c.signals, sig)
	if err := c.DeleteLogInsOf(u.ID, keep.ID); err != nil {
		return err
	}
	if keep.ID == "" {
		return nil
	}
	_, l, err := c.Holder(u.ID, keep.ID)
	if err != nil || l == nil {
		return err // it ended a moment ago
	}
	l.Version = u.TokenVersion
	return c.UpdateLogIn(*l)
}

// Renew gives a new token of the caller's session, before the one that it has ends. An own token that belongs to no
// session begins one, on a device. CodeUnauthenticated for another issuer's: its issuer renews it.
func (s *Service) Renew(ctx context.Context, session Session, device string) (*SignedIn, error) {
	if session.Version < 0 {
		return nil, Errorf(CodeUnauthenticated, "This token was issued elsewhere: please get a new one where it came from.")
	}
	device, err := text("deviceName", device, maxName)
	if err != nil {
		return nil, err
	}
	var out *SignedIn
	err = s.update(ctx, UserKey(session.UserID), func(c *command) error {
		u, l, err := c.caller(session)
		if err != nil {
			return err
		}
		if l == nil {
			out, err = s.logIn(c, u, device)
			return err
		}
		if out, err = s.issue(c, u, l); err != nil {
			return err
		}
		return c.UpdateLogIn(*l)
	})
	return out, err
}

// caller returns the account and the session of somebody who acts on sessions; the session may have
// ended since the token was checked. l is nil for a token without one.
func (c *command) caller(session Session) (*User, *LogIn, error) {
	u, err := c.holdLiving(session.UserID)
	if err != nil {
		return nil, nil, err
	}
	_, l, err := c.Holder(session.UserID, session.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("find session: %w", err)
	}
	if u.Suspended || session.isOver(u, l) {
		return nil, nil, errSessionOver()
	}
	return u, l, nil
}

func errSessionOver() *Error {
	return Errorf(CodeUnauthenticated, "This session has ended. Please log in again.")
}

// Sessions lists the caller's sessions, newest first.
func (s *Service) Sessions(ctx context.Context, session Session) (*List[SessionItem], error) {
	return view(ctx, s, func(r Reader) (*List[SessionItem], error) {
		u, err := living(r, session.UserID)
		if err != nil {
			return nil, err
		}
		items, err := s.sessionItems(r, u, session.ID)
		return &List[SessionItem]{Items: items}, err
	})
}

// sessionItems lists the sessions of a user that are not over.
func (s *Service) sessionItems(r Reader, u *User, current string) ([]SessionItem, error) {
	all, err := r.LogInsOf(u.ID)
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	items, now := []SessionItem{}, s.now()
	for _, l := range all {
		if l.Version == u.TokenVersion && l.ExpiresAt.After(now) {
			items = append(items, l.item(current))
		}
	}
	return items, nil
}

func (l *LogIn) item(current string) SessionItem {
	return SessionItem{
		ID: l.ID, Device: orNil(l.Device), CreatedAt: At(l.MadeAt), SeenAt: At(l.SeenAt), ExpiresAt: At(l.ExpiresAt), IsCurrent: l.ID == current,
	}
}

// Logout ends the caller's session. A token that belongs to none cannot be ended alone: CodeSessionNotFound.
func (s *Service) Logout(ctx context.Context, session Session) error {
	if session.ID == "" {
		return Errorf(CodeSessionNotFound, "This token belongs to no session: it ends by itself, or with all others by DELETE /me/sessions from another one.")
	}
	return s.EndSession(ctx, session, session.ID)
}

// EndSession ends one of the caller's sessions: its tokens are no longer good, its connections end. CodeSessionNotFound.
func (s *Service) EndSession(ctx context.Context, session Session, id string) error {
	return s.update(ctx, UserKey(session.UserID), func(c *command) error {
		u, err := c.holdLiving(session.UserID)
		if err != nil {
			return err
		}
		_, l, err := c.Holder(u.ID, id)
		if err != nil {
			return fmt.Errorf("find session: %w", err)
		}
		if l == nil {
			return Errorf(CodeSessionNotFound, "You have no session %.128q.", id)
		}
		c.endSessions(u, []string{l.ID})
		return c.DeleteLogIn(l.ID)
	})
}

// EndOtherSessions ends all of the caller's sessions but this one, every token that belongs to none, and
// those that another issuer has issued until now.
func (s *Service) EndOtherSessions(ctx context.Context, session Session) error {
	return s.update(ctx, UserKey(session.UserID), func(c *command) error {
		u, _, err := c.caller(session)
		if err != nil {
			return err
		}
		if err := c.endOthers(u, session, true); err != nil {
			return err
		}
		return c.UpdateUser(*u)
	})
}
