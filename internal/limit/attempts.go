package limit

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// inFlight is after how long to try again when the attempts that are under way
// would reach the limit if they all counted.
const inFlight = time.Second

// SignUps limits how many accounts are made from one address. A nil *SignUps
// limits nothing.
type SignUps struct{ byAddress *window }

// NewSignUps lets most accounts be made from one address in any span of per.
// With most or per at 0 or below, nothing is limited.
func NewSignUps(most int, per time.Duration) *SignUps {
	return &SignUps{newWindow(most, per)}
}

// Begin asks whether somebody at address may sign up now. If so, done must be
// called once, with whether it counts; else retryAfter says when to try again.
func (s *SignUps) Begin(address netip.Addr, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	if s == nil {
		return func(bool) {}, 0, true
	}
	return s.byAddress.begin(addressKey(address), now)
}

// Logins limits how often a password may be guessed. Only failures count, but
// whoever has reached a limit is refused with the right password too. A nil
// *Logins limits nothing.
type Logins struct {
	byLogin   *window // by address and login
	byAddress *window
}

// NewLogins lets perLogin failures pass for one login from one address, and
// perAddress for all logins from one address, in any span of per. What is 0 or
// below limits nothing.
func NewLogins(perLogin, perAddress int, per time.Duration) *Logins {
	return &Logins{byLogin: newWindow(perLogin, per), byAddress: newWindow(perAddress, per)}
}

// Begin asks whether somebody at address may try a password for login now. If
// so, done must be called once, with whether the attempt failed; else
// retryAfter says when to try again.
func (l *Logins) Begin(address netip.Addr, login string, now time.Time) (done func(failed bool), retryAfter time.Duration, ok bool) {
	if l == nil {
		return func(bool) {}, 0, true
	}
	from := addressKey(address)
	doneLogin, retryAfter, ok := l.byLogin.begin(from+" "+loginKey(login), now)
	if !ok {
		return nil, retryAfter, false
	}
	doneAddress, retryAfter, ok := l.byAddress.begin(from, now)
	if !ok {
		doneLogin(false)
		return nil, retryAfter, false
	}
	return func(failed bool) { doneLogin(failed); doneAddress(failed) }, 0, true
}

// loginKey is the same for all ways to write one login: an e-mail address in
// any case, the digits of a telephone number with anything between them.
func loginKey(login string) string {
	if strings.Contains(login, "@") {
		return strings.ToLower(strings.TrimSpace(login))
	}
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, login)
}

// window lets a number of attempts of each key pass in any span of a length. A
// nil *window limits nothing.
type window struct {
	most int
	per  time.Duration
	// common is the same of all nodes; nil: this one is alone.
	common *commonWindow

	mu   sync.Mutex
	keys recent[attempts]
}

// attempts is what a window knows of a key.
type attempts struct {
	counted []time.Time // those of the last span; most of them at most
	pending int         // begun and not done
}

func newWindow(most int, per time.Duration) *window {
	if most <= 0 || per <= 0 {
		return nil
	}
	return &window{most: most, per: per, keys: newRecent[attempts](keep, per)}
}

// begin asks for one attempt, here and where all nodes count together.
func (w *window) begin(key string, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	here, retryAfter, ok := w.beginHere(key, now)
	if !ok || w == nil || w.common == nil {
		return here, retryAfter, ok
	}
	everywhere, retryAfter, ok := w.common.begin(key)
	if !ok {
		here(false)
		return nil, retryAfter, false
	}
	return func(counts bool) { here(counts); everywhere(counts) }, 0, true
}

// beginHere asks for one attempt on this node. Those that are under way are taken as if they
// counted, so that many at once cannot get past the limit together.
func (w *window) beginHere(key string, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	if w == nil {
		return func(bool) {}, 0, true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.keys.get(key, now)
	a.counted = slices.DeleteFunc(a.counted, func(at time.Time) bool { return now.Sub(at) >= w.per })
	switch {
	case len(a.counted) >= w.most:
		first := slices.MinFunc(a.counted, time.Time.Compare)
		return nil, first.Add(w.per).Sub(now), false
	case len(a.counted)+a.pending >= w.most:
		return nil, inFlight, false
	}
	a.pending++
	return func(counts bool) { w.end(a, now, counts) }, 0, true
}

func (w *window) end(a *attempts, began time.Time, counts bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.pending--
	if counts {
		a.counted = append(a.counted, began)
	}
}
