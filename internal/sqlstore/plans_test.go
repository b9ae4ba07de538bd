//go:build unix

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/pgtest"
)

// crowd fills a database with so much that PostgreSQL reads whole tables only where it must.
const crowd = `
INSERT INTO users SELECT 'u' || n, 'N', 'S', 'n s', 's', 'u' || n || '@example.org', '', '', 1, '', 1, FALSE FROM generate_series(1, 5000) n;
INSERT INTO sessions SELECT 's' || n, 'u' || n % 5000 + 1, 'Phone', 1, 1, 1, 1 FROM generate_series(1, 20000) n;
INSERT INTO blocks SELECT 'u' || n, 'u' || (n + b) % 5000 + 1, 1 FROM generate_series(1, 5000) n, generate_series(1, 3) b;
INSERT INTO acts SELECT 'a' || n, 'user_renamed', 'u' || n % 5000 + 1, 'u' || n % 4999 + 1, '', 1 FROM generate_series(1, 20000) n;
INSERT INTO groups SELECT 'g' || n, 'G', 'g', 'quran', TRUE, '', 0, 0, 'u' || n, 3, 20, 1, FALSE FROM generate_series(1, 5000) n;
INSERT INTO bans SELECT 'g' || n, 'u' || (n + b) % 5000 + 1, 'u' || n, 1 FROM generate_series(1, 5000) n, generate_series(10, 13) b;
INSERT INTO budgets SELECT 'u' || n, w, 20000, 1 FROM generate_series(1, 5000) n, unnest(ARRAY['bookings', 'groups_a_day', 'joins_a_day', 'searches']) w;
INSERT INTO links SELECT 'l' || n, 'g' || n % 5000 + 1, 0, 4, FALSE, NULL, NULL, 1 FROM generate_series(1, 5000) n;
INSERT INTO link_uses SELECT 'l' || n, 'u' || (n + m) % 5000 + 1, 1 FROM generate_series(1, 5000) n, generate_series(1, 4) m;
INSERT INTO departures SELECT 'd' || n, 1, 1 FROM generate_series(1, 5000) n;
INSERT INTO members SELECT 'g' || n, 'u' || (n + m) % 5000 + 1, 1, NULL, 0, NULL FROM generate_series(1, 5000) n, generate_series(1, 3) m;
INSERT INTO hatms (group_id, number, finished, opened_at) SELECT 'g' || n, 1, 0, 1 FROM generate_series(1, 5000) n;
INSERT INTO bookings (id, group_id, hatm_number, pora, user_id, status, booked_at, due_at, wake_at) SELECT 'b' || n || '-' || p, 'g' || n, 1, p, 'u' || n, 'booked', 1, 9000000000000 + n, 9000000000000 + n FROM generate_series(1, 5000) n, generate_series(1, 4) p;
INSERT INTO zikrs SELECT 'z' || n, 'g' || n, 'Z', '', '', '', 10, 20, 1, FALSE FROM generate_series(1, 5000) n;
INSERT INTO shares SELECT 'z' || n, 'u' || (n + m) % 5000 + 1, 10 FROM generate_series(1, 5000) n, generate_series(1, 3) m;
INSERT INTO counts (id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at, day, group_day)
	SELECT 'c' || n, 'z' || n % 5000 + 1, 'u' || n % 5000 + 1, 'op' || n, n % 5000, decode(md5(n::text), 'hex'), 1, 1, 10, 1, 1, 1 FROM generate_series(1, 50000) n;
INSERT INTO member_days SELECT 'g' || n, d, 'u' || n, d, 'z' || n, 1 FROM generate_series(1, 5000) n, generate_series(1, 20) d;
INSERT INTO days SELECT 'u' || n, 'z' || n, d, 1 FROM generate_series(1, 5000) n, generate_series(1, 4) d;
INSERT INTO events SELECT 'g' || n, e, 'x', '', '{}', 1 FROM generate_series(1, 5000) n, generate_series(1, 20) e;
INSERT INTO notifications SELECT 'n' || n, 'u' || n % 5000 + 1, 'u' || n % 4999 + 1, 'g' || n % 5000 + 1, 'hatm_completed', '', NULL, NULL, 1 FROM generate_series(1, 20000) n;
INSERT INTO notices SELECT 'm' || n, 'g' || n % 5000 + 1, 'u1', 'hatm_completed', 'm' || n, 1, 1, FALSE FROM generate_series(1, 20000) n;
INSERT INTO notice_reads SELECT 'u' || n % 5000 + 1, 'm' || n, 1, 1 FROM generate_series(1, 20000) n;
UPDATE users SET remind_at = 9000000000000 + created_at, seen_at = created_at, is_guest = TRUE`

