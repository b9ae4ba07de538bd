package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

// CountPath is the counting that a path names.
type CountPath struct {
	CountID string `path:"countId" minLength:"1" maxLength:"128" doc:"the id of its zikr_update_confirmed"`
}

func (a *API) undoCount(ctx context.Context, in *struct{ CountPath }) (*zikr.ZikrUpdateConfirmed, error) {
	return a.Service.UndoZikrCount(ctx, caller(ctx), zikr.UndoZikrCount{ID: in.CountID})
}

type undoMember struct {
	GroupPath
	UserID string `path:"userId" minLength:"1" maxLength:"128"`
	Body   zikr.MemberUndo
}

func (a *API) undoMember(ctx context.Context, in *undoMember) (*zikr.MemberUndone, error) {
	return a.Service.UndoMember(ctx, caller(ctx), in.GroupID, in.UserID, in.Body)
}
