package zikr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"
)

// NotificationType is what a notification tells.
type NotificationType string

// The types of notifications (contract section 2).
const (
	NotifyInvitation         NotificationType = "invitation"
	NotifyInvitationAccepted NotificationType = "invitation_accepted"
	NotifyInvitationRejected NotificationType = "invitation_rejected"
	NotifyHatmCompleted      NotificationType = "hatm_completed"
	NotifyGoalReached        NotificationType = "goal_reached"
	NotifyPoraReleased       NotificationType = "pora_released"
	NotifyRemoved            NotificationType = "removed_from_group"
	NotifyPoraAssigned       NotificationType = "pora_assigned"
	NotifyPoraDueSoon        NotificationType = "pora_due_soon"
	NotifyPoraReminder       NotificationType = "pora_reminder"
	NotifyZikrReminder       NotificationType = "zikr_reminder"
)

// NotificationTypes are all of them, in the order of the constants.
func NotificationTypes() []NotificationType {
	return []NotificationType{
		NotifyInvitation, NotifyInvitationAccepted, NotifyInvitationRejected, NotifyHatmCompleted, NotifyGoalReached, NotifyPoraReleased, NotifyRemoved,
		NotifyPoraAssigned, NotifyPoraDueSoon, NotifyPoraReminder, NotifyZikrReminder,
	}
}

// Answer is how an invitation was answered.
type Answer string

// The answers to an invitation.
const (
	Pending  Answer = ""
	Accepted Answer = "accepted"
	Rejected Answer = "rejected"
)

// Notification is something that one user was told and can find later. An
// invitation is one: its id is the notification's.
type Notification struct {
	ID         string
	ReceiverID string
	SenderID   string // "" for the server itself
	GroupID    string
	Type       NotificationType
	Answer     Answer    // of an invitation
	AnsweredAt time.Time // zero while pending
	ReadAt     time.Time // zero while unread
	CreatedAt  time.Time
	// BookingID is the booking that it is about, "" for none; Count how many poras, 0 for none.
	BookingID string
	Count     int64
	Hidden    bool // an invitation that never arrives, since its receiver blocks its sender
}

// Notice is a notification to all members of a group but the sender, stored
// once. Who joined later does not see it. A Notice covers the earlier ones of the same
// Topic for all but its sender: they count as read.
type Notice struct {
	ID        string
	GroupID   string
	SenderID  string
	Type      NotificationType
	Topic     string // a zikr's id for NotifyGoalReached, its own ID otherwise
	Seq       int64  // of the group's event that caused it
	CreatedAt time.Time
	// ReadAt is when the user that it was read for marked it, or a later one of its
	// Topic, as read; zero if never. Read only: it comes from ReadNotice.
	ReadAt time.Time
}

// NotificationReader reads notifications.
type NotificationReader interface {
	// Reminded returns when a user was last reminded of a booking by somebody, the zero time for never or if that is not kept.
	Reminded(receiverID, bookingID string) (time.Time, error)
	Notification(id string) (*Notification, error)
	// Notice returns a notice that the user was sent: a member since before it, not the sender.
	Notice(id, userID string) (*Notice, error)
	// PendingFrom and PendingTo count the invitations of a sender, and to a receiver, that wait for an answer.
	PendingFrom(senderID string) (int64, error)
	PendingTo(receiverID string) (int64, error)
	// Refusals returns when a receiver has refused invitations of a sender since a moment, oldest first.
	Refusals(receiverID, senderID string, since time.Time) ([]time.Time, error)
	// PendingInvitation returns the invitation of a user into a group that waits for an answer.
	PendingInvitation(groupID, receiverID string) (*Notification, error)
	// NotificationItems lists a user's notifications and notices, newest first,
	// but not those that are hidden, with the names of senders and groups as they are now. The cursor is the id of the last
	// item of the page before.
	NotificationItems(userID string, unreadOnly bool, page Page) ([]NotificationItem, error)
	// NotificationsFrom returns the notifications that a user sent, and NoticesFrom the notices,
	// newest first.
	NotificationsFrom(userID string) ([]Notification, error)
	NoticesFrom(userID string) ([]Notice, error)
}

// NotificationWriter writes them.
type NotificationWriter interface {
	InsertNotification(Notification) error
	UpdateNotification(Notification) error
	// DeletePendingInvitations removes those into a group; DeleteNotificationsOf all that a
	// user received, with the marks of what they read.
	DeletePendingInvitations(groupID string) error
	DeleteNotificationsOf(userID string) error
	InsertNotice(Notice) error
	// ReadNotice marks the notice, and the earlier ones of its topic, as read by the user at a moment.
	ReadNotice(n Notice, userID string, at time.Time) error
}

// maxUnread is how many notifications get_notifications answers at most.
const maxUnread = 100

