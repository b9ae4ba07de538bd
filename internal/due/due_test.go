package due

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// synctest's clock begins at midnight of 2000-01-01.

func TestTurns(t *testing.T) {
	for _, test := range []struct {
		name string
		job  Job
		fail int // how many of the first turns do
		want []time.Duration
	}{
		{"at once, and again", Job{Every: time.Hour}, 0, []time.Duration{0, 1 * time.Hour, 2 * time.Hour}},
		{"a first rest", Job{First: time.Minute, Every: time.Hour}, 0, []time.Duration{time.Minute, 61 * time.Minute, 121 * time.Minute}},
		{"after a failure, sooner", Job{Every: time.Hour, Retry: 10 * time.Minute}, 1, []time.Duration{0, 10 * time.Minute, 70 * time.Minute}},
		{"after a failure, not later", Job{Every: time.Hour, Retry: 10 * time.Hour}, 1, []time.Duration{0, 1 * time.Hour, 2 * time.Hour}},
		{"after a failure, as ever", Job{Every: time.Hour}, 1, []time.Duration{0, 1 * time.Hour, 2 * time.Hour}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 150*time.Minute)
				defer cancel()
				var logged strings.Builder
				var turns []time.Duration
				began := time.Now()
				test.job.Name = "sweep"
				test.job.Turn = func(context.Context) error {
					if turns = append(turns, time.Since(began)); len(turns) <= test.fail {
						return errors.New("no room")
					}
					return nil
				}
				Run(ctx, slog.New(slog.NewTextHandler(&logged, nil)), test.job)
				if !slices.Equal(turns[:len(test.want)], test.want) {
					t.Errorf("turns after %v, want %v", turns, test.want)
				}
				if got := strings.Count(logged.String(), "no room"); got != test.fail || test.fail > 0 && !strings.Contains(logged.String(), "job=sweep") {
					t.Errorf("%d failures are logged, want %d: %s", got, test.fail, logged.String())
				}
			})
		})
	}
}

// A turn that ends with its context is not a failure, and Run waits for it.
func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var logged strings.Builder
		ended := false
		time.AfterFunc(time.Second, cancel)
		Run(ctx, slog.New(slog.NewTextHandler(&logged, nil)), Job{Every: time.Hour, Turn: func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended = true
			return ctx.Err()
		}})
		if !ended || logged.Len() > 0 {
			t.Errorf("the turn has ended: %t; logged: %s", ended, logged.String())
		}
	})
}

// store is things that are due, numbered from 1, of which some cannot be done.
type store struct {
	mu      sync.Mutex
	things  []int
	fail    map[int]bool
	done    map[int]int
	found   int // the most at a time
	running atomic.Int32
	most    atomic.Int32
}

func (s *store) queue() Queue[int] {
	return Queue[int]{
		Find: func(_ context.Context, after, limit int) (found []int, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, n := range s.things {
				if n > after && len(found) < limit && s.done[n] == 0 {
					found = append(found, n)
				}
			}
			s.found = max(s.found, len(found))
			return found, nil
		},
		Key: func(n int) string { return fmt.Sprint("key", n%40) },
		Do: func(_ context.Context, key string, things []int) error {
			s.most.Store(max(s.most.Load(), s.running.Add(1)))
			defer s.running.Add(-1)
			time.Sleep(time.Millisecond)
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, n := range things {
				if s.fail[n] {
					return fmt.Errorf("%d of %s is broken", n, key)
				}
				s.done[n]++
			}
			return nil
		},
	}
}

func newStore(n int) *store {
	s := &store{fail: map[int]bool{}, done: map[int]int{}}
	for i := range n {
		s.things = append(s.things, i+1)
	}
	return s
}

// A turn does all that is due, each once, however much it is, and a bounded number at a time. What can be done in its
// leisure is done one after another, and takes a sixth of it; of what is more the rest is done at once.
func TestQueueDoesAllThatIsDue(t *testing.T) {
	for _, test := range []struct {
		name        string
		things      int
		least, most time.Duration
		atOnce      int32
	}{
		{"few", 3*page + 7, 500 * time.Millisecond, time.Second, 1},
		{"many", 60*page + 7, leisure, leisure + time.Second, atOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, began := newStore(test.things), time.Now()
				if err := s.queue().Turn(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, n := range s.things {
					if s.done[n] != 1 {
						t.Fatalf("%d was done %d times", n, s.done[n])
					}
				}
				if took := time.Since(began); took < test.least || took > test.most {
					t.Errorf("it took %s, want %s to %s", took, test.least, test.most)
				}
				if s.found > page || s.most.Load() != test.atOnce {
					t.Errorf("%d were found at a time (at most %d), %d keys ran at once (%d)", s.found, page, s.most.Load(), test.atOnce)
				}
			})
		})
	}
}

// While a turn rests it ends with its context.
func TestQueueEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		s, began := newStore(2*page), time.Now()
		q := s.queue()
		do := q.Do
		q.Do = func(ctx context.Context, key string, things []int) error {
			if !rest(ctx, time.Second) {
				return ctx.Err()
			}
			return do(ctx, key, things)
		}
		_ = q.Turn(ctx)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it ended after %s", took)
		}
	})
}

// What fails keeps nothing else waiting, is told, and is tried by the next turn.
func TestQueueGoesOnAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(2 * page)
		for n := 1; n <= 6; n++ {
			s.fail[n] = true
		}
		err := s.queue().Turn(t.Context())
		if err == nil || strings.Count(err.Error(), "is broken") != told || !strings.Contains(err.Error(), "and 3 more failures") {
			t.Errorf("got %v, want %d failures and the number of the others", err, told)
		}
		if s.done[2*page] != 1 {
			t.Error("what came after the failures was not done")
		}
		clear(s.fail)
		if err := s.queue().Turn(t.Context()); err != nil || s.done[1] != 1 {
			t.Errorf("the next turn: %v, done %d times", err, s.done[1])
		}
	})
}

func TestQueueThatCannotBeRead(t *testing.T) {
	broken := errors.New("the database is gone")
	q := Queue[int]{Find: func(context.Context, int, int) ([]int, error) { return nil, broken }}
	if err := q.Turn(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
