package bustest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// OpenPresence starts n nodes that share one presence, and returns each node's.
type OpenPresence func(t *testing.T, n int) []zikr.Presence

// Presence runs the suite of zikr.Presence.
func Presence(t *testing.T, open OpenPresence) {
	for name, test := range map[string]func(*testing.T, OpenPresence){
		"first and last":                    presenceFirstAndLast,
		"nobody leaves twice":               presenceLeaveWithoutEnter,
		"groups and users are apart":        presenceApart,
		"names no more than asked for":      presenceLimit,
		"counts the connections of nodes":   presenceNodes,
		"one first and one last in a race":  presenceRace,
		"one node is first and one is last": presenceNodesAtOnce,
		"every node names everybody":        presenceNamesAll,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

func presenceFirstAndLast(t *testing.T, open OpenPresence) {
	p := open(t, 1)[0]
	wantEnter(t, p, "g", "u", true)
	wantEnter(t, p, "g", "u", false)
	wantOnline(t, p, "g", "u")
	wantLeave(t, p, "g", "u", false)
	wantOnline(t, p, "g", "u")
	wantLeave(t, p, "g", "u", true)
	wantOnline(t, p, "g")
	wantEnter(t, p, "g", "u", true)
}

func presenceLeaveWithoutEnter(t *testing.T, open OpenPresence) {
	p := open(t, 1)[0]
	wantLeave(t, p, "g", "u", false)
	wantOnline(t, p, "g")
	wantEnter(t, p, "g", "u", true)
	wantLeave(t, p, "g", "u", true)
	wantLeave(t, p, "g", "u", false)
	wantEnter(t, p, "g", "u", true)
}

func presenceApart(t *testing.T, open OpenPresence) {
	p := open(t, 1)[0]
	wantEnter(t, p, "g1", "u1", true)
	wantEnter(t, p, "g1", "u2", true)
	wantEnter(t, p, "g2", "u1", true)
	wantLeave(t, p, "g1", "u1", true)
	wantOnline(t, p, "g1", "u2")
	wantOnline(t, p, "g2", "u1")
}

func presenceLimit(t *testing.T, open OpenPresence) {
	p := open(t, 1)[0]
	for i := range 7 {
		wantEnter(t, p, "g", fmt.Sprintf("u%d", i), true)
	}
	for limit, want := range map[int]int{0: 0, 3: 3, 7: 7, 100: 7, -1: 7} {
		count, ids, err := p.Online(t.Context(), "g", limit)
		if err != nil {
			t.Fatal(err)
		}
		if count != 7 || len(ids) != want {
			t.Errorf("limit %d: got %d online, %d named, want 7 and %d", limit, count, len(ids), want)
		}
		slices.Sort(ids)
		if unique := len(slices.Compact(ids)); unique != want {
			t.Errorf("limit %d: %d different users named, want %d", limit, unique, want)
		}
	}
}

func presenceNodes(t *testing.T, open OpenPresence) {
	nodes := open(t, 2)
	wantEnter(t, nodes[0], "g", "u", true)
	wantEnter(t, nodes[1], "g", "u", false)
	wantOnline(t, nodes[1], "g", "u")
	wantLeave(t, nodes[0], "g", "u", false)
	wantOnline(t, nodes[0], "g", "u")
	wantLeave(t, nodes[1], "g", "u", true)
	wantOnline(t, nodes[0], "g")
}

// However many connections come and go at once, somebody is first each time
// that nobody was there, and last each time that nobody is left.
func presenceRace(t *testing.T, open OpenPresence) {
	nodes := open(t, 2)
	const connections, rounds = 8, 50
	var firsts, lasts atomic.Int64
	var wg sync.WaitGroup
	for c := range connections {
		p := nodes[c%len(nodes)]
		wg.Go(func() {
			for range rounds {
				first, err := p.Enter(t.Context(), "g", "u")
				if err != nil {
					t.Error(err)
					return
				}
				last, err := p.Leave(t.Context(), "g", "u")
				if err != nil {
					t.Error(err)
					return
				}
				count(&firsts, first)
				count(&lasts, last)
			}
		})
	}
	wg.Wait()
	if f, l := firsts.Load(), lasts.Load(); f != l || f < 1 {
		t.Errorf("got %d firsts and %d lasts, want as many, and at least one", f, l)
	}
	wantOnline(t, nodes[0], "g")
}

// A user comes to all nodes at one moment, and leaves them at one moment: one of
// them tells the others.
func presenceNodesAtOnce(t *testing.T, open OpenPresence) {
	const rounds = 50
	nodes := open(t, 3)
	for round := range rounds {
		atOnce(t, nodes, "first", func(p zikr.Presence) (bool, error) { return p.Enter(t.Context(), "g", "u") })
		wantOnline(t, nodes[round%len(nodes)], "g", "u")
		atOnce(t, nodes, "last", func(p zikr.Presence) (bool, error) { return p.Leave(t.Context(), "g", "u") })
		wantOnline(t, nodes[round%len(nodes)], "g")
	}
}

// atOnce does something on all nodes at once, which must report true on one of them.
func atOnce(t *testing.T, nodes []zikr.Presence, what string, act func(zikr.Presence) (bool, error)) {
	t.Helper()
	var yes atomic.Int64
	var wg sync.WaitGroup
	for _, p := range nodes {
		wg.Go(func() {
			is, err := act(p)
			if err != nil {
				t.Error(err)
			}
			count(&yes, is)
		})
	}
	wg.Wait()
	if got := yes.Load(); got != 1 {
		t.Errorf("%d nodes were %s, want 1", got, what)
	}
}

func presenceNamesAll(t *testing.T, open OpenPresence) {
	nodes := open(t, 3)
	for i, p := range nodes {
		wantEnter(t, p, "g", fmt.Sprintf("u%d", i), true)
	}
	for _, p := range nodes {
		wantOnline(t, p, "g", "u0", "u1", "u2")
	}
	wantLeave(t, nodes[1], "g", "u1", true)
	for _, p := range nodes {
		wantOnline(t, p, "g", "u0", "u2")
	}
}

func count(n *atomic.Int64, yes bool) {
	if yes {
		n.Add(1)
	}
}

func wantEnter(t *testing.T, p zikr.Presence, groupID, userID string, want bool) {
	t.Helper()
	got, err := p.Enter(t.Context(), groupID, userID)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s enters %s: got first = %t, want %t", userID, groupID, got, want)
	}
}

func wantLeave(t *testing.T, p zikr.Presence, groupID, userID string, want bool) {
	t.Helper()
	got, err := p.Leave(t.Context(), groupID, userID)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s leaves %s: got last = %t, want %t", userID, groupID, got, want)
	}
}

func wantOnline(t *testing.T, p zikr.Presence, groupID string, want ...string) {
	t.Helper()
	n, got, err := p.Online(t.Context(), groupID, -1)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff(append([]string{}, want...), append([]string{}, got...)); diff != "" {
		t.Errorf("online in %s (-want +got):\n%s", groupID, diff)
	}
	if n != len(want) {
		t.Errorf("online in %s: got %d, want %d", groupID, n, len(want))
	}
}
