package storetest

import (
	"errors"
	"fmt"

	"github.com/zikr-app/zikr"
)

func groupTests() []test {
	return []test{
		{"fields", groupFields},
		{"missing", groupMissing},
		{"members", groupMembers},
		{"names of members", memberNames},
		{"standing", standing},
		{"groups of a user", groupsOf},
		{"public groups", publicGroups},
		{"told", groupTold},
		{"bookings of a day", bookingsOfADay},
		{"administered", countAdministered},
	}
}

func groupFields(f *fixture) {
	g := zikr.Group{
		ID: "g1", Name: "Readers", Type: zikr.QuranGroup, IsPublic: true, Dedication: "for all", HatmGoal: 7,
		HatmCount: 2, AdminID: "u1", MemberCount: 3, Seq: 9, CreatedAt: at(1),
	}
	same := func(r zikr.Reader) error { return is("group", &g)(r.Group("g1")) }
	f.holds(all(insertUser("u1", "Ali", ""), insertUser("u2", "Vali", ""),
		func(tx zikr.Tx) error { return tx.InsertGroup(g) }), same)
	g.Seq, g.MemberCount, g.HatmCount = 10, 4, 3
	f.holds(func(tx zikr.Tx) error { return tx.UpdateGroup(g) }, same)
	g = zikr.Group{ID: "g1", Name: "Counters", Type: zikr.ZikrGroup, AdminID: "u2", Seq: 11, CreatedAt: at(2), Deleted: true}
	f.holds(func(tx zikr.Tx) error { return tx.UpdateGroup(g) }, same)
	f.stays(func(r zikr.Reader) error {
		got, err := r.Group("g1")
		if err != nil {
			return err
		}
		got.Name = "changed by the caller, who owns it"
		return same(r)
	})
}

func groupMissing(f *fixture) {
	f.update(insertUser("u1", "Ali", ""))
	f.stays(func(r zikr.Reader) error {
		return errors.Join(
			isMissing[*zikr.Group]("group")(r.Group("none")),
			isMissing[*zikr.Member]("member")(r.Member("none", "u1")))
	})
	for name, write := range map[string]func(zikr.Tx) error{
		"update of a group":            func(tx zikr.Tx) error { return tx.UpdateGroup(quran("none")) },
		"member of a missing group":    join("none", "u1", 1),
		"group with a missing admin":   func(tx zikr.Tx) error { return tx.InsertGroup(zikr.Group{ID: "g1", AdminID: "none", CreatedAt: at(0)}) },
		"group inserted a second time": func(tx zikr.Tx) error { return errors.Join(tx.InsertGroup(quran("g2")), tx.InsertGroup(quran("g2"))) },
	} {
		if err := f.try(write); err == nil {
			f.Errorf("%s: succeeded", name)
		}
	}
}

func groupMembers(f *fixture) {
	member := func(id, name string, joined int) zikr.Member {
		return zikr.Member{GroupID: "g1", UserID: id, UserName: name, JoinedAt: at(joined)}
	}
	u1, u2, u3 := member("u1", "Ali Valiyev", 1), member("u2", "Botir", 2), member("u3", "Karim Aliyev", 3)
	f.holds(friends, func(r zikr.Reader) error {
		return errors.Join(
			is("members", []zikr.Member{u1, u2, u3})(r.Members("g1")),
			is("ids", []string{"u1", "u2", "u3"})(r.MemberIDs("g1")),
			is("member", &u2)(r.Member("g1", "u2")))
	})
	u1.LeftAt = at(9)
	f.holds(func(tx zikr.Tx) error { return tx.PutMember(u1) }, func(r zikr.Reader) error {
		return errors.Join(
			is("members", []zikr.Member{u2, u3})(r.Members("g1")),
			is("ids", []string{"u2", "u3"})(r.MemberIDs("g1")),
			is("who left", &u1)(r.Member("g1", "u1")))
	})
	u1 = member("u1", "Ali Valiyev", 3)
	f.holds(func(tx zikr.Tx) error { return tx.PutMember(u1) }, func(r zikr.Reader) error {
		return errors.Join(
			is("members, by joining then id", []zikr.Member{u2, u1, u3})(r.Members("g1")),
			is("who came back", &u1)(r.Member("g1", "u1")))
	})
}

