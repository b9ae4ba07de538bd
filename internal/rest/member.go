package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

type newMember struct {
	GroupPath
	Body zikr.NewMember
}

func (a *API) addMember(ctx context.Context, in *newMember) (*zikr.MemberItem, error) {
	return a.Service.AddMember(ctx, caller(ctx), in.GroupID, in.Body)
}

// MemberPath is the member of a group that a path names.
type MemberPath struct {
	GroupPath
	UserID string `path:"userId" minLength:"1" maxLength:"128"`
}

type memberChange struct {
	MemberPath
	Body zikr.MemberChange
}

func (a *API) renameMember(ctx context.Context, in *memberChange) (*zikr.MemberItem, error) {
	return a.Service.RenameMember(ctx, caller(ctx), in.GroupID, in.UserID, in.Body)
}

func (a *API) removeMember(ctx context.Context, in *MemberPath) error {
	return a.Service.RemoveMember(ctx, caller(ctx), in.GroupID, in.UserID)
}
