package zikr_test

import (
	stdcmp "cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/zikr-app/zikr"
)

// TestModel runs random commands by several members against the real store and
// the model. After each, both agree, and what a client makes of the events that
// it saw agrees with the snapshot. -rapid.checks sets how many runs there are.
func TestModel(t *testing.T) {
	w := newWorld(t, lettingGuestsIn)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		newTwin(w, rt, runs).run()
	})
}

// twin is the real thing and its model, which live through the same commands.
type twin struct {
	*world
	rt      *rapid.T
	model   *model
	users   []string
	mute    []string // members who have no login
	groups  []string
	replica map[string]*zikr.Snapshot // what a client knows of each group
	closed  map[string]zikr.OpenHatm  // and of hatms that were completed, by group and number
	steps   int
}

// newTwin makes four users and a guest, of whom three are in a group that reads and in one that counts.
func newTwin(w *world, rt *rapid.T, run int) *twin {
	tw := &twin{world: w, rt: rt, model: newModel(), replica: map[string]*zikr.Snapshot{}, closed: map[string]zikr.OpenHatm{}}
	for i := range 4 {
		id := w.user(fmt.Sprintf("R%dU%d", run, i))
		tw.users, tw.model.users[id] = append(tw.users, id), &mUser{zone: time.UTC, hour: -1, poras: true}
	}
	admin, door := tw.users[0], w.group(zikr.ZikrGroup, tw.users[0])
	tw.users = append(tw.users, must(w.guest("Guest", w.link(admin, door, zikr.NewLink{Guests: true}))).User.ID)
	for _, user := range []string{tw.users[4], admin} { // or both would be reminded of a group that the model does not know
		if err := w.LeaveGroup(w.ctx, user, door); err != nil {
			rt.Fatal(err)
		}
	}
	for _, quran := range []bool{true, false} {
		kind := map[bool]zikr.GroupType{true: zikr.QuranGroup, false: zikr.ZikrGroup}[quran]
		id := w.group(kind, admin)
		g := &mGroup{id: id, quran: quran, admin: admin, members: []string{admin}, ever: []string{admin}, openHatms: 1, closed: map[int64]*mHatm{}}
		if quran {
			g.open = []*mHatm{{number: 1}}
		}
		tw.groups, tw.model.groups[id] = append(tw.groups, id), g
		tw.replica[id] = w.snapshot(admin, id)
		for _, user := range tw.users[1:3] {
			tw.join(user, id)
		}
		if rapid.Bool().Draw(rt, "anonymous") {
			tw.makeAnonymous(admin, id, true)
		}
		tw.createZikr(admin, id, 7)
	}
	return tw
}

func (tw *twin) run() {
	tw.rt.Repeat(map[string]func(*rapid.T){
		"": func(*rapid.T) { tw.agree(tw.users[tw.steps%len(tw.users)]) },
		"book": func(*rapid.T) {
			tw.book(mBook{user: tw.user(), group: tw.group(), pora: rapid.IntRange(0, 31).Draw(tw.rt, "pora"), number: tw.number(), forUser: tw.another()})
		},
		"book again":  func(*rapid.T) { tw.bookAgain() },
		"complete":    func(*rapid.T) { tw.complete(tw.about(tw.booking())) },
		"release":     func(*rapid.T) { tw.release(tw.about(tw.booking())) },
		"reopen":      func(*rapid.T) { tw.reopen(tw.about(tw.booking())) },
		"reopen hatm": func(*rapid.T) { tw.reopenHatm(tw.user(), tw.group(), tw.number()) },
		"date a hatm": func(*rapid.T) { tw.dateHatm(tw.user(), tw.group(), tw.number()) },
		"give time":   func(*rapid.T) { tw.giveTime(tw.about(tw.booking())) },
		"remind":      func(*rapid.T) { tw.remindPora(tw.about(tw.booking())) },
		"share":       func(*rapid.T) { tw.share(tw.user(), tw.group(), tw.number()) },
		"set":         func(*rapid.T) { tw.set(tw.user(), tw.group()) },
		"add member":  func(*rapid.T) { tw.addMember(tw.user(), tw.group()) },
		"time passes": func(*rapid.T) { tw.timePasses() },
		"read most":   func(*rapid.T) { tw.readMost(tw.user(), tw.groups[0]) },
		"count":       func(*rapid.T) { tw.count(tw.user(), tw.group()) },
		"undo":        func(*rapid.T) { tw.undo() },
		"undo member": func(*rapid.T) { tw.undoMember(tw.user(), tw.group(), tw.member()) },
		"prefer":      func(*rapid.T) { tw.prefer(tw.user()) },
		"create":      func(*rapid.T) { tw.createZikr(tw.user(), tw.group(), tw.goal()) },
		"set goal":    func(*rapid.T) { tw.setGoal(tw.user(), tw.group()) },
		"delete":      func(*rapid.T) { tw.deleteZikr(tw.user(), tw.group()) },
		"join":        func(*rapid.T) { tw.join(tw.user(), tw.group()) },
		"leave":       func(*rapid.T) { tw.leave(tw.user(), tw.group()) },
		"remove":      func(*rapid.T) { tw.remove(tw.user(), tw.group(), tw.member()) },
		"hand over":   func(*rapid.T) { tw.handOver(tw.user(), tw.group(), tw.member()) },
		"invite":      func(*rapid.T) { tw.invite(tw.user(), tw.group(), tw.user()) },
		"respond":     func(*rapid.T) { tw.respond() },
		"ban":         func(*rapid.T) { tw.banSomebody(tw.user(), tw.group(), tw.anybody()) },
		"unban":       func(*rapid.T) { tw.unban(tw.user(), tw.group(), tw.anybody()) },
		"block":       func(*rapid.T) { tw.block(tw.user(), tw.anybody()) },
		"unblock":     func(*rapid.T) { tw.unblock(tw.user(), tw.anybody()) },
		"make a link": func(*rapid.T) { tw.makeLink(tw.user(), tw.group()) },
		"end a link":  func(*rapid.T) { tw.endLink(tw.user(), tw.group(), tw.linkCode()) },
		"come by it":  func(*rapid.T) { tw.joinByLink(tw.user(), tw.linkCode()) },
		"be a guest":  func(*rapid.T) { tw.comeAsGuest(tw.linkCode()) },
		"mark read":   func(*rapid.T) { tw.markRead(tw.user()) },
		"make anonymous": func(*rapid.T) {
			tw.makeAnonymous(tw.user(), tw.group(), rapid.IntRange(0, 3).Draw(tw.rt, "anonymous") > 0)
		},
		"end a group": func(*rapid.T) { tw.deleteGroup(tw.user(), tw.group()) },
	})
	tw.agree(tw.users...)
}

