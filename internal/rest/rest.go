// Package rest is the HTTP API: section 6 of the wire contract, and the
// documents that describe it and the events. A handler decodes a request into the type of
// a use case, calls the use case, and writes what it returns.
package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/address"
)

// prefix is where the API begins.
const prefix = "/api/v1"

// Options is what an API is made of. Only Service is required, and not even
// that where nothing but the documents is wanted.
type Options struct {
	Service *zikr.Service
	Version string       // of the program, for the documents
	Log     *slog.Logger // default: slog.Default()

	// Limits (contract section 5). One that is nil limits nothing.
	Events  RateLimit
	SignUps SignUpLimit
	Logins  LoginLimit
	Links   SignUpLimit // codes of links that do not exist
	Budget

	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// CORSOrigins are the web sites that may use the API beside the server's own, like
	// "https://app.example.org"; "*" is every one.
	CORSOrigins []string

	// Ready says why the server cannot serve at the moment; nil if it can.
	Ready func(context.Context) error
	// Degraded reports whether it can, but worse than usual; nil: never.
	Degraded func() bool
	// Observe is told of every request that was answered: its route, like
	// "POST /api/v1/groups" ("" if there is none such), and how.
	Observe func(route string, status int, took time.Duration)

	// AccessLog writes a line for each answered request; else there is one at the level of debugging.
	AccessLog bool

	MaxBody     int64         // of a request, in bytes. Default: 100,000
	BodyTimeout time.Duration // for a request's body to arrive. Default: 20 s
	Timeout     time.Duration // for a use case to answer. Default: 10 s
	Now         func() time.Time
}

// SignUpLimit limits how often something is done from one address: accounts made, links looked for in vain.
type SignUpLimit interface {
	// Begin asks for one attempt. If ok, done must be called once with whether
	// it counts; else retryAfter says when to try again.
	Begin(address netip.Addr, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool)
}

// LoginLimit limits guesses at passwords.
type LoginLimit interface {
	// Begin asks for one attempt at a login from an address, by a device that has signed in to it
	// before; "" for none. If ok, done must be called once with whether the password was wrong.
	Begin(address netip.Addr, login, device string, now time.Time) (done func(failed bool), retryAfter time.Duration, ok bool)
}

// API answers HTTP requests. It is safe for concurrent use.
type API struct {
	Options
	mux  *http.ServeMux
	huma huma.API

	openAPI  []byte
	asyncAPI []byte
	docs     page
}

// New makes the API. It fails when a document cannot be made, which is an error in the program.
func New(opts Options) (*API, error) {
	a, err := newDescribed(opts)
	if err == nil {
		a.forgetResponses()
	}
	return a, err
}

// newDescribed makes an API that still knows how its operations answer.
func newDescribed(opts Options) (*API, error) {
	a := &API{Options: opts.withDefaults(), mux: http.NewServeMux()}
	a.huma = a.newHuma()
	if err := a.routes(); err != nil {
		return nil, err
	}
	if err := a.describe(); err != nil {
		return nil, err
	}
	a.serveSystem()
	return a, nil
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.MaxBody == 0 {
		o.MaxBody = 100_000
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = 20 * time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	o.Budget = o.Budget.withDefaults()
	return o
}

// ServeHTTP answers one request, whatever it is: what no route matches is a
// problem of the API's own too.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	from := address.Of(r, a.TrustedProxies)
	ctx := context.WithValue(r.Context(), addressKey{}, from)
	ctx = context.WithValue(ctx, originKey{}, address.Origin(r, a.TrustedProxies))
	r = r.WithContext(context.WithValue(ctx, deviceKey{}, r.UserAgent()))
	defer a.finish(rec, r, a.Now())
	secure(rec.Header())
	a.allowOrigin(rec.Header(), r)
	if r.Method == http.MethodOptions {
		a.answerOptions(rec, r)
		return
	}
	leave, problem := a.enter(r, from)
	if problem != nil {
		writeProblem(rec, problem)
		return
	}
	defer leave()
	if problem := unspeakable(r.URL); problem != nil {
		writeProblem(rec, problem)
		return
	}
	if _, pattern := a.mux.Handler(r); pattern == "" {
		a.answerUnmatched(rec, r)
		return
	}
	a.mux.ServeHTTP(rec, r)
}
