package zikr

import (
	"encoding/json"
	"time"
)

// This file is the wire contract as Go types: every event that a client sends
// or receives, with its payload. AsyncAPI, docs/events.md, the gateway's decoder
// and the event log are all made from what stands here.
//
// The tags are JSON Schema's words: minLength and maxLength in characters. A
// field without omitempty is required. In payloads from clients null is the same as absent.

// Event is one entry of a group's event log: what every connection in the
// group's channel is told, in the order of Seq.
type Event struct {
	GroupID string
	Seq     int64 // from 1, without a gap
	Name    string
	Data    json.RawMessage // the payload, as it is sent
	UserID  string          // whose name the payload holds; "" if nobody's, or that of an account that is gone
	At      time.Time

	// What is told of an event on its way, and not stored.
	Committed time.Time // by the clock of the node that did it; zero on that node itself, and when it is not known
	Trace     *Trace    // what it was done for; nil unless that is followed
}

// GroupEvent is the payload of an event that changed something in a group.
type GroupEvent interface {
	EventName() string
	// Subject is the user whose name the payload holds, or "".
	Subject() string
	stamp(seq int64, at time.Time)
}

// Payload is the payload of any event that the server sends.
type Payload interface{ EventName() string }

// Stamp is what every GroupEvent carries beside its own fields.
type Stamp struct {
	Seq       int64 `json:"seq" doc:"the group's event number: from 1, without a gap"`
	Timestamp Time  `json:"timestamp"`
}

func (s *Stamp) stamp(seq int64, at time.Time) { s.Seq, s.Timestamp = seq, At(at) }

// What clients send (contract section 2).
type (
	JoinGroup struct {
		GroupID string `json:"groupId" minLength:"1" maxLength:"128"`
		Since   *Int   `json:"since,omitempty" minimum:"0" doc:"the last seq that was seen: what came after it is sent first"`
	}
	LeaveGroup struct {
		GroupID string `json:"groupId" minLength:"1" maxLength:"128"`
	}
	BookPora struct {
		PoraID     string  `json:"poraId" minLength:"1" maxLength:"128" doc:"\"1\" to \"30\""`
		GroupID    string  `json:"groupId" minLength:"1" maxLength:"128"`
		HatmNumber *Int    `json:"hatmNumber,omitempty" minimum:"1" doc:"an open hatm; without it the oldest in which the pora is free"`
		ForUserID  *string `json:"forUserId,omitempty" minLength:"1" maxLength:"128" doc:"admin only: the member whose booking it is"`
	}
	CompletePora struct {
		BookingID string `json:"bookingId" minLength:"1" maxLength:"128"`
	}
	ReleasePora struct {
		BookingID string `json:"bookingId" minLength:"1" maxLength:"128"`
	}
	ReopenPora struct {
		BookingID string `json:"bookingId" minLength:"1" maxLength:"128"`
	}
	RemindPora struct {
		BookingID string `json:"bookingId" minLength:"1" maxLength:"128"`
	}
	UpdateZikrCount struct {
		GroupID string  `json:"groupId" minLength:"1" maxLength:"128"`
		ZikrID  string  `json:"zikrId" minLength:"1" maxLength:"128"`
		Count   Int     `json:"count" doc:"1 to 100,000: what is added"`
		OpID    *string `json:"opId,omitempty" minLength:"1" maxLength:"64" doc:"made up by the client for one counting: sent again, it adds nothing"`
		// ForUserID is a member whose counting it is. Admin only.
		ForUserID *string `json:"forUserId,omitempty" minLength:"1" maxLength:"128" doc:"whose counting it is: a member's, for whom the admin counts"`
	}
	UndoZikrCount struct {
		ID string `json:"id" minLength:"1" maxLength:"128" doc:"that of the zikr_update_confirmed"`
	}
	SendInvitation struct {
		ReceiverID string `json:"receiverId" minLength:"1" maxLength:"128"`
		GroupID    string `json:"groupId" minLength:"1" maxLength:"128"`
	}
	RespondToInvitation struct {
		NotificationID string `json:"notificationId" minLength:"1" maxLength:"128"`
		Accept         bool   `json:"accept"`
		ConnID         string `json:"-"` // the connection that sent it; "" over REST
	}
	GetNotifications     struct{}
	MarkNotificationRead struct {
		NotificationID string `json:"notificationId" minLength:"1" maxLength:"128"`
		ConnID         string `json:"-"` // the connection that sent it; "" over REST
	}
)

