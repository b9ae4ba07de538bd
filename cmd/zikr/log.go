package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// newLog makes the log: text for people who look at a terminal, else JSON.
func newLog(w io.Writer, level slog.Leveler, format logFormat) *slog.Logger {
	return slog.New(newHandler(w, level, format, isTerminal(w)))
}

func newHandler(w io.Writer, level slog.Leveler, format logFormat, terminal bool) slog.Handler {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: withUnits}
	if format == "text" || (format == "auto" && terminal) {
		return slog.NewTextHandler(w, options)
	}
	return slog.NewJSONHandler(w, options)
}

// withUnits writes durations as people do: 1.5s, not as so many nanoseconds.
func withUnits(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// serverLog is the log of a server. Whoever reads it may be slow, hang, or be gone: nobody here
// waits for that, and nothing ends because of it.
type serverLog struct {
	*slog.Logger
	queue *logQueue
	level *slog.LevelVar
}

// openLog makes the log of a server that writes to w.
func openLog(w io.Writer, cfg serveConfig) serverLog {
	level := new(slog.LevelVar)
	level.Set(cfg.LogLevel)
	terminal := isTerminal(w)
	queue := newLogQueue(w, int64(cfg.LogBytes))
	direct := slog.New(newHandler(w, level, cfg.LogFormat, terminal))
	queue.tell = func(lines uint64) {
		direct.Warn("lines of this log were dropped: whoever reads it was too slow, or gone", "lines", lines)
	}
	go queue.run()
	return serverLog{slog.New(naming{newSparing(newHandler(queue, level, cfg.LogFormat, terminal))}), queue, level}
}

// logQueue holds lines until they are written. It is bounded in bytes: what comes when it is full
// is dropped and counted.
type logQueue struct {
	out  io.Writer
	most int64
	tell func(lines uint64) // writes that so many lines were dropped

	dropped atomic.Uint64 // lines, since the start
	met     atomic.Pointer[func()]
	wake    chan struct{} // has room for one
	ended   chan struct{} // closed when all is written after close
	mu      sync.Mutex
	waiting bytes.Buffer
	closed  bool
}

func newLogQueue(out io.Writer, most int64) *logQueue {
	return &logQueue{out: out, most: most, wake: make(chan struct{}, 1), ended: make(chan struct{}), tell: func(uint64) {}}
}

// Write takes one line. It never waits and never fails.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	fits := !q.closed && int64(len(line)) <= q.most-int64(q.waiting.Len())
	if fits {
		q.waiting.Write(line)
	}
	q.mu.Unlock()
	if !fits {
		q.drop(1)
		return len(line), nil
	}
	q.ring()
	return len(line), nil
}

func (q *logQueue) ring() {
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
}

func (q *logQueue) drop(lines int) {
	q.dropped.Add(uint64(lines))
	if met := q.met.Load(); met != nil {
		(*met)()
	}
}

// run writes what waits, until close.
func (q *logQueue) run() {
	defer close(q.ended)
	var taken bytes.Buffer
	told := uint64(0)
	for range q.wake {
		q.mu.Lock()
		taken, q.waiting = q.waiting, taken
		closed := q.closed
		q.mu.Unlock()
		if _, err := q.out.Write(taken.Bytes()); err != nil && taken.Len() > 0 {
			q.drop(bytes.Count(taken.Bytes(), []byte("\n"))) // whoever read it is gone
		} else if lost := q.dropped.Load(); lost > told {
			q.tell(lost - told)
			told = lost
		}
		if taken.Reset(); closed {
			return
		}
	}
}

// close writes what waits, as far as that is possible within a time. What comes later is dropped.
func (q *logQueue) close(within time.Duration) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.ring()
	select {
	case <-q.ended:
	case <-time.After(within):
	}
}

// An outage makes one warning a request. Of lines that say the same, sparing writes so many at
// first, and so many a second after that; the next one says how many were left out.
const (
	sparingBurst = 50
	sparingRate  = 1
	sparingKinds = 1000 // kinds of lines that are told apart; what a program says is less
)

// sparing is a slog.Handler that spares whoever reads the log.
type sparing struct {
	slog.Handler
	seen *seenLines // of all loggers that were made of one
}

type seenLines struct {
	mu    sync.Mutex
	kinds map[string]*seenLine
}

type seenLine struct {
	rate    *rate.Limiter
	leftOut int
}

func newSparing(h slog.Handler) sparing {
	return sparing{h, &seenLines{kinds: map[string]*seenLine{}}}
}

// Handle writes a line, unless there were too many of its kind.
func (s sparing) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && !isAlwaysWritten(r) {
		leftOut, ok := s.seen.take(r)
		if !ok {
			return nil
		}
		if leftOut > 0 {
			r = r.Clone()
			r.AddAttrs(slog.Int("leftOut", leftOut))
		}
	}
	return s.Handler.Handle(ctx, r)
}

// isAlwaysWritten reports whether a line tells the cause of an error of which a client has the number
// (contract section 5), or says how many were left out before it: whoever writes that has spared already.
func isAlwaysWritten(r slog.Record) (always bool) {
	r.Attrs(func(a slog.Attr) bool {
		always = a.Key == "errorId" || a.Key == "leftOut"
		return !always
	})
	return always
}

// take reports whether a line is to be written, and how many of its kind were not before.
func (s *seenLines) take(r slog.Record) (leftOut int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := s.kinds[r.Message]
	if kind == nil {
		if len(s.kinds) >= sparingKinds {
			return 0, true
		}
		kind = &seenLine{rate: rate.NewLimiter(sparingRate, sparingBurst)}
		s.kinds[r.Message] = kind
	}
	if !kind.rate.AllowN(r.Time, 1) {
		kind.leftOut++
		return 0, false
	}
	leftOut, kind.leftOut = kind.leftOut, 0
	return leftOut, true
}

// WithAttrs and WithGroup are sparing too.
func (s sparing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return sparing{s.Handler.WithAttrs(attrs), s.seen}
}

// WithGroup is sparing too.
func (s sparing) WithGroup(name string) slog.Handler {
	return sparing{s.Handler.WithGroup(name), s.seen}
}
