package sqlstore

import (
	"time"

	"github.com/zikr-app/zikr"
)

// The janitor's commands remove rows that no other command changes or holds back:
// they read past what the batch has not written yet.

// dayLength is a day in milliseconds.
const dayLength = int64(24 * time.Hour / time.Millisecond)

// dayOf is the day of a moment in milliseconds; those before 1970 are rounded down too.
func dayOf(at int64) int64 {
	day := at / dayLength
	if at%dayLength < 0 {
		day--
	}
	return day
}

func scanDay(r row, d *zikr.Day) error {
	var day int64
	err := r.Scan(&d.ZikrID, &d.UserID, &day, &d.Count)
	d.Date = time.UnixMilli(day * dayLength).UTC()
	return err
}

// DaysOf implements zikr.RetentionReader.
func (r *reader) DaysOf(userID string) ([]zikr.Day, error) {
	return list(r, "list days of user", scanDay,
		`SELECT zikr_id, user_id, day, amount FROM days WHERE user_id = $1 ORDER BY day, zikr_id`, userID)
}

// LongLogs implements zikr.RetentionReader.
func (r *reader) LongLogs(newest int64, before time.Time, page zikr.Page) ([]string, error) {
	return list(r, "find long logs", text, `SELECT g.id FROM groups g JOIN events e ON e.group_id = g.id
		WHERE g.id > $1 AND g.seq > $2 AND e.seq = (SELECT MIN(seq) FROM events WHERE group_id = g.id)
		AND e.seq <= g.seq - $2 AND e.created_at < $3 ORDER BY g.id LIMIT $4`,
		page.Cursor, newest, millis(before), page.Limit)
}

// dated is a row that goes when it is old enough.
type dated struct{ id, at int64 }

func scanDated(r row, d *dated) error { return r.Scan(&d.id, &d.at) }

// CutLog implements zikr.RetentionWriter.
func (t *tx) CutLog(groupID string, newest int64, before time.Time, limit int) (int, error) {
	g, err := t.Group(groupID)
	if err != nil {
		return 0, err
	}
	oldest, err := list(&t.direct, "read the oldest events", scanDated,
		`SELECT seq, created_at FROM events WHERE group_id = $1 AND seq <= $2 ORDER BY seq LIMIT $3`, groupID, g.Seq-newest, limit)
	if err != nil {
		return 0, err
	}
	n := 0
	for n < len(oldest) && oldest[n].at < before.UnixMilli() {
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return t.remove("cut the log", `DELETE FROM events WHERE group_id = $1 AND seq <= $2`, groupID, oldest[n-1].id)
}

// folded is a counting that is part of its day's sum from now on.
type folded struct {
	zikrID, userID string
	at, amount     int64
}

func scanFolded(r row, c *folded) error { return r.Scan(&c.zikrID, &c.userID, &c.at, &c.amount) }

// FoldCounts implements zikr.RetentionWriter. Countings are numbered in the order
// in which they were stored. What is folded is what was removed, whatever others store meanwhile.
func (t *tx) FoldCounts(before time.Time, limit int) (int, error) {
	oldest, err := list(&t.direct, "read the oldest counts", scanDated, `SELECT num, created_at FROM counts ORDER BY num LIMIT $1`, limit)
	if err != nil {
		return 0, err
	}
	n := 0
	for n < len(oldest) && oldest[n].at < before.UnixMilli() {
		n++
	}
	if n == 0 {
		return 0, nil
	}
	t.writes++
	removed, err := list(&t.direct, "remove folded counts", scanFolded, `DELETE FROM counts WHERE num <= $1 AND created_at < $2
		RETURNING zikr_id, user_id, created_at, amount`, oldest[n-1].id, millis(before))
	if err != nil {
		return 0, err
	}
	return len(removed), t.addToDays(removed)
}

func (t *tx) addToDays(removed []folded) error {
	type dayKey struct {
		shareKey
		day int64
	}
	sums := make(map[dayKey]int64)
	for _, c := range removed {
		sums[dayKey{shareKey{c.zikrID, c.userID}, dayOf(c.at)}] += c.amount
	}
	for key, amount := range sums {
		_, err := t.exec("add to day", `INSERT INTO days (user_id, zikr_id, day, amount) VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_id, zikr_id, day) DO UPDATE SET amount = days.amount + excluded.amount`,
			key.userID, key.zikrID, key.day, amount)
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteNotifications implements zikr.RetentionWriter.
func (t *tx) DeleteNotifications(readBefore, unreadBefore time.Time, limit int) (int, error) {
	read, err := t.remove("remove old notifications", `DELETE FROM notifications WHERE id IN (SELECT id FROM notifications
		WHERE read_at IS NOT NULL AND (type <> 'invitation' OR answer <> '') AND read_at < $1 ORDER BY read_at LIMIT $2)`,
		millis(readBefore), limit)
	if err != nil || read == limit {
		return read, err
	}
	unread, err := t.remove("remove unread notifications", `DELETE FROM notifications WHERE id IN (SELECT id FROM notifications
		WHERE read_at IS NULL AND (type <> 'invitation' OR answer <> '') AND created_at < $1 ORDER BY created_at LIMIT $2)`,
		millis(unreadBefore), limit-read)
	return read + unread, err
}

// DeleteNotices implements zikr.RetentionWriter.
func (t *tx) DeleteNotices(before time.Time, limit int) (int, error) {
	return t.remove("remove old notices", `DELETE FROM notices WHERE id IN (SELECT id FROM notices
		WHERE created_at < $1 ORDER BY created_at LIMIT $2)`, millis(before), limit)
}

// DeleteReads implements zikr.RetentionWriter.
func (t *tx) DeleteReads(before time.Time, limit int) (int, error) {
	return t.remove("remove old marks", `DELETE FROM notice_reads WHERE (user_id, topic) IN (SELECT user_id, topic FROM notice_reads
		WHERE read_at < $1 ORDER BY read_at LIMIT $2)`, millis(before), limit)
}

// remove runs a statement that deletes, and returns how many rows went.
func (t *tx) remove(op, statement string, args ...any) (int, error) {
	res, err := t.exec(op, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, t.fail(op, err)
	}
	return int(n), nil
}
