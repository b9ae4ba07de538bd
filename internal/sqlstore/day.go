package sqlstore

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/zikr-app/zikr"
)

// dayKey is what names a row of member_days, in the order of its primary key.
type dayKey struct {
	groupID  string
	groupDay zikr.Date
	userID   string
	day      zikr.Date
	zikrID   string // '' for poras
}

func compareDays(a, b dayKey) int {
	return cmp.Or(cmp.Compare(a.groupID, b.groupID), cmp.Compare(a.groupDay, b.groupDay), cmp.Compare(a.userID, b.userID),
		cmp.Compare(a.day, b.day), cmp.Compare(a.zikrID, b.zikrID))
}

func scanDaySum(r row, d *zikr.DaySum) error {
	return r.Scan(&d.Date, &d.Counted, &d.Poras, &d.Members)
}

func scanDate(r row, d *zikr.Date) error { return r.Scan(d) }

func scanMemberDay(r row, d *zikr.MemberDay) error {
	return r.Scan(&d.GroupID, &d.GroupDay, &d.UserID, &d.Day, &d.ZikrID, &d.Amount)
}

// daySums is what is summed of the rows of a day. A sum of BIGINTs is no BIGINT to every engine.
const daySums = `CAST(SUM(CASE WHEN zikr_id = '' THEN 0 ELSE amount END) AS BIGINT), CAST(SUM(CASE WHEN zikr_id = '' THEN amount ELSE 0 END) AS BIGINT)`

// DaySumsOf implements zikr.DayReader.
func (r *reader) DaySumsOf(userID string, first, last zikr.Date) ([]zikr.DaySum, error) {
	return list(r, "sum days of user", scanDaySum, `SELECT day, `+daySums+`, 0 FROM member_days
		WHERE user_id = $1 AND day >= $2 AND day <= $3 GROUP BY day ORDER BY day`, userID, int64(first), int64(last))
}

// DaySumsIn implements zikr.DayReader.
func (r *reader) DaySumsIn(groupID string, first, last zikr.Date) ([]zikr.DaySum, error) {
	return list(r, "sum days of group", scanDaySum, `SELECT group_day, `+daySums+`, COUNT(DISTINCT user_id) FROM member_days
		WHERE group_id = $1 AND group_day >= $2 AND group_day <= $3 GROUP BY group_day ORDER BY group_day`, groupID, int64(first), int64(last))
}

// FirstDayIn implements zikr.DayReader. It reads as many rows of an index, and no more.
func (r *reader) FirstDayIn(groupID string, first, last zikr.Date, rows int64) (zikr.Date, error) {
	over, err := list(r, "find the day with too much", scanDate, `SELECT group_day FROM member_days
		WHERE group_id = $1 AND group_day >= $2 AND group_day <= $3 ORDER BY group_day DESC LIMIT 1 OFFSET $4`, groupID, int64(first), int64(last), rows)
	if err != nil || len(over) == 0 {
		return first, err
	}
	return min(over[0]+1, last), nil
}

// ActiveDaysOf implements zikr.DayReader. It reads nothing but an index.
func (r *reader) ActiveDaysOf(userID string) ([]zikr.Date, error) {
	return list(r, "list days of user", scanDate, `SELECT DISTINCT day FROM member_days WHERE user_id = $1 ORDER BY day`, userID)
}

// ActiveDaysIn implements zikr.DayReader. It jumps from one day to the next, past what the members did on each.
func (r *reader) ActiveDaysIn(groupID string) ([]zikr.Date, error) {
	return list(r, "list days of group", scanDate, `WITH RECURSIVE active(day) AS (
		SELECT MIN(group_day) FROM member_days WHERE group_id = $1
		UNION ALL SELECT (SELECT MIN(group_day) FROM member_days WHERE group_id = $1 AND group_day > active.day) FROM active WHERE active.day IS NOT NULL)
		SELECT day FROM active WHERE day IS NOT NULL ORDER BY day`, groupID)
}

// MemberDaysOf implements zikr.DayReader.
func (r *reader) MemberDaysOf(userID string) ([]zikr.MemberDay, error) {
	return list(r, "list what a user did by day", scanMemberDay, `SELECT group_id, group_day, user_id, day, zikr_id, amount FROM member_days
		WHERE user_id = $1 ORDER BY day, group_id, zikr_id, group_day`, userID)
}

// UndatedGroups implements zikr.DayReader.
func (r *reader) UndatedGroups(limit int) ([]string, error) {
	return list(r, "find bookings without a day", text,
		`SELECT group_id FROM bookings WHERE status = 'completed' AND day IS NULL GROUP BY group_id LIMIT $1`, limit)
}

// addToDay notes what is to be added to a member's day.
func (t *tx) addToDay(key dayKey, n int64) {
	t.days[key] += n
	if n < 0 {
		t.lessDays = append(t.lessDays, key)
	}
}

