package storetest

import (
	"errors"
	"time"

	"github.com/zikr-app/zikr"
)

func bookingTests() []test {
	return []test{
		{"bookings", bookingFields},
		{"one holder", oneHolder},
		{"of open hatms", openBookings},
		{"due", dueBookings},
		{"missing", bookingMissing},
	}
}

func booking(id string, pora int, userID string, status zikr.BookingStatus) zikr.Booking {
	b := zikr.Booking{ID: id, GroupID: "g1", HatmNumber: 1, Pora: pora, UserID: userID, Status: status, BookedAt: at(pora)}
	if status != zikr.Booked {
		b.EndedAt = at(pora + 1)
	}
	return b
}

func bookingFields(f *fixture) {
	b1, b2, b3 := booking("b1", 3, "u1", zikr.Booked), booking("b2", 2, "u2", zikr.Completed), booking("b3", 5, "u1", zikr.Released)
	b1.ByID, b2.CompletedBy = "u2", "u1"
	f.holds(all(openHatm, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertBooking(b1), tx.InsertBooking(b2), tx.InsertBooking(b3))
	}), func(r zikr.Reader) error {
		return errors.Join(
			is("b1", &b1)(r.Booking("b1")), is("b3", &b3)(r.Booking("b3")),
			is("pora 3", &b1)(r.BookingOf("g1", 1, 3)), is("pora 2", &b2)(r.BookingOf("g1", 1, 2)),
			isMissing[*zikr.Booking]("released pora")(r.BookingOf("g1", 1, 5)),
			isMissing[*zikr.Booking]("other hatm")(r.BookingOf("g1", 2, 3)),
			is("of the hatm, by pora", []zikr.Booking{b2, b1})(r.BookingsOfHatms("g1", 1, 1)),
			is("of u1", []zikr.Booking{b1, b3})(r.BookingsOf("u1")))
	})
	b1.Status, b1.EndedAt = zikr.Released, at(9)
	b4 := booking("b4", 3, "u2", zikr.Booked)
	f.holds(func(tx zikr.Tx) error {
		return errors.Join(tx.UpdateBooking(b1), tx.InsertBooking(b4))
	}, func(r zikr.Reader) error {
		return errors.Join(
			is("b1", &b1)(r.Booking("b1")), is("pora 3", &b4)(r.BookingOf("g1", 1, 3)),
			is("of the hatm", []zikr.Booking{b2, b4})(r.BookingsOfHatms("g1", 1, 1)),
			is("of u1", []zikr.Booking{b1, b3})(r.BookingsOf("u1")),
			is("of u2", []zikr.Booking{b2, b4})(r.BookingsOf("u2")))
	})
	b4.Status, b4.EndedAt = zikr.Completed, at(10)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateBooking(b4) }, func(r zikr.Reader) error {
		return is("pora 3", &b4)(r.BookingOf("g1", 1, 3))
	})
	b2.Status, b2.EndedAt, b2.CompletedBy = zikr.Booked, time.Time{}, ""
	b4.CompletedBy = "u1"
	f.holds(func(tx zikr.Tx) error { return errors.Join(tx.UpdateBooking(b2), tx.UpdateBooking(b4)) }, func(r zikr.Reader) error {
		return is("of the open hatm", []zikr.Booking{b2, b4})(r.OpenBookings("g1"))
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
		return errors.Join(is("bookings", []zikr.Booking{b1})(r.BookingsOfHatms("g1", 1, 1)),
			isMissing[*zikr.Booking]("the second")(r.Booking("b2")))
	})
}

