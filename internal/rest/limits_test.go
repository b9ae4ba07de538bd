package rest

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// strict is a limit of each kind that lets a number pass, and remembers who asked.
type strict struct {
	mu    sync.Mutex
	left  int
	asked []string
}

func (l *strict) take(who string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, who)
	l.left--
	return l.left >= 0
}

func (l *strict) Allow(userID string, _ time.Time) (time.Duration, bool) {
	if l.take(userID) {
		return 0, true
	}
	return 1200 * time.Millisecond, false
}

// strictAttempts gives an attempt back that does not count.
type strictAttempts struct{ strict }

func (l *strictAttempts) begin(who string) (func(bool), time.Duration, bool) {
	if !l.take(who) {
		return nil, 90 * time.Second, false
	}
	return func(counts bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !counts {
			l.left++
		}
	}, 0, true
}

type strictSignUps struct{ strictAttempts }

func (l *strictSignUps) Begin(a netip.Addr, _ time.Time) (func(bool), time.Duration, bool) {
	return l.begin(a.String())
}

type strictLogins struct{ strictAttempts }

func (l *strictLogins) Begin(a netip.Addr, login string, _ time.Time) (func(bool), time.Duration, bool) {
	return l.begin(a.String() + " " + login)
}

func TestEventLimit(t *testing.T) {
	limit := &strict{left: 2}
	s := newServer(t, func(o *Options) { o.Events = limit })
	ali := s.register("Ali")
	s.quranGroup(ali, false)
	s.refused(zikr.CodeInvalidPayload, "POST /groups", ali.token, fields{})
	r := s.do("POST /groups", ali.token, fields{})
	p := s.problemOf(r)
	if p.Code != zikr.CodeRateLimited || p.RetryAfterMs != 1200 || r.header.Get("Retry-After") != "2" {
		t.Errorf("got %+v, Retry-After %q, want rate_limited for 1200 ms", p, r.header.Get("Retry-After"))
	}
	for range 5 { // reading is free
		get[zikr.List[zikr.GroupItem]](s, 200, "GET /groups", ali.token, nil)
	}
	for _, who := range limit.asked {
		if who != ali.id {
			t.Errorf("the limit was asked about %q, want %q", who, ali.id)
		}
	}
}

func TestSignUpLimit(t *testing.T) {
	s := newServer(t, func(o *Options) { o.SignUps = &strictSignUps{strictAttempts{strict{left: 2}}} })
	for range 5 { // what is not a sign-up does not count
		s.refused(zikr.CodeInvalidPayload, "POST /auth/register", "", fields{"name": "A", "surname": "B", "email": "no address", "password": "bismillah 1"})
	}
	ali := s.register("Ali")
	again := fields{"name": "A", "surname": "B", "email": ali.email, "password": "bismillah 1"}
	s.refused(zikr.CodeEmailTaken, "POST /auth/register", "", again)
	if p := s.refused(zikr.CodeRateLimited, "POST /auth/register", "", again); p.RetryAfterMs != 90_000 {
		t.Errorf("got %d ms, want 90000", p.RetryAfterMs)
	}
}

// TestLoginLimit blocks the right password too, and does not count it before.
func TestLoginLimit(t *testing.T) {
	limit := &strictLogins{strictAttempts{strict{left: 2}}}
	s := newServer(t, func(o *Options) {
		o.Logins = limit
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	ali := s.register("Ali")
	right, wrong := fields{"login": ali.email, "password": "password of Ali"}, fields{"login": ali.email, "password": "wrong"}
	for range 5 {
		get[zikr.SignedIn](s, 200, "POST /auth/login", "", right)
	}
	s.refused(zikr.CodeBadCredentials, "POST /auth/login", "", wrong)
	s.refused(zikr.CodeBadCredentials, "PATCH /me", ali.token, fields{"password": "a new one", "currentPassword": "wrong"})
	s.refused(zikr.CodeRateLimited, "POST /auth/login", "", right)
	s.refused(zikr.CodeRateLimited, "PATCH /me", ali.token, fields{"password": "a new one", "currentPassword": "password of Ali"})
	get[zikr.Profile](s, 200, "PATCH /me", ali.token, fields{"name": "Alisher"}) // no password, no guess

	limit.asked = nil
	s.send("POST", prefix+"/auth/login", "", `{"login":"a@b","password":"x"}`, "X-Forwarded-For", "198.51.100.7, 127.0.0.9")
	if len(limit.asked) != 1 || limit.asked[0] != "198.51.100.7 a@b" {
		t.Errorf("behind a proxy: got %q, want the client's address", limit.asked)
	}
}