// addDays adds it, and removes days of which nothing is left. Rows are written in one order, so that
// transactions of several nodes wait for each other, not both for ever.
func (t *tx) addDays() {
	if len(t.days) == 0 {
		return
	}
	keys := make([]dayKey, 0, len(t.days))
	for key, n := range t.days {
		if n != 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareDays)
	args := make([]any, 0, len(keys)*6)
	for _, key := range keys {
		args = append(args, key.groupID, int64(key.groupDay), key.userID, int64(key.day), key.zikrID, t.days[key])
	}
	t.engine.texts.days.insert(t, args)
	slices.SortFunc(t.lessDays, compareDays)
	for _, key := range t.lessDays {
		t.later("remove an empty day", `DELETE FROM member_days WHERE group_id = $1 AND group_day = $2 AND user_id = $3 AND day = $4 AND zikr_id = $5
			AND amount = 0`, key.groupID, int64(key.groupDay), key.userID, int64(key.day), key.zikrID)
	}
	clear(t.days)
	t.lessDays = t.lessDays[:0]
}

// countCompleted adds a booking to its reader's day, or takes it out, if it is completed and has a day.
func (t *tx) countCompleted(b zikr.Booking, n int64) {
	if b.Status == zikr.Completed && b.Days != (zikr.Days{}) {
		t.addToDay(dayKey{b.GroupID, b.GroupDay, b.UserID, b.Day, ""}, n)
	}
}

// date scans a day; NULL is 0.
type date zikr.Date

// Scan implements sql.Scanner.
func (d *date) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*d = 0
	case int64:
		*d = date(v)
	default:
		return fmt.Errorf("a day is a number, got %T", v)
	}
	return nil
}

// dateOrNull is NULL for 0.
func dateOrNull(d zikr.Date) any {
	if d == 0 {
		return nil
	}
	return int64(d)
}

// utcDay is the day in UTC of the moment in a column; those before 1970 are rounded down too.
func utcDay(column string) string {
	const length = "86400000"
	return "(" + column + " - ((" + column + " % " + length + ") + " + length + ") % " + length + ") / " + length
}

// undated is a row that has got its day in UTC.
type undated struct {
	zikrID, groupID, userID string
	day, amount             int64
}

func scanUndated(r row, u *undated) error {
	return r.Scan(&u.zikrID, &u.groupID, &u.userID, &u.day, &u.amount)
}

// addDated adds rows to member_days that have got their day. Of those with a zikr it finds the group.
func (t *tx) addDated(rows []undated) error {
	t.writes++
	for _, u := range rows {
		if u.zikrID != "" {
			z, err := t.Zikr(u.zikrID)
			if err != nil {
				return err
			}
			u.groupID = z.GroupID
		}
		t.addToDay(dayKey{u.groupID, zikr.Date(u.day), u.userID, zikr.Date(u.day), u.zikrID}, u.amount)
	}
	return nil
}

// DateCount implements zikr.CountWriter. If the janitor of another node was first, the days are the same.
func (t *tx) DateCount(n zikr.Count) error {
	if err := t.flush(); err != nil {
		return err
	}
	given, err := t.remove("give a count its day", `UPDATE counts SET day = $2, group_day = $3 WHERE id = $1 AND day IS NULL`,
		n.ID, int64(n.Day), int64(n.GroupDay))
	if err == nil && given > 0 {
		t.addToDay(dayKey{n.GroupID, n.GroupDay, n.UserID, n.Day, n.ZikrID}, n.Count)
	}
	return err
}

// DateCounts implements zikr.DayWriter.
func (t *tx) DateCounts(limit int) (int, error) {
	day := utcDay("created_at")
	dated, err := list(&t.reader, "give counts their day", scanUndated, `UPDATE counts SET day = `+day+`, group_day = `+day+`
		WHERE num IN (SELECT num FROM counts WHERE day IS NULL LIMIT $1) AND day IS NULL
		RETURNING zikr_id, '', user_id, day, amount`, limit)
	if err != nil {
		return 0, err
	}
	return len(dated), t.addDated(dated)
}

// DateBookings implements zikr.DayWriter. Bookings that the writer knows are read again.
func (t *tx) DateBookings(groupID string, limit int) (int, error) {
	day := utcDay("ended_at")
	dated, err := list(&t.reader, "give bookings their day", scanUndated, `UPDATE bookings SET day = `+day+`, group_day = `+day+`
		WHERE id IN (SELECT id FROM bookings WHERE group_id = $1 AND status = 'completed' AND day IS NULL LIMIT $2)
		RETURNING '', group_id, user_id, day, 1`, groupID, limit)
	if err != nil {
		return 0, err
	}
	t.known.bookings = rows[string, zikr.Booking]{}
	return len(dated), t.addDated(dated)
}

// MoveDays implements zikr.DayWriter.
func (t *tx) MoveDays(limit int) (int, error) {
	moved, err := list(&t.reader, "move sums by day", scanUndated, `DELETE FROM days WHERE (user_id, zikr_id, day) IN (
		SELECT user_id, zikr_id, day FROM days LIMIT $1) RETURNING zikr_id, '', user_id, day, amount`, limit)
	if err != nil {
		return 0, err
	}
	return len(moved), t.addDated(moved)
}
