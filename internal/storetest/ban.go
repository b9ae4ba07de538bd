package storetest

import (
	"errors"

	"github.com/zikr-app/zikr"
)

func banTests() []test {
	return []test{
		{"fields", banFields},
		{"list", banList},
		{"deleted", banDeleted},
	}
}

func ban(groupID, userID string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		return tx.InsertBan(zikr.Ban{GroupID: groupID, UserID: userID, BannedBy: "u1", At: at(3)})
	}
}

func twoGroups(tx zikr.Tx) error { return errors.Join(friends(tx), tx.InsertGroup(quran("g2"))) }

func banFields(f *fixture) {
	want := zikr.Ban{GroupID: "g1", UserID: "u2", UserName: "Botir", BannedBy: "u1", At: at(3)}
	f.holds(all(twoGroups, ban("g1", "u2")), func(r zikr.Reader) error {
		return errors.Join(
			is("ban", &want)(r.Ban("g1", "u2")), isMissing[*zikr.Ban]("of another group")(r.Ban("g2", "u2")), isMissing[*zikr.Ban]("of another")(r.Ban("g1", "u1")),
			is("of", []zikr.Ban{want})(r.BansOf("u2")), is("by", []zikr.Ban{want})(r.BansBy("u1")), is("by another", []zikr.Ban(nil))(r.BansBy("u2")))
	})
	for name, write := range map[string]func(zikr.Tx) error{
		"a second time": ban("g1", "u2"), "from no group": ban("none", "u2"), "of nobody": ban("g1", "nobody"),
	} {
		if err := f.try(write); err == nil {
			f.Errorf("a ban %s was stored", name)
		}
	}
}

func bannedID(b zikr.Ban) string { return b.GroupID + "/" + b.UserID }

func banList(f *fixture) {
	f.holds(all(twoGroups, ban("g1", "u3"), ban("g1", "u2"), ban("g2", "u2")), func(r zikr.Reader) error {
		return errors.Join(
			ids("all", bannedID, "g1/u2", "g1/u3")(r.Bans("g1", zikr.Page{Limit: 9})),
			ids("first page", bannedID, "g1/u2")(r.Bans("g1", zikr.Page{Limit: 1})),
			ids("second page", bannedID, "g1/u3")(r.Bans("g1", zikr.Page{Cursor: "u2", Limit: 1})),
			ids("end", bannedID)(r.Bans("g1", zikr.Page{Cursor: "u3", Limit: 1})),
			is("number", int64(2))(r.CountBans("g1")), is("number of none", int64(0))(r.CountBans("none")),
			ids("of a user", bannedID, "g1/u2", "g2/u2")(r.BansOf("u2")),
			ids("by a user", bannedID, "g1/u2", "g1/u3", "g2/u2")(r.BansBy("u1")))
	})
}

func banDeleted(f *fixture) {
	left := func(want ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error { return ids("left", bannedID, want...)(r.BansBy("u1")) }
	}
	f.holds(all(twoGroups, ban("g1", "u2"), ban("g1", "u3"), ban("g2", "u2"), ban("g2", "u3")), left("g1/u2", "g1/u3", "g2/u2", "g2/u3"))
	f.holds(func(tx zikr.Tx) error { return errors.Join(tx.DeleteBan("g1", "u2"), tx.DeleteBan("g1", "u2")) }, left("g1/u3", "g2/u2", "g2/u3"))
	f.holds(func(tx zikr.Tx) error { return tx.DeleteBansOf("u3") }, left("g2/u2"))
	f.holds(func(tx zikr.Tx) error { return tx.DeleteBansIn("g2") }, left())
}
