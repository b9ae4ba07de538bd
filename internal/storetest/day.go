package storetest

import (
	"errors"
	"math"
	"time"

	"github.com/zikr-app/zikr"
)

func dayTests() []test {
	return []test{
		{"sums", daySums},
		{"active", activeDays},
		{"undone", undoneDays},
		{"counts since", countsSince},
		{"counts for others", countsForOthers},
	}
}

const maxDate = zikr.Date(math.MaxInt32)

// daysOf are the days in UTC of a moment.
func daysOf(t time.Time) zikr.Days {
	return zikr.Days{Day: zikr.DateOf(t.UTC()), GroupDay: zikr.DateOf(t.UTC())}
}

// today is the day of at.
func today() zikr.Days { return daysOf(at(0)) }

// on is a day of the user, and the day of the group at the same time.
func on(day, groupDay zikr.Date) zikr.Days { return zikr.Days{Day: day, GroupDay: groupDay} }

// did makes a counting on a day of the user, which is a day of the group.
func did(id, zikrID, userID string, n int64, on zikr.Days) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		z, err := tx.Zikr(zikrID)
		if err != nil {
			return err
		}
		return tx.InsertCount(zikr.Count{
			ID: id, GroupID: z.GroupID, ZikrID: zikrID, UserID: userID, Count: n, Total: z.Total + n, At: at(1),
			Days: on,
		})
	}
}

func sum(day zikr.Date, counted, poras, members int64) zikr.DaySum {
	return zikr.DaySum{Date: day, Counted: counted, Poras: poras, Members: members}
}

func daySums(f *fixture) {
	f.holds(all(counters,
		did("c1", "z1", "u1", 1, on(10, 10)), did("c2", "z1", "u1", 2, on(10, 9)), did("c3", "z2", "u1", 4, on(10, 10)), did("c4", "z1", "u2", 8, on(11, 10)),
		did("c5", "z1", "u1", 16, on(12, 12)), did("c6", "z1", "u1", 32, on(12, 12))), func(r zikr.Reader) error {
		return errors.Join(
			is("of u1", []zikr.DaySum{sum(10, 7, 0, 0), sum(12, 48, 0, 0)})(r.DaySumsOf("u1", 10, 12)),
			is("of a part", []zikr.DaySum{sum(12, 48, 0, 0)})(r.DaySumsOf("u1", 11, 13)),
			is("of nobody", []zikr.DaySum(nil))(r.DaySumsOf("u3", 0, maxDate)),
			is("in g1", []zikr.DaySum{sum(9, 2, 0, 1), sum(10, 13, 0, 2), sum(12, 48, 0, 1)})(r.DaySumsIn("g1", 9, 12)),
			is("in a part", []zikr.DaySum{sum(10, 13, 0, 2)})(r.DaySumsIn("g1", 10, 11)),
			is("in none", []zikr.DaySum(nil))(r.DaySumsIn("g2", 0, maxDate)))
	})
	f.stays(func(r zikr.Reader) error { // a row on day 9, three on 10, one on 12
		return errors.Join(
			is("first of all", zikr.Date(3))(r.FirstDayIn("g1", 3, 12, 5)),
			is("first of four rows", zikr.Date(10))(r.FirstDayIn("g1", 3, 12, 4)),
			is("first of three rows", zikr.Date(11))(r.FirstDayIn("g1", 3, 12, 3)),
			is("a day that alone has more", zikr.Date(10))(r.FirstDayIn("g1", 3, 10, 2)),
			is("none", zikr.Date(3))(r.FirstDayIn("g2", 3, 12, 1)))
	})
	f.stays(func(r zikr.Reader) error {
		day := func(zikrID string, day, groupDay zikr.Date, n int64) zikr.MemberDay {
			return zikr.MemberDay{GroupID: "g1", UserID: "u1", ZikrID: zikrID, Days: zikr.Days{Day: day, GroupDay: groupDay}, Amount: n}
		}
		return is("all", []zikr.MemberDay{day("z1", 10, 9, 2), day("z1", 10, 10, 1), day("z2", 10, 10, 4), day("z1", 12, 12, 48)})(r.MemberDaysOf("u1"))
	})
}

func activeDays(f *fixture) {
	f.update(counters)
	f.stays(func(r zikr.Reader) error {
		return errors.Join(is("none", []zikr.Date(nil))(r.ActiveDaysOf("u1")), is("none in a group", []zikr.Date(nil))(r.ActiveDaysIn("g1")))
	})
	f.holds(all(did("c1", "z1", "u1", 1, on(-3, -4)), did("c2", "z1", "u1", 2, on(10, 9)), did("c3", "z2", "u1", 4, on(10, 10)), did("c4", "z1", "u2", 8, on(11, 10))),
		func(r zikr.Reader) error {
			return errors.Join(
				is("of u1", []zikr.Date{-3, 10})(r.ActiveDaysOf("u1")),
				is("of u2", []zikr.Date{11})(r.ActiveDaysOf("u2")),
				is("in g1", []zikr.Date{-4, 9, 10})(r.ActiveDaysIn("g1")))
		})
}

