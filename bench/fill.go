package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/zikr-app/zikr"
)

// population is what a database is filled with: groups that have counted for weeks, of which the countings
// are kept one by one, and for a year before, of which the days are; and beside each a group of
// the same members that reads the Quran.
type population struct {
	groups  int   // that count, and as many that read
	members int   // of each group
	counts  int   // of each group, each with an opId
	events  int   // of each group that counts: the newest, which the server keeps
	before  int   // days before the first of those countings, on each of which each member counted
	hatms   int   // that each group which reads has completed on those days
	begun   int64 // when it began to count what is kept one by one; fillFile sets it
}

// busyMonth is 10 million counts and 1 million events of 5,000 members.
func busyMonth() population {
	return population{groups: 100, members: 50, counts: 100_000, events: 10_000, before: 345, hatms: 20}
}

// The parts of what was done before, and of what is open.
const (
	fillADay   = 33 // counted by a member on each of the days before
	fillOpen   = 3  // hatms that are open in each group that reads
	fillDone   = 10 // poras of each of these that are completed
	fillBooked = 10 // that are booked, and due
)

// The ids are as long as the server's own.
func fillUserID(group, member int) string {
	return fmt.Sprintf("0198c0de-0000-7000-8000-1%05d%06d", group, member)
}
func fillGroupID(group int) string { return fmt.Sprintf("0198c0de-0000-7000-8000-2%011d", group) }
func fillZikrID(group int) string  { return fmt.Sprintf("0198c0de-0000-7000-8000-3%011d", group) }
func fillCountID(n int) string     { return fmt.Sprintf("0198c0de-0000-7000-8000-4%011d", n) }
func fillReadingID(group int) string {
	return fmt.Sprintf("0198c0de-0000-7000-8000-5%011d", group)
}
func fillBookingID(n int) string { return fmt.Sprintf("0198c0de-0000-7000-8000-6%011d", n) }

// fillOpID is of no order, as those of apps are.
func fillOpID(n int) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// fill makes a folder with a full database, unless it is there: the server makes the database, the rows
// come straight through SQL, and `zikr check` has to find nothing wrong with them.
func (c config) fill(ctx context.Context, p population) error {
	if _, err := os.Stat(c.full); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	began, making := time.Now(), c.full+".part"
	if err := os.RemoveAll(making); err != nil {
		return err
	}
	server := zikrCommand(ctx, c.binary, making, newSecret(), 0)
	if _, err := start(server); err != nil {
		return err
	}
	if err := end(server); err != nil {
		return err
	}
	if err := p.fillFile(ctx, filepath.Join(making, "zikr.db")); err != nil {
		return fmt.Errorf("fill %s: %w", making, err)
	}
	fmt.Fprintf(os.Stderr, "filled in %s; checking\n", time.Since(began).Round(time.Second))
	if err := c.check(ctx, making); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s is there after %s\n", c.full, time.Since(began).Round(time.Second))
	return os.Rename(making, c.full)
}

// fillFile adds the population to a database that is empty. It is fast and not safe: a file that was half
// filled is of no use.
func (p population) fillFile(ctx context.Context, path string) error {
	p.begun = time.Now().AddDate(0, 0, -20).UnixMilli() // nothing is about to be forgotten
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-1048576)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	var index string
	err = tx.QueryRowContext(ctx, "SELECT sql FROM sqlite_master WHERE name = 'counts_op'").Scan(&index)
	f := &filler{ctx: ctx, tx: tx, err: err}
	f.addGroups(p)
	f.addReading(p)
	f.addEvents(p)
	f.addDays(p)
	// The index is made in the middle: that is faster than to have it from the beginning, and what comes
	// after that leaves its pages as full as they are in a database that has grown, not filled to the brim.
	half := p.groups * p.counts / 2
	f.exec("DROP INDEX counts_op")
	f.addCounts(p, 0, half)
	f.exec(index)
	f.addCounts(p, half, p.groups*p.counts)
	if f.err != nil {
		return errors.Join(f.err, tx.Rollback(), db.Close())
	}
	return errors.Join(tx.Commit(), db.Close())
}

