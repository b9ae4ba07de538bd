package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func notificationTests() []test {
	return []test{
		{"fields", notificationFields},
		{"one pending invitation", onePending},
		{"pending invitations of a group", deletePending},
		{"changed at once", changedAtOnce},
		{"items", notificationItems},
		{"sent", sent},
		{"notices for whom", noticeReceivers},
		{"notices read", noticesRead},
		{"notices of one topic", noticesOfTopic},
		{"notices of one topic by several", noticesBySeveral},
		{"notifications of a user", deleteNotificationsOf},
		{"missing", notificationMissing},
	}
}

func invitation(id, groupID, receiverID string) zikr.Notification {
	return zikr.Notification{
		ID: id, ReceiverID: receiverID, SenderID: "u1", GroupID: groupID, Type: zikr.NotifyInvitation, CreatedAt: at(1),
	}
}

func notificationFields(f *fixture) {
	n := invitation("n1", "g1", "u2")
	same := func(r zikr.Reader) error { return is("notification", &n)(r.Notification("n1")) }
	f.holds(all(friends, func(tx zikr.Tx) error { return tx.InsertNotification(n) }), func(r zikr.Reader) error {
		return errors.Join(same(r), is("pending", &n)(r.PendingInvitation("g1", "u2")))
	})
	n.ReadAt = at(2)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateNotification(n) }, func(r zikr.Reader) error {
		return errors.Join(same(r), is("read and pending", &n)(r.PendingInvitation("g1", "u2")))
	})
	n.Answer, n.AnsweredAt = zikr.Accepted, at(3)
	n.BookingID, n.Count = "b1", 2
	f.holds(func(tx zikr.Tx) error { return tx.UpdateNotification(n) }, func(r zikr.Reader) error {
		item := zikr.NotificationItem{
			ID: "n1", Type: n.Type, SenderID: "u1", SenderName: "Ali Valiyev", GroupID: "g1", GroupName: "Readers g1", Time: zikr.At(at(1)), IsRead: true,
			ReadAt: at(2), Answer: zikr.Accepted, AnsweredAt: at(3), AboutPora: zikr.AboutPora{BookingID: "b1", Count: 2},
		}
		return errors.Join(
			same(r), isMissing[*zikr.Notification]("answered")(r.PendingInvitation("g1", "u2")),
			is("item", []zikr.NotificationItem{item})(r.NotificationItems("u2", false, zikr.Page{Limit: 9})))
	})
}

func onePending(f *fixture) {
	n1, n2 := invitation("n1", "g1", "u2"), invitation("n2", "g1", "u2")
	f.update(friends, func(tx zikr.Tx) error { return tx.InsertNotification(n1) })
	second := func(tx zikr.Tx) error { return tx.InsertNotification(n2) }
	if err := f.try(second); err == nil {
		f.Error("a second pending invitation of the same user was stored")
	}
	n1.Answer, n1.AnsweredAt = zikr.Rejected, at(2)
	f.holds(func(tx zikr.Tx) error { return errors.Join(tx.UpdateNotification(n1), second(tx)) },
		func(r zikr.Reader) error { return is("pending", &n2)(r.PendingInvitation("g1", "u2")) })
}

// changedAtOnce: a transaction changes and removes what it has inserted itself.
func changedAtOnce(f *fixture) {
	answered := invitation("n1", "g1", "u2")
	answered.ReadAt, answered.Answer, answered.AnsweredAt = at(2), zikr.Rejected, at(2)
	f.holds(all(friends, func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertNotification(invitation("n1", "g1", "u2")), tx.UpdateNotification(answered),
			tx.InsertNotification(invitation("n2", "g1", "u2")), tx.DeletePendingInvitations("g1"),
			tx.InsertNotification(invitation("n3", "g1", "u3")), tx.DeleteNotificationsOf("u3"))
	}), func(r zikr.Reader) error {
		return errors.Join(
			is("answered", &answered)(r.Notification("n1")), isMissing[*zikr.Notification]("pending")(r.Notification("n2")),
			isMissing[*zikr.Notification]("received")(r.Notification("n3")))
	})
}

