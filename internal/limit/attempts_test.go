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

func newSignUps(most Most, per time.Duration) *SignUps {
	return NewSignUps(Bound{Most: most}, per, nil)
}

func newLogins(perLogin, perAddress Most) *Logins {
	return NewLogins(Bound{Most: perLogin}, Bound{Most: perAddress}, 15*time.Minute, nil)
}

func TestSignUps(t *testing.T) {
	s := newSignUps(60, time.Hour)
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
	s := newSignUps(2, time.Hour)
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
	done, wait, ok := l.Begin(Guess{Address: a, Login: login}, now)
	if !ok {
		t.Fatalf("%s from %s was refused for %v", login, a, wait)
	}
	done(true)
}

// TestLoginsPerLogin blocks one login from one address, however it is written,
// and nobody else.
func TestLoginsPerLogin(t *testing.T) {
	l := newLogins(10, 200)
	for i := range 10 {
		fail(t, l, here, []string{"Ali@Example.org", " ali@example.ORG"}[i%2], start)
	}
	if _, wait, ok := l.Begin(Guess{Address: here, Login: "ali@example.org"}, start.Add(time.Minute)); ok || wait != 14*time.Minute {
		t.Errorf("11th: got %v, %v, want to wait 14m", wait, ok)
	}
	if _, _, ok := l.Begin(Guess{Address: here, Login: "vali@example.org"}, start); !ok {
		t.Error("another login was refused")
	}
	if _, _, ok := l.Begin(Guess{Address: netip.MustParseAddr("2001:db8::1"), Login: "ali@example.org"}, start); !ok {
		t.Error("another address was refused")
	}
	if _, _, ok := l.Begin(Guess{Address: here, Login: "ali@example.org"}, start.Add(15*time.Minute)); !ok {
		t.Error("refused after 15 minutes")
	}
}

func TestLoginsPerAddress(t *testing.T) {
	l := newLogins(10, 200)
	for i := range 200 {
		fail(t, l, here, fmt.Sprintf("+99890%07d", i), start)
	}
	if _, wait, ok := l.Begin(Guess{Address: here, Login: "+998901234567"}, start); ok || wait != 15*time.Minute {
		t.Errorf("201st: got %v, %v, want to wait 15m", wait, ok)
	}
	// The refusal left no attempt under way at the login.
	done, _, ok := l.Begin(Guess{Address: netip.MustParseAddr("192.0.2.9"), Login: "+998901234567"}, start)
	if !ok {
		t.Fatal("another address was refused")
	}
	done(false)
}

// TestLoginsSuccessIsFree logs in any number of times.
func TestLoginsSuccessIsFree(t *testing.T) {
	l := newLogins(10, 200)
	for i := range 1000 {
		done, _, ok := l.Begin(Guess{Address: here, Login: "a@b"}, start)
		if !ok {
			t.Fatalf("login %d was refused", i+1)
		}
		done(false)
	}
}

// TestLoginsAtOnce guesses from many goroutines: no more than ten find out.
func TestLoginsAtOnce(t *testing.T) {
	l := newLogins(10, 200)
	var tried atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			done, _, ok := l.Begin(Guess{Address: here, Login: "a@b"}, start)
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
	l := newLogins(2, 200)
	first, _, _ := l.Begin(Guess{Address: here, Login: "a@b"}, start)
	second, _, _ := l.Begin(Guess{Address: here, Login: "a@b"}, start)
	if _, wait, ok := l.Begin(Guess{Address: here, Login: "a@b"}, start); ok || wait != inFlight {
		t.Errorf("got %v, %v, want to wait %v", wait, ok, inFlight)
	}
	first(false)
	second(true)
	if _, _, ok := l.Begin(Guess{Address: here, Login: "a@b"}, start); !ok {
		t.Error("refused with one failure of two")
	}
}

func TestAttemptsOff(t *testing.T) {
	for _, l := range []*Logins{nil, newLogins(Off, Off)} {
		for range 1000 {
			fail(t, l, here, "a@b", start)
		}
	}
	for _, s := range []*SignUps{nil, newSignUps(Off, time.Hour)} {
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
		a, b := AddressKey(netip.MustParseAddr(tt.a)), AddressKey(netip.MustParseAddr(tt.b))
		if a != b {
			t.Errorf("%s and %s: got %q and %q, want the same", tt.a, tt.b, a, b)
		}
	}
	if a, b := AddressKey(netip.MustParseAddr("2001:db8:1:2::1")), AddressKey(netip.MustParseAddr("2001:db8:1:3::1")); a == b {
		t.Errorf("two networks of /64 have one key: %q", a)
	}
	AddressKey(netip.Addr{}) // an unknown address must not panic
}

