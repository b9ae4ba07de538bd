package token

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/zikr-app/zikr"
)

// serveKeys serves a JWK set at a loopback address.
func serveKeys(t *testing.T, keys ...object) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, keySetOf(t, keys...))
	}))
	t.Cleanup(server.Close)
	return server
}

func keySetOf(t *testing.T, keys ...object) string {
	t.Helper()
	var all []string
	for _, k := range keys {
		all = append(all, unsegment(t, k))
	}
	return `{"keys":[` + strings.Join(all, ",") + `]}`
}

func unsegment(t *testing.T, v object) string {
	t.Helper()
	data, err := jwt.NewParser().DecodeSegment(segment(t, v))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// site is a JWKS host without a network: it answers what it is told to.
type site struct {
	mu     sync.Mutex
	body   string
	status int
	err    error
	asked  atomic.Int32
}

func (s *site) say(body string, status int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body, s.status, s.err = body, status, err
}

func (s *site) RoundTrip(*http.Request) (*http.Response, error) {
	s.asked.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{StatusCode: s.status, Status: http.StatusText(s.status), Body: io.NopCloser(strings.NewReader(s.body)), Header: http.Header{}}, nil
}

// at makes a JWT that asks site; the caller must Close it within its bubble.
func (s *site) at(t *testing.T) *JWT {
	t.Helper()
	j, err := New(Options{
		Secret: secret, Audience: "app", JWKSURL: "https://id.example.org/keys", Client: &http.Client{Transport: s},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestEveryAsymmetricKind(t *testing.T) {
	keys := []keyOf{rsaKey(t, "r"), ecKey(t, "e"), edKey(t, "o")}
	server := serveKeys(t, keys[0].jwk, keys[1].jwk, keys[2].jwk, object{"kty": "OKP", "crv": "Ed448", "kid": "unknown kind", "x": "AA"}, object{"kty": "moon"})
	j := issuer(t, Options{Audience: "app", JWKSURL: server.URL})
	claims := object{"sub": "u", "aud": "app"} // no exp: allowed, since a JWKS key verified it
	for _, k := range keys {
		got, err := j.Verify(t.Context(), k.sign(t, claims))
		if err != nil || got.UserID != "u" || got.Version != -1 || !got.Expires.IsZero() {
			t.Errorf("%s: got %+v, %v", k.alg, got, err)
		}
		withoutKid := signed(t, k.method, k.key, object{"alg": k.alg}, claims)
		if _, err := j.Verify(t.Context(), withoutKid); err != nil {
			t.Errorf("%s without kid: %v", k.alg, err)
		}
	}
	own, _, _ := j.Issue(zikr.Claims{UserID: "u", Version: 1})
	if got, err := j.Verify(t.Context(), own); err != nil || got.Version != 1 {
		t.Errorf("own token beside a JWKS: got %+v, %v", got, err)
	}
}

func TestKeyForEncryptionVerifiesNothing(t *testing.T) {
	k := rsaKey(t, "enc")
	k.jwk["use"] = "enc"
	j := issuer(t, Options{Audience: "app", JWKSURL: serveKeys(t, k.jwk, edKey(t, "o").jwk).URL})
	for _, header := range []object{{"alg": "RS256", "kid": "enc"}, {"alg": "RS256"}} {
		_, err := j.Verify(t.Context(), signed(t, k.method, k.key, header, object{"sub": "u", "aud": "app"}))
		if code := zikr.CodeOf(err); code != zikr.CodeUnauthenticated {
			t.Errorf("%v: got %v, want %s", header, err, zikr.CodeUnauthenticated)
		}
	}
}

func TestKeyIsPinnedToItsAlgorithm(t *testing.T) {
	k := rsaKey(t, "r")
	k.jwk["alg"] = "PS256"
	j := issuer(t, Options{Audience: "app", JWKSURL: serveKeys(t, k.jwk).URL})
	_, err := j.Verify(t.Context(), k.sign(t, object{"sub": "u", "aud": "app"}))
	if code := zikr.CodeOf(err); code != zikr.CodeUnauthenticated {
		t.Errorf("got %v, want %s", err, zikr.CodeUnauthenticated)
	}
}

// TestDeadHost shows that a host without an answer is an outage: own tokens
// stay good, others are neither believed nor called bad, and it heals by itself.
func TestDeadHost(t *testing.T) {
	k := edKey(t, "k")
	answers := map[string]func(*site){
		"no connection":  func(s *site) { s.say("", 0, io.ErrUnexpectedEOF) },
		"status 500":     func(s *site) { s.say("oops", 500, nil) },
		"a redirect":     func(s *site) { s.say("", 302, nil) },
		"no JSON":        func(s *site) { s.say("<html>", 200, nil) },
		"no keys":        func(s *site) { s.say(`{"keys":[]}`, 200, nil) },
		"a description":  func(s *site) { s.say(description, 200, nil) },
		"an endless set": func(s *site) { s.say(`{"keys":["`+strings.Repeat("x", 2<<20), 200, nil) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				host := &site{}
				answer(host)
				j := host.at(t)
				defer j.Close()
				_, err := j.Verify(t.Context(), k.sign(t, object{"sub": "u", "aud": "app"}))
				if code := zikr.CodeOf(err); code != zikr.CodeRateLimited {
					t.Errorf("got %v, want to be told to come again", err)
				}
				own, _, _ := j.Issue(zikr.Claims{UserID: "u", Version: 1})
				if _, err := j.Verify(t.Context(), own); err != nil {
					t.Errorf("own token: %v", err)
				}
				host.say(keySetOf(t, k.jwk), 200, nil)
				time.Sleep(refreshPause + time.Second)
				synctest.Wait()
				if _, err := j.Verify(t.Context(), k.sign(t, object{"sub": "u", "aud": "app"})); err != nil {
					t.Errorf("after the host came back: %v", err)
				}
			})
		})
	}
}

// description is what an issuer says of itself, at an address that is often taken for that of its keys.
const description = `{"issuer":"https://id.example.org","jwks_uri":"https://id.example.org/jwks"}`

// TestDescriptionForKeys shows that who named it is told where the keys are.
func TestDescriptionForKeys(t *testing.T) {
	host := &site{}
	host.say(description, 200, nil)
	_, err := Examine(t.Context(), Options{Secret: secret, Audience: "app", JWKSURL: "https://id.example.org/.well-known/openid-configuration", Client: &http.Client{Transport: host}})
	if err == nil || !strings.Contains(err.Error(), `set ZIKR_JWT_JWKS_URL to the jwks_uri in it, "https://id.example.org/jwks"`) {
		t.Errorf("got %v, want a sentence that names the address of the keys", err)
	}
}

func TestKnownKeysOutliveTheirHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := edKey(t, "k")
		host := &site{}
		host.say(keySetOf(t, k.jwk), 200, nil)
		j := host.at(t)
		defer j.Close()
		synctest.Wait()
		host.say("", 0, io.ErrUnexpectedEOF)
		time.Sleep(2 * refreshEvery)
		if _, err := j.Verify(t.Context(), k.sign(t, object{"sub": "u", "aud": "app"})); err != nil {
			t.Error(err)
		}
	})
}

func TestRotatedKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := edKey(t, "1"), edKey(t, "2")
		host := &site{}
		host.say(keySetOf(t, before.jwk), 200, nil)
		j := host.at(t)
		defer j.Close()
		synctest.Wait()
		host.say(keySetOf(t, after.jwk), 200, nil)
		time.Sleep(refreshPause)
		if _, err := j.Verify(t.Context(), after.sign(t, object{"sub": "u", "aud": "app"})); err != nil {
			t.Errorf("the new key is not asked for: %v", err)
		}
		_, err := j.Verify(t.Context(), before.sign(t, object{"sub": "u", "aud": "app"}))
		if code := zikr.CodeOf(err); code != zikr.CodeUnauthenticated {
			t.Errorf("the key that was withdrawn: got %v, want %s", err, zikr.CodeUnauthenticated)
		}
	})
}

// TestUnknownKidsDoNotFlood shows that nobody can make this server hammer the issuer's host.
func TestUnknownKidsDoNotFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stranger := edKey(t, "who")
		host := &site{}
		host.say(keySetOf(t, edKey(t, "k").jwk), 200, nil)
		j := host.at(t)
		defer j.Close()
		token := stranger.sign(t, object{"sub": "u", "aud": "app"})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				_, err := j.Verify(t.Context(), token)
				if code := zikr.CodeOf(err); code != zikr.CodeUnauthenticated {
					t.Errorf("got %v, want %s", err, zikr.CodeUnauthenticated)
				}
			})
		}
		wg.Wait()
		if n := host.asked.Load(); n != 1 {
			t.Errorf("the host was asked %d times, want 1", n)
		}
	})
}

