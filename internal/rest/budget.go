package rest

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/zikr-app/zikr"
)

// Budget is what requests may use up (docs/security.md). What is nil or zero limits nothing.
type Budget struct {
	AddressRate, UserRate         RateLimit // requests, GET too
	Refusals                      Pace      // of requests, by address: those beyond are given later
	AddressRequests, UserRequests HeldLimit // requests under way
	Bodies                        HeldLimit // bytes of bodies, by address
	Answers                       HeldLimit // bytes of answers that are being written, by user
	UserExports                   HeldLimit // under way or waiting for their turn, by user
	Searches, ContactChanges      TimesLimit
	ExportTimes                   TimesLimit // exports, refused ones too
	// Reads are the turns of those who make large answers, by user, or have a picture drawn, by address. Exports are
	// those of who makes an export, by user, and Hashes of who has a password hashed, by device or address.
	Reads, Exports, Hashes TurnLimit
	MaxQuery               int // bytes of path and query
	// Met is told of each bound that the API holds by itself and that was met, by its name (BoundNames).
	Met func(bound string)

	// Who names whoever is behind an address. Default: the address.
	Who func(netip.Addr) string
	// Saw is told who is signed in at an address.
	Saw func(address netip.Addr, userID string, now time.Time)
	// Refused is told of whoever an operator may want to keep out.
	Refused func(why Refusal, address netip.Addr)
}

// The names of the bounds that the API holds by itself: MaxQuery, and Options.MaxBody.
const (
	boundQuery = "query_bytes"
	boundBody  = "body_bytes"
)

// BoundNames are all names that Budget.Met may be told.
func BoundNames() []string { return []string{boundQuery, boundBody} }

// Refusal is why a request was refused, as the log says it.
type Refusal string

// Why the log speaks of a client.
const (
	WrongPassword  Refusal = "wrong password"
	LoginRefused   Refusal = "log-in refused"
	SignUpRefused  Refusal = "sign-up refused"
	RequestRefused Refusal = "request refused"
)

// RateLimit limits how often one user, or one address, may do something. The gateway shares that of
// events with the API.
type RateLimit interface {
	// Allow takes one of key's, or says when to try again.
	Allow(key string, now time.Time) (retryAfter time.Duration, ok bool)
}

// Pace holds up those who do something too often.
type Pace interface {
	// Wait takes one of key's, and says how long to wait for it: no longer than a second.
	Wait(key string, now time.Time) time.Duration
}

// HeldLimit limits how much is held at once, in all and by key.
type HeldLimit interface {
	// Take holds n for key if there is room. What was taken must be given back.
	Take(key string, n int64) bool
	Give(key string, n int64)
}

// TurnLimit lets a few do something at once, in turn by key.
type TurnLimit interface {
	// Take waits for a turn, which must be given back, until ctx ends; it fails at once if too many wait.
	Take(ctx context.Context, key string) error
	Give()
}

// TimesLimit limits how many times a user does something in a span of time.
type TimesLimit interface {
	// Begin asks for one time. If ok, done must be called once with whether it counts; else
	// retryAfter says when to try again.
	Begin(userID string, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool)
}

// soon is when to try again what others hold at the moment.
const soon = time.Second

func (b Budget) withDefaults() Budget {
	if b.Who == nil {
		b.Who = netip.Addr.String
	}
	if b.Saw == nil {
		b.Saw = func(netip.Addr, string, time.Time) {}
	}
	if b.Met == nil {
		b.Met = func(string) {}
	}
	if b.Refused == nil {
		b.Refused = func(Refusal, netip.Addr) {}
	}
	return b
}

// enter lets a request in, unless its address asks too much. leave must be called when it is answered.
func (a *API) enter(r *http.Request, address netip.Addr) (leave func(), problem *Problem) {
	if a.MaxQuery > 0 && len(r.URL.RequestURI()) > a.MaxQuery {
		a.Met(boundQuery)
		return nil, problemOf(zikr.Errorf(zikr.CodeInvalidPayload, "The path and query are longer than %d bytes, the most that is read.", a.MaxQuery))
	}
	who := a.Who(address)
	if a.AddressRate != nil {
		if retryAfter, ok := a.AddressRate.Allow(who, a.Now()); !ok {
			a.Refused(RequestRefused, address)
			a.holdUp(r.Context(), address)
			return nil, problemOf(zikr.RateLimited(retryAfter, "There are too many requests from your address. Please wait a moment and try again."))
		}
	}
	if a.AddressRequests == nil {
		return func() {}, nil
	}
	if !a.AddressRequests.Take(who, 1) {
		a.Refused(RequestRefused, address)
		a.holdUp(r.Context(), address)
		return nil, problemOf(zikr.RateLimited(soon, "There are too many requests under way. Please wait a moment and try again."))
	}
	return func() { a.AddressRequests.Give(who, 1) }, nil
}

