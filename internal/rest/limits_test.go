package rest

import (
	"context"
	"net/netip"
	"slices"
	"strings"
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

// strictLogins counts known devices apart from strangers.
type strictLogins struct {
	strictAttempts
	known strictAttempts
}

func (l *strictLogins) Begin(a netip.Addr, login, device string, _ time.Time) (func(bool), time.Duration, bool) {
	if device != "" {
		return l.known.begin(device)
	}
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

func newStrictLogins(strangers, known int) *strictLogins {
	return &strictLogins{strictAttempts{strict{left: strangers}}, strictAttempts{strict{left: known}}}
}

// TestLoginLimit blocks the right password of a stranger too, and does not count it before. A device
// that was signed in before, and who holds a token, are counted by themselves.
func TestLoginLimit(t *testing.T) {
	limit := newStrictLogins(2, 2)
	var told []Refusal
	s := newServer(t, func(o *Options) {
		o.Logins = limit
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		o.Refused = func(why Refusal, _ netip.Addr) { told = append(told, why) }
	})
	ali := s.register("Ali")
	right, wrong := fields{"login": ali.email, "password": "password of Ali"}, fields{"login": ali.email, "password": "wrong"}
	var signedIn zikr.SignedIn
	for range 5 {
		signedIn = get[zikr.SignedIn](s, 200, "POST /auth/login", "", right)
	}
	s.refused(zikr.CodeBadCredentials, "POST /auth/login", "", wrong)
	s.refused(zikr.CodeBadCredentials, "POST /auth/login", "", wrong)
	s.refused(zikr.CodeRateLimited, "POST /auth/login", "", right)
	if want := []Refusal{WrongPassword, WrongPassword, LoginRefused}; !slices.Equal(told, want) {
		t.Errorf("the log was told %v, want %v", told, want)
	}

	known := fields{"login": ali.email, "password": "password of Ali", "device": signedIn.Device}
	get[zikr.SignedIn](s, 200, "POST /auth/login", "", known)
	get[zikr.SignedIn](s, 200, "POST /auth/login", ali.token, right)
	s.refused(zikr.CodeRateLimited, "POST /auth/login", s.register("Vali").token, right)
	s.refused(zikr.CodeRateLimited, "POST /auth/login", "no token", fields{"login": ali.email, "password": "password of Ali", "device": "no device"})
	change := fields{"password": "a new one", "currentPassword": "wrong"}
	s.refused(zikr.CodeBadCredentials, "PATCH /me", ali.token, change)
	s.refused(zikr.CodeBadCredentials, "PATCH /me", ali.token, change)
	s.refused(zikr.CodeRateLimited, "PATCH /me", ali.token, fields{"password": "a new one", "currentPassword": "password of Ali"})
	get[zikr.Profile](s, 200, "PATCH /me", ali.token, fields{"name": "Alisher"}) // no password, no guess

	limit.asked = nil
	s.send("POST", prefix+"/auth/login", "", `{"login":"a@b","password":"x"}`, "X-Forwarded-For", "198.51.100.7, 127.0.0.9")
	if len(limit.asked) != 1 || limit.asked[0] != "198.51.100.7 a@b" {
		t.Errorf("behind a proxy: got %q, want the client's address", limit.asked)
	}
}

// Begin lets strictAttempts be a TimesLimit.
func (l *strictAttempts) Begin(userID string, _ time.Time) (func(bool), time.Duration, bool) {
	return l.begin(userID)
}

// TestContactChanges counts what tells whose an address is, and nothing else.
func TestContactChanges(t *testing.T) {
	s := newServer(t, func(o *Options) { o.ContactChanges = &strictAttempts{strict{left: 3}} })
	ali, vali := s.register("Ali"), s.register("Vali")
	for range 5 {
		get[zikr.Profile](s, 200, "PATCH /me", ali.token, fields{"name": "Ali"})
		s.refused(zikr.CodeInvalidPayload, "PATCH /me", ali.token, fields{"email": "no address"})
	}
	for range 3 {
		s.refused(zikr.CodeEmailTaken, "PATCH /me", ali.token, fields{"email": vali.email})
	}
	s.refused(zikr.CodeRateLimited, "PATCH /me", ali.token, fields{"email": "free@example.org"})
}

func TestSearches(t *testing.T) {
	s := newServer(t, func(o *Options) { o.Searches = &strictAttempts{strict{left: 3}} })
	ali := s.register("Ali")
	for range 3 {
		get[zikr.List[zikr.UserItem]](s, 200, "GET /users?q=ali", ali.token, nil)
	}
	if p := s.refused(zikr.CodeRateLimited, "GET /users?q=ali", ali.token, nil); p.RetryAfterMs != 90_000 {
		t.Errorf("got %d ms, want 90000", p.RetryAfterMs)
	}
}

func TestExportsAnHour(t *testing.T) {
	s := newServer(t, func(o *Options) { o.ExportTimes = &strictAttempts{strict{left: 2}} })
	ali := s.register("Ali")
	for range 2 {
		get[zikr.Export](s, 200, "GET /me/export", ali.token, nil)
	}
	if p := s.refused(zikr.CodeRateLimited, "GET /me/export", ali.token, nil); p.RetryAfterMs != 90_000 {
		t.Errorf("got %d ms, want 90000", p.RetryAfterMs)
	}
	get[zikr.Profile](s, 200, "GET /me", ali.token, nil)
}

// room is a HeldLimit that holds so much, and remembers the most that was held.
type room struct {
	mu         sync.Mutex
	left, held int64
	most       int64
}

func (r *room) Take(_ string, n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > r.left-r.held {
		return false
	}
	r.held += n
	r.most = max(r.most, r.held)
	return true
}

func (r *room) Give(_ string, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held -= n
}

// longGroup makes a group whose snapshot is no small answer.
func (s *server) longGroup(admin person) string {
	return get[zikr.Snapshot](s, 201, "POST /groups", admin.token, fields{
		"name": "Juma", "type": "quran", "isPublic": true, "dedication": strings.Repeat("d", 2000),
	}).ID
}

// TestBudgetIsGivenBack answers a hundred requests of each kind, when one at a time has room.
func TestBudgetIsGivenBack(t *testing.T) {
	requests, own, bodies, answers, exports := &room{left: 1}, &room{left: 1}, &room{left: 3000}, &room{left: 100_000}, &room{left: 1}
	s := newServer(t, func(o *Options) {
		o.AddressRequests, o.UserRequests, o.Bodies, o.Answers, o.UserExports = requests, own, bodies, answers, exports
	})
	ali := s.register("Ali")
	group := s.longGroup(ali)
	for range 100 {
		get[zikr.Snapshot](s, 200, "GET /groups/"+group, ali.token, nil)
		get[zikr.Export](s, 200, "GET /me/export", ali.token, nil)
		get[zikr.Profile](s, 200, "PATCH /me", ali.token, fields{"name": "Ali"})
		s.refused(zikr.CodeInvalidPayload, "PATCH /me", ali.token, fields{"name": ""})
		s.refused(zikr.CodeNotMember, "GET /groups/none", ali.token, nil)
	}
	for name, r := range map[string]*room{"requests": requests, "requests of a user": own, "bodies": bodies, "answers": answers, "exports": exports} {
		if r.held != 0 || r.most == 0 {
			t.Errorf("%s: %d is held after all of it, %d was at most", name, r.held, r.most)
		}
	}
}

// TestLargeExport is written in its turn where there is no room for its bytes, and gives the turn back.
func TestLargeExport(t *testing.T) {
	turns := &oneTurn{}
	s := newServer(t, func(o *Options) { o.Answers, o.Exports = &room{}, turns })
	ali := s.register("Ali")
	g := get[zikr.Snapshot](s, 201, "POST /groups", ali.token, fields{"name": "Juma", "type": "zikr", "isPublic": true, "zikr": fields{"name": "Salovat"}})
	for range 50 {
		s.do("POST /groups/"+g.ID+"/zikrs/"+g.Zikrs[0].ZikrID+"/counts", ali.token, fields{"count": 1})
	}
	if out := get[zikr.Export](s, 200, "GET /me/export", ali.token, nil); len(out.Counts) != 50 {
		t.Errorf("got %d countings, want 50", len(out.Counts))
	}
	if turns.took != 1 || turns.gave != 1 {
		t.Errorf("%d turns were taken, %d given back", turns.took, turns.gave)
	}
}

// oneTurn is a TurnLimit that counts.
type oneTurn struct{ took, gave int }

func (o *oneTurn) Take(context.Context, string) error { o.took++; return nil }
func (o *oneTurn) Give()                              { o.gave++ }

// TestNoRoom refuses with a whole problem where something has no room.
func TestNoRoom(t *testing.T) {
	for name, full := range map[string]func(*Options){
		"bodies":             func(o *Options) { o.Bodies = &room{} },
		"answers":            func(o *Options) { o.Answers = &room{} },
		"exports":            func(o *Options) { o.UserExports = &room{} },
		"exports, in turn":   func(o *Options) { o.Exports = noTurn{} },
		"requests of a user": func(o *Options) { o.UserRequests = &room{} },
		"requests":           func(o *Options) { o.AddressRequests = &room{} },
		"rate of a user":     func(o *Options) { o.UserRate = &strict{} },
		"rate of an address": func(o *Options) { o.AddressRate = &strict{} },
		"turns":              func(o *Options) { o.Reads = noTurn{} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, nil)
			ali := s.register("Ali")
			group := s.longGroup(ali)
			full(&s.api.Options)
			path, method := "/groups/"+group, "GET"
			body := any(nil)
			switch name {
			case "exports", "exports, in turn":
				path = "/me/export"
			case "bodies":
				path, method, body = "/me", "PATCH", fields{"name": "Ali"}
			}
			p := s.refused(zikr.CodeRateLimited, method+" "+path, ali.token, body)
			if p.RetryAfterMs <= 0 {
				t.Errorf("got %+v, want to be told when to come again", p)
			}
		})
	}
}