// TestKnownDevices are counted by themselves: not even a wifi full of wrong passwords, and not the
// whole world guessing at the account, keep their right password out.
func TestKnownDevices(t *testing.T) {
	l := newLogins(10, 200)
	for i := range 250 {
		if done, _, ok := l.Begin(Guess{Address: here, Login: fmt.Sprintf("%d@b", i/10)}, start); ok {
			done(true)
		}
	}
	for i := range 100 {
		fail(t, l, netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), "a@b", start)
	}
	if _, _, ok := l.Begin(Guess{Address: here, Login: "a@b"}, start); ok {
		t.Error("a stranger at the address of 200 failures was let through")
	}
	for i := range 10 {
		done, _, ok := l.Begin(Guess{Address: here, Login: "a@b", Device: "phone"}, start)
		if !ok {
			t.Fatalf("try %d of a known device was refused for what others did", i+1)
		}
		done(true)
	}
	if _, wait, ok := l.Begin(Guess{Address: here, Login: "a@b", Device: "phone"}, start); ok || wait != 15*time.Minute {
		t.Errorf("the 11th failure of one device: got %v, %v, want to wait 15m", wait, ok)
	}
}

// TestGuessesFromManyAddresses are slowed, and the owner at a new phone has a try all the same.
func TestGuessesFromManyAddresses(t *testing.T) {
	l := newLogins(10, 200)
	tried := 0
	for i := range 1000 {
		from := netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i % 250)})
		for range 10 {
			if done, _, ok := l.Begin(Guess{Address: from, Login: "a@b"}, start); ok {
				tried++
				done(true)
			}
		}
	}
	if tried > 1500 {
		t.Errorf("1000 addresses had %d tries at one account, want 1500 at most", tried)
	}
	if _, _, ok := l.Begin(Guess{Address: here, Login: "a@b"}, start); !ok {
		t.Error("the owner at an address of their own was refused")
	}
	if _, _, ok := l.Begin(Guess{Address: here, Login: "a@b"}, start.Add(15*time.Minute)); !ok {
		t.Error("refused when all of it was 15 minutes ago")
	}
	if got := len(l.byAccount.keys.get("a@b", start).counted); got > 500 {
		t.Errorf("%d failures of one account are remembered, want 500 at most", got)
	}
}

// TestCrowd lets a mosque do what a household may not.
func TestCrowd(t *testing.T) {
	people := NewPeople()
	s := NewSignUps(Bound{Most: 60}, time.Hour, people)
	for i := range 1000 {
		people.Saw(here, fmt.Sprint(i), start)
		people.Saw(here, "the same one", start)
	}
	signedUp := func(at netip.Addr, now time.Time) (n int) {
		for range 1000 {
			if done, _, ok := s.Begin(at, now); ok {
				done(true)
				n++
			}
		}
		return n
	}
	if got := signedUp(here, start); got != 600 {
		t.Errorf("a crowd made %d accounts, want 600", got)
	}
	if got := signedUp(netip.MustParseAddr("192.0.2.2"), start); got != 60 {
		t.Errorf("a household made %d accounts, want 60", got)
	}
	if got := signedUp(here, start.Add(3*time.Hour)); got != 60 {
		t.Errorf("when the crowd had gone, %d accounts were made, want 60", got)
	}
}

// TestTimes lets a user do something so many times.
func TestTimes(t *testing.T) {
	times := NewTimes(Bound{Most: 30}, time.Minute)
	for range 30 {
		done, _, ok := times.Begin("u", start)
		if !ok {
			t.Fatal("refused before the bound")
		}
		done(true)
	}
	if _, wait, ok := times.Begin("u", start.Add(time.Second)); ok || wait != 59*time.Second {
		t.Errorf("the 31st: got %v, %v, want to wait 59s", wait, ok)
	}
	if _, _, ok := times.Begin("other", start); !ok {
		t.Error("another user was refused")
	}
}

// TestNone is what a bound of 0 allows.
func TestNone(t *testing.T) {
	if _, wait, ok := newSignUps(0, time.Hour).Begin(here, start); ok || wait != never {
		t.Errorf("a sign-up: got %v, %v where none is allowed", wait, ok)
	}
	if _, _, ok := newLogins(0, 200).Begin(Guess{Address: here, Login: "a@b"}, start); ok {
		t.Error("a guess was let through where none is allowed")
	}
}

// Who has had too many tries, and goes on with logins that are made up, has nothing forgotten of what others did.
func TestRefusedLoginsAreNotKept(t *testing.T) {
	l := newLogins(10, 20)
	for _, w := range []*window{l.byLogin, l.byAccount} {
		w.keys.size = 100
	}
	const guessed = "ali@example.org"
	for i := range 100 {
		fail(t, l, netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), guessed, start)
	}
	before := l.strangers(guessed, start)
	if before >= 10 {
		t.Fatalf("strangers have %d tries for a login that was guessed wrong 100 times", before)
	}
	for i := range 20 {
		fail(t, l, here, fmt.Sprintf("mine%d@example.org", i), start)
	}
	for i := range 1000 {
		if _, _, ok := l.Begin(Guess{Address: here, Login: fmt.Sprintf("nobody%d@example.org", i)}, start); ok {
			t.Fatal("an address that has had too many was let in")
		}
	}
	if got := l.strangers(guessed, start); got != before {
		t.Errorf("strangers have %d tries, had %d before somebody else was refused", got, before)
	}
}
