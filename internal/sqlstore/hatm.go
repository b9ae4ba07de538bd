package sqlstore

import (
	"database/sql"
	"errors"
	"slices"
	"strconv"

	"github.com/zikr-app/zikr"
)

type hatmKey struct {
	groupID string
	number  int64
}

const hatmColumns = `h.group_id, h.number, h.finished, h.opened_at, h.due_at, h.completed_at, h.reopened_at`

func scanHatm(r row, h *zikr.Hatm) error {
	return r.Scan(&h.GroupID, &h.Number, &h.Finished, (*moment)(&h.OpenedAt), (*moment)(&h.DueAt),
		(*moment)(&h.CompletedAt), (*moment)(&h.ReopenedAt))
}

// Hatm implements zikr.HatmReader.
func (r *reader) Hatm(groupID string, number int64) (*zikr.Hatm, error) {
	return r.hatm(hatmKey{groupID, number})
}

func (r *reader) hatm(key hatmKey) (*zikr.Hatm, error) {
	return one(r, "read hatm", scanHatm, `SELECT `+hatmColumns+` FROM hatms h WHERE h.group_id = $1 AND h.number = $2`, key.groupID, key.number)
}

// OpenHatms implements zikr.HatmReader.
func (r *reader) OpenHatms(groupID string) ([]zikr.Hatm, error) {
	return list(r, "list open hatms", scanHatm, `SELECT `+hatmColumns+` FROM hatms h
		WHERE h.group_id = $1 AND h.completed_at IS NULL ORDER BY h.number`, groupID)
}

// HatmsStanding implements zikr.HatmReader. What is not released is done or being read, so that the index of it alone
// tells how much is being read, and no booking's row is looked at. They are counted for each hatm: for a join, PostgreSQL
// may read all that there are.
func (r *reader) HatmsStanding(groupIDs []string) ([]zikr.HatmStanding, error) {
	return list(r, "list how far hatms are", scanStandingHatm, `SELECT h.group_id, h.number, h.finished,
		(SELECT COUNT(*) FROM bookings b WHERE b.group_id = h.group_id AND b.hatm_number = h.number AND b.status <> 'released') - h.finished
		FROM hatms h WHERE h.completed_at IS NULL AND h.group_id IN `+among+` ORDER BY h.group_id, h.number LIMIT `+strconv.Itoa(zikr.MaxStanding), padded(groupIDs)...)
}

func scanStandingHatm(r row, h *zikr.HatmStanding) error {
	return r.Scan(&h.GroupID, &h.HatmNumber, &h.TotalFinished, &h.TotalBooked)
}

// Hatms implements zikr.HatmReader.
func (r *reader) Hatms(groupID string, below int64, limit int) ([]zikr.Hatm, error) {
	return list(r, "list hatms", scanHatm, `SELECT `+hatmColumns+` FROM hatms h
		WHERE h.group_id = $1 AND h.number < $2 ORDER BY h.number DESC LIMIT $3`, groupID, below, limit)
}

// openHatms are the numbers of a group's open hatms, in their order: the one notion of them that
// the writer has. It is known before anything of a hatm of the group is held back, and with it, at
// first, the hatms and who holds their poras.
type openHatms struct{ numbers []int64 }

// openRow is an open hatm with one of its bookings, if it has any.
type openRow struct {
	hatm    zikr.Hatm
	booking zikr.Booking // without an id if there is none
}

func scanOpenRow(r row, o *openRow) error {
	var all joined
	var id, userID, status sql.NullString
	var pora sql.NullInt64
	b := &o.booking
	err := errors.Join(scanHatm(&all, &o.hatm), r.Scan(append(all, &id, &pora, &userID, &status,
		(*moment)(&b.BookedAt), (*moment)(&b.EndedAt), (*moment)(&b.DueAt), (*moment)(&b.WakeAt), (*date)(&b.Day), (*date)(&b.GroupDay),
		(*word)(&b.ByID), (*word)(&b.CompletedBy))...))
	b.ID, b.GroupID, b.HatmNumber, b.Pora = id.String, o.hatm.GroupID, o.hatm.Number, int(pora.Int64)
	b.UserID, b.Status = userID.String, zikr.BookingStatus(status.String)
	return err
}

// opened returns the open hatms of a group. They are read, with their bookings, in one query.
func (t *tx) opened(groupID string) (*openHatms, error) {
	k, err := t.known.open.get(groupID, t.readOpen)
	if err != nil {
		return nil, err
	}
	return k.value, nil
}

