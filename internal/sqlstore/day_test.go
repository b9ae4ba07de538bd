package sqlstore

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// releaseBefore is what a node of the release before does: it counts, completes a pora and folds countings, and knows of no
// day. What it has stored is good, and gets its days from the janitor.
func releaseBefore(t *testing.T, c *community) {
	t.Helper()
	ali, vali := c.user("ali"), c.user("vali1")
	counters, readers := c.group("counters", zikr.ZikrGroup, ali, vali), c.group("readers", zikr.QuranGroup, ali, vali)
	c.named = []string{"salawat"}
	must(c.CreateZikr(c.ctx, ali, counters, zikr.NewZikr{Name: "Salawat"}))
	c.count(ali, counters, "salawat", 4, "op1")
	c.book("booked", vali, readers, 1)
	count := func(id, user string, total int64, at time.Time) statement {
		userKey, opKey := opKey(user, id)
		return statement{text: `INSERT INTO counts (id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at)
			VALUES ($1, 'salawat', $2, $3, $4, $5, 1, $6, 0, $7)`, args: []any{id, user, id, userKey, opKey, total, millis(at)}}
	}
	ancient := time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)
	err := update(c.store, func(w zikr.Tx) error {
		return w.(*tx).run(
			count("b1", ali, 5, c.now()), count("b2", vali, 6, c.now()), count("b3", ali, 7, ancient),
			statement{text: `INSERT INTO shares VALUES ('salawat', 'vali1', 3)`},
			statement{text: `UPDATE shares SET amount = amount + 2 WHERE user_id = 'ali'`},
			statement{text: `UPDATE zikrs SET total = 9 WHERE id = 'salawat'`},
			statement{text: `UPDATE counts SET total = total + 2`}, // two were folded
			statement{text: `INSERT INTO days VALUES ('vali1', 'salawat', 20000, 2)`},
			statement{text: `UPDATE bookings SET status = 'completed', ended_at = $1 WHERE id = 'booked'`, args: []any{millis(c.now())}},
			statement{text: `UPDATE hatms SET finished = 1 WHERE group_id = 'readers'`})
	})
	if err != nil {
		t.Fatal(err)
	}
	// What the writer knows of the rows that changed behind its back is no more true.
	c.close()
	c.open()
}

func TestDaysOfTheReleaseBefore(t *testing.T) { onEach(t, daysOfTheReleaseBefore) }

func daysOfTheReleaseBefore(t *testing.T, c *community) {
	releaseBefore(t, c)
	c.wantGood()
	must(c.UndoZikrCount(c.ctx, "ali", zikr.UndoZikrCount{ID: "b1"})) // before it has a day
	must(c.UndoZikrCount(c.ctx, "ali", zikr.UndoZikrCount{ID: "count-op1"}))
	c.wantGood()
	c.tidy()
	c.wantGood()
	from, to := zikr.Date(19_990), zikr.Date(20_000)
	days := func(user string, asked zikr.DayRange) []zikr.DayItem { return must(c.MyDays(c.ctx, user, asked)).Days }
	for _, test := range []struct {
		what      string
		got, want []zikr.DayItem
	}{
		{"today's of vali", days("vali1", zikr.DayRange{}), []zikr.DayItem{{Date: "2026-01-31", Counted: 1, Poras: 1}}},
		{"older of vali", days("vali1", zikr.DayRange{From: &from, To: &to}), []zikr.DayItem{{Date: "2024-10-04", Counted: 2}}},
		{"today's of ali, all undone", days("ali", zikr.DayRange{}), []zikr.DayItem{}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
	if all := must(c.Export(c.ctx, "ali")).Days; len(all) != 1 || all[0].Date != "1969-12-31" {
		t.Errorf("all days of ali: got %+v, want one of 1969", all)
	}
	c.later(zikr.KeepCounts + 50*time.Hour)
	c.tidy()
	c.wantGood()
	if counts := must(c.Export(c.ctx, "ali")).Counts; len(counts) != 0 {
		t.Errorf("countings are left: %+v", counts)
	}
}
