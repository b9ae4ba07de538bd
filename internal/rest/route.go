package rest

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
)

// op is one operation of the API.
type op struct {
	id      string // unique, for programs that are made from the document
	at      string // method and path below prefix
	status  int    // of success
	summary string
	access  access
}

// access says who may call an operation.
type access int

const (
	anyone        access = iota
	signedIn             // who sends a token
	administrator        // an admin of the platform, who sends a token, or the operator
)

// section is operations that belong together in the documents.
type section struct {
	api *API
	tag string
}

// section begins a section of the documents.
func (a *API) section(tag, description string) section {
	doc := a.huma.OpenAPI()
	doc.Tags = append(doc.Tags, &huma.Tag{Name: tag, Description: description})
	return section{a, tag}
}

// answer is a response with a body.
type answer[O any] struct{ Body O }

// serve adds an operation that answers with a body. Beside what every operation
// of its kind may answer, it may fail as failures says.
func serve[I, O any](s section, o op, handle func(context.Context, *I) (O, error)) {
	whole := reflect.TypeFor[O]() == reflect.TypeFor[*zikr.Snapshot]()
	huma.Register(s.api.huma, operation[I](s, o, whole), func(ctx context.Context, in *I) (*answer[O], error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.api.problem(ctx, o.id, err)
		}
		return &answer[O]{out}, nil
	})
}

// serveEmpty adds an operation that answers without a body.
func serveEmpty[I any](s section, o op, handle func(context.Context, *I) error) {
	huma.Register(s.api.huma, operation[I](s, o, false), func(ctx context.Context, in *I) (*struct{}, error) {
		if err := handle(ctx, in); err != nil {
			return nil, s.api.problem(ctx, o.id, err)
		}
		return nil, nil
	})
}

// operation makes huma's operation of ours, whose input is an I. whole says that it answers with a
// whole snapshot, whatever it does.
func operation[I any](s section, o op, whole bool) huma.Operation {
	method, path, _ := strings.Cut(o.at, " ")
	out := huma.Operation{
		OperationID: o.id, Method: method, Path: prefix + path, Summary: o.summary, Tags: []string{s.tag}, DefaultStatus: o.status,
		Security: []map[string][]string{},
		// Bodies are read before, by readBody, and checked as they are decoded.
		MaxBodyBytes: -1, BodyReadTimeout: -1, SkipValidateBody: true,
		Middlewares: huma.Middlewares{s.api.readBody},
	}
	if o.access != anyone {
		out.Security = []map[string][]string{{"bearer": {}}}
		who := s.api.authenticate
		if o.access == administrator {
			who = s.api.authenticateAdmin
		}
		out.Middlewares = huma.Middlewares{who, s.api.limitUser}
		if bound := s.api.bounding(o, method, whole); bound != nil {
			out.Middlewares = append(out.Middlewares, bound)
		}
		out.Middlewares = append(out.Middlewares, s.api.limitEvents, s.api.readBody)
	}
	out.Responses = problems(append(usualCodes(reflect.TypeFor[I](), o.access), failures()[o.id]...))
	return out
}

// bounding is what bounds the answers of an operation, nil where they are small.
func (a *API) bounding(o op, method string, whole bool) func(huma.Context, func(huma.Context)) {
	switch {
	case o.id == "exportMe":
		return a.limitExports
	case o.id == "getMe": // it is asked for at the door
		return nil
	case method == http.MethodGet, whole:
		return a.boundAnswer
	default:
		return nil
	}
}

// usualCodes are those that every operation of a kind may fail with.
func usualCodes(input reflect.Type, who access) []zikr.Code {
	codes := []zikr.Code{zikr.CodeInternal}
	if who != anyone {
		codes = append(codes, zikr.CodeUnauthenticated, zikr.CodeTokenExpired, zikr.CodeSuspended, zikr.CodeRateLimited)
	}
	if who == administrator {
		codes = append(codes, zikr.CodeNotAdmin)
	}
	for _, f := range reflect.VisibleFields(input) {
		if f.Name == "Body" {
			codes = append(codes, zikr.CodePayloadTooLarge, zikr.CodeInvalidPayload)
		}
		if f.Tag.Get("path") != "" || f.Tag.Get("query") != "" {
			codes = append(codes, zikr.CodeInvalidPayload)
		}
	}
	return codes
}

// problems documents how an operation may fail.
func problems(codes []zikr.Code) map[string]*huma.Response {
	out := map[string]*huma.Response{}
	for status, ms := range byStatus(codes) {
		media := &huma.MediaType{Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}, Examples: map[string]*huma.Example{}}
		for _, m := range ms {
			media.Examples[string(m.Code)] = &huma.Example{Value: problemExample(m)}
		}
		out[strconv.Itoa(status)] = &huma.Response{
			Description: sentences(ms), Content: map[string]*huma.MediaType{"application/problem+json": media},
		}
	}
	return out
}

// sessionKey is where a request's context holds its session.
type sessionKey struct{}

// session is who calls an operation for those who are signed in.
func session(ctx context.Context) *zikr.Session {
	return ctx.Value(sessionKey{}).(*zikr.Session)
}

// caller is the id of the user who calls an operation for those who are signed in.
func caller(ctx context.Context) string { return session(ctx).UserID }

// authenticate finds out who calls.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	bounded, cancel := context.WithTimeout(ctx.Context(), a.Timeout)
	defer cancel()
	s, err := a.Service.Authenticate(bounded, ctx.Header("Authorization"))
	if err != nil {
		a.refuse(ctx, a.problem(ctx.Context(), "authenticate", err))
		return
	}
	next(huma.WithValue(ctx, sessionKey{}, s))
}

// limitEvents holds back a user who changes too much in too short a time.
func (a *API) limitEvents(ctx huma.Context, next func(huma.Context)) {
	if a.Events != nil && ctx.Method() != http.MethodGet && ctx.Method() != http.MethodHead {
		if retryAfter, ok := a.Events.Allow(caller(ctx.Context()), a.Now()); !ok {
			a.refuse(ctx, problemOf(zikr.RateLimited(retryAfter, "You are sending too much at once. Please wait a moment and try again.")))
			return
		}
	}
	next(ctx)
}
