package sqlstore

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

const bookingColumns = `id, group_id, hatm_number, pora, user_id, status, booked_at, ended_at, due_at, wake_at, day, group_day, by_id, completed_by`

func scanBooking(r row, b *zikr.Booking) error {
	return r.Scan(&b.ID, &b.GroupID, &b.HatmNumber, &b.Pora, &b.UserID, &b.Status,
		(*moment)(&b.BookedAt), (*moment)(&b.EndedAt), (*moment)(&b.DueAt), (*moment)(&b.WakeAt), (*date)(&b.Day), (*date)(&b.GroupDay), (*word)(&b.ByID), (*word)(&b.CompletedBy))
}

// Booking implements zikr.BookingReader.
func (r *reader) Booking(id string) (*zikr.Booking, error) {
	return one(r, "read booking", scanBooking, `SELECT `+bookingColumns+` FROM bookings WHERE id = $1`, id)
}

// BookingOf implements zikr.BookingReader.
func (r *reader) BookingOf(groupID string, hatmNumber int64, pora int) (*zikr.Booking, error) {
	return one(r, "read booking of pora", scanBooking, `SELECT `+bookingColumns+` FROM bookings
		WHERE group_id = $1 AND hatm_number = $2 AND pora = $3 AND status <> 'released'`, groupID, hatmNumber, pora)
}

// FreePoras implements zikr.BookingReader.
func (r *reader) FreePoras(groupID string, hatmNumber int64) ([]int, error) {
	h, err := r.holders(hatmKey{groupID, hatmNumber})
	if err != nil {
		return nil, err
	}
	return h.free(), nil
}

// OpenBookings implements zikr.BookingReader.
func (r *reader) OpenBookings(groupID string) ([]zikr.Booking, error) {
	return list(r, "list bookings of open hatms", scanBooking, `SELECT b.id, b.group_id, b.hatm_number, b.pora, b.user_id, b.status,
		b.booked_at, b.ended_at, b.due_at, b.wake_at, b.day, b.group_day, b.by_id, b.completed_by FROM hatms h
		JOIN bookings b ON b.group_id = h.group_id AND b.hatm_number = h.number AND b.status <> 'released'
		WHERE h.group_id = $1 AND h.completed_at IS NULL ORDER BY h.number, b.pora`, groupID)
}

// BookingsOfHatms implements zikr.BookingReader.
func (r *reader) BookingsOfHatms(groupID string, from, to int64) ([]zikr.Booking, error) {
	return list(r, "list bookings", scanBooking, `SELECT `+bookingColumns+` FROM bookings
		WHERE group_id = $1 AND hatm_number >= $2 AND hatm_number <= $3 AND status <> 'released' ORDER BY hatm_number, pora`, groupID, from, to)
}

// BookingsOf implements zikr.BookingReader.
func (r *reader) BookingsOf(userID string) ([]zikr.Booking, error) {
	return list(r, "list bookings of user", scanBooking, `SELECT `+bookingColumns+` FROM bookings
		WHERE user_id = $1 ORDER BY id`, userID)
}

func scanDue(r row, d *zikr.DueBooking) error {
	return r.Scan((*moment)(&d.WakeAt), &d.ID, &d.GroupID)
}

// BookingsDue implements zikr.BookingReader.
func (r *reader) BookingsDue(by time.Time, after zikr.DueBooking, limit int) ([]zikr.DueBooking, error) {
	return list(r, "find bookings that are due", scanDue, `SELECT wake_at, id, group_id FROM bookings
		WHERE status = 'booked' AND wake_at <= $1 AND (wake_at, id) > ($2, $3) ORDER BY wake_at, id LIMIT $4`, millis(by), beginning(after.WakeAt), after.ID, limit)
}

// HeldBy implements zikr.BookingReader.
func (r *reader) HeldBy(userID string) ([]zikr.Booking, error) {
	return list(r, "list what a user holds", scanBooking, `SELECT `+bookingColumns+` FROM bookings WHERE user_id = $1 AND status = 'booked' ORDER BY id`, userID)
}

// holders are the ids of the bookings of a hatm that are not released, by pora.
type holders [zikr.Poras + 1]string

// holders reads who holds the poras of a hatm.
func (r *reader) holders(key hatmKey) (*holders, error) {
	bookings, err := r.BookingsOfHatms(key.groupID, key.number, key.number)
	if err != nil {
		return nil, err
	}
	var h holders
	for _, b := range bookings {
		h[b.Pora] = b.ID
	}
	return &h, nil
}

