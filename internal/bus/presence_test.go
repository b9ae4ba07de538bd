package bus

import "testing"

// A group that everybody left costs nothing any more.
func TestLocalPresenceForgets(t *testing.T) {
	p := NewLocalPresence()
	for _, user := range []string{"u1", "u2", "u1"} {
		if _, err := p.Enter(t.Context(), "g", user); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range []string{"u1", "u1", "u2", "u2"} {
		if _, err := p.Leave(t.Context(), "g", user); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.groups) != 0 {
		t.Errorf("got %d groups in memory, want none", len(p.groups))
	}
}
