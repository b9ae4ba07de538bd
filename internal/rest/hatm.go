package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

// HatmPath is the hatm of a group that a path names.
type HatmPath struct {
	GroupPath
	HatmNumber int64 `path:"hatmNumber" minimum:"1"`
}

type hatmPage struct {
	GroupPath
	PageQuery
}

func (a *API) listHatms(ctx context.Context, in *hatmPage) (*zikr.List[zikr.HatmItem], error) {
	return a.Service.GroupHatms(ctx, caller(ctx), in.GroupID, in.page())
}

type hatmDate struct {
	HatmPath
	Body HatmDate
}

// HatmDate is the date that an open hatm is to have.
type HatmDate struct {
	DueAt *zikr.Time `json:"dueAt,omitempty" doc:"null, or absent, takes the date away"`
}

func (a *API) dateHatm(ctx context.Context, in *hatmDate) (*zikr.HatmItem, error) {
	return a.Service.SetHatmDue(ctx, caller(ctx), in.GroupID, in.HatmNumber, in.Body.DueAt)
}

func (a *API) reopenHatm(ctx context.Context, in *struct{ HatmPath }) (*zikr.HatmItem, error) {
	return a.Service.ReopenHatm(ctx, caller(ctx), in.GroupID, in.HatmNumber)
}

type shareOut struct {
	HatmPath
	Body zikr.ShareOut
}

func (a *API) shareHatm(ctx context.Context, in *shareOut) (*zikr.SharedOut, error) {
	return a.Service.ShareHatm(ctx, caller(ctx), in.GroupID, in.HatmNumber, in.Body)
}
