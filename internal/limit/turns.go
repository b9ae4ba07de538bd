package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrFull says that too many wait already.
var ErrFull = errors.New("too many wait for their turn")

// Turns lets so many do something at once, and the others wait. Whose turn is next goes round
// by user or address: one who asks a thousand times keeps another who asks once waiting for one
// turn, not for a thousand.
type Turns struct {
	atOnce  Bound // met by each who finds no turn free
	waiting Bound // how many may wait

	mu    sync.Mutex
	free  int
	count int                        // of those who wait
	keys  map[string][]chan struct{} // who wait, by key
	ring  []string                   // the same keys, in the order of their turns
}

// mostTurns is as good as any number of turns.
const mostTurns = 1 << 30

// NewTurns has atOnce turns, 1 at least, and lets waiting wait for one.
func NewTurns(atOnce, waiting Bound) *Turns {
	return &Turns{atOnce: atOnce, waiting: waiting, free: int(min(max(atOnce.Most, 1), mostTurns)), keys: map[string][]chan struct{}{}}
}

// Take waits for a turn, which must be given back. It fails with ErrFull at once, or when ctx
// ends before the turn came.
func (t *Turns) Take(ctx context.Context, key string) error {
	turn, err := t.ask(key)
	if turn == nil {
		return err
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	if !t.leave(key, turn) {
		t.Give() // it came at that moment
	}
	return fmt.Errorf("wait for a turn: %w", ctx.Err())
}

// ask takes a turn that is free, or returns what tells when one is there.
func (t *Turns) ask(key string) (turn chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free > 0 {
		t.free--
		return nil, nil
	}
	t.atOnce.met()
	if int64(t.count) >= int64(t.waiting.Most) {
		t.waiting.met()
		return nil, ErrFull
	}
	turn = make(chan struct{})
	if len(t.keys[key]) == 0 {
		t.ring = append(t.ring, key)
	}
	t.keys[key] = append(t.keys[key], turn)
	t.count++
	return turn, nil
}

// leave takes one who no longer waits out, and reports whether the turn had not come yet.
func (t *Turns) leave(key string, turn chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range t.keys[key] {
		if other != turn {
			continue
		}
		t.count--
		if t.keys[key] = slices.Delete(t.keys[key], i, i+1); len(t.keys[key]) == 0 {
			delete(t.keys, key)
			at := slices.Index(t.ring, key) // else who asks and leaves again and again had many places in it
			t.ring = slices.Delete(t.ring, at, at+1)
		}
		return true
	}
	return false
}

// Give hands the turn to who is next.
func (t *Turns) Give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ring) == 0 {
		t.free++
		return
	}
	key := t.ring[0]
	t.ring = t.ring[1:]
	line := t.keys[key]
	if t.keys[key] = line[1:]; len(line) > 1 {
		t.ring = append(t.ring, key)
	} else {
		delete(t.keys, key)
	}
	t.count--
	close(line[0])
}