func deletePending(f *fixture) {
	answered := invitation("n3", "g1", "u2")
	answered.Answer, answered.AnsweredAt = zikr.Rejected, at(2)
	other := invitation("n4", "g1", "u2")
	other.Type = zikr.NotifyPoraReleased
	f.update(friends, func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertGroup(quran("g2")), tx.InsertNotification(invitation("n1", "g1", "u2")),
			tx.InsertNotification(invitation("n2", "g2", "u2")), tx.InsertNotification(answered), tx.InsertNotification(other))
	})
	f.holds(func(tx zikr.Tx) error { return tx.DeletePendingInvitations("g1") }, func(r zikr.Reader) error {
		return errors.Join(
			isMissing[*zikr.Notification]("the group's")(r.Notification("n1")),
			ids("others", itemID, "n4", "n3", "n2")(r.NotificationItems("u2", false, zikr.Page{Limit: 9})))
	})
}

func itemID(i zikr.NotificationItem) string { return i.ID }

// notice is one of g1, about the event with the seq.
func notice(id, senderID, topic string, seq int64) zikr.Notice {
	n := zikr.Notice{ID: id, GroupID: "g1", SenderID: senderID, Type: zikr.NotifyGoalReached, Topic: topic, Seq: seq, CreatedAt: at(2)}
	if topic == id {
		n.Type = zikr.NotifyHatmCompleted
	}
	return n
}

// notify logs an event and stores a notice about it, as use cases do.
func notify(id, senderID, topic string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		if err := logTo("g1", "zikr_count_updated", senderID)(tx); err != nil {
			return err
		}
		g, err := tx.Group("g1")
		if err != nil {
			return err
		}
		return tx.InsertNotice(notice(id, senderID, topic, g.Seq))
	}
}

func notificationItems(f *fixture) {
	read := invitation("n5", "g1", "u2")
	read.Type, read.ReadAt = zikr.NotifyPoraReleased, at(3)
	f.update(friends, notify("n1", "u1", "n1"), func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertGroup(quran("g2")), tx.InsertNotification(invitation("n2", "g2", "u2")), tx.InsertNotification(invitation("n3", "g1", "u3")),
			tx.InsertNotification(read))
	}, notify("n4", "u3", "z1"))
	item := func(id, sender, name, group string, t zikr.NotificationType, minute int, read bool) zikr.NotificationItem {
		return zikr.NotificationItem{
			ID: id, Type: t, SenderID: sender, SenderName: name, GroupID: group, GroupName: "Readers " + group, Time: zikr.At(at(minute)), IsRead: read,
		}
	}
	n1 := item("n1", "u1", "Ali Valiyev", "g1", zikr.NotifyHatmCompleted, 2, false)
	n2 := item("n2", "u1", "Ali Valiyev", "g2", zikr.NotifyInvitation, 1, false)
	n4 := item("n4", "u3", "Karim Aliyev", "g1", zikr.NotifyGoalReached, 2, false)
	n5 := item("n5", "u1", "Ali Valiyev", "g1", zikr.NotifyPoraReleased, 1, true)
	n5.ReadAt = at(3)
	f.stays(func(r zikr.Reader) error {
		return errors.Join(
			is("all", []zikr.NotificationItem{n5, n4, n2, n1})(r.NotificationItems("u2", false, zikr.Page{Limit: 9})),
			is("unread", []zikr.NotificationItem{n4, n2, n1})(r.NotificationItems("u2", true, zikr.Page{Limit: 9})),
			is("first page", []zikr.NotificationItem{n5, n4})(r.NotificationItems("u2", false, zikr.Page{Limit: 2})),
			is("second page", []zikr.NotificationItem{n2, n1})(r.NotificationItems("u2", false, zikr.Page{Cursor: "n4", Limit: 2})),
			ids("of nobody", itemID)(r.NotificationItems("none", false, zikr.Page{Limit: 9})))
	})
	n2.GroupName, n1.SenderName = "Renamed", "Former member"
	n2.SenderName, n5.SenderName = n1.SenderName, n1.SenderName
	f.holds(func(tx zikr.Tx) error {
		g := quran("g2")
		g.Name = "Renamed"
		return errors.Join(tx.UpdateGroup(g), tx.UpdateUser(zikr.User{ID: "u1", CreatedAt: at(0), Deleted: true}))
	}, func(r zikr.Reader) error {
		return is("names as they are now", []zikr.NotificationItem{n5, n4, n2, n1})(r.NotificationItems("u2", false, zikr.Page{Limit: 9}))
	})
}

