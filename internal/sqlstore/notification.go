package sqlstore

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

const notificationColumns = `id, receiver_id, sender_id, group_id, type, answer, answered_at, read_at, created_at, booking_id, amount, hidden`

func scanNotification(r row, n *zikr.Notification) error {
	return r.Scan(&n.ID, &n.ReceiverID, &n.SenderID, &n.GroupID, &n.Type, &n.Answer,
		(*moment)(&n.AnsweredAt), (*moment)(&n.ReadAt), (*moment)(&n.CreatedAt), &n.BookingID, &n.Count, &n.Hidden)
}

func scanNotice(r row, n *zikr.Notice) error {
	return r.Scan(&n.ID, &n.GroupID, &n.SenderID, &n.Type, &n.Topic, &n.Seq, (*moment)(&n.CreatedAt), (*moment)(&n.ReadAt))
}

// Notification implements zikr.NotificationReader.
func (r *reader) Notification(id string) (*zikr.Notification, error) {
	return one(r, "read notification", scanNotification,
		`SELECT `+notificationColumns+` FROM notifications WHERE id = $1`, id)
}

// Notice implements zikr.NotificationReader.
func (r *reader) Notice(id, userID string) (*zikr.Notice, error) {
	return one(r, "read notice", scanNotice, `SELECT n.id, n.group_id, n.sender_id, n.type, n.topic, n.seq, n.created_at,
		CASE WHEN r.seq >= n.seq THEN r.read_at END
		FROM notices n JOIN members m ON m.group_id = n.group_id AND m.user_id = $2
		LEFT JOIN notice_reads r ON r.user_id = $2 AND r.topic = n.topic
		WHERE n.id = $1 AND n.sender_id <> $2
		AND n.seq > m.joined_seq AND (m.left_seq IS NULL OR n.seq <= m.left_seq)`, id, userID)
}

// PendingInvitation implements zikr.NotificationReader.
func (r *reader) PendingInvitation(groupID, receiverID string) (*zikr.Notification, error) {
	return one(r, "find pending invitation", scanNotification, `SELECT `+notificationColumns+` FROM notifications
		WHERE group_id = $1 AND receiver_id = $2 AND type = 'invitation' AND answer = ''`, groupID, receiverID)
}

// PendingFrom implements zikr.NotificationReader.
func (r *reader) PendingFrom(senderID string) (int64, error) {
	return r.count("count pending invitations of sender",
		`SELECT COUNT(*) FROM notifications WHERE sender_id = $1 AND type = 'invitation' AND answer = ''`, senderID)
}

// PendingTo implements zikr.NotificationReader.
func (r *reader) PendingTo(receiverID string) (int64, error) {
	return r.count("count pending invitations of receiver",
		`SELECT COUNT(*) FROM notifications WHERE receiver_id = $1 AND type = 'invitation' AND answer = ''`, receiverID)
}

// Refusals implements zikr.NotificationReader.
func (r *reader) Refusals(receiverID, senderID string, since time.Time) ([]time.Time, error) {
	return list(r, "list refusals", func(r row, t *time.Time) error { return r.Scan((*moment)(t)) }, `SELECT answered_at FROM notifications
		WHERE receiver_id = $1 AND sender_id = $2 AND type = 'invitation' AND answer = 'rejected' AND answered_at >= $3
		ORDER BY answered_at`, receiverID, senderID, millis(since))
}

