package storetest

import (
	"errors"
	"fmt"

	"github.com/zikr-app/zikr"
)

func countTests() []test {
	return []test{
		{"zikrs", zikrFields},
		{"counts", countFields},
		{"shares", shareFields},
		{"opId", countByOpID},
		{"counts of a user", countsOf},
		{"missing", countMissing},
	}
}

func zikrFields(f *fixture) {
	z1 := zikr.Zikr{
		ID: "z1", GroupID: "g1", Name: "Subhanalloh", Body: "سبحان الله", Description: "d", Hint: "h", Goal: 33, Total: 5, ToldAt: at(4), CreatedAt: at(1),
	}
	z2 := zikr.Zikr{ID: "z2", GroupID: "g1", Name: "Alhamdulillah", CreatedAt: at(2)}
	f.holds(all(friends, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertZikr(z2), tx.InsertZikr(z1))
	}), func(r zikr.Reader) error {
		return errors.Join(is("z1", &z1)(r.Zikr("z1")), is("zikrs", []zikr.Zikr{z1, z2})(r.Zikrs("g1")))
	})
	z1.Total, z2.Deleted = 6, true
	f.holds(func(tx zikr.Tx) error {
		return errors.Join(tx.UpdateZikr(z1), tx.UpdateZikr(z2))
	}, func(r zikr.Reader) error {
		return errors.Join(is("z2", &z2)(r.Zikr("z2")), is("zikrs", []zikr.Zikr{z1})(r.Zikrs("g1")))
	})
	z1 = zikr.Zikr{ID: "z1", GroupID: "g1", Name: "N", Body: "B", Goal: 99, Total: 7, CreatedAt: at(3)}
	f.holds(func(tx zikr.Tx) error { return tx.UpdateZikr(z1) }, func(r zikr.Reader) error { return is("z1", &z1)(r.Zikr("z1")) })
}

func counters(tx zikr.Tx) error {
	return errors.Join(friends(tx),
		tx.InsertZikr(zikr.Zikr{ID: "z1", GroupID: "g1", Name: "A", Goal: 10, CreatedAt: at(0)}),
		tx.InsertZikr(zikr.Zikr{ID: "z2", GroupID: "g1", Name: "B", CreatedAt: at(0)}))
}

// add makes a counting the way the use case does.
func add(id, zikrID, userID, opID string, n int64) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		z, err := tx.Zikr(zikrID)
		if err != nil {
			return err
		}
		return tx.InsertCount(zikr.Count{
			ID: id, GroupID: z.GroupID, ZikrID: zikrID, UserID: userID, OpID: opID, Count: n, Total: z.Total + n, Goal: z.Goal, At: at(int(n)), Days: today(),
		})
	}
}

func countFields(f *fixture) {
	c := zikr.Count{ID: "c1", GroupID: "g1", ZikrID: "z1", UserID: "u1", OpID: "op", Count: 5, Total: 5, Goal: 10, At: at(5), Days: today()}
	f.holds(all(counters, add("c1", "z1", "u1", "op", 5)), func(r zikr.Reader) error {
		z, err := r.Zikr("z1")
		if err != nil || z.Total != 5 {
			return fmt.Errorf("zikr: got %v, %v, want the total 5", z, err)
		}
		return errors.Join(
			is("count", &c)(r.CountByOpID("u1", "op")),
			is("by id", &c)(r.Count("c1")),
			is("oldest", "c1")(r.OldestCountID()),
			isMissing[*zikr.Count]("another")(r.Count("c2")),
			isMissing[*zikr.Count]("undone")(r.CountUndoing("c1")),
			is("counts", []zikr.Count{c})(r.CountsOf("u1", zikr.Page{Limit: 9})))
	})
}