// sent: what a user sent, to one or to a group, with what became of it; also in a group that the user has left.
func sent(f *fixture) {
	rejected, released := invitation("n2", "g1", "u2"), invitation("n5", "g2", "u3")
	rejected.Answer, rejected.AnsweredAt, rejected.ReadAt = zikr.Rejected, at(4), at(3)
	released.Type = zikr.NotifyPoraReleased
	other := invitation("n6", "g1", "u2")
	other.SenderID = "u3"
	f.holds(all(friends, notify("n1", "u1", "n1"), notify("n3", "u3", "z1"), notify("n4", "u1", "z1"), func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertGroup(quran("g2")), tx.InsertNotification(rejected), tx.InsertNotification(released), tx.InsertNotification(other),
			tx.PutMember(zikr.Member{GroupID: "g1", UserID: "u1", JoinedAt: at(1), LeftAt: at(5)}))
	}), func(r zikr.Reader) error {
		return errors.Join(
			is("to one", []zikr.Notification{released, rejected})(r.NotificationsFrom("u1")),
			is("to a group", []zikr.Notice{notice("n4", "u1", "z1", 3), notice("n1", "u1", "n1", 1)})(r.NoticesFrom("u1")),
			ids("of another to one", func(n zikr.Notification) string { return n.ID }, "n6")(r.NotificationsFrom("u3")),
			ids("of another to a group", func(n zikr.Notice) string { return n.ID }, "n3")(r.NoticesFrom("u3")),
			ids("of nobody to one", func(n zikr.Notification) string { return n.ID })(r.NotificationsFrom("none")),
			ids("of nobody to a group", func(n zikr.Notice) string { return n.ID })(r.NoticesFrom("none")))
	})
}

// noticeReceivers: a notice is for the members at the time of its event, but not
// its sender, whatever the clocks say (here they stand still).
func noticeReceivers(f *fixture) {
	leave := func(id string) func(zikr.Tx) error {
		return func(tx zikr.Tx) error {
			return tx.PutMember(zikr.Member{GroupID: "g1", UserID: id, JoinedAt: at(2), LeftAt: at(2)})
		}
	}
	f.update(friends, notify("n1", "u1", "n1"), leave("u2"), logTo("g1", "member_left", "u2"), notify("n2", "u1", "n2"),
		join("g1", "u2", 2), logTo("g1", "member_joined", "u2"), insertUser("u4", "Late", ""), join("g1", "u4", 2),
		logTo("g1", "member_joined", "u4"), notify("n3", "u3", "n3"), leave("u4"), logTo("g1", "member_left", "u4"), notify("n4", "u1", "n4"))
	page := zikr.Page{Limit: 9}
	f.stays(func(r zikr.Reader) error {
		return errors.Join(
			ids("the sender", itemID, "n3")(r.NotificationItems("u1", false, page)),
			ids("who was there all the time", itemID, "n4", "n2", "n1")(r.NotificationItems("u3", false, page)),
			ids("who left and came back", itemID, "n4", "n3")(r.NotificationItems("u2", false, page)),
			ids("who came late and left", itemID, "n3")(r.NotificationItems("u4", false, page)))
	})
	n3 := notice("n3", "u3", "n3", 7)
	f.update(func(tx zikr.Tx) error {
		missing := isMissing[*zikr.Notice]
		got, err := tx.Notice("n3", "u4")
		if err == nil {
			n3.Seq = got.Seq
		}
		return errors.Join(
			is("who was there", &n3)(got, err),
			missing("the sender")(tx.Notice("n3", "u3")),
			missing("before joining")(tx.Notice("n1", "u4")),
			missing("after leaving")(tx.Notice("n4", "u4")),
			missing("a stranger")(tx.Notice("n3", "none")))
	})
}

