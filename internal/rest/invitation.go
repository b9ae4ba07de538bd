package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

type invite struct {
	GroupPath
	Body Invitee
}

// Invitee is who is to be invited.
type Invitee struct {
	ReceiverID string `json:"receiverId" minLength:"1" maxLength:"128"`
}

func (a *API) invite(ctx context.Context, in *invite) (*zikr.InvitationSent, error) {
	return a.Service.SendInvitation(ctx, caller(ctx), zikr.SendInvitation{GroupID: in.GroupID, ReceiverID: in.Body.ReceiverID})
}

type respond struct {
	NotificationPath
	Body InvitationAnswer
}

// InvitationAnswer is how an invitation is answered.
type InvitationAnswer struct {
	Accept bool `json:"accept"`
}

func (a *API) respond(ctx context.Context, in *respond) (*zikr.InvitationResponded, error) {
	return a.Service.RespondToInvitation(ctx, caller(ctx), zikr.RespondToInvitation{NotificationID: in.ID, Accept: in.Body.Accept})
}