// TestPlans runs what is hot on a database with much in it, and wants no statement of it to read a whole table:
// neither those of the writer nor those of readers.
func TestPlans(t *testing.T) {
	c := newCommunity(t)
	c.close()
	c.url, c.connections = pgtest.Database(t), 1
	c.open()
	err := update(c.store, func(t zikr.Tx) error {
		for _, text := range append(strings.Split(crowd, ";\n"), "ANALYZE") {
			if _, err := t.(*tx).db.exec(text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.hot()
	var written, read int
	errW := update(c.store, func(w zikr.Tx) (err error) { written, err = plans(t, w.(*tx).db); return err })
	errR := c.store.View(c.ctx, func(r zikr.Reader) (err error) { read, err = plans(t, r.(*reader).db); return err })
	if errW != nil || errR != nil {
		t.Fatal(errW, errR)
	}
	if written < 20 || read < 8 {
		t.Errorf("%d statements of the writer and %d of readers were looked at: those that are hot are more", written, read)
	}
}

// hot does what people do all day.
func (c *community) hot() {
	ali, vali := c.user("ali"), c.user("vali1")
	readers := c.group("readers", zikr.QuranGroup, ali, vali)
	goal := zikr.Int(2)
	counters := must(c.CreateGroup(c.ctx, ali, zikr.NewGroup{Name: "Counters", Type: zikr.ZikrGroup, IsPublic: true, Zikr: &zikr.NewZikr{Name: "Z", Goal: &goal}}))
	must(c.JoinPublicGroup(c.ctx, vali, counters.ID))
	for n := range 6 { // PostgreSQL makes a plan for all values after some for each
		id := c.book(fmt.Sprint("booking", n), vali, readers, n+1)
		must(c.CompletePora(c.ctx, vali, zikr.CompletePora{BookingID: id}))
		c.count(ali, counters.ID, counters.Zikrs[0].ZikrID, 1, fmt.Sprint("op", n))
		c.count(ali, counters.ID, counters.Zikrs[0].ZikrID, 1, fmt.Sprint("op", n)) // again
		must(c.UndoZikrCount(c.ctx, ali, zikr.UndoZikrCount{ID: fmt.Sprint("count-op", n)}))
		must(c.MyDays(c.ctx, ali, zikr.DayRange{}))
		must(c.GroupDays(c.ctx, ali, counters.ID, zikr.DayRange{}))
	}
	released := c.book("released", vali, readers, 30)
	must(c.ReleasePora(c.ctx, ali, zikr.ReleasePora{BookingID: released}))
	must(c.Standing(c.ctx, vali, readers))
	must(struct{}{}, c.store.View(c.ctx, func(r zikr.Reader) error { // as each connect and call does
		_, _, err := r.Holder("u2", "s1")
		return err
	}))
	c.due()
	must(c.Ended(c.ctx, []zikr.Session{{ID: "s1", UserID: "u2"}}))
	must(c.Events(c.ctx, vali, readers, 0, 100))
	must(c.EventsAfter(c.ctx, readers, 0, 100))
	must(c.Snapshot(c.ctx, vali, readers))
	must(c.Groups(c.ctx, vali, zikr.Page{}))
	must(c.Snapshot(c.ctx, vali, counters.ID))
	must(c.UnreadNotifications(c.ctx, vali))
	must(c.Me(c.ctx, vali))
	must(c.Export(c.ctx, vali))
	for _, item := range must(c.UnreadNotifications(c.ctx, vali)) {
		must(c.ReadNotification(c.ctx, vali, zikr.MarkNotificationRead{NotificationID: item.ID}))
	}
	c.later(time.Hour)
}

// due asks for all that is due by the clock.
func (c *community) due() {
	must(c.BookingsDue(c.ctx, zikr.DueBooking{}, 9))
	must(c.RemindersDue(c.ctx, zikr.DueReminder{}, 9))
	must(c.GuestsDue(c.ctx, zikr.DueGuest{}, 9))
}

// TestDueIsFoundByAnIndex wants SQLite to find what is due by an index, in its order: reading only what is due.
func TestDueIsFoundByAnIndex(t *testing.T) {
	c := newCommunity(t)
	c.close()
	c.connections = 1
	c.open()
	c.due()
	byIndex := map[string]bool{}
	err := c.store.View(c.ctx, func(r zikr.Reader) error {
		texts := slices.Sorted(maps.Keys(r.(*reader).db.stmts))
		for _, statement := range texts {
			rows, err := r.(*reader).db.conn.QueryContext(c.ctx, "EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "$"))...)
			if err != nil {
				return err
			}
			for rows.Next() {
				var id, parent, unused int
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				for _, index := range []string{"bookings_wake", "users_remind", "users_guests"} {
					if strings.Contains(step, "INDEX "+index+" (") {
						byIndex[index] = true
					}
				}
				if !strings.HasPrefix(step, "SEARCH") && strings.Contains(statement, "LIMIT") {
					t.Errorf("%s: %s", statement, step)
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(byIndex) != 3 {
		t.Errorf("found by %v, %v: want an index for each of the three", byIndex, err)
	}
}

// plans looks at the plan of every statement that a session has prepared, and returns how many.
func plans(t *testing.T, s *session) (looked int, err error) {
	t.Helper()
	ctx := context.Background()
	type prepared struct {
		name, text string
		parameters int64
	}
	r := &reader{ctx: ctx, db: s}
	all, err := list(r, "list statements", func(r row, p *prepared) error { return r.Scan(&p.name, &p.text, &p.parameters) },
		`SELECT name, statement, cardinality(parameter_types) FROM pg_prepared_statements`)
	if err != nil {
		return 0, err
	}
	if _, err := s.exec("SET LOCAL plan_cache_mode = force_generic_plan"); err != nil {
		return 0, err
	}
	for _, p := range all {
		if !strings.Contains("SELECT INSERT UPDATE DELETE", strings.Fields(p.text)[0]) || strings.Contains(p.text, "pg_") {
			continue
		}
		arguments := ""
		if p.parameters > 0 {
			arguments = "(NULL" + strings.Repeat(", NULL", int(p.parameters)-1) + ")"
		}
		lines, err := list(r, "explain", text, `EXPLAIN EXECUTE "`+p.name+`"`+arguments)
		if err != nil {
			return looked, err
		}
		looked++
		if plan := strings.Join(lines, "\n"); strings.Contains(plan, "Seq Scan") {
			t.Errorf("reads a whole table: %s\n%s", strings.Join(strings.Fields(p.text), " "), plan)
		}
	}
	return looked, nil
}
