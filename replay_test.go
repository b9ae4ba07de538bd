package zikr_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/zikr-app/zikr"
)

// This file is a client that joined long ago: it has a snapshot, and keeps it up to
// date by nothing but the events of the log.

// follow brings a client's copy to where the snapshot is, by the events of the
// log, and compares the two.
func (tw *twin) follow(copied, snap *zikr.Snapshot) {
	for _, e := range tw.events(snap.ID, copied.Seq) {
		if e.Seq != copied.Seq+1 {
			tw.rt.Fatalf("after event %d comes %d", copied.Seq, e.Seq)
		}
		copied.Seq = e.Seq
		if err := replay(copied, snap, e); err != nil {
			tw.rt.Fatalf("replay %s: %v", e.Name, err)
		}
	}
	ignore := cmpopts.IgnoreFields(zikr.ZikrItem{}, "MyCount")
	byUser := cmpopts.SortSlices(func(a, b zikr.ShareItem) bool { return a.UserID < b.UserID })
	if diff := cmp.Diff(copied, snap, ignore, byUser, cmpopts.EquateEmpty()); diff != "" {
		tw.rt.Fatalf("group %s (-replayed +snapshot):\n%s", snap.ID, diff)
	}
}

// eventData has the fields of all events of a log that a client needs.
type eventData struct {
	BookingID, PoraID, UserID, UserName, ZikrID, Progress string
	Count, TotalCount, CycleCount, HatmCount              int64
	GoalReached                                           bool
	Timestamp                                             zikr.Time
}

// replay does to a client's copy what an event tells. On group_updated it reads
// the snapshot: names, goals, zikrs and the admin are not in the event.
func replay(c, snap *zikr.Snapshot, e zikr.Event) error {
	var d eventData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return err
	}
	switch e.Name {
	case "pora_booked", "pora_completed", "pora_released":
		replayPora(c, e.Name, d)
	case "hatm_completed":
		c.HatmCount = d.HatmCount
		for i, p := range c.Poras {
			c.Poras[i] = zikr.PoraItem{PoraID: p.PoraID, PoraName: p.PoraName, Status: "available"}
		}
	case "zikr_count_updated":
		replayCount(c, d)
	case "member_joined":
		c.Members = append(c.Members, zikr.MemberItem{UserID: d.UserID, UserName: d.UserName, Role: zikr.RoleMember, JoinedAt: d.Timestamp})
	case "member_left":
		c.Members = slices.DeleteFunc(c.Members, func(m zikr.MemberItem) bool { return m.UserID == d.UserID })
	case "group_updated":
		replayUpdate(c, snap)
	default:
		return fmt.Errorf("a client does not know it")
	}
	return nil
}

func replayPora(c *zikr.Snapshot, name string, d eventData) {
	i := slices.IndexFunc(c.Poras, func(p zikr.PoraItem) bool { return p.PoraID == d.PoraID })
	p := &c.Poras[i]
	switch name {
	case "pora_booked":
		p.Status, p.BookingID, p.UserID, p.UserName = "booked", &d.BookingID, &d.UserID, &d.UserName
	case "pora_completed":
		p.Status = "completed"
	case "pora_released":
		p.Status, p.BookingID, p.UserID, p.UserName = "available", nil, nil, nil
	}
}

func replayCount(c *zikr.Snapshot, d eventData) {
	i := slices.IndexFunc(c.Zikrs, func(z zikr.ZikrItem) bool { return z.ZikrID == d.ZikrID })
	if i < 0 {
		return // of a zikr that group_updated took away before this was read
	}
	z := &c.Zikrs[i]
	z.TotalCount, z.CycleCount, z.Progress = d.TotalCount, d.CycleCount, d.Progress
	if z.Goal != nil && d.TotalCount%*z.Goal == 0 {
		z.Progress = "0.00" // the next cycle begins
	} else if d.GoalReached {
		z.Progress = percent(d.TotalCount, *z.Goal)
	}
	k := slices.IndexFunc(z.Members, func(s zikr.ShareItem) bool { return s.UserID == d.UserID })
	if k < 0 {
		z.Members = append(z.Members, zikr.ShareItem{UserID: d.UserID, UserName: d.UserName})
		k = len(z.Members) - 1
	}
	z.Members[k].Count += d.Count
}

// replayUpdate takes over what group_updated may have changed.
func replayUpdate(c, snap *zikr.Snapshot) {
	c.Name, c.AdminID, c.Dedication, c.HatmGoal, c.IsPublic = snap.Name, snap.AdminID, snap.Dedication, snap.HatmGoal, snap.IsPublic
	for i := range c.Members {
		c.Members[i].Role = zikr.RoleMember
		if c.Members[i].UserID == c.AdminID {
			c.Members[i].Role = zikr.RoleAdmin
		}
	}
	had := map[string]zikr.ZikrItem{}
	for _, z := range c.Zikrs {
		had[z.ZikrID] = z
	}
	c.Zikrs = []zikr.ZikrItem{}
	for _, z := range snap.Zikrs {
		old := had[z.ZikrID]
		z.TotalCount, z.Members = old.TotalCount, slices.Clone(old.Members)
		z.Progress = percent(z.TotalCount, valueOr(z.Goal))
		z.CycleCount = 0
		if z.Goal != nil {
			z.CycleCount = z.TotalCount / *z.Goal
		}
		c.Zikrs = append(c.Zikrs, z)
	}
}

func valueOr(goal *int64) int64 {
	if goal == nil {
		return 0
	}
	return *goal
}
