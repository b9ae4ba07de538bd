package main

import (
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/rest"
)

// refusals tells the log of clients that an operator may want to keep out, in lines that
// fail2ban reads (docs/security.md): of one address and one reason at most one in ten seconds, and
// so many a second in all.
type refusals struct {
	log     *slog.Logger
	counted *prometheus.CounterVec // by why
	one     *limit.Times
	all     *limit.Rate
	leftOut atomic.Int64
}

// refusalPause is how long one address is not spoken of again for one reason.
const refusalPause = 10 * time.Second

func newRefusals(b bounds, m *metrics, log *slog.Logger) *refusals {
	return &refusals{
		log: log, counted: m.refused, all: b.rate("refusal_lines", "refusal_lines"),
		one: limit.NewTimes(limit.Bound{Most: 1}, refusalPause),
	}
}

// tell is a rest.Budget's Refused.
func (r *refusals) tell(why rest.Refusal, address netip.Addr) {
	r.counted.WithLabelValues(string(why)).Inc()
	now := time.Now()
	_, ok := r.one.Allow(string(why)+" "+limit.AddressKey(address), now)
	if ok {
		_, ok = r.all.Allow("", now)
	}
	if !ok {
		r.leftOut.Add(1)
		return
	}
	// A warning, so that a log that is kept short has them; deploy/fail2ban reads these fields in this order.
	r.log.Warn("refused", "why", string(why), "address", address.WithZone("").String(), "leftOut", r.leftOut.Swap(0))
}
