package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/zikr-app/zikr"
)

func hatmTests() []test {
	return []test{
		{"fields", hatmFields},
		{"open", hatmsOpen},
		{"standing", hatmsStanding},
		{"standing of many", manyHatmsStanding},
		{"history", hatmHistory},
		{"missing", hatmMissing},
	}
}

func hatmFields(f *fixture) {
	h := zikr.Hatm{GroupID: "g1", Number: 1, Finished: 2, OpenedAt: at(1), DueAt: at(30)}
	same := func(r zikr.Reader) error { return is("hatm", &h)(r.Hatm("g1", 1)) }
	f.holds(all(friends, func(tx zikr.Tx) error { return tx.InsertHatm(h) }), same)
	h.Finished = 3
	f.holds(func(tx zikr.Tx) error { return tx.UpdateHatm(h) }, same)
	h.Finished, h.CompletedAt = 30, at(5)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateHatm(h) }, same)
	h.CompletedAt, h.ReopenedAt, h.DueAt = time.Time{}, at(6), time.Time{}
	f.holds(func(tx zikr.Tx) error { return tx.UpdateHatm(h) }, same)
}

// insertHatms opens the first hatms of g1, each a minute after the one before.
func insertHatms(n int) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		var errs []error
		for i := range n {
			errs = append(errs, tx.InsertHatm(zikr.Hatm{GroupID: "g1", Number: int64(i + 1), OpenedAt: at(i + 1)}))
		}
		return errors.Join(errs...)
	}
}

func openHatm(tx zikr.Tx) error { return all(friends, insertHatms(1))(tx) }

func openHatms(tx zikr.Tx) error { return all(friends, insertHatms(3))(tx) }

func numberOf(h zikr.Hatm) string { return strconv.FormatInt(h.Number, 10) }

func completed(number int64, minute int) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		return tx.UpdateHatm(zikr.Hatm{GroupID: "g1", Number: number, Finished: 30, OpenedAt: at(int(number)), CompletedAt: at(minute)})
	}
}

// hatmsOpen: they complete in any order, and can be opened again.
func hatmsOpen(f *fixture) {
	open := func(want ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error { return ids("open", numberOf, want...)(r.OpenHatms("g1")) }
	}
	f.holds(openHatms, open("1", "2", "3"))
	f.holds(completed(2, 9), open("1", "3"))
	f.holds(all(completed(1, 9), completed(3, 9), func(tx zikr.Tx) error {
		return tx.InsertHatm(zikr.Hatm{GroupID: "g1", Number: 4, OpenedAt: at(9)})
	}), open("4"))
	f.holds(func(tx zikr.Tx) error {
		return tx.UpdateHatm(zikr.Hatm{GroupID: "g1", Number: 2, Finished: 30, OpenedAt: at(2), ReopenedAt: at(10)})
	}, open("2", "4"))
	// What is rolled back was never so.
	failure := errors.New("no")
	if err := f.try(completed(2, 11), func(zikr.Tx) error { return failure }); !errors.Is(err, failure) {
		f.Fatalf("got %v, want %v", err, failure)
	}
	f.holds(func(zikr.Tx) error { return nil }, open("2", "4"))
}

// hatmsStanding: of each open hatm of some groups, what is done and what is being read; what was given back is neither.
func hatmsStanding(f *fixture) {
	far := func(group string, number, finished, booked int64) zikr.HatmStanding {
		return zikr.HatmStanding{GroupID: group, HatmNumber: number, TotalFinished: finished, TotalBooked: booked}
	}
	stands := func(want ...zikr.HatmStanding) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			return errors.Join(
				is("of two groups and one that is not", want)(r.HatmsStanding([]string{"g2", "none", "g1"})),
				is("of one group", want[len(want)-1:])(r.HatmsStanding([]string{"g2"})),
				is("of none", []zikr.HatmStanding(nil))(r.HatmsStanding(nil)))
		}
	}
	second := booking("b4", 9, "u3", zikr.Booked)
	second.HatmNumber = 2
	f.holds(all(openHatms, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertGroup(quran("g2")), tx.InsertHatm(zikr.Hatm{GroupID: "g2", Number: 1, OpenedAt: at(1)}),
			tx.InsertBooking(booking("b1", 3, "u1", zikr.Booked)), tx.InsertBooking(booking("b2", 2, "u2", zikr.Completed)),
			tx.InsertBooking(booking("b3", 5, "u1", zikr.Released)), tx.InsertBooking(second),
			tx.UpdateHatm(zikr.Hatm{GroupID: "g1", Number: 1, Finished: 1, OpenedAt: at(1)}))
	}), stands(far("g1", 1, 1, 1), far("g1", 2, 0, 1), far("g1", 3, 0, 0), far("g2", 1, 0, 0)))
	f.holds(completed(2, 9), stands(far("g1", 1, 1, 1), far("g1", 3, 0, 0), far("g2", 1, 0, 0)))
}

// manyHatmsStanding: of very many open hatms, those of the first groups are told.
func manyHatmsStanding(f *fixture) {
	var steps []func(zikr.Tx) error
	var ids []string
	for i := range zikr.MaxStanding/40 + 1 {
		id := fmt.Sprintf("m%02d", i)
		ids = append(ids, id)
		steps = append(steps, func(tx zikr.Tx) error { return tx.InsertGroup(quran(id)) })
		for number := range int64(40) {
			steps = append(steps, func(tx zikr.Tx) error {
				return tx.InsertHatm(zikr.Hatm{GroupID: id, Number: number + 1, OpenedAt: at(1)})
			})
		}
	}
	f.holds(all(append([]func(zikr.Tx) error{openHatms}, steps...)...), func(r zikr.Reader) error {
		standing, err := r.HatmsStanding(ids)
		if err == nil && (len(standing) != zikr.MaxStanding || standing[0].GroupID != "m00" || standing[zikr.MaxStanding-1].GroupID != "m12") {
			err = fmt.Errorf("got %d hatms of %s to %s", len(standing), standing[0].GroupID, standing[len(standing)-1].GroupID)
		}
		return err
	})
}

func hatmHistory(f *fixture) {
	f.holds(all(openHatms, completed(1, 9)), func(r zikr.Reader) error {
		return errors.Join(
			ids("all", numberOf, "3", "2", "1")(r.Hatms("g1", 100, 9)), ids("two", numberOf, "3", "2")(r.Hatms("g1", 100, 2)),
			ids("before 2", numberOf, "1")(r.Hatms("g1", 2, 9)), ids("before 1", numberOf)(r.Hatms("g1", 1, 9)),
			ids("of another group", numberOf)(r.Hatms("g2", 100, 9)))
	})
}

func hatmMissing(f *fixture) {
	f.update(openHatm)
	f.stays(func(r zikr.Reader) error { return isMissing[*zikr.Hatm]("hatm")(r.Hatm("g1", 2)) })
	if err := f.try(func(tx zikr.Tx) error {
		return tx.UpdateHatm(zikr.Hatm{GroupID: "g1", Number: 7, OpenedAt: time.Unix(0, 0)})
	}); err == nil {
		f.Error("the update of a hatm that there is not succeeded")
	}
}
