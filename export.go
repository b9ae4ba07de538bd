package zikr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Export is all that is stored about a user. Only two things are left out: what the account is
// kept safe with (the password's hash, which tokens are good), and the groups' logs, which tell
// the same again for a while, under the name that the user had then.
type Export struct {
	User          ExportedUser           `json:"user"`
	Groups        []ExportedGroup        `json:"groups" doc:"every group that the user is or was in"`
	Bookings      []ExportedBooking      `json:"bookings"`
	Zikrs         []ExportedShare        `json:"zikrs" doc:"what was counted in all, by zikr"`
	Counts        []ExportedCount        `json:"counts" doc:"the countings that are still kept one by one"`
	Days          []ExportedDay          `json:"days" doc:"what was counted and completed, by day; sums to zikrs"`
	Notifications []ExportedNotification `json:"notifications" doc:"what the user was sent, newest first"`
	Links         []ExportedLinkUse      `json:"links" doc:"the links that the user came in by, oldest first"`
	Sent          []ExportedSent         `json:"sent" doc:"what others were sent by the user or because of the user, newest first"`
}

// ExportedUser is the account.
type ExportedUser struct {
	Account
	UserSettingsItem
	CreatedAt Time `json:"createdAt"`
}

// ExportedGroup is a membership.
type ExportedGroup struct {
	GroupID   string `json:"groupId"`
	GroupName string `json:"groupName"`
	JoinedAt  Time   `json:"joinedAt"`
	LeftAt    *Time  `json:"leftAt"`
	IsAdmin   bool   `json:"isAdmin" doc:"of a group that has ended: whether the user was its last admin"`
}

// ExportedBooking is a pora that the user booked.
type ExportedBooking struct {
	BookingID  string        `json:"bookingId"`
	GroupID    string        `json:"groupId"`
	HatmNumber int64         `json:"hatmNumber"`
	PoraName   string        `json:"poraName"`
	Status     BookingStatus `json:"status" enum:"booked,completed,released"`
	BookedAt   Time          `json:"bookedAt"`
	EndedAt    *Time         `json:"endedAt"`
}

// ExportedShare is what the user counted of a zikr.
type ExportedShare struct {
	ZikrID string `json:"zikrId"`
	Count  int64  `json:"count"`
}

// ExportedCount is one counting.
type ExportedCount struct {
	ID      string  `json:"id"`
	GroupID string  `json:"groupId"`
	ZikrID  string  `json:"zikrId"`
	Count   int64   `json:"count"`
	OpID    *string `json:"opId"`
	Undoes  *string `json:"undoes" doc:"the id of the counting that it takes back"`
	ByID    *string `json:"byId" doc:"who made it, if that was the admin for the user"`
	Time    Time    `json:"time"`
}

// ExportedDay is what was counted of a zikr, or completed of poras, on one day in a group.
type ExportedDay struct {
	GroupID string  `json:"groupId"`
	ZikrID  *string `json:"zikrId" doc:"null for poras"`
	Date    string  `json:"date" format:"date" doc:"in the time zone that the user had then"`
	Count   int64   `json:"count"`
}

// ExportedNotification is a notification that the user received, and what became of it.
type ExportedNotification struct {
	NotificationItem
	ReadAt     *Time   `json:"readAt" doc:"null too of what only counts as read, since a later one covers it"`
	Answer     *Answer `json:"answer" doc:"the user's, to an invitation: accepted, rejected, or null while it waits for one"`
	AnsweredAt *Time   `json:"answeredAt"`
}

// ExportedLinkUse is a link that let the user in.
type ExportedLinkUse struct {
	Code string `json:"code"`
	Time Time   `json:"time"`
}

// ExportedSent is a notification that the user sent or caused: an invitation, the answer to
// one, that a pora was released, a member removed, a hatm completed, a goal reached, a group deleted.
// Of its receiver it tells what the user may know: the name and the answer, not whether it was read.
type ExportedSent struct {
	ID           string           `json:"id"`
	Type         NotificationType `json:"type"`
	ReceiverID   *string          `json:"receiverId" doc:"null: all members of the group"`
	ReceiverName *string          `json:"receiverName"`
	GroupID      string           `json:"groupId"`
	GroupName    string           `json:"groupName"`
	Time         Time             `json:"time"`
	Answer       *Answer          `json:"answer" doc:"the receiver's, to an invitation: accepted, rejected, or null while it waits for one"`
	AnsweredAt   *Time            `json:"answeredAt"`
}

// Export returns all that is stored about the caller.
func (s *Service) Export(ctx context.Context, userID string) (*Export, error) {
	return view(ctx, s, func(r Reader) (*Export, error) {
		u, err := living(r, userID)
		if err != nil {
			return nil, err
		}
		out := &Export{User: ExportedUser{u.account(), u.UserSettings.item(), At(u.CreatedAt)}}
		var errs [8]error
		out.Groups, errs[0] = exportGroups(r, userID)
		out.Bookings, errs[1] = exportBookings(r, userID)
		out.Zikrs, errs[2] = exportShares(r, userID)
		out.Counts, errs[3] = exportCounts(r, userID)
		out.Days, errs[4] = exportDays(r, userID)
		out.Notifications, errs[5] = exportNotifications(r, userID)
		out.Sent, errs[6] = exportSent(r, userID)
		out.Links, errs[7] = exportLinks(r, userID)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		return out, nil
	})
}

