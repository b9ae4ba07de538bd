package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

func (a *API) me(ctx context.Context, _ *struct{}) (*zikr.Profile, error) {
	return a.Service.Me(ctx, caller(ctx))
}

func (a *API) updateMe(ctx context.Context, in *struct{ Body zikr.ProfileChange }) (*zikr.Profile, error) {
	var out *zikr.Profile
	change := func() (err error) {
		out, err = a.Service.UpdateMe(ctx, *session(ctx), in.Body)
		return err
	}
	if in.Body.Password != nil || in.Body.CurrentPassword != nil { // who holds a token only must not find the password out with it
		guessed := change
		change = func() error { return a.guessOwn(ctx, guessed) }
	}
	if in.Body.Email != nil || in.Body.Phone != nil {
		err := a.changeContact(ctx, change)
		return out, err
	}
	err := change()
	return out, err
}

// changeContact runs what changes the own email or phone. Since it tells whose addresses are taken, it
// is not for asking without end.
func (a *API) changeContact(ctx context.Context, change func() error) error {
	if a.ContactChanges == nil {
		return change()
	}
	done, retryAfter, ok := a.ContactChanges.Begin(caller(ctx), a.Now())
	if !ok {
		return zikr.RateLimited(retryAfter, "You have changed your email or phone too often lately. Please try again later.")
	}
	return counted(done, change)
}

func (a *API) deleteMe(ctx context.Context, in *struct{ Body *zikr.Confirmation }) error {
	if in.Body == nil || in.Body.CurrentPassword == nil {
		return a.Service.EraseMe(ctx, *session(ctx), zikr.Confirmation{})
	}
	return a.guessOwn(ctx, func() error { return a.Service.EraseMe(ctx, *session(ctx), *in.Body) })
}

func (a *API) export(ctx context.Context, _ *struct{}) (*zikr.Export, error) {
	return a.Service.Export(ctx, caller(ctx))
}

type userSearch struct {
	Q string `query:"q" maxLength:"254" doc:"the beginning of a name, or a whole email or phone"`
}

func (a *API) findUsers(ctx context.Context, in *userSearch) (*zikr.List[zikr.UserItem], error) {
	if err := a.oftenEnough(ctx, a.Searches, "You have searched for people too often. Please wait a moment and try again."); err != nil {
		return nil, err
	}
	return a.Service.FindUsers(ctx, caller(ctx), in.Q)
}
