package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestToTrim(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		name        string
		before, now heap
		want        bool
	}{
		{"quiet, with much to give back", heap{allocated: 100 * mib}, heap{allocated: 101 * mib, live: 10 * mib, spare: 20 * mib}, true},
		{"busy", heap{allocated: 100 * mib}, heap{allocated: 200 * mib, live: 10 * mib, spare: 20 * mib}, false},
		{"little to give back", heap{allocated: 100 * mib}, heap{allocated: 100 * mib, live: 10 * mib, spare: mib}, false},
		{"little beside what lives", heap{allocated: 100 * mib}, heap{allocated: 100 * mib, live: 1000 * mib, spare: 60 * mib}, false},
		{"large, and quiet for its size", heap{allocated: 100 * mib}, heap{allocated: 200 * mib, live: 1000 * mib, spare: 300 * mib}, true},
	}
	for _, test := range tests {
		if got := test.now.toTrim(test.before); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestPercentage(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 8 << 20: 200, 32 << 20: 50, 64 << 20: 50, 4 << 30: 50} {
		if got := percentage(live); got != want {
			t.Errorf("%d live: got %d %%, want %d", live, got, want)
		}
	}
}

// TestAfterCollection follows what lives.
func TestAfterCollection(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	runtime.GC()
	set := new(int)
	afterCollection(set)
	if low := readHeap().live; *set != percentage(low) {
		t.Errorf("of %d bytes that live: got %d %%, want %d", low, *set, percentage(low))
	}
	kept := make([]byte, 256<<20)
	for debug.SetGCPercent(garbage) != garbage { // until the percentage has followed
		runtime.GC()
		runtime.Gosched()
	}
	runtime.KeepAlive(kept)
}

func TestReadHeap(t *testing.T) {
	runtime.GC() // before the first one, nothing is known to live
	before := readHeap()
	kept := make([]byte, 8<<20)
	now := readHeap()
	runtime.KeepAlive(kept)
	if before.live == 0 || now.allocated-before.allocated < 8<<20 {
		t.Errorf("before %+v, and after 8 MiB %+v", before, now)
	}
}
