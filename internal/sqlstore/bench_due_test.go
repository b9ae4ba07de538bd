//go:build unix

package sqlstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/due"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// BenchmarkLookingForWhatIsDue is what a node asks in a minute (four looks for bookings and four for reminders)
// of a database of a million bookings with dates and 100,000 users with reminders, none of them due. That all of it
// goes by an index, TestDueIsFoundByAnIndex tells. What PostgreSQL's server does is in the time alone.
func BenchmarkLookingForWhatIsDue(b *testing.B) {
	onEngines(b, func(b *testing.B, place func() sqlstore.Options) {
		at := place()
		open(b, at).close(b)
		fillDates(b, at, 1_000_000, 100_000)
		w := open(b, at)
		defer w.close(b)
		service := w.service()
		defer service.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		defer reportProcessor(b)()
		for b.Loop() {
			for range 4 {
				bookings, errB := service.BookingsDue(ctx, zikr.DueBooking{}, 256)
				users, errU := service.RemindersDue(ctx, zikr.DueReminder{}, 256)
				if errB != nil || errU != nil || len(bookings)+len(users) > 0 {
					b.Fatalf("got %d bookings and %d users, %v %v: want none", len(bookings), len(users), errB, errU)
				}
			}
		}
	})
}

// fillDates adds bookings and users about whom the clock has something to do in a month. Nothing else is read.
func fillDates(b *testing.B, at sqlstore.Options, bookings, users int) {
	b.Helper()
	month := time.Now().AddDate(0, 1, 0).UnixMilli()
	statements := []rawStatement{
		{`INSERT INTO users (id, name, surname, full_key, surname_key, email, phone, password_hash, token_version, kept_token_id, created_at, deleted,
			reminder_hour, remind_at) ` + numbers + `SELECT '0198c0de-0000-7000-8000-1000' || substr(CAST(100000000 + i AS TEXT), 2), 'Name', '1', 'name 1', '1',
			'', '', '', 1, '', 1770000000000, FALSE, i % 24, CAST($2 AS BIGINT) + i % 86400000 FROM n`, []any{users, month}},
		{`INSERT INTO groups (id, name, name_key, type, is_public, dedication, hatm_goal, hatm_count, admin_id, member_count, seq, created_at, deleted) ` + numbers +
			`SELECT '0198c0de-0000-7000-8000-2000' || substr(CAST(100000000 + i AS TEXT), 2), 'G', 'g', 'quran', FALSE, '', 0, 0,
			'0198c0de-0000-7000-8000-1000' || substr(CAST(100000000 + i AS TEXT), 2), 1, 0, 1770000000000, FALSE FROM n`, []any{1000}},
		{`INSERT INTO hatms (group_id, number, finished, opened_at) ` + numbers +
			`SELECT '0198c0de-0000-7000-8000-2000' || substr(CAST(100000000 + i % 1000 AS TEXT), 2), i / 1000 + 1, 0, 1770000000000 FROM n`, []any{bookings/zikr.Poras + 1000}},
		{`INSERT INTO bookings (id, group_id, hatm_number, pora, user_id, status, booked_at, due_at, wake_at) ` + numbers +
			`SELECT '0198c0de-0000-7000-8000-6000' || substr(CAST(100000000 + i AS TEXT), 2), '0198c0de-0000-7000-8000-2000' || substr(CAST(100000000 + i % 1000 AS TEXT), 2),
			i / 30000 + 1, i / 1000 % 30 + 1, '0198c0de-0000-7000-8000-1000' || substr(CAST(100000000 + i % 1000 AS TEXT), 2), 'booked', 1770000000000,
			CAST($2 AS BIGINT) + i % 2592000000 + 86400000, CAST($2 AS BIGINT) + i % 2592000000 FROM n`, []any{bookings, month}},
		{`ANALYZE`, nil},
	}
	if at.URL == "" { // as no server has done it in its database
		statements = statements[:len(statements)-1]
	}
	execRaw(b, at, statements)
}

// The bookings that are due at once: of 112 groups, 3 hatms each.
const (
	dueGroups = 112
	dueHatms  = 3
)

// BenchmarkReleases is 10,080 bookings that are overdue in one moment, while others count 1,000 times a second: how
// long until all are released, and how long a count takes before and meanwhile.
func BenchmarkReleases(b *testing.B) {
	onEngines(b, func(b *testing.B, place func() sqlstore.Options) {
		var took, before, meanwhile []float64
		for b.Loop() {
			t, p, q := releases(b, place())
			took, before, meanwhile = append(took, t), append(before, p), append(meanwhile, q)
		}
		median := func(all []float64) float64 { slices.Sort(all); return all[len(all)/2] }
		b.ReportMetric(median(took), "s-until-released")
		b.ReportMetric(median(before), "count-p99-ms-before")
		b.ReportMetric(median(meanwhile), "count-p99-ms-meanwhile")
		b.ReportMetric(0, "ns/op")
	})
}