// What the caller is answered.
type (
	JoinedGroup struct {
		GroupID       string   `json:"groupId"`
		Message       string   `json:"message"`
		Seq           int64    `json:"seq" doc:"the group's latest event"`
		OnlineCount   int      `json:"onlineCount"`
		OnlineUserIDs []string `json:"onlineUserIds" doc:"500 at most, the caller included"`
		Resync        bool     `json:"resync,omitempty" doc:"nothing was replayed: read the snapshot"`
		Timestamp     Time     `json:"timestamp"`
	}
	LeftGroup struct {
		GroupID   string `json:"groupId"`
		Message   string `json:"message"`
		Timestamp Time   `json:"timestamp"`
	}
	BookingConfirmed struct {
		BookingID  string `json:"bookingId"`
		PoraID     string `json:"poraId"`
		PoraName   string `json:"poraName"`
		HatmNumber int64  `json:"hatmNumber"`
		DueAt      *Time  `json:"dueAt" doc:"when it is to be read; null for no date"`
		Timestamp  Time   `json:"timestamp"`
	}
	CompletionConfirmed struct {
		BookingID  string `json:"bookingId"`
		PoraID     string `json:"poraId"`
		PoraName   string `json:"poraName"`
		HatmNumber int64  `json:"hatmNumber"`
		Timestamp  Time   `json:"timestamp"`
	}
	ReleaseConfirmed struct {
		BookingID  string `json:"bookingId"`
		PoraID     string `json:"poraId"`
		PoraName   string `json:"poraName"`
		HatmNumber int64  `json:"hatmNumber"`
		Timestamp  Time   `json:"timestamp"`
	}
	ReopenConfirmed struct {
		BookingID  string `json:"bookingId"`
		PoraID     string `json:"poraId"`
		PoraName   string `json:"poraName"`
		HatmNumber int64  `json:"hatmNumber"`
		DueAt      *Time  `json:"dueAt" doc:"when it is to be read; null for no date"`
		Timestamp  Time   `json:"timestamp"`
	}
	ReminderSent struct {
		BookingID string `json:"bookingId"`
		Timestamp Time   `json:"timestamp"`
	}
	ZikrUpdateConfirmed struct {
		ID          string `json:"id" doc:"names this counting"`
		Count       int64  `json:"count" doc:"what was just added; negative if it takes another back"`
		Undoes      string `json:"undoes,omitempty" doc:"the id of the counting that was taken back"`
		TotalCount  int64  `json:"totalCount"`
		GoalReached bool   `json:"goalReached"`
		Goal        *int64 `json:"goal"`
		CycleCount  int64  `json:"cycleCount"`
		Progress    string `json:"progress" doc:"percent of the current cycle, two decimals"`
		Timestamp   Time   `json:"timestamp"`
	}
	InvitationSent struct {
		ID         string `json:"id"`
		ReceiverID string `json:"receiverId"`
		GroupID    string `json:"groupId"`
		Time       Time   `json:"time"`
	}
	InvitationResponded struct {
		NotificationID string `json:"notificationId"`
		Accepted       bool   `json:"accepted"`
		GroupID        string `json:"groupId"`
		GroupName      string `json:"groupName"`
		Timestamp      Time   `json:"timestamp"`
		// Joined is the seq of the member_joined that this answer caused, 0 if it caused
		// none. The gateway lets the connection into the channel right before it.
		Joined int64 `json:"-"`
	}
	// Notifications is the answer to get_notifications: unread, newest first, 100 at most.
	Notifications          []NotificationItem
	NotificationMarkedRead struct {
		NotificationID string `json:"notificationId"`
		Success        bool   `json:"success"`
		Timestamp      Time   `json:"timestamp"`
	}
	// ErrorEvent answers a client event that was refused.
	ErrorEvent struct {
		Message      string `json:"message" doc:"a sentence for a person"`
		Error        Code   `json:"error"`
		Event        string `json:"event" doc:"the client event it answers"`
		RetryAfterMs int64  `json:"retryAfterMs,omitempty"`
		ErrorID      string `json:"errorId,omitempty"`
		Timestamp    Time   `json:"timestamp"`
	}
)

