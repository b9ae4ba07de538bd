package limit

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var here = netip.MustParseAddr("192.0.2.1")

func TestSignUps(t *testing.T) {
	s := NewSignUps(60, time.Hour)
	for i := range 60 {
		done, _, ok := s.Begin(here, start.Add(time.Duration(i)*time.Minute))
		if !ok {
			t.Fatalf("sign-up %d was refused", i+1)
		}
		done(true)
	}
	at := start.Add(59*time.Minute + 30*time.Second)
	if _, wait, ok := s.Begin(here, at); ok || wait != 30*time.Second {
		t.Errorf("61st: got %v, %v, want to wait 30s", wait, ok)
	}
	if _, _, ok := s.Begin(netip.MustParseAddr("192.0.2.2"), at); !ok {
		t.Error("another address was refused")
	}
	if _, _, ok := s.Begin(here, start.Add(time.Hour)); !ok {
		t.Error("refused when the first one was an hour ago")
	}
}

// TestSignUpsThatDoNotCount lets any number of them pass.
func TestSignUpsThatDoNotCount(t *testing.T) {
	s := NewSignUps(2, time.Hour)
	for range 100 {
		done, _, ok := s.Begin(here, start)
		if !ok {
			t.Fatal("refused although nothing counted")
		}
		done(false)
	}
}

func fail(t *testing.T, l *Logins, a netip.Addr, login string, now time.Time) {
	t.Helper()
	done, wait, ok := l.Begin(a, login, now)
	if !ok {
		t.Fatalf("%s from %s was refused for %v", login, a, wait)
	}
	done(true)
}

// TestLoginsPerLogin blocks one login from one address, however it is written,
// and nobody else.
func TestLoginsPerLogin(t *testing.T) {
	l := NewLogins(10, 200, 15*time.Minute)
	for i := range 10 {
		fail(t, l, here, []string{"Ali@Example.org", " ali@example.ORG"}[i%2], start)
	}
	if _, wait, ok := l.Begin(here, "ali@example.org", start.Add(time.Minute)); ok || wait != 14*time.Minute {
		t.Errorf("11th: got %v, %v, want to wait 14m", wait, ok)
	}
	if _, _, ok := l.Begin(here, "vali@example.org", start); !ok {
		t.Error("another login was refused")
	}
	if _, _, ok := l.Begin(netip.MustParseAddr("2001:db8::1"), "ali@example.org", start); !ok {
		t.Error("another address was refused")
	}
	if _, _, ok := l.Begin(here, "ali@example.org", start.Add(15*time.Minute)); !ok {
		t.Error("refused after 15 minutes")
	}
}

func TestLoginsPerAddress(t *testing.T) {
	l := NewLogins(10, 200, 15*time.Minute)
	for i := range 200 {
		fail(t, l, here, fmt.Sprintf("+99890%07d", i), start)
	}
	if _, wait, ok := l.Begin(here, "+998901234567", start); ok || wait != 15*time.Minute {
		t.Errorf("201st: got %v, %v, want to wait 15m", wait, ok)
	}
	// The refusal left no attempt under way at the login.
	done, _, ok := l.Begin(netip.MustParseAddr("192.0.2.9"), "+998901234567", start)
	if !ok {
		t.Fatal("another address was refused")
	}
	done(false)
}

// TestLoginsSuccessIsFree logs in any number of times.
func TestLoginsSuccessIsFree(t *testing.T) {
	l := NewLogins(10, 200, 15*time.Minute)
	for i := range 1000 {
		done, _, ok := l.Begin(here, "a@b", start)
		if !ok {
			t.Fatalf("login %d was refused", i+1)
		}
		done(false)
	}
}

// TestLoginsAtOnce guesses from many goroutines: no more than ten find out.
func TestLoginsAtOnce(t *testing.T) {
	l := NewLogins(10, 200, 15*time.Minute)
	var tried atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			done, _, ok := l.Begin(here, "a@b", start)
			if ok {
				tried.Add(1)
				done(true)
			}
		})
	}
	wg.Wait()
	if got := tried.Load(); got != 10 {
		t.Errorf("got %d guesses through, want 10", got)
	}
}

// TestLoginsUnderWay tells who comes while ten are under way to come back soon,
// not after the whole span.
func TestLoginsUnderWay(t *testing.T) {
	l := NewLogins(2, 200, 15*time.Minute)
	first, _, _ := l.Begin(here, "a@b", start)
	second, _, _ := l.Begin(here, "a@b", start)
	if _, wait, ok := l.Begin(here, "a@b", start); ok || wait != inFlight {
		t.Errorf("got %v, %v, want to wait %v", wait, ok, inFlight)
	}
	first(false)
	second(true)
	if _, _, ok := l.Begin(here, "a@b", start); !ok {
		t.Error("refused with one failure of two")
	}
}

func TestAttemptsOff(t *testing.T) {
	for _, l := range []*Logins{nil, NewLogins(0, 0, time.Minute), NewLogins(10, 200, 0)} {
		for range 1000 {
			fail(t, l, here, "a@b", start)
		}
	}
	for _, s := range []*SignUps{nil, NewSignUps(0, time.Hour), NewSignUps(60, 0)} {
		for range 1000 {
			done, _, ok := s.Begin(here, start)
			if !ok {
				t.Fatal("refused by a limit that is off")
			}
			done(true)
		}
	}
}

func TestAddressKey(t *testing.T) {
	for _, tt := range []struct{ a, b string }{
		{"192.0.2.1", "::ffff:192.0.2.1"},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"},
		{"fe80::1", "fe80::2%eth0"},
	} {
		a, b := addressKey(netip.MustParseAddr(tt.a)), addressKey(netip.MustParseAddr(tt.b))
		if a != b {
			t.Errorf("%s and %s: got %q and %q, want the same", tt.a, tt.b, a, b)
		}
	}
	if a, b := addressKey(netip.MustParseAddr("2001:db8:1:2::1")), addressKey(netip.MustParseAddr("2001:db8:1:3::1")); a == b {
		t.Errorf("two networks of /64 have one key: %q", a)
	}
	addressKey(netip.Addr{}) // an unknown address must not panic
}
