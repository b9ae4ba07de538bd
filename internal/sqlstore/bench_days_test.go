//go:build unix

package sqlstore_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// What was done by day: a year of 5,000 members, 50 in a group.
const (
	daysUsers  = 5000
	daysOfYear = 364
)

// BenchmarkDays is what a history of a year takes, of members in turn, and what a count does that adds to a day, where
// 5,000 members have counted on each day of a year.
func BenchmarkDays(b *testing.B) {
	onEngines(b, func(b *testing.B, place func() sqlstore.Options) {
		at := place()
		newWorldAt(b, at, 10, 50).close(b)
		today := zikr.DateOf(time.Now().UTC())
		fillDays(b, at, today)
		w := open(b, at)
		defer w.close(b)
		b.Run("year", func(b *testing.B) { w.years(b, today) })
		b.Run("counts", func(b *testing.B) { w.run(b, 400, w.count) })
	})
}

// fillDays adds the days of a year before today, in the order in which they come.
func fillDays(b *testing.B, at sqlstore.Options, today zikr.Date) {
	b.Helper()
	statements := []rawStatement{
		{`INSERT INTO member_days (group_id, group_day, user_id, day, zikr_id, amount) ` + numbers + `SELECT
			'0198c0de-0000-7000-8000-2000' || substr(CAST(100000000 + i % 5000 / 50 AS TEXT), 2), CAST($2 AS BIGINT) + i / 5000,
			'0198c0de-0000-7000-8000-1000' || substr(CAST(100000000 + i % 5000 AS TEXT), 2), CAST($2 AS BIGINT) + i / 5000,
			'0198c0de-0000-7000-8000-3000' || substr(CAST(100000000 + i % 5000 / 50 AS TEXT), 2), 33 FROM n`,
			[]any{daysUsers * daysOfYear, int64(today) - daysOfYear}},
		{`ANALYZE`, nil},
	}
	if at.URL == "" { // as no server has done it in its database
		statements = statements[:1]
	}
	execRaw(b, at, statements)
}

// years reads the days of a year of one member after another.
func (w *world) years(b *testing.B, today zikr.Date) {
	var took []time.Duration
	for b.Loop() {
		user, began := userID(len(took)*1237%daysUsers), time.Now()
		err := w.store.View(context.Background(), func(r zikr.Reader) error {
			sums, errS := r.DaySumsOf(user, today-daysOfYear, today)
			active, errA := r.ActiveDaysOf(user)
			if len(sums) < daysOfYear || len(active) < daysOfYear {
				return errors.Join(errS, errA, errors.New("days are missing"))
			}
			return errors.Join(errS, errA)
		})
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}
