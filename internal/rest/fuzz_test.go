package rest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/token"
)

// FuzzBody sends any body to every operation that has one, as somebody who is signed in: whatever it is, the answer
// is one of the API's own, and never an internal error.
func FuzzBody(f *testing.F) {
	api, signedIn := fuzzed(f)
	var doors []string
	for at, o := range operations(api) {
		if o.RequestBody != nil {
			doors = append(doors, at)
		}
	}
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"name":"G","type":"quran","isPublic":true}`, `{"count":1e2}`, `{"count":-0.5}`, `{"expiresAt":"2026-01-31T09:05:00Z"}`,
		`{"a":{"a":{"a":[[[[[[1]]]]]]}}}`, `{"name":"\ud800","surname":"\u202e"}`, `{"reminderHour":null,"remindOf":["x"]}`, `{"since":"x"}`, "\xff\xfe", `{"email":"`, `{"dueAt":null}`,
	} {
		f.Add(uint8(0), []byte(body))
	}
	f.Fuzz(func(t *testing.T, door uint8, body []byte) {
		method, path, _ := strings.Cut(doors[int(door)%len(doors)], " ")
		if path == "/me" && method == http.MethodDelete {
			t.Skip("it would end the one who asks")
		}
		r := httptest.NewRequestWithContext(t.Context(), method, prefix+strings.NewReplacer("{", "", "}", "").Replace(path), strings.NewReader(string(body)))
		r.Header.Set("Authorization", "Bearer "+signedIn)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s %q: %d %s", method, path, body, w.Code, w.Body)
		}
		if w.Code >= 400 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s %q: the answer is no JSON: %s", method, path, body, w.Body)
		}
	})
}

// fuzzed is an API over a database of its own, and the token of somebody.
func fuzzed(f *testing.F) (*API, string) {
	f.Helper()
	local, log := bus.NewLocal(), slog.New(slog.DiscardHandler)
	store, err := sqlstore.Open(context.Background(), sqlstore.Options{Dir: f.TempDir(), Publish: local.Publish, Log: log})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.Close() })
	tokens, err := token.New(token.Options{Secret: []byte(strings.Repeat("secret", 10)), Now: time.Now, Log: log})
	if err != nil {
		f.Fatal(err)
	}
	service := zikr.New(zikr.Config{
		Store: store, Bus: local, Presence: bus.NewLocalPresence(), Tokens: tokens, Passwords: plainPasswords{}, Log: log,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	})
	f.Cleanup(service.Close)
	in, err := service.Register(context.Background(), zikr.Registration{Name: "Ali", Surname: "Karimov", Email: "ali@example.org", Password: "a good password"})
	if err != nil {
		f.Fatal(err)
	}
	api, err := New(Options{Service: service, Log: log})
	if err != nil {
		f.Fatal(err)
	}
	return api, in.Token
}
