package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

type logQuery struct {
	GroupPath
	Since int64 `query:"since" minimum:"0" default:"0" doc:"the last seq that was seen: what came after it is answered"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"how many events at most"`
}

func (a *API) listEvents(ctx context.Context, in *logQuery) (*zikr.EventPage, error) {
	return a.Service.Events(ctx, caller(ctx), in.GroupID, in.Since, in.Limit)
}
