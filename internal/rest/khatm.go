package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

type bookPora struct {
	GroupPath
	Body PoraChoice
}

// PoraChoice is the pora that is to be booked.
type PoraChoice struct {
	PoraID string `json:"poraId" minLength:"1" maxLength:"128" doc:"\"1\" to \"30\""`
}

func (a *API) bookPora(ctx context.Context, in *bookPora) (*zikr.BookingConfirmed, error) {
	return a.Service.BookPora(ctx, caller(ctx), zikr.BookPora{GroupID: in.GroupID, PoraID: in.Body.PoraID})
}

// BookingPath is the booking that a path names.
type BookingPath struct {
	BookingID string `path:"bookingId" minLength:"1" maxLength:"128"`
}

func (a *API) completePora(ctx context.Context, in *struct{ BookingPath }) (*zikr.CompletionConfirmed, error) {
	return a.Service.CompletePora(ctx, caller(ctx), zikr.CompletePora{BookingID: in.BookingID})
}

func (a *API) releasePora(ctx context.Context, in *struct{ BookingPath }) (*zikr.ReleaseConfirmed, error) {
	return a.Service.ReleasePora(ctx, caller(ctx), zikr.ReleasePora{BookingID: in.BookingID})
}
