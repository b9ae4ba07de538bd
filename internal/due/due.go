// Package due is what a node does by the clock. A Job is done again and again. A Queue is a
// job that finds, by an index of the store, what has become due, and does it by ordinary commands.
//
// Nothing here remembers what is due: the store does. So what a stopped server missed is done
// after its start, and of nodes that find the same thing at once the command of one does it,
// and the other's sees that it is done.
package due

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Job is something that a node does again and again.
type Job struct {
	Name  string
	First time.Duration // from the start to the first turn
	Every time.Duration // from the end of a turn to the next
	Retry time.Duration // from the end of one that failed, if that is sooner; 0: as Every
	Turn  func(ctx context.Context) error
}

// Run gives each job its turns until ctx ends, and returns when all have ended. A turn that
// fails is logged; the next one goes on where it ended.
func Run(ctx context.Context, log *slog.Logger, jobs ...Job) {
	var all sync.WaitGroup
	for _, j := range jobs {
		all.Go(func() { j.run(ctx, log) })
	}
	all.Wait()
}

func (j Job) run(ctx context.Context, log *slog.Logger) {
	for pause := j.First; rest(ctx, pause); {
		pause = j.Every
		err := j.Turn(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if j.Retry > 0 {
			pause = min(j.Every, j.Retry)
		}
		log.Warn("what is done by the clock was not done; it will be tried again", "job", j.Name, "next", pause, "err", err)
	}
}

// rest waits. It returns false at once when ctx ends.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// The bounds of a turn: how many things are found at a time, how many commands run at once,
// and how long one may take.
const (
	page     = 256
	atOnce   = 8
	patience = 30 * time.Second
)

// A turn that finds much leaves room for those who read and count meanwhile: as long as it has leisure, it does few
// things at a time, and rests after them for rests times as long as they took.
const (
	leisure = 10 * time.Second
	few     = 8
	rests   = 5
)

// Queue is one kind of things that become due. All fields are required.
type Queue[T any] struct {
	// Find returns at most limit of the things that are due, soonest first, that come after
	// one of them in that order; after the zero value come all.
	Find func(ctx context.Context, after T, limit int) ([]T, error)
	// Key tells under whose key a thing is done.
	Key func(T) string
	// Do does things of one key. It must do nothing about one that is not due any more.
	Do func(ctx context.Context, key string, things []T) error
}

// Turn does all that is due. What fails is left, and does not keep the rest waiting: the next
// turn finds it again.
func (q Queue[T]) Turn(ctx context.Context) error {
	hurry := time.Now().Add(leisure)
	var after T
	var failed failures
	for ctx.Err() == nil {
		found, err := q.Find(ctx, after, page)
		if err != nil {
			failed.add(fmt.Errorf("find what is due: %w", err))
			break
		}
		q.do(ctx, found, hurry, &failed)
		if len(found) < page {
			break
		}
		after = found[len(found)-1]
	}
	return failed.err()
}

// do does what was found: one key after another while there is leisure, and then a few at once.
func (q Queue[T]) do(ctx context.Context, found []T, hurry time.Time, failed *failures) {
	keys, things := []string(nil), make(map[string][]T)
	for _, t := range found {
		key := q.Key(t)
		if things[key] == nil {
			keys = append(keys, key)
		}
		things[key] = append(things[key], t)
	}
	var running sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, key := range keys {
		left := q.gently(ctx, key, things[key], hurry, failed)
		if len(left) == 0 {
			continue
		}
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			q.try(ctx, key, left, failed)
		})
	}
	running.Wait()
}

// gently does things of one key with rests, until it must hurry, and returns those that are left.
func (q Queue[T]) gently(ctx context.Context, key string, things []T, hurry time.Time, failed *failures) []T {
	for len(things) > 0 && ctx.Err() == nil {
		began := time.Now()
		if !began.Before(hurry) {
			break
		}
		some := things[:min(few, len(things))]
		things = things[len(some):]
		q.try(ctx, key, some, failed)
		rest(ctx, min(rests*time.Since(began), time.Until(hurry)))
	}
	return things
}

func (q Queue[T]) try(ctx context.Context, key string, things []T, failed *failures) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := q.Do(ctx, key, things); err != nil {
		failed.add(fmt.Errorf("do what is due in %s: %w", key, err))
	}
}

// failures keeps some of what failed, and counts the rest.
type failures struct {
	mu   sync.Mutex
	some []error
	more int
}

// told is how many failures of one turn are told in full.
const told = 3

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.some) < told {
		f.some = append(f.some, err)
	} else {
		f.more++
	}
}

func (f *failures) err() error {
	if f.more > 0 {
		f.some = append(f.some, fmt.Errorf("and %d more failures", f.more))
	}
	return errors.Join(f.some...)
}
