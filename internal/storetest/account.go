package storetest

import (
	"errors"
	"fmt"

	"github.com/zikr-app/zikr"
)

// accountTests are of sessions, blocks, the audit log, and accounts whose subject is gone.
func accountTests() []test {
	return []test{
		{"flags", accountFlags},
		{"listed", accountsListed},
		{"sessions", sessions},
		{"a session of another", sessionOfAnother},
		{"old sessions go", oldSessions},
		{"blocks", blocks},
		{"hidden invitation", hiddenInvitation},
		{"acts", acts},
		{"departure", departure},
		{"replaced", replaced},
		{"all groups", allGroups},
	}
}

func accountFlags(f *fixture) {
	u := user("u1", "Ali", "Valiyev")
	u.Hidden, u.Suspended, u.IsAdmin, u.External, u.ForeignAfter = true, true, true, true, at(3)
	f.holds(func(tx zikr.Tx) error { return tx.InsertUser(u) }, func(r zikr.Reader) error {
		return errors.Join(
			is("user", &u)(r.User("u1")),
			ids("by name", userID)(r.UsersByName("Ali", 9)),
			ids("by name, suspended too", userID, "u1")(r.AccountsByName("Ali", 9)))
	})
	u.Hidden, u.Suspended, u.IsAdmin, u.External, u.ForeignAfter = false, false, false, false, u.ForeignAfter.AddDate(1, 0, 0)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateUser(u) }, func(r zikr.Reader) error {
		return errors.Join(is("user", &u)(r.User("u1")), ids("by name", userID, "u1")(r.UsersByName("Ali", 9)))
	})
}

func accountsListed(f *fixture) {
	gone := zikr.User{ID: "u4", TokenVersion: 2, CreatedAt: at(0), Deleted: true}
	f.holds(all(friends, func(tx zikr.Tx) error { return tx.InsertUser(gone) }), func(r zikr.Reader) error {
		return errors.Join(
			ids("all", userID, "u3", "u2", "u1")(r.AllUsers(zikr.Page{Limit: 9})),
			ids("first page", userID, "u3")(r.AllUsers(zikr.Page{Limit: 1})),
			ids("second page", userID, "u2", "u1")(r.AllUsers(zikr.Page{Cursor: "u3", Limit: 9})))
	})
}

func logIn(id, userID string, minute int) zikr.LogIn {
	return zikr.LogIn{ID: id, UserID: userID, Device: "Phone of " + userID, Version: 1, MadeAt: at(minute), SeenAt: at(minute), ExpiresAt: at(minute + 30)}
}

func insertLogIn(l zikr.LogIn) func(zikr.Tx) error {
	return func(tx zikr.Tx) error { return tx.InsertLogIn(l) }
}

func logInID(l zikr.LogIn) string { return l.ID }

// held wants what Holder returns.
func held(r zikr.Reader, userID, sessionID string, want *zikr.LogIn) error {
	u, l, err := r.Holder(userID, sessionID)
	if err != nil || u.ID != userID {
		return fmt.Errorf("holder of %s: got %v, %w", sessionID, u, err)
	}
	return is("session "+sessionID, want)(l, nil)
}

