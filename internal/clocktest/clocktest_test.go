package clocktest

import (
	"testing"
	"time"
)

func TestSet(t *testing.T) {
	now := time.Now()
	for _, by := range []time.Duration{0, time.Hour, -time.Hour} {
		later := Set(now.Add(time.Second), by)
		if got := later.Sub(now); got != time.Second {
			t.Errorf("set by %s, a second later: got %s by the monotonic clock", by, got)
		}
		if got := later.UnixNano() - now.UnixNano(); got != int64(time.Second+by) {
			t.Errorf("set by %s, a second later: got %s by the time of day", by, time.Duration(got))
		}
	}
}

// TestSetRefuses shows that a time without a monotonic reading, which would prove nothing, is refused.
func TestSetRefuses(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a time of day alone was taken")
		}
	}()
	Set(time.Now().Round(0), time.Hour)
}
