package main

import (
	"os"
	"runtime"
	"runtime/debug"
	measured "runtime/metrics"
	"time"
)

// Most of what a busy hour needs is garbage when it is over: a thousand connects,
// a burst of events. Go keeps the room for it, since more may come. A server of
// many idle connections that shares its machine gives it back instead.

const (
	// garbage is how much garbage, in percent of what lives, there may be before it
	// is collected. Of much that lives, Go's 100 is memory for nothing: the fan-out makes
	// little garbage (docs/benchmarks.md, "Memory").
	garbage = 50
	// garbageLeast is how much there may be in any case, in bytes: of little that
	// lives, so that a busy server is not collecting all the time.
	garbageLeast = 16 << 20
	// trimInterval is how often a server looks whether it has memory to give back.
	trimInterval = 5 * time.Second
	// quietLeast is what a quiet server may allocate from one look to the next in any
	// case, and trimLeast what is worth a collection then, in bytes.
	quietLeast = 4 << 20
	trimLeast  = 1 << 20
)

// boundGarbage sets garbage, unless the operator has chosen with Go's own variable,
// and after each collection sets it anew by what lives then.
func boundGarbage() {
	if os.Getenv("GOGC") == "" {
		afterCollection(new(int))
	}
}

// afterCollection sets the percentage; percent is the one that is set.
func afterCollection(percent *int) {
	// Each call of SetGCPercent stops the program for a moment.
	if want := percentage(readHeap().live); *percent == 0 || want > *percent*5/4 || want < *percent*4/5 {
		debug.SetGCPercent(want)
		*percent = want
	}
	// This object is found dead by the next collection. It has a pointer, for
	// those without share their memory with others and live on.
	type bell struct{ _ *int }
	runtime.AddCleanup(new(bell), afterCollection, percent)
}

// percentage is what garbage there may be for so much that lives.
func percentage(live uint64) int {
	return max(garbage, int(100*garbageLeast/max(live, quietLeast)))
}

// heap is what of Go's heap matters here, in bytes.
type heap struct {
	allocated uint64 // since the start
	live      uint64 // found to be in use by the latest collection
	spare     uint64 // garbage, and free pages that the system has not got back
}

func readHeap() heap {
	s := []measured.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	measured.Read(s)
	h := heap{allocated: s[0].Value.Uint64(), live: s[1].Value.Uint64()}
	h.spare = s[3].Value.Uint64()
	if objects := s[2].Value.Uint64(); objects > h.live {
		h.spare += objects - h.live
	}
	return h
}

// toTrim reports whether memory is to be given back: it is quiet, so that what is
// given back will not be needed at once, and there is enough of it.
func (h heap) toTrim(before heap) bool {
	quiet := h.allocated-before.allocated < max(h.live/4, quietLeast)
	return quiet && h.spare > max(h.live/16, trimLeast)
}

// trim gives memory back whenever it is quiet, until stop is closed.
func trim(stop <-chan struct{}) {
	ticker := time.NewTicker(trimInterval)
	defer ticker.Stop()
	before := readHeap()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		now := readHeap()
		if now.toTrim(before) {
			debug.FreeOSMemory() // a collection that stops nobody, and then all free pages
		}
		before = now
	}
}