// filler writes rows until the first error.
type filler struct {
	ctx context.Context
	tx  *sql.Tx
	err error
}

func (f *filler) exec(statement string, args ...any) {
	if f.err == nil {
		_, f.err = f.tx.ExecContext(f.ctx, statement, args...)
	}
}

// rowsAtOnce is how many rows a statement inserts.
const rowsAtOnce = 64

// insert inserts n rows, which row makes.
func (f *filler) insert(table, columns string, n int, row func(i int) []any) {
	width := strings.Count(columns, ",") + 1
	one := "(?" + strings.Repeat(",?", width-1) + ")"
	text := func(rows int) string {
		return "INSERT INTO " + table + " (" + columns + ") VALUES " + one + strings.Repeat(","+one, rows-1)
	}
	if f.err != nil || n == 0 {
		return
	}
	many, err := f.tx.PrepareContext(f.ctx, text(rowsAtOnce))
	if err != nil {
		f.err = err
		return
	}
	defer func() { f.err = errors.Join(f.err, many.Close()) }()
	args := make([]any, 0, rowsAtOnce*width)
	for i := range n {
		args = append(args, row(i)...)
		switch {
		case f.err != nil:
			return
		case len(args) == cap(args):
			_, f.err = many.ExecContext(f.ctx, args...)
			args = args[:0]
		case i == n-1:
			f.exec(text(len(args)/width), args...)
		}
	}
}

// fillZone is everybody's time zone, and fillEast how far it is from UTC all the year.
const (
	fillZone = "Asia/Tashkent"
	fillEast = 5 * time.Hour
)

// fillDay is the day of a moment there, since 1970-01-01.
func fillDay(millis int64) int64 {
	return (millis + fillEast.Milliseconds()) / (24 * time.Hour).Milliseconds()
}

// founded is when its groups were made.
func (p population) founded() int64 {
	return p.begun - int64(p.before+1)*(24*time.Hour).Milliseconds()
}

// countedAt is when the counting with a number was made.
func (p population) countedAt(n int) int64 {
	return p.begun + (18*24*time.Hour).Milliseconds()*int64(n)/int64(p.groups*p.counts)
}

// countedBefore is what a group has counted before that.
func (p population) countedBefore() int { return p.members * p.before * fillADay }

// reminded is when user i is reminded next: at an hour of a day that no measurement is to meet.
func reminded(i int) (hour, at int64) {
	hour = int64(i % 24)
	day := fillDay(time.Now().AddDate(0, 0, 20).UnixMilli())
	return hour, (time.Duration(day)*24*time.Hour + time.Duration(hour)*time.Hour - fillEast).Milliseconds()
}

// addGroups adds the accounts, every second of which is reminded, the groups that count with a zikr each, and who
// has counted how much.
func (f *filler) addGroups(p population) {
	start := p.founded()
	group := func(i int) int { return i / p.members }
	user := func(i int) string { return fillUserID(group(i), i%p.members) }
	f.insert("users", "id, name, surname, full_key, surname_key, email, phone, password_hash, token_version, kept_token_id, created_at, deleted, "+
		"time_zone, locale, reminder_hour, remind_at", p.groups*p.members, func(i int) []any {
		number := fmt.Sprint(i)
		row := []any{user(i), "Reader", number, "reader " + number, number, "", "", "", 0, "", start, false, fillZone, "uz", nil, nil}
		if i%2 == 0 {
			row[14], row[15] = reminded(i)
		}
		return row
	})
	f.insert("groups", "id, name, name_key, type, is_public, dedication, hatm_goal, hatm_count, admin_id, member_count, seq, created_at, deleted, time_zone",
		p.groups, func(i int) []any {
			name := fmt.Sprintf("roup %d", i)
			return []any{fillGroupID(i), "G" + name, "g" + name, "zikr", true, "", 0, 0, fillUserID(i, 0), p.members, p.counts, start, false, fillZone}
		})
	f.insert("members", "group_id, user_id, joined_at, left_at, joined_seq, left_seq", p.groups*p.members,
		func(i int) []any { return []any{fillGroupID(group(i)), user(i), start, nil, 0, nil} })
	f.insert("zikrs", "id, group_id, name, body, description, hint, goal, total, created_at, deleted", p.groups,
		func(i int) []any {
			return []any{fillZikrID(i), fillGroupID(i), "Subhanalloh", "", "", "", 1_000_000, p.countedBefore() + p.counts, start, false}
		})
	f.insert("shares", "zikr_id, user_id, amount", p.groups*p.members, func(i int) []any {
		member := i % p.members
		return []any{fillZikrID(group(i)), user(i), p.before*fillADay + (p.counts-member+p.members-1)/p.members}
	})
}

