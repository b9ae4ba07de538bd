package main

import (
	"runtime"
	"testing"
)

// TestRaiseProcs is not run beside others: what it sets is the process's.
func TestRaiseProcs(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, test := range []struct {
		chosen     string
		have, want int
	}{{"", 1, 2}, {"", 2, 2}, {"", 8, 8}, {"1", 1, 1}} {
		t.Setenv("GOMAXPROCS", test.chosen)
		runtime.GOMAXPROCS(test.have)
		raiseProcs()
		if got := runtime.GOMAXPROCS(0); got != test.want {
			t.Errorf("of %d, chosen %q: got %d, want %d", test.have, test.chosen, got, test.want)
		}
	}
}