// What is drawn.
func (tw *twin) user() string   { return rapid.SampledFrom(tw.users).Draw(tw.rt, "user") }
func (tw *twin) member() string { return rapid.SampledFrom(tw.all()).Draw(tw.rt, "member") }
func (tw *twin) group() string  { return rapid.SampledFrom(tw.groups).Draw(tw.rt, "group") }
func (tw *twin) goal() int64    { return rapid.Int64Range(0, 12).Draw(tw.rt, "goal") }

// booking is one that was made, most often one that is open, or none.
func (tw *twin) booking() string {
	all := append(slices.Sorted(maps.Keys(tw.model.bookings)), "nothing")
	open := slices.DeleteFunc(slices.Clone(all), func(id string) bool {
		b := tw.model.bookings[id]
		return b == nil || b.done || b.freed
	})
	if len(open) > 0 && rapid.IntRange(0, 3).Draw(tw.rt, "open") > 0 {
		all = open
	}
	return rapid.SampledFrom(all).Draw(tw.rt, "booking")
}

// about is who does something about a booking, most often its holder or the admin.
func (tw *twin) about(booking string) (user, _ string) {
	users := tw.users
	if b := tw.model.bookings[booking]; b != nil {
		users = append([]string{b.holder, b.holder, b.group.admin, b.group.admin}, users...)
	}
	return rapid.SampledFrom(users).Draw(tw.rt, "user"), booking
}

// zikrOf is a zikr of any group, most often of this one.
func (tw *twin) zikrOf(group string) string {
	ids := []string{"nothing"}
	for _, id := range append([]string{group, group}, tw.groups...) {
		for _, z := range tw.model.groups[id].zikrs {
			ids = append(ids, z.id)
		}
	}
	return rapid.SampledFrom(ids).Draw(tw.rt, "zikr")
}

// same fails if the real thing did not answer with the code of the model.
func (tw *twin) same(op string, want zikr.Code, err error) (ok bool) {
	if got := zikr.CodeOf(err); got != want {
		tw.rt.Fatalf("%s: got %q (%v), the model says %q", op, got, err, want)
	}
	return err == nil
}

func (tw *twin) complete(user, booking string) {
	want := tw.model.complete(user, booking)
	got, err := tw.CompletePora(tw.ctx, user, zikr.CompletePora{BookingID: booking})
	if tw.same("complete", want, err) {
		b := tw.model.bookings[booking]
		if b.completion == nil {
			b.completion, b.hatm.completed = got, got.Timestamp.Time // the last one completes it
			b.day = tw.model.today(b.holder, b.group.id, got.Timestamp.Time)
			tw.model.did(b.day, 0, 1)
		}
		tw.equal("a repeated completion", b.completion, got)
	}
}