// addReading adds the groups that read, with all their hatms and bookings.
func (f *filler) addReading(p population) {
	start := p.founded()
	f.insert("groups", "id, name, name_key, type, is_public, dedication, hatm_goal, hatm_count, admin_id, member_count, seq, created_at, deleted, "+
		"open_hatms, reading_days, auto_release, time_zone", p.groups, func(i int) []any {
		name := fmt.Sprintf("eaders %d", i)
		return []any{fillReadingID(i), "R" + name, "r" + name, "quran", true, "", 0, p.hatms, fillUserID(i, 0), p.members, 0, start, false,
			fillOpen, 30, true, fillZone}
	})
	f.insert("members", "group_id, user_id, joined_at, left_at, joined_seq, left_seq", p.groups*p.members, func(i int) []any {
		return []any{fillReadingID(i / p.members), fillUserID(i/p.members, i%p.members), start, nil, 0, nil}
	})
	hatms := p.hatms + fillOpen
	f.insert("hatms", "group_id, number, finished, opened_at, completed_at", p.groups*hatms, func(i int) []any {
		number := i%hatms + 1
		if number > p.hatms {
			return []any{fillReadingID(i / hatms), number, fillDone, p.begun, nil}
		}
		return []any{fillReadingID(i / hatms), number, zikr.Poras, start, p.readAt(number)}
	})
	f.insert("bookings", "id, group_id, hatm_number, pora, user_id, status, booked_at, ended_at, due_at, wake_at, day, group_day",
		p.groups*p.bookings(), p.booking)
}

// bookings is how many bookings a group that reads has.
func (p population) bookings() int { return p.hatms*zikr.Poras + fillOpen*(fillDone+fillBooked) }

// readAt is when a hatm was completed, or its last pora so far.
func (p population) readAt(hatm int) int64 {
	if hatm > p.hatms {
		return p.begun
	}
	return p.founded() + (24*time.Hour).Milliseconds()*int64(p.before*hatm/p.hatms)
}

// reader is who holds a pora of a hatm.
func (p population) reader(hatm, pora int) int { return (hatm*zikr.Poras + pora) % p.members }

// booking is the row of the booking with a number.
func (p population) booking(i int) []any {
	group, hatm, pora := i/p.bookings(), i%p.bookings()/zikr.Poras+1, i%p.bookings()%zikr.Poras+1
	if open := i%p.bookings() - p.hatms*zikr.Poras; open >= 0 {
		hatm, pora = p.hatms+1+open/(fillDone+fillBooked), open%(fillDone+fillBooked)+1
	}
	at := p.readAt(hatm)
	id, holder := fillBookingID(i), fillUserID(group, p.reader(hatm, pora))
	if hatm > p.hatms && pora > fillDone {
		due := time.Now().AddDate(0, 0, 30).UnixMilli()
		return []any{id, fillReadingID(group), hatm, pora, holder, "booked", at, nil, due, due - (24 * time.Hour).Milliseconds(), nil, nil}
	}
	return []any{id, fillReadingID(group), hatm, pora, holder, "completed", at, at, nil, nil, fillDay(at), fillDay(at)}
}