// Refusal is the acknowledgement of an event that was refused (contract section 5).
type Refusal struct {
	OK    bool         `json:"ok" enum:"false"`
	Error RefusalCause `json:"error"`
}

// RefusalCause says why.
type RefusalCause struct {
	Code         Code   `json:"code"`
	Message      string `json:"message" doc:"a sentence for a person"`
	RetryAfterMs int64  `json:"retryAfterMs,omitempty" doc:"of rate_limited: when to try again"`
	ErrorID      string `json:"errorId,omitempty" doc:"of internal: the number under which the cause was logged"`
}

// AboutPora is what a notification about a pora carries beside; each field where it applies.
type AboutPora struct {
	BookingID  string `json:"bookingId,omitempty"`
	PoraID     string `json:"poraId,omitempty"`
	PoraName   string `json:"poraName,omitempty"`
	HatmNumber int64  `json:"hatmNumber,omitempty"`
	DueAt      *Time  `json:"dueAt,omitempty"`
	Count      int64  `json:"count,omitempty" doc:"how many poras"`
}

// NotificationItem is one notification in a list.
type NotificationItem struct {
	ID         string           `json:"id"`
	Type       NotificationType `json:"type"`
	SenderID   string           `json:"senderId"`
	SenderName string           `json:"senderName"`
	GroupID    string           `json:"groupId"`
	GroupName  string           `json:"groupName"`
	Time       Time             `json:"time"`
	IsRead     bool             `json:"isRead"`
	AboutPora
	// What the receiver did with it, for Export.
	ReadAt     time.Time `json:"-"` // zero while unread, and of what a later one covers
	Answer     Answer    `json:"-"`
	AnsweredAt time.Time `json:"-"`
}

// What a group's channel is told. Each is in the event log and carries seq.
type (
	PoraBooked struct {
		BookingID  string `json:"bookingId"`
		PoraID     string `json:"poraId"`
		PoraName   string `json:"poraName"`
		GroupID    string `json:"groupId"`
		UserID     string `json:"userId" doc:"the holder, also when the admin booked it for them"`
		UserName   string `json:"userName"`
		HatmNumber int64  `json:"hatmNumber"`
		DueAt      *Time  `json:"dueAt" doc:"when it is to be read; null for no date"`
		Stamp
	}
	PoraReleased struct {
		BookingID  string        `json:"bookingId"`
		PoraID     string        `json:"poraId"`
		PoraName   string        `json:"poraName"`
		GroupID    string        `json:"groupId"`
		UserID     string        `json:"userId" doc:"the holder, also when the admin released it"`
		UserName   string        `json:"userName"`
		HatmNumber int64         `json:"hatmNumber"`
		Reason     ReleaseReason `json:"reason" enum:"holder,admin,overdue,left" doc:"who released it: the holder, the admin, its date that has passed, or that the holder left the group"`
		Stamp
	}
	PoraReopened struct {
		BookingID     string `json:"bookingId"`
		PoraID        string `json:"poraId"`
		PoraName      string `json:"poraName"`
		GroupID       string `json:"groupId"`
		UserID        string `json:"userId" doc:"the holder, also when the admin reopened it"`
		UserName      string `json:"userName"`
		HatmNumber    int64  `json:"hatmNumber"`
		TotalFinished int64  `json:"totalFinished" doc:"poras of this hatm that are still done: 0 to 29"`
		DueAt         *Time  `json:"dueAt" doc:"when it is to be read; null for no date"`
		Stamp
	}
	PoraCompleted struct {
		BookingID     string `json:"bookingId"`
		PoraID        string `json:"poraId"`
		PoraName      string `json:"poraName"`
		GroupID       string `json:"groupId"`
		GroupName     string `json:"groupName"`
		UserID        string `json:"userId" doc:"the holder, also when the admin completed it"`
		UserName      string `json:"userName"`
		TotalFinished int64  `json:"totalFinished" doc:"poras of this hatm that are done: 1 to 30"`
		HatmCompleted bool   `json:"hatmCompleted"`
		HatmNumber    int64  `json:"hatmNumber" doc:"1 for the group's first hatm"`
		Stamp
	}
	HatmCompleted struct {
		GroupID    string `json:"groupId"`
		GroupName  string `json:"groupName"`
		HatmCount  int64  `json:"hatmCount" doc:"hatms that the group has completed, this one counted"`
		HatmNumber int64  `json:"hatmNumber"`
		Stamp
	}
	HatmOpened struct {
		GroupID    string `json:"groupId"`
		HatmNumber int64  `json:"hatmNumber"`
		DueAt      *Time  `json:"dueAt" doc:"when it is to be completed; null for no date"`
		Stamp
	}
	HatmReopened struct {
		GroupID    string `json:"groupId"`
		HatmNumber int64  `json:"hatmNumber"`
		HatmCount  int64  `json:"hatmCount" doc:"hatms that the group has completed, this one not any more"`
		Stamp
	}
	ZikrCountUpdated struct {
		GroupID     string `json:"groupId"`
		ZikrID      string `json:"zikrId"`
		ZikrName    string `json:"zikrName"`
		UserID      string `json:"userId"`
		UserName    string `json:"userName"`
		Count       int64  `json:"count" doc:"what was just added; negative if it takes another back"`
		Undoes      string `json:"undoes,omitempty" doc:"the id of the counting that was taken back"`
		TotalCount  int64  `json:"totalCount"`
		Progress    string `json:"progress" doc:"percent of the current cycle, two decimals"`
		GoalReached bool   `json:"goalReached"`
		Goal        *int64 `json:"goal"`
		CycleCount  int64  `json:"cycleCount"`
		Stamp
	}
	MemberJoined struct {
		GroupID   string `json:"groupId"`
		GroupName string `json:"groupName"`
		UserID    string `json:"userId"`
		UserName  string `json:"userName"`
		Loginless bool   `json:"loginless,omitempty" doc:"true of a member that the admin made; absent otherwise"`
		Stamp
	}
	MemberLeft struct {
		GroupID   string `json:"groupId"`
		UserID    string `json:"userId"`
		UserName  string `json:"userName"`
		Loginless bool   `json:"loginless,omitempty" doc:"true of a member that the admin made, who cannot come back; absent otherwise"`
		Stamp
	}
	GroupUpdated struct {
		GroupID string `json:"groupId"`
		Stamp
	}
	GroupDeleted struct {
		GroupID   string `json:"groupId"`
		GroupName string `json:"groupName"`
		Stamp
	}
)

