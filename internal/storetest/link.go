package storetest

import (
	"errors"

	"github.com/zikr-app/zikr"
)

func linkTests() []test {
	return []test{
		{"fields", linkFields},
		{"missing", linkMissing},
		{"of a group", linksOf},
		{"uses", linkUses},
		{"guests", guests},
		{"guests who are gone", guestsDue},
	}
}

func insertLink(l zikr.Link) func(zikr.Tx) error {
	return func(tx zikr.Tx) error { return tx.InsertLink(l) }
}

func linkFields(f *fixture) {
	l := zikr.Link{Code: "abc", GroupID: "g1", MaxUses: 7, Uses: 2, Guests: true, ExpiresAt: at(9), EndedAt: at(8), CreatedAt: at(1)}
	same := func(r zikr.Reader) error { return is("link", &l)(r.Link("abc")) }
	f.holds(all(friends, insertLink(l)), same)
	l = zikr.Link{Code: "abc", GroupID: "g1", Uses: 3, CreatedAt: at(2)}
	f.holds(func(tx zikr.Tx) error { return tx.UpdateLink(l) }, same)
}

func linkMissing(f *fixture) {
	f.update(friends)
	f.stays(func(r zikr.Reader) error {
		return errors.Join(
			isMissing[*zikr.Link]("link")(r.Link("none")),
			isMissing[*zikr.LinkUse]("use")(r.LinkUse("none", "u1")))
	})
	for name, write := range map[string]func(zikr.Tx) error{
		"update of a link":        func(tx zikr.Tx) error { return tx.UpdateLink(zikr.Link{Code: "none", GroupID: "g1", CreatedAt: at(1)}) },
		"delete of a link":        func(tx zikr.Tx) error { return tx.DeleteLink("none") },
		"link of a missing group": insertLink(zikr.Link{Code: "abc", GroupID: "none", CreatedAt: at(1)}),
		"use of a missing link": func(tx zikr.Tx) error {
			return tx.InsertLinkUse(zikr.LinkUse{Code: "none", UserID: "u1", UsedAt: at(1)})
		},
	} {
		if err := f.try(write); err == nil {
			f.Errorf("%s: succeeded", name)
		}
	}
}

func linksOf(f *fixture) {
	first, second := zikr.Link{Code: "z", GroupID: "g1", CreatedAt: at(1)}, zikr.Link{Code: "a", GroupID: "g1", CreatedAt: at(2)}
	f.holds(all(friends, insertLink(first), insertLink(second)), func(r zikr.Reader) error {
		return errors.Join(
			is("links", []zikr.Link{second, first})(r.LinksOf("g1")),
			is[[]zikr.Link]("of another group", nil)(r.LinksOf("g2")))
	})
}

func linkUses(f *fixture) {
	early, late := zikr.LinkUse{Code: "b", UserID: "u1", UsedAt: at(2)}, zikr.LinkUse{Code: "a", UserID: "u1", UsedAt: at(3)}
	use := func(u zikr.LinkUse) func(zikr.Tx) error { return func(tx zikr.Tx) error { return tx.InsertLinkUse(u) } }
	f.holds(all(friends, insertLink(zikr.Link{Code: "a", GroupID: "g1", CreatedAt: at(1)}), insertLink(zikr.Link{Code: "b", GroupID: "g1", CreatedAt: at(1)}),
		use(late), use(early)), func(r zikr.Reader) error {
		return errors.Join(
			is("use", &early)(r.LinkUse("b", "u1")),
			isMissing[*zikr.LinkUse]("another's")(r.LinkUse("b", "u2")),
			is("of a user", []zikr.LinkUse{early, late})(r.LinkUsesOf("u1")))
	})
	if err := f.try(use(early)); err == nil {
		f.Error("a second use by one user: succeeded")
	}
	f.holds(func(tx zikr.Tx) error { return tx.DeleteLink("b") }, func(r zikr.Reader) error {
		return errors.Join(
			isMissing[*zikr.Link]("deleted")(r.Link("b")),
			is("what is left", []zikr.LinkUse{late})(r.LinkUsesOf("u1")))
	})
}

func guests(f *fixture) {
	u := zikr.User{ID: "guest", Name: "Bobo", CreatedAt: at(1), IsGuest: true}
	f.holds(func(tx zikr.Tx) error { return tx.InsertUser(u) }, func(r zikr.Reader) error {
		return errors.Join(
			is("guest", &u)(r.User("guest")),
			is[[]zikr.User]("by name", nil)(r.UsersByName("Bobo", 9)))
	})
	u.IsGuest = false
	f.holds(func(tx zikr.Tx) error { return tx.UpdateUser(u) }, func(r zikr.Reader) error {
		return is("by name", []zikr.User{u})(r.UsersByName("Bobo", 9))
	})
}

// guestsDue finds who was not seen for long, longest ago first, page by page.
func guestsDue(f *fixture) {
	insert := func(id string, minute int) func(zikr.Tx) error {
		return func(tx zikr.Tx) error {
			return errors.Join(
				tx.InsertUser(zikr.User{ID: id, Name: id, CreatedAt: at(minute), IsGuest: id != "account", Deleted: id == "gone"}),
				tx.InsertLogIn(logIn("of "+id, id, minute)))
		}
	}
	see := func(id string, minute int) func(zikr.Tx) error {
		return func(tx zikr.Tx) error { return tx.SeeLogIn("of "+id, at(minute)) }
	}
	is := func(what string, want ...zikr.DueGuest) func([]zikr.DueGuest, error) error { return is(what, want) }
	first, a, b, seen := zikr.DueGuest{SeenAt: at(2), UserID: "first"}, zikr.DueGuest{SeenAt: at(3), UserID: "a"},
		zikr.DueGuest{SeenAt: at(3), UserID: "b"}, zikr.DueGuest{SeenAt: at(6), UserID: "seen"}
	f.holds(all(insert("young", 9), insert("b", 3), insert("a", 3), insert("first", 2), insert("account", 1), insert("gone", 1), insert("seen", 1),
		see("seen", 6), see("seen", 5), see("account", 6), see("nobody", 6)), func(r zikr.Reader) error {
		return errors.Join(
			is("due", first, a, b, seen)(r.GuestsDue(at(8), zikr.DueGuest{}, 9)),
			is("the first", first, a)(r.GuestsDue(at(8), zikr.DueGuest{}, 2)),
			is("the next", b, seen)(r.GuestsDue(at(8), a, 2)),
			is("longer ago", first)(r.GuestsDue(at(2), zikr.DueGuest{}, 9)))
	})
	f.stays(func(r zikr.Reader) error {
		got, err := r.Guest("seen")
		return errors.Join(
			is("guest", seen)([]zikr.DueGuest{*got}, err),
			isMissing[*zikr.DueGuest]("account")(r.Guest("account")), isMissing[*zikr.DueGuest]("tombstone")(r.Guest("gone")))
	})
	f.holds(all(func(tx zikr.Tx) error { // what else changes of an account does not change when it was seen
		u, err := tx.User("seen")
		if err == nil {
			u.Name = "Renamed"
			err = tx.UpdateUser(*u)
		}
		return err
	}), func(r zikr.Reader) error { return is("the last", seen)(r.GuestsDue(at(8), b, 2)) })
}