func sessions(f *fixture) {
	l := logIn("s1", "u1", 1)
	f.update(friends)
	f.holds(all(insertLogIn(l), insertLogIn(logIn("s2", "u1", 2)), insertLogIn(logIn("s3", "u2", 3))), func(r zikr.Reader) error {
		u, _ := r.User("u1")
		got, _, err := r.Holder("u1", "s1")
		return errors.Join(
			is("user", u)(got, err), held(r, "u1", "s1", &l), held(r, "u1", "", nil), held(r, "u1", "none", nil), held(r, "u1", "s3", nil),
			ids("of u1", logInID, "s2", "s1")(r.LogInsOf("u1")), ids("of u3", logInID)(r.LogInsOf("u3")),
			ids("together", logInID, "s3")(r.LogIns([]string{"none", "s3", "s3"})), ids("none together", logInID)(r.LogIns(nil)))
	})
	l.Device, l.Version, l.SeenAt, l.ExpiresAt = "", 2, at(9), at(50)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateLogIn(l) }, func(r zikr.Reader) error { return held(r, "u1", "s1", &l) })
	l.SeenAt = at(10)
	see := func(tx zikr.Tx) error {
		return errors.Join(tx.SeeLogIn("s1", at(8)), tx.SeeLogIn("s1", at(10)), tx.SeeLogIn("s1", at(9)), tx.SeeLogIn("none", at(9)))
	}
	f.holds(see, func(r zikr.Reader) error { return held(r, "u1", "s1", &l) })
	f.holds(func(tx zikr.Tx) error {
		return errors.Join(tx.DeleteLogInsOf("u1", "s2"), tx.DeleteLogIn("s3"), tx.DeleteLogIn("none"))
	},
		func(r zikr.Reader) error {
			return errors.Join(ids("of u1", logInID, "s2")(r.LogInsOf("u1")), ids("of u2", logInID)(r.LogInsOf("u2")))
		})
	if err := f.try(func(tx zikr.Tx) error { return tx.UpdateLogIn(l) }); err == nil {
		f.Error("an update of a session that has ended succeeded")
	}
	f.stays(func(r zikr.Reader) error {
		_, _, err := r.Holder("nobody", "s2")
		return isMissing[*zikr.User]("a session of nobody")(nil, err)
	})
}

// sessionOfAnother: a token that names another user's session has none.
func sessionOfAnother(f *fixture) {
	f.holds(all(friends, insertLogIn(logIn("s1", "u1", 1))), func(r zikr.Reader) error { return held(r, "u2", "s1", nil) })
	if err := f.try(insertLogIn(logIn("s2", "nobody", 1))); err == nil {
		f.Error("a session of nobody was stored")
	}
}

func oldSessions(f *fixture) {
	f.update(friends, insertLogIn(logIn("s1", "u1", 1)), insertLogIn(logIn("s2", "u1", 2)), insertLogIn(logIn("s3", "u2", 3)))
	step := func(minute, limit int) func(zikr.Tx) (int, error) {
		return func(tx zikr.Tx) (int, error) { return tx.DeleteLogIns(at(minute), limit) }
	}
	f.holds(removes(0, step(31, 9)), func(r zikr.Reader) error { return ids("of u1", logInID, "s2", "s1")(r.LogInsOf("u1")) })
	f.holds(removes(1, step(40, 1)), func(r zikr.Reader) error { return ids("of u1", logInID, "s2")(r.LogInsOf("u1")) })
	f.holds(removes(2, step(40, 9)), func(r zikr.Reader) error { return ids("of u1", logInID)(r.LogInsOf("u1")) })
}

func blockedID(b zikr.Block) string { return b.BlockedID }

func blocks(f *fixture) {
	b := zikr.Block{UserID: "u1", BlockedID: "u2", At: at(1)}
	insert := func(b zikr.Block) func(zikr.Tx) error { return func(tx zikr.Tx) error { return tx.InsertBlock(b) } }
	f.update(friends)
	f.holds(all(insert(b), insert(zikr.Block{UserID: "u1", BlockedID: "u2", At: at(9)}), insert(zikr.Block{UserID: "u1", BlockedID: "u3", At: at(2)}),
		insert(zikr.Block{UserID: "u3", BlockedID: "u1", At: at(3)})), func(r zikr.Reader) error {
		return errors.Join(
			is("block", &b)(r.Block("u1", "u2")), isMissing[*zikr.Block]("the other way")(r.Block("u2", "u1")),
			ids("of u1", blockedID, "u2", "u3")(r.BlocksOf("u1", zikr.Page{Limit: 9})), ids("first page", blockedID, "u2")(r.BlocksOf("u1", zikr.Page{Limit: 1})),
			ids("second page", blockedID, "u3")(r.BlocksOf("u1", zikr.Page{Cursor: "u2", Limit: 9})),
			is("how many", int64(2))(r.CountBlocksOf("u1")), is("none", int64(0))(r.CountBlocksOf("u2")))
	})
	f.holds(func(tx zikr.Tx) error { return errors.Join(tx.DeleteBlock("u1", "u2"), tx.DeleteBlock("u2", "u1")) }, func(r zikr.Reader) error {
		return ids("after one is gone", blockedID, "u3")(r.BlocksOf("u1", zikr.Page{Limit: 9}))
	})
	f.holds(func(tx zikr.Tx) error { return tx.DeleteBlocksOf("u1") }, func(r zikr.Reader) error {
		return errors.Join(is("of u1", int64(0))(r.CountBlocksOf("u1")), is("on u1", int64(0))(r.CountBlocksOf("u3")))
	})
}

