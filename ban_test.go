package zikr_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func (w *world) ban(admin, groupID, userID string) error {
	return second(w.BanUser(w.ctx, admin, groupID, userID))
}

func (w *world) banned(admin, groupID string) []string {
	ids := []string{}
	for _, b := range must(w.Bans(w.ctx, admin, groupID, zikr.Page{})).Items {
		ids = append(ids, b.UserID)
	}
	return ids
}

// Who is banned is removed as a member is, and comes in by no way until the ban is taken back.
func TestBan(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.book(vali, g, 7)
	item := must(w.BanUser(w.ctx, ali, g, vali))
	if item.UserID != vali || item.UserName != "Vali Karimov" {
		t.Errorf("got %+v", item)
	}
	again := must(w.BanUser(w.ctx, ali, g, vali))
	if diff := cmp.Diff(item, again); diff != "" {
		t.Errorf("sent again (-first +again):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"member_joined", "pora_booked", "pora_released", "member_left"}, w.eventNames(g, 0)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyRemoved}, w.unreadTypes(vali)); diff != "" {
		t.Errorf("who was banned is told (-want +got):\n%s", diff)
	}
	wantCode(t, second(w.JoinPublicGroup(w.ctx, vali, g)), zikr.CodeBanned)
	wantCode(t, second(w.SendInvitation(w.ctx, ali, zikr.SendInvitation{GroupID: g, ReceiverID: vali})), zikr.CodeBanned)

	pending := w.invite(ali, g, sami)
	wantCode(t, w.ban(ali, g, sami), "") // was never a member
	wantCode(t, second(w.respond(sami, pending, true)), zikr.CodeBanned)
	if diff := cmp.Diff([]string{vali, sami}, w.banned(ali, g)); diff != "" {
		t.Errorf("the list (-want +got):\n%s", diff)
	}

	wantCode(t, w.UnbanUser(w.ctx, ali, g, sami), "")
	wantCode(t, w.UnbanUser(w.ctx, ali, g, sami), "") // again
	wantCode(t, second(w.respond(sami, pending, true)), "")
	wantCode(t, w.UnbanUser(w.ctx, ali, g, vali), "")
	wantCode(t, second(w.JoinPublicGroup(w.ctx, vali, g)), "")
	if got := w.banned(ali, g); len(got) > 0 {
		t.Errorf("still banned: %v", got)
	}
}

func TestWhoMayBan(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali)
	for _, tt := range []struct {
		who, whom string
		want      zikr.Code
	}{
		{vali, sami, zikr.CodeNotAdmin}, {sami, vali, zikr.CodeNotMember}, {ali, ali, zikr.CodeInvalidPayload}, {ali, "nobody", zikr.CodeUserNotFound},
	} {
		wantCode(t, w.ban(tt.who, g, tt.whom), tt.want)
	}
	wantCode(t, w.UnbanUser(w.ctx, vali, g, sami), zikr.CodeNotAdmin)
	wantCode(t, second(w.Bans(w.ctx, vali, g, zikr.Page{})), zikr.CodeNotAdmin)
	wantCode(t, second(w.Bans(w.ctx, sami, g, zikr.Page{})), zikr.CodeNotMember)

	// The bans are the group's: who becomes its admin has them, and may ban the one before.
	wantCode(t, w.ban(ali, g, sami), "")
	must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{AdminID: &vali}))
	wantCode(t, w.ban(ali, g, vali), zikr.CodeNotAdmin)
	wantCode(t, w.ban(vali, g, ali), "")
	if got := w.banned(vali, g); len(got) != 2 {
		t.Errorf("got %v, want both", got)
	}
	wantCode(t, w.UnbanUser(w.ctx, vali, g, sami), "")
	export := must(w.Export(w.ctx, ali))
	if len(export.Bans) != 1 || export.Bans[0].GroupID != g || len(export.Banned) != 0 {
		t.Errorf("who is banned exports %+v and %+v", export.Bans, export.Banned)
	}
	if banned := must(w.Export(w.ctx, vali)).Banned; len(banned) != 1 || banned[0].UserID != ali {
		t.Errorf("who banned exports %+v", banned)
	}
	if err := w.DeleteMe(w.ctx, ali); err != nil {
		t.Fatal(err)
	}
	if got := w.banned(vali, g); len(got) != 0 {
		t.Errorf("bans of who deleted the account: %v", got)
	}
}
