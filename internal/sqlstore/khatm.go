package sqlstore

import "github.com/zikr-app/zikr"

type hatmKey struct {
	groupID string
	number  int64
}

func scanHatm(r row, h *zikr.Hatm) error {
	return r.Scan(&h.GroupID, &h.Number, &h.Finished, (*moment)(&h.OpenedAt), (*moment)(&h.CompletedAt))
}

const bookingColumns = `id, group_id, hatm_number, pora, user_id, status, booked_at, ended_at`

func scanBooking(r row, b *zikr.Booking) error {
	return r.Scan(&b.ID, &b.GroupID, &b.HatmNumber, &b.Pora, &b.UserID, &b.Status,
		(*moment)(&b.BookedAt), (*moment)(&b.EndedAt))
}

// Hatm implements zikr.KhatmReader.
func (r *reader) Hatm(groupID string, number int64) (*zikr.Hatm, error) {
	return r.hatm(hatmKey{groupID, number})
}

func (r *reader) hatm(key hatmKey) (*zikr.Hatm, error) {
	return one(r, "read hatm", scanHatm, `SELECT group_id, number, finished, opened_at, completed_at
		FROM hatms WHERE group_id = $1 AND number = $2`, key.groupID, key.number)
}

// Booking implements zikr.KhatmReader.
func (r *reader) Booking(id string) (*zikr.Booking, error) {
	return one(r, "read booking", scanBooking, `SELECT `+bookingColumns+` FROM bookings WHERE id = $1`, id)
}

// BookingOf implements zikr.KhatmReader.
func (r *reader) BookingOf(groupID string, hatmNumber int64, pora int) (*zikr.Booking, error) {
	return one(r, "read booking of pora", scanBooking, `SELECT `+bookingColumns+` FROM bookings
		WHERE group_id = $1 AND hatm_number = $2 AND pora = $3 AND status <> 'released'`, groupID, hatmNumber, pora)
}

// Bookings implements zikr.KhatmReader.
func (r *reader) Bookings(groupID string, hatmNumber int64) ([]zikr.Booking, error) {
	return list(r, "list bookings", scanBooking, `SELECT `+bookingColumns+` FROM bookings
		WHERE group_id = $1 AND hatm_number = $2 AND status <> 'released' ORDER BY pora`, groupID, hatmNumber)
}

// BookingsOf implements zikr.KhatmReader.
func (r *reader) BookingsOf(userID string) ([]zikr.Booking, error) {
	return list(r, "list bookings of user", scanBooking, `SELECT `+bookingColumns+` FROM bookings
		WHERE user_id = $1 ORDER BY id`, userID)
}

// Hatm implements zikr.KhatmReader.
func (t *tx) Hatm(groupID string, number int64) (*zikr.Hatm, error) {
	k, err := t.known.hatms.get(hatmKey{groupID, number}, t.direct.hatm)
	if err != nil {
		return nil, err
	}
	h := k.value
	return &h, nil
}

// InsertHatm implements zikr.KhatmWriter.
func (t *tx) InsertHatm(h zikr.Hatm) error {
	_, err := t.exec("insert hatm", `INSERT INTO hatms (group_id, number, finished, opened_at, completed_at)
		VALUES ($1, $2, $3, $4, $5)`, hatmArgs(h)...)
	if err != nil {
		return err
	}
	h.OpenedAt, h.CompletedAt = stored(h.OpenedAt), stored(h.CompletedAt)
	t.known.hatms.put(hatmKey{h.GroupID, h.Number}, h)
	return nil
}

// UpdateHatm implements zikr.KhatmWriter.
func (t *tx) UpdateHatm(h zikr.Hatm) error {
	h.OpenedAt, h.CompletedAt = stored(h.OpenedAt), stored(h.CompletedAt)
	return change(t, "update hatm", &t.known.hatms, hatmKey{h.GroupID, h.Number}, t.direct.hatm, h)
}

func (t *tx) saveHatm(_, h zikr.Hatm) error {
	return t.execOne("update hatm", `UPDATE hatms SET finished = $3, opened_at = $4, completed_at = $5
		WHERE group_id = $1 AND number = $2`, hatmArgs(h)...)
}

func hatmArgs(h zikr.Hatm) []any {
	return []any{h.GroupID, h.Number, h.Finished, millis(h.OpenedAt), millis(h.CompletedAt)}
}

// InsertBooking implements zikr.KhatmWriter.
func (t *tx) InsertBooking(b zikr.Booking) error {
	_, err := t.exec("insert booking", `INSERT INTO bookings (`+bookingColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, bookingArgs(b)...)
	return err
}

// UpdateBooking implements zikr.KhatmWriter.
func (t *tx) UpdateBooking(b zikr.Booking) error {
	return t.execOne("update booking", `UPDATE bookings SET
		group_id = $2, hatm_number = $3, pora = $4, user_id = $5, status = $6, booked_at = $7, ended_at = $8
		WHERE id = $1`, bookingArgs(b)...)
}

func bookingArgs(b zikr.Booking) []any {
	return []any{b.ID, b.GroupID, b.HatmNumber, b.Pora, b.UserID, string(b.Status), millis(b.BookedAt), millis(b.EndedAt)}
}
