package main

import (
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

// domain are those that the use cases hold.
func (b bounds) domain() zikr.Bounds {
	return zikr.Bounds{
		OpenHatms: int64(b.OpenHatms), Loginless: int64(b.Loginless), LoginlessMade: int64(b.LoginlessMade), Shares: int64(b.ShareOuts), Met: b.tell,
	}
}

// tell counts that a bound was met, for parts that hold it by themselves.
func (b bounds) tell(name string) { b.met.WithLabelValues(name).Inc() }
