package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/zikr-app/zikr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	secret      = []byte("a secret of thirty-two bytes, or more")
	otherSecret = []byte("another secret, that nobody configured")
	clock       = time.Date(2026, 1, 31, 9, 5, 0, 0, time.UTC)
)

type object = map[string]any

// issuer makes a JWT whose clock stands still.
func issuer(t *testing.T, o Options) *JWT {
	t.Helper()
	if o.Secret == nil {
		o.Secret = secret
	}
	if o.Now == nil {
		o.Now = func() time.Time { return clock }
	}
	j, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	return j
}

// signed makes a token with the header's and payload's very words.
func signed(t testing.TB, method jwt.SigningMethod, key any, header, claims any) string {
	t.Helper()
	text := segment(t, header) + "." + segment(t, claims)
	signature, err := method.Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// segment encodes v; a string stands for itself.
func segment(t testing.TB, v any) string {
	t.Helper()
	data, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		data = string(b)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(data))
}

func hs256(t testing.TB, claims any) string {
	t.Helper()
	return signed(t, jwt.SigningMethodHS256, secret, object{"alg": "HS256", "typ": "JWT"}, claims)
}

// with is claims and some more or others; nil takes one away.
func with(claims object, pairs ...any) object {
	out := object{}
	for k, v := range claims {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		if name := pairs[i].(string); pairs[i+1] == nil {
			delete(out, name)
		} else {
			out[name] = pairs[i+1]
		}
	}
	return out
}

func TestIssuedTokenVerifies(t *testing.T) {
	j := issuer(t, Options{Audience: "mosque"})
	token, _, err := j.Issue(zikr.Claims{UserID: "user-1", Version: 7})
	if err != nil {
		t.Fatal(err)
	}
	got, err := j.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.TokenID) != 36 {
		t.Errorf("TokenID is %q, want a UUID", got.TokenID)
	}
	want := zikr.Claims{UserID: "user-1", TokenID: got.TokenID, Version: 7, Issued: clock, Expires: clock.Add(60 * 24 * time.Hour)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	var claims object
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	wantClaims := object{"iss": "zikr", "sub": "user-1", "id": "user-1", "aud": "mosque", "ver": 7.0, "jti": got.TokenID,
		"iat": float64(clock.Unix()), "exp": float64(clock.Unix() + 60*24*3600)}
	if diff := cmp.Diff(wantClaims, claims); diff != "" {
		t.Error(diff)
	}
}

func TestTokenIDsDiffer(t *testing.T) {
	j := issuer(t, Options{})
	first, _, _ := j.Issue(zikr.Claims{UserID: "user-1", Version: 1})
	second, _, _ := j.Issue(zikr.Claims{UserID: "user-1", Version: 1})
	if first == second {
		t.Error("two tokens are the same")
	}
}

