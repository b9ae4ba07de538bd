package load

import (
	"errors"
	"testing"
)

// crowded is an API server with members of two groups, who have not counted yet.
func crowded(t *testing.T) (*testAPI, Options) {
	t.Helper()
	a := serveAPI(t)
	made, err := Gather(t.Context(), CrowdOptions{URL: a.url, Users: 7, Groups: 2})
	if err != nil {
		t.Fatal(err)
	}
	return a, Options{URL: a.url, Connections: 3, Members: made.Members}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	a, o := crowded(t)
	r, err := Snapshot(t.Context(), o, SnapshotOptions{Requests: 20})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{"snapshots": 20, "members": 4, "connections": 3} {
		if got := figure(t, r, key); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	if figure(t, r, "p50_ms") <= 0 || figure(t, r, "p99_ms") > figure(t, r, "max_ms") || figure(t, r, "bytes") < 20 {
		t.Errorf("got %+v", r.Figures)
	}
	for _, m := range o.Members {
		if got := a.counts[m.Token]; got != 1 {
			t.Errorf("a member has counted %d times, want once", got)
		}
	}
}

// TestSnapshotWrong has a snapshot leave somebody out.
func TestSnapshotWrong(t *testing.T) {
	t.Parallel()
	a, o := crowded(t)
	a.hidden = 1
	if _, err := Snapshot(t.Context(), o, SnapshotOptions{}); !errors.Is(err, errNoZikr) {
		t.Errorf("got %v, want %v", err, errNoZikr)
	}
	if _, err := Snapshot(t.Context(), o, SnapshotOptions{Requests: -1}); err == nil {
		t.Error("fewer snapshots than none were read")
	}
}
