// Package token issues and verifies JSON Web Tokens (RFC 7519) and hashes
// passwords: the ports zikr.Tokens and zikr.Passwords.
//
// Two kinds of keys verify a token, and the algorithm decides which: HS256 is the
// server's own secret, which another issuer may share; an asymmetric algorithm is
// a key of the JWKS URL. Neither is ever tried with the other's algorithm.
package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/zikr-app/zikr"
)

// ownIssuer is the claim iss of the tokens that this server issues.
const ownIssuer = "zikr"

// minSecret is the shortest HS256 secret in bytes (RFC 7518, section 3.2).
const minSecret = 32

// maxLength bounds a token in bytes before any of it is decoded.
const maxLength = 16 << 10

// defaultLifetime is how long an own token is good for.
const defaultLifetime = 60 * 24 * time.Hour

// Options say whose tokens are good. Secret is required.
type Options struct {
	Secret   []byte // of HS256, at least 32 bytes
	Issuer   string // another issuer; with it, claim iss must be this or our own
	Audience string // with it, every token needs it in claim aud
	JWKSURL  string // where another issuer publishes its public keys; "" for none

	Lifetime time.Duration    // of tokens issued here; 0: 60 days
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: slog.Default()
	Client   *http.Client     // asks JWKSURL; nil: one with bounds of its own
}

// JWT is a zikr.Tokens.
type JWT struct {
	secret   []byte
	issuer   string
	audience string
	lifetime time.Duration
	now      func() time.Time
	keys     *keySet // nil without a JWKS URL
	parser   *jwt.Parser
}

var _ zikr.Tokens = (*JWT)(nil)

// New checks the options. With a JWKS URL it begins to fetch the keys in the
// background, until Close; a host that does not answer is not an error here.
func New(o Options) (*JWT, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	j := &JWT{secret: o.Secret, issuer: o.Issuer, audience: o.Audience, lifetime: o.Lifetime, now: o.Now}
	if j.lifetime == 0 {
		j.lifetime = defaultLifetime
	}
	if j.now == nil {
		j.now = time.Now
	}
	methods := []string{jwt.SigningMethodHS256.Alg()}
	if o.JWKSURL != "" {
		j.keys = newKeySet(o)
		j.keys.stopped.Go(j.keys.keepFresh)
		methods = append(methods, asymmetric()...)
	}
	j.parser = jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithJSONNumber(), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	return j, nil
}

// check finds options that cannot be used.
func (o Options) check() error {
	switch {
	case len(o.Secret) < minSecret:
		return fmt.Errorf("the secret of ZIKR_JWT_SECRET has %d bytes: at least %d are needed", len(o.Secret), minSecret)
	case o.Issuer == ownIssuer:
		return fmt.Errorf("ZIKR_JWT_ISSUER cannot be %q: that is the name of this server's own tokens", ownIssuer)
	case o.JWKSURL == "":
		return nil
	case o.Issuer == "" && o.Audience == "":
		return errors.New("ZIKR_JWT_JWKS_URL is set, but neither ZIKR_JWT_ISSUER nor ZIKR_JWT_AUDIENCE is: " +
			"every token that the keys have signed for anybody would be good here; set one of the two, better both")
	}
	return checkKeySetURL(o.JWKSURL)
}

// Examine finds out, without keeping anything, whether the options can be used and how many keys the JWKS URL
// has now that can verify a signature; 0 without a URL.
func Examine(ctx context.Context, o Options) (keys int, err error) {
	if err := o.check(); err != nil || o.JWKSURL == "" {
		return 0, err
	}
	k := newKeySet(o)
	defer k.close()
	defer context.AfterFunc(ctx, k.stop)()
	if err := k.fetch(); err != nil {
		return 0, err
	}
	all, err := (*k.keys.Load()).Storage().KeyReadAll(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the keys of the JWKS URL: %w", err)
	}
	return len(all), nil
}

// Close ends the fetching of keys and waits for it.
func (j *JWT) Close() {
	if j.keys != nil {
		j.keys.close()
	}
}

// operator is the subject of tokens that who runs the server makes for themself, and operatorLifetime how long they are good.
const (
	operator         = "operator"
	operatorLifetime = 5 * time.Minute
)

// Issue makes a token for a user. Its claims: iss "zikr", sub and id (the user),
// iat, exp, jti (a UUIDv7), ver (the token version), sid (the session) if it has one, and aud if one is configured. That
// of an operator has op instead of ver, and a short life.
func (j *JWT) Issue(of zikr.Claims) (string, time.Time, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("make token id: %w", err)
	}
	now := j.now()
	expires := now.Add(j.lifetime).Truncate(time.Second)
	claims := jwt.MapClaims{"iss": ownIssuer, "sub": of.UserID, "id": of.UserID, "jti": id.String(), "ver": of.Version, "iat": now.Unix()}
	if of.SessionID != "" {
		claims["sid"] = of.SessionID
	}
	if of.Operator {
		expires = now.Add(operatorLifetime).Truncate(time.Second)
		claims["op"], claims["sub"], claims["id"] = true, operator, operator
		delete(claims, "ver")
	}
	claims["exp"] = expires.Unix()
	if j.audience != "" {
		claims["aud"] = j.audience
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(j.secret)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign token: %w", err)
	}
	return signed, expires, nil
}

// Verify checks a token without a "Bearer " prefix. No error holds any part of it.
func (j *JWT) Verify(ctx context.Context, token string) (zikr.Claims, error) {
	if len(token) > maxLength {
		return zikr.Claims{}, notValid()
	}
	found := jwt.MapClaims{}
	key := keyFinder{jwt: j, ctx: ctx}
	_, err := j.parser.ParseWithClaims(token, found, key.find)
	switch {
	case key.outage != nil:
		return zikr.Claims{}, fmt.Errorf("verify token: %w", key.outage)
	case err != nil:
		return zikr.Claims{}, notValid()
	}
	return j.check(found, key.bySecret)
}

// keyFinder finds the key of one token, and keeps what the parser would bury.
type keyFinder struct {
	jwt      *JWT
	ctx      context.Context
	bySecret bool
	outage   error
}

var errCritical = errors.New("a critical header is not understood")

// find is called by the parser once the algorithm is known to be one of ours.
func (f *keyFinder) find(t *jwt.Token) (any, error) {
	if _, there := t.Header["crit"]; there { // RFC 7515, section 4.1.11: we understand none
		return nil, errCritical
	}
	if t.Method == jwt.SigningMethodHS256 {
		f.bySecret = true
		return f.jwt.secret, nil
	}
	key, err := f.jwt.keys.find(f.ctx, t)
	if errors.Is(err, ErrUnreachable) {
		// Whether the token is good is not known: whoever shows it is to come again. The outage itself
		// is in the log, once.
		f.outage = zikr.RateLimited(refreshPause, "The keys of the token's issuer cannot be had at the moment. Please try again in a few seconds.")
	}
	return key, err
}

func notValid() *zikr.Error {
	return zikr.Errorf(zikr.CodeUnauthenticated, "The token is not valid here. Please log in again.")
}
