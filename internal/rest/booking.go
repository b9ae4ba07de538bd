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
	PoraID     string    `json:"poraId" minLength:"1" maxLength:"128" doc:"\"1\" to \"30\""`
	HatmNumber *zikr.Int `json:"hatmNumber,omitempty" minimum:"1" doc:"an open hatm; without it the oldest in which the pora is free"`
	ForUserID  *string   `json:"forUserId,omitempty" minLength:"1" maxLength:"128" doc:"admin only: the member whose booking it is"`
}

func (a *API) bookPora(ctx context.Context, in *bookPora) (*zikr.BookingConfirmed, error) {
	return a.Service.BookPora(ctx, caller(ctx), zikr.BookPora{
		GroupID: in.GroupID, PoraID: in.Body.PoraID, HatmNumber: in.Body.HatmNumber, ForUserID: in.Body.ForUserID,
	})
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

func (a *API) reopenPora(ctx context.Context, in *struct{ BookingPath }) (*zikr.ReopenConfirmed, error) {
	return a.Service.ReopenPora(ctx, caller(ctx), zikr.ReopenPora{BookingID: in.BookingID})
}

func (a *API) remindPora(ctx context.Context, in *struct{ BookingPath }) (*zikr.ReminderSent, error) {
	return a.Service.RemindPora(ctx, caller(ctx), zikr.RemindPora{BookingID: in.BookingID})
}

type bookingDate struct {
	BookingPath
	Body BookingDate
}

// BookingDate is the date that a booking is to have.
type BookingDate struct {
	DueAt zikr.Time `json:"dueAt" doc:"ahead, and not before the date that the reader was promised"`
}

func (a *API) giveTime(ctx context.Context, in *bookingDate) (*zikr.BookingConfirmed, error) {
	return a.Service.GiveTime(ctx, caller(ctx), in.BookingID, in.Body.DueAt)
}