func noticesRead(f *fixture) {
	f.update(friends, notify("n1", "u1", "n1"), notify("n2", "u1", "n2"))
	f.holds(func(tx zikr.Tx) error {
		n, err := tx.Notice("n1", "u2")
		if err != nil {
			return err
		}
		return tx.ReadNotice(*n, "u2", at(7))
	}, func(r zikr.Reader) error {
		n1 := notice("n1", "u1", "n1", 1)
		other := n1
		n1.ReadAt = at(7)
		return errors.Join(
			is("read", &n1)(r.Notice("n1", "u2")),
			is("not read by another", &other)(r.Notice("n1", "u3")),
			readAt("n1", at(7))(r.NotificationItems("u2", false, zikr.Page{Limit: 9})),
			readAt("n2", time.Time{})(r.NotificationItems("u2", false, zikr.Page{Limit: 9})),
			ids("unread", itemID, "n2")(r.NotificationItems("u2", true, zikr.Page{Limit: 9})),
			ids("all", itemID, "n2", "n1")(r.NotificationItems("u2", false, zikr.Page{Limit: 9})),
			ids("another's unread", itemID, "n2", "n1")(r.NotificationItems("u3", true, zikr.Page{Limit: 9})))
	})
}

// readAt wants an item to be read at a moment.
func readAt(id string, want time.Time) func(got []zikr.NotificationItem, err error) error {
	return func(got []zikr.NotificationItem, err error) error {
		i := slices.IndexFunc(got, func(n zikr.NotificationItem) bool { return n.ID == id })
		if err != nil || i < 0 || got[i].ReadAt != want {
			return fmt.Errorf("%s, read at %s, among the items: got %+v, %w", id, want, got, err)
		}
		return nil
	}
}

func noticesOfTopic(f *fixture) {
	f.holds(all(friends, notify("n1", "u1", "z1"), notify("n2", "u1", "z2"), notify("n3", "u1", "z1"), notify("n4", "u1", "z1")),
		func(r zikr.Reader) error {
			items, err := r.NotificationItems("u2", false, zikr.Page{Limit: 9})
			read := make(map[string]bool)
			for _, i := range items {
				read[i.ID] = i.IsRead
			}
			if want := map[string]bool{"n1": true, "n2": false, "n3": true, "n4": false}; !cmp.Equal(want, read) {
				return errors.New("which are read: " + cmp.Diff(want, read))
			}
			return errors.Join(err, ids("unread", itemID, "n4", "n2")(r.NotificationItems("u2", true, zikr.Page{Limit: 9})))
		})
	f.holds(func(tx zikr.Tx) error { return tx.ReadNotice(notice("n4", "u1", "z1", 4), "u2", at(9)) }, func(r zikr.Reader) error {
		n1 := notice("n1", "u1", "z1", 1)
		n1.ReadAt = at(9)
		return errors.Join(
			ids("unread", itemID, "n2")(r.NotificationItems("u2", true, zikr.Page{Limit: 9})),
			is("an earlier one of the topic", &n1)(r.Notice("n1", "u2")))
	})
	// Reading an earlier one does not unread a later one; a new one is unread again.
	f.holds(all(
		func(tx zikr.Tx) error { return tx.ReadNotice(notice("n1", "u1", "z1", 1), "u2", at(10)) },
		notify("n5", "u1", "z1"),
	), func(r zikr.Reader) error {
		n4 := notice("n4", "u1", "z1", 4)
		n4.ReadAt = at(9)
		return errors.Join(
			is("the one that was read", &n4)(r.Notice("n4", "u2")),
			ids("unread", itemID, "n5", "n2")(r.NotificationItems("u2", true, zikr.Page{Limit: 9})))
	})
}

