package zikr_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// progress is what an update says of the goal.
type progress struct {
	Total    int64
	Cycles   int64
	Progress string
	Reached  bool
}

func progressOf(c *zikr.ZikrUpdateConfirmed) progress {
	return progress{c.TotalCount, c.CycleCount, c.Progress, c.GoalReached}
}

// Contract section 2, Zikr: the rounding, and one goalReached per cycle.
func TestProgress(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	for _, test := range []struct {
		goal   int64
		counts []int64
		want   []progress
	}{
		{0, []int64{5, 100_000}, []progress{{5, 0, "0.00", false}, {100_005, 0, "0.00", false}}},
		{1, []int64{1, 2}, []progress{{1, 1, "100.00", true}, {3, 3, "100.00", true}}},
		{3, []int64{1, 1, 1, 1}, []progress{{1, 0, "33.33", false}, {2, 0, "66.67", false}, {3, 1, "100.00", true}, {4, 1, "33.33", false}}},
		{10, []int64{9, 2, 28, 1}, []progress{{9, 0, "90.00", false}, {11, 1, "100.00", true}, {39, 3, "100.00", true}, {40, 4, "100.00", true}}},
		{16, []int64{1}, []progress{{1, 0, "6.25", false}}},
		{800, []int64{1}, []progress{{1, 0, "0.13", false}}},                                                                         // 0.125: half up
		{20_000, []int64{1, 2, 19_996}, []progress{{1, 0, "0.01", false}, {3, 0, "0.02", false}, {19_999, 0, "99.99", false}}},       // 0.005, 0.015, 99.995
		{30_000, []int64{1, 29_998, 1}, []progress{{1, 0, "0.00", false}, {29_999, 0, "99.99", false}, {30_000, 1, "100.00", true}}}, // 99.997 is not done
		{100_000, []int64{4, 1, 99_989, 1}, []progress{{4, 0, "0.00", false}, {5, 0, "0.01", false}, {99_994, 0, "99.99", false}, {99_995, 0, "99.99", false}}},
		{1_000_000_000_000, []int64{100_000}, []progress{{100_000, 0, "0.00", false}}},
	} {
		t.Run(fmt.Sprint("goal ", test.goal), func(t *testing.T) {
			z := w.zikr(ali, g, test.goal)
			var got []progress
			for _, n := range test.counts {
				c := w.count(ali, g, z, n)
				got = append(got, progressOf(c))
				if e := lastEvent[zikr.ZikrCountUpdated](w, g); e.Progress != c.Progress || e.GoalReached != c.GoalReached || e.CycleCount != c.CycleCount {
					t.Errorf("the event says %+v, the confirmation %+v", e, c)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// At a multiple of the goal the snapshot shows the next cycle, which is empty.
func TestProgressInSnapshot(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 3)
	w.count(ali, g, z, 6)
	if got := w.zikrItem(ali, g, z); got.CycleCount != 2 || got.Progress != "0.00" {
		t.Errorf("got %d cycles and %s, want 2 and 0.00", got.CycleCount, got.Progress)
	}
}

// The arithmetic is exact for the largest goal there can be.
func TestProgressOfALargeTotal(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	const largest = 1_000_000_000_000
	z := w.zikr(ali, g, largest)
	err := w.store.Update(w.ctx, zikr.GroupKey(g), func(tx zikr.Tx) error {
		row, err := tx.Zikr(z)
		if err != nil {
			return err
		}
		row.Total = largest - 2
		return tx.UpdateZikr(*row)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []progress{{largest - 1, 0, "99.99", false}, {largest, 1, "100.00", true}}
	got := []progress{progressOf(w.count(ali, g, z, 1)), progressOf(w.count(ali, g, z, 1))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestChangedGoalAppliesFromThenOn(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 10)
	set := func(goal int64) { must(w.UpdateZikr(w.ctx, ali, g, z, zikr.ZikrChange{Goal: number(goal)})) }
	got := []progress{progressOf(w.count(ali, g, z, 9))}
	set(4) // 9 is past two goals of 4 already: that is not told
	got = append(got, progressOf(w.count(ali, g, z, 1)), progressOf(w.count(ali, g, z, 2)))
	set(100)
	got = append(got, progressOf(w.count(ali, g, z, 1)))
	set(0)
	got = append(got, progressOf(w.count(ali, g, z, 1)))
	want := []progress{
		{9, 0, "90.00", false}, {10, 2, "50.00", false}, {12, 3, "100.00", true}, {13, 0, "13.00", false}, {14, 0, "0.00", false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
