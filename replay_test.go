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
		if err := tw.replay(copied, snap, e); err != nil {
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
	HatmNumber, TotalFinished                             int64
	GoalReached, Loginless                                bool
	Timestamp                                             zikr.Time
	DueAt                                                 *zikr.Time
}

// replay does to a client's copy what an event tells. On group_updated it reads
// the snapshot: names, goals, zikrs and the admin are not in the event.
func (tw *twin) replay(c, snap *zikr.Snapshot, e zikr.Event) error {
	var d eventData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return err
	}
	switch e.Name {
	case "pora_booked", "pora_completed", "pora_released", "pora_reopened":
		replayPora(c, e.Name, d)
	case "hatm_completed", "hatm_opened", "hatm_reopened":
		tw.replayHatm(c, e.Name, d)
	case "zikr_count_updated":
		replayCount(c, d)
	case "member_joined":
		c.Members = append(c.Members, zikr.MemberItem{UserID: d.UserID, UserName: d.UserName, Role: zikr.RoleMember, JoinedAt: d.Timestamp, Loginless: d.Loginless})
	case "member_left":
		c.Members = slices.DeleteFunc(c.Members, func(m zikr.MemberItem) bool { return m.UserID == d.UserID })
	case "group_updated":
		replayUpdate(c, snap)
		tw.forgetNames(c)
	default:
		return fmt.Errorf("a client does not know it")
	}
	return nil
}

func replayPora(c *zikr.Snapshot, name string, d eventData) {
	h := slices.IndexFunc(c.Hatms, func(h zikr.OpenHatm) bool { return h.HatmNumber == d.HatmNumber })
	i := slices.IndexFunc(c.Hatms[h].Poras, func(p zikr.PoraItem) bool { return p.PoraID == d.PoraID })
	p := &c.Hatms[h].Poras[i]
	switch name {
	case "pora_booked":
		p.Status, p.BookingID, p.UserID, p.UserName, p.DueAt = "booked", &d.BookingID, &d.UserID, &d.UserName, d.DueAt
	case "pora_completed":
		p.Status = "completed"
		c.Hatms[h].TotalFinished = d.TotalFinished
	case "pora_reopened":
		p.Status, p.DueAt = "booked", d.DueAt
		c.Hatms[h].TotalFinished = d.TotalFinished
	case "pora_released":
		p.Status, p.BookingID, p.UserID, p.UserName, p.DueAt = "available", nil, nil, nil, nil
	}
}

// replayHatm keeps the open hatms. A client knows of one that is opened again what it was.
func (tw *twin) replayHatm(c *zikr.Snapshot, name string, d eventData) {
	known := fmt.Sprint(c.ID, "/", d.HatmNumber)
	switch name {
	case "hatm_completed":
		i := slices.IndexFunc(c.Hatms, func(h zikr.OpenHatm) bool { return h.HatmNumber == d.HatmNumber })
		tw.closed[known] = c.Hatms[i]
		c.HatmCount, c.Hatms = d.HatmCount, slices.Delete(c.Hatms, i, i+1)
	case "hatm_opened":
		h := zikr.OpenHatm{HatmNumber: d.HatmNumber, OpenedAt: d.Timestamp, DueAt: d.DueAt}
		for i := range zikr.Poras {
			h.Poras = append(h.Poras, zikr.PoraItem{PoraID: fmt.Sprint(i + 1), PoraName: fmt.Sprint(i+1, "-Juz"), Status: "available"})
		}
		c.Hatms = append(c.Hatms, h)
	case "hatm_reopened":
		c.HatmCount, c.Hatms = d.HatmCount, append(c.Hatms, tw.closed[known])
		slices.SortFunc(c.Hatms, func(a, b zikr.OpenHatm) int { return int(a.HatmNumber - b.HatmNumber) })
	}
	if c.Poras = nil; len(c.Hatms) > 0 { // between the last that is completed and the next there is none
		c.Poras = c.Hatms[0].Poras
	}
}

// replayDates takes over the dates of hatms, and of poras that are still in the same hands.
func replayDates(c, snap *zikr.Snapshot) {
	now := map[string]*zikr.Time{}
	for _, h := range snap.Hatms {
		now[fmt.Sprint(h.HatmNumber)] = h.DueAt
		for _, p := range h.Poras {
			if p.BookingID != nil {
				now[*p.BookingID] = p.DueAt
			}
		}
	}
	for i := range c.Hatms {
		h := &c.Hatms[i]
		h.DueAt = now[fmt.Sprint(h.HatmNumber)]
		for i := range h.Poras {
			if p := &h.Poras[i]; p.BookingID != nil {
				p.DueAt = now[*p.BookingID]
			}
		}
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
	if z.Members[k].Count += d.Count; z.Members[k].Count == 0 { // it was taken back
		z.Members = slices.Delete(z.Members, k, k+1)
	}
}

// replayUpdate takes over what group_updated may have changed.
func replayUpdate(c, snap *zikr.Snapshot) {
	c.Name, c.AdminID, c.Dedication, c.HatmGoal, c.IsPublic = snap.Name, snap.AdminID, snap.Dedication, snap.HatmGoal, snap.IsPublic
	c.GroupSettingsItem = snap.GroupSettingsItem
	replayDates(c, snap)
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
