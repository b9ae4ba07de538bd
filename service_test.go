package zikr_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// The key of a command says what it changes: where commands of different keys
// run at once, two that change the same must have the same.
func TestKeys(t *testing.T) {
	keys := &tap{}
	w := newWorld(t, withTap(keys))
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g, mine, group := w.group(zikr.QuranGroup, ali, vali), []zikr.Key{zikr.UserKey(ali)}, []zikr.Key(nil)
	group = append(group, zikr.GroupKey(g))
	z := w.zikr(ali, g, 1)
	booking, other := w.book(vali, g, 1), w.book(vali, g, 2)
	invitation := w.invite(ali, g, sami)
	w.count(ali, g, z, 1)
	notice := w.unread(vali)[0].ID
	session, _ := w.session("ali@example.org")

	for _, test := range []struct {
		name string
		run  func() error
		want []zikr.Key
	}{
		{"BookPora", func() error { return second(w.BookPora(w.ctx, ali, zikr.BookPora{GroupID: g, PoraID: "3"})) }, group},
		{"CompletePora", func() error { return second(w.CompletePora(w.ctx, vali, zikr.CompletePora{BookingID: booking})) }, group},
		{"ReleasePora", func() error { return second(w.ReleasePora(w.ctx, vali, zikr.ReleasePora{BookingID: other})) }, group},
		{"UpdateZikrCount", func() error {
			return second(w.UpdateZikrCount(w.ctx, vali, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 1}))
		}, group},
		{"CreateZikr", func() error { return second(w.CreateZikr(w.ctx, ali, g, zikr.NewZikr{Name: "z"})) }, group},
		{"UpdateZikr", func() error { return second(w.UpdateZikr(w.ctx, ali, g, z, zikr.ZikrChange{Goal: number(2)})) }, group},
		{"DeleteZikr", func() error { return w.DeleteZikr(w.ctx, ali, g, z) }, group},
		{"ReadNotification of an invitation", func() error { return second(w.read(sami, invitation)) }, group},
		{"ReadNotification of a notice", func() error { return second(w.read(vali, notice)) }, []zikr.Key{zikr.UserKey(vali)}},
		{"RespondToInvitation", func() error { return second(w.respond(sami, invitation, true)) }, group},
		{"RemoveMember", func() error { return w.RemoveMember(w.ctx, ali, g, sami) }, group},
		{"JoinPublicGroup", func() error { return second(w.JoinPublicGroup(w.ctx, sami, g)) }, group},
		{"LeaveGroup", func() error { return w.LeaveGroup(w.ctx, sami, g) }, group},
		{"SendInvitation", func() error {
			return second(w.SendInvitation(w.ctx, ali, zikr.SendInvitation{GroupID: g, ReceiverID: sami}))
		}, group},
		{"UpdateGroup", func() error { return second(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{Name: pointer("n")})) }, group},
		{"CreateGroup", func() error { return second(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "n", Type: zikr.ZikrGroup})) }, mine},
		{"UpdateMe", func() error { return second(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Name: pointer("n")})) }, mine},
		{"DeleteGroup", func() error { return w.DeleteGroup(w.ctx, ali, g) }, group},
	} {
		t.Run(test.name, func(t *testing.T) {
			keys.reset(0)
			if err := test.run(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, keys.commands()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// forgetful is a Store that runs each command twice and keeps the second run, as a
// store does when the database fails a commit.
type forgetful struct{ zikr.Store }

var errCommit = errors.New("the commit failed")

func (f forgetful) Update(ctx context.Context, key zikr.Key, command func(zikr.Tx) error) error {
	failed := f.Store.Update(ctx, key, func(tx zikr.Tx) error {
		if err := command(tx); err != nil {
			return err
		}
		return errCommit // what was written is rolled back
	})
	if !errors.Is(failed, errCommit) {
		return failed
	}
	return f.Store.Update(ctx, key, command)
}

// A command that runs again must do the same again, and be announced once.
func TestCommandsRunAgain(t *testing.T) {
	w := newWorld(t, func(cfg *zikr.Config) { cfg.Store = forgetful{cfg.Store} })
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{
		Name: "n", Type: zikr.QuranGroup, IsPublic: true, Zikr: &zikr.NewZikr{Name: "z", Goal: number(5)},
	}))
	z := g.Zikrs[0].ZikrID
	must(w.JoinPublicGroup(w.ctx, vali, g.ID))
	w.bus.forget()
	answered := must(w.respond(sami, w.invite(ali, g.ID, sami), true))
	if answered.Joined != 2 {
		t.Errorf("member_joined is %d, want 2", answered.Joined)
	}
	told := []string{}
	for _, s := range w.bus.toUser(sami) {
		told = append(told, s.Name)
	}
	if diff := cmp.Diff([]string{"new_invitation", "notification_marked_read"}, told); diff != "" {
		t.Errorf("told to who was invited (-want +got):\n%s", diff)
	}
	must(w.read(ali, w.unread(ali)[0].ID))
	op := zikr.UpdateZikrCount{GroupID: g.ID, ZikrID: z, Count: 5, OpID: pointer("op")}
	if got := must(w.UpdateZikrCount(w.ctx, vali, op)); got.TotalCount != 5 || !got.GoalReached {
		t.Errorf("count: got %+v", got)
	}
	must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: w.book(vali, g.ID, 1)}))
	w.complete(vali, w.book(vali, g.ID, 2))
	must(w.UpdateZikr(w.ctx, ali, g.ID, z, zikr.ZikrChange{Goal: number(7)}))
	if err := w.LeaveGroup(w.ctx, ali, g.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteMe(w.ctx, vali); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"member_joined", "member_joined", "zikr_count_updated", "pora_booked", "pora_released", "pora_booked", "pora_completed",
		"group_updated", "member_left", "group_updated", "member_left", "group_updated",
	}
	if diff := cmp.Diff(want, w.eventNames(g.ID, 0)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := w.zikrItem(sami, g.ID, z); got.TotalCount != 5 {
		t.Errorf("total: got %d, want 5", got.TotalCount)
	}
}
