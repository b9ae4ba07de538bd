package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zikr-app/zikr"
)

func userTests() []test {
	return []test{
		{"reminders that are due", remindersDue},
		{"fields", userFields},
		{"deleted", userDeleted},
		{"together", usersTogether},
		{"addresses", userAddresses},
		{"by name", usersByName},
		{"missing", userMissing},
	}
}

func userFields(f *fixture) {
	u := zikr.User{
		ID: "u1", Name: "Ali", Surname: "Valiyev", Email: "ali@example.org", Phone: "+998901234567",
		PasswordHash: "$argon2id$x", TokenVersion: 3, KeptTokenID: "t1", CreatedAt: at(1),
		Settings: zikr.Settings{TimeZone: "Asia/Tashkent", Locale: "uz", HasReminder: true, RemindPoras: true, RemindZikrs: true, RemindAt: at(2), RemindedOn: 20_000},
	}
	same := func(r zikr.Reader) error {
		return errors.Join(
			is("user", &u)(r.User("u1")),
			is("by email", &u)(r.UserByEmail("ali@example.org")),
			is("by phone", &u)(r.UserByPhone("+998901234567")))
	}
	f.holds(func(tx zikr.Tx) error { return tx.InsertUser(u) }, same)
	u = zikr.User{ID: "u1", Name: "Vali", Email: "vali@example.org", Phone: "+1", PasswordHash: "y", TokenVersion: 4, CreatedAt: at(2),
		Settings: zikr.Settings{HasReminder: true, ReminderHour: 23, RemindZikrs: true, RemindAt: at(3)}}
	f.holds(func(tx zikr.Tx) error { return tx.UpdateUser(u) }, func(r zikr.Reader) error {
		return errors.Join(
			is("user", &u)(r.User("u1")),
			is("by the new email", &u)(r.UserByEmail("vali@example.org")),
			is("by the new phone", &u)(r.UserByPhone("+1")),
			isMissing[*zikr.User]("by the old email")(r.UserByEmail("ali@example.org")),
			isMissing[*zikr.User]("by the old phone")(r.UserByPhone("+998901234567")))
	})
}

func usersTogether(f *fixture) {
	gone := zikr.User{ID: "u4", TokenVersion: 2, CreatedAt: at(0), Deleted: true}
	f.holds(all(friends, func(tx zikr.Tx) error { return tx.InsertUser(gone) }), func(r zikr.Reader) error {
		return errors.Join(
			sorted("with a deleted one", "u1", "u4")(r.Users([]string{"u4", "nobody", "u1", "u4"})),
			sorted("as many as may be asked for", "u2")(r.Users(manyWith("u2"))),
			sorted("none")(r.Users(nil)))
	})
}

// sorted wants users with these ids, in any order.
func sorted(what string, want ...string) func(got []zikr.User, err error) error {
	return func(got []zikr.User, err error) error {
		slices.SortFunc(got, func(a, b zikr.User) int { return strings.Compare(a.ID, b.ID) })
		return ids(what, userID, want...)(got, err)
	}
}

func userDeleted(f *fixture) {
	gone := zikr.User{ID: "u2", TokenVersion: 2, CreatedAt: at(0), Deleted: true}
	f.update(friends)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateUser(gone) }, func(r zikr.Reader) error {
		m, err := r.Member("g1", "u2")
		if err != nil || m.UserName != gone.FullName() {
			return fmt.Errorf("member: got %v, %v, want the name %s", m, err, gone.FullName())
		}
		return errors.Join(
			is("user", &gone)(r.User("u2")),
			ids("by name", userID)(r.UsersByName("Botir", 10)),
			ids("by no name", userID, "u1", "u3")(r.UsersByName("", 10)))
	})
	// What a deleted account had is free, and having nothing is not an address.
	f.update(func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertUser(zikr.User{ID: "u4", Email: "u2@example.org", CreatedAt: at(0)}),
			tx.UpdateUser(zikr.User{ID: "u3", CreatedAt: at(0), Deleted: true}))
	})
	f.stays(func(r zikr.Reader) error {
		return errors.Join(
			isMissing[*zikr.User]("by no email")(r.UserByEmail("")),
			isMissing[*zikr.User]("by no phone")(r.UserByPhone("")))
	})
}

