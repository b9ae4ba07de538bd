package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

func (a *API) banUser(ctx context.Context, in *MemberPath) (*zikr.BanItem, error) {
	return a.Service.BanUser(ctx, caller(ctx), in.GroupID, in.UserID)
}

func (a *API) unbanUser(ctx context.Context, in *MemberPath) error {
	return a.Service.UnbanUser(ctx, caller(ctx), in.GroupID, in.UserID)
}

type banList struct {
	GroupPath
	PageQuery
}

func (a *API) listBans(ctx context.Context, in *banList) (*zikr.List[zikr.BanItem], error) {
	return a.Service.Bans(ctx, caller(ctx), in.GroupID, in.page())
}
