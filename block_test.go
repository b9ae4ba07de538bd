package zikr_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func TestBlocks(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	for _, other := range []string{vali, sami, vali} { // again, it is confirmed again
		wantCode(t, w.BlockUser(w.ctx, ali, other), "")
	}
	list := must(w.Blocks(w.ctx, ali, zikr.Page{Limit: 1}))
	if len(list.Items) != 1 || list.Items[0].UserID != vali || list.Items[0].UserName != "Vali Karimov" || list.Cursor == nil {
		t.Errorf("the first page is %+v", list)
	}
	if next := must(w.Blocks(w.ctx, ali, zikr.Page{Cursor: *list.Cursor})); len(next.Items) != 1 || next.Items[0].UserID != sami || next.Cursor != nil {
		t.Errorf("the second page is %+v", next)
	}
	wantCode(t, w.BlockUser(w.ctx, ali, ali), zikr.CodeInvalidPayload)
	wantCode(t, w.BlockUser(w.ctx, ali, "nobody"), zikr.CodeUserNotFound)
	for range 2 {
		wantCode(t, w.UnblockUser(w.ctx, ali, vali), "")
	}
	if err := w.DeleteMe(w.ctx, sami); err != nil {
		t.Fatal(err)
	}
	if left := must(w.Blocks(w.ctx, ali, zikr.Page{})); len(left.Items) != 0 {
		t.Errorf("left are %+v", left.Items)
	}
	wantCode(t, w.BlockUser(w.ctx, ali, sami), zikr.CodeUserNotFound)
}

func TestTooManyBlocks(t *testing.T) {
	met := 0
	w := newWorld(t, func(cfg *zikr.Config) {
		cfg.Bounds = zikr.DefaultBounds()
		cfg.Bounds.UserBlocks = 2
		cfg.Met = func(string) { met++ }
	})
	ali, others := w.user("Ali"), w.users(3)
	wantCode(t, w.BlockUser(w.ctx, ali, others[0]), "")
	wantCode(t, w.BlockUser(w.ctx, ali, others[1]), "")
	wantCode(t, w.BlockUser(w.ctx, ali, others[2]), zikr.CodeLimitReached)
	wantCode(t, w.BlockUser(w.ctx, ali, others[1]), "") // is blocked already
	if met != 1 {
		t.Errorf("the bound was met %d times, want once", met)
	}
	wantCode(t, w.UnblockUser(w.ctx, ali, others[0]), "")
	wantCode(t, w.BlockUser(w.ctx, ali, others[2]), "")
}

// Who is blocked is answered as anybody else, whatever they ask, and the receiver is told nothing, ever.
func TestInvitationFromWhoIsBlocked(t *testing.T) {
	w := newWorld(t)
	admin, blocking, silent := w.user("Admin"), w.user("Blocking"), w.user("Silent")
	g := w.group(zikr.QuranGroup, admin)
	wantCode(t, w.BlockUser(w.ctx, blocking, admin), "")
	w.bus.forget()
	invite := func(receiver string) (*zikr.InvitationSent, error) {
		return w.SendInvitation(w.ctx, admin, zikr.SendInvitation{GroupID: g, ReceiverID: receiver})
	}
	hidden, arrived := must(invite(blocking)), must(invite(silent))
	shape := func(v any) string { // without ids and moments
		var fields map[string]any
		decode(t, must(json.Marshal(v)), &fields)
		for name := range fields {
			fields[name] = ""
		}
		return string(must(json.Marshal(fields)))
	}
	if a, b := shape(hidden), shape(arrived); a != b || hidden.ReceiverID != blocking || hidden.GroupID != g {
		t.Errorf("answered with %s and %s", a, b)
	}
	for _, receiver := range []string{blocking, silent} {
		_, err := invite(receiver)
		wantCode(t, err, zikr.CodeInvitationPending)
	}
	if told := w.bus.toUser(blocking); len(told) > 0 {
		t.Errorf("the receiver was told %+v", told)
	}
	if told := w.bus.toUser(silent); len(told) != 1 {
		t.Errorf("who does not block was told %+v", told)
	}
	sent := must(w.Export(w.ctx, admin)).Sent
	if len(sent) != 2 || sent[0].Answer != nil || sent[1].Answer != nil {
		t.Errorf("the sender's export has %+v", sent)
	}
	seen := func() {
		t.Helper()
		if got := must(w.Notifications(w.ctx, blocking, false, zikr.Page{})).Items; len(got) > 0 || len(w.unread(blocking)) > 0 {
			t.Errorf("the receiver finds %+v", got)
		}
		if got := must(w.Export(w.ctx, blocking)).Notifications; len(got) > 0 {
			t.Errorf("the receiver's export has %+v", got)
		}
		_, err := w.respond(blocking, hidden.ID, true)
		wantCode(t, err, zikr.CodeInvitationNotFound)
		_, err = w.ReadNotification(w.ctx, blocking, zikr.MarkNotificationRead{NotificationID: hidden.ID})
		wantCode(t, err, zikr.CodeNotificationMissing)
		_, err = w.InvitedInto(w.ctx, blocking, hidden.ID)
		wantCode(t, err, zikr.CodeInvitationNotFound)
	}
	seen()
	wantCode(t, w.UnblockUser(w.ctx, blocking, admin), "")
	seen() // it never arrives

	// Another group's arrives again.
	other := w.group(zikr.QuranGroup, admin)
	w.invite(admin, other, blocking)
	if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyInvitation}, w.unreadTypes(blocking)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// One that had arrived before a block stays, and can be answered.
	wantCode(t, w.BlockUser(w.ctx, blocking, admin), "")
	must(w.respond(blocking, w.unread(blocking)[0].ID, true))
}
