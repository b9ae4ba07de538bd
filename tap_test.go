package zikr_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/zikr-app/zikr"
)

// errDisk is what a store says whose disk does not do what it should.
var errDisk = errors.New("the disk failed")

// tapStore is a Store that counts the calls of its Readers' and Txs' methods and
// notes the keys of commands, and makes one of the calls fail.
type tapStore struct {
	zikr.Store
	*tap
}

// tap is what the methods ask.
type tap struct {
	mu     sync.Mutex
	calls  map[string]int
	keys   []zikr.Key
	n      int // calls since the last reset
	failAt int // which of them fails, from 1; 0 for none
}

// withTap puts a tap into a world's store.
func withTap(t *tap) func(*zikr.Config) {
	return func(cfg *zikr.Config) { cfg.Store = tapStore{cfg.Store, t} }
}

// reset begins to count anew; from then on the call failAt fails, 0 for none.
func (t *tap) reset(failAt int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls, t.keys, t.n, t.failAt = map[string]int{}, nil, 0, failAt
}

// counted is how often each method was called.
func (t *tap) counted() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.calls)
}

// commands is the keys of the commands since the last reset.
func (t *tap) commands() []zikr.Key {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.keys)
}

// failed reports whether the call that was to fail was made.
func (t *tap) failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failAt > 0 && t.n >= t.failAt
}

// ask counts a call, and makes it unless it is to fail.
func (t *tap) ask(name string, call func() error) error {
	t.mu.Lock()
	t.n++
	if t.calls == nil {
		t.calls = map[string]int{}
	}
	t.calls[name]++
	fail := t.n == t.failAt
	t.mu.Unlock()
	if fail {
		return errDisk
	}
	return call()
}

// asked is ask for a call with a result.
func asked[T any](t *tap, name string, call func() (T, error)) (out T, err error) {
	err = t.ask(name, func() (err error) {
		out, err = call()
		return err
	})
	return out, err
}

func (s tapStore) Update(ctx context.Context, key zikr.Key, command func(zikr.Tx) error) error {
	s.mu.Lock()
	s.keys = append(s.keys, key)
	s.mu.Unlock()
	return s.Store.Update(ctx, key, func(tx zikr.Tx) error { return command(tapTx{tapReader{tx, s.tap}, tx}) })
}

func (s tapStore) View(ctx context.Context, query func(zikr.Reader) error) error {
	return s.Store.View(ctx, func(r zikr.Reader) error { return query(tapReader{r, s.tap}) })
}

type tapReader struct {
	reader zikr.Reader
	*tap
}

type tapTx struct {
	tapReader
	tx zikr.Tx
}

func (r tapReader) User(id string) (*zikr.User, error) {
	return asked(r.tap, "User", func() (*zikr.User, error) { return r.reader.User(id) })
}

func (r tapReader) Users(ids []string) ([]zikr.User, error) {
	return asked(r.tap, "Users", func() ([]zikr.User, error) { return r.reader.Users(ids) })
}

func (r tapReader) UserByEmail(email string) (*zikr.User, error) {
	return asked(r.tap, "UserByEmail", func() (*zikr.User, error) { return r.reader.UserByEmail(email) })
}

func (r tapReader) UserByPhone(phone string) (*zikr.User, error) {
	return asked(r.tap, "UserByPhone", func() (*zikr.User, error) { return r.reader.UserByPhone(phone) })
}

func (r tapReader) UsersByName(prefix string, limit int) ([]zikr.User, error) {
	return asked(r.tap, "UsersByName", func() ([]zikr.User, error) { return r.reader.UsersByName(prefix, limit) })
}

func (r tapReader) Group(id string) (*zikr.Group, error) {
	return asked(r.tap, "Group", func() (*zikr.Group, error) { return r.reader.Group(id) })
}

func (r tapReader) Member(groupID string, userID string) (*zikr.Member, error) {
	return asked(r.tap, "Member", func() (*zikr.Member, error) { return r.reader.Member(groupID, userID) })
}

func (r tapReader) Members(groupID string) ([]zikr.Member, error) {
	return asked(r.tap, "Members", func() ([]zikr.Member, error) { return r.reader.Members(groupID) })
}