// noticesBySeveral: a notice covers nothing for its sender, who is not sent it.
func noticesBySeveral(f *fixture) {
	items := func(userID, want string, unread ...string) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			all, err := r.NotificationItems(userID, false, zikr.Page{Limit: 9})
			got := ""
			for _, i := range all {
				got += fmt.Sprintf("%s:%t ", i.ID, i.IsRead)
			}
			return errors.Join(is("all of "+userID, want)(got, err),
				ids("unread of "+userID, itemID, unread...)(r.NotificationItems(userID, true, zikr.Page{Limit: 9})))
		}
	}
	f.holds(all(friends, notify("n1", "u1", "z1"), notify("n2", "u2", "z1")), all(
		items("u1", "n2:false ", "n2"),
		items("u2", "n1:false ", "n1"),
		items("u3", "n2:false n1:true ", "n2")))
	f.holds(notify("n3", "u2", "z1"), all(
		items("u1", "n3:false n2:true ", "n3"),
		items("u2", "n1:false ", "n1"),
		items("u3", "n3:false n2:true n1:true ", "n3")))
	f.holds(notify("n4", "u3", "z1"), all(
		items("u1", "n4:false n3:true n2:true ", "n4"),
		items("u2", "n4:false n1:true ", "n4"),
		items("u3", "n3:false n2:true n1:true ", "n3")))
	f.holds(func(tx zikr.Tx) error { return tx.ReadNotice(notice("n3", "u2", "z1", 3), "u3", at(5)) },
		items("u3", "n3:true n2:true n1:true "))
	// Pages and other topics do not change which are covered.
	f.holds(notify("n5", "u3", "z2"), func(r zikr.Reader) error {
		return errors.Join(
			ids("first page", itemID, "n5")(r.NotificationItems("u1", true, zikr.Page{Limit: 1})),
			ids("second page", itemID, "n4")(r.NotificationItems("u1", true, zikr.Page{Cursor: "n5", Limit: 1})),
			ids("third page", itemID)(r.NotificationItems("u1", true, zikr.Page{Cursor: "n4", Limit: 1})))
	})
}

func deleteNotificationsOf(f *fixture) {
	f.update(friends, notify("n1", "u1", "n1"), func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertNotification(invitation("n2", "g1", "u2")), tx.InsertNotification(invitation("n3", "g1", "u3")),
			tx.ReadNotice(notice("n1", "u1", "n1", 1), "u2", at(3)), tx.ReadNotice(notice("n1", "u1", "n1", 1), "u3", at(3)))
	})
	f.holds(func(tx zikr.Tx) error { return tx.DeleteNotificationsOf("u2") }, func(r zikr.Reader) error {
		unread, read := notice("n1", "u1", "n1", 1), notice("n1", "u1", "n1", 1)
		read.ReadAt = at(3)
		return errors.Join(
			isMissing[*zikr.Notification]("received")(r.Notification("n2")),
			is("mark", &unread)(r.Notice("n1", "u2")), is("another's mark", &read)(r.Notice("n1", "u3")),
			ids("another's", itemID, "n3", "n1")(r.NotificationItems("u3", false, zikr.Page{Limit: 9})))
	})
}

func notificationMissing(f *fixture) {
	f.stays(func(r zikr.Reader) error {
		return errors.Join(
			isMissing[*zikr.Notification]("notification")(r.Notification("none")),
			isMissing[*zikr.Notice]("notice")(r.Notice("none", "u1")),
			isMissing[*zikr.Notification]("invitation")(r.PendingInvitation("none", "u1")))
	})
	err := f.try(func(tx zikr.Tx) error { return tx.UpdateNotification(invitation("none", "g1", "u2")) })
	if err == nil {
		f.Error("an update of a notification that is not there succeeded")
	}
}
