package main

import (
	"math"
	"os"
	"runtime/debug"
	measured "runtime/metrics"
	"sync"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/zikr-app/zikr/internal/limit"
)

// Before memory ends, new connections are refused, so that those that are there live on: a
// process that takes everybody in is killed with all of them.

const (
	// goShare is how much of the cgroup's or the machine's memory Go may have, in percent; the rest
	// is for the kernel's buffers of sockets and the database's pages.
	goShare = 75
	// glance is how old what is known of memory may get: a flood fills a small machine in a second.
	glance = 20 * time.Millisecond
	// memoryPause is when to try again what memory did not allow.
	memoryPause = 5 * time.Second
)

// boundMemory tells Go how much memory there is, unless the operator did with GOMEMLIMIT, and
// returns it in bytes; math.MaxInt64 for no limit.
func boundMemory() int64 {
	if os.Getenv("GOMEMLIMIT") != "" {
		return debug.SetMemoryLimit(-1)
	}
	most := shareOf(memoryThere())
	if most != math.MaxInt64 {
		debug.SetMemoryLimit(most)
	}
	return most
}

// shareOf is what Go may have of so much memory; math.MaxInt64 for no limit.
func shareOf(memory uint64) int64 {
	if memory == math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(memory / 100 * goShare)
}

// memoryThere is how much the cgroup or the machine has, in bytes; math.MaxInt64 if that is not known.
func memoryThere() uint64 {
	least := uint64(math.MaxInt64)
	for _, provider := range []memlimit.Provider{memlimit.FromCgroup, memlimit.FromSystem} {
		if n, err := provider(); err == nil { // an error is a limit that there is not
			least = min(least, n)
		}
	}
	return least
}

// watermark says whether there is memory for one more connection.
type watermark struct {
	most  int64 // bytes in use above which there is none; math.MaxInt64: there always is
	bound limit.Bound
	read  func() int64 // bytes in use

	mu     sync.Mutex
	looked time.Time
	used   int64
}

// newWatermark stands at a share of a limit in bytes.
func newWatermark(memory int64, percent limit.Bound) *watermark {
	w := &watermark{most: math.MaxInt64, bound: percent, read: memoryInUse}
	if memory != math.MaxInt64 && percent.Most != limit.Off {
		w.most = memory / 100 * int64(min(percent.Most, 100))
	}
	return w
}

// admit reports whether a new connection may be taken, and else when to try again.
func (w *watermark) admit() (retryAfter time.Duration, ok bool) {
	if w.most == math.MaxInt64 || w.inUse() <= w.most {
		return 0, true
	}
	w.bound.Met()
	return memoryPause, false
}

// inUse is how many bytes are in use, as seen a moment ago at most.
func (w *watermark) inUse() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.looked) >= glance {
		w.used, w.looked = w.read(), now
	}
	return w.used
}

// memoryInUse is what Go has from the system and cannot use for something else at once.
func memoryInUse() int64 {
	s := []measured.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	measured.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64() - s[2].Value.Uint64())
}
