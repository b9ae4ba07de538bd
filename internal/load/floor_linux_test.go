package load

import (
	"context"
	"errors"
	"testing"
)

func TestFloor(t *testing.T) {
	for _, how := range []FloorOptions{
		{Connections: 5, Messages: 40},
		{Connections: 5, Messages: 41, Coalesce: 8, Bytes: 1000},
		{Connections: 2, Messages: 20, Rate: 1000},
		{Connections: 1, Messages: 200, Coalesce: 64, Bytes: 60_000}, // more than a socket holds: the reader falls behind
	} {
		r, err := Floor(t.Context(), how)
		if err != nil {
			t.Fatalf("%+v: %v", how, err)
		}
		if got, _ := r.Figure("deliveries"); got != float64(how.Connections*how.Messages) {
			t.Errorf("%+v: got %v deliveries", how, got)
		}
		if got, _ := r.Figure("seconds"); how.Rate > 0 && got < 0.019 {
			t.Errorf("%+v: took %v s, faster than the rate", how, got)
		}
	}
}

func TestFloorCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Floor(ctx, FloorOptions{Connections: 2, Messages: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestFloorRefuses(t *testing.T) {
	for _, how := range []FloorOptions{{Connections: -1}, {Messages: -1}, {Bytes: -1}, {Coalesce: maxCoalesce + 1}, {Rate: -1}} {
		if _, err := Floor(t.Context(), how); err == nil {
			t.Errorf("%+v was taken", how)
		}
	}
}

func TestAfter(t *testing.T) {
	pieces := func() [][]byte { return [][]byte{[]byte("abc"), []byte("de"), []byte("f")} }
	for sent, want := range []string{"abcdef", "bcdef", "cdef", "def", "ef", "f", ""} {
		got := ""
		for _, p := range after(pieces(), sent) {
			got += string(p)
		}
		if got != want {
			t.Errorf("%d bytes: got %q, want %q", sent, got, want)
		}
	}
}
