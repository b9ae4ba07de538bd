package rest

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
)

// adminKey is where a request's context holds the platform's admin who calls.
type adminKey struct{}

// admin is who calls an operation of the administration.
func admin(ctx context.Context) zikr.Admin { return *ctx.Value(adminKey{}).(*zikr.Admin) }

// authenticateAdmin finds out who calls an operation of the administration. Whether they may, the use case says.
func (a *API) authenticateAdmin(ctx huma.Context, next func(huma.Context)) {
	bounded, cancel := context.WithTimeout(ctx.Context(), a.Timeout)
	defer cancel()
	who, s, err := a.Service.AuthenticateAdmin(bounded, ctx.Header("Authorization"))
	if err != nil {
		a.refuse(ctx, a.problem(ctx.Context(), "authenticate", err))
		return
	}
	next(huma.WithValue(huma.WithValue(ctx, adminKey{}, who), sessionKey{}, s))
}

type accountSearch struct {
	PageQuery
	Q string `query:"q" maxLength:"254" doc:"an id, an email, a phone, or the beginning of a name; none for all"`
}

func (a *API) findAccounts(ctx context.Context, in *accountSearch) (*zikr.List[zikr.AdminUser], error) {
	return a.Service.FindAccounts(ctx, admin(ctx), in.Q, in.page())
}

func (a *API) addAccount(ctx context.Context, in *struct{ Body zikr.Registration }) (*zikr.AdminUser, error) {
	return a.Service.AddAccount(ctx, admin(ctx), in.Body)
}

func (a *API) showAccount(ctx context.Context, in *UserPath) (*zikr.AdminProfile, error) {
	return a.Service.ShowAccount(ctx, admin(ctx), in.UserID)
}

type accountChange struct {
	UserPath
	Body zikr.AdminChange
}

func (a *API) changeAccount(ctx context.Context, in *accountChange) (*zikr.AdminProfile, error) {
	return a.Service.ChangeAccount(ctx, admin(ctx), in.UserID, in.Body)
}

func (a *API) deleteAccount(ctx context.Context, in *UserPath) error {
	return a.Service.DeleteAccount(ctx, admin(ctx), in.UserID)
}

func (a *API) endAccountSessions(ctx context.Context, in *UserPath) error {
	return a.Service.EndAccountSessions(ctx, admin(ctx), in.UserID)
}

func (a *API) allGroups(ctx context.Context, in *groupSearch) (*zikr.List[zikr.GroupItem], error) {
	return a.Service.AllGroups(ctx, admin(ctx), in.Q, in.page())
}

func (a *API) showGroup(ctx context.Context, in *struct{ GroupPath }) (*zikr.Snapshot, error) {
	return a.Service.ShowGroup(ctx, admin(ctx), in.GroupID)
}

type handOver struct {
	GroupPath
	Body zikr.AdminGroupChange
}

func (a *API) handOverGroup(ctx context.Context, in *handOver) (*zikr.Snapshot, error) {
	return a.Service.HandOverGroup(ctx, admin(ctx), in.GroupID, in.Body)
}

func (a *API) endGroup(ctx context.Context, in *struct{ GroupPath }) error {
	return a.Service.EndGroup(ctx, admin(ctx), in.GroupID)
}

func (a *API) audit(ctx context.Context, in *struct{ PageQuery }) (*zikr.List[zikr.ActItem], error) {
	return a.Service.Audit(ctx, admin(ctx), in.page())
}
