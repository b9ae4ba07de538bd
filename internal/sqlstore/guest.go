package sqlstore

import (
	"time"

	"github.com/zikr-app/zikr"
)

// guestSeen is when a guest was last seen, as the index has it.
const guestSeen = `COALESCE(seen_at, created_at)`

func scanGuest(r row, d *zikr.DueGuest) error { return r.Scan((*moment)(&d.SeenAt), &d.UserID) }

// Guest implements zikr.GuestReader.
func (r *reader) Guest(userID string) (*zikr.DueGuest, error) {
	return one(r, "read guest", scanGuest, `SELECT `+guestSeen+`, id FROM users WHERE id = $1 AND is_guest AND NOT deleted`, userID)
}

// GuestsDue implements zikr.GuestReader.
func (r *reader) GuestsDue(seenBy time.Time, after zikr.DueGuest, limit int) ([]zikr.DueGuest, error) {
	return list(r, "find guests who are gone", scanGuest, `SELECT `+guestSeen+`, id FROM users WHERE is_guest AND NOT deleted
		AND `+guestSeen+` <= $1 AND (`+guestSeen+`, id) > ($2, $3) ORDER BY `+guestSeen+`, id LIMIT $4`, millis(seenBy), beginning(after.SeenAt), after.UserID, limit)
}

// seeGuest notes that a session was used in the account that it belongs to, if that is a guest's. No other command
// writes the column, and nothing that is kept of a user holds it.
func (t *tx) seeGuest(sessionID string, at time.Time) error {
	_, err := t.exec("note that a guest was seen", `UPDATE users SET seen_at = $2 WHERE id = (SELECT user_id FROM sessions WHERE id = $1)
		AND is_guest AND NOT deleted AND `+guestSeen+` < $2`, sessionID, millis(at))
	return err
}
