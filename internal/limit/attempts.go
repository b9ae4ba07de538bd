package limit

import (
	"net/netip"
	"strings"
	"time"
)

// SignUps limits how many accounts are made from one address: more where more people are signed
// in. A nil *SignUps limits nothing.
type SignUps struct {
	byAddress *window
	people    *People
}

// NewSignUps lets most accounts be made from one address in any span of per, and up to
// ten times as many where people has seen a crowd. With most at Off nothing is limited, at 0
// nobody may sign up.
func NewSignUps(most Bound, per time.Duration, people *People) *SignUps {
	return &SignUps{newWindow(most, per), people}
}

// Begin asks whether somebody at address may sign up now. If so, done must be
// called once, with whether it counts; else retryAfter says when to try again.
func (s *SignUps) Begin(address netip.Addr, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	if s == nil {
		return func(bool) {}, 0, true
	}
	return s.byAddress.begin(AddressKey(address), s.people.fold(address, now), now)
}

// Times limits how often each user may do something in a span of time. A nil *Times limits
// nothing.
type Times struct{ byUser *window }

// NewTimes lets each user do something most times in any span of per. Off limits nothing, 0
// allows nothing.
func NewTimes(most Bound, per time.Duration) *Times { return &Times{newWindow(most, per)} }

// Begin asks for one time. If ok, done must be called once, with whether it counts; else
// retryAfter says when to try again.
func (t *Times) Begin(userID string, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	if t == nil {
		return func(bool) {}, 0, true
	}
	return t.byUser.begin(userID, 1, now)
}

// Allow takes one time, which counts. If there were too many it reports false, and when the next one is to be had.
func (t *Times) Allow(userID string, now time.Time) (retryAfter time.Duration, ok bool) {
	done, retryAfter, ok := t.Begin(userID, now)
	if ok {
		done(true)
	}
	return retryAfter, ok
}

// Guess is one try at a password.
type Guess struct {
	Address netip.Addr
	Login   string // whose password, as it was written
	// Device is by what the client is known that has signed in to this account before: what
	// it does is counted by itself, and what others do never touches it. "" is a stranger.
	Device string
}

// Logins limits how often a password may be guessed. Only failures count.
//
// Whoever is known to the account by its device has a number of tries of its own. A stranger
// has as many for one login from one address, fewer the more often that account was guessed
// wrong anywhere, but always one: so guessing from many addresses is slowed, and the owner at a new
// phone is not locked out. All strangers at one address share a larger number, which grows with
// the people who are signed in there. A nil *Logins limits nothing.
type Logins struct {
	byDevice  *window
	byLogin   *window // by address and login
	byAddress *window
	byAccount *window // by login, from everywhere; holds nobody back by itself
	people    *People
}

// caution is after how many failures, in multiples of what one address may have, an account is
// being guessed: its strangers' share is halved then, and so on.
const caution = 5

// NewLogins lets perLogin failures pass for one device, and for one login from one address, and
// perAddress for all logins from one address, in any span of per. Off limits nothing, 0 allows nothing.
func NewLogins(perLogin, perAddress Bound, per time.Duration, people *People) *Logins {
	watched := perLogin
	watched.Most = Off
	if perLogin.Most != Off {
		watched.Most = min(caution*perLogin.Most*max(perLogin.Most, 1), 10_000)
	}
	return &Logins{
		byDevice: newWindow(perLogin, per), byLogin: newWindow(perLogin, per), byAddress: newWindow(perAddress, per),
		byAccount: newWindow(watched, per), people: people,
	}
}

// Begin asks whether a password may be tried. If so, done must be called once, with whether the
// attempt failed; else retryAfter says when to try again.
func (l *Logins) Begin(g Guess, now time.Time) (done func(failed bool), retryAfter time.Duration, ok bool) {
	switch {
	case l == nil:
		return func(bool) {}, 0, true
	case g.Device != "":
		return l.byDevice.begin(g.Device, 1, now)
	}
	from, account := AddressKey(g.Address), loginKey(g.Login)
	// The address first: one that has had too many, and goes on with logins that it makes up, is to leave no trace of them.
	doneAddress, retryAfter, ok := l.byAddress.begin(from, l.people.fold(g.Address, now), now)
	if !ok {
		return nil, retryAfter, false
	}
	doneLogin, retryAfter, ok := l.byLogin.beginUpTo(from+" "+account, l.strangers(account, now), now)
	if !ok {
		doneAddress(false)
		return nil, retryAfter, false
	}
	return func(failed bool) {
		doneLogin(failed)
		doneAddress(failed)
		if failed {
			l.byAccount.add(account, now)
		}
	}, 0, true
}

// strangers is how many failures a stranger's address may have for an account.
func (l *Logins) strangers(account string, now time.Time) int64 {
	if l.byLogin == nil {
		return int64(Off)
	}
	most := int64(l.byLogin.bound.Most)
	return min(most, max(1, most/(1+l.byAccount.count(account, now)/max(caution*most, 1))))
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
