package zikr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// recorder is a Bus that keeps what it is given.
type recorder struct {
	mu      sync.Mutex
	events  []zikr.Event
	signals []zikr.Signal
	more    chan struct{} // closed when a signal comes
}

func newRecorder() *recorder { return &recorder{more: make(chan struct{})} }

// Publish keeps the events.
func (r *recorder) Publish(_ string, events []zikr.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, events...)
}

// Signal keeps the signal.
func (r *recorder) Signal(s zikr.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signals = append(r.signals, s)
	close(r.more)
	r.more = make(chan struct{})
}

// published is the events of a group that were announced, in the order of announcement.
func (r *recorder) published(groupID string) []zikr.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []zikr.Event
	for _, e := range r.events {
		if e.GroupID == groupID {
			out = append(out, e)
		}
	}
	return out
}

// forget drops the signals so far.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signals = nil
}

// all is the signals so far.
func (r *recorder) all() []zikr.Signal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.signals)
}

// toUser is what a user was told: each signal's name and data.
func (r *recorder) toUser(userID string) []zikr.Signal {
	return slices.DeleteFunc(r.all(), func(s zikr.Signal) bool { return !slices.Contains(s.UserIDs, userID) })
}

// await returns the first signal of a name, as soon as there is one.
func (r *recorder) await(t testing.TB, name string) zikr.Signal {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		i := slices.IndexFunc(r.signals, func(s zikr.Signal) bool { return s.Name == name })
		if i >= 0 {
			defer r.mu.Unlock()
			return r.signals[i]
		}
		more := r.more
		r.mu.Unlock()
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no %s came within %s", name, patience)
		}
	}
}

// presenceLog is what the channels were told of presence, in order, as "user_online u1 in g1".
func (r *recorder) presenceLog() []string {
	told := []string{}
	for _, s := range r.all() {
		if s.GroupID == "" {
			continue
		}
		var data struct{ GroupID, UserID string }
		if err := json.Unmarshal(s.Data, &data); err != nil {
			panic(err)
		}
		line := fmt.Sprintf("%s %s in %s", s.Name, data.UserID, s.GroupID)
		if s.ExceptID != "" {
			line += " but " + s.ExceptID
		}
		told = append(told, line)
	}
	return told
}

// fakeTokens issues tokens that can be read: "user/version/id/session". Each has an id
// of its own, and is good for fakeLifetime of the world's clock.
type fakeTokens struct {
	mu     sync.Mutex
	issued int
	claims map[string]zikr.Claims // of tokens that a test made up
	fail   error
	now    func() time.Time
}

const fakeLifetime = 100 * 365 * 24 * time.Hour

// Issue makes a token.
func (f *fakeTokens) Issue(of zikr.Claims) (string, time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.issued++
	return fmt.Sprintf("%s/%d/t%d/%s", of.UserID, of.Version, f.issued, of.SessionID), f.now().Add(fakeLifetime), f.fail
}

// Verify reads it.
func (f *fakeTokens) Verify(_ context.Context, token string) (zikr.Claims, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return zikr.Claims{}, f.fail
	}
	if c, ok := f.claims[token]; ok {
		return c, nil
	}
	parts := strings.Split(token, "/")
	if len(parts) != 4 {
		return zikr.Claims{}, zikr.Errorf(zikr.CodeUnauthenticated, "The token is not valid.")
	}
	version, err := strconv.ParseInt(parts[1], 10, 64)
	return zikr.Claims{UserID: parts[0], Version: version, TokenID: parts[2], SessionID: parts[3]}, err
}

// accept makes up a token.
func (f *fakeTokens) accept(token string, c zikr.Claims) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.claims == nil {
		f.claims = make(map[string]zikr.Claims)
	}
	f.claims[token] = c
}

// fakePasswords hashes at once, and remembers against which hashes it verified.
type fakePasswords struct {
	mu       sync.Mutex
	verified []string
	fail     error
	between  func() // called between a verification and its answer; nil for nothing
}

// Hash marks the password.
func (f *fakePasswords) Hash(_ context.Context, password string) (string, error) {
	return "hash of " + password, f.fail
}

// Verify compares. An empty hash matches nothing.
func (f *fakePasswords) Verify(_ context.Context, hash, password string) (bool, error) {
	f.mu.Lock()
	f.verified = append(f.verified, hash)
	f.mu.Unlock()
	if f.between != nil {
		f.between()
	}
	return hash != "" && hash == "hash of "+password, f.fail
}