// holdUp keeps a client waiting for a refusal whose address has had too many: who asks again at once, however often it
// is refused, is to cost little. Nothing that others wait for may be held meanwhile.
func (a *API) holdUp(ctx context.Context, address netip.Addr) {
	if a.Refusals == nil {
		return
	}
	wait := a.Refusals.Wait(a.Who(address), a.Now())
	if wait == 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// limitUser holds back a user who asks too much.
func (a *API) limitUser(ctx huma.Context, next func(huma.Context)) {
	user := caller(ctx.Context())
	a.Saw(addressOf(ctx.Context()), user, a.Now())
	if a.UserRate != nil {
		if retryAfter, ok := a.UserRate.Allow(user, a.Now()); !ok {
			a.holdUp(ctx.Context(), addressOf(ctx.Context()))
			a.refuse(ctx, problemOf(zikr.RateLimited(retryAfter, "You are asking too much at once. Please wait a moment and try again.")))
			return
		}
	}
	a.holding(ctx, next, a.UserRequests, "You have too many requests under way. Please wait for their answers.")
}

// limitExports lets few be made at once, in turn by user, since each takes what a user has ever done into memory. Each
// user has one under way, or waiting, and some in an hour.
func (a *API) limitExports(ctx huma.Context, next func(huma.Context)) {
	if err := a.oftenEnough(ctx.Context(), a.ExportTimes, "You have asked for your data too often. Please wait a while and try again."); err != nil {
		a.holdUp(ctx.Context(), addressOf(ctx.Context()))
		a.refuse(ctx, problemOf(err))
		return
	}
	inTurn := func(ctx huma.Context) { a.answerInTurn(ctx, next, a.Exports, true) }
	a.holding(ctx, inTurn, a.UserExports, "An export of yours is being made already, or too many wait for theirs. Please try again in a moment.")
}

// oftenEnough takes one time of the caller's, or says that there were too many.
func (a *API) oftenEnough(ctx context.Context, times TimesLimit, refusal string) *zikr.Error {
	if times == nil {
		return nil
	}
	done, retryAfter, ok := times.Begin(caller(ctx), a.Now())
	if !ok {
		return zikr.RateLimited(retryAfter, "%s", refusal)
	}
	done(true)
	return nil
}

// holding runs next while it holds one of the caller's.
func (a *API) holding(ctx huma.Context, next func(huma.Context), held HeldLimit, full string) {
	if held == nil {
		next(ctx)
		return
	}
	user := caller(ctx.Context())
	if !held.Take(user, 1) {
		a.holdUp(ctx.Context(), addressOf(ctx.Context()))
		a.refuse(ctx, problemOf(zikr.RateLimited(soon, "%s", full)))
		return
	}
	defer held.Give(user, 1)
	next(ctx)
}

// boundAnswer has the bytes of the answer counted while they are written, and lets the caller make it
// when it is their turn.
func (a *API) boundAnswer(ctx huma.Context, next func(huma.Context)) {
	a.answerInTurn(ctx, next, a.Reads, false)
}

// answerInTurn makes a large answer when it is the caller's turn. One that keeps its turn is written in it, if there is no
// room for its bytes among those of other answers.
func (a *API) answerInTurn(ctx huma.Context, next func(huma.Context), turns TurnLimit, keeps bool) {
	user := caller(ctx.Context())
	_, w := humago.Unwrap(ctx)
	rec, ok := w.(*recorder)
	if !ok {
		next(ctx)
		return
	}
	rec.answers, rec.user, rec.keeps = a.Answers, user, keeps
	defer rec.done()
	if turns == nil {
		next(ctx)
		return
	}
	bounded, cancel := context.WithTimeout(ctx.Context(), a.Timeout)
	defer cancel()
	if err := turns.Take(bounded, user); err != nil {
		a.refuse(ctx, a.problem(ctx.Context(), "wait to read", err))
		return
	}
	rec.turn = turns
	next(ctx)
}

// inTurn runs what has a password hashed. Only so many are at once, and whose turn is next goes
// round by device or address.
func (a *API) inTurn(ctx context.Context, who string, hash func() error) error {
	if a.Hashes == nil {
		return hash()
	}
	if err := a.Hashes.Take(ctx, who); err != nil {
		return zikr.RateLimited(soon, "Too many are signing in at the moment. Please try again in a moment.")
	}
	defer a.Hashes.Give()
	return hash()
}