// hiddenInvitation is stored like any other, and not listed.
func hiddenInvitation(f *fixture) {
	n := zikr.Notification{ID: "n1", ReceiverID: "u2", SenderID: "u1", GroupID: "g1", Type: zikr.NotifyInvitation, CreatedAt: at(1), Hidden: true}
	f.holds(all(friends, func(tx zikr.Tx) error { return tx.InsertNotification(n) }), func(r zikr.Reader) error {
		items := func(unread bool) error {
			return ids("items", func(i zikr.NotificationItem) string { return i.ID })(r.NotificationItems("u2", unread, zikr.Page{Limit: 9}))
		}
		return errors.Join(
			is("notification", &n)(r.Notification("n1")), is("pending", &n)(r.PendingInvitation("g1", "u2")), items(true), items(false),
			ids("sent", func(n zikr.Notification) string { return n.ID }, "n1")(r.NotificationsFrom("u1")))
	})
}

func actID(a zikr.Act) string { return a.ID }

func acts(f *fixture) {
	a := zikr.Act{ID: "a1", Kind: zikr.ActGroupHandedOver, ActorID: "u1", UserID: "u2", GroupID: "g1", At: at(1)}
	put := func(tx zikr.Tx) error {
		return errors.Join(tx.InsertAct(a), tx.InsertAct(zikr.Act{ID: "a2", Kind: zikr.ActUserSuspended, UserID: "u3", At: at(2)}),
			tx.InsertAct(zikr.Act{ID: "a3", Kind: zikr.ActGroupDeleted, ActorID: "u1", GroupID: "g1", At: at(3)}))
	}
	f.holds(all(friends, put), func(r zikr.Reader) error {
		page, err := r.Acts(zikr.Page{Cursor: "a2", Limit: 9})
		return errors.Join(
			is("fields", []zikr.Act{a})(page, err), ids("all", actID, "a3", "a2", "a1")(r.Acts(zikr.Page{Limit: 9})), ids("one", actID, "a3")(r.Acts(zikr.Page{Limit: 1})),
			ids("on u2", actID, "a1")(r.ActsOn("u2")), ids("by u1", actID, "a3", "a1")(r.ActsBy("u1")), ids("by nobody", actID)(r.ActsBy("u3")))
	})
	f.holds(removes(1, func(tx zikr.Tx) (int, error) { return tx.DeleteActs(at(9), 1) }), func(r zikr.Reader) error {
		return ids("the oldest went", actID, "a3", "a2")(r.Acts(zikr.Page{Limit: 9}))
	})
	f.holds(removes(0, func(tx zikr.Tx) (int, error) { return tx.DeleteActs(at(2), 9) }), func(zikr.Reader) error { return nil })
}

func departure(f *fixture) {
	d := zikr.Departure{SubjectKey: "k1", TokenVersion: 3, At: at(1)}
	put := func(tx zikr.Tx) error { return tx.PutDeparture(d) }
	f.holds(put, func(r zikr.Reader) error {
		return errors.Join(is("departure", &d)(r.Departure("k1")), isMissing[*zikr.Departure]("another")(r.Departure("k2")))
	})
	d.TokenVersion, d.At = 9, at(5)
	f.holds(put, func(r zikr.Reader) error { return is("the later one", &d)(r.Departure("k1")) })
}