func exportGroups(r Reader, userID string) ([]ExportedGroup, error) {
	ids, err := r.EverGroupsOf(userID)
	out := make([]ExportedGroup, 0, len(ids))
	for _, id := range ids {
		g, errG := r.Group(id)
		m, errM := r.Member(id, userID)
		if err := errors.Join(errG, errM); err != nil {
			return nil, err
		}
		out = append(out, ExportedGroup{
			GroupID: id, GroupName: g.Name, JoinedAt: At(m.JoinedAt), LeftAt: momentOrNil(m.LeftAt), IsAdmin: g.AdminID == userID,
		})
	}
	return out, err
}

func exportBookings(r Reader, userID string) ([]ExportedBooking, error) {
	bookings, err := r.BookingsOf(userID)
	out := make([]ExportedBooking, len(bookings))
	for i, b := range bookings {
		out[i] = ExportedBooking{
			BookingID: b.ID, GroupID: b.GroupID, HatmNumber: b.HatmNumber, PoraName: poraName(b.Pora), Status: b.Status, BookedAt: At(b.BookedAt),
			EndedAt: momentOrNil(b.EndedAt),
		}
	}
	return out, err
}

func exportShares(r Reader, userID string) ([]ExportedShare, error) {
	shares, err := r.SharesOf(userID)
	out := make([]ExportedShare, len(shares))
	for i, share := range shares {
		out[i] = ExportedShare{share.ZikrID, share.Count}
	}
	return out, err
}

func exportCounts(r Reader, userID string) ([]ExportedCount, error) {
	out := []ExportedCount{}
	for page := (Page{Limit: maxReplay}); ; page.Cursor = out[len(out)-1].ID {
		counts, err := r.CountsOf(userID, page)
		if err != nil {
			return nil, err
		}
		for _, n := range counts {
			out = append(out, ExportedCount{n.ID, n.GroupID, n.ZikrID, n.Count, orNil(n.OpID), orNil(n.Undoes), orNil(n.ByID), At(n.At)})
		}
		if len(counts) < page.Limit {
			return out, nil
		}
	}
}

func exportDays(r Reader, userID string) ([]ExportedDay, error) {
	days, err := r.MemberDaysOf(userID)
	out := make([]ExportedDay, len(days))
	for i, d := range days {
		out[i] = ExportedDay{d.GroupID, orNil(d.ZikrID), d.Day.String(), d.Amount}
	}
	return out, err
}

func exportLinks(r Reader, userID string) ([]ExportedLinkUse, error) {
	uses, err := r.LinkUsesOf(userID)
	out := make([]ExportedLinkUse, len(uses))
	for i, u := range uses {
		out[i] = ExportedLinkUse{u.Code, At(u.UsedAt)}
	}
	return out, err
}

func exportNotifications(r Reader, userID string) ([]ExportedNotification, error) {
	out := []ExportedNotification{}
	for page := (Page{Limit: maxPage}); ; page.Cursor = out[len(out)-1].ID {
		items, err := r.NotificationItems(userID, false, page)
		if err == nil {
			err = setAbout(r, items)
		}
		if err != nil {
			return nil, err
		}
		for _, n := range items {
			out = append(out, ExportedNotification{n, momentOrNil(n.ReadAt), orNil(n.Answer), momentOrNil(n.AnsweredAt)})
		}
		if len(items) < page.Limit {
			return out, nil
		}
	}
}

func exportSent(r Reader, userID string) ([]ExportedSent, error) {
	sent, errS := r.NotificationsFrom(userID)
	notices, errN := r.NoticesFrom(userID)
	if err := errors.Join(errS, errN); err != nil {
		return nil, err
	}
	for _, n := range notices { // have no receiver of their own
		sent = append(sent, Notification{ID: n.ID, GroupID: n.GroupID, Type: n.Type, CreatedAt: n.CreatedAt})
	}
	slices.SortFunc(sent, func(a, b Notification) int { return cmp.Compare(b.ID, a.ID) })
	receivers, groups, err := namesIn(r, sent)
	if err != nil {
		return nil, err
	}
	out := make([]ExportedSent, len(sent))
	for i, n := range sent {
		out[i] = ExportedSent{
			ID: n.ID, Type: n.Type, ReceiverID: orNil(n.ReceiverID), ReceiverName: orNil(receivers[n.ReceiverID]), GroupID: n.GroupID,
			GroupName: groups[n.GroupID], Time: At(n.CreatedAt), Answer: orNil(n.Answer), AnsweredAt: momentOrNil(n.AnsweredAt),
		}
	}
	return out, nil
}

// namesIn returns the names of those who received notifications, and of the groups that they are about.
func namesIn(r Reader, sent []Notification) (receivers names, groups map[string]string, err error) {
	receivers, groups = names{"": ""}, make(map[string]string)
	ids := make([]string, len(sent))
	for i, n := range sent {
		ids[i] = n.ReceiverID
		if _, known := groups[n.GroupID]; known {
			continue
		}
		g, err := r.Group(n.GroupID)
		if err != nil {
			return nil, nil, err
		}
		groups[g.ID] = g.Name
	}
	return receivers, groups, receivers.learn(r, ids)
}
