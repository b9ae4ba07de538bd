package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

type createZikr struct {
	GroupPath
	Body zikr.NewZikr
}

func (a *API) createZikr(ctx context.Context, in *createZikr) (*zikr.ZikrItem, error) {
	return a.Service.CreateZikr(ctx, caller(ctx), in.GroupID, in.Body)
}

// ZikrPath is the zikr of a group that a path names.
type ZikrPath struct {
	GroupPath
	ZikrID string `path:"zikrId" minLength:"1" maxLength:"128"`
}

type updateZikr struct {
	ZikrPath
	Body zikr.ZikrChange
}

func (a *API) updateZikr(ctx context.Context, in *updateZikr) (*zikr.ZikrItem, error) {
	return a.Service.UpdateZikr(ctx, caller(ctx), in.GroupID, in.ZikrID, in.Body)
}

func (a *API) deleteZikr(ctx context.Context, in *struct{ ZikrPath }) error {
	return a.Service.DeleteZikr(ctx, caller(ctx), in.GroupID, in.ZikrID)
}

type countZikr struct {
	ZikrPath
	Body Counting
}

// Counting is what is added to a zikr.
type Counting struct {
	Count zikr.Int `json:"count" doc:"1 to 100,000: what is added"`
	OpID  *string  `json:"opId,omitempty" minLength:"1" maxLength:"64" doc:"made up by the client for one counting: sent again, it adds nothing"`
	// ForUserID is a member whose counting it is. Admin only.
	ForUserID *string `json:"forUserId,omitempty" minLength:"1" maxLength:"128" doc:"whose counting it is: a member's, for whom the admin counts"`
}

func (a *API) countZikr(ctx context.Context, in *countZikr) (*zikr.ZikrUpdateConfirmed, error) {
	return a.Service.UpdateZikrCount(ctx, caller(ctx), zikr.UpdateZikrCount{
		GroupID: in.GroupID, ZikrID: in.ZikrID, Count: in.Body.Count, OpID: in.Body.OpID, ForUserID: in.Body.ForUserID,
	})
}
