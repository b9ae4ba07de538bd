package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

// UserPath is the user that a path names.
type UserPath struct {
	UserID string `path:"userId" minLength:"1" maxLength:"128"`
}

func (a *API) blockUser(ctx context.Context, in *UserPath) error {
	return a.Service.BlockUser(ctx, caller(ctx), in.UserID)
}

func (a *API) unblockUser(ctx context.Context, in *UserPath) error {
	return a.Service.UnblockUser(ctx, caller(ctx), in.UserID)
}

func (a *API) listBlocks(ctx context.Context, in *struct{ PageQuery }) (*zikr.List[zikr.BlockItem], error) {
	return a.Service.Blocks(ctx, caller(ctx), in.page())
}
