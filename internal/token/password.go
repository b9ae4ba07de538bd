package token

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/zikr-app/zikr"
)

// cost is what argon2id is asked for (RFC 9106).
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// Today's cost is what OWASP's password storage cheat sheet asks for at least:
// 19 MiB, two passes, one thread.
const (
	todayMemory  = 19 << 10
	todayPasses  = 2
	todayThreads = 1
	saltLength   = 16
	keyLength    = 32
)

// Bounds of what is believed of a stored hash, so that a broken one cannot exhaust the machine.
const (
	maxMemory  = 256 << 10
	maxPasses  = 16
	maxThreads = 16
)

// Passwords is a zikr.Passwords with argon2id. As many hashes as there are
// processors are made at once; a burst of logins waits in line instead of
// taking 19 MiB each.
type Passwords struct {
	today  cost
	slots  chan struct{}
	derive func(password, salt []byte, c cost, length uint32) []byte
}

var _ zikr.Passwords = (*Passwords)(nil)

// NewPasswords makes a Passwords.
func NewPasswords() *Passwords {
	return &Passwords{
		today: cost{memory: todayMemory, passes: todayPasses, threads: todayThreads},
		slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
		derive: func(password, salt []byte, c cost, length uint32) []byte {
			return argon2.IDKey(password, salt, c.passes, c.memory, c.threads, length)
		},
	}
}

// phc is a hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
type phc struct {
	cost
	salt, key []byte
}

// Hash makes the encoded hash of a password, with a salt of its own. It fails
// when ctx ends before its turn came.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process instead
	key, err := p.run(ctx, password, phc{cost: p.today, salt: salt, key: make([]byte, keyLength)})
	if err != nil {
		return "", err
	}
	return phc{cost: p.today, salt: salt, key: key}.String(), nil
}

// Verify reports whether hash was made of password. A hash that is empty or
// cannot be read matches nothing, after the time that a good one takes.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (bool, error) {
	want, ok := parsePHC(hash)
	if !ok {
		want = phc{cost: p.today, salt: make([]byte, saltLength), key: make([]byte, keyLength)}
	}
	got, err := p.run(ctx, password, want)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want.key) == 1 && ok, nil
}

// run derives a key like h's when its turn comes.
func (p *Passwords) run(ctx context.Context, password string, h phc) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn to hash a password: %w", ctx.Err())
	}
	return p.derive([]byte(password), h.salt, h.cost, uint32(len(h.key))), nil
}

func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.memory, h.passes, h.threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// parsePHC reads an encoded hash whose cost is within bounds and that is written as String writes it.
func parsePHC(s string) (phc, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, false
	}
	var h phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); err != nil {
		return phc{}, false
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return phc{}, false
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return phc{}, false
	}
	return h, h.sane() && h.String() == s
}

func (h phc) sane() bool {
	return h.memory > 0 && h.memory <= maxMemory && h.passes > 0 && h.passes <= maxPasses &&
		h.threads > 0 && h.threads <= maxThreads && len(h.salt) >= 8 && len(h.salt) <= 64 && len(h.key) >= 16 && len(h.key) <= 64
}
