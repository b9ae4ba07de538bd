//go:build unix

package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/pgtest"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// The benchmarks run on a real file with fsync. They say how many commands a
// second are confirmed, what the processor does for one, and, in the same run,
// how many bare fsyncs of a page a second this disk does.

func BenchmarkCounts(b *testing.B) {
	for _, callers := range []int{1, 50, 400} {
		for _, groups := range []int{1, 10} {
			b.Run(fmt.Sprintf("callers=%d/groups=%d", callers, groups), func(b *testing.B) {
				w := newWorld(b, groups, 50)
				w.run(b, callers, w.count)
			})
		}
	}
}

func BenchmarkCountsWithOpID(b *testing.B) {
	w := newWorld(b, 10, 50)
	w.run(b, 400, w.countOnce)
}

// BenchmarkPostgresCounts does the same on PostgreSQL: on the server that ZIKR_TEST_POSTGRES_URL names, or on one of
// its own, which makes no fsyncs. The processor time is of this process alone.
func BenchmarkPostgresCounts(b *testing.B) {
	for _, groups := range []int{1, 50} {
		b.Run(fmt.Sprintf("groups=%d", groups), func(b *testing.B) {
			w := newWorldAt(b, onPostgres(b), groups, 50)
			defer w.close(b)
			w.run(b, 400, w.countOnce)
		})
	}
}

// BenchmarkPaced says how long a count takes when 7,500 a second come.
func BenchmarkPaced(b *testing.B) {
	w := newWorld(b, 10, 50)
	w.paced(b, 7500, w.countOnce)
}

func BenchmarkBookings(b *testing.B) {
	w := newWorld(b, 10, 50)
	w.run(b, 400, w.bookAndComplete)
}

// BenchmarkFull does the same on a database of 10 million counts, each with an
// opId, and 1 million events. Making it takes minutes.
func BenchmarkFull(b *testing.B) {
	at := sqlstore.Options{Dir: b.TempDir()}
	w := newWorldAt(b, at, 10, 50)
	for n := range int64(500) { // one of each user in each group: fill copies what they are stored by
		key, run := w.count(n)
		if err := w.store.Update(context.Background(), key, run); err != nil {
			b.Fatal(err)
		}
	}
	w.close(b)
	fill(b, at, 10_000_000, 1_000_000)
	began := time.Now()
	w = open(b, at)
	b.Logf("opened after %v", time.Since(began))
	defer w.close(b)
	b.Run("counts", func(b *testing.B) { w.run(b, 400, w.count) })
	b.Run("counts with opId", func(b *testing.B) { w.run(b, 400, w.countOnce) })
	b.Run("bookings", func(b *testing.B) { w.run(b, 400, w.bookAndComplete) })
}

