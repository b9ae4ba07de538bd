package zikr_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/zikr-app/zikr"
)

// This file is what the contract says that each kind of person may see (section 2, Who sees what),
// made of what a group's admin sees, and compared with what each gets.

// hide makes a group anonymous, or tries to make it another again.
func (m *model) hide(user, group string, anonymous bool) zikr.Code {
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return code
	case g.anonymous && !anonymous:
		return zikr.CodeInvalidPayload
	case g.anonymous != anonymous:
		g.anonymous = true
		g.seq++
	}
	return ""
}

// sender is who a notification is from, as its receiver is told.
func (m *model) sender(n *mNote) string {
	tells := n.kind == zikr.NotifyHatmCompleted || n.kind == zikr.NotifyGoalReached
	if g := m.groups[n.group]; tells && g != nil && g.anonymous {
		return ""
	}
	return n.sender
}

// seen is what a person is told of a group, of which full is what its admin is told.
func (m *model) seen(g *mGroup, full *zikr.Snapshot, viewer string) *zikr.Snapshot {
	s := copied(full)
	for i := range s.Zikrs {
		z := slices.IndexFunc(g.zikrs, func(z *mZikr) bool { return z.id == s.Zikrs[i].ZikrID })
		s.Zikrs[i].MyCount = g.zikrs[z].shares[viewer]
	}
	switch {
	case !g.has(viewer):
		asStranger(s)
	case g.anonymous && g.admin != viewer:
		unnamed(s, viewer)
	}
	return s
}

// copied is a snapshot that shares nothing with another.
func copied(s *zikr.Snapshot) *zikr.Snapshot {
	out := new(zikr.Snapshot)
	if err := json.Unmarshal(must(json.Marshal(s)), out); err != nil {
		panic(err)
	}
	return out
}

// asStranger takes everything out of a snapshot but the state of poras, and totals.
func asStranger(s *zikr.Snapshot) {
	for i := range s.Zikrs {
		s.Zikrs[i].Members = nil
	}
	only := func(poras []zikr.PoraItem) {
		for i, p := range poras {
			poras[i] = zikr.PoraItem{PoraID: p.PoraID, PoraName: p.PoraName, Status: p.Status}
		}
	}
	only(s.Poras)
	for _, h := range s.Hatms {
		only(h.Poras)
	}
	s.MemberCount, s.Members, s.AdminID = int64(len(s.Members)), nil, ""
}

// unnamed takes out of a snapshot who did what, but for one.
func unnamed(s *zikr.Snapshot, viewer string) {
	unnamedPoras(s.Poras, viewer)
	for _, h := range s.Hatms {
		unnamedPoras(h.Poras, viewer)
	}
	for i := range s.Zikrs {
		z := &s.Zikrs[i]
		var others int64
		own := slices.DeleteFunc(z.Members, func(share zikr.ShareItem) bool {
			if share.UserID != viewer {
				others += share.Count
			}
			return share.UserID != viewer
		})
		if z.Members = own; others > 0 {
			z.Members = append(own, zikr.ShareItem{Count: others})
		}
	}
}

func unnamedPoras(poras []zikr.PoraItem, viewer string) {
	for i := range poras {
		if p := &poras[i]; p.UserID != nil && *p.UserID != viewer {
			p.UserID, p.UserName = pointer(""), pointer("")
		}
	}
}

// makeAnonymous asks for a group that names nobody.
func (tw *twin) makeAnonymous(user, group string, anonymous bool) {
	want := tw.model.hide(user, group, anonymous)
	_, err := tw.UpdateGroup(tw.ctx, user, group, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{IsAnonymous: &anonymous}})
	tw.same("make anonymous", want, err)
}

