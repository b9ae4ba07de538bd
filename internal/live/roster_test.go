package live

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A roster holds what was added and not removed, by user, in whatever order that happens.
func TestRoster(t *testing.T) {
	r := roster{byUser: make(map[string]*Conn)}
	want := map[string][]*Conn{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		user := string(rune('a' + random.IntN(5)))
		if there := want[user]; len(there) == 0 || len(there) < 8 && random.IntN(2) == 0 {
			c := &Conn{session: session{userID: user}}
			r.add(c)
			want[user] = append(there, c)
		} else {
			c := there[random.IntN(len(there))]
			r.remove(c)
			r.remove(c) // is fine, too
			want[user] = slices.DeleteFunc(there, func(o *Conn) bool { return o == c })
		}
		length := 0
		for user, there := range want {
			length += len(there)
			if got := r.of(user); !sameConns(got, there) {
				t.Fatalf("%s has %d connections, want %d", user, len(got), len(there))
			}
		}
		if r.length != length || len(r.all()) != length {
			t.Fatalf("%d in all, %d by the number, want %d", len(r.all()), r.length, length)
		}
	}
	for _, there := range want {
		for _, c := range there {
			r.remove(c)
		}
	}
	if len(r.byUser) != 0 {
		t.Errorf("%d users are left", len(r.byUser))
	}
}

// sameConns reports whether both hold the same, in whatever order.
func sameConns(a, b []*Conn) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c *Conn) bool { return !slices.Contains(b, c) })
}
