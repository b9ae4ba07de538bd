package main

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/rest"
	"github.com/zikr-app/zikr/internal/socketio"
)

// TestBoundsAreInTheTable finds each bound that the engine or the API may tell of in limit.Bounds, so that it is a
// setting, and counted from the start.
func TestBoundsAreInTheTable(t *testing.T) {
	for _, name := range append(socketio.BoundNames(), append(rest.BoundNames(), "refusals", "address_refusals", "address_connects", "address_connect_pace")...) {
		if !slices.ContainsFunc(limit.Table(), func(row limit.Row) bool { return row.Bound == name }) {
			t.Errorf("limit.Bounds has no %s", name)
		}
	}
}

// TestBoundOfNothing keeps 0 of a setting apart from 0 of the engine, which is no bound.
func TestBoundOfNothing(t *testing.T) {
	if bound(0) >= 0 || bound(5) != 5 || bound(limit.Off) <= 1<<60 {
		t.Errorf("got %d, %d and %d", bound(0), bound(5), bound(limit.Off))
	}
}

// TestPaceOfConnects lets some handshakes of an address in at once, has those that follow wait for a second at the most,
// tells that the bound was met, and holds up no other address.
func TestPaceOfConnects(t *testing.T) {
	counts := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "met"}, []string{"bound"})
	b := bounds{limit.Bounds{AddressConnectPace: 3}, counts}
	wait, one, other := b.paceOfConnects(), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i := range 50 {
		switch d := wait(one); {
		case i < 3 && d != 0, i > 10 && d <= 0, d > time.Second:
			t.Errorf("handshake %d waits for %s", i, d)
		}
	}
	if d := wait(other); d != 0 {
		t.Errorf("another address waits for %s", d)
	}
	told := prometheus.NewRegistry()
	told.MustRegister(counts)
	if met, err := told.Gather(); err != nil || len(met) != 1 || met[0].GetMetric()[0].GetCounter().GetValue() == 0 {
		t.Errorf("that the bound was met is not counted: %v, %v", met, err)
	}
}