func userAddresses(f *fixture) {
	f.update(func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertUser(zikr.User{ID: "u1", Email: "a@example.org", Phone: "+1", CreatedAt: at(0)}),
			tx.InsertUser(zikr.User{ID: "u2", Email: "b@example.org", Phone: "+2", CreatedAt: at(0)}),
			tx.InsertUser(zikr.User{ID: "u3", CreatedAt: at(0)}),
			tx.InsertUser(zikr.User{ID: "u4", CreatedAt: at(0)}))
	})
	for _, tt := range []struct {
		name string
		user zikr.User
		put  func(zikr.Tx, zikr.User) error
		want zikr.Code
	}{
		{"insert with a taken email", zikr.User{ID: "u9", Email: "a@example.org"}, zikr.Tx.InsertUser, zikr.CodeEmailTaken},
		{"insert with a taken phone", zikr.User{ID: "u9", Phone: "+1"}, zikr.Tx.InsertUser, zikr.CodePhoneTaken},
		{"insert with both taken", zikr.User{ID: "u9", Email: "b@example.org", Phone: "+1"}, zikr.Tx.InsertUser, zikr.CodeEmailTaken},
		{"update to a taken email", zikr.User{ID: "u3", Email: "a@example.org"}, zikr.Tx.UpdateUser, zikr.CodeEmailTaken},
		{"update to a taken phone", zikr.User{ID: "u3", Phone: "+2"}, zikr.Tx.UpdateUser, zikr.CodePhoneTaken},
		{"update of one's own", zikr.User{ID: "u1", Email: "a@example.org", Phone: "+1"}, zikr.Tx.UpdateUser, ""},
	} {
		tt.user.CreatedAt = at(0)
		err := f.try(func(tx zikr.Tx) error { return tt.put(tx, tt.user) })
		if got := zikr.CodeOf(err); got != tt.want {
			f.Errorf("%s: got %q (%v), want %q", tt.name, got, err, tt.want)
		}
	}
	f.stays(func(r zikr.Reader) error { return isMissing[*zikr.User]("the refused one")(r.User("u9")) })
}

func userID(u zikr.User) string { return u.ID }

func usersByName(f *fixture) {
	f.holds(all(
		insertUser("u1", "Ali", "Valiyev"), insertUser("u2", "aLISHER", "Navoiy"), insertUser("u3", "Botir", "Aliyev"),
		insertUser("u4", "Ўткир", "Ҳошимов"), insertUser("u5", "100%", "_x"), insertUser("u6", "1000", `\y`),
		insertUser("u7", "Oʻktam", "Jöra"), insertUser("u8", "أحمد", "الكَرِيم"),
	), func(r zikr.Reader) error {
		return errors.Join(
			ids("ali", userID, "u1", "u2", "u3")(r.UsersByName("ali", 10)),
			ids("ALI", userID, "u1", "u2", "u3")(r.UsersByName("ALI", 10)),
			ids("two of ali", userID, "u1", "u2")(r.UsersByName("ali", 2)),
			ids("full name", userID, "u1")(r.UsersByName("ali val", 10)),
			ids("surname", userID, "u1")(r.UsersByName("VALI", 10)),
			ids("not within", userID)(r.UsersByName("iyev", 10)),
			ids("cyrillic", userID, "u4")(r.UsersByName("ўТ", 10)),
			ids("cyrillic surname", userID, "u4")(r.UsersByName("ҳош", 10)),
			ids("percent", userID, "u5")(r.UsersByName("100%", 10)),
			ids("underscore", userID, "u5")(r.UsersByName("_", 10)),
			ids("backslash", userID, "u6")(r.UsersByName(`\`, 10)),
			ids("another apostrophe", userID, "u7")(r.UsersByName("o’kTAM  jo\u0308", 10)),
			ids("without harakat", userID, "u8")(r.UsersByName("الكريم", 10)),
			ids("nobody", userID)(r.UsersByName("zz", 10)))
	})
}

func userMissing(f *fixture) {
	f.stays(func(r zikr.Reader) error { return isMissing[*zikr.User]("user")(r.User("nobody")) })
	err := f.try(func(tx zikr.Tx) error { return tx.UpdateUser(zikr.User{ID: "nobody", CreatedAt: at(0)}) })
	if err == nil {
		f.Error("an update of a user who is not there succeeded")
	}
}

// remindersDue finds whose hour has come, soonest first, page by page.
func remindersDue(f *fixture) {
	insert := func(id string, remindAt int) func(zikr.Tx) error {
		u := zikr.User{ID: id, Name: id, CreatedAt: at(1)}
		if remindAt > 0 {
			u.HasReminder, u.RemindAt = true, at(remindAt)
		}
		return func(tx zikr.Tx) error { return tx.InsertUser(u) }
	}
	f.holds(all(insert("late", 9), insert("b", 3), insert("a", 3), insert("soon", 2), insert("never", 0)), func(r zikr.Reader) error {
		soon, a, b := zikr.DueReminder{RemindAt: at(2), UserID: "soon"}, zikr.DueReminder{RemindAt: at(3), UserID: "a"}, zikr.DueReminder{RemindAt: at(3), UserID: "b"}
		return errors.Join(
			is("due", []zikr.DueReminder{soon, a, b})(r.RemindersDue(at(8), zikr.DueReminder{}, 9)),
			is("the first", []zikr.DueReminder{soon, a})(r.RemindersDue(at(8), zikr.DueReminder{}, 2)),
			is("the next", []zikr.DueReminder{b})(r.RemindersDue(at(8), a, 2)),
			is[[]zikr.DueReminder]("before", nil)(r.RemindersDue(at(1), zikr.DueReminder{}, 9)))
	})
}
