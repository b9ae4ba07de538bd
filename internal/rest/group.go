package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

// GroupPath is the group that a path names.
type GroupPath struct {
	GroupID string `path:"groupId" minLength:"1" maxLength:"128"`
}

// PageQuery asks for a page of a list.
type PageQuery struct {
	Cursor string `query:"cursor" maxLength:"128" doc:"the cursor of the page before; none for the first page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many items at most"`
}

func (q PageQuery) page() zikr.Page { return zikr.Page{Cursor: q.Cursor, Limit: q.Limit} }

func (a *API) createGroup(ctx context.Context, in *struct{ Body zikr.NewGroup }) (*zikr.Snapshot, error) {
	return a.Service.CreateGroup(ctx, caller(ctx), in.Body)
}

func (a *API) listGroups(ctx context.Context, in *struct{ PageQuery }) (*zikr.List[zikr.GroupItem], error) {
	return a.Service.Groups(ctx, caller(ctx), in.page())
}

type groupSearch struct {
	PageQuery
	Q string `query:"q" maxLength:"100" doc:"a part of the name; none for all"`
}

func (a *API) listPublicGroups(ctx context.Context, in *groupSearch) (*zikr.List[zikr.GroupItem], error) {
	return a.Service.PublicGroups(ctx, caller(ctx), in.Q, in.page())
}

func (a *API) snapshot(ctx context.Context, in *struct{ GroupPath }) (*zikr.Snapshot, error) {
	return a.Service.Snapshot(ctx, caller(ctx), in.GroupID)
}

type groupChange struct {
	GroupPath
	Body zikr.GroupChange
}

func (a *API) updateGroup(ctx context.Context, in *groupChange) (*zikr.Snapshot, error) {
	return a.Service.UpdateGroup(ctx, caller(ctx), in.GroupID, in.Body)
}

func (a *API) deleteGroup(ctx context.Context, in *struct{ GroupPath }) error {
	return a.Service.DeleteGroup(ctx, caller(ctx), in.GroupID)
}

func (a *API) joinGroup(ctx context.Context, in *struct{ GroupPath }) (*zikr.Snapshot, error) {
	return a.Service.JoinPublicGroup(ctx, caller(ctx), in.GroupID)
}

func (a *API) leaveGroup(ctx context.Context, in *struct{ GroupPath }) error {
	return a.Service.LeaveGroup(ctx, caller(ctx), in.GroupID)
}
