package zikr

import "time"

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
)

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
	SenderID   string
	GroupID    string
	Type       NotificationType
	Answer     Answer // of an invitation
	Read       bool
	CreatedAt  time.Time
}

// Notice is a notification to all members of a group but the sender, stored
// once. Who joined later does not see it. A Notice covers the earlier ones of the same
// Topic: they count as read.
type Notice struct {
	ID        string
	GroupID   string
	SenderID  string
	Type      NotificationType
	Topic     string // a zikr's id for NotifyGoalReached, its own ID otherwise
	Seq       int64  // of the group's event that caused it
	CreatedAt time.Time
}

// NotificationReader reads notifications.
type NotificationReader interface {
	Notification(id string) (*Notification, error)
	// Notice returns a notice that the user was sent: a member since before it, not the sender.
	Notice(id, userID string) (*Notice, error)
	// PendingInvitation returns the invitation of a user into a group that waits for an answer.
	PendingInvitation(groupID, receiverID string) (*Notification, error)
	// NotificationItems lists a user's notifications and notices, newest first,
	// with the names of senders and groups as they are now. The cursor is the id of the last
	// item of the page before.
	NotificationItems(userID string, unreadOnly bool, page Page) ([]NotificationItem, error)
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
	// ReadNotice marks the notice, and the earlier ones of its topic, as read by the user.
	ReadNotice(n Notice, userID string) error
}
