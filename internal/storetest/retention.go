package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/zikr-app/zikr"
)

func retentionTests() []test {
	return []test{
		{"cut log", cutLog},
		{"long logs", longLogs},
		{"cut counts", cutCounts},
		{"cut counts that are too young", cutNoYoung},
		{"cut counts of one batch", cutBesideCounting},
		{"delete notifications", deleteNotifications},
		{"delete notices", deleteNotices},
		{"delete reads", deleteReads},
	}
}

// removes runs a step of the janitor, which must remove so many rows.
func removes(want int, step func(zikr.Tx) (int, error)) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		got, err := step(tx)
		if err == nil && got != want {
			err = fmt.Errorf("removed %d rows, want %d", got, want)
		}
		return err
	}
}

func logMany(groupID string, n int) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		for range n {
			if err := logTo(groupID, "pora_booked", "u1")(tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// cutLog: event n is of minute n.
func cutLog(f *fixture) {
	f.update(friends, logMany("g1", 9), func(tx zikr.Tx) error { return tx.InsertGroup(quran("g2")) })
	cut := func(newest int64, before time.Time, limit int) func(tx zikr.Tx) (int, error) {
		return func(tx zikr.Tx) (int, error) { return tx.CutLog("g1", newest, before, limit) }
	}
	oldest := func(want int64) func(zikr.Reader) error {
		return func(r zikr.Reader) error { return is("oldest", want)(r.OldestSeq("g1")) }
	}
	f.holds(removes(0, cut(9, at(60), 100)), oldest(1))
	f.holds(removes(0, cut(100, at(60), 100)), oldest(1))
	f.holds(removes(0, cut(0, at(1), 100)), oldest(1))
	f.holds(removes(2, cut(0, at(3), 100)), oldest(3)) // 1 and 2 are older
	f.holds(removes(1, cut(6, at(60), 100)), oldest(4))
	f.holds(removes(2, cut(1, at(60), 2)), oldest(6))
	f.holds(all(logMany("g1", 1), removes(3, cut(2, at(60), 100))), oldest(9)) // the new one counts among the newest
	f.holds(removes(0, func(tx zikr.Tx) (int, error) { return tx.CutLog("g2", 0, at(60), 9) }), oldest(9))
	if err := f.try(func(tx zikr.Tx) error { _, err := tx.CutLog("none", 0, at(60), 9); return err }); !errors.Is(err, zikr.ErrNotFound) {
		f.Errorf("the log of no group: got %v, want zikr.ErrNotFound", err)
	}
	if got := len(f.told("g1")); got != 10 {
		f.Errorf("%d events were announced, want the 10 that were appended", got)
	}
}

func longLogs(f *fixture) {
	f.update(friends)
	for _, id := range []string{"g2", "g3", "g4"} {
		f.update(func(tx zikr.Tx) error { return tx.InsertGroup(quran(id)) })
	}
	f.holds(all(logMany("g1", 5), logMany("g2", 3), logMany("g4", 4)), func(r zikr.Reader) error {
		id := func(s string) string { return s }
		return errors.Join(
			ids("above 3", id, "g1", "g4")(r.LongLogs(3, at(60), zikr.Page{Limit: 9})),
			ids("first page", id, "g1")(r.LongLogs(3, at(60), zikr.Page{Limit: 1})),
			ids("second page", id, "g4")(r.LongLogs(3, at(60), zikr.Page{Cursor: "g1", Limit: 1})),
			ids("the oldest is too young", id)(r.LongLogs(3, at(1), zikr.Page{Limit: 9})),
			ids("above 0", id, "g1", "g2", "g4")(r.LongLogs(0, at(2), zikr.Page{Limit: 9})))
	})
	f.update(removes(2, func(tx zikr.Tx) (int, error) { return tx.CutLog("g1", 3, at(60), 9) }))
	f.stays(func(r zikr.Reader) error {
		return ids("after the cut", func(s string) string { return s }, "g4")(r.LongLogs(3, at(60), zikr.Page{Limit: 9}))
	})
}

// countedAt makes a counting at a moment, of an admin's day.
func countedAt(id, zikrID, userID string, n int64, when time.Time) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		z, err := tx.Zikr(zikrID)
		if err != nil {
			return err
		}
		return tx.InsertCount(zikr.Count{
			ID: id, GroupID: z.GroupID, ZikrID: zikrID, UserID: userID, Count: n, Total: z.Total + n, At: when, Days: daysOf(when),
		})
	}
}