func TestClaims(t *testing.T) {
	now := clock.Unix()
	base := object{"id": "u", "exp": now + 60}
	own := object{"iss": "zikr", "sub": "u", "id": "u", "ver": 3, "exp": now + 60}
	const unauthenticated, expired = zikr.CodeUnauthenticated, zikr.CodeTokenExpired
	foreignIssuer := Options{Issuer: "https://id.example.org"}
	audience := Options{Audience: "mosque"}

	tests := []struct {
		name    string
		options Options
		claims  any
		user    string // wanted
		code    zikr.Code
	}{
		{"id", Options{}, base, "u", ""},
		{"sub where there is no id", Options{}, object{"sub": "s", "exp": now + 60}, "s", ""},
		{"id before sub", Options{}, with(base, "sub", "s"), "u", ""},
		{"id is a number", Options{}, with(base, "id", 5, "sub", "s"), "", unauthenticated},
		{"id is null", Options{}, `{"id":null,"sub":"s","exp":99999999999}`, "", unauthenticated},
		{"id is empty", Options{}, with(base, "id", "", "sub", "s"), "", unauthenticated},
		{"id under another case", Options{}, object{"ID": "u", "exp": now + 60}, "", unauthenticated},
		{"neither id nor sub", Options{}, object{"exp": now + 60}, "", unauthenticated},
		{"sub is a list", Options{}, object{"sub": []string{"s"}, "exp": now + 60}, "", unauthenticated},
		{"id of 128 characters", Options{}, with(base, "id", strings.Repeat("ш", 128)), strings.Repeat("ш", 128), ""},
		{"id of 129 characters", Options{}, with(base, "id", strings.Repeat("a", 129)), "", unauthenticated},
		{"id with U+0000", Options{}, with(base, "id", "a\x00b"), "", unauthenticated},
		{"claims are null", Options{}, `null`, "", unauthenticated},
		{"claims are a list", Options{}, `[]`, "", unauthenticated},
		{"claims are no JSON", Options{}, `{`, "", unauthenticated},

		{"ends in this second", Options{}, with(base, "exp", now), "", expired},
		{"ended a second ago", Options{}, with(base, "exp", now-1), "", expired},
		{"ends in a second", Options{}, with(base, "exp", now+1), "u", ""},
		{"ends in half a second", Options{}, with(base, "exp", float64(now)+0.5), "u", ""},
		{"exp is 0", Options{}, with(base, "exp", 0), "", expired},
		{"exp is negative", Options{}, with(base, "exp", -1e300), "", expired},
		{"exp is far away", Options{}, with(base, "exp", 1e300), "u", ""},
		{"exp is beyond any number", Options{}, `{"id":"u","exp":1e999}`, "", unauthenticated},
		{"exp is a text", Options{}, with(base, "exp", fmt.Sprint(now+60)), "", unauthenticated},
		{"exp is null", Options{}, `{"id":"u","exp":null}`, "", unauthenticated},
		{"exp is null, of another issuer", foreignIssuer, `{"iss":"https://id.example.org","id":"u","exp":null}`, "", unauthenticated},
		{"no exp", Options{}, with(base, "exp", nil), "", unauthenticated},
		{"no exp, some issuer", Options{}, object{"iss": "somebody", "id": "u"}, "", unauthenticated},
		{"no exp, the other issuer", foreignIssuer, object{"iss": "https://id.example.org", "id": "u"}, "u", ""},
		{"no exp, own", foreignIssuer, with(own, "exp", nil), "", unauthenticated},
		{"nbf is now", Options{}, with(base, "nbf", now), "u", ""},
		{"nbf is in a second", Options{}, with(base, "nbf", now+1), "", unauthenticated},
		{"nbf is a text", Options{}, with(base, "nbf", "1"), "", unauthenticated},
		{"iat in the future says nothing", Options{}, with(base, "iat", now+500), "u", ""},

		{"own", Options{}, own, "u", ""},
		{"own beside another issuer", foreignIssuer, own, "u", ""},
		{"own without version", Options{}, with(own, "ver", nil), "", unauthenticated},
		{"own with a fraction of a version", Options{}, with(own, "ver", 1.5), "", unauthenticated},
		{"own with a negative version", Options{}, with(own, "ver", -1), "", unauthenticated},
		{"the other issuer", foreignIssuer, with(base, "iss", "https://id.example.org"), "u", ""},
		{"no issuer", foreignIssuer, base, "", unauthenticated},
		{"a third issuer", foreignIssuer, with(base, "iss", "https://id.example.com"), "", unauthenticated},
		{"iss is a number", Options{}, with(base, "iss", 1), "", unauthenticated},
		{"iss is null", Options{}, `{"id":"u","iss":null,"exp":99999999999}`, "", unauthenticated},

		{"no audience", audience, base, "", unauthenticated},
		{"the audience", audience, with(base, "aud", "mosque"), "u", ""},
		{"the audience among others", audience, with(base, "aud", []string{"x", "mosque"}), "u", ""},
		{"another audience", audience, with(base, "aud", []string{"x"}), "", unauthenticated},
		{"an audience in an object", audience, with(base, "aud", object{"mosque": true}), "", unauthenticated},
		{"own without the audience", audience, own, "", unauthenticated},

		{"expired and of a third issuer", foreignIssuer, object{"iss": "x", "id": "u", "exp": now - 5}, "", unauthenticated},
		{"expired and without a user", Options{}, object{"exp": now - 5}, "", unauthenticated},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := issuer(t, test.options).Verify(t.Context(), hs256(t, test.claims))
			if code := zikr.CodeOf(err); code != test.code || got.UserID != test.user {
				t.Errorf("got user %q, code %q; want user %q, code %q", got.UserID, code, test.user, test.code)
			}
		})
	}
}