func memberNames(f *fixture) {
	f.update(friends)
	name := func(want string) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			m, err := r.Member("g1", "u2")
			if err != nil {
				return err
			}
			if m.UserName != want {
				return fmt.Errorf("name of the member: got %q, want %q", m.UserName, want)
			}
			return nil
		}
	}
	f.update(func(tx zikr.Tx) error { return name("Botir")(tx) }) // known to the writer from here on
	f.holds(func(tx zikr.Tx) error { return tx.UpdateUser(user("u2", "Bahrom", "X")) }, name("Bahrom X"))
}

func standing(f *fixture) {
	g := quran("g1")
	stands := func(r zikr.Reader) error {
		return errors.Join(
			is("a member", &zikr.Standing{GroupID: "g1", GroupName: g.Name, Seq: g.Seq})(r.Standing("g1", "u2")),
			isMissing[*zikr.Standing]("of another group")(r.Standing("none", "u2")),
			isMissing[*zikr.Standing]("a stranger")(r.Standing("g1", "u9")))
	}
	f.holds(friends, stands)
	g.Seq, g.Name = 7, "Renamed"
	f.holds(func(tx zikr.Tx) error { return tx.UpdateGroup(g) }, stands)
	f.holds(func(tx zikr.Tx) error {
		return tx.PutMember(zikr.Member{GroupID: "g1", UserID: "u1", JoinedAt: at(1), LeftAt: at(9)})
	},
		func(r zikr.Reader) error {
			return errors.Join(stands(r), isMissing[*zikr.Standing]("who left")(r.Standing("g1", "u1")))
		})
	g.Deleted = true
	f.holds(func(tx zikr.Tx) error { return tx.UpdateGroup(g) }, func(r zikr.Reader) error {
		return isMissing[*zikr.Standing]("of a deleted group")(r.Standing("g1", "u2"))
	})
}

func groupID(g zikr.Group) string { return g.ID }

func groupsOf(f *fixture) {
	f.update(friends, func(tx zikr.Tx) error {
		for _, id := range []string{"g2", "g3", "g4", "g5"} {
			g := quran(id)
			if id == "g5" {
				g.Type = zikr.ZikrGroup
			}
			if err := errors.Join(tx.InsertGroup(g), join(id, "u1", 1)(tx)); err != nil {
				return err
			}
		}
		return nil
	})
	f.holds(func(tx zikr.Tx) error {
		g2, g3 := quran("g2"), zikr.Member{GroupID: "g3", UserID: "u1", JoinedAt: at(1), LeftAt: at(2)}
		g2.Deleted = true
		return errors.Join(tx.UpdateGroup(g2), tx.PutMember(g3))
	}, func(r zikr.Reader) error {
		return errors.Join(
			ids("all", groupID, "g5", "g4", "g1")(r.GroupsOf("u1", zikr.Page{Limit: 9})),
			ids("first page", groupID, "g5", "g4")(r.GroupsOf("u1", zikr.Page{Limit: 2})),
			ids("second page", groupID, "g1")(r.GroupsOf("u1", zikr.Page{Cursor: "g4", Limit: 2})),
			ids("of nobody", groupID)(r.GroupsOf("none", zikr.Page{Limit: 9})),
			is("ever", []string{"g1", "g2", "g3", "g4", "g5"})(r.EverGroupsOf("u1")),
			is("quran groups", int64(2))(r.CountGroupsOf("u1", zikr.QuranGroup)),
			is("zikr groups", int64(1))(r.CountGroupsOf("u1", zikr.ZikrGroup)))
	})
}