func cut(before time.Time, limit int) func(tx zikr.Tx) (int, error) {
	return func(tx zikr.Tx) (int, error) { return tx.CutCounts(before, limit) }
}

func cutCounts(f *fixture) {
	f.update(counters, add("c1", "z1", "u1", "a", 1), add("c2", "z1", "u2", "a", 2), add("c3", "z1", "u1", "b", 3), add("c4", "z2", "u1", "c", 4))
	sums := func(r zikr.Reader) error { // whatever is cut
		z, err := r.Zikr("z1")
		if err == nil && z.Total != 6 {
			err = fmt.Errorf("zikr: got the total %d, want 6", z.Total)
		}
		return errors.Join(err,
			is("shares", []zikr.Share{{ZikrID: "z1", UserID: "u1", Count: 4}, {ZikrID: "z2", UserID: "u1", Count: 4}})(r.SharesOf("u1")),
			is("days", []zikr.DaySum{{Date: today().Day, Counted: 8}})(r.DaySumsOf("u1", 0, maxDate)))
	}
	left := func(want ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			return ids("counts", func(c zikr.Count) string { return c.ID }, want...)(r.CountsOf("u1", zikr.Page{Limit: 9}))
		}
	}
	f.holds(removes(0, cut(at(1), 9)), all(sums, left("c1", "c3", "c4")))
	f.holds(removes(1, cut(at(60), 1)), all(sums, left("c3", "c4"), func(r zikr.Reader) error {
		return isMissing[*zikr.Count]("opId")(r.CountByOpID("u1", "a"))
	}))
	f.holds(removes(2, cut(at(4), 9)), all(sums, left("c4")))
	f.holds(all(removes(1, cut(at(60), 9)), removes(0, cut(at(60), 9))), all(sums, left()))
	f.holds(add("c9", "z2", "u1", "c", 5), func(r zikr.Reader) error { // the opId is free again
		c, err := r.CountByOpID("u1", "c")
		if err != nil || c.ID != "c9" || c.Total != 9 {
			return fmt.Errorf("got %v, %v, want c9 with the total 9", c, err)
		}
		return nil
	})
}

// cutNoYoung: one that is too young keeps those behind it.
func cutNoYoung(f *fixture) {
	f.update(counters, countedAt("c1", "z1", "u1", 1, at(1)), countedAt("c2", "z1", "u1", 2, at(50)), countedAt("c3", "z1", "u1", 3, at(2)))
	f.holds(removes(1, cut(at(30), 9)), func(r zikr.Reader) error {
		return ids("counts", func(c zikr.Count) string { return c.ID }, "c2", "c3")(r.CountsOf("u1", zikr.Page{Limit: 9}))
	})
	f.update(removes(2, cut(at(60), 9)))
}

// cutBesideCounting: the janitor's command shares its commit with others.
func cutBesideCounting(f *fixture) {
	f.update(counters, add("c1", "z1", "u1", "a", 1))
	f.holds(all(add("c2", "z1", "u1", "b", 2), removes(1, cut(at(2), 9)), add("c3", "z1", "u1", "c", 3)), func(r zikr.Reader) error {
		return errors.Join(
			ids("counts", func(c zikr.Count) string { return c.ID }, "c2", "c3")(r.CountsOf("u1", zikr.Page{Limit: 9})),
			is("shares", []zikr.Share{{ZikrID: "z1", UserID: "u1", Count: 6}})(r.SharesOf("u1")))
	})
}