func TestVersionIsOfOwnTokensOnly(t *testing.T) {
	exp := clock.Unix() + 60
	tests := []struct {
		claims object
		want   int64
	}{
		{object{"iss": "zikr", "id": "u", "ver": 4, "exp": exp}, 4},
		{object{"iss": "somebody", "id": "u", "ver": 4, "exp": exp}, -1},
		{object{"id": "u", "ver": 4, "exp": exp}, -1},
	}
	for _, test := range tests {
		got, err := issuer(t, Options{}).Verify(t.Context(), hs256(t, test.claims))
		if err != nil || got.Version != test.want {
			t.Errorf("%v: got version %d (%v), want %d", test.claims, got.Version, err, test.want)
		}
	}
}

func TestProvisioningClaims(t *testing.T) {
	claims := object{"id": "u", "exp": clock.Unix() + 60, "name": "Abdulloh", "surname": []string{"x"}, "email": "a@example.org", "jti": "t"}
	got, err := issuer(t, Options{}).Verify(t.Context(), hs256(t, claims))
	want := zikr.Claims{UserID: "u", TokenID: "t", Version: -1, Expires: clock.Add(time.Minute), Name: "Abdulloh", Email: "a@example.org"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// keyOf is a private key, what verifies its signatures, and how a JWKS names it.
type keyOf struct {
	method jwt.SigningMethod
	alg    string
	key    crypto.Signer
	jwk    object
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func rsaKey(t *testing.T, kid string) keyOf {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e := big.NewInt(int64(key.E)).Bytes()
	return keyOf{jwt.SigningMethodRS256, "RS256", key, object{"kty": "RSA", "kid": kid, "n": b64(key.N.Bytes()), "e": b64(e)}}
}

func ecKey(t *testing.T, kid string) keyOf {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return keyOf{jwt.SigningMethodES256, "ES256", key, object{"kty": "EC", "crv": "P-256", "kid": kid, "x": b64(point[1:33]), "y": b64(point[33:])}}
}

func edKey(t *testing.T, kid string) keyOf {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keyOf{jwt.SigningMethodEdDSA, "EdDSA", key, object{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(public)}}
}

func (k keyOf) sign(t *testing.T, claims any) string {
	t.Helper()
	return signed(t, k.method, k.key, object{"alg": k.alg, "kid": k.jwk["kid"]}, claims)
}

// TestAttacks shows tokens that must not be believed, whatever their claims say.
func TestAttacks(t *testing.T) {
	good := object{"id": "victim", "sub": "victim", "aud": "app", "exp": clock.Unix() + 60}
	known, stranger := rsaKey(t, "known"), rsaKey(t, "known")
	server := serveKeys(t, known.jwk, object{"kty": "oct", "kid": "shared", "k": b64(otherSecret)})
	genuine := hs256(t, good)
	der, err := x509.MarshalPKIXPublicKey(known.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	part := strings.Split(genuine, ".")
	hs := jwt.SigningMethodHS256
	none := segment(t, object{"alg": "none"}) + "." + part[1] + "."

	attacks := map[string]string{
		"empty":                         "",
		"no dots":                       "abc",
		"two parts":                     part[0] + "." + part[1],
		"four parts":                    genuine + ".x",
		"no signature":                  part[0] + "." + part[1] + ".",
		"alg none":                      none,
		"alg None":                      segment(t, object{"alg": "None"}) + "." + part[1] + ".",
		"alg none with a signature":     segment(t, object{"alg": "none"}) + "." + part[1] + "." + part[2],
		"alg is missing":                segment(t, object{"typ": "JWT"}) + "." + part[1] + "." + part[2],
		"alg is a list":                 segment(t, object{"alg": []string{"HS256"}}) + "." + part[1] + "." + part[2],
		"alg in lower case":             signed(t, hs, secret, object{"alg": "hs256"}, good),
		"HS384":                         signed(t, jwt.SigningMethodHS384, secret, object{"alg": "HS384"}, good),
		"HS512":                         signed(t, jwt.SigningMethodHS512, secret, object{"alg": "HS512"}, good),
		"another secret":                signed(t, hs, otherSecret, object{"alg": "HS256"}, good),
		"empty secret":                  signed(t, hs, []byte{}, object{"alg": "HS256"}, good),
		"public key as a secret (PEM)":  signed(t, hs, public, object{"alg": "HS256", "kid": "known"}, good),
		"public key as a secret (DER)":  signed(t, hs, der, object{"alg": "HS256", "kid": "known"}, good),
		"public key as a secret (n)":    signed(t, hs, []byte(known.jwk["n"].(string)), object{"alg": "HS256", "kid": "known"}, good),
		"secret key of the JWKS":        signed(t, hs, otherSecret, object{"alg": "HS256", "kid": "shared"}, good),
		"RS256 by a stranger's key":     stranger.sign(t, good),
		"RS256 with an unknown kid":     signed(t, known.method, stranger.key, object{"alg": "RS256", "kid": "nobody"}, good),
		"RS256 without a kid":           signed(t, known.method, stranger.key, object{"alg": "RS256"}, good),
		"kid is a number":               signed(t, known.method, known.key, object{"alg": "RS256", "kid": 5}, good),
		"kid is a path":                 signed(t, hs, []byte{}, object{"alg": "HS256", "kid": "../../../dev/null"}, good),
		"its own key beside it (jwk)":   signed(t, stranger.method, stranger.key, object{"alg": "RS256", "kid": "x", "jwk": stranger.jwk}, good),
		"its own URL beside it (jku)":   signed(t, stranger.method, stranger.key, object{"alg": "RS256", "kid": "x", "jku": "http://127.0.0.1:1/"}, good),
		"critical header":               signed(t, hs, secret, object{"alg": "HS256", "crit": []string{"b64"}, "b64": false}, good),
		"padding":                       part[0] + "." + part[1] + "." + part[2] + "=",
		"a flipped bit in the payload":  part[0] + "." + segment(t, with(good, "id", "victor")) + "." + part[2],
		"a blank inside":                part[0] + ". " + part[1] + "." + part[2],
		"Bearer still before it":        "Bearer " + genuine,
		"another signature's last bits": part[0] + "." + part[1] + "." + part[2][:len(part[2])-1] + otherLast(part[2]),
		"longer than any token":         hs256(t, with(good, "x", strings.Repeat("a", 20_000))),
		"claims it is ours, by JWKS":    known.sign(t, with(good, "iss", "zikr", "ver", 1)),
		"header is no object":           segment(t, `[]`) + "." + part[1] + "." + part[2],
		"header is null":                segment(t, `null`) + "." + part[1] + "." + part[2],
	}
	j := issuer(t, Options{JWKSURL: server.URL, Audience: "app"})
	for _, token := range []string{genuine, known.sign(t, good)} {
		if got, err := j.Verify(t.Context(), token); err != nil || got.UserID != "victim" {
			t.Fatalf("a genuine token is refused: %v", err)
		}
	}
	for name, token := range attacks {
		t.Run(name, func(t *testing.T) {
			got, err := j.Verify(t.Context(), token)
			if code := zikr.CodeOf(err); code != zikr.CodeUnauthenticated {
				t.Errorf("got user %q, %v; want %s", got.UserID, err, zikr.CodeUnauthenticated)
			}
			if len(token) > 30 && strings.Contains(fmt.Sprint(err), token[len(token)-10:]) {
				t.Errorf("the error holds a part of the token: %v", err)
			}
		})
	}
}

// otherLast is a last character that decodes to the same bytes: 32 bytes leave
// the last of 43 characters two bits that say nothing.
func otherLast(signature string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	i := strings.IndexByte(alphabet, signature[len(signature)-1])
	return string(alphabet[i^1])
}

func TestWrongSignatureIsNeverCalledExpired(t *testing.T) {
	token := signed(t, jwt.SigningMethodHS256, otherSecret, object{"alg": "HS256"}, object{"id": "u", "exp": clock.Unix() - 5})
	_, err := issuer(t, Options{}).Verify(t.Context(), token)
	if code := zikr.CodeOf(err); code != zikr.CodeUnauthenticated {
		t.Errorf("got %v, want %s", err, zikr.CodeUnauthenticated)
	}
}

func TestOptionsThatCannotBeUsed(t *testing.T) {
	tests := map[string]Options{
		"31 bytes":             {Secret: secret[:31]},
		"issuer zikr":          {Secret: secret, Issuer: "zikr"},
		"JWKS of a file":       {Secret: secret, JWKSURL: "file:///etc/passwd"},
		"JWKS without a host":  {Secret: secret, JWKSURL: "https://"},
		"JWKS without scheme":  {Secret: secret, JWKSURL: "id.example.org/keys"},
		"JWKS is not a URL":    {Secret: secret, JWKSURL: "https://%zz"},
		"JWKS by FTP":          {Secret: secret, JWKSURL: "ftp://id.example.org/keys"},
		"JWKS by a javascript": {Secret: secret, JWKSURL: "javascript:alert(1)"},
	}
	for name, options := range tests {
		if _, err := New(options); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	j, err := New(Options{Secret: secret, Now: func() time.Time { return clock }})
	if err != nil {
		f.Fatal(err)
	}
	own := hs256(f, object{"iss": "zikr", "id": "user-1", "ver": 1, "exp": clock.Unix() + 60}) // the same in every process
	for _, seed := range []string{"", own, own + ".", "a.b.c", "..", strings.Replace(own, ".", "..", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := j.Verify(context.Background(), token)
		if token != own && err == nil {
			t.Errorf("%q is taken for %q", token, got.UserID)
		}
	})
}

func FuzzClaims(f *testing.F) {
	j, err := New(Options{Secret: secret, Now: func() time.Time { return clock }})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{}`, `null`, `{"id":"u","exp":1}`, `{"iss":"zikr","id":"u","ver":1,"exp":9e9}`, `{"sub":"u","exp":1e400}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, claims string) {
		got, err := j.Verify(context.Background(), hs256(t, claims))
		if err == nil && (got.UserID == "" || !got.Expires.After(clock)) {
			t.Errorf("%s is taken for %+v", claims, got)
		}
		if code := zikr.CodeOf(err); err != nil && code != zikr.CodeUnauthenticated && code != zikr.CodeTokenExpired {
			t.Errorf("%s: %v", claims, err)
		}
	})
}

// An own token that was issued by a clock that is then set back by an hour is good at once.
func TestOwnTokenFromTheFuture(t *testing.T) {
	clock := time.Now()
	j, err := New(Options{Secret: secret, Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	own, _, err := j.Issue(zikr.Claims{UserID: "u", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(-time.Hour)
	if _, err := j.Verify(context.Background(), own); err != nil {
		t.Errorf("got %v, want it good", err)
	}
}
