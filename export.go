package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Export is all that is stored about a user.
type Export struct {
	User          ExportedUser       `json:"user"`
	Groups        []ExportedGroup    `json:"groups" doc:"every group that the user is or was in"`
	Bookings      []ExportedBooking  `json:"bookings"`
	Zikrs         []ExportedShare    `json:"zikrs" doc:"what was counted in all, by zikr"`
	Counts        []ExportedCount    `json:"counts" doc:"the countings that are still kept one by one"`
	Days          []ExportedDay      `json:"days" doc:"the older ones, by day; with counts they sum to zikrs"`
	Notifications []NotificationItem `json:"notifications"`
}

// ExportedUser is the account.
type ExportedUser struct {
	Account
	CreatedAt Time `json:"createdAt"`
}

// ExportedGroup is a membership.
type ExportedGroup struct {
	GroupID   string `json:"groupId"`
	GroupName string `json:"groupName"`
	JoinedAt  Time   `json:"joinedAt"`
	LeftAt    *Time  `json:"leftAt"`
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
	Time    Time    `json:"time"`
}

// ExportedDay is what was counted of a zikr on one day.
type ExportedDay struct {
	ZikrID string `json:"zikrId"`
	Date   string `json:"date" format:"date" doc:"in UTC"`
	Count  int64  `json:"count"`
}

// Export returns all that is stored about the caller.
func (s *Service) Export(ctx context.Context, userID string) (*Export, error) {
	return view(ctx, s, func(r Reader) (*Export, error) {
		u, err := living(r, userID)
		if err != nil {
			return nil, err
		}
		out := &Export{User: ExportedUser{u.account(), At(u.CreatedAt)}}
		var errs [6]error
		out.Groups, errs[0] = exportGroups(r, userID)
		out.Bookings, errs[1] = exportBookings(r, userID)
		out.Zikrs, errs[2] = exportShares(r, userID)
		out.Counts, errs[3] = exportCounts(r, userID)
		out.Days, errs[4] = exportDays(r, userID)
		out.Notifications, errs[5] = exportNotifications(r, userID)
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
		item := ExportedGroup{GroupID: id, GroupName: g.Name, JoinedAt: At(m.JoinedAt)}
		if !m.LeftAt.IsZero() {
			left := At(m.LeftAt)
			item.LeftAt = &left
		}
		out = append(out, item)
	}
	return out, err
}

func exportBookings(r Reader, userID string) ([]ExportedBooking, error) {
	bookings, err := r.BookingsOf(userID)
	out := make([]ExportedBooking, len(bookings))
	for i, b := range bookings {
		out[i] = ExportedBooking{
			BookingID: b.ID, GroupID: b.GroupID, HatmNumber: b.HatmNumber, PoraName: poraName(b.Pora), Status: b.Status, BookedAt: At(b.BookedAt),
		}
		if !b.EndedAt.IsZero() {
			ended := At(b.EndedAt)
			out[i].EndedAt = &ended
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
			out = append(out, ExportedCount{n.ID, n.GroupID, n.ZikrID, n.Count, orNil(n.OpID), At(n.At)})
		}
		if len(counts) < page.Limit {
			return out, nil
		}
	}
}

func exportDays(r Reader, userID string) ([]ExportedDay, error) {
	days, err := r.DaysOf(userID)
	out := make([]ExportedDay, len(days))
	for i, d := range days {
		out[i] = ExportedDay{d.ZikrID, d.Date.Format(time.DateOnly), d.Count}
	}
	return out, err
}

func exportNotifications(r Reader, userID string) ([]NotificationItem, error) {
	out := []NotificationItem{}
	for page := (Page{Limit: maxPage}); ; page.Cursor = out[len(out)-1].ID {
		items, err := r.NotificationItems(userID, false, page)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
		if len(items) < page.Limit {
			return out, nil
		}
	}
}