// takeBack undoes a counting the way the use case does.
func takeBack(id, undoes string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		n, err := tx.Count(undoes)
		if err != nil {
			return err
		}
		z, err := tx.Zikr(n.ZikrID)
		if err != nil {
			return err
		}
		return tx.InsertCount(zikr.Count{
			ID: id, GroupID: z.GroupID, ZikrID: z.ID, UserID: n.UserID, Undoes: n.ID, Count: -n.Count, Total: z.Total - n.Count, At: at(9), Days: n.Days,
		})
	}
}

func undoneDays(f *fixture) {
	shares := func(want ...zikr.Share) func(zikr.Reader) error {
		return func(r zikr.Reader) error { return is("shares", want)(r.Shares("g1")) }
	}
	f.update(counters, did("c1", "z1", "u1", 1, on(10, 10)), did("c2", "z1", "u1", 2, on(10, 10)), did("c3", "z1", "u2", 4, on(10, 10)))
	f.holds(takeBack("b1", "c1"), func(r zikr.Reader) error {
		back := zikr.Count{ID: "b1", GroupID: "g1", ZikrID: "z1", UserID: "u1", Undoes: "c1", Count: -1, Total: 6, At: at(9), Days: zikr.Days{Day: 10, GroupDay: 10}}
		return errors.Join(
			is("undoing", &back)(r.CountUndoing("c1")),
			is("days", []zikr.DaySum{sum(10, 6, 0, 2)})(r.DaySumsIn("g1", 0, maxDate)),
			shares(zikr.Share{ZikrID: "z1", UserID: "u2", Count: 4}, zikr.Share{ZikrID: "z1", UserID: "u1", Count: 2})(r))
	})
	f.holds(takeBack("b2", "c2"), func(r zikr.Reader) error { // nothing is left of u1's day and share
		return errors.Join(
			is("days", []zikr.DaySum{sum(10, 4, 0, 1)})(r.DaySumsIn("g1", 0, maxDate)),
			is("days of u1", []zikr.Date(nil))(r.ActiveDaysOf("u1")),
			shares(zikr.Share{ZikrID: "z1", UserID: "u2", Count: 4})(r))
	})
	f.holds(all(did("c4", "z1", "u1", 8, on(11, 11)), takeBack("b4", "c4")), func(r zikr.Reader) error { // in one batch
		return errors.Join(is("days of u1", []zikr.Date(nil))(r.ActiveDaysOf("u1")), shares(zikr.Share{ZikrID: "z1", UserID: "u2", Count: 4})(r))
	})
	if err := f.try(takeBack("b5", "c3"), takeBack("b6", "c3")); err == nil {
		f.Error("a counting was undone twice")
	}
}

func countsSince(f *fixture) {
	f.update(counters, add("c1", "z1", "u1", "", 1), add("c2", "z1", "u1", "", 2), add("c3", "z1", "u2", "", 3), add("c4", "z2", "u1", "", 4), add("c5", "z1", "u1", "", 5))
	since := func(minute, limit int, want ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			return ids("since", func(c zikr.Count) string { return c.ID }, want...)(r.CountsSince("g1", "u1", at(minute), limit))
		}
	}
	f.stays(all(since(0, 9, "c1", "c2", "c4", "c5"), since(2, 9, "c2", "c4", "c5"), since(2, 2, "c2", "c4"), since(6, 9)))
	f.holds(takeBack("b2", "c2"), since(0, 9, "c1", "c4", "c5"))
	f.holds(func(tx zikr.Tx) error {
		z, err := tx.Zikr("z2")
		if err == nil {
			z.Deleted = true
			err = tx.UpdateZikr(*z)
		}
		return err
	}, since(0, 9, "c1", "c5"))
}

// countsForOthers: the opId is that of who made the counting, all else of whose it is.
func countsForOthers(f *fixture) {
	c := zikr.Count{ID: "c1", GroupID: "g1", ZikrID: "z1", UserID: "u2", ByID: "u1", OpID: "op", Count: 3, Total: 3, At: at(1), Days: today()}
	f.holds(all(counters, func(tx zikr.Tx) error { return tx.InsertCount(c) }), func(r zikr.Reader) error {
		return errors.Join(
			is("by opId", &c)(r.CountByOpID("u1", "op")),
			isMissing[*zikr.Count]("the member's opId")(r.CountByOpID("u2", "op")),
			is("of the member", []zikr.Count{c})(r.CountsOf("u2", zikr.Page{Limit: 9})),
			is("of the admin", []zikr.Count(nil))(r.CountsOf("u1", zikr.Page{Limit: 9})),
			is("since", []zikr.Count{c})(r.CountsSince("g1", "u2", at(0), 9)),
			is("shares", []zikr.Share{{ZikrID: "z1", UserID: "u2", Count: 3}})(r.Shares("g1")))
	})
	if err := f.try(add("c2", "z1", "u1", "op", 1)); err == nil {
		f.Error("a second counting with the same opId was stored")
	}
}
