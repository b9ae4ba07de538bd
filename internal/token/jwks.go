package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

const (
	// refreshEvery is how often the keys are fetched anew, so that one that
	// was withdrawn is not trusted for longer.
	refreshEvery = 15 * time.Minute
	// refreshPause is the least time between two fetches: neither unknown key
	// ids nor a dead host make us ask more often.
	refreshPause = 10 * time.Second
	// fetchTimeout bounds one fetch.
	fetchTimeout = 5 * time.Second
	// maxKeySet bounds the answer in bytes.
	maxKeySet = 1 << 20
)

var (
	// ErrUnreachable says that the keys could not be had: an outage, nobody's fault who shows a token.
	ErrUnreachable = errors.New("the JWKS URL does not answer with keys")
	errUnknownKey  = errors.New("no key of the JWKS URL fits")
)

// asymmetric lists the algorithms that a key of a JWKS URL may verify.
func asymmetric() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// keySet holds the public keys of another issuer.
type keySet struct {
	url    string
	client *http.Client
	log    *slog.Logger
	keys   atomic.Pointer[keyfunc.Keyfunc] // nil until the first fetch succeeded

	turn  chan struct{} // holds one token while nobody fetches
	tried time.Time     // when the last fetch ended; of whoever has the turn
	err   error         // how it ended

	life    context.Context // ends with close
	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// checkKeySetURL says why keys cannot be had from a URL.
func checkKeySetURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("ZIKR_JWT_JWKS_URL must be an address that begins with https://")
	}
	if !private(u) {
		return errors.New("ZIKR_JWT_JWKS_URL begins with http://, and leads to another machine: whoever stands between could put keys of their own in; use https://")
	}
	return nil
}

// newKeySet makes one whose options are good. It knows no key yet.
func newKeySet(o Options) *keySet {
	k := &keySet{url: o.JWKSURL, client: o.Client, log: o.Log, turn: make(chan struct{}, 1)}
	k.life, k.stop = context.WithCancel(context.Background())
	if k.client == nil {
		k.client = &http.Client{CheckRedirect: sameSafety}
	}
	if k.log == nil {
		k.log = slog.Default()
	}
	k.turn <- struct{}{}
	return k
}

func (k *keySet) close() {
	k.stop()
	k.stopped.Wait()
	k.client.CloseIdleConnections()
}

// private reports whether nobody on the way can change what a URL answers: https, or this machine.
func private(u *url.URL) bool {
	address, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || (err == nil && address.Unmap().IsLoopback())
}

// sameSafety follows a few redirects, but never from https to http, nor to another machine without it.
func sameSafety(r *http.Request, via []*http.Request) error {
	if len(via) >= 5 || !private(r.URL) || (via[0].URL.Scheme == "https" && r.URL.Scheme != "https") {
		return http.ErrUseLastResponse
	}
	return nil
}

// keepFresh fetches the keys now and again until close; after a failure soon.
func (k *keySet) keepFresh() {
	for {
		wait := refreshEvery
		if err := k.refresh(k.life); err != nil {
			wait = refreshPause
		}
		select {
		case <-k.life.Done():
			return
		case <-time.After(wait):
		}
	}
}

// find returns the key, or the keys, that may have signed t. A key that is not
// known is asked for once more, since an issuer changes its keys without notice.
func (k *keySet) find(ctx context.Context, t *jwt.Token) (any, error) {
	if key, err := k.lookup(ctx, t); err == nil {
		return key, nil
	}
	if err := k.refresh(ctx); err != nil {
		return nil, err
	}
	return k.lookup(ctx, t)
}

func (k *keySet) lookup(ctx context.Context, t *jwt.Token) (any, error) {
	keys := k.keys.Load()
	if keys == nil {
		return nil, errUnknownKey
	}
	key, err := (*keys).KeyfuncCtx(ctx)(t)
	if err != nil {
		return nil, errUnknownKey // its own text quotes the token's header
	}
	return key, nil
}

// refresh fetches the keys, unless that was tried a moment ago: then it says how
// that went. Callers wait for one another, so that one fetch serves all.
func (k *keySet) refresh(ctx context.Context) error {
	select {
	case <-k.turn:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnreachable, ctx.Err())
	}
	defer func() { k.turn <- struct{}{} }()
	if !k.tried.IsZero() && time.Since(k.tried) < refreshPause {
		return k.err
	}
	was := k.err
	k.err = k.fetch()
	k.tried = time.Now()
	k.tell(was)
	return k.err
}

// tell logs the beginning and the end of an outage: one line each, however many ask meanwhile.
func (k *keySet) tell(was error) {
	switch {
	case k.life.Err() != nil: // the end of the server is no outage
	case k.err != nil && was == nil:
		k.log.WarnContext(k.life, "the keys of the token issuer cannot be had: the known ones stay in use, tokens of others must wait", "err", k.err)
	case k.err == nil && was != nil:
		k.log.InfoContext(k.life, "the keys of the token issuer are there again")
	}
}

// fetch asks the URL, within a time of its own: the answer serves whoever waits.
func (k *keySet) fetch() error {
	ctx, cancel := context.WithTimeout(k.life, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: it answered %s", ErrUnreachable, resp.Status)
	}
	keys, err := decodeKeys(io.LimitReader(resp.Body, maxKeySet))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	k.keys.Store(&keys)
	return nil
}

// decodeKeys reads a JWK set (RFC 7517, section 5). Keys of a kind that is not
// understood, secret ones and those that are not for signatures are passed over.
func decodeKeys(r io.Reader) (keyfunc.Keyfunc, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
		// URL is in an issuer's description of itself (OpenID Connect Discovery 1.0, section 3), not in a key set.
		URL string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(r).Decode(&set); err != nil {
		return nil, fmt.Errorf("decode key set: %w", err)
	}
	if len(set.Keys) == 0 && set.URL != "" {
		return nil, fmt.Errorf("it answers with the issuer's description, not with its keys: set ZIKR_JWT_JWKS_URL to the jwks_uri in it, %.200q", set.URL)
	}
	var good []json.RawMessage
	for _, raw := range set.Keys {
		var kind struct {
			Type string `json:"kty"`
			Use  string `json:"use"`
		}
		if json.Unmarshal(raw, &kind) != nil || kind.Type == "oct" || (kind.Use != "" && kind.Use != "sig") {
			continue
		}
		if _, err := keyfunc.NewJWKJSON(raw); err == nil {
			good = append(good, raw)
		}
	}
	if len(good) == 0 {
		return nil, fmt.Errorf("none of its %d keys can verify a signature", len(set.Keys))
	}
	data, err := json.Marshal(map[string]any{"keys": good})
	if err != nil {
		return nil, fmt.Errorf("encode key set: %w", err)
	}
	return keyfunc.NewJWKSetJSON(data)
}