func (tw *twin) release(user, booking string) {
	want := tw.model.release(user, booking)
	got, err := tw.ReleasePora(tw.ctx, user, zikr.ReleasePora{BookingID: booking})
	if tw.same("release", want, err) {
		b := tw.model.bookings[booking]
		if b.release == nil {
			b.release = got
		}
		b.release.Timestamp = got.Timestamp // leaving may have been the release
		tw.equal("a repeated release", b.release, got)
	}
}

func (tw *twin) count(user, group string) {
	id := tw.zikrOf(group)
	n := rapid.OneOf(rapid.Int64Range(1, 30), rapid.SampledFrom([]int64{-1, 0, 100_000, 100_001})).Draw(tw.rt, "count")
	op := rapid.SampledFrom([]string{"", "", "a", "b", "c"}).Draw(tw.rt, "opId")
	forUser := tw.another()
	want, code := tw.model.count(user, group, id, n, op, forUser)
	in := zikr.UpdateZikrCount{GroupID: group, ZikrID: id, Count: zikr.Int(n)}
	if forUser != "" {
		in.ForUserID = &forUser
	}
	if op != "" {
		in.OpID = &op
	}
	got, err := tw.UpdateZikrCount(tw.ctx, user, in)
	if !tw.same("count", code, err) {
		return
	}
	if want.ID == "" { // the first of its opId
		want.ID, want.Timestamp = got.ID, got.Timestamp
		tw.model.counts[got.ID] = tw.model.made(stdcmp.Or(forUser, user), user, group, id, n, got.Timestamp.Time)
	}
	tw.equal("the count", want, got)
}

func (tw *twin) createZikr(user, group string, goal int64) {
	g, want := tw.model.enter(user, group, true)
	got, err := tw.CreateZikr(tw.ctx, user, group, zikr.NewZikr{Name: "z", Goal: number(goal)})
	if tw.same("create zikr", want, err) {
		g.zikrs = append(g.zikrs, &mZikr{id: got.ZikrID, goal: goal, shares: map[string]int64{}})
		g.seq++
	}
}

func (tw *twin) setGoal(user, group string) {
	id, goal := tw.zikrOf(group), tw.goal()
	want := tw.model.setGoal(user, group, id, goal)
	tw.same("set goal", want, second(tw.UpdateZikr(tw.ctx, user, group, id, zikr.ZikrChange{Goal: number(goal)})))
}

func (tw *twin) deleteZikr(user, group string) {
	id := tw.zikrOf(group)
	tw.same("delete zikr", tw.model.deleteZikr(user, group, id), tw.DeleteZikr(tw.ctx, user, group, id))
}

func (tw *twin) join(user, group string) {
	tw.same("join", tw.model.join(user, group), second(tw.JoinPublicGroup(tw.ctx, user, group)))
}

func (tw *twin) leave(user, group string) {
	tw.same("leave", tw.model.leave(user, group), tw.LeaveGroup(tw.ctx, user, group))
}

func (tw *twin) remove(user, group, member string) {
	tw.same("remove", tw.model.remove(user, group, member), tw.RemoveMember(tw.ctx, user, group, member))
}

func (tw *twin) handOver(user, group, member string) {
	want := tw.model.handOver(user, group, member)
	tw.same("hand over", want, second(tw.UpdateGroup(tw.ctx, user, group, zikr.GroupChange{AdminID: &member})))
}

func (tw *twin) deleteGroup(user, group string) {
	tw.same("delete group", tw.model.deleteGroup(user, group), tw.DeleteGroup(tw.ctx, user, group))
}

func (tw *twin) invite(user, group, receiver string) {
	want := tw.model.invite(user, group, receiver)
	got, err := tw.SendInvitation(tw.ctx, user, zikr.SendInvitation{GroupID: group, ReceiverID: receiver})
	if tw.same("invite", want, err) {
		tw.model.wasInvited(got.ID, user, group, receiver)
	}
}

// respond answers an invitation, most often as its receiver.
func (tw *twin) respond() {
	id := rapid.SampledFrom(append(slices.Sorted(maps.Keys(tw.model.invited)), "nothing")).Draw(tw.rt, "invitation")
	user, accept := tw.user(), rapid.Bool().Draw(tw.rt, "accept")
	in := tw.model.invited[id]
	if in != nil && rapid.IntRange(0, 3).Draw(tw.rt, "receiver") > 0 {
		user = in.receiver
	}
	want := tw.model.respond(user, id, accept)
	got, err := tw.RespondToInvitation(tw.ctx, user, zikr.RespondToInvitation{NotificationID: id, Accept: accept})
	if tw.same("respond", want, err) {
		if in.confirmation != nil {
			tw.equal("a repeated answer", in.confirmation, got)
			return
		}
		in.confirmation = pointer(*got)
		in.confirmation.Joined = 0
	}
}