// agreeOnSight compares what a person gets of a group with what they may see.
func (tw *twin) agreeOnSight(g *mGroup, full *zikr.Snapshot, viewer string) {
	byUser := cmpopts.SortSlices(func(a, b zikr.ShareItem) bool { return a.UserID < b.UserID })
	if diff := cmp.Diff(tw.model.seen(g, full, viewer), tw.snapshot(viewer, g.id), byUser, cmpopts.EquateEmpty()); diff != "" {
		tw.rt.Fatalf("what %s sees of group %s (-model +real):\n%s", viewer, g.id, diff)
	}
	tw.agreeOnHatms(g, viewer)
	page, err := tw.Events(tw.ctx, viewer, g.id, 0, 1000)
	if !g.has(viewer) {
		tw.same("events for a stranger", zikr.CodeNotMember, err)
		return
	}
	tw.same("events", "", err)
	for _, e := range page.Events {
		tw.agreeOnEvent(g, e)
	}
}

// agreeOnHatms compares who read what in all hatms, as the admin and another member are told.
func (tw *twin) agreeOnHatms(g *mGroup, viewer string) {
	got, err := tw.GroupHatms(tw.ctx, viewer, g.id, zikr.Page{Limit: 200})
	if !g.has(viewer) {
		tw.same("history for a stranger", zikr.CodeNotMember, err)
		return
	}
	want := must(tw.GroupHatms(tw.ctx, g.admin, g.id, zikr.Page{Limit: 200}))
	for _, h := range want.Items {
		for i, r := range h.Readers {
			if g.anonymous && viewer != g.admin && r.UserID != viewer {
				h.Readers[i].UserID, h.Readers[i].UserName = "", ""
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		tw.rt.Fatalf("the hatms of %s as %s sees them (-model +real):\n%s", g.id, viewer, diff)
	}
}

// agreeOnEvent sees that an event names who did something in an ordinary group, and nobody in an anonymous one.
func (tw *twin) agreeOnEvent(g *mGroup, e zikr.LoggedEvent) {
	var d struct{ UserID, UserName, BookingID string }
	if err := json.Unmarshal(e.Data, &d); err != nil {
		tw.rt.Fatalf("decode %s: %v", e.Event, err)
	}
	switch e.Event {
	case "pora_booked", "pora_completed", "pora_released", "pora_reopened":
		want := tw.model.bookings[d.BookingID].holder
		if g.anonymous {
			want = ""
		}
		if d.UserID != want || g.anonymous && d.UserName != "" {
			tw.rt.Fatalf("event %d %s names %q %q, want %q", e.Seq, e.Event, d.UserID, d.UserName, want)
		}
	case "zikr_count_updated":
		if named := d.UserID != ""; named == g.anonymous || named != (d.UserName != "") {
			tw.rt.Fatalf("event %d %s names %q %q; anonymous: %t", e.Seq, e.Event, d.UserID, d.UserName, g.anonymous)
		}
	case "member_joined", "member_left":
		if d.UserID == "" || d.UserName == "" {
			tw.rt.Fatalf("event %d %s does not say who", e.Seq, e.Event)
		}
	default:
		if strings.Contains(string(e.Data), "userId") {
			tw.rt.Fatalf("event %d %s names somebody: %s", e.Seq, e.Event, e.Data)
		}
	}
}

// keepsSilent fails if a refusal tells somebody who has a pora in an anonymous group.
func (tw *twin) keepsSilent(in mBook, err error) {
	g := tw.model.groups[in.group]
	if err != nil && g.anonymous && g.admin != in.user && strings.Contains(err.Error(), "Karimov") {
		tw.rt.Fatalf("in an anonymous group %s is told: %v", in.user, err)
	}
}

// follower is a client that has no doings of its own: it knows of an anonymous group what all are told.
func (g *mGroup) follower(snap *zikr.Snapshot) *zikr.Snapshot {
	if g.anonymous {
		snap = copied(snap)
		unnamed(snap, "")
	}
	return snap
}

// forgetNames is what a client does when its group becomes anonymous.
func (tw *twin) forgetNames(c *zikr.Snapshot) {
	if !c.IsAnonymous {
		return
	}
	unnamed(c, "")
	for known, h := range tw.closed {
		if strings.HasPrefix(known, fmt.Sprint(c.ID, "/")) {
			unnamedPoras(h.Poras, "")
		}
	}
}
