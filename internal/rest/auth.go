package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

func (a *API) register(ctx context.Context, in *struct{ Body zikr.Registration }) (*zikr.SignedIn, error) {
	in.Body.DeviceName = named(ctx, in.Body.DeviceName)
	register := func() (*zikr.SignedIn, error) {
		return a.signUp(ctx, func() (*zikr.SignedIn, error) { return a.Service.Register(ctx, in.Body) })
	}
	if in.Body.Link == nil {
		return register()
	}
	return guessed(ctx, a, register)
}

// signUp runs what makes an account, unless too many were made from the address.
func (a *API) signUp(ctx context.Context, register func() (*zikr.SignedIn, error)) (*zikr.SignedIn, error) {
	done := func(bool) {}
	if a.SignUps != nil {
		began, retryAfter, ok := a.SignUps.Begin(addressOf(ctx), a.Now())
		if !ok {
			a.Refused(SignUpRefused, addressOf(ctx))
			a.holdUp(ctx, addressOf(ctx))
			return nil, zikr.RateLimited(retryAfter, "Too many accounts were made from your address lately. Please try again later.")
		}
		done = began
	}
	var out *zikr.SignedIn
	err := counted(done, func() error {
		return a.inTurn(ctx, a.Who(addressOf(ctx)), func() (err error) {
			out, err = register()
			return err
		})
	})
	return out, err
}

// counted runs what tells whether an address is another's, and says whether that counts: if it was done, or told so, or
// panicked.
func counted(done func(counts bool), act func() error) error {
	counts := true
	defer func() { done(counts) }()
	err := act()
	counts = err == nil || taken(err)
	return err
}

// taken reports whether an address is another account's. That tells something: it must not be
// asked without end.
func taken(err error) bool {
	code := zikr.CodeOf(err)
	return code == zikr.CodeEmailTaken || code == zikr.CodePhoneTaken
}

type login struct {
	Authorization string `header:"Authorization" doc:"a token of this device, if it still has one: it stands for device"`
	Body          zikr.Credentials
}

func (a *API) login(ctx context.Context, in *login) (*zikr.SignedIn, error) {
	in.Body.DeviceName = named(ctx, in.Body.DeviceName)
	device, err := a.Service.KnownDevice(ctx, in.Body.Login, zikr.KnownBy{Device: in.Body.Device, Token: in.Authorization})
	if err != nil {
		return nil, err
	}
	var out *zikr.SignedIn
	err = a.guess(ctx, in.Body.Login, device, func() (err error) {
		out, err = a.Service.Login(ctx, in.Body)
		return err
	})
	return out, err
}

// guess runs what fails with CodeBadCredentials when a password is wrong, unless
// there were too many such failures: of the device, if the account knows it, else of
// strangers. While there were, the right password is refused too.
func (a *API) guess(ctx context.Context, login, device string, try func() error) error {
	address, who := addressOf(ctx), device
	if who == "" {
		who = a.Who(address)
	}
	if a.Logins == nil {
		return a.inTurn(ctx, who, try)
	}
	done, retryAfter, ok := a.Logins.Begin(address, login, device, a.Now())
	if !ok {
		a.Refused(LoginRefused, address)
		a.holdUp(ctx, address)
		return zikr.RateLimited(retryAfter, "There were too many failed attempts. Please try again later.")
	}
	failed := true // also if try panics
	defer func() { done(failed) }()
	err := a.inTurn(ctx, who, try)
	if failed = zikr.CodeOf(err) == zikr.CodeBadCredentials; failed {
		a.Refused(WrongPassword, address)
	}
	return err
}

// guessOwn is guess for the password of one who is signed in already: who holds a token only must
// not find the password out with it, and what others do is not held against the holder.
func (a *API) guessOwn(ctx context.Context, try func() error) error {
	return a.guess(ctx, "", zikr.OwnDevice(caller(ctx)), try)
}
