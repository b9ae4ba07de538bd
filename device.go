package zikr

import (
	"context"
	"errors"
	"fmt"
)

// Devices signs what a client keeps to be known again at its next log-in: not a key to
// anything, but the sign that somebody has signed in to this account from here before. What
// strangers do to the account, or from the same address, is then not held against it.
type Devices interface {
	// NewDevice makes a device of a user's.
	NewDevice(userID string) string
	// DeviceID returns what names the device, if it is one of the user's.
	DeviceID(device, userID string) (id string, ok bool)
}

// KnownBy is what a client shows of itself before it logs in.
type KnownBy struct {
	Device string // from an earlier SignedIn
	Token  string // of a session of its own, for clients that know no devices; "Bearer " is dropped
}

// KnownDevice returns what names the client to the account of a login, "" if it was never signed
// in there, or shows nothing.
func (s *Service) KnownDevice(ctx context.Context, login string, by KnownBy) (string, error) {
	token := bare(by.Token)
	if s.devices == nil || (by.Device == "" && token == "") {
		return "", nil
	}
	u, err := view(Prompt(ctx), s, func(r Reader) (*User, error) { return userByLogin(r, login) })
	switch {
	case errors.Is(err, ErrNotFound):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("find account: %w", err)
	}
	if id, ok := s.devices.DeviceID(by.Device, u.ID); ok {
		return id, nil
	}
	if token == "" {
		return "", nil
	}
	if claims, err := s.tokens.Verify(ctx, token); err == nil && claims.UserID == u.ID {
		return OwnDevice(u.ID), nil
	}
	return "", nil // a token that is not good says nothing
}

// OwnDevice names whoever holds a good token of a user.
func OwnDevice(userID string) string { return "session of " + userID }

// newDevice is what a client that has just signed in keeps, "" where devices are not known.
func (s *Service) newDevice(userID string) string {
	if s.devices == nil {
		return ""
	}
	return s.devices.NewDevice(userID)
}
