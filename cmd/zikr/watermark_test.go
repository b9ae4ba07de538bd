package main

import (
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zikr-app/zikr/internal/limit"
)

func TestWatermark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		met, used := 0, int64(0)
		w := newWatermark(1000, limit.Bound{Most: 85, Met: func() { met++ }})
		w.read = func() int64 { return used }
		for _, step := range []struct {
			used int64
			want bool
		}{{0, true}, {850, true}, {851, false}, {2000, false}, {849, true}} {
			used = step.used
			time.Sleep(glance)
			if wait, ok := w.admit(); ok != step.want || (!ok && wait != memoryPause) {
				t.Errorf("with %d of 1000 bytes in use: got %v, %v, want %v", used, wait, ok, step.want)
			}
		}
		if met != 2 {
			t.Errorf("the bound was met %d times, want 2", met)
		}
		for _, w := range []*watermark{newWatermark(math.MaxInt64, limit.Bound{Most: 85}), newWatermark(1, limit.Bound{Most: limit.Off})} {
			if _, ok := w.admit(); !ok {
				t.Error("refused without a limit")
			}
		}
	})
}

// TestMemoryInUse sees what the program holds.
func TestMemoryInUse(t *testing.T) {
	before := memoryInUse()
	held := make([]byte, 64<<20)
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	if more := memoryInUse() - before; more < 40<<20 {
		t.Errorf("with 64 MiB more in use, %d bytes more are seen", more)
	}
	runtime.KeepAlive(held)
}
