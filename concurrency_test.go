package zikr_test

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// wantGapless fails if the group's events were not announced and logged each
// once, in order, from 1.
func (w *world) wantGapless(groupID string) {
	w.t.Helper()
	logged := w.events(groupID, 0)
	for i, e := range logged {
		if e.Seq != int64(i+1) {
			w.t.Fatalf("event %d has seq %d", i+1, e.Seq)
		}
	}
	if diff := cmp.Diff(logged, w.bus.published(groupID), cmp.Comparer(sameEvent)); diff != "" {
		w.t.Errorf("(-log +announced):\n%s", diff)
	}
}

// 40 connections of 20 members book each of 30 poras at once: each pora is one's.
func TestBookAtOnce(t *testing.T) {
	w := newWorld(t)
	members := w.users(20)
	g := w.group(zikr.QuranGroup, members[0], members[1:]...)
	since := w.seq(g)
	var won [zikr.Poras + 1]atomic.Pointer[string] // the booking
	errs := atOnce(40*zikr.Poras, func(i int) error {
		pora, member := i%zikr.Poras+1, members[i/zikr.Poras%20]
		got, err := w.BookPora(w.ctx, member, zikr.BookPora{GroupID: g, PoraID: fmt.Sprint(pora)})
		switch {
		case zikr.CodeOf(err) == zikr.CodePoraBooked:
			return nil
		case err != nil:
			return err
		case !won[pora].CompareAndSwap(nil, &got.BookingID) && *won[pora].Load() != got.BookingID:
			return fmt.Errorf("pora %d was confirmed as %s and as %s", pora, *won[pora].Load(), got.BookingID)
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, p := range w.snapshot(members[0], g).Poras {
		if p.BookingID == nil {
			t.Errorf("pora %s is nobody's", p.PoraID)
		}
	}
	if names := w.eventNames(g, since); len(names) != zikr.Poras {
		t.Errorf("got %d pora_booked, want %d", len(names), zikr.Poras)
	}
	w.wantGapless(g)
}

// Sixty completions by six members at once are exactly two hatms.
func TestCompleteAtOnce(t *testing.T) {
	w := newWorld(t)
	members := w.users(6)
	g := w.group(zikr.QuranGroup, members[0], members[1:]...)
	since := w.seq(g)
	errs := atOnce(len(members), func(i int) error {
		for range 2 * zikr.Poras / len(members) {
			booking, err := w.bookAny(members[i], g)
			if err != nil {
				return err
			}
			if _, err := w.CompletePora(w.ctx, members[i], zikr.CompletePora{BookingID: booking}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	var finished, hatms []int64
	for _, e := range w.events(g, since) {
		switch e.Name {
		case "pora_completed":
			var got zikr.PoraCompleted
			decode(t, e.Data, &got)
			finished = append(finished, got.TotalFinished)
			if got.HatmCompleted != (got.TotalFinished == zikr.Poras) {
				t.Errorf("got %+v", got)
			}
		case "hatm_completed":
			var got zikr.HatmCompleted
			decode(t, e.Data, &got)
			hatms = append(hatms, got.HatmCount)
			if len(finished)%zikr.Poras != 0 {
				t.Errorf("hatm %d after %d completions", got.HatmCount, len(finished))
			}
		}
	}
	var once []int64
	for n := int64(1); n <= zikr.Poras; n++ {
		once = append(once, n)
	}
	if diff := cmp.Diff(slices.Concat(once, once), finished); diff != "" {
		t.Errorf("totalFinished (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{1, 2}, hatms); diff != "" {
		t.Errorf("hatmCount (-want +got):\n%s", diff)
	}
	if got := w.snapshot(members[0], g).HatmCount; got != 2 {
		t.Errorf("got %d hatms, want 2", got)
	}
	w.wantGapless(g)
}

// bookAny books some pora that is free, and waits for the next hatm if none is.
func (w *world) bookAny(member, groupID string) (booking string, err error) {
	deadline := time.Now().Add(patience)
	for n := 0; time.Now().Before(deadline); n++ {
		got, err := w.BookPora(w.ctx, member, zikr.BookPora{GroupID: groupID, PoraID: fmt.Sprint(n%zikr.Poras + 1)})
		switch zikr.CodeOf(err) {
		case "":
			return got.BookingID, nil
		case zikr.CodePoraBooked, zikr.CodePoraCompleted:
		default:
			return "", err
		}
	}
	return "", fmt.Errorf("no pora was free within %s", patience)
}

// 1,000 counts by 20 members at once: each is added once, and the goal is
// reached once per cycle.
func TestCountAtOnce(t *testing.T) {
	w := newWorld(t)
	members := w.users(20)
	g := w.group(zikr.ZikrGroup, members[0], members[1:]...)
	const goal, counts = 500, 1000
	z := w.zikr(members[0], g, goal)
	since := w.seq(g)
	var sum atomic.Int64
	confirmed := make([]*zikr.ZikrUpdateConfirmed, counts)
	errs := atOnce(counts, func(i int) error {
		n := int64(i%7 + 1)
		sum.Add(n)
		var err error
		confirmed[i], err = w.UpdateZikrCount(w.ctx, members[i%20], zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: zikr.Int(n)})
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(confirmed, func(a, b *zikr.ZikrUpdateConfirmed) int { return int(a.TotalCount - b.TotalCount) })
	var total, reached int64
	for _, c := range confirmed {
		if total += c.Count; c.TotalCount != total {
			t.Fatalf("a count of %d made %d of %d", c.Count, c.TotalCount, total-c.Count)
		}
		if c.GoalReached {
			reached++
		}
		if c.CycleCount != reached || c.CycleCount != total/goal {
			t.Errorf("at %d: %d cycles, reached %d times", total, c.CycleCount, reached)
		}
	}
	item := w.zikrItem(members[0], g, z)
	var shares int64
	for _, share := range item.Members {
		shares += share.Count
	}
	if want := sum.Load(); total != want || item.TotalCount != want || shares != want || len(item.Members) != 20 {
		t.Errorf("confirmed %d, total %d, shares of %d members %d, want %d", total, item.TotalCount, len(item.Members), shares, want)
	}
	if names := w.eventNames(g, since); len(names) != counts {
		t.Errorf("got %d events, want %d", len(names), counts)
	}
	w.wantGapless(g)
}

// One opId sent from many connections at once, for two groups, is one counting.
func TestOpIDAtOnce(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	groups := []string{w.group(zikr.ZikrGroup, ali), w.group(zikr.ZikrGroup, ali)}
	zikrs := []string{w.zikr(ali, groups[0], 0), w.zikr(ali, groups[1], 0)}
	confirmed := make([]*zikr.ZikrUpdateConfirmed, 40)
	errs := atOnce(len(confirmed), func(i int) (err error) {
		confirmed[i], err = w.UpdateZikrCount(w.ctx, ali, zikr.UpdateZikrCount{
			GroupID: groups[i%2], ZikrID: zikrs[i%2], Count: zikr.Int(i + 1), OpID: pointer("op"),
		})
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, c := range confirmed[1:] {
		if diff := cmp.Diff(confirmed[0], c); diff != "" {
			t.Fatalf("(-one +another):\n%s", diff)
		}
	}
	if total := w.zikrItem(ali, groups[0], zikrs[0]).TotalCount + w.zikrItem(ali, groups[1], zikrs[1]).TotalCount; total != confirmed[0].Count {
		t.Errorf("counted %d, want %d", total, confirmed[0].Count)
	}
}

// Accepted and rejected at once, from several devices: one wins.
func TestAnswerAtOnce(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	for round := range 10 {
		vali := w.user(fmt.Sprint("Vali", round))
		g := w.group(zikr.QuranGroup, ali)
		id := w.invite(ali, g, vali)
		errs := atOnce(6, func(i int) error { return second(w.respond(vali, id, i%2 == 0)) })
		accepted := errs[0] == nil
		for i, err := range errs {
			want := zikr.Code("")
			if accepted != (i%2 == 0) {
				want = zikr.CodeInvitationAnswered
			}
			wantCode(t, err, want)
		}
		_, err := w.Standing(w.ctx, vali, g)
		if (err == nil) != accepted || w.seq(g) != int64(len(w.eventNames(g, 0))) || len(w.eventNames(g, 0)) > 1 {
			t.Errorf("accepted %t, standing %v, events %v", accepted, err, w.eventNames(g, 0))
		}
		if got := w.unreadTypes(ali); len(got) != round+1 {
			t.Errorf("round %d: the sender has %v", round, got)
		}
	}
}

// Of many invitations of one user at once, one is sent.
func TestInviteAtOnce(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali)
	sent := 0
	for _, err := range atOnce(10, func(int) error {
		return second(w.SendInvitation(w.ctx, ali, zikr.SendInvitation{GroupID: g, ReceiverID: vali}))
	}) {
		if err == nil {
			sent++
			continue
		}
		wantCode(t, err, zikr.CodeInvitationPending)
	}
	if got := w.unread(vali); sent != 1 || len(got) != 1 {
		t.Errorf("%d were sent and %d arrived, want one", sent, len(got))
	}
}

// Everybody joins at once and leaves at once: each is told once, and the group ends once.
func TestJoinAndLeaveAtOnce(t *testing.T) {
	w := newWorld(t)
	members := w.users(10)
	g := w.group(zikr.QuranGroup, members[0])
	if err := errors.Join(atOnce(30, func(i int) error {
		return second(w.JoinPublicGroup(w.ctx, members[i%10], g))
	})...); err != nil {
		t.Fatal(err)
	}
	if got := must(w.Groups(w.ctx, members[0], zikr.Page{})).Items[0].MemberCount; got != 10 {
		t.Errorf("got %d members, want 10", got)
	}
	left := atomic.Int64{}
	for _, err := range atOnce(30, func(i int) error { return w.LeaveGroup(w.ctx, members[i%10], g) }) {
		if err == nil {
			left.Add(1)
			continue
		}
		wantCode(t, err, zikr.CodeNotMember)
	}
	tally := map[string]int{}
	for _, name := range w.eventNames(g, 0) {
		tally[name]++
	}
	delete(tally, "group_updated") // as often as an admin left before the others
	want := map[string]int{"member_joined": 9, "member_left": 10, "group_deleted": 1}
	if diff := cmp.Diff(want, tally); diff != "" || left.Load() != 10 {
		t.Errorf("%d left (-want +got):\n%s", left.Load(), diff)
	}
	w.wantGapless(g)
}

// Of many who register one email at once, one does.
func TestRegisterAtOnce(t *testing.T) {
	w := newWorld(t)
	registered := 0
	for _, err := range atOnce(10, func(int) error { return second(w.Register(w.ctx, registration())) }) {
		if err == nil {
			registered++
			continue
		}
		wantCode(t, err, zikr.CodeEmailTaken)
	}
	if registered != 1 {
		t.Errorf("%d registered, want one", registered)
	}
}