func publicGroups(f *fixture) {
	insert := func(id, name string, public, deleted bool) func(zikr.Tx) error {
		return func(tx zikr.Tx) error {
			g := quran(id)
			g.Name, g.IsPublic, g.Deleted = name, public, deleted
			return tx.InsertGroup(g)
		}
	}
	f.holds(all(insertUser("u1", "Ali", ""),
		insert("g1", "Toshkent hatm", true, false), insert("g2", "Hatm 100%", true, false), insert("g3", "secret hatm", false, false),
		insert("g4", "gone hatm", true, true), insert("g5", "ҚУРЪОН a_b", true, false), insert("g6", `back\slash`, true, false),
	), func(r zikr.Reader) error {
		page := zikr.Page{Limit: 9}
		return errors.Join(
			ids("all", groupID, "g6", "g5", "g2", "g1")(r.PublicGroups("", page)),
			ids("HATM", groupID, "g2", "g1")(r.PublicGroups("HATM", page)),
			ids("within", groupID, "g1")(r.PublicGroups("kent H", page)),
			ids("cyrillic", groupID, "g5")(r.PublicGroups("қуръон", page)),
			ids("percent", groupID, "g2")(r.PublicGroups("%", page)),
			ids("underscore", groupID, "g5")(r.PublicGroups("_", page)),
			ids("backslash", groupID, "g6")(r.PublicGroups(`\`, page)),
			ids("first page", groupID, "g6", "g5", "g2")(r.PublicGroups("", zikr.Page{Limit: 3})),
			ids("second page", groupID, "g1")(r.PublicGroups("", zikr.Page{Cursor: "g2", Limit: 3})))
	})
	f.holds(func(tx zikr.Tx) error {
		g := quran("g1")
		g.Name = "no longer public"
		return tx.UpdateGroup(g)
	}, func(r zikr.Reader) error {
		return ids("without the one that turned private", groupID, "g6", "g5", "g2")(r.PublicGroups("", zikr.Page{Limit: 9}))
	})
}

func groupTold(f *fixture) {
	g := quran("g1")
	g.ToldAt = at(5)
	f.holds(all(insertUser("u1", "Ali", ""), func(tx zikr.Tx) error { return tx.InsertGroup(g) }),
		func(r zikr.Reader) error { return is("group", &g)(r.Group("g1")) })
	g.ToldAt, g.Seq = at(6), 1
	f.holds(func(tx zikr.Tx) error { return tx.UpdateGroup(g) }, func(r zikr.Reader) error { return is("group", &g)(r.Group("g1")) })
}

func bookingsOfADay(f *fixture) {
	booked := func(day, booked int64) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			m, err := r.Member("g1", "u2")
			if err == nil && (m.BookedDay != day || m.Booked != booked) {
				err = fmt.Errorf("got %d poras of day %d, want %d of day %d", m.Booked, m.BookedDay, booked, day)
			}
			return err
		}
	}
	count := func(day, booked int64) func(zikr.Tx) error {
		return func(tx zikr.Tx) error {
			return tx.CountBookings(zikr.Member{GroupID: "g1", UserID: "u2", BookedDay: day, Booked: booked})
		}
	}
	f.holds(friends, booked(0, 0))
	f.holds(all(count(7, 1), count(7, 2)), booked(7, 2))
	// Whoever leaves and comes again has booked what they have booked.
	f.holds(all(count(7, 3), func(tx zikr.Tx) error {
		return errors.Join(tx.PutMember(zikr.Member{GroupID: "g1", UserID: "u2", JoinedAt: at(1), LeftAt: at(2)}),
			tx.PutMember(zikr.Member{GroupID: "g1", UserID: "u2", JoinedAt: at(3)}))
	}), booked(7, 3))
	if err := f.try(func(tx zikr.Tx) error { return tx.CountBookings(zikr.Member{GroupID: "g1", UserID: "nobody"}) }); err == nil {
		f.Error("the bookings of nobody were counted")
	}
}

func countAdministered(f *fixture) {
	others := func(tx zikr.Tx) error {
		theirs, gone := quran("g3"), quran("g4")
		theirs.AdminID, gone.Deleted = "u2", true
		return errors.Join(tx.InsertGroup(quran("g2")), tx.InsertGroup(theirs), tx.InsertGroup(gone))
	}
	f.holds(all(friends, others), func(r zikr.Reader) error {
		return errors.Join(is("u1", int64(2))(r.CountAdministered("u1")), is("u2", int64(1))(r.CountAdministered("u2")), is("u3", int64(0))(r.CountAdministered("u3")))
	})
	handed := quran("g2")
	handed.AdminID = "u3"
	f.holds(func(tx zikr.Tx) error { return tx.UpdateGroup(handed) }, func(r zikr.Reader) error {
		return errors.Join(is("u1", int64(1))(r.CountAdministered("u1")), is("u3", int64(1))(r.CountAdministered("u3")))
	})
}