func deleteNotifications(f *fixture) {
	note := func(id string, kind zikr.NotificationType, read time.Time, answer zikr.Answer) zikr.Notification {
		n := zikr.Notification{ID: id, ReceiverID: "u" + id[1:2], SenderID: "u1", GroupID: "g1", Type: kind, ReadAt: read, Answer: answer, CreatedAt: at(1)}
		if answer != zikr.Pending {
			n.AnsweredAt = read
		}
		return n
	}
	f.update(friends, func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertNotification(note("n2a", zikr.NotifyRemoved, at(5), "")),
			tx.InsertNotification(note("n2b", zikr.NotifyRemoved, at(6), "")),
			tx.InsertNotification(note("n2c", zikr.NotifyInvitation, at(5), zikr.Rejected)),
			tx.InsertNotification(note("n2d", zikr.NotifyInvitation, at(5), zikr.Pending)),
			tx.InsertNotification(note("n3e", zikr.NotifyInvitation, time.Time{}, zikr.Pending)),
			tx.InsertNotification(note("n2f", zikr.NotifyPoraReleased, time.Time{}, "")))
	})
	left := func(of string, want ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			return ids("of "+of, func(n zikr.NotificationItem) string { return n.ID }, want...)(r.NotificationItems(of, false, zikr.Page{Limit: 9}))
		}
	}
	remove := func(read, unread time.Time, limit int) func(tx zikr.Tx) (int, error) {
		return func(tx zikr.Tx) (int, error) { return tx.DeleteNotifications(read, unread, limit) }
	}
	f.holds(removes(0, remove(at(5), at(1), 9)), left("u2", "n2f", "n2d", "n2c", "n2b", "n2a"))
	f.holds(removes(1, remove(at(6), at(1), 1)), func(zikr.Reader) error { return nil })
	f.holds(removes(1, remove(at(6), at(1), 9)), left("u2", "n2f", "n2d", "n2b"))
	f.holds(removes(1, remove(at(60), at(60), 1)), left("u2", "n2f", "n2d"))
	f.holds(removes(1, remove(at(60), at(60), 9)), all(left("u2", "n2d"), left("u3", "n3e")))
}

func deleteNotices(f *fixture) {
	made := func(id, topic string, seq int64, minute int) func(zikr.Tx) error {
		return func(tx zikr.Tx) error {
			n := notice(id, "u1", topic, seq)
			n.CreatedAt = at(minute)
			return tx.InsertNotice(n)
		}
	}
	f.update(friends, logMany("g1", 3), made("n1", "n1", 1, 1), made("n2", "z1", 2, 2), made("n3", "z1", 3, 3))
	left := func(want ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			return ids("notices", func(n zikr.NotificationItem) string { return n.ID }, want...)(r.NotificationItems("u2", false, zikr.Page{Limit: 9}))
		}
	}
	remove := func(before time.Time, limit int) func(tx zikr.Tx) (int, error) {
		return func(tx zikr.Tx) (int, error) { return tx.DeleteNotices(before, limit) }
	}
	f.holds(removes(0, remove(at(1), 9)), left("n3", "n2", "n1"))
	f.holds(removes(1, remove(at(60), 1)), left("n3", "n2"))
	f.holds(removes(1, remove(at(3), 9)), left("n3"))
}

func deleteReads(f *fixture) {
	n1, n2 := notice("n1", "u1", "n1", 1), notice("n2", "u1", "n2", 2)
	f.update(friends, logMany("g1", 2), func(tx zikr.Tx) error {
		return errors.Join(tx.InsertNotice(n1), tx.InsertNotice(n2), tx.ReadNotice(n1, "u2", at(5)), tx.ReadNotice(n2, "u2", at(6)), tx.ReadNotice(n1, "u3", at(5)))
	})
	remove := func(before time.Time, limit int) func(tx zikr.Tx) (int, error) {
		return func(tx zikr.Tx) (int, error) { return tx.DeleteReads(before, limit) }
	}
	unread := func(of string, want ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			return ids("unread", func(n zikr.NotificationItem) string { return n.ID }, want...)(r.NotificationItems(of, true, zikr.Page{Limit: 9}))
		}
	}
	f.holds(removes(0, remove(at(5), 9)), all(unread("u2"), unread("u3", "n2")))
	f.holds(removes(2, remove(at(6), 9)), all(unread("u2", "n1"), unread("u3", "n2", "n1")))
	f.holds(removes(1, remove(at(7), 1)), unread("u2", "n2", "n1"))
}