func (r tapReader) MemberIDs(groupID string) ([]string, error) {
	return asked(r.tap, "MemberIDs", func() ([]string, error) { return r.reader.MemberIDs(groupID) })
}

func (r tapReader) GroupsOf(userID string, page zikr.Page) ([]zikr.Group, error) {
	return asked(r.tap, "GroupsOf", func() ([]zikr.Group, error) { return r.reader.GroupsOf(userID, page) })
}

func (r tapReader) PublicGroups(text string, page zikr.Page) ([]zikr.Group, error) {
	return asked(r.tap, "PublicGroups", func() ([]zikr.Group, error) { return r.reader.PublicGroups(text, page) })
}

func (r tapReader) Standing(groupID, userID string) (*zikr.Standing, error) {
	return asked(r.tap, "Standing", func() (*zikr.Standing, error) { return r.reader.Standing(groupID, userID) })
}

func (r tapReader) EverGroupsOf(userID string) ([]string, error) {
	return asked(r.tap, "EverGroupsOf", func() ([]string, error) { return r.reader.EverGroupsOf(userID) })
}

func (r tapReader) CountGroupsOf(userID string, t zikr.GroupType) (int64, error) {
	return asked(r.tap, "CountGroupsOf", func() (int64, error) { return r.reader.CountGroupsOf(userID, t) })
}

func (r tapReader) Hatm(groupID string, number int64) (*zikr.Hatm, error) {
	return asked(r.tap, "Hatm", func() (*zikr.Hatm, error) { return r.reader.Hatm(groupID, number) })
}

func (r tapReader) Booking(id string) (*zikr.Booking, error) {
	return asked(r.tap, "Booking", func() (*zikr.Booking, error) { return r.reader.Booking(id) })
}

func (r tapReader) BookingOf(groupID string, hatmNumber int64, pora int) (*zikr.Booking, error) {
	return asked(r.tap, "BookingOf", func() (*zikr.Booking, error) { return r.reader.BookingOf(groupID, hatmNumber, pora) })
}

func (r tapReader) FreePoras(groupID string, hatmNumber int64) ([]int, error) {
	return asked(r.tap, "FreePoras", func() ([]int, error) { return r.reader.FreePoras(groupID, hatmNumber) })
}

func (r tapReader) OpenHatms(groupID string) ([]zikr.Hatm, error) {
	return asked(r.tap, "OpenHatms", func() ([]zikr.Hatm, error) { return r.reader.OpenHatms(groupID) })
}

func (r tapReader) HatmsStanding(groupIDs []string) ([]zikr.HatmStanding, error) {
	return asked(r.tap, "HatmsStanding", func() ([]zikr.HatmStanding, error) { return r.reader.HatmsStanding(groupIDs) })
}

func (r tapReader) Hatms(groupID string, below int64, limit int) ([]zikr.Hatm, error) {
	return asked(r.tap, "Hatms", func() ([]zikr.Hatm, error) { return r.reader.Hatms(groupID, below, limit) })
}

func (r tapReader) OpenBookings(groupID string) ([]zikr.Booking, error) {
	return asked(r.tap, "OpenBookings", func() ([]zikr.Booking, error) { return r.reader.OpenBookings(groupID) })
}

func (r tapReader) BookingsOfHatms(groupID string, from, to int64) ([]zikr.Booking, error) {
	return asked(r.tap, "BookingsOfHatms", func() ([]zikr.Booking, error) { return r.reader.BookingsOfHatms(groupID, from, to) })
}

func (r tapReader) BookingsDue(by time.Time, after zikr.DueBooking, limit int) ([]zikr.DueBooking, error) {
	return asked(r.tap, "BookingsDue", func() ([]zikr.DueBooking, error) { return r.reader.BookingsDue(by, after, limit) })
}

func (r tapReader) CountLoginless(groupID string) (present, made int64, err error) {
	err = r.ask("CountLoginless", func() (err error) {
		present, made, err = r.reader.CountLoginless(groupID)
		return err
	})
	return present, made, err
}

func (r tapReader) BookingsOf(userID string) ([]zikr.Booking, error) {
	return asked(r.tap, "BookingsOf", func() ([]zikr.Booking, error) { return r.reader.BookingsOf(userID) })
}

func (r tapReader) Zikr(id string) (*zikr.Zikr, error) {
	return asked(r.tap, "Zikr", func() (*zikr.Zikr, error) { return r.reader.Zikr(id) })
}