// NotificationItems implements zikr.NotificationReader. It takes a page of the
// user's own and a page of each of the user's groups, so that it reads no
// more of a group's history than it could show.
func (r *reader) NotificationItems(userID string, unreadOnly bool, page zikr.Page) ([]zikr.NotificationItem, error) {
	items, err := r.ownItems(userID, unreadOnly, page)
	if err != nil {
		return nil, err
	}
	groups, err := list(r, "list memberships of user", scanMembership, `SELECT `+memberColumns+`, m.joined_seq,
		COALESCE(m.left_seq, $2) FROM members m WHERE m.user_id = $1`, userID, int64(stays))
	if err != nil {
		return nil, err
	}
	for _, m := range groups {
		more, err := r.noticeItems(m, unreadOnly, page)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	slices.SortFunc(items, func(a, b zikr.NotificationItem) int { return cmp.Compare(b.ID, a.ID) })
	items = items[:min(len(items), page.Limit)]
	return items, r.nameItems(items)
}

func scanItem(r row, i *zikr.NotificationItem) error {
	return r.Scan(&i.ID, &i.Type, &i.SenderID, &i.GroupID, (*moment)(&i.Time.Time), &i.IsRead,
		(*moment)(&i.ReadAt), &i.Answer, (*moment)(&i.AnsweredAt), &i.BookingID, &i.Count)
}

func (r *reader) ownItems(userID string, unreadOnly bool, page zikr.Page) ([]zikr.NotificationItem, error) {
	const head = `SELECT id, type, sender_id, group_id, created_at, read_at IS NOT NULL, read_at, answer, answered_at,
		booking_id, amount FROM notifications WHERE receiver_id = $1 AND id < $2 AND NOT hidden `
	query := head + `ORDER BY id DESC LIMIT $3`
	if unreadOnly {
		query = head + `AND read_at IS NULL ORDER BY id DESC LIMIT $3`
	}
	return list(r, "list notifications", scanItem, query, userID, before(page.Cursor), page.Limit)
}

// noticeItems lists the notices that a member was sent.
func (r *reader) noticeItems(m membership, unreadOnly bool, page zikr.Page) ([]zikr.NotificationItem, error) {
	// An open one may be covered too: by a later one, for all but that one's sender (InsertNotice).
	const read = `COALESCE(r.seq, 0) >= n.seq OR n.seq < (SELECT MAX(o.seq) FROM notices o
		WHERE o.topic = n.topic AND NOT o.covered AND o.sender_id <> $1)`
	const head = `SELECT n.id, n.type, n.sender_id, n.group_id, n.created_at, n.covered OR ` + read + `,
		CASE WHEN r.seq >= n.seq THEN r.read_at END, '', NULL, '', 0
		FROM notices n LEFT JOIN notice_reads r ON r.user_id = $1 AND r.topic = n.topic
		WHERE n.group_id = $2 AND n.id < $3 AND n.seq > $4 AND n.seq <= $5 AND n.sender_id <> $1 `
	query := head + `ORDER BY n.id DESC LIMIT $6`
	if unreadOnly {
		query = head + `AND NOT n.covered AND NOT (` + read + `) ORDER BY n.id DESC LIMIT $6`
	}
	return list(r, "list notices", scanItem, query,
		m.UserID, m.GroupID, before(page.Cursor), m.joinedSeq, m.leftSeq, page.Limit)
}

// NotificationsFrom implements zikr.NotificationReader.
func (r *reader) NotificationsFrom(userID string) ([]zikr.Notification, error) {
	return list(r, "list notifications from user", scanNotification,
		`SELECT `+notificationColumns+` FROM notifications WHERE sender_id = $1 ORDER BY id DESC`, userID)
}

// Reminded implements zikr.NotificationReader.
func (r *reader) Reminded(receiverID, bookingID string) (time.Time, error) {
	found, err := list(r, "find the latest reminder", scanMoment, `SELECT created_at FROM notifications
		WHERE receiver_id = $1 AND booking_id = $2 AND type = $3 AND sender_id <> '' ORDER BY id DESC LIMIT 1`,
		receiverID, bookingID, string(zikr.NotifyPoraReminder))
	if err != nil || len(found) == 0 {
		return time.Time{}, err
	}
	return found[0], nil
}

func scanMoment(r row, t *time.Time) error { return r.Scan((*moment)(t)) }

// NoticesFrom implements zikr.NotificationReader. It reads through those of the user's groups: an
// index for it would cost every notice.
func (r *reader) NoticesFrom(userID string) ([]zikr.Notice, error) {
	return list(r, "list notices from user", scanNotice, `SELECT n.id, n.group_id, n.sender_id, n.type, n.topic, n.seq, n.created_at, NULL
		FROM members m JOIN notices n ON n.group_id = m.group_id
		WHERE m.user_id = $1 AND n.sender_id = $1 ORDER BY n.id DESC`, userID)
}

// nameItems adds the names of senders and groups as they are now.
func (r *reader) nameItems(items []zikr.NotificationItem) error {
	users, groups := make(map[string]string), make(map[string]string)
	for i := range items {
		it := &items[i]
		var err error
		it.SenderName, err = name(users, it.SenderID, r.User, (*zikr.User).FullName)
		if err != nil {
			return err
		}
		it.GroupName, err = name(groups, it.GroupID, r.Group, func(g *zikr.Group) string { return g.Name })
		if err != nil {
			return err
		}
	}
	return nil
}

// name looks a name up, each once; what does not exist has none.
func name[T any](seen map[string]string, id string, read func(string) (*T, error), of func(*T) string) (string, error) {
	if s, ok := seen[id]; ok {
		return s, nil
	}
	v, err := read(id)
	switch {
	case errors.Is(err, zikr.ErrNotFound):
		seen[id] = ""
	case err != nil:
		return "", err
	default:
		seen[id] = of(v)
	}
	return seen[id], nil
}

// InsertNotification implements zikr.NotificationWriter.
func (t *tx) InsertNotification(n zikr.Notification) error {
	t.writes++
	t.notifications = append(t.notifications, notificationArgs(n)...)
	return nil
}

// insertNotifications writes what was gathered.
func (t *tx) insertNotifications() {
	t.engine.texts.notifications.insert(t, t.notifications)
	t.notifications = nil // the statements hold it
}

// settleNotifications brings those that are gathered to the database, before a statement that changes some.
func (t *tx) settleNotifications() error {
	if len(t.notifications) == 0 {
		return nil
	}
	return t.flush()
}

// UpdateNotification implements zikr.NotificationWriter. Who sent it does not change, but for the id of a tombstone
// (ReplaceUser), and that not by who has read the row before.
func (t *tx) UpdateNotification(n zikr.Notification) error {
	if err := t.settleNotifications(); err != nil {
		return err
	}
	return t.execOne("update notification", `UPDATE notifications SET receiver_id = $2,
		group_id = $3, type = $4, answer = $5, answered_at = $6, read_at = $7, created_at = $8, booking_id = $9, amount = $10, hidden = $11
		WHERE id = $1`, slices.Delete(notificationArgs(n), 2, 3)...)
}

func notificationArgs(n zikr.Notification) []any {
	return []any{n.ID, n.ReceiverID, n.SenderID, n.GroupID, string(n.Type), string(n.Answer),
		millis(n.AnsweredAt), millis(n.ReadAt), millis(n.CreatedAt), n.BookingID, n.Count, n.Hidden}
}

// DeletePendingInvitations implements zikr.NotificationWriter.
func (t *tx) DeletePendingInvitations(groupID string) error {
	if err := t.settleNotifications(); err != nil {
		return err
	}
	_, err := t.exec("delete pending invitations",
		`DELETE FROM notifications WHERE group_id = $1 AND type = 'invitation' AND answer = ''`, groupID)
	return err
}

// DeleteNotificationsOf implements zikr.NotificationWriter.
func (t *tx) DeleteNotificationsOf(userID string) error {
	if err := t.settleNotifications(); err != nil {
		return err
	}
	if _, err := t.exec("delete notifications", `DELETE FROM notifications WHERE receiver_id = $1`, userID); err != nil {
		return err
	}
	_, err := t.exec("delete read marks", `DELETE FROM notice_reads WHERE user_id = $1`, userID)
	return err
}

// InsertNotice implements zikr.NotificationWriter. Beside the new one, the newest of
// its topic by another stays open: the new one's sender may not have read it.
func (t *tx) InsertNotice(n zikr.Notice) error {
	if n.Topic != n.ID { // otherwise there is no other of its topic
		_, err := t.exec("cover notices", `UPDATE notices SET covered = TRUE
			WHERE topic = $1 AND seq < $2 AND NOT covered AND (sender_id = $3 OR seq < (SELECT MAX(o.seq) FROM notices o
			WHERE o.topic = $1 AND NOT o.covered AND o.sender_id <> $3))`, n.Topic, n.Seq, n.SenderID)
		if err != nil {
			return err
		}
	}
	_, err := t.exec("insert notice", `INSERT INTO notices
		(id, group_id, sender_id, type, topic, seq, created_at, covered) VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE)`,
		n.ID, n.GroupID, n.SenderID, string(n.Type), n.Topic, n.Seq, millis(n.CreatedAt))
	return err
}

// ReadNotice implements zikr.NotificationWriter.
func (t *tx) ReadNotice(n zikr.Notice, userID string, at time.Time) error {
	_, err := t.exec("read notice", `INSERT INTO notice_reads (user_id, topic, seq, read_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, topic) DO UPDATE SET seq = excluded.seq, read_at = excluded.read_at
		WHERE notice_reads.seq < excluded.seq`, userID, n.Topic, n.Seq, millis(at))
	return err
}
