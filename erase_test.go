package zikr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// Everything that names a user who deletes the account: as a member, a reader, one
// who counted, an admin, a sender and a receiver.
func TestDeleteMe(t *testing.T) {
	w := newWorld(t)
	in := registration()
	in.Name, in.Surname, in.Email = "Secret", "Person", "secret@example.org"
	gone := must(w.Register(w.ctx, in)).User.ID
	ali, guest := w.user("Ali"), w.user("Guest")
	mine := w.group(zikr.QuranGroup, gone, ali)
	other := w.group(zikr.ZikrGroup, ali, gone)
	former := w.group(zikr.ZikrGroup, ali, gone)
	if err := w.LeaveGroup(w.ctx, gone, former); err != nil {
		t.Fatal(err)
	}
	alone := w.group(zikr.QuranGroup, gone)
	deleted := w.group(zikr.QuranGroup, ali, gone)
	if err := w.DeleteGroup(w.ctx, ali, deleted); err != nil {
		t.Fatal(err)
	}
	z := w.zikr(ali, other, 5)
	w.count(gone, other, z, 5)
	w.complete(gone, w.book(gone, mine, 1))
	w.book(gone, mine, 2)
	must(w.ReleasePora(w.ctx, gone, zikr.ReleasePora{BookingID: w.book(gone, mine, 3)}))
	w.invite(gone, mine, guest)
	w.invite(ali, must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "p", Type: zikr.ZikrGroup})).ID, gone)
	since := w.seq(mine)
	w.bus.await(t, "new_notification")
	w.bus.forget()

	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pora_released", "member_left", "group_updated"}, w.eventNames(mine, since)); diff != "" {
		t.Errorf("events of the own group (-want +got):\n%s", diff)
	}
	for _, e := range w.bus.published(mine)[since:] {
		if strings.Contains(string(e.Data), "Secret") {
			t.Errorf("%s, caused by the deletion, was told with the name: %s", e.Name, e.Data)
		}
	}
	// What was told live before carried the name; what is read again does not.
	for _, g := range []string{mine, other, former, alone, deleted} {
		live := w.bus.published(g)
		for i, e := range w.events(g, 0) {
			if strings.Contains(string(e.Data), "Secret") || strings.Contains(string(e.Data), "Person") || e.UserID == gone {
				t.Errorf("%s in the log of %s names the user: %s", e.Name, g, e.Data)
			}
			if !strings.Contains(string(live[i].Data), "Secret") {
				continue
			}
			if diff := cmp.Diff(renamed(t, live[i].Data), fields(t, e.Data)); diff != "" {
				t.Errorf("%s (-live with another name +log):\n%s", e.Name, diff)
			}
		}
	}
	if diff := cmp.Diff([]zikr.Signal{{UserIDs: []string{gone}, Expire: true}}, w.bus.all()); diff != "" {
		t.Errorf("signals (-want +got):\n%s", diff)
	}
	seen := string(must(json.Marshal([]any{
		w.snapshot(ali, mine), w.snapshot(ali, other), w.unread(ali), w.unread(guest),
		must(w.FindUsers(w.ctx, ali, "secret")), must(w.FindUsers(w.ctx, ali, "secret@example.org")),
	})))
	for _, secret := range []string{"Secret", "Person", "secret@", "998901234567"} {
		if strings.Contains(seen, secret) {
			t.Errorf("%q can still be seen: %s", secret, seen)
		}
	}
	if got := w.unread(guest); len(got) != 1 || got[0].SenderName != "Former member" {
		t.Errorf("the invitation that was sent: got %+v", got)
	}
	if snap := w.snapshot(ali, mine); snap.AdminID != ali || *snap.Poras[0].UserName != "Former member" || snap.Poras[1].Status != "available" {
		t.Errorf("the group that was the user's: %+v", snap)
	}
	if item := w.zikrItem(ali, other, z); item.TotalCount != 5 || item.Members[0].UserName != "Former member" {
		t.Errorf("the counts: %+v", item)
	}
	err := w.store.View(w.ctx, func(r zikr.Reader) error {
		u, err := r.User(gone)
		if err != nil {
			return err
		}
		want := &zikr.User{ID: gone, TokenVersion: 2, CreatedAt: u.CreatedAt, Deleted: true}
		if diff := cmp.Diff(want, u); diff != "" {
			t.Errorf("tombstone (-want +got):\n%s", diff)
		}
		items, err := r.NotificationItems(gone, false, zikr.Page{Limit: 100})
		for _, n := range items {
			if n.Type != zikr.NotifyRemoved && n.Type != zikr.NotifyGoalReached {
				t.Errorf("a notification of the user's own is left: %+v", n)
			}
			wantCode(t, second(w.read(gone, n.ID)), zikr.CodeUnauthenticated) // a mark would be the user's
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNobody(t, w, gone)
}

// wantNobody shows that a deleted account can do nothing any more.
func wantNobody(t *testing.T, w *world, id string) {
	t.Helper()
	_, me := w.Me(w.ctx, id)
	_, create := w.CreateGroup(w.ctx, id, zikr.NewGroup{Name: "n", Type: zikr.QuranGroup})
	_, join := w.JoinPublicGroup(w.ctx, id, w.group(zikr.QuranGroup, w.user("Host")))
	_, update := w.UpdateMe(w.ctx, zikr.Session{UserID: id}, zikr.ProfileChange{Name: pointer("n")})
	_, export := w.Export(w.ctx, id)
	for op, err := range map[string]error{
		"me": me, "create": create, "join": join, "update": update, "export": export, "delete": w.DeleteMe(w.ctx, id),
	} {
		if got := zikr.CodeOf(err); got != zikr.CodeUnauthenticated {
			t.Errorf("%s: got %q (%v), want unauthenticated", op, got, err)
		}
	}
}

func fields(t *testing.T, data json.RawMessage) (out map[string]any) {
	t.Helper()
	decode(t, data, &out)
	return out
}

func renamed(t *testing.T, data json.RawMessage) map[string]any {
	t.Helper()
	out := fields(t, data)
	out["userName"] = "Former member"
	return out
}

// What somebody did can be taken back after their account is gone. What is told of it then names nobody.
func TestTakenBackAfterDeleteMe(t *testing.T) {
	w := newWorld(t)
	ali, gone := w.user("Ali"), w.user("Secret")
	reads, counts := w.group(zikr.QuranGroup, ali, gone), w.group(zikr.ZikrGroup, ali, gone)
	pora := w.book(gone, reads, 1)
	w.complete(gone, pora)
	counted := w.count(gone, counts, w.zikr(ali, counts, 0), 5)
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	since := map[string]int64{reads: w.seq(reads), counts: w.seq(counts)}
	must(w.ReopenPora(w.ctx, ali, zikr.ReopenPora{BookingID: pora}))
	must(w.UndoZikrCount(w.ctx, ali, zikr.UndoZikrCount{ID: counted.ID}))
	for g, want := range map[string][]string{reads: {"pora_reopened", "pora_released"}, counts: {"zikr_count_updated"}} {
		if diff := cmp.Diff(want, w.eventNames(g, since[g])); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		for _, e := range w.events(g, since[g]) {
			if e.UserID != "" || fields(t, e.Data)["userName"] != "Former member" {
				t.Errorf("%s is noted as naming %q: %s", e.Name, e.UserID, e.Data)
			}
		}
	}
}

// A long log is rewritten in steps, each its own command.
func TestDeleteMeAfterManyEvents(t *testing.T) {
	calls := &tap{}
	w := newWorld(t, withTap(calls))
	ali, gone := w.user("Ali"), w.user("Secret")
	g := w.group(zikr.ZikrGroup, ali, gone)
	z := w.zikr(ali, g, 0)
	const many = 1100
	if err := errors.Join(atOnce(many, func(int) error {
		return second(w.UpdateZikrCount(w.ctx, gone, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 1}))
	})...); err != nil {
		t.Fatal(err)
	}
	calls.reset(0)
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	for _, e := range w.events(g, 0) {
		if strings.Contains(string(e.Data), "Secret") {
			t.Fatalf("the log names the user: %s", e.Data)
		}
	}
	if got := calls.counted(); got["EventsNaming"] < 3 || got["RewriteEvent"] != many+2 { // joined, counted, left
		t.Errorf("read %d times, rewrote %d events of %d", got["EventsNaming"], got["RewriteEvent"], many+2)
	}
}

// Who is in very many groups leaves them all.
func TestDeleteMeLeavesAllGroups(t *testing.T) {
	w := newWorld(t)
	gone := w.user("Gone")
	if err := errors.Join(atOnce(201, func(int) error {
		return second(w.CreateGroup(w.ctx, gone, zikr.NewGroup{Name: "g", Type: zikr.ZikrGroup, IsPublic: true}))
	})...); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	if got := must(w.PublicGroups(w.ctx, w.user("Ali"), "", zikr.Page{})).Items; len(got) > 0 {
		t.Errorf("%d groups without members are left", len(got))
	}
}

// Whoever joins a group while the account is being deleted leaves it again.
func TestDeleteMeWhileJoining(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	for i := range 10 {
		gone := w.user(fmt.Sprint("Secret", i))
		atOnce(4, func(i int) error {
			if i == 0 {
				return w.DeleteMe(w.ctx, gone)
			}
			return second(w.JoinPublicGroup(w.ctx, gone, g))
		})
		wantCode(t, second(w.Me(w.ctx, gone)), zikr.CodeUnauthenticated)
	}
	if got := w.snapshot(ali, g).Members; len(got) != 1 {
		t.Errorf("members: got %+v, want the admin alone", got)
	}
	for _, e := range w.events(g, 0) {
		if strings.Contains(string(e.Data), "Secret") {
			t.Errorf("the log names a deleted account: %s", e.Data)
		}
	}
}