func (r tapReader) Zikrs(groupID string) ([]zikr.Zikr, error) {
	return asked(r.tap, "Zikrs", func() ([]zikr.Zikr, error) { return r.reader.Zikrs(groupID) })
}

func (r tapReader) Shares(groupID string) ([]zikr.Share, error) {
	return asked(r.tap, "Shares", func() ([]zikr.Share, error) { return r.reader.Shares(groupID) })
}

func (r tapReader) CountByOpID(userID string, opID string) (*zikr.Count, error) {
	return asked(r.tap, "CountByOpID", func() (*zikr.Count, error) { return r.reader.CountByOpID(userID, opID) })
}

func (r tapReader) SharesOf(userID string) ([]zikr.Share, error) {
	return asked(r.tap, "SharesOf", func() ([]zikr.Share, error) { return r.reader.SharesOf(userID) })
}

func (r tapReader) CountsOf(userID string, page zikr.Page) ([]zikr.Count, error) {
	return asked(r.tap, "CountsOf", func() ([]zikr.Count, error) { return r.reader.CountsOf(userID, page) })
}

func (r tapReader) Notification(id string) (*zikr.Notification, error) {
	return asked(r.tap, "Notification", func() (*zikr.Notification, error) { return r.reader.Notification(id) })
}

func (r tapReader) Notice(id string, userID string) (*zikr.Notice, error) {
	return asked(r.tap, "Notice", func() (*zikr.Notice, error) { return r.reader.Notice(id, userID) })
}

func (r tapReader) PendingInvitation(groupID string, receiverID string) (*zikr.Notification, error) {
	return asked(r.tap, "PendingInvitation", func() (*zikr.Notification, error) { return r.reader.PendingInvitation(groupID, receiverID) })
}

func (r tapReader) NotificationItems(userID string, unreadOnly bool, page zikr.Page) ([]zikr.NotificationItem, error) {
	return asked(r.tap, "NotificationItems", func() ([]zikr.NotificationItem, error) { return r.reader.NotificationItems(userID, unreadOnly, page) })
}

func (r tapReader) NotificationsFrom(userID string) ([]zikr.Notification, error) {
	return asked(r.tap, "NotificationsFrom", func() ([]zikr.Notification, error) { return r.reader.NotificationsFrom(userID) })
}

func (r tapReader) NoticesFrom(userID string) ([]zikr.Notice, error) {
	return asked(r.tap, "NoticesFrom", func() ([]zikr.Notice, error) { return r.reader.NoticesFrom(userID) })
}

func (r tapReader) Events(groupID string, since int64, limit int) ([]zikr.Event, error) {
	return asked(r.tap, "Events", func() ([]zikr.Event, error) { return r.reader.Events(groupID, since, limit) })
}

func (r tapReader) LatestSeqs(groupIDs []string) (map[string]int64, error) {
	return asked(r.tap, "LatestSeqs", func() (map[string]int64, error) { return r.reader.LatestSeqs(groupIDs) })
}

func (r tapReader) OldestSeq(groupID string) (int64, error) {
	return asked(r.tap, "OldestSeq", func() (int64, error) { return r.reader.OldestSeq(groupID) })
}

func (r tapReader) EventsNaming(groupID string, userID string, since int64, limit int) ([]zikr.Event, error) {
	return asked(r.tap, "EventsNaming", func() ([]zikr.Event, error) { return r.reader.EventsNaming(groupID, userID, since, limit) })
}

func (w tapTx) HoldUser(id string) (*zikr.User, error) {
	return asked(w.tap, "HoldUser", func() (*zikr.User, error) { return w.tx.HoldUser(id) })
}

func (w tapTx) InsertUser(u zikr.User) error {
	return w.ask("InsertUser", func() error { return w.tx.InsertUser(u) })
}

func (w tapTx) UpdateUser(u zikr.User) error {
	return w.ask("UpdateUser", func() error { return w.tx.UpdateUser(u) })
}

func (w tapTx) InsertGroup(g zikr.Group) error {
	return w.ask("InsertGroup", func() error { return w.tx.InsertGroup(g) })
}

func (w tapTx) UpdateGroup(g zikr.Group) error {
	return w.ask("UpdateGroup", func() error { return w.tx.UpdateGroup(g) })
}