// ReleaseReason is why a pora is free again.
type ReleaseReason string

// The reasons.
const (
	ReleasedByHolder ReleaseReason = "holder"
	ReleasedByAdmin  ReleaseReason = "admin"
	ReleasedOverdue  ReleaseReason = "overdue"
	ReleasedLeft     ReleaseReason = "left"
)

// Presence: told to a group's channel, never replayed, without seq.
type (
	UserOnline struct {
		GroupID   string `json:"groupId"`
		UserID    string `json:"userId"`
		Timestamp Time   `json:"timestamp"`
	}
	UserOffline struct {
		GroupID   string `json:"groupId"`
		UserID    string `json:"userId"`
		Timestamp Time   `json:"timestamp"`
	}
)

// What one user is told, on all of that user's connections.
type (
	ConnectionStatus struct {
		Status    Status `json:"status" enum:"connected,expired,draining"`
		UserID    string `json:"userId"`
		Timestamp Time   `json:"timestamp"`
	}
	NewInvitation struct {
		ID         string `json:"id"`
		SenderID   string `json:"senderId"`
		SenderName string `json:"senderName"`
		GroupID    string `json:"groupId"`
		GroupName  string `json:"groupName"`
		Time       Time   `json:"time"`
	}
	NewNotification struct {
		ID         string           `json:"id"`
		Type       NotificationType `json:"type"`
		SenderID   string           `json:"senderId"`
		SenderName string           `json:"senderName"`
		GroupID    string           `json:"groupId"`
		GroupName  string           `json:"groupName"`
		Time       Time             `json:"time"`
		AboutPora
	}
	InvitationAccepted struct {
		NotificationID string `json:"notificationId"`
		GroupID        string `json:"groupId"`
		GroupName      string `json:"groupName"`
		UserID         string `json:"userId"`
		UserName       string `json:"userName"`
		Timestamp      Time   `json:"timestamp"`
	}
	InvitationRejected struct {
		NotificationID string `json:"notificationId"`
		GroupID        string `json:"groupId"`
		GroupName      string `json:"groupName"`
		UserID         string `json:"userId"`
		Timestamp      Time   `json:"timestamp"`
	}
)