func shareFields(f *fixture) {
	share := func(zikrID, userID string, n int64) zikr.Share {
		return zikr.Share{ZikrID: zikrID, UserID: userID, Count: n}
	}
	check := func(want ...zikr.Share) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			got, err := r.Shares("g1")
			sums := make(map[string]int64)
			for _, s := range got {
				sums[s.ZikrID] += s.Count
			}
			for id, sum := range sums {
				z, err := r.Zikr(id)
				if err != nil || z.Total != sum {
					return fmt.Errorf("shares of %s sum to %d, the zikr is %v, %v", id, sum, z, err)
				}
			}
			return is("shares", want)(got, err)
		}
	}
	f.holds(all(counters, add("c1", "z1", "u1", "", 2), add("c2", "z1", "u2", "", 3), add("c3", "z2", "u1", "", 1)),
		check(share("z1", "u2", 3), share("z1", "u1", 2), share("z2", "u1", 1)))
	f.holds(all(add("c4", "z1", "u1", "", 4), add("c5", "z1", "u1", "", 1)),
		check(share("z1", "u1", 7), share("z1", "u2", 3), share("z2", "u1", 1)))
	f.holds(all(
		func(tx zikr.Tx) error { return tx.UpdateUser(zikr.User{ID: "u2", CreatedAt: at(0), Deleted: true}) },
		func(tx zikr.Tx) error {
			return tx.PutMember(zikr.Member{GroupID: "g1", UserID: "u1", JoinedAt: at(1), LeftAt: at(2)})
		},
	), check(share("z1", "u1", 7), share("z1", "u2", 3), share("z2", "u1", 1)))
	f.stays(func(r zikr.Reader) error {
		return is("shares of u1", []zikr.Share{share("z1", "u1", 7), share("z2", "u1", 1)})(r.SharesOf("u1"))
	})
}

func countByOpID(f *fixture) {
	missing := isMissing[*zikr.Count]
	f.holds(all(counters, add("c1", "z1", "u1", "a", 1), add("c2", "z1", "u2", "a", 2), add("c3", "z1", "u1", "", 3),
		add("c4", "z1", "u1", "", 4), add("c5", "z2", "u1", "b", 5)), func(r zikr.Reader) error {
		for _, want := range []struct{ user, op, id string }{{"u1", "a", "c1"}, {"u2", "a", "c2"}, {"u1", "b", "c5"}} {
			c, err := r.CountByOpID(want.user, want.op)
			if err != nil || c.ID != want.id {
				return fmt.Errorf("opId %s of %s: got %v, %v, want %s", want.op, want.user, c, err, want.id)
			}
		}
		return errors.Join(missing("another's")(r.CountByOpID("u2", "b")), missing("none")(r.CountByOpID("u1", "c")))
	})
	if err := f.try(add("c9", "z2", "u1", "a", 1)); err == nil {
		f.Error("a second counting with the same opId was stored")
	}
	f.stays(func(r zikr.Reader) error {
		z, err := r.Zikr("z2")
		if err != nil || z.Total != 5 {
			return fmt.Errorf("the refused counting changed its zikr: %v, %v", z, err)
		}
		return nil
	})
}

func countsOf(f *fixture) {
	id := func(c zikr.Count) string { return c.ID }
	f.holds(all(counters, add("c1", "z1", "u1", "", 1), add("c2", "z1", "u2", "", 2), add("c3", "z1", "u1", "x", 3),
		add("c4", "z2", "u1", "", 4), add("c5", "z2", "u1", "a", 5)), func(r zikr.Reader) error {
		return errors.Join(
			ids("all", id, "c1", "c3", "c4", "c5")(r.CountsOf("u1", zikr.Page{Limit: 9})),
			ids("first page", id, "c1", "c3")(r.CountsOf("u1", zikr.Page{Limit: 2})),
			ids("second page", id, "c4", "c5")(r.CountsOf("u1", zikr.Page{Cursor: "c3", Limit: 2})),
			ids("end", id)(r.CountsOf("u1", zikr.Page{Cursor: "c5", Limit: 2})))
	})
}

func countMissing(f *fixture) {
	f.update(counters)
	f.stays(func(r zikr.Reader) error { return isMissing[*zikr.Zikr]("zikr")(r.Zikr("none")) })
	for name, write := range map[string]func(zikr.Tx) error{
		"update of a zikr": func(tx zikr.Tx) error { return tx.UpdateZikr(zikr.Zikr{ID: "none", GroupID: "g1", CreatedAt: at(0)}) },
		"count of a missing zikr": func(tx zikr.Tx) error {
			return tx.InsertCount(zikr.Count{ID: "c1", ZikrID: "none", UserID: "u1", Count: 1, Total: 1, At: at(0)})
		},
		"zikr of a missing group": func(tx zikr.Tx) error { return tx.InsertZikr(zikr.Zikr{ID: "z9", GroupID: "none", CreatedAt: at(0)}) },
	} {
		if err := f.try(write); err == nil {
			f.Errorf("%s: succeeded", name)
		}
	}
}