// openBookings: what is taken of several hatms that are open, and what is free.
func openBookings(f *fixture) {
	in := func(hatm int64, b zikr.Booking) zikr.Booking {
		b.HatmNumber = hatm
		return b
	}
	b1, b2, b3 := booking("b1", 3, "u1", zikr.Booked), in(2, booking("b2", 3, "u2", zikr.Completed)), in(3, booking("b3", 1, "u3", zikr.Booked))
	b1.DueAt, b1.WakeAt = at(50), at(40)
	taken := func(want ...zikr.Booking) func(zikr.Reader) error {
		return func(r zikr.Reader) error { return is("open bookings", want)(r.OpenBookings("g1")) }
	}
	f.holds(all(openHatms, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertBooking(b3), tx.InsertBooking(b2), tx.InsertBooking(b1), tx.InsertBooking(booking("b4", 4, "u1", zikr.Released)))
	}), all(taken(b1, b2, b3), func(r zikr.Reader) error {
		free, err := r.FreePoras("g1", 1)
		return errors.Join(is("how many are free", 29)(len(free), err), is("around pora 3", []int{1, 2, 4, 5})(free[:4], nil),
			is("from hatm 2 on", []zikr.Booking{b2, b3})(r.BookingsOfHatms("g1", 2, 9)))
	}))
	// A hatm that is completed takes its bookings with it, until it is opened again.
	h := zikr.Hatm{GroupID: "g1", Number: 2, Finished: 30, OpenedAt: at(2), CompletedAt: at(9)}
	f.holds(func(tx zikr.Tx) error { return tx.UpdateHatm(h) }, taken(b1, b3))
	h.CompletedAt, h.ReopenedAt = time.Time{}, at(10)
	b1.Status, b1.EndedAt = zikr.Released, at(11)
	f.holds(func(tx zikr.Tx) error { return errors.Join(tx.UpdateHatm(h), tx.UpdateBooking(b1)) }, taken(b2, b3))
	f.stays(func(r zikr.Reader) error {
		free, err := r.FreePoras("g1", 1)
		return is("how many are free", 30)(len(free), err)
	})
}

// dueBookings: those that are booked, by the moment at which something is to be done about them.
func dueBookings(f *fixture) {
	due := func(id string, pora, minute int, status zikr.BookingStatus) zikr.Booking {
		b := booking(id, pora, "u1", status)
		b.DueAt, b.WakeAt = at(59), at(minute)
		return b
	}
	late := due("b5", 5, 30, zikr.Booked)
	asked := func(by time.Time, after zikr.DueBooking, limit int, want ...zikr.DueBooking) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			found, err := r.BookingsDue(by, after, limit)
			return is("due", append([]zikr.DueBooking{}, want...))(append([]zikr.DueBooking{}, found...), err)
		}
	}
	d1, d2, d3 := zikr.DueBooking{WakeAt: at(10), ID: "b1", GroupID: "g1"}, zikr.DueBooking{WakeAt: at(10), ID: "b2", GroupID: "g1"}, zikr.DueBooking{WakeAt: at(20), ID: "b0", GroupID: "g1"}
	f.holds(all(openHatm, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertBooking(due("b2", 2, 10, zikr.Booked)), tx.InsertBooking(due("b0", 3, 20, zikr.Booked)), tx.InsertBooking(due("b1", 1, 10, zikr.Booked)),
			tx.InsertBooking(due("done", 6, 5, zikr.Completed)), tx.InsertBooking(due("freed", 7, 5, zikr.Released)),
			tx.InsertBooking(late), tx.InsertBooking(booking("never", 8, "u1", zikr.Booked)))
	}), all(
		asked(at(9), zikr.DueBooking{}, 9), asked(at(10), zikr.DueBooking{}, 9, d1, d2), asked(at(29), zikr.DueBooking{}, 9, d1, d2, d3),
		asked(at(29), zikr.DueBooking{}, 1, d1), asked(at(29), d1, 9, d2, d3), asked(at(29), d3, 9)))
	late.WakeAt = at(15)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateBooking(late) },
		asked(at(29), d2, 9, zikr.DueBooking{WakeAt: at(15), ID: "b5", GroupID: "g1"}, d3))
}

func bookingMissing(f *fixture) {
	f.update(openHatm)
	f.stays(func(r zikr.Reader) error { return isMissing[*zikr.Booking]("booking")(r.Booking("none")) })
	for name, write := range map[string]func(zikr.Tx) error{
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