func (t *tx) readOpen(groupID string) (**openHatms, error) {
	rows, err := list(&t.direct, "read open hatms", scanOpenRow, `SELECT `+hatmColumns+`,
		b.id, b.pora, b.user_id, b.status, b.booked_at, b.ended_at, b.due_at, b.wake_at, b.day, b.group_day, b.by_id, b.completed_by
		FROM hatms h LEFT JOIN bookings b ON b.group_id = h.group_id AND b.hatm_number = h.number AND b.status <> 'released'
		WHERE h.group_id = $1 AND h.completed_at IS NULL ORDER BY h.number, b.pora`, groupID)
	if err != nil {
		return nil, err
	}
	open := &openHatms{}
	held := make(map[hatmKey]*holders)
	for _, o := range rows {
		key := hatmKey{groupID, o.hatm.Number}
		if held[key] == nil {
			held[key] = &holders{}
			open.numbers = append(open.numbers, o.hatm.Number)
			t.known.hatms.learn(key, o.hatm)
		}
		if o.booking.ID != "" {
			held[key][o.booking.Pora] = o.booking.ID
			t.known.bookings.learn(o.booking.ID, o.booking)
		}
	}
	for key, h := range held {
		t.known.holders.learn(key, *h)
	}
	return &open, nil
}

// Hatm implements zikr.HatmReader. Where reading takes a round trip, the open ones are read together.
func (t *tx) Hatm(groupID string, number int64) (*zikr.Hatm, error) {
	key := hatmKey{groupID, number}
	if t.engine.shared && !t.known.hatms.has(key) {
		if _, err := t.opened(groupID); err != nil {
			return nil, err
		}
	}
	k, err := t.known.hatms.get(key, t.direct.hatm)
	if err != nil {
		return nil, err
	}
	h := k.value
	return &h, nil
}

// OpenHatms implements zikr.HatmReader.
func (t *tx) OpenHatms(groupID string) ([]zikr.Hatm, error) {
	open, err := t.opened(groupID)
	if err != nil {
		return nil, err
	}
	hatms := make([]zikr.Hatm, len(open.numbers))
	for i, number := range open.numbers {
		h, err := t.Hatm(groupID, number)
		if err != nil {
			return nil, err
		}
		hatms[i] = *h
	}
	return hatms, nil
}

// InsertHatm implements zikr.HatmWriter.
func (t *tx) InsertHatm(h zikr.Hatm) error {
	open, err := t.opened(h.GroupID)
	if err != nil {
		return err
	}
	_, err = t.exec("insert hatm", `INSERT INTO hatms (group_id, number, finished, opened_at, due_at, completed_at, reopened_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, hatmArgs(h)...)
	if err != nil {
		return err
	}
	key := hatmKey{h.GroupID, h.Number}
	t.known.hatms.put(key, storedHatm(h))
	t.known.holders.put(key, holders{}) // a new one has no bookings
	open.set(h)
	return nil
}

// UpdateHatm implements zikr.HatmWriter.
func (t *tx) UpdateHatm(h zikr.Hatm) error {
	open, err := t.opened(h.GroupID)
	if err != nil {
		return err
	}
	h = storedHatm(h)
	if err := change(t, &t.known.hatms, hatmKey{h.GroupID, h.Number}, t.direct.hatm, h); err != nil {
		return err
	}
	open.set(h)
	return nil
}

// set notes whether a hatm is open.
func (o *openHatms) set(h zikr.Hatm) {
	i, is := slices.BinarySearch(o.numbers, h.Number)
	switch open := h.CompletedAt.IsZero(); {
	case open && !is:
		o.numbers = slices.Insert(o.numbers, i, h.Number)
	case !open && is:
		o.numbers = slices.Delete(o.numbers, i, i+1)
	}
}

// storedHatm is a hatm as it comes back from the database.
func storedHatm(h zikr.Hatm) zikr.Hatm {
	h.OpenedAt, h.DueAt, h.CompletedAt, h.ReopenedAt = stored(h.OpenedAt), stored(h.DueAt), stored(h.CompletedAt), stored(h.ReopenedAt)
	return h
}

// saveHatm writes a hatm's row. Most commands change nothing but how much of it is done.
func (t *tx) saveHatm(was, h zikr.Hatm) {
	was.Finished = h.Finished
	if was == h {
		t.laterOne("update hatm", `UPDATE hatms SET finished = $3 WHERE group_id = $1 AND number = $2`, h.GroupID, h.Number, h.Finished)
		return
	}
	t.laterOne("update hatm", `UPDATE hatms SET finished = $3, opened_at = $4, due_at = $5, completed_at = $6, reopened_at = $7
		WHERE group_id = $1 AND number = $2`, hatmArgs(h)...)
}

func hatmArgs(h zikr.Hatm) []any {
	return []any{h.GroupID, h.Number, h.Finished, millis(h.OpenedAt), millis(h.DueAt), millis(h.CompletedAt), millis(h.ReopenedAt)}
}
