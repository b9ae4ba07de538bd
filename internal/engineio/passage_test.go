package engineio

import (
	"math"
	"testing"
)

// What is followed is passed when the last byte of its last frame has left, whatever else waits with it.
func TestPassage(t *testing.T) {
	told := -1
	p := NewPassage(func(sessions int) { told = sessions })
	var a, b queue
	a.push(Frame("before"))
	a.push(Frame("mark"))
	a.follow(p)
	a.push(Frame("after"))
	b.push(Frame("mark"))
	b.follow(p)
	p.Seal()

	a.advance(len("beforemar"))
	b.advance(len("mark"))
	if told != -1 {
		t.Fatalf("told of %d sessions before the last byte had left", told)
	}
	a.advance(len("k"))
	if told != 2 {
		t.Errorf("told of %d sessions, want 2", told)
	}
}

// Of a session that ends, and of an answer to a poll, nothing is left to wait for.
func TestPassageEnds(t *testing.T) {
	for name, end := range map[string]func(*queue){
		"the session is over": (*queue).reset,
		"a poll takes it":     func(q *queue) { q.take() },
	} {
		told := -1
		p := NewPassage(func(sessions int) { told = sessions })
		var q queue
		q.push(Frame("one"), Frame("two"))
		q.follow(p)
		p.Seal()
		q.advance(2)
		if end(&q); told != 1 {
			t.Errorf("%s: told of %d sessions, want 1", name, told)
		}
	}
	told := -1
	NewPassage(func(sessions int) { told = sessions }).Seal()
	if told != 0 {
		t.Errorf("queued for nobody: told of %d sessions, want 0", told)
	}
}

func TestWaited(t *testing.T) {
	bounds := WaitedBounds()
	var w waited
	for i, at := range bounds {
		w.add("a", int(at))
		w.add("b", int(at)+1)
		all := w.read()
		if i+1 >= waitedBuckets || all.Buckets[i] == 0 || all.Buckets[i+1] == 0 {
			t.Errorf("%v bytes and one more: got %v, want one in bucket %d and one in the next", at, all.Buckets, i)
		}
	}
	w.add("c", math.MaxInt32)
	var count uint64
	for _, n := range w.read().Buckets {
		count += n
	}
	if want := uint64(2*len(bounds) + 1); count != want {
		t.Errorf("got %d writes, want %d", count, want)
	}
}
