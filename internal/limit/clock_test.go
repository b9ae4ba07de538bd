package limit

import (
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/clocktest"
)

// Setting the clock neither blocks anybody for longer nor lets anybody through.
func TestLimitsWhenTheClockIsSet(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			events, logins := newRate(50, 200), newLogins(10, 200)
			now := time.Now()
			for range 200 {
				events.Allow("u", now)
			}
			for range 10 {
				fail(t, logins, here, "a@b", now)
			}
			if wait, ok := events.Allow("u", clocktest.Set(now, by)); ok || wait != 20*time.Millisecond {
				t.Errorf("the next event: got %v, %v, want to wait 20ms", wait, ok)
			}
			if _, ok := events.Allow("u", clocktest.Set(now.Add(20*time.Millisecond), by)); !ok {
				t.Error("an event was refused after the time that was told")
			}
			if _, wait, ok := logins.Begin(Guess{Address: here, Login: "a@b"}, clocktest.Set(now.Add(time.Minute), by)); ok || wait != 14*time.Minute {
				t.Errorf("the 11th guess: got %v, %v, want to wait 14m", wait, ok)
			}
			if _, _, ok := logins.Begin(Guess{Address: here, Login: "a@b"}, clocktest.Set(now.Add(15*time.Minute), by)); !ok {
				t.Error("a guess was refused after 15 minutes")
			}
		})
	}
}