// addDays adds what each member did on each day: what was counted before the countings that are kept, those, and the
// poras that were completed.
func (f *filler) addDays(p population) {
	const columns = "group_id, group_day, user_id, day, zikr_id, amount"
	first := fillDay(p.begun) - int64(p.before)
	each := p.groups * p.members
	f.insert("member_days", columns, each*p.before, func(i int) []any {
		group, member, day := i%each/p.members, i%p.members, first+int64(i/each)
		return []any{fillGroupID(group), day, fillUserID(group, member), day, fillZikrID(group), fillADay}
	})
	f.addKeptDays(p, columns)
	type done struct {
		group, member int
		day           int64
	}
	poras := map[done]int{}
	for i := range p.groups * p.bookings() {
		if row := p.booking(i); row[5] == "completed" {
			hatm, pora := row[2].(int), row[3].(int)
			poras[done{i / p.bookings(), p.reader(hatm, pora), row[10].(int64)}]++
		}
	}
	for d, amount := range poras {
		f.exec("INSERT INTO member_days ("+columns+") VALUES (?, ?, ?, ?, '', ?)",
			fillReadingID(d.group), d.day, fillUserID(d.group, d.member), d.day, amount)
	}
}

// addKeptDays adds the sums of the countings that are kept. Numbers rise with time: a day is a range of them.
func (f *filler) addKeptDays(p population, columns string) {
	all := p.groups * p.counts
	for from := 0; from < all; {
		day, to := fillDay(p.countedAt(from)), from
		sums := make([]int, p.groups*p.members)
		for ; to < all && fillDay(p.countedAt(to)) == day; to++ {
			sums[to%p.groups*p.members+to/p.groups%p.members]++
		}
		from = to
		var who []int
		for i, sum := range sums {
			if sum > 0 {
				who = append(who, i)
			}
		}
		f.insert("member_days", columns, len(who), func(i int) []any {
			group, member := who[i]/p.members, who[i]%p.members
			return []any{fillGroupID(group), day, fillUserID(group, member), day, fillZikrID(group), sums[who[i]]}
		})
	}
}

// addCounts adds the countings with the numbers from and up to to, in the order of time: the groups in turn,
// and in each its members.
func (f *filler) addCounts(p population, from, to int) {
	f.insert("counts", "id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at, day, group_day", to-from, func(i int) []any {
		i += from
		group, turn := i%p.groups, i/p.groups
		user, op := fillUserID(group, turn%p.members), fillOpID(i)
		userSum, opSum := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(user+"\x00"+op))
		at := p.countedAt(i)
		return []any{fillCountID(i), fillZikrID(group), user, op, int64(binary.BigEndian.Uint64(userSum[:])), opSum[:12],
			1, p.countedBefore() + turn + 1, 1_000_000, at, fillDay(at), fillDay(at)}
	})
}

// addEvents adds the newest of each group's log.
func (f *filler) addEvents(p population) {
	at := time.Now().AddDate(0, 0, -1)
	stamp := at.UTC().Format("2006-01-02T15:04:05.000Z")
	f.insert("events", "group_id, seq, name, user_id, data, created_at", p.groups*p.events, func(i int) []any {
		group, seq := i/p.events, p.counts-p.events+i%p.events+1
		user := fillUserID(group, (seq-1)%p.members)
		data := fmt.Sprintf(`{"groupId":%q,"zikrId":%q,"zikrName":"Subhanalloh","userId":%q,"userName":"Reader %d","count":1,"totalCount":%d,`+
			`"progress":"%.2f","goalReached":false,"goal":1000000,"cycleCount":0,"seq":%d,"timestamp":%q}`,
			fillGroupID(group), fillZikrID(group), user, group*p.members+(seq-1)%p.members, p.countedBefore()+seq,
			float64((p.countedBefore()+seq)%1_000_000)/10_000, seq, stamp)
		return []any{fillGroupID(group), seq, "zikr_count_updated", user, data, at.UnixMilli()}
	})
}