// TestRedirects shows that keys never come over a way less safe than the one configured.
func TestRedirects(t *testing.T) {
	request := func(url string) *http.Request { return httptest.NewRequest(http.MethodGet, url, nil) }
	tests := []struct {
		from, to string
		follow   bool
	}{
		{"https://a.example/", "https://b.example/", true},
		{"http://127.0.0.1/", "https://b.example/", true},
		{"http://127.0.0.1/", "http://localhost:81/", true},
		{"http://127.0.0.1/", "http://b.example/", false},
		{"https://a.example/", "http://b.example/", false},
	}
	for _, test := range tests {
		err := sameSafety(request(test.to), []*http.Request{request(test.from)})
		if (err == nil) != test.follow {
			t.Errorf("%s to %s: got %v, want followed %t", test.from, test.to, err, test.follow)
		}
	}
	if sameSafety(request("http://a.example/"), make([]*http.Request, 5)) == nil {
		t.Error("a sixth redirect is followed")
	}
}

// TestWhoseKeysAreTrusted refuses a start that would believe strangers.
func TestWhoseKeysAreTrusted(t *testing.T) {
	for _, o := range []Options{
		{JWKSURL: "https://id.example.org/keys"},
		{JWKSURL: "http://id.example.org/keys", Issuer: "id"},
		{JWKSURL: "http://10.0.0.1/keys", Audience: "app"},
		{JWKSURL: "ftp://127.0.0.1/keys", Audience: "app"},
		{JWKSURL: "/keys", Audience: "app"},
	} {
		o.Secret = secret
		if j, err := New(o); err == nil {
			j.Close()
			t.Errorf("%+v is taken", o)
		}
	}
	for _, url := range []string{"http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/"} {
		issuer(t, Options{JWKSURL: url, Issuer: "id", Log: slog.New(slog.DiscardHandler)})
	}
}

// TestOutageIsOneLine logs the beginning and the end of an outage, not each request in it.
func TestOutageIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := edKey(t, "k")
		host, log := &site{}, &bytes.Buffer{}
		host.say("", 0, io.ErrUnexpectedEOF)
		j := issuer(t, Options{Audience: "app", JWKSURL: "https://id.example.org/keys", Client: &http.Client{Transport: host}, Log: slog.New(slog.NewTextHandler(log, nil))})
		for range 200 {
			_, _ = j.Verify(t.Context(), k.sign(t, object{"sub": "u", "aud": "app"}))
			time.Sleep(time.Second)
		}
		host.say(keySetOf(t, k.jwk), 200, nil)
		time.Sleep(2 * refreshPause)
		synctest.Wait()
		j.Close()
		if lines := strings.Count(log.String(), "\n"); lines != 2 {
			t.Errorf("an outage of 200 requests is %d lines, want 2:\n%s", lines, log)
		}
	})
}

// TestVerifiedEmail takes an address only from an issuer who says that it is the user's; one who
// shares the secret need not say it.
func TestVerifiedEmail(t *testing.T) {
	k := edKey(t, "k")
	j := issuer(t, Options{Audience: "app", JWKSURL: serveKeys(t, k.jwk).URL})
	for _, tt := range []struct {
		verified             any
		byKey, byShareSecret string
	}{
		{nil, "", "a@example.org"}, {true, "a@example.org", "a@example.org"}, {"true", "a@example.org", "a@example.org"}, {false, "", ""}, {"yes", "", ""}, {1, "", ""},
	} {
		claims := object{"sub": "u", "aud": "app", "email": "a@example.org", "exp": clock.Unix() + 60}
		if tt.verified != nil {
			claims["email_verified"] = tt.verified
		}
		if got, err := j.Verify(t.Context(), k.sign(t, claims)); err != nil || got.Email != tt.byKey {
			t.Errorf("by a key, verified %v: got %q, %v, want %q", tt.verified, got.Email, err, tt.byKey)
		}
		claims["iss"] = "app"
		if got, err := issuer(t, Options{Audience: "app", Issuer: "app"}).Verify(t.Context(), hs256(t, claims)); err != nil || got.Email != tt.byShareSecret {
			t.Errorf("by the secret, verified %v: got %q, %v, want %q", tt.verified, got.Email, err, tt.byShareSecret)
		}
	}
}
