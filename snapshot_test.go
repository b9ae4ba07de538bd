package zikr_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func TestSnapshotIsForMembersOrPublic(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest := w.user("Ali"), w.user("Vali"), w.user("Guest")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 0)
	w.count(vali, g, z, 3)
	if got := w.snapshot(guest, g); got.Zikrs[0].MyCount != 0 || got.Zikrs[0].TotalCount != 3 {
		t.Errorf("a guest sees %+v", got.Zikrs[0])
	}
	for op, err := range map[string]error{
		"standing": second(w.Standing(w.ctx, guest, g)), "events": second(w.Events(w.ctx, guest, g, 0, 1)),
	} {
		if got := zikr.CodeOf(err); got != zikr.CodeNotMember {
			t.Errorf("%s of a public group by a guest: got %q, want not_member", op, got)
		}
	}
	must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{IsPublic: pointer(false)}))
	_, hidden := w.Snapshot(w.ctx, guest, g)
	_, nothing := w.Snapshot(w.ctx, guest, strings.Repeat("x", len(g)))
	wantCode(t, hidden, zikr.CodeNotMember)
	wantCode(t, nothing, zikr.CodeNotMember)
	if got, want := strings.ReplaceAll(hidden.Error(), g, "_"), strings.ReplaceAll(nothing.Error(), strings.Repeat("x", len(g)), "_"); got != want {
		t.Errorf("a private group is told apart from none: %q and %q", got, want)
	}
	must(w.Snapshot(w.ctx, vali, g))
}

func TestSnapshotShowsWhoIsOnline(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	if err := w.Enter(w.ctx, vali, g, "c1"); err != nil {
		t.Fatal(err)
	}
	online := map[string]bool{}
	for _, m := range w.snapshot(ali, g).Members {
		online[m.UserID] = m.Online
	}
	if diff := cmp.Diff(map[string]bool{ali: false, vali: true}, online); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