// Notifications lists the caller's notifications, newest first.
func (s *Service) Notifications(ctx context.Context, userID string, unreadOnly bool, page Page) (*List[NotificationItem], error) {
	return view(ctx, s, func(r Reader) (*List[NotificationItem], error) {
		return listOf(page, func(n NotificationItem) string { return n.ID }, func(p Page) ([]NotificationItem, error) {
			items, err := r.NotificationItems(userID, unreadOnly, p)
			if err != nil {
				return nil, err
			}
			return items, firstError([]error{setAbout(r, items), hideSenders(r, items)})
		})
	})
}

// UnreadNotifications is the answer to get_notifications: newest first, 100 at most.
func (s *Service) UnreadNotifications(ctx context.Context, userID string) (Notifications, error) {
	list, err := s.Notifications(ctx, userID, true, Page{Limit: maxUnread})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// ReadNotification marks a notification of the caller's as read, which the caller's connections are
// told, but for the one with the id in.ConnID. CodeNotificationMissing.
func (s *Service) ReadNotification(ctx context.Context, userID string, in MarkNotificationRead) (*NotificationMarkedRead, error) {
	missing := Errorf(CodeNotificationMissing, "There is no notification %.128q for you.", in.NotificationID)
	key, err := view(ctx, s, func(r Reader) (Key, error) { return notificationKey(r, userID, in.NotificationID) })
	if err != nil {
		return nil, orNotFound(err, "find notification", missing)
	}
	var out *NotificationMarkedRead
	err = s.update(ctx, key, func(c *command) error {
		at, err := c.read(userID, in.NotificationID)
		if err != nil {
			return orNotFound(err, "read notification", missing)
		}
		if at.Equal(c.at) { // and not before
			if err := c.tellRead(userID, in.NotificationID, in.ConnID); err != nil {
				return err
			}
		}
		out = &NotificationMarkedRead{NotificationID: in.NotificationID, Success: true, Timestamp: At(at)}
		return nil
	})
	return out, err
}

// tellRead tells a user's connections but one that a notification is read.
func (c *command) tellRead(userID, id, exceptID string) error {
	if err := c.tell(NotificationMarkedRead{NotificationID: id, Success: true, Timestamp: At(c.at)}, userID); err != nil {
		return err
	}
	c.signals[len(c.signals)-1].ExceptID = exceptID
	return nil
}

// notificationKey tells which commands change a notification of the user's: an
// invitation's answer is the group's matter, the marks on a notice are the
// user's own. ErrNotFound if it is not theirs.
func notificationKey(r Reader, userID, id string) (Key, error) {
	n, err := r.Notification(id)
	if errors.Is(err, ErrNotFound) {
		_, err := r.Notice(id, userID)
		return UserKey(userID), err
	}
	if err != nil {
		return Key{}, err
	}
	if n.ReceiverID != userID || n.Hidden {
		return Key{}, ErrNotFound
	}
	if n.GroupID == "" {
		return UserKey(userID), nil
	}
	return GroupKey(n.GroupID), nil
}

// read marks a notification or a notice of the user's as read, and returns when it first was.
func (c *command) read(userID, id string) (time.Time, error) {
	n, err := c.Notification(id)
	if errors.Is(err, ErrNotFound) {
		return c.readNotice(userID, id)
	}
	if err != nil {
		return time.Time{}, err
	}
	if !n.ReadAt.IsZero() {
		return n.ReadAt, nil
	}
	n.ReadAt = c.at
	return n.ReadAt, c.UpdateNotification(*n)
}

func (c *command) readNotice(userID, id string) (time.Time, error) {
	if _, err := c.holdLiving(userID); err != nil {
		return time.Time{}, err
	}
	n, err := c.Notice(id, userID)
	if err != nil {
		return time.Time{}, err
	}
	if !n.ReadAt.IsZero() {
		return n.ReadAt, nil
	}
	return c.at, c.ReadNotice(*n, userID, c.at)
}

// notify stores a notification about g and tells its receiver. From nobody, it is the clock's. Who
// has no login is not notified.
func (c *command) notify(g *Group, n Notification) error {
	receiver, err := c.User(n.ReceiverID)
	if err != nil {
		return fmt.Errorf("find receiver: %w", err)
	}
	if !receiver.HasLogin() {
		return nil
	}
	sender := &User{}
	if n.SenderID != "" {
		if sender, err = c.User(n.SenderID); err != nil {
			return fmt.Errorf("find sender: %w", err)
		}
	}
	n.GroupID, n.CreatedAt = g.ID, c.at
	about, err := n.about(c)
	if err != nil {
		return err
	}
	if err := c.InsertNotification(n); err != nil {
		return err
	}
	return c.tell(NewNotification{
		ID: n.ID, Type: n.Type, SenderID: sender.ID, SenderName: sender.FullName(), GroupID: g.ID, GroupName: g.Name, Time: At(c.at), AboutPora: about,
	}, n.ReceiverID)
}

// about says of which pora a notification is.
func (n *Notification) about(r Reader) (AboutPora, error) {
	out := AboutPora{Count: n.Count}
	if n.BookingID == "" {
		return out, nil
	}
	b, err := r.Booking(n.BookingID)
	if err != nil {
		return out, fmt.Errorf("find what the notification is about: %w", err)
	}
	out.set(b)
	return out, nil
}

func (a *AboutPora) set(b *Booking) {
	a.BookingID, a.PoraID, a.PoraName, a.HatmNumber = b.ID, strconv.Itoa(b.Pora), poraName(b.Pora), b.HatmNumber
	a.DueAt = momentOrNil(b.DueAt)
}

// setAbout says of each notification about a pora which one it is.
func setAbout(r Reader, items []NotificationItem) error {
	for i := range items {
		if items[i].BookingID == "" {
			continue
		}
		b, err := r.Booking(items[i].BookingID)
		if err != nil {
			return fmt.Errorf("find what notification %s is about: %w", items[i].ID, err)
		}
		items[i].set(b)
	}
	return nil
}

// noticePause is how long the members are not told of the like of what they were told of. What comes
// meanwhile is stored, and found with get_notifications.
const noticePause = time.Minute

// mayTell reports whether the pause after the latest telling is over, and if so begins the next.
func (c *command) mayTell(toldAt *time.Time) bool {
	if since := c.at.Sub(*toldAt); since.Abs() < noticePause { // the clock of another node may be ahead
		return false
	}
	*toldAt = c.at
	return true
}

// notice stores a notice to a group's members, who are told after the commit.
func (c *command) notice(n Notice) error {
	if err := c.storeNotice(&n); err != nil {
		return err
	}
	c.notices = append(c.notices, n)
	return nil
}

// storeNotice stores a notice that nobody is told of now.
func (c *command) storeNotice(n *Notice) error {
	n.CreatedAt = c.at
	if n.Topic == "" {
		n.Topic = n.ID
	}
	c.stored += rowBytes
	return c.InsertNotice(*n)
}

// InsertNotification is the store's, counted to who causes it.
func (c *command) InsertNotification(n Notification) error {
	c.stored += rowBytes
	return c.Tx.InsertNotification(n)
}

// tellMembers sends new_notification for a notice to the members but the sender.
func (s *Service) tellMembers(ctx context.Context, n Notice) error {
	type told struct {
		receivers []string
		payload   NewNotification
	}
	t, err := view(ctx, s, func(r Reader) (told, error) {
		members, errM := r.MemberIDs(n.GroupID)
		g, errG := r.Group(n.GroupID)
		sender, errU := r.User(n.SenderID)
		if err := errors.Join(errM, errG, errU); err != nil {
			return told{}, err
		}
		if g.IsAnonymous && n.Type.tellsAct() {
			sender = &User{}
		}
		return told{members, NewNotification{
			ID: n.ID, Type: n.Type, SenderID: sender.ID, SenderName: sender.FullName(), GroupID: g.ID, GroupName: g.Name, Time: At(n.CreatedAt),
		}}, nil
	})
	if err != nil {
		return fmt.Errorf("read who is to be notified: %w", err)
	}
	data, err := json.Marshal(t.payload)
	if err != nil {
		return fmt.Errorf("encode %s: %w", t.payload.EventName(), err)
	}
	others := slices.DeleteFunc(t.receivers, func(id string) bool { return id == n.SenderID })
	s.bus.Signal(Signal{UserIDs: others, Name: t.payload.EventName(), Data: data})
	return nil
}

// announcer tells notices to their members behind the command that caused
// them, so that a command never costs work per member. Of several notices of one
// topic that wait, only the newest is told, and the newest by another, which it does not cover for
// its sender: the others count as read.
type announcer struct {
	tell func(context.Context, Notice) error
	log  *slog.Logger

	mu      sync.Mutex
	waiting []Notice
	running bool
	closed  bool
	idle    sync.WaitGroup
}

// add queues a notice, and starts the one goroutine that tells them if it is not running.
func (a *announcer) add(n Notice) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return // stored, and found with get_notifications
	}
	other := "" // the newest that n does not cover for its sender
	for _, w := range a.waiting {
		if w.Topic == n.Topic && w.SenderID != n.SenderID {
			other = w.ID
		}
	}
	a.waiting = slices.DeleteFunc(a.waiting, func(w Notice) bool { return w.Topic == n.Topic && w.ID != other })
	a.waiting = append(a.waiting, n)
	if !a.running {
		a.running = true
		a.idle.Go(a.run)
	}
}

func (a *announcer) run() {
	for {
		a.mu.Lock()
		if len(a.waiting) == 0 {
			a.running = false
			a.mu.Unlock()
			return
		}
		n := a.waiting[0]
		a.waiting = a.waiting[1:]
		a.mu.Unlock()
		if err := a.tell(context.Background(), n); err != nil {
			a.log.Error("a notice was stored and not told", "notice", n.ID, "group", n.GroupID, "err", err)
		}
	}
}

// close waits until what was queued is told.
func (a *announcer) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.idle.Wait()
}
