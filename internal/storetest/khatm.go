package storetest

import (
	"errors"
	"time"

	"github.com/zikr-app/zikr"
)

func khatmTests() []test {
	return []test{
		{"hatms", hatmFields},
		{"bookings", bookingFields},
		{"one holder", oneHolder},
		{"missing", khatmMissing},
	}
}

func hatmFields(f *fixture) {
	h := zikr.Hatm{GroupID: "g1", Number: 1, Finished: 2, OpenedAt: at(1)}
	same := func(r zikr.Reader) error { return is("hatm", &h)(r.Hatm("g1", 1)) }
	f.holds(all(friends, func(tx zikr.Tx) error { return tx.InsertHatm(h) }), same)
	h.Finished, h.CompletedAt = 30, at(5)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateHatm(h) }, same)
}

func booking(id string, pora int, userID string, status zikr.BookingStatus) zikr.Booking {
	b := zikr.Booking{ID: id, GroupID: "g1", HatmNumber: 1, Pora: pora, UserID: userID, Status: status, BookedAt: at(pora)}
	if status != zikr.Booked {
		b.EndedAt = at(pora + 1)
	}
	return b
}

func openHatm(tx zikr.Tx) error {
	return errors.Join(friends(tx), tx.InsertHatm(zikr.Hatm{GroupID: "g1", Number: 1, OpenedAt: at(0)}))
}

func bookingFields(f *fixture) {
	b1, b2, b3 := booking("b1", 3, "u1", zikr.Booked), booking("b2", 2, "u2", zikr.Completed), booking("b3", 5, "u1", zikr.Released)
	f.holds(all(openHatm, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertBooking(b1), tx.InsertBooking(b2), tx.InsertBooking(b3))
	}), func(r zikr.Reader) error {
		return errors.Join(
			is("b1", &b1)(r.Booking("b1")), is("b3", &b3)(r.Booking("b3")),
			is("pora 3", &b1)(r.BookingOf("g1", 1, 3)), is("pora 2", &b2)(r.BookingOf("g1", 1, 2)),
			isMissing[*zikr.Booking]("released pora")(r.BookingOf("g1", 1, 5)),
			isMissing[*zikr.Booking]("other hatm")(r.BookingOf("g1", 2, 3)),
			is("of the hatm, by pora", []zikr.Booking{b2, b1})(r.Bookings("g1", 1)),
			is("of u1", []zikr.Booking{b1, b3})(r.BookingsOf("u1")))
	})
	b1.Status, b1.EndedAt = zikr.Released, at(9)
	b4 := booking("b4", 3, "u2", zikr.Booked)
	f.holds(func(tx zikr.Tx) error {
		return errors.Join(tx.UpdateBooking(b1), tx.InsertBooking(b4))
	}, func(r zikr.Reader) error {
		return errors.Join(
			is("b1", &b1)(r.Booking("b1")), is("pora 3", &b4)(r.BookingOf("g1", 1, 3)),
			is("of the hatm", []zikr.Booking{b2, b4})(r.Bookings("g1", 1)),
			is("of u1", []zikr.Booking{b1, b3})(r.BookingsOf("u1")),
			is("of u2", []zikr.Booking{b2, b4})(r.BookingsOf("u2")))
	})
	b4.Status, b4.EndedAt = zikr.Completed, at(10)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateBooking(b4) }, func(r zikr.Reader) error {
		return is("pora 3", &b4)(r.BookingOf("g1", 1, 3))
	})
}

// oneHolder: the store itself keeps a second booking of a pora out.
func oneHolder(f *fixture) {
	f.update(openHatm, func(tx zikr.Tx) error { return tx.InsertBooking(booking("b1", 3, "u1", zikr.Booked)) })
	if err := f.try(func(tx zikr.Tx) error { return tx.InsertBooking(booking("b2", 3, "u2", zikr.Booked)) }); err == nil {
		f.Error("a second booking of a pora was stored")
	}
	f.stays(func(r zikr.Reader) error {
		b1 := booking("b1", 3, "u1", zikr.Booked)
		return errors.Join(is("bookings", []zikr.Booking{b1})(r.Bookings("g1", 1)),
			isMissing[*zikr.Booking]("the second")(r.Booking("b2")))
	})
}

func khatmMissing(f *fixture) {
	f.update(openHatm)
	f.stays(func(r zikr.Reader) error {
		return errors.Join(
			isMissing[*zikr.Hatm]("hatm")(r.Hatm("g1", 2)),
			isMissing[*zikr.Booking]("booking")(r.Booking("none")))
	})
	for name, write := range map[string]func(zikr.Tx) error{
		"update of a hatm": func(tx zikr.Tx) error {
			return tx.UpdateHatm(zikr.Hatm{GroupID: "g1", Number: 7, OpenedAt: time.Unix(0, 0)})
		},
		"update of a booking": func(tx zikr.Tx) error { return tx.UpdateBooking(booking("none", 1, "u1", zikr.Booked)) },
		"booking of a missing hatm": func(tx zikr.Tx) error {
			b := booking("b1", 1, "u1", zikr.Booked)
			b.HatmNumber = 9
			return tx.InsertBooking(b)
		},
	} {
		if err := f.try(write); err == nil {
			f.Errorf("%s: succeeded", name)
		}
	}
}
