package main

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/limit"
)

// bounds hands the budget of the server (limit.Bounds) to the parts that hold it: each asks for
// its own by the name that stands in the table.
type bounds struct {
	limit.Bounds
	met *prometheus.CounterVec // by bound
}

// newBounds takes the rates away if they are off, and counts which bounds are met.
func newBounds(cfg serveConfig, m *metrics) bounds {
	b := bounds{cfg.Bounds, m.boundsMet}
	if cfg.RateLimit != on {
		b.Bounds = b.WithoutRates()
	}
	return b
}

// of is the bound of a name. One that is not in the table is an error in the program.
func (b bounds) of(name string) limit.Bound {
	most, ok := b.Of(name)
	if !ok {
		panic(fmt.Sprintf("there is no bound %q in limit.Bounds", name))
	}
	return limit.Bound{Most: most, Met: b.met.WithLabelValues(name).Inc}
}

// tell counts that a bound was met, for parts that hold it by themselves.
func (b bounds) tell(name string) { b.met.WithLabelValues(name).Inc() }

// rate is the pair of a rate and of what may come at once before it holds.
func (b bounds) rate(perSecond, burst string) *limit.Rate {
	return limit.NewRate(b.of(perSecond), b.of(burst))
}

// held is the pair of what may be held in all and by one user or address.
func (b bounds) held(inAll, byKey string) *limit.Held {
	return limit.NewHeld(b.of(inAll), b.of(byKey))
}

// domain is what the use cases hold, in their transactions.
func (b bounds) domain() zikr.Bounds {
	return zikr.Bounds{
		GroupsADay: int64(b.GroupsADay), Groups: int64(b.Groups), Members: int64(b.Members), Bans: int64(b.Bans), Zikrs: int64(b.Zikrs),
		GroupText: int64(b.GroupText), JoinsADay: int64(b.JoinsADay), BookingsADay: int64(b.BookingsADay),
		AssignmentsADay: int64(b.AssignmentsADay), InvitationsAMinute: int64(b.InvitationsAMinute), InvitationsADay: int64(b.InvitationsADay), PendingSent: int64(b.PendingSent),
		PendingReceived: int64(b.PendingReceived), Refusals: int64(b.InvitationRefusals), BytesADay: int64(b.BytesADay),
		UserSessions: int64(b.UserSessions), UserBlocks: int64(b.UserBlocks),
		OpenHatms: int64(b.OpenHatms), Loginless: int64(b.Loginless), LoginlessMade: int64(b.LoginlessMade), ShareOuts: int64(b.ShareOuts),
		GroupDayRows: int64(b.GroupDayRows),
	}
}
