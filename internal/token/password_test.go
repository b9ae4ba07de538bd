package token

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestPassword(t *testing.T) {
	p := NewPasswords()
	hash, err := p.Hash(t.Context(), "bismillah 114")
	if err != nil {
		t.Fatal(err)
	}
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(hash, want) {
		t.Errorf("got %q, want it to begin with %q", hash, want)
	}
	again, _ := p.Hash(t.Context(), "bismillah 114")
	if hash == again {
		t.Error("two hashes share a salt")
	}
	for password, want := range map[string]bool{"bismillah 114": true, "bismillah 11": false, "Bismillah 114": false, "": false} {
		if got, err := p.Verify(t.Context(), hash, password); got != want || err != nil {
			t.Errorf("%q: got %t, %v; want %t", password, got, err, want)
		}
	}
}

// TestKnownHash is a vector made by the reference implementation:
// echo -n password | argon2 somesalt -id -t 2 -k 64 -p 1 -l 32 -e
func TestKnownHash(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if got, err := NewPasswords().Verify(t.Context(), hash, "password"); !got || err != nil {
		t.Errorf("got %t, %v; want true", got, err)
	}
}

// TestBrokenHash shows that a hash that says nothing costs what a good one costs, and matches nothing.
func TestBrokenHash(t *testing.T) {
	good := "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	broken := map[string]string{
		"empty":              "",
		"another scheme":     "$2a$10$abcdefghijklmnopqrstuv",
		"argon2i":            strings.Replace(good, "argon2id", "argon2i", 1),
		"another version":    strings.Replace(good, "v=19", "v=16", 1),
		"memory of 4 TiB":    strings.Replace(good, "m=19456", "m=4294967295", 1),
		"no memory":          strings.Replace(good, "m=19456", "m=0", 1),
		"endless passes":     strings.Replace(good, "t=2", "t=4000000000", 1),
		"no thread":          strings.Replace(good, "p=1", "p=0", 1),
		"255 threads":        strings.Replace(good, "p=1", "p=255", 1),
		"more than its cost": strings.Replace(good, "p=1", "p=1,x=1", 1),
		"no salt":            strings.Replace(good, "AAAAAAAAAAAAAAAAAAAAAA$", "$", 1),
		"no key":             good[:strings.LastIndex(good, "$")+1],
		"not base64":         good[:len(good)-1] + "!",
		"a part too many":    good + "$",
	}
	var costs []cost
	p := NewPasswords()
	p.derive = func(_, _ []byte, c cost, length uint32) []byte {
		costs = append(costs, c)
		return make([]byte, length) // what the key of good is, so that only the form refuses
	}
	if ok, err := p.Verify(t.Context(), good, "x"); !ok || err != nil {
		t.Fatalf("the good one: got %t, %v", ok, err)
	}
	for name, hash := range broken {
		costs = nil
		if ok, err := p.Verify(t.Context(), hash, "x"); ok || err != nil {
			t.Errorf("%s: got %t, %v; want false", name, ok, err)
		}
		if len(costs) != 1 || costs[0] != p.today {
			t.Errorf("%s: derived at %v, want once at %v", name, costs, p.today)
		}
	}
}

// TestBurst shows that as many hashes as there are slots are made at once, and that who waits may give up.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPasswords()
		p.slots = make(chan struct{}, 2)
		var now, most atomic.Int32
		p.derive = func(_, _ []byte, _ cost, length uint32) []byte {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
			return make([]byte, length)
		}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := p.Hash(t.Context(), "x"); err != nil {
					t.Error(err)
				}
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		synctest.Wait()
		if _, err := p.Verify(ctx, "", "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waits for too long: got %v", err)
		}
		wg.Wait()
		if got := most.Load(); got != 2 {
			t.Errorf("%d at once, want 2", got)
		}
	})
}

func FuzzParsePHC(f *testing.F) {
	f.Add("")
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if h, ok := parsePHC(s); ok && h.String() != s {
			t.Errorf("%q is read as %q", s, h)
		}
	})
}