// markRead reads one of a user's unread notifications.
func (tw *twin) markRead(user string) {
	real, want := tw.unread(user), tw.model.unread(user)
	if len(real) == 0 || len(real) != len(want) {
		return
	}
	i := rapid.IntRange(0, len(real)-1).Draw(tw.rt, "notification")
	_, err := tw.read(user, real[i].ID)
	tw.same("mark read", "", err)
	want[i].read = true
}

// equal compares two answers.
func (tw *twin) equal(what string, want, got any) {
	if diff := cmp.Diff(want, got); diff != "" {
		tw.rt.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// agree compares everything that can be seen of the groups, and the notifications
// of some users: of all after each command would take too long.
func (tw *twin) agree(users ...string) {
	tw.steps++
	for _, id := range tw.groups {
		g := tw.model.groups[id]
		if g.deleted {
			_, err := tw.Snapshot(tw.ctx, g.admin, id)
			tw.same("snapshot of a deleted group", zikr.CodeNotMember, err)
			continue
		}
		snap := tw.snapshot(g.admin, id)
		tw.agreeOnGroup(g, snap)
		tw.agreeOnEntry(g)
		tw.follow(tw.replica[id], g.follower(snap))
		for _, user := range users {
			tw.agreeOnSight(g, snap, user)
		}
	}
	for _, user := range users {
		var want, got []mNote
		for _, n := range tw.model.unread(user) {
			want = append(want, mNote{kind: n.kind, sender: tw.model.sender(n), group: n.group})
		}
		for _, n := range tw.unread(user) {
			got = append(got, mNote{kind: n.Type, sender: n.SenderID, group: n.GroupID})
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(mNote{})); diff != "" {
			tw.rt.Fatalf("unread notifications of %s (-model +real):\n%s", user, diff)
		}
		tw.agreeOnDays(user)
		tw.agreeOnBlocks(user)
	}
}

// groupState is what the model knows of a snapshot.
type groupState struct {
	Admin   string
	Members []string
	Hatms   int64
	Seq     int64
	Poras   []string // hatm, date, booking, holder, status and date of those that are taken
	Zikrs   []string // totals and cycles
	Shares  map[string]int64
}

func (tw *twin) agreeOnGroup(g *mGroup, snap *zikr.Snapshot) {
	want := groupState{Admin: g.admin, Members: g.members, Hatms: g.hatms, Seq: g.seq, Shares: map[string]int64{}}
	tw.learnHatms(g, snap)
	for _, h := range g.open {
		want.Poras = append(want.Poras, fmt.Sprint("hatm ", h.number, date(h.date()), tw.model.done(h)))
		for n, id := range h.poras[1:] {
			if b := tw.model.bookings[id]; b != nil {
				want.Poras = append(want.Poras, fmt.Sprint(n+1, id, b.holder, b.done, date(b.due)))
			}
		}
	}
	for _, z := range g.zikrs {
		if z.deleted {
			continue
		}
		var cycles int64
		if z.goal > 0 {
			cycles = z.total / z.goal
		}
		want.Zikrs = append(want.Zikrs, fmt.Sprint(z.id, z.total, cycles, percent(z.total, z.goal)))
		for user, n := range z.shares {
			want.Shares[z.id+" "+user] = n
		}
	}
	if diff := cmp.Diff(want, stateOf(snap), cmpopts.EquateEmpty()); diff != "" {
		tw.rt.Fatalf("group %s (-model +real):\n%s", g.id, diff)
	}
}

func stateOf(snap *zikr.Snapshot) groupState {
	got := groupState{Admin: snap.AdminID, Hatms: snap.HatmCount, Seq: snap.Seq, Shares: map[string]int64{}}
	for _, m := range snap.Members {
		got.Members = append(got.Members, m.UserID)
	}
	for _, h := range snap.Hatms {
		got.Poras = append(got.Poras, fmt.Sprint("hatm ", h.HatmNumber, dateOf(h.DueAt), h.TotalFinished))
		for i, p := range h.Poras {
			if p.BookingID != nil {
				got.Poras = append(got.Poras, fmt.Sprint(i+1, *p.BookingID, *p.UserID, p.Status == "completed", dateOf(p.DueAt)))
			}
		}
	}
	for _, z := range snap.Zikrs {
		got.Zikrs = append(got.Zikrs, fmt.Sprint(z.ZikrID, z.TotalCount, z.CycleCount, z.Progress))
		var sum int64
		for _, share := range z.Members {
			got.Shares[z.ZikrID+" "+share.UserID] = share.Count
			sum += share.Count
		}
		if sum != z.TotalCount {
			got.Zikrs = append(got.Zikrs, fmt.Sprint("shares sum to ", sum, ", not to ", z.TotalCount))
		}
	}
	return got
}
