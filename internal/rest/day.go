package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

// DayQuery asks for a range of days.
type DayQuery struct {
	From string `query:"from" format:"date" doc:"the first day; 30 days are given by default, 400 at most"`
	To   string `query:"to" format:"date" doc:"the last day; by default today"`
}

// asked reads the range.
func (q DayQuery) asked() (out zikr.DayRange, err error) {
	for _, d := range []struct {
		field, value string
		into         **zikr.Date
	}{{"from", q.From, &out.From}, {"to", q.To, &out.To}} {
		if d.value == "" {
			continue
		}
		date, err := zikr.ParseDate(d.value)
		if err != nil {
			return out, zikr.Errorf(zikr.CodeInvalidPayload, "%s: %s.", d.field, err)
		}
		*d.into = &date
	}
	return out, nil
}

func (a *API) myDays(ctx context.Context, in *struct{ DayQuery }) (*zikr.History, error) {
	asked, err := in.asked()
	if err != nil {
		return nil, err
	}
	return a.Service.MyDays(ctx, caller(ctx), asked)
}

type groupDays struct {
	GroupPath
	DayQuery
}

func (a *API) groupDays(ctx context.Context, in *groupDays) (*zikr.History, error) {
	asked, err := in.asked()
	if err != nil {
		return nil, err
	}
	return a.Service.GroupDays(ctx, caller(ctx), in.GroupID, asked)
}
