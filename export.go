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
	Sessions      []SessionItem          `json:"sessions" doc:"where the user is logged in"`
	Blocks        []BlockItem            `json:"blocks" doc:"whose invitations do not arrive"`
	Acts          []ExportedAct          `json:"acts" doc:"what admins of the platform did to the account, and the user as one of them, newest first"`
	Bans          []ExportedBan          `json:"bans" doc:"the groups that the user is banned from"`
	Banned        []ExportedBan          `json:"banned" doc:"whom the user has banned"`
	Budgets       []ExportedBudget       `json:"budgets" doc:"what the user has used up of what there is only so much of in a day or a minute"`
}

// ExportedUser is the account.
type ExportedUser struct {
	Account
	SettingsItem
	CreatedAt Time `json:"createdAt"`
	Findable  bool `json:"findable"`
	IsAdmin   bool `json:"isAdmin" doc:"an admin of the platform"`
}

// ExportedAct is an entry of the audit log that the user is in. Of others it names those whom the user acted on.
type ExportedAct struct {
	Act     ActKind `json:"act"`
	IsMine  bool    `json:"isMine" doc:"the user did it"`
	UserID  *string `json:"userId" doc:"whom it was done to"`
	GroupID *string `json:"groupId"`
	Time    Time    `json:"time"`
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
	BookingID   string        `json:"bookingId"`
	GroupID     string        `json:"groupId"`
	HatmNumber  int64         `json:"hatmNumber"`
	PoraName    string        `json:"poraName"`
	Status      BookingStatus `json:"status" enum:"booked,completed,released"`
	BookedAt    Time          `json:"bookedAt"`
	DueAt       *Time         `json:"dueAt" doc:"by when it is, or was, to be read"`
	EndedAt     *Time         `json:"endedAt"`
	ByID        *string       `json:"byId" doc:"who made it, if that was the admin for the user"`
	CompletedBy *string       `json:"completedBy" doc:"who marked it as read, if that was the admin for the user"`
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
	ReceiverID   *string          `json:"receiverId" doc:"null: all members of the group, or one whom only the admin of an anonymous group may know"`
	ReceiverName *string          `json:"receiverName"`
	GroupID      string           `json:"groupId"`
	GroupName    string           `json:"groupName"`
	Time         Time             `json:"time"`
	Answer       *Answer          `json:"answer" doc:"the receiver's, to an invitation: accepted, rejected, or null while it waits for one"`
	AnsweredAt   *Time            `json:"answeredAt"`
}

// ExportedBan is a ban.
type ExportedBan struct {
	GroupID  string `json:"groupId"`
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
	BannedAt Time   `json:"bannedAt"`
}

// ExportedBudget is what was used up of something in the latest period in which it was used.
type ExportedBudget struct {
	What   string `json:"what"`
	Period int64  `json:"period" doc:"the number of the day or the minute since 1970"`
	Used   int64  `json:"used"`
}

// Export returns all that is stored about the caller.
func (s *Service) Export(ctx context.Context, userID string) (*Export, error) {
	return view(ctx, s, func(r Reader) (*Export, error) {
		u, err := living(r, userID)
		if err != nil {
			return nil, err
		}
		out := &Export{User: ExportedUser{u.account(), u.Settings.item(), At(u.CreatedAt), !u.Hidden, u.IsAdmin}}
		var errs [14]error
		out.Groups, errs[0] = exportGroups(r, userID)
		out.Bookings, errs[1] = exportBookings(r, userID)
		out.Zikrs, errs[2] = exportShares(r, userID)
		out.Counts, errs[3] = exportCounts(r, userID)
		out.Days, errs[4] = exportDays(r, userID)
		out.Notifications, errs[5] = exportNotifications(r, userID)
		out.Sent, errs[6] = exportSent(r, userID)
		out.Links, errs[7] = exportLinks(r, userID)
		out.Sessions, errs[8] = s.sessionItems(r, u, "")
		out.Blocks, errs[9] = exportBlocks(r, userID)
		out.Acts, errs[10] = exportActs(r, userID)
		out.Bans, errs[11] = exportBans(r.BansOf, userID)
		out.Banned, errs[12] = exportBans(r.BansBy, userID)
		out.Budgets, errs[13] = exportBudgets(r, userID)
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
			DueAt: momentOrNil(b.DueAt), EndedAt: momentOrNil(b.EndedAt), ByID: orNil(b.ByID), CompletedBy: orNil(b.CompletedBy),
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
			err = firstError([]error{setAbout(r, items), hideSenders(r, items)})
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
	receivers, groups, err := namesIn(r, userID, sent)
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

func exportBans(read func(userID string) ([]Ban, error), userID string) ([]ExportedBan, error) {
	bans, err := read(userID)
	out := make([]ExportedBan, len(bans))
	for i, b := range bans {
		out[i] = ExportedBan{b.GroupID, b.UserID, b.UserName, At(b.At)}
	}
	return out, err
}

func exportBudgets(r Reader, userID string) ([]ExportedBudget, error) {
	budgets, err := r.BudgetsOf(userID)
	out := make([]ExportedBudget, len(budgets))
	for i, b := range budgets {
		out[i] = ExportedBudget{b.What, b.Period, b.Used}
	}
	return out, err
}

// namesIn returns the names of those who received notifications that a user sent, and of the groups that they are
// about. It takes out the receivers whom only an admin may know, and the user is not it any more.
func namesIn(r Reader, userID string, sent []Notification) (receivers names, groups map[string]string, err error) {
	receivers, groups = names{"": ""}, make(map[string]string)
	seen := make(map[string]sight)
	ids := make([]string, len(sent))
	for i := range sent {
		n := &sent[i]
		if _, known := groups[n.GroupID]; !known {
			g, err := r.Group(n.GroupID)
			if err != nil {
				return nil, nil, err
			}
			groups[g.ID], seen[g.ID] = g.Name, g.memberSight(userID)
		}
		if n.Type.tellsBooking() && !seen[n.GroupID].names(n.ReceiverID) {
			n.ReceiverID = ""
		}
		ids[i] = n.ReceiverID
	}
	return receivers, groups, receivers.learn(r, ids)
}

func exportBlocks(r Reader, userID string) ([]BlockItem, error) {
	out := []BlockItem{}
	for page := (Page{Limit: maxPage}); ; page.Cursor = out[len(out)-1].UserID {
		items, err := blockItems(r, userID, page)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
		if len(items) < page.Limit {
			return out, nil
		}
	}
}

func exportActs(r Reader, userID string) ([]ExportedAct, error) {
	on, errOn := r.ActsOn(userID)
	by, errBy := r.ActsBy(userID)
	if err := errors.Join(errOn, errBy); err != nil {
		return nil, err
	}
	on = slices.DeleteFunc(on, func(a Act) bool { return a.ActorID == userID }) // is among the others
	all := append(on, by...)
	slices.SortFunc(all, func(a, b Act) int { return cmp.Compare(b.ID, a.ID) })
	out := make([]ExportedAct, len(all))
	for i, a := range all {
		out[i] = ExportedAct{Act: a.Kind, IsMine: a.ActorID == userID, UserID: orNil(a.UserID), GroupID: orNil(a.GroupID), Time: At(a.At)}
	}
	return out, nil
}
