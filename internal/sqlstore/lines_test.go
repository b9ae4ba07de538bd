package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/zikr-app/zikr"
)

// queueUp puts numbered commands into lines, by the ids of their groups.
func queueUp(t *testing.T, l *lines, groups ...string) map[*command]string {
	t.Helper()
	names := make(map[*command]string)
	for i, g := range groups {
		c := newCommand(context.Background(), nil)
		names[c] = fmt.Sprint(g, i)
		if err := l.add(zikr.GroupKey(g), c); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// TestLinesTakeTurns: a group in which many wait goes back to the end after each batch.
func TestLinesTakeTurns(t *testing.T) {
	l := newLines(100)
	names := queueUp(t, l, "a", "a", "a", "a", "b", "a", "c")
	l.close()
	var got [][]string
	for {
		of, batch := l.next(nil, 2)
		if of == nil {
			break
		}
		var taken []string
		for _, c := range batch {
			taken = append(taken, names[c])
		}
		got = append(got, taken)
		l.done(of)
	}
	want := [][]string{{"a0", "a1"}, {"b4"}, {"c6"}, {"a2", "a3"}, {"a5"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got batches %v, want %v", got, want)
	}
	if commands, ready := l.length(); commands != 0 || ready != 0 || len(l.byKey) != 0 {
		t.Errorf("%d commands, %d ready lines and %d lines are left", commands, ready, len(l.byKey))
	}
}

// TestOneWriterForALine: who comes while a batch is under way waits for its end, and others do not.
func TestOneWriterForALine(t *testing.T) {
	l := newLines(100)
	queueUp(t, l, "a", "a")
	first, _ := l.next(nil, 1)
	queueUp(t, l, "a", "b")
	second, batch := l.next(nil, 9)
	if second.key != zikr.GroupKey("b") || len(batch) != 1 {
		t.Fatalf("beside a batch of group a: got %d commands of %v, want that of group b", len(batch), second.key)
	}
	l.done(first)
	third, batch := l.next(nil, 9)
	if third != first || len(batch) != 2 {
		t.Errorf("after it: got %d commands of %v, want the two that are left of group a", len(batch), third.key)
	}
}

func TestLinesAreBounded(t *testing.T) {
	l := newLines(2)
	queueUp(t, l, "a", "b")
	if err := l.add(zikr.GroupKey("c"), nil); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
	l.next(nil, 1)
	queueUp(t, l, "c")
	if !l.close() || l.close() {
		t.Error("the lines are closed by the first call, and by no other")
	}
	if err := l.add(zikr.GroupKey("d"), nil); !errors.Is(err, errClosed) {
		t.Errorf("got %v, want %v", err, errClosed)
	}
}
