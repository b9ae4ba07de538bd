package bus_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/bustest"
)

func TestMain(m *testing.M) {
	// The client of a cluster looks at it once more after it was closed, and lets go of a
	// server's connections 5 s after that has gone.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*call).DelayDo.func1"),
		goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient)._refresh.func2"))
}

func TestLocal(t *testing.T) {
	bustest.Bus(t, func(_ *testing.T, receivers ...zikr.Receiver) []zikr.Bus {
		b := bus.NewLocal()
		nodes := make([]zikr.Bus, len(receivers))
		for i, r := range receivers {
			b.Attach(r)
			nodes[i] = b
		}
		return nodes
	})
}

func TestLocalPresence(t *testing.T) {
	bustest.Presence(t, func(_ *testing.T, nodes int) []zikr.Presence {
		p := bus.NewLocalPresence()
		all := make([]zikr.Presence, nodes)
		for i := range all {
			all[i] = p
		}
		return all
	})
}
