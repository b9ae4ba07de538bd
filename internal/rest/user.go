package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

func (a *API) me(ctx context.Context, _ *struct{}) (*zikr.Profile, error) {
	return a.Service.Me(ctx, caller(ctx))
}

func (a *API) updateMe(ctx context.Context, in *struct{ Body zikr.ProfileChange }) (*zikr.Profile, error) {
	if in.Body.Password == nil && in.Body.CurrentPassword == nil {
		return a.Service.UpdateMe(ctx, *session(ctx), in.Body)
	}
	// Who holds a token only must not find out the password with it.
	var out *zikr.Profile
	err := a.guess(ctx, ownLogin(caller(ctx)), func() (err error) {
		out, err = a.Service.UpdateMe(ctx, *session(ctx), in.Body)
		return err
	})
	return out, err
}

func (a *API) deleteMe(ctx context.Context, in *struct{ Body *zikr.Confirmation }) error {
	if in.Body == nil || in.Body.CurrentPassword == nil {
		return a.Service.EraseMe(ctx, *session(ctx), zikr.Confirmation{})
	}
	return a.guess(ctx, ownLogin(caller(ctx)), func() error {
		return a.Service.EraseMe(ctx, *session(ctx), *in.Body)
	})
}

func (a *API) export(ctx context.Context, _ *struct{}) (*zikr.Export, error) {
	return a.Service.Export(ctx, caller(ctx))
}

type userSearch struct {
	Q string `query:"q" maxLength:"254" doc:"the beginning of a name, or a whole email or phone"`
}

func (a *API) findUsers(ctx context.Context, in *userSearch) (*zikr.List[zikr.UserItem], error) {
	return a.Service.FindUsers(ctx, caller(ctx), in.Q)
}