// BenchmarkView is what a use case reads before it sends its command.
func BenchmarkView(b *testing.B) {
	w := newWorld(b, 10, 50)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	defer reportProcessor(b)()
	for b.Loop() {
		err := w.store.View(ctx, func(r zikr.Reader) error {
			_, err := r.Member(groupID(1), userID(1))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSnapshot reads what the snapshot of a group of 1,000 members is made
// of, each of whom has counted.
func BenchmarkSnapshot(b *testing.B) {
	w := newWorld(b, 1, 1000)
	for n := range int64(1000) {
		key, run := w.count(n)
		if err := w.store.Update(context.Background(), key, run); err != nil {
			b.Fatal(err)
		}
	}
	defer reportProcessor(b)()
	for b.Loop() {
		w.view(b, 1000, func(r zikr.Reader) (int, error) {
			members, errM := r.Members(groupID(0))
			_, errS := r.Shares(groupID(0))
			return len(members), errors.Join(errM, errS)
		})
	}
}

// BenchmarkReplay reads 1,000 missed events.
func BenchmarkReplay(b *testing.B) {
	w := newWorld(b, 1, 50)
	for n := range int64(1000) {
		key, run := w.count(n)
		if err := w.store.Update(context.Background(), key, run); err != nil {
			b.Fatal(err)
		}
	}
	defer reportProcessor(b)()
	for b.Loop() {
		w.view(b, 1000, func(r zikr.Reader) (int, error) {
			events, err := r.Events(groupID(0), 0, 1000)
			return len(events), err
		})
	}
}

// view runs a query that must find so many rows.
func (w *world) view(b *testing.B, want int, query func(zikr.Reader) (int, error)) {
	err := w.store.View(context.Background(), func(r zikr.Reader) error {
		got, err := query(r)
		if err == nil && got != want {
			err = fmt.Errorf("got %d rows, want %d", got, want)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// fill adds counts and events by the short way.
func fill(b *testing.B, at sqlstore.Options, counts, events int) {
	execRaw(b, at, []rawStatement{
		{`CREATE TEMP TABLE keys AS SELECT DISTINCT user_id, user_key FROM counts`, nil},
		{`CREATE UNIQUE INDEX temp.keys_user ON keys (user_id)`, nil},
		{`DELETE FROM shares`, nil},
		{`DELETE FROM member_days`, nil},
		{`DELETE FROM events`, nil},
		{`DELETE FROM counts`, nil},
		{`DROP INDEX counts_op`, nil},
		{`INSERT INTO counts (id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at, day, group_day) ` + numbers +
			`SELECT printf('0198c0de-0000-7000-8000-%012d', i), printf('0198c0de-0000-7000-8000-3000%08d', i % 10),
			k.user_id, lower(hex(randomblob(18))), k.user_key, randomblob(12), 1, i / 10 + 1, 1000000, 1770000000000 + i,
			(1770000000000 + i) / 86400000, (1770000000000 + i) / 86400000
			FROM n CROSS JOIN keys k WHERE k.user_id = printf('0198c0de-0000-7000-8000-1000%08d', i / 10 % 50)`, []any{counts}},
		{`CREATE UNIQUE INDEX counts_op ON counts (user_key, op_key)`, nil},
		{`INSERT INTO shares SELECT zikr_id, user_id, SUM(amount) FROM counts GROUP BY zikr_id, user_id`, nil},
		{`INSERT INTO member_days (group_id, group_day, user_id, day, zikr_id, amount) SELECT z.group_id, c.group_day, c.user_id, c.day, z.id, SUM(c.amount)
			FROM counts c JOIN zikrs z ON z.id = c.zikr_id GROUP BY z.group_id, c.group_day, c.user_id, c.day, z.id`, nil},
		{`UPDATE zikrs SET total = $1 / 10`, []any{counts}},
		{`INSERT INTO events (group_id, seq, name, user_id, data, created_at) ` + numbers +
			`SELECT printf('0198c0de-0000-7000-8000-2000%08d', i % 10), i / 10 + 1, 'zikr_count_updated',
			printf('0198c0de-0000-7000-8000-1000%08d', i / 10 % 50), hex(zeroblob(190)), 1770000000000 + i FROM n`, []any{events}},
		{`UPDATE groups SET seq = $1 / 10`, []any{events}},
	})
}

// numbers are those from 0 to $1 - 1, as n (i).
const numbers = `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1 - 1) `

// rawStatement is one that is run beside the store, while nobody has it open.
type rawStatement struct {
	text string
	args []any
}

func execRaw(b *testing.B, at sqlstore.Options, statements []rawStatement) {
	b.Helper()
	driver, name := "pgx", at.URL
	if at.URL == "" {
		driver, name = "sqlite", "file:"+filepath.ToSlash(filepath.Join(at.Dir, "zikr.db"))+"?_pragma=synchronous(OFF)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, st := range statements {
		if _, err := db.Exec(st.text, st.args...); err != nil {
			b.Fatalf("%.60s: %v", st.text, err)
		}
	}
}

// onEngines runs a benchmark on SQLite and on PostgreSQL. place makes a new database.
func onEngines(b *testing.B, run func(b *testing.B, place func() sqlstore.Options)) {
	b.Run("SQLite", func(b *testing.B) { run(b, func() sqlstore.Options { return sqlstore.Options{Dir: b.TempDir()} }) })
	b.Run("PostgreSQL", func(b *testing.B) { run(b, func() sqlstore.Options { return onPostgres(b) }) })
}

// onPostgres is a new database of PostgreSQL.
func onPostgres(b *testing.B) sqlstore.Options {
	b.Helper()
	return sqlstore.Options{URL: pgtest.Database(b), Log: slog.New(slog.DiscardHandler)}
}

// world is a store with groups and members, who count and read as the use cases do.
type world struct {
	store  *sqlstore.Store
	dir    string // on the disk whose syncs are measured
	groups int
	users  int
	turn   atomic.Int64
}

// newWorld makes a world for one benchmark.
func newWorld(b *testing.B, groups, users int) *world {
	b.Helper()
	w := newWorldAt(b, sqlstore.Options{Dir: b.TempDir()}, groups, users)
	b.Cleanup(func() { w.close(b) })
	return w
}

func newWorldAt(b *testing.B, at sqlstore.Options, groups, users int) *world {
	b.Helper()
	w := open(b, at)
	w.groups, w.users = groups, users
	if err := w.store.Update(context.Background(), zikr.UserKey(""), w.populate); err != nil {
		b.Fatal(err)
	}
	return w
}

// open opens a world that was made before, of 10 groups and 50 users.
func open(b *testing.B, at sqlstore.Options) *world {
	b.Helper()
	s, err := sqlstore.Open(context.Background(), at)
	if err != nil {
		b.Fatal(err)
	}
	return &world{store: s, dir: b.TempDir(), groups: 10, users: 50}
}

func (w *world) close(b *testing.B) {
	b.Helper()
	if err := w.store.Close(); err != nil {
		b.Error(err)
	}
}

// The ids are as long as real ones.
func userID(i int) string  { return fmt.Sprintf("0198c0de-0000-7000-8000-1000%08d", i) }
func groupID(i int) string { return fmt.Sprintf("0198c0de-0000-7000-8000-2000%08d", i) }
func zikrID(i int) string  { return fmt.Sprintf("0198c0de-0000-7000-8000-3000%08d", i) }

func (w *world) populate(tx zikr.Tx) error {
	now := time.Now()
	for i := range w.users {
		if err := tx.InsertUser(zikr.User{ID: userID(i), Name: "Name", Surname: fmt.Sprint(i), CreatedAt: now}); err != nil {
			return err
		}
	}
	for i := range w.groups {
		g := zikr.Group{ID: groupID(i), Name: "Group", AdminID: userID(0), CreatedAt: now}
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		if err := tx.InsertHatm(zikr.Hatm{GroupID: g.ID, Number: 1, OpenedAt: now}); err != nil {
			return err
		}
		if err := tx.InsertZikr(zikr.Zikr{ID: zikrID(i), GroupID: g.ID, Name: "Subhanalloh", Goal: 1_000_000, CreatedAt: now}); err != nil {
			return err
		}
		for u := range w.users {
			if err := tx.PutMember(zikr.Member{GroupID: g.ID, UserID: userID(u), JoinedAt: now}); err != nil {
				return err
			}
		}
	}
	return nil
}

// run lets callers run b.N commands and reports what they cost.
func (w *world) run(b *testing.B, callers int, command func(n int64) (zikr.Key, func(zikr.Tx) error)) {
	w.turn.Store(0)
	b.ResetTimer()
	cpu, began := processorTime(b), time.Now()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for n := w.turn.Add(1); n <= int64(b.N); n = w.turn.Add(1) {
				key, run := command(n)
				if err := w.store.Update(context.Background(), key, run); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	cpu = processorTime(b) - cpu
	b.StopTimer()
	syncs := bareSyncs(b, w.dir)
	perSecond := float64(b.N) / took.Seconds()
	b.ReportMetric(perSecond, "commands/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-us/command")
	b.ReportMetric(perSecond/syncs, "commands/fsync-time")
	b.ReportMetric(0, "ns/op")
}

// paced runs b.N commands at a rate, whether those before are done or not.
func (w *world) paced(b *testing.B, rate int, command func(n int64) (zikr.Key, func(zikr.Tx) error)) {
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	b.ResetTimer()
	cpu, began := processorTime(b), time.Now()
	for n := range took {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(rate))
		if early := time.Until(due); early > 0 {
			time.Sleep(early)
		}
		wg.Go(func() {
			key, run := command(int64(n))
			if err := w.store.Update(context.Background(), key, run); err != nil {
				b.Error(err)
			}
			took[n] = time.Since(due)
		})
	}
	wg.Wait()
	cpu = processorTime(b) - cpu
	slices.Sort(took)
	ms := func(share float64) float64 { return took[int(share*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
	b.ReportMetric(ms(1), "max-ms")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-us/command")
	b.ReportMetric(0, "ns/op")
}

// reportProcessor measures from its call to that of what it returns.
func reportProcessor(b *testing.B) func() {
	cpu := processorTime(b)
	return func() {
		b.ReportMetric(float64((processorTime(b)-cpu).Microseconds())/float64(b.N), "cpu-us/op")
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bareSyncs is how many times a second a page can be appended to a file here with fsync.
func bareSyncs(b *testing.B, dir string) float64 {
	f, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	const n = 100
	began := time.Now()
	for range n {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return n / time.Since(began).Seconds()
}

// count is what UpdateZikrCount does in its transaction, without an opId.
func (w *world) count(n int64) (zikr.Key, func(zikr.Tx) error) { return w.counting(n, "") }

// countOnce is the same with an opId.
func (w *world) countOnce(n int64) (zikr.Key, func(zikr.Tx) error) {
	return w.counting(n, uuid.NewString())
}

// daysOf are the days of a moment where all have the time zone of UTC.
func daysOf(at time.Time) zikr.Days {
	day := zikr.DateOf(at.UTC())
	return zikr.Days{Day: day, GroupDay: day}
}

func (w *world) counting(n int64, opID string) (zikr.Key, func(zikr.Tx) error) {
	group, user := int(n)%w.groups, userID(int(n/int64(w.groups))%w.users)
	return zikr.GroupKey(groupID(group)), func(tx zikr.Tx) error {
		if opID != "" {
			if _, err := tx.CountByOpID(user, opID); err == nil {
				return fmt.Errorf("opId %s is known already", opID)
			}
		}
		g, err := tx.Group(groupID(group))
		if err != nil {
			return err
		}
		if _, err := tx.Member(g.ID, user); err != nil {
			return err
		}
		z, err := tx.Zikr(zikrID(group))
		if err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		now := time.Now()
		c := zikr.Count{
			ID: id.String(), GroupID: g.ID, ZikrID: z.ID, UserID: user, OpID: opID, Count: 1, Total: z.Total + 1, Goal: z.Goal, At: now, Days: daysOf(now),
		}
		if err := tx.InsertCount(c); err != nil {
			return err
		}
		return w.log(tx, g, "zikr_count_updated", user)
	}
}

// log appends an event of the usual length.
func (w *world) log(tx zikr.Tx, g *zikr.Group, name, user string) error {
	g.Seq++
	data := fmt.Appendf(nil, `{"groupId":%q,"zikrId":%q,"zikrName":"Subhanalloh","userId":%q,"userName":"Name Surname","count":1,"totalCount":%d,`+
		`"progress":"12.34","goalReached":false,"goal":1000000,"cycleCount":0,"seq":%d,"timestamp":"2026-01-31T09:05:00.000Z"}`, g.ID, g.ID, user, g.Seq, g.Seq)
	if err := tx.AppendEvent(zikr.Event{GroupID: g.ID, Seq: g.Seq, Name: name, Data: data, UserID: user, At: time.Now()}); err != nil {
		return err
	}
	return tx.UpdateGroup(*g)
}

// bookAndComplete books a pora with its odd turns and completes it with the
// even ones, as BookPora and CompletePora do; one that nobody holds is booked again.
func (w *world) bookAndComplete(n int64) (zikr.Key, func(zikr.Tx) error) {
	group, user, pora := int(n)%w.groups, userID(int(n)%w.users), int(n/int64(w.groups))%zikr.Poras+1
	return zikr.GroupKey(groupID(group)), func(tx zikr.Tx) error {
		g, err := tx.Group(groupID(group))
		if err != nil {
			return err
		}
		if _, err := tx.Member(g.ID, user); err != nil {
			return err
		}
		h, err := tx.Hatm(g.ID, g.HatmCount+1)
		if err != nil {
			return err
		}
		booked, err := tx.BookingOf(g.ID, h.Number, pora)
		switch {
		case err != nil:
			err = w.book(tx, h, user, pora)
		case booked.Status == zikr.Booked:
			err = w.complete(tx, g, h, booked)
		}
		if err != nil {
			return err
		}
		return w.log(tx, g, "pora_booked", user)
	}
}

func (w *world) book(tx zikr.Tx, h *zikr.Hatm, user string, pora int) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return tx.InsertBooking(zikr.Booking{
		ID: id.String(), GroupID: h.GroupID, HatmNumber: h.Number, Pora: pora, UserID: user, Status: zikr.Booked, BookedAt: time.Now(),
	})
}

func (w *world) complete(tx zikr.Tx, g *zikr.Group, h *zikr.Hatm, b *zikr.Booking) error {
	again, err := tx.Booking(b.ID)
	if err != nil {
		return err
	}
	again.Status, again.EndedAt = zikr.Completed, time.Now()
	again.Days = daysOf(again.EndedAt)
	if err := tx.UpdateBooking(*again); err != nil {
		return err
	}
	h.Finished++
	if h.Finished == zikr.Poras {
		g.HatmCount++
		h.CompletedAt = time.Now()
		if err := tx.InsertHatm(zikr.Hatm{GroupID: g.ID, Number: h.Number + 1, OpenedAt: time.Now()}); err != nil {
			return err
		}
	}
	return tx.UpdateHatm(*h)
}
