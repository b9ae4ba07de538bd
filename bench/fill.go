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
)

// population is what a database is filled with: groups that have counted for weeks.
type population struct {
	groups  int
	members int // of each group
	counts  int // of each group, each with an opId
	events  int // of each group: the newest, which the server keeps
}

// busyMonth is 10 million counts and 1 million events of 5,000 members.
func busyMonth() population {
	return population{groups: 100, members: 50, counts: 100_000, events: 10_000}
}

// The ids are as long as the server's own.
func fillUserID(group, member int) string {
	return fmt.Sprintf("0198c0de-0000-7000-8000-1%05d%06d", group, member)
}
func fillGroupID(group int) string { return fmt.Sprintf("0198c0de-0000-7000-8000-2%011d", group) }
func fillZikrID(group int) string  { return fmt.Sprintf("0198c0de-0000-7000-8000-3%011d", group) }
func fillCountID(n int) string     { return fmt.Sprintf("0198c0de-0000-7000-8000-4%011d", n) }

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
	f.addEvents(p)
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

// begin is when the population began to count: 20 days ago, so that nothing is about to be folded into days.
func begin() int64 { return time.Now().AddDate(0, 0, -20).UnixMilli() }

// addGroups adds the accounts, the groups with a zikr each, and who has counted how much.
func (f *filler) addGroups(p population) {
	start := begin()
	group := func(i int) int { return i / p.members }
	user := func(i int) string { return fillUserID(group(i), i%p.members) }
	f.insert("users", "id, name, surname, full_key, surname_key, email, phone, password_hash, token_version, kept_token_id, created_at, deleted",
		p.groups*p.members, func(i int) []any {
			number := fmt.Sprint(i)
			return []any{user(i), "Reader", number, "reader " + number, number, "", "", "", 0, "", start, false}
		})
	f.insert("groups", "id, name, name_key, type, is_public, dedication, hatm_goal, hatm_count, admin_id, member_count, seq, created_at, deleted",
		p.groups, func(i int) []any {
			name := fmt.Sprintf("roup %d", i)
			return []any{fillGroupID(i), "G" + name, "g" + name, "zikr", true, "", 0, 0, fillUserID(i, 0), p.members, p.counts, start, false}
		})
	f.insert("members", "group_id, user_id, joined_at, left_at, joined_seq, left_seq", p.groups*p.members,
		func(i int) []any { return []any{fillGroupID(group(i)), user(i), start, nil, 0, nil} })
	f.insert("zikrs", "id, group_id, name, body, description, hint, goal, total, created_at, deleted", p.groups,
		func(i int) []any {
			return []any{fillZikrID(i), fillGroupID(i), "Subhanalloh", "", "", "", 1_000_000, p.counts, start, false}
		})
	f.insert("shares", "zikr_id, user_id, amount", p.groups*p.members, func(i int) []any {
		member := i % p.members
		return []any{fillZikrID(group(i)), user(i), (p.counts - member + p.members - 1) / p.members}
	})
}

// addCounts adds the countings with the numbers from and up to to, in the order of time: the groups in turn,
// and in each its members.
func (f *filler) addCounts(p population, from, to int) {
	start, step := begin(), (18 * 24 * time.Hour).Milliseconds()
	total := p.groups * p.counts
	f.insert("counts", "id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at", to-from, func(i int) []any {
		i += from
		group, turn := i%p.groups, i/p.groups
		user, op := fillUserID(group, turn%p.members), fillOpID(i)
		userSum, opSum := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(user+"\x00"+op))
		return []any{fillCountID(i), fillZikrID(group), user, op, int64(binary.BigEndian.Uint64(userSum[:])), opSum[:12],
			1, turn + 1, 1_000_000, start + step*int64(i)/int64(total)}
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
			fillGroupID(group), fillZikrID(group), user, group*p.members+(seq-1)%p.members, seq, float64(seq)/10_000, seq, stamp)
		return []any{fillGroupID(group), seq, "zikr_count_updated", user, data, at.UnixMilli()}
	})
}