// free are the poras that nobody holds.
func (h *holders) free() (poras []int) {
	for pora := 1; pora <= zikr.Poras; pora++ {
		if h[pora] == "" {
			poras = append(poras, pora)
		}
	}
	return poras
}

// hands returns who holds the poras of a hatm. Those of open hatms are read together.
func (t *tx) hands(key hatmKey) (*known[holders], error) {
	if !t.known.holders.has(key) {
		if _, err := t.opened(key.groupID); err != nil {
			return nil, err
		}
	}
	return t.known.holders.get(key, t.direct.holders)
}

// Booking implements zikr.BookingReader.
func (t *tx) Booking(id string) (*zikr.Booking, error) {
	k, err := t.known.bookings.get(id, t.direct.Booking)
	if err != nil {
		return nil, err
	}
	b := k.value
	return &b, nil
}

// BookingOf implements zikr.BookingReader.
func (t *tx) BookingOf(groupID string, hatmNumber int64, pora int) (*zikr.Booking, error) {
	k, err := t.hands(hatmKey{groupID, hatmNumber})
	if err != nil {
		return nil, err
	}
	if pora < 1 || pora > zikr.Poras || k.value[pora] == "" {
		return nil, zikr.ErrNotFound
	}
	return t.Booking(k.value[pora])
}

// FreePoras implements zikr.BookingReader.
func (t *tx) FreePoras(groupID string, hatmNumber int64) ([]int, error) {
	k, err := t.hands(hatmKey{groupID, hatmNumber})
	if err != nil {
		return nil, err
	}
	return k.value.free(), nil
}

// OpenBookings implements zikr.BookingReader.
func (t *tx) OpenBookings(groupID string) (bookings []zikr.Booking, err error) {
	open, err := t.opened(groupID)
	if err != nil {
		return nil, err
	}
	for _, number := range open.numbers {
		k, err := t.hands(hatmKey{groupID, number})
		if err != nil {
			return nil, err
		}
		for _, id := range k.value {
			if id == "" {
				continue
			}
			b, err := t.Booking(id)
			if err != nil {
				return nil, err
			}
			bookings = append(bookings, *b)
		}
	}
	return bookings, nil
}

// InsertBooking implements zikr.BookingWriter.
func (t *tx) InsertBooking(b zikr.Booking) error {
	t.writes++
	if err := t.hold(b); err != nil {
		return fmt.Errorf("insert booking %s: %w", b.ID, err)
	}
	t.known.bookings.insert(b.ID, storedBooking(b))
	return nil
}

// UpdateBooking implements zikr.BookingWriter.
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
	t.countCompleted(k.value, -1)
	t.countCompleted(b, 1)
	t.known.bookings.change(k, storedBooking(b))
	return nil
}

// storedBooking is a booking as it comes back from the database.
func storedBooking(b zikr.Booking) zikr.Booking {
	b.BookedAt, b.EndedAt, b.DueAt, b.WakeAt = stored(b.BookedAt), stored(b.EndedAt), stored(b.DueAt), stored(b.WakeAt)
	return b
}

var errTaken = errors.New("taken already")

// hold notes who holds the booking's pora: the booking, unless it is released. It
// fails if another one does.
func (t *tx) hold(b zikr.Booking) error {
	if b.Pora < 1 || b.Pora > zikr.Poras {
		return fmt.Errorf("there is no pora %d", b.Pora)
	}
	k, err := t.hands(hatmKey{b.GroupID, b.HatmNumber})
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
// indexes by user need not be written.
func (t *tx) saveBooking(was, b zikr.Booking) {
	was.Status, was.EndedAt, was.Days = b.Status, b.EndedAt, b.Days
	if was == b {
		t.laterOne("end booking", `UPDATE bookings SET status = $2, ended_at = $3, day = $4, group_day = $5 WHERE id = $1`,
			b.ID, string(b.Status), millis(b.EndedAt), dateOrNull(b.Day), dateOrNull(b.GroupDay))
		return
	}
	t.laterOne("update booking", `UPDATE bookings SET
		group_id = $2, hatm_number = $3, pora = $4, user_id = $5, status = $6, booked_at = $7, ended_at = $8,
		due_at = $9, wake_at = $10, day = $11, group_day = $12, by_id = $13, completed_by = $14 WHERE id = $1`, bookingArgs(b)...)
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
		millis(b.DueAt), millis(b.WakeAt), dateOrNull(b.Day), dateOrNull(b.GroupDay), nullable(b.ByID), nullable(b.CompletedBy)}
}
