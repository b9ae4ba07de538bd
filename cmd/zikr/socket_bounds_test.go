package main

import (
	"slices"
	"testing"

	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/socketio"
)

// TestEngineBoundsAreInTheTable finds each bound that the engine may meet in limit.Bounds, so that it is a
// setting, and counted from the start.
func TestEngineBoundsAreInTheTable(t *testing.T) {
	for _, name := range append(socketio.BoundNames(), "refusals", "address_refusals", "address_connects", "address_connect_pace") {
		if !slices.ContainsFunc(limit.Table(), func(row limit.Row) bool { return row.Bound == name }) {
			t.Errorf("limit.Bounds has no %s", name)
		}
	}
}

// TestBoundOfNothing keeps 0 of a setting apart from 0 of the engine, which is no bound.
func TestBoundOfNothing(t *testing.T) {
	if bound(0) >= 0 || bound(5) != 5 || bound(limit.Off) <= 1<<60 {
		t.Errorf("got %d, %d and %d", bound(0), bound(5), bound(limit.Off))
	}
}
