package sqlstore

import (
	"time"

	"github.com/zikr-app/zikr"
)

// The janitor's commands remove rows that no other command changes or holds back:
// they read past what the batch has not written yet.

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

// dating is a counting that may go when it is old enough and has its day.
type dating struct {
	dated
	undated bool
}

func scanDating(r row, d *dating) error { return r.Scan(&d.id, &d.at, &d.undated) }

// CutCounts implements zikr.RetentionWriter. Countings are numbered in the order
// in which they were stored.
func (t *tx) CutCounts(before time.Time, limit int) (int, error) {
	oldest, err := list(&t.direct, "read the oldest counts", scanDating, `SELECT num, created_at, day IS NULL FROM counts ORDER BY num LIMIT $1`, limit)
	if err != nil {
		return 0, err
	}
	n := 0
	for n < len(oldest) && oldest[n].at < before.UnixMilli() && !oldest[n].undated {
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return t.remove("remove old counts", `DELETE FROM counts WHERE num <= $1 AND created_at < $2 AND day IS NOT NULL`, oldest[n-1].id, millis(before))
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