// Status is what connection_status says of a connection.
type Status string

// The statuses of a connection (contract section 1).
const (
	StatusConnected Status = "connected"
	StatusExpired   Status = "expired"
	StatusDraining  Status = "draining"
)

// EventName is the name on the wire.
func (JoinedGroup) EventName() string            { return "joined_group" }
func (LeftGroup) EventName() string              { return "left_group" }
func (BookingConfirmed) EventName() string       { return "booking_confirmed" }
func (CompletionConfirmed) EventName() string    { return "completion_confirmed" }
func (ReleaseConfirmed) EventName() string       { return "release_confirmed" }
func (ReopenConfirmed) EventName() string        { return "reopen_confirmed" }
func (ReminderSent) EventName() string           { return "reminder_sent" }
func (ZikrUpdateConfirmed) EventName() string    { return "zikr_update_confirmed" }
func (InvitationSent) EventName() string         { return "invitation_sent" }
func (InvitationResponded) EventName() string    { return "invitation_responded" }
func (Notifications) EventName() string          { return "notifications" }
func (NotificationMarkedRead) EventName() string { return "notification_marked_read" }
func (ErrorEvent) EventName() string             { return "error" }
func (PoraBooked) EventName() string             { return "pora_booked" }
func (PoraReleased) EventName() string           { return "pora_released" }
func (PoraCompleted) EventName() string          { return "pora_completed" }
func (PoraReopened) EventName() string           { return "pora_reopened" }
func (HatmCompleted) EventName() string          { return "hatm_completed" }
func (HatmOpened) EventName() string             { return "hatm_opened" }
func (HatmReopened) EventName() string           { return "hatm_reopened" }
func (ZikrCountUpdated) EventName() string       { return "zikr_count_updated" }
func (MemberJoined) EventName() string           { return "member_joined" }
func (MemberLeft) EventName() string             { return "member_left" }
func (GroupUpdated) EventName() string           { return "group_updated" }
func (GroupDeleted) EventName() string           { return "group_deleted" }
func (UserOnline) EventName() string             { return "user_online" }
func (UserOffline) EventName() string            { return "user_offline" }
func (ConnectionStatus) EventName() string       { return "connection_status" }
func (NewInvitation) EventName() string          { return "new_invitation" }
func (NewNotification) EventName() string        { return "new_notification" }
func (InvitationAccepted) EventName() string     { return "invitation_accepted" }
func (InvitationRejected) EventName() string     { return "invitation_rejected" }

// Subject is the user whose name the payload holds.
func (e PoraBooked) Subject() string       { return e.UserID }
func (e PoraReleased) Subject() string     { return e.UserID }
func (e PoraCompleted) Subject() string    { return e.UserID }
func (e PoraReopened) Subject() string     { return e.UserID }
func (e ZikrCountUpdated) Subject() string { return e.UserID }
func (e MemberJoined) Subject() string     { return e.UserID }
func (e MemberLeft) Subject() string       { return e.UserID }
func (HatmCompleted) Subject() string      { return "" }
func (HatmOpened) Subject() string         { return "" }
func (HatmReopened) Subject() string       { return "" }
func (GroupUpdated) Subject() string       { return "" }
func (GroupDeleted) Subject() string       { return "" }

// ClientEvent says of an event that clients send what a reader of the contract needs.
type ClientEvent struct {
	Name    string
	Doc     string
	Payload any     // the zero value of its type
	Answer  Payload // the zero value of the confirmation's type
}

