package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hanging is a reader of the log that does not read until it is let go.
type hanging struct {
	mu   sync.Mutex
	text bytes.Buffer
	free chan struct{}
	gone bool
}

func (h *hanging) Write(p []byte) (int, error) {
	<-h.free
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return 0, errors.New("broken pipe")
	}
	return h.text.Write(p)
}

func (h *hanging) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func smallLog(h *hanging, most int) serverLog {
	cfg := serveConfig{LogLevel: slog.LevelInfo, LogFormat: "json"}
	cfg.LogBytes = 1 << 10
	if most > 0 {
		cfg.LogBytes = 1 << 20
	}
	return openLog(h, cfg)
}

// TestLogOfAHangingReader keeps nobody waiting, and says later what was dropped.
func TestLogOfAHangingReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{free: make(chan struct{})}
		log := smallLog(h, 0)
		met := 0
		count := func() { met++ }
		log.queue.met.Store(&count)
		log.Info("first")
		synctest.Wait() // it is being written now
		for i := range 1000 {
			log.Info("line", "n", i)
		}
		if dropped := log.queue.dropped.Load(); dropped < 900 || uint64(met) != dropped {
			t.Errorf("%d of 1000 lines were dropped, %d were counted", dropped, met)
		}
		close(h.free)
		synctest.Wait()
		log.queue.close(time.Second)
		if text := h.String(); !strings.Contains(text, "first") || !strings.Contains(text, fmt.Sprintf(`"lines":%d`, log.queue.dropped.Load())) {
			t.Errorf("the log says:\n%s", text)
		}
	})
}

// TestLogThatNobodyReads ends in time, though nobody has read it.
func TestLogThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{free: make(chan struct{})}
		log := smallLog(h, 0)
		log.Info("line")
		began := time.Now()
		log.queue.close(time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("the end took %v", took)
		}
		log.Info("after the end")
		close(h.free)
	})
}

// TestLogWhoseReaderIsGone counts what nobody got.
func TestLogWhoseReaderIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{free: make(chan struct{}), gone: true}
		close(h.free)
		log := smallLog(h, 0)
		for range 5 {
			log.Info("line")
			synctest.Wait()
		}
		if dropped := log.queue.dropped.Load(); dropped != 5 {
			t.Errorf("%d lines were counted, want 5", dropped)
		}
		log.queue.close(time.Second)
	})
}

// TestLogOfAnOutage is not a line a request.
func TestLogOfAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{free: make(chan struct{})}
		close(h.free)
		log := smallLog(h, 1)
		for range 10_000 {
			log.With("op", "x").Error("internal error")
			log.Info("something else")
			log.Warn("refused", "leftOut", 0) // whoever writes that has spared already
			time.Sleep(time.Millisecond)
		}
		log.Error("another error")
		synctest.Wait()
		log.queue.close(time.Second)
		text := h.String()
		if n := strings.Count(text, "internal error"); n < 55 || n > 61 {
			t.Errorf("10,000 errors alike in 10 s are %d lines, want about 60", n)
		}
		if n := strings.Count(text, "something else"); n != 10_000 {
			t.Errorf("of 10,000 lines that are no error, %d were written", n)
		}
		if n := strings.Count(text, `"refused"`); n != 10_000 {
			t.Errorf("of 10,000 lines that say how many were left out, %d were written", n)
		}
		if !strings.Contains(text, "another error") || !strings.Contains(text, `"leftOut":`) {
			t.Error("another error is missing, or how many were left out")
		}
	})
}