// replaced makes a tombstone take the place of a user who did a bit of everything.
func replaced(f *fixture) {
	f.update(counters, add("c1", "z1", "u2", "op", 3))
	f.update(removes(1, cut(at(60), 1)))
	f.update(add("c2", "z1", "u2", "op", 4), func(tx zikr.Tx) error {
		c := zikr.Count{GroupID: "g1", ZikrID: "z1", Count: 1, At: at(1), Days: today()}
		forOther, byOther := c, c
		forOther.ID, forOther.UserID, forOther.ByID, forOther.OpID, forOther.Total = "c3", "u1", "u2", "other", 8
		byOther.ID, byOther.UserID, byOther.ByID, byOther.Total = "c4", "u2", "u1", 9
		return errors.Join(tx.InsertCount(forOther), tx.InsertCount(byOther))
	}, func(tx zikr.Tx) error {
		g, err := tx.Group("g1")
		if err != nil {
			return err
		}
		g.AdminID, g.Deleted = "u2", true
		return errors.Join(tx.UpdateGroup(*g),
			tx.InsertNotification(zikr.Notification{ID: "n1", ReceiverID: "u1", SenderID: "u2", GroupID: "g1", Type: zikr.NotifyInvitationRejected, CreatedAt: at(1)}),
			tx.InsertNotice(notice("m1", "u2", "m1", 0)), tx.InsertAct(zikr.Act{ID: "a1", Kind: zikr.ActUserRenamed, ActorID: "u2", UserID: "u2", At: at(1)}))
	})
	alias := zikr.User{ID: "alias", TokenVersion: 2, CreatedAt: at(0), Deleted: true}
	f.holds(func(tx zikr.Tx) error { return errors.Join(tx.InsertUser(alias), tx.ReplaceUser("u2", "alias")) }, func(r zikr.Reader) error {
		g, err := r.Group("g1")
		if err != nil || g.AdminID != "alias" {
			return fmt.Errorf("group: got %v, %v, want the admin alias", g, err)
		}
		m, err := r.Member("g1", "alias")
		if err != nil || m.UserName != alias.FullName() {
			return fmt.Errorf("member: got %v, %v", m, err)
		}
		return errors.Join(
			isMissing[*zikr.User]("the user")(r.User("u2")), isMissing[*zikr.Member]("the member")(r.Member("g1", "u2")),
			is("shares", []zikr.Share{{ZikrID: "z1", UserID: "alias", Count: 8}})(r.SharesOf("alias")), is("no shares", []zikr.Share(nil))(r.SharesOf("u2")),
			ids("counts", func(c zikr.Count) string { return c.ID }, "c2", "c4")(r.CountsOf("alias", zikr.Page{Limit: 9})),
			ids("counts for others", func(c zikr.Count) string { return c.ByID }, "alias")(r.CountsOf("u1", zikr.Page{Limit: 9})),
			isMissing[*zikr.Count]("the opId for another")(r.CountByOpID("u2", "other")),
			isMissing[*zikr.Count]("the opId")(r.CountByOpID("u2", "op")), isMissing[*zikr.Count]("the opId of alias")(r.CountByOpID("alias", "op")),
			ids("days", func(d zikr.MemberDay) string { return d.UserID }, "alias")(r.MemberDaysOf("alias")),
			ids("sent", func(n zikr.Notification) string { return n.ID }, "n1")(r.NotificationsFrom("alias")),
			ids("notices", func(n zikr.Notice) string { return n.ID }, "m1")(r.NoticesFrom("alias")),
			ids("acts on", actID, "a1")(r.ActsOn("alias")), ids("acts by", actID, "a1")(r.ActsBy("alias")))
	})
	f.update(insertUser("u2", "Botir", "again")) // the id is free
}

func allGroups(f *fixture) {
	f.holds(all(friends, func(tx zikr.Tx) error {
		private, gone := quran("g2"), quran("g3")
		gone.Deleted = true
		return errors.Join(tx.InsertGroup(private), tx.InsertGroup(gone))
	}), func(r zikr.Reader) error {
		return errors.Join(
			ids("all", groupID, "g2", "g1")(r.AllGroups("", zikr.Page{Limit: 9})), ids("by name", groupID, "g2")(r.AllGroups("RS G2", zikr.Page{Limit: 9})),
			ids("second page", groupID, "g1")(r.AllGroups("", zikr.Page{Cursor: "g2", Limit: 9})))
	})
}