func (w tapTx) PutMember(m zikr.Member) error {
	return w.ask("PutMember", func() error { return w.tx.PutMember(m) })
}

func (w tapTx) InsertHatm(h zikr.Hatm) error {
	return w.ask("InsertHatm", func() error { return w.tx.InsertHatm(h) })
}

func (w tapTx) UpdateHatm(h zikr.Hatm) error {
	return w.ask("UpdateHatm", func() error { return w.tx.UpdateHatm(h) })
}

func (w tapTx) InsertBooking(b zikr.Booking) error {
	return w.ask("InsertBooking", func() error { return w.tx.InsertBooking(b) })
}

func (w tapTx) UpdateBooking(b zikr.Booking) error {
	return w.ask("UpdateBooking", func() error { return w.tx.UpdateBooking(b) })
}

func (w tapTx) InsertZikr(z zikr.Zikr) error {
	return w.ask("InsertZikr", func() error { return w.tx.InsertZikr(z) })
}

func (w tapTx) UpdateZikr(z zikr.Zikr) error {
	return w.ask("UpdateZikr", func() error { return w.tx.UpdateZikr(z) })
}

func (w tapTx) InsertCount(c zikr.Count) error {
	return w.ask("InsertCount", func() error { return w.tx.InsertCount(c) })
}

func (w tapTx) InsertNotification(n zikr.Notification) error {
	return w.ask("InsertNotification", func() error { return w.tx.InsertNotification(n) })
}

func (w tapTx) UpdateNotification(n zikr.Notification) error {
	return w.ask("UpdateNotification", func() error { return w.tx.UpdateNotification(n) })
}

func (w tapTx) DeletePendingInvitations(groupID string) error {
	return w.ask("DeletePendingInvitations", func() error { return w.tx.DeletePendingInvitations(groupID) })
}

func (w tapTx) DeleteNotificationsOf(userID string) error {
	return w.ask("DeleteNotificationsOf", func() error { return w.tx.DeleteNotificationsOf(userID) })
}

func (w tapTx) InsertNotice(n zikr.Notice) error {
	return w.ask("InsertNotice", func() error { return w.tx.InsertNotice(n) })
}

func (w tapTx) ReadNotice(n zikr.Notice, userID string, at time.Time) error {
	return w.ask("ReadNotice", func() error { return w.tx.ReadNotice(n, userID, at) })
}

func (w tapTx) AppendEvent(e zikr.Event) error {
	return w.ask("AppendEvent", func() error { return w.tx.AppendEvent(e) })
}

func (w tapTx) RewriteEvent(e zikr.Event) error {
	return w.ask("RewriteEvent", func() error { return w.tx.RewriteEvent(e) })
}

func (r tapReader) Link(code string) (*zikr.Link, error) {
	return asked(r.tap, "Link", func() (*zikr.Link, error) { return r.reader.Link(code) })
}

func (r tapReader) LinksOf(groupID string) ([]zikr.Link, error) {
	return asked(r.tap, "LinksOf", func() ([]zikr.Link, error) { return r.reader.LinksOf(groupID) })
}

func (r tapReader) LinkUse(code, userID string) (*zikr.LinkUse, error) {
	return asked(r.tap, "LinkUse", func() (*zikr.LinkUse, error) { return r.reader.LinkUse(code, userID) })
}

func (r tapReader) LinkUsesOf(userID string) ([]zikr.LinkUse, error) {
	return asked(r.tap, "LinkUsesOf", func() ([]zikr.LinkUse, error) { return r.reader.LinkUsesOf(userID) })
}

func (w tapTx) InsertLink(l zikr.Link) error {
	return w.ask("InsertLink", func() error { return w.tx.InsertLink(l) })
}

func (w tapTx) UpdateLink(l zikr.Link) error {
	return w.ask("UpdateLink", func() error { return w.tx.UpdateLink(l) })
}

func (w tapTx) InsertLinkUse(u zikr.LinkUse) error {
	return w.ask("InsertLinkUse", func() error { return w.tx.InsertLinkUse(u) })
}

func (w tapTx) DeleteLink(code string) error {
	return w.ask("DeleteLink", func() error { return w.tx.DeleteLink(code) })
}