// ClientEvents is the catalogue of what clients send, in the contract's order.
func ClientEvents() []ClientEvent {
	return []ClientEvent{
		{"join_group", "Join a group's channel, with what was missed since a seq", JoinGroup{}, JoinedGroup{}},
		{"leave_group", "Leave a group's channel", LeaveGroup{}, LeftGroup{}},
		{"book_pora", "Book a pora of an open hatm for reading", BookPora{}, BookingConfirmed{}},
		{"complete_pora", "Mark a booked pora as read", CompletePora{}, CompletionConfirmed{}},
		{"release_pora", "Give a booked pora back", ReleasePora{}, ReleaseConfirmed{}},
		{"reopen_pora", "Take back that a pora was read, while its hatm is open", ReopenPora{}, ReopenConfirmed{}},
		{"remind_pora", "Remind the holder of a booked pora, as the group's admin: once a day", RemindPora{}, ReminderSent{}},
		{"update_zikr_count", "Add to the count of a zikr", UpdateZikrCount{}, ZikrUpdateConfirmed{}},
		{"undo_zikr_count", "Take a counting back", UndoZikrCount{}, ZikrUpdateConfirmed{}},
		{"send_invitation", "Invite a user into a group", SendInvitation{}, InvitationSent{}},
		{"respond_to_invitation", "Accept or reject an invitation", RespondToInvitation{}, InvitationResponded{}},
		{"get_notifications", "Ask for the unread notifications", GetNotifications{}, Notifications{}},
		{"mark_notification_read", "Mark a notification as read", MarkNotificationRead{}, NotificationMarkedRead{}},
	}
}

// Audience is who is told of an event.
type Audience string

// The audiences of section 1 of the contract.
const (
	ToCaller Audience = "the caller"
	ToGroup  Audience = "the group"
	ToUser   Audience = "the user"
)

// ServerEvent says of an event that the server sends what a reader of the contract needs.
type ServerEvent struct {
	Payload Payload // the zero value of its type
	To      Audience
	Doc     string
}

// ServerEvents is the catalogue of what the server sends, in the contract's order.
func ServerEvents() []ServerEvent {
	return []ServerEvent{
		{ConnectionStatus{}, ToUser, "The state of this connection: connected, expired or draining"},
		{JoinedGroup{}, ToCaller, "The channel was joined"},
		{LeftGroup{}, ToCaller, "The channel was left, or this user is no longer in the group"},
		{UserOnline{}, ToGroup, "A user came online in the group"},
		{UserOffline{}, ToGroup, "A user went offline in the group"},
		{PoraBooked{}, ToGroup, "A pora was booked"},
		{BookingConfirmed{}, ToCaller, "The pora is yours"},
		{PoraCompleted{}, ToGroup, "A pora was read"},
		{CompletionConfirmed{}, ToCaller, "The pora is done"},
		{PoraReleased{}, ToGroup, "A pora is free again"},
		{ReleaseConfirmed{}, ToCaller, "The pora was given back"},
		{PoraReopened{}, ToGroup, "A pora that was read is booked again"},
		{ReopenConfirmed{}, ToCaller, "The pora is booked again"},
		{ReminderSent{}, ToCaller, "The holder was reminded"},
		{HatmCompleted{}, ToGroup, "All 30 poras of a hatm were read"},
		{HatmOpened{}, ToGroup, "The next hatm is open, with 30 free poras"},
		{HatmReopened{}, ToGroup, "A hatm that was completed is open again, with its 30 poras done"},
		{ZikrCountUpdated{}, ToGroup, "A zikr was counted"},
		{ZikrUpdateConfirmed{}, ToCaller, "The count is stored"},
		{NewInvitation{}, ToUser, "An invitation arrived"},
		{NewNotification{}, ToUser, "A notification arrived"},
		{Notifications{}, ToCaller, "The unread notifications, newest first, 100 at most"},
		{NotificationMarkedRead{}, ToUser, "A notification is read, on this connection or on another of the user's"},
		{InvitationSent{}, ToCaller, "The invitation waits for its receiver"},
		{InvitationAccepted{}, ToUser, "An invitation that this user sent was accepted"},
		{InvitationRejected{}, ToUser, "An invitation that this user sent was rejected"},
		{InvitationResponded{}, ToCaller, "The answer is stored"},
		{MemberJoined{}, ToGroup, "A member joined the group"},
		{MemberLeft{}, ToGroup, "A member left the group"},
		{GroupUpdated{}, ToGroup, "Name, goal, settings, dates, zikrs, admin or a member's name changed: read the snapshot"},
		{GroupDeleted{}, ToGroup, "The group is gone"},
		{ErrorEvent{}, ToCaller, "What was asked for was refused"},
	}
}
