package zikr_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/zikr-app/zikr"
)

// mostUsers is how many users a run may have: all that they see is compared.
const mostUsers = 8

// anybody is one of the users or of the members who have no login, or nobody.
func (tw *twin) anybody() string {
	return rapid.SampledFrom(append([]string{"nobody"}, tw.all()...)).Draw(tw.rt, "whom")
}

// linkCode is one that was made, or what is the code of none.
func (tw *twin) linkCode() string {
	codes := append(slices.Sorted(maps.Keys(tw.model.links)), "nothing", "0000000000000000")
	return rapid.SampledFrom(codes).Draw(tw.rt, "link")
}

func (tw *twin) makeLink(user, group string) {
	l := &mLink{
		group: tw.model.groups[group], most: rapid.Int64Range(0, 3).Draw(tw.rt, "maxUses"), guests: rapid.Bool().Draw(tw.rt, "guests"),
	}
	in := zikr.NewLink{Guests: l.guests}
	if l.most > 0 {
		in.MaxUses = number(l.most)
	}
	if hours := rapid.IntRange(0, 90).Draw(tw.rt, "hours"); hours > 0 {
		l.expires = zikr.At(tw.clock.now().Add(time.Duration(hours) * time.Hour)).Time
		in.ExpiresAt = moment(l.expires)
	}
	_, want := tw.model.enter(user, group, true)
	got, err := tw.CreateLink(tw.ctx, user, group, in)
	if tw.same("make a link", want, err) {
		tw.model.links[got.Code] = l
	}
}

func (tw *twin) endLink(user, group, code string) {
	tw.same("end a link", tw.model.endLink(user, group, code), tw.EndLink(tw.ctx, user, group, code))
}

func (tw *twin) joinByLink(user, code string) {
	tw.same("join by a link", tw.model.joinByLink(user, code, tw.clock.now()), second(tw.JoinByLink(tw.ctx, user, code)))
}

// comeAsGuest makes a guest of somebody who has no account, or lets somebody who has one come.
func (tw *twin) comeAsGuest(code string) {
	want := tw.model.welcomes(code, tw.clock.now())
	if want == "" && len(tw.users) >= mostUsers {
		tw.joinByLink(tw.user(), code)
		return
	}
	got, err := tw.guest("Guest", code)
	if !tw.same("come as a guest", want, err) {
		return
	}
	id := got.User.ID
	tw.users, tw.model.users[id] = append(tw.users, id), &mUser{zone: time.UTC, hour: -1, poras: true}
	tw.equal("what lets a guest in", zikr.Code(""), tw.model.joinByLink(id, code, tw.clock.now()))
}

func (tw *twin) banSomebody(user, group, banned string) {
	tw.same("ban", tw.model.ban(user, group, banned), tw.world.ban(user, group, banned))
}

func (tw *twin) unban(user, group, banned string) {
	tw.same("take a ban back", tw.model.unban(user, group, banned), tw.UnbanUser(tw.ctx, user, group, banned))
}

func (tw *twin) block(user, other string) {
	tw.same("block", tw.model.block(user, other), tw.BlockUser(tw.ctx, user, other))
}

func (tw *twin) unblock(user, other string) {
	tw.model.unblock(user, other)
	tw.same("end a block", "", tw.UnblockUser(tw.ctx, user, other))
}

// agreeOnEntry compares who is kept out of a group, and which links lead into it.
func (tw *twin) agreeOnEntry(g *mGroup) {
	sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	if diff := cmp.Diff(g.banned, tw.banned(g.admin, g.id), sorted, cmpopts.EquateEmpty()); diff != "" {
		tw.rt.Fatalf("who is banned from %s (-model +real):\n%s", g.id, diff)
	}
	var want, got []string
	for code, l := range tw.model.links {
		if l.group != g {
			continue
		}
		page, err := tw.LinkPage(tw.ctx, code)
		if l.over(tw.clock.now()) {
			tw.same("the page of a link that is over", zikr.CodeLinkExpired, err)
			continue
		}
		tw.same("the page of a link", "", err)
		tw.equal("what it says", fmt.Sprint(g.id, len(g.members), g.hatms, l.guests), fmt.Sprint(page.GroupID, page.MemberCount, page.HatmCount, page.Guests))
		want = append(want, fmt.Sprint(code, len(l.used), l.most, l.guests))
	}
	for _, l := range must(tw.Links(tw.ctx, g.admin, g.id)).Items {
		most := int64(0)
		if l.MaxUses != nil {
			most = *l.MaxUses
		}
		got = append(got, fmt.Sprint(l.Code, l.Uses, most, l.Guests))
	}
	if diff := cmp.Diff(want, got, sorted, cmpopts.EquateEmpty()); diff != "" {
		tw.rt.Fatalf("links into %s (-model +real):\n%s", g.id, diff)
	}
}

// agreeOnBlocks compares whose invitations a user keeps away.
func (tw *twin) agreeOnBlocks(user string) {
	var got []string
	for _, b := range must(tw.Blocks(tw.ctx, user, zikr.Page{})).Items {
		got = append(got, b.UserID)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(tw.model.blocks[user])), got, cmpopts.EquateEmpty()); diff != "" {
		tw.rt.Fatalf("whom %s blocks (-model +real):\n%s", user, diff)
	}
}
