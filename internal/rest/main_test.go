package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/token"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// plainPasswords is zikr.Passwords without the cost: it hashes nothing.
type plainPasswords struct{}

func (plainPasswords) Hash(_ context.Context, password string) (string, error) {
	return "plain:" + password, nil
}

func (plainPasswords) Verify(_ context.Context, hash, password string) (bool, error) {
	return hash == "plain:"+password, nil
}

// clock is a time that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// flakyStore is a store that a test can break.
type flakyStore struct {
	zikr.Store
	broken atomic.Pointer[error]
}

func (f *flakyStore) View(ctx context.Context, query func(zikr.Reader) error) error {
	if err := f.broken.Load(); err != nil {
		return *err
	}
	return f.Store.View(ctx, query)
}

// server is the API over the real domain and the real store, listening.
type server struct {
	tokens *token.JWT
	t      *testing.T
	api    *API
	http   *httptest.Server
	clock  *clock
	logs   *lockedBuffer
	store  *flakyStore

	mu     sync.Mutex
	routes []string // what Observe was told, in order
}

// lockedBuffer is a log that a test can read.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newServer starts a server. change, if not nil, changes its options first.
func newServer(t *testing.T, change func(*Options)) *server {
	t.Helper()
	s := &server{t: t, clock: &clock{at: time.Now()}, logs: &lockedBuffer{}, store: &flakyStore{}}
	log := slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	opts := Options{
		Service: s.newService(log), Version: "1.2.3", Log: log, Now: s.clock.now,
		Observe: func(route string, status int, _ time.Duration) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.routes = append(s.routes, route+" "+strconv.Itoa(status))
		},
	}
	if change != nil {
		change(&opts)
	}
	var err error
	if s.api, err = newDescribed(opts); err != nil {
		t.Fatal(err)
	}
	s.http = httptest.NewServer(s.api)
	t.Cleanup(s.http.Close)
	return s
}

func (s *server) newService(log *slog.Logger) *zikr.Service {
	t := s.t
	t.Helper()
	local := bus.NewLocal()
	store, err := sqlstore.Open(t.Context(), sqlstore.Options{
		Dir: filepath.Join(t.TempDir(), "data"), Publish: local.Publish, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	s.store.Store = store
	tokens, err := token.New(token.Options{Secret: []byte(strings.Repeat("secret", 10)), Now: s.clock.now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.tokens = tokens
	service := zikr.New(zikr.Config{
		Store: s.store, Bus: local, Presence: bus.NewLocalPresence(), Tokens: tokens, Passwords: plainPasswords{},
		Devices: token.NewDevices([]byte("secret")),
		NewID:   func() string { return uuid.Must(uuid.NewV7()).String() }, Now: s.clock.now, Log: log,
	})
	t.Cleanup(service.Close)
	return service
}

// reply is what a request was answered with.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request with a body as it stands.
func (s *server) send(method, path, bearer, body string, headers ...string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{resp.StatusCode, resp.Header, data}
}

// do calls an operation below /api/v1 and checks that the answer is one that the
// document promises. at is method and path; body is what to send as JSON, nil for nothing.
func (s *server) do(at, bearer string, body any) reply {
	s.t.Helper()
	method, path, _ := strings.Cut(at, " ")
	text := ""
	if body != nil {
		text = string(encoded(s.t, body))
	}
	r := s.send(method, prefix+path, bearer, text, "Content-Type", "application/json")
	s.conforms(at, r)
	return r
}

// conforms checks an answer against the document.
func (s *server) conforms(at string, r reply) {
	s.t.Helper()
	method, path, _ := strings.Cut(at, " ")
	path, _, _ = strings.Cut(path, "?")
	probe := httptest.NewRequest(method, prefix+path, nil)
	_, pattern := s.api.mux.Handler(probe)
	o := operations(s.api)[strings.Replace(pattern, prefix, "", 1)]
	if o == nil {
		return
	}
	response := o.Responses[strconv.Itoa(r.status)]
	if response == nil {
		s.t.Errorf("%s: status %d is not in the document: %s", at, r.status, r.body)
		return
	}
	for contentType, media := range response.Content {
		if got := r.header.Get("Content-Type"); got != contentType {
			s.t.Errorf("%s: got type %q, want %q", at, got, contentType)
		}
		errs := mismatches(s.t, s.api.huma.OpenAPI().Components.Schemas, media.Schema, json.RawMessage(r.body))
		if len(errs) > 0 {
			s.t.Errorf("%s: the answer is not as documented: %v: %s", at, errs, r.body)
		}
	}
	s.codeIsDocumented(at, response, r)
}

func (s *server) codeIsDocumented(at string, response *huma.Response, r reply) {
	s.t.Helper()
	media := response.Content["application/problem+json"]
	if media == nil {
		return
	}
	if p := s.problemOf(r); media.Examples[string(p.Code)] == nil {
		s.t.Errorf("%s: code %s is not in the document", at, p.Code)
	}
}

// problemOf reads an error.
func (s *server) problemOf(r reply) Problem {
	s.t.Helper()
	var p Problem
	if err := json.Unmarshal(r.body, &p); err != nil {
		s.t.Fatalf("not a problem: %v: %s", err, r.body)
	}
	if p.Status != r.status || p.Title != http.StatusText(r.status) || p.Detail == "" || r.header.Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("got %s of type %q with status %d", r.body, r.header.Get("Content-Type"), r.status)
	}
	return p
}

// get calls an operation that must answer with status, and reads the answer.
func get[T any](s *server, status int, at, bearer string, body any) T {
	s.t.Helper()
	r := s.do(at, bearer, body)
	var out T
	if r.status != status {
		s.t.Fatalf("%s: got %d %s, want %d", at, r.status, r.body, status)
	}
	if status == http.StatusNoContent {
		if len(r.body) > 0 {
			s.t.Errorf("%s: got a body with 204: %s", at, r.body)
		}
		return out
	}
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		s.t.Fatalf("%s: %v: %s", at, err, r.body)
	}
	return out
}

// refused calls an operation that must fail with a code.
func (s *server) refused(code zikr.Code, at, bearer string, body any) Problem {
	s.t.Helper()
	r := s.do(at, bearer, body)
	p := s.problemOf(r)
	if p.Code != code || p.Status != statusOf(code) {
		s.t.Errorf("%s: got %d %s (%s), want %s", at, p.Status, p.Code, p.Detail, code)
	}
	return p
}

// person is somebody with an account.
type person struct{ id, token, email string }

func (s *server) register(name string) person {
	s.t.Helper()
	email := strings.ToLower(name) + "@example.org"
	in := get[zikr.SignedIn](s, 201, "POST /auth/register", "", zikr.Registration{Name: name, Surname: "Karimov", Email: email, Password: "password of " + name})
	return person{in.User.ID, in.Token, email}
}

type fields = map[string]any
