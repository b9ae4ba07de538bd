package sqlstore

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zikr-app/zikr"
)

type hatmKey struct {
	groupID string
	number  int64
}

func scanHatm(r row, h *zikr.Hatm) error {
	return r.Scan(&h.GroupID, &h.Number, &h.Finished, (*moment)(&h.OpenedAt), (*moment)(&h.CompletedAt))
}

const bookingColumns = `id, group_id, hatm_number, pora, user_id, status, booked_at, ended_at, day, group_day`

func scanBooking(r row, b *zikr.Booking) error {
	return r.Scan(&b.ID, &b.GroupID, &b.HatmNumber, &b.Pora, &b.UserID, &b.Status,
		(*moment)(&b.BookedAt), (*moment)(&b.EndedAt), (*date)(&b.Day), (*date)(&b.GroupDay))
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
	return change(t, &t.known.hatms, hatmKey{h.GroupID, h.Number}, t.direct.hatm, h)
}

func (t *tx) saveHatm(_, h zikr.Hatm) {
	t.laterOne("update hatm", `UPDATE hatms SET finished = $3, opened_at = $4, completed_at = $5
		WHERE group_id = $1 AND number = $2`, hatmArgs(h)...)
}

func hatmArgs(h zikr.Hatm) []any {
	return []any{h.GroupID, h.Number, h.Finished, millis(h.OpenedAt), millis(h.CompletedAt)}
}

// holders are the ids of the bookings of a hatm that are not released, by pora.
type holders [zikr.Poras + 1]string

// holders reads who holds the poras of a hatm.
func (r *reader) holders(key hatmKey) (*holders, error) {
	bookings, err := r.Bookings(key.groupID, key.number)
	if err != nil {
		return nil, err
	}
	var h holders
	for _, b := range bookings {
		h[b.Pora] = b.ID
	}
	return &h, nil
}

// Booking implements zikr.KhatmReader.
func (t *tx) Booking(id string) (*zikr.Booking, error) {
	k, err := t.known.bookings.get(id, t.direct.Booking)
	if err != nil {
		return nil, err
	}
	b := k.value
	return &b, nil
}

// BookingOf implements zikr.KhatmReader.
func (t *tx) BookingOf(groupID string, hatmNumber int64, pora int) (*zikr.Booking, error) {
	k, err := t.known.holders.get(hatmKey{groupID, hatmNumber}, t.direct.holders)
	if err != nil {
		return nil, err
	}
	if pora < 1 || pora > zikr.Poras || k.value[pora] == "" {
		return nil, zikr.ErrNotFound
	}
	return t.Booking(k.value[pora])
}

// InsertBooking implements zikr.KhatmWriter.
func (t *tx) InsertBooking(b zikr.Booking) error {
	t.writes++
	if err := t.hold(b); err != nil {
		return fmt.Errorf("insert booking %s: %w", b.ID, err)
	}
	b.BookedAt, b.EndedAt = stored(b.BookedAt), stored(b.EndedAt)
	t.known.bookings.insert(b.ID, b)
	return nil
}

// UpdateBooking implements zikr.KhatmWriter.
func (t *tx) UpdateBooking(b zikr.Booking) error {
	k, err := t.known.bookings.get(b.ID, t.direct.Booking)
	if err != nil {
		return fmt.Errorf("update booking %s: %w", b.ID, err)
	}
	t.writes++
	released := k.value
	released.Status = zikr.Released
	if err := errors.Join(t.hold(released), t.hold(b)); err != nil {
		return fmt.Errorf("update booking %s: %w", b.ID, err)
	}
	b.BookedAt, b.EndedAt = stored(b.BookedAt), stored(b.EndedAt)
	t.countCompleted(k.value, -1)
	t.countCompleted(b, 1)
	t.known.bookings.change(k, b)
	return nil
}

var errTaken = errors.New("taken already")

// hold notes who holds the booking's pora: the booking, unless it is released. It
// fails if another one does.
func (t *tx) hold(b zikr.Booking) error {
	if b.Pora < 1 || b.Pora > zikr.Poras {
		return fmt.Errorf("there is no pora %d", b.Pora)
	}
	k, err := t.known.holders.get(hatmKey{b.GroupID, b.HatmNumber}, t.direct.holders)
	if err != nil {
		return err
	}
	holder := &k.value[b.Pora]
	switch {
	case b.Status != zikr.Released && *holder != "" && *holder != b.ID:
		return fmt.Errorf("pora %d: %w", b.Pora, errTaken)
	case b.Status != zikr.Released:
		*holder = b.ID
	case *holder == b.ID:
		*holder = ""
	}
	return nil
}

// saveBookings writes what changed, and what is new after it: poras are freed before
// they are booked again.
func (t *tx) saveBookings() {
	var fresh []any
	var changed []unsaved[zikr.Booking]
	for _, u := range t.known.bookings.take() {
		if u.fresh {
			fresh = append(fresh, bookingArgs(u.is)...)
		} else {
			changed = append(changed, u)
		}
	}
	slices.SortStableFunc(changed, func(a, b unsaved[zikr.Booking]) int { return freed(b.is) - freed(a.is) })
	for _, u := range changed {
		t.saveBooking(u.was, u.is)
	}
	t.engine.texts.bookings.insert(t, fresh)
}

// saveBooking writes a booking's row. Most commands end it and change nothing else; then the
// index by user need not be written.
func (t *tx) saveBooking(was, b zikr.Booking) {
	was.Status, was.EndedAt, was.Days = b.Status, b.EndedAt, b.Days
	if was == b {
		t.laterOne("end booking", `UPDATE bookings SET status = $2, ended_at = $3, day = $4, group_day = $5 WHERE id = $1`,
			b.ID, string(b.Status), millis(b.EndedAt), dateOrNull(b.Day), dateOrNull(b.GroupDay))
		return
	}
	t.laterOne("update booking", `UPDATE bookings SET
		group_id = $2, hatm_number = $3, pora = $4, user_id = $5, status = $6, booked_at = $7, ended_at = $8,
		day = $9, group_day = $10 WHERE id = $1`, bookingArgs(b)...)
}

// freed is 1 for a booking that is released, otherwise 0.
func freed(b zikr.Booking) int {
	if b.Status == zikr.Released {
		return 1
	}
	return 0
}

func bookingArgs(b zikr.Booking) []any {
	return []any{b.ID, b.GroupID, b.HatmNumber, b.Pora, b.UserID, string(b.Status), millis(b.BookedAt), millis(b.EndedAt),
		dateOrNull(b.Day), dateOrNull(b.GroupDay)}
}