// slow is a Pace that lets a number pass, and then has each wait until it is let go.
type slow struct {
	strict
	wait time.Duration
}

func (l *slow) Wait(who string, _ time.Time) time.Duration {
	if l.take(who) {
		return 0
	}
	return l.wait
}

// TestRefusalsAreHeldUp has those wait who were refused too often, by their address, and nobody else.
func TestRefusalsAreHeldUp(t *testing.T) {
	pace := &slow{strict: strict{left: 2}, wait: 50 * time.Millisecond}
	s := newServer(t, func(o *Options) { o.Refusals = pace })
	ali := s.register("Ali")
	s.api.UserRate = &strict{left: 3}
	for range 3 {
		get[any](s, 200, "GET /me", ali.token, nil)
	}
	if len(pace.asked) != 0 {
		t.Fatalf("%v were counted as refused, want nobody", pace.asked)
	}
	for range 2 {
		s.refused(zikr.CodeRateLimited, "GET /me", ali.token, nil)
	}
	began := time.Now()
	s.refused(zikr.CodeRateLimited, "GET /me", ali.token, nil)
	if took := time.Since(began); took < pace.wait {
		t.Errorf("the third refusal came after %v, want it after %v at least", took, pace.wait)
	}
	if want := []string{"127.0.0.1", "127.0.0.1", "127.0.0.1"}; !slices.Equal(pace.asked, want) {
		t.Errorf("%v were counted, want %v", pace.asked, want)
	}
}

// noTurn is a TurnLimit for whom too many wait.
type noTurn struct{}

func (noTurn) Take(context.Context, string) error { return context.DeadlineExceeded }
func (noTurn) Give()                              {}

// TestLongRequests are refused before anything is done with them, and counted by the bound that they met.
func TestLongRequests(t *testing.T) {
	var met []string
	s := newServer(t, func(o *Options) {
		o.MaxQuery, o.MaxBody = 1000, 1000
		o.Met = func(bound string) { met = append(met, bound) }
	})
	s.refused(zikr.CodeInvalidPayload, "GET /users?q="+strings.Repeat("x", 1000), "", nil)
	s.refused(zikr.CodePayloadTooLarge, "POST /auth/login", "", fields{"login": strings.Repeat("x", 1000)})
	if want := BoundNames(); !slices.Equal(met, want) {
		t.Errorf("met %v, want %v", met, want)
	}
}