func (r tapReader) CountAdministered(userID string) (int64, error) {
	return asked(r.tap, "CountAdministered", func() (int64, error) { return r.reader.CountAdministered(userID) })
}

func (r tapReader) Ban(groupID, userID string) (*zikr.Ban, error) {
	return asked(r.tap, "Ban", func() (*zikr.Ban, error) { return r.reader.Ban(groupID, userID) })
}

func (r tapReader) Bans(groupID string, page zikr.Page) ([]zikr.Ban, error) {
	return asked(r.tap, "Bans", func() ([]zikr.Ban, error) { return r.reader.Bans(groupID, page) })
}

func (r tapReader) CountBans(groupID string) (int64, error) {
	return asked(r.tap, "CountBans", func() (int64, error) { return r.reader.CountBans(groupID) })
}

func (r tapReader) BansOf(userID string) ([]zikr.Ban, error) {
	return asked(r.tap, "BansOf", func() ([]zikr.Ban, error) { return r.reader.BansOf(userID) })
}

func (r tapReader) BansBy(userID string) ([]zikr.Ban, error) {
	return asked(r.tap, "BansBy", func() ([]zikr.Ban, error) { return r.reader.BansBy(userID) })
}

func (r tapReader) Budget(userID, what string) (*zikr.Budget, error) {
	return asked(r.tap, "Budget", func() (*zikr.Budget, error) { return r.reader.Budget(userID, what) })
}

func (r tapReader) BudgetsOf(userID string) ([]zikr.Budget, error) {
	return asked(r.tap, "BudgetsOf", func() ([]zikr.Budget, error) { return r.reader.BudgetsOf(userID) })
}

func (r tapReader) PendingFrom(senderID string) (int64, error) {
	return asked(r.tap, "PendingFrom", func() (int64, error) { return r.reader.PendingFrom(senderID) })
}

func (r tapReader) PendingTo(receiverID string) (int64, error) {
	return asked(r.tap, "PendingTo", func() (int64, error) { return r.reader.PendingTo(receiverID) })
}

func (r tapReader) Refusals(receiverID, senderID string, since time.Time) ([]time.Time, error) {
	return asked(r.tap, "Refusals", func() ([]time.Time, error) { return r.reader.Refusals(receiverID, senderID, since) })
}

func (w tapTx) ClaimUser(id string) (*zikr.User, error) {
	return asked(w.tap, "ClaimUser", func() (*zikr.User, error) { return w.tx.ClaimUser(id) })
}

func (w tapTx) CountBookings(m zikr.Member) error {
	return w.ask("CountBookings", func() error { return w.tx.CountBookings(m) })
}

func (w tapTx) InsertBan(b zikr.Ban) error {
	return w.ask("InsertBan", func() error { return w.tx.InsertBan(b) })
}

func (w tapTx) DeleteBan(groupID, userID string) error {
	return w.ask("DeleteBan", func() error { return w.tx.DeleteBan(groupID, userID) })
}

func (w tapTx) DeleteBansIn(groupID string) error {
	return w.ask("DeleteBansIn", func() error { return w.tx.DeleteBansIn(groupID) })
}

func (w tapTx) DeleteBansOf(userID string) error {
	return w.ask("DeleteBansOf", func() error { return w.tx.DeleteBansOf(userID) })
}

func (w tapTx) PutBudget(b zikr.Budget) error {
	return w.ask("PutBudget", func() error { return w.tx.PutBudget(b) })
}

func (w tapTx) DeleteBudgetsOf(userID string) error {
	return w.ask("DeleteBudgetsOf", func() error { return w.tx.DeleteBudgetsOf(userID) })
}

func (r tapReader) RemindersDue(by time.Time, after zikr.DueReminder, limit int) ([]zikr.DueReminder, error) {
	return asked(r.tap, "RemindersDue", func() ([]zikr.DueReminder, error) { return r.reader.RemindersDue(by, after, limit) })
}

func (r tapReader) HeldBy(userID string) ([]zikr.Booking, error) {
	return asked(r.tap, "HeldBy", func() ([]zikr.Booking, error) { return r.reader.HeldBy(userID) })
}

func (r tapReader) Reminded(receiverID, bookingID string) (time.Time, error) {
	return asked(r.tap, "Reminded", func() (time.Time, error) { return r.reader.Reminded(receiverID, bookingID) })
}