func releases(b *testing.B, at sqlstore.Options) (seconds, before, meanwhile float64) {
	w := newWorldAt(b, at, 10, 50)
	defer w.close(b)
	service := w.service()
	defer service.Close()
	for g := range dueGroups {
		if err := w.store.Update(context.Background(), zikr.GroupKey(overdueID(g)), func(tx zikr.Tx) error { return w.overdue(tx, g) }); err != nil {
			b.Fatal(err)
		}
	}
	never := make(chan struct{})
	before = w.countsUntil(b, never, 2*time.Second)
	queue := due.Queue[zikr.DueBooking]{
		Find: service.BookingsDue, Key: func(d zikr.DueBooking) string { return d.GroupID }, Do: service.WakeBookings,
	}
	done, began := make(chan struct{}), time.Now()
	go func() {
		defer close(done)
		if err := queue.Turn(context.Background()); err != nil {
			b.Error(err)
		}
		seconds = time.Since(began).Seconds()
	}()
	meanwhile = w.countsUntil(b, done, time.Minute)
	<-done
	if left, err := service.BookingsDue(context.Background(), zikr.DueBooking{}, 1); err != nil || len(left) > 0 {
		b.Fatalf("still due: %v, %v", left, err)
	}
	return seconds, before, meanwhile
}

// countsUntil counts 1,000 times a second until something is done, or for so long, and returns within how many ms 99
// of 100 were confirmed.
func (w *world) countsUntil(b *testing.B, done <-chan struct{}, most time.Duration) float64 {
	began, answers, sent := time.Now(), make(chan time.Duration, 100_000), 0
	for at := began; at.Sub(began) < most; at = at.Add(time.Millisecond) {
		select {
		case <-done:
			most = 0
			continue
		case <-time.After(time.Until(at)):
		}
		sent++
		go func(n int64, due time.Time) {
			key, run := w.count(n)
			if err := w.store.Update(context.Background(), key, run); err != nil {
				b.Error(err)
			}
			answers <- time.Since(due)
		}(int64(sent), at)
	}
	took := make([]time.Duration, sent)
	for i := range took {
		took[i] = <-answers
	}
	slices.Sort(took)
	if sent == 0 {
		b.Fatal("nothing was counted")
	}
	return took[sent*99/100].Seconds() * 1000
}

func overdueID(i int) string { return fmt.Sprintf("0198c0de-0000-7000-8000-7000%08d", i) }

// overdue makes a group whose hatms are booked, by all in turn, and all overdue. The groups have booked in turn, so
// that the bookings of each lie as far from each other as can be.
func (w *world) overdue(tx zikr.Tx, group int) error {
	id, then := overdueID(group), time.Now().AddDate(0, 0, -3)
	g := zikr.Group{
		ID: id, Name: "Readers", Type: zikr.QuranGroup, AdminID: userID(0), CreatedAt: then, MemberCount: int64(w.users),
		GroupSettings: zikr.GroupSettings{OpenHatms: dueHatms, AutoRelease: true, ReadingDays: 1, Division: zikr.Madani},
	}
	if err := tx.InsertGroup(g); err != nil {
		return err
	}
	for u := range w.users {
		if err := tx.PutMember(zikr.Member{GroupID: id, UserID: userID(u), JoinedAt: then}); err != nil {
			return err
		}
	}
	for hatm := range dueHatms {
		number := int64(hatm + 1)
		if err := tx.InsertHatm(zikr.Hatm{GroupID: id, Number: number, OpenedAt: then}); err != nil {
			return err
		}
		for pora := range zikr.Poras {
			err := tx.InsertBooking(zikr.Booking{
				ID:      fmt.Sprintf("0198c0de-0000-7000-8000-8%05d%06d", hatm*zikr.Poras+pora, group),
				GroupID: id, HatmNumber: number, Pora: pora + 1, UserID: userID((group + pora) % w.users), Status: zikr.Booked,
				BookedAt: then, DueAt: then.AddDate(0, 0, 1), WakeAt: then.AddDate(0, 0, 1),
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// service is the use cases over the store, without bounds.
func (w *world) service() *zikr.Service {
	return zikr.New(zikr.Config{
		Store: w.store, Bus: bus.NewLocal(), Presence: bus.NewLocalPresence(), NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, Now: time.Now, Bounds: zikr.Unbounded(),
	})
}
