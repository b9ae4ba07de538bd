package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

func (a *API) register(ctx context.Context, in *struct{ Body zikr.Registration }) (*zikr.SignedIn, error) {
	return a.signUp(ctx, func() (*zikr.SignedIn, error) { return a.Service.Register(ctx, in.Body) })
}

// signUp runs what makes an account, unless too many were made from the address.
func (a *API) signUp(ctx context.Context, register func() (*zikr.SignedIn, error)) (*zikr.SignedIn, error) {
	done := func(bool) {}
	if a.SignUps != nil {
		began, retryAfter, ok := a.SignUps.Begin(addressOf(ctx), a.Now())
		if !ok {
			return nil, zikr.RateLimited(retryAfter, "Too many accounts were made from your address lately. Please try again later.")
		}
		done = began
	}
	out, err := register()
	code := zikr.CodeOf(err)
	// That an address is taken tells something: it must not be asked without end.
	done(err == nil || code == zikr.CodeEmailTaken || code == zikr.CodePhoneTaken)
	return out, err
}

func (a *API) login(ctx context.Context, in *struct{ Body zikr.Credentials }) (*zikr.SignedIn, error) {
	var out *zikr.SignedIn
	err := a.guess(ctx, in.Body.Login, func() (err error) {
		out, err = a.Service.Login(ctx, in.Body)
		return err
	})
	return out, err
}

// guess runs what fails with CodeBadCredentials when a password is wrong, unless
// there were too many such failures. While there were, the right password is refused too.
func (a *API) guess(ctx context.Context, login string, try func() error) error {
	if a.Logins == nil {
		return try()
	}
	done, retryAfter, ok := a.Logins.Begin(addressOf(ctx), login, a.Now())
	if !ok {
		return zikr.RateLimited(retryAfter, "There were too many failed attempts. Please try again later.")
	}
	failed := true // also if try panics
	defer func() { done(failed) }()
	err := try()
	failed = zikr.CodeOf(err) == zikr.CodeBadCredentials
	return err
}

// ownLogin names the password of one who is signed in already: no email looks like it.
func ownLogin(userID string) string { return userID + "@" }
