package load

import (
	"net/netip"
	"slices"
	"testing"
)

// TestSources spreads connections over the loopback, and over nothing else.
func TestSources(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	got := sources(Options{Connections: 25_000, Transport: Polling}, loopback)
	if len(got) != 6 {
		t.Errorf("50,000 sockets: got %d addresses, want 6", len(got))
	}
	for i, a := range got {
		if !a.IsLoopback() || a == loopback || slices.Contains(got[:i], a) {
			t.Errorf("got %v", got)
		}
	}
	named := []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	if got := sources(Options{Connections: 1, Sources: named}, loopback); !slices.Equal(got, named) {
		t.Errorf("got %v, want %v", got, named)
	}
	if got := sources(Options{Connections: 1}, netip.MustParseAddr("192.0.2.7")); got != nil {
		t.Errorf("to another machine: got %v, want none", got)
	}
}
