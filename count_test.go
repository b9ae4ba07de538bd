package zikr_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// zikrItem is a zikr of a group's snapshot.
func (w *world) zikrItem(userID, groupID, zikrID string) zikr.ZikrItem {
	w.t.Helper()
	for _, item := range w.snapshot(userID, groupID).Zikrs {
		if item.ZikrID == zikrID {
			return item
		}
	}
	w.t.Fatalf("zikr %s is not in the snapshot of %s", zikrID, groupID)
	return zikr.ZikrItem{}
}

func TestCreateZikr(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali) // a group that reads may count too
	since := w.seq(g)
	in := zikr.NewZikr{Name: " Istighfar ", Body: pointer("أستغفر الله"), Description: pointer("d"), Hint: pointer("h"), Goal: number(100)}
	got := must(w.CreateZikr(w.ctx, ali, g, in))
	want := &zikr.ZikrItem{
		ZikrID: got.ZikrID, Name: "Istighfar", Body: in.Body, Description: in.Description, Hint: in.Hint, Goal: pointer(int64(100)),
		Progress: "0.00", Members: []zikr.ShareItem{},
	}
	if diff := cmp.Diff(want, got); diff != "" || got.ZikrID == "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(*want, w.zikrItem(vali, g, got.ZikrID)); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"group_updated"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	bare := must(w.CreateZikr(w.ctx, ali, g, zikr.NewZikr{Name: "Salawat"}))
	if bare.Body != nil || bare.Description != nil || bare.Hint != nil || bare.Goal != nil {
		t.Errorf("what was left out is not null: %+v", bare)
	}
}

func TestZikrRefusals(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest := w.user("Ali"), w.user("Vali"), w.user("Guest")
	g, other := w.group(zikr.ZikrGroup, ali, vali), w.group(zikr.ZikrGroup, ali)
	z, foreign, deleted := w.zikr(ali, g, 0), w.zikr(ali, other, 0), w.zikr(ali, g, 0)
	if err := w.DeleteZikr(w.ctx, ali, g, deleted); err != nil {
		t.Fatal(err)
	}
	since := w.seq(g)
	fine, bad := "Salawat", " "

	for _, test := range []struct {
		name, user, group, zikr, to string
		want                        zikr.Code
	}{
		{"what is wrong in itself comes before not a member", guest, g, z, bad, zikr.CodeInvalidPayload},
		{"not a member", guest, g, z, fine, zikr.CodeNotMember},
		{"no such group", ali, "nothing", z, fine, zikr.CodeNotMember},
		{"not the admin comes before a zikr that is not", vali, g, "nothing", fine, zikr.CodeNotAdmin},
		{"no such zikr", ali, g, "nothing", fine, zikr.CodeZikrNotFound},
		{"a zikr of another group", ali, g, foreign, fine, zikr.CodeZikrNotFound},
		{"a deleted zikr", ali, g, deleted, fine, zikr.CodeZikrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.UpdateZikr(w.ctx, test.user, test.group, test.zikr, zikr.ZikrChange{Name: &test.to})
			wantCode(t, err, test.want)
			if test.want == zikr.CodeInvalidPayload {
				_, err = w.CreateZikr(w.ctx, test.user, test.group, zikr.NewZikr{Name: test.to})
				wantCode(t, err, test.want)
				return
			}
			wantCode(t, w.DeleteZikr(w.ctx, test.user, test.group, test.zikr), test.want)
		})
	}
	for user, want := range map[string]zikr.Code{guest: zikr.CodeNotMember, vali: zikr.CodeNotAdmin} {
		_, err := w.CreateZikr(w.ctx, user, g, zikr.NewZikr{Name: fine})
		wantCode(t, err, want)
	}
	if names := w.eventNames(g, since); len(names) > 0 {
		t.Errorf("refusals told the group: %v", names)
	}
}

func TestZikrTexts(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	long := pointer(strings.Repeat("ش", 2001))
	for name, in := range map[string]zikr.NewZikr{
		"no name":            {},
		"a long name":        {Name: strings.Repeat("ش", 101)},
		"a long body":        {Name: "n", Body: long},
		"a long description": {Name: "n", Description: long},
		"a long hint":        {Name: "n", Hint: long},
		"a negative goal":    {Name: "n", Goal: number(-1)},
		"a huge goal":        {Name: "n", Goal: number(1_000_000_000_001)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateZikr(w.ctx, ali, g, in)
			wantCode(t, err, zikr.CodeInvalidPayload)
		})
	}
	longest := strings.Repeat("ش", 2000)
	_, err := w.CreateZikr(w.ctx, ali, g, zikr.NewZikr{Name: strings.Repeat("ش", 100), Body: &longest, Description: &longest, Hint: &longest})
	wantCode(t, err, "")
}

func TestUpdateZikr(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := must(w.CreateZikr(w.ctx, ali, g, zikr.NewZikr{Name: "Istighfar", Body: pointer("b"), Hint: pointer("h"), Goal: number(10)})).ZikrID
	w.count(ali, g, z, 4)
	since := w.seq(g)

	got := must(w.UpdateZikr(w.ctx, ali, g, z, zikr.ZikrChange{Name: pointer("Salawat"), Body: pointer(""), Goal: number(8)}))
	want := &zikr.ZikrItem{
		ZikrID: z, Name: "Salawat", Hint: pointer("h"), Goal: pointer(int64(8)), TotalCount: 4, Progress: "50.00", MyCount: 4,
		Members: []zikr.ShareItem{{UserID: ali, UserName: "Ali Karimov", Count: 4}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	got = must(w.UpdateZikr(w.ctx, ali, g, z, zikr.ZikrChange{Description: pointer("d"), Goal: number(0)}))
	if got.Goal != nil || got.Progress != "0.00" || got.Description == nil || *got.Description != "d" {
		t.Errorf("without a goal: got %+v", got)
	}
	must(w.UpdateZikr(w.ctx, ali, g, z, zikr.ZikrChange{Name: pointer("Salawat ")})) // changes nothing
	if diff := cmp.Diff([]string{"group_updated", "group_updated"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestCount(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 100)
	w.count(ali, g, z, 33)
	since := w.seq(g)

	got := w.count(vali, g, z, 34)
	want := &zikr.ZikrUpdateConfirmed{
		ID: got.ID, Count: 34, TotalCount: 67, Goal: pointer(int64(100)), Progress: "67.00", Timestamp: got.Timestamp,
	}
	if diff := cmp.Diff(want, got); diff != "" || got.ID == "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	wantEvent := zikr.ZikrCountUpdated{
		GroupID: g, ZikrID: z, ZikrName: "Istighfar", UserID: vali, UserName: "Vali Karimov", Count: 34, TotalCount: 67,
		Progress: "67.00", Goal: pointer(int64(100)), Stamp: zikr.Stamp{Seq: since + 1, Timestamp: got.Timestamp},
	}
	if diff := cmp.Diff(wantEvent, lastEvent[zikr.ZikrCountUpdated](w, g)); diff != "" {
		t.Errorf("zikr_count_updated (-want +got):\n%s", diff)
	}
	item := w.zikrItem(ali, g, z)
	shares := []zikr.ShareItem{{UserID: vali, UserName: "Vali Karimov", Count: 34}, {UserID: ali, UserName: "Ali Karimov", Count: 33}}
	if diff := cmp.Diff(shares, item.Members); diff != "" || item.MyCount != 33 || item.TotalCount != 67 {
		t.Errorf("snapshot: got %+v, shares (-want +got):\n%s", item, diff)
	}
	if other := w.count(vali, g, z, 1); other.ID == got.ID {
		t.Error("two countings have one id")
	}
}

func TestCountRefusals(t *testing.T) {
	w := newWorld(t)
	ali, guest := w.user("Ali"), w.user("Guest")
	g, other := w.group(zikr.ZikrGroup, ali), w.group(zikr.ZikrGroup, ali)
	z, foreign, deleted := w.zikr(ali, g, 0), w.zikr(ali, other, 0), w.zikr(ali, g, 0)
	known := "known"
	must(w.UpdateZikrCount(w.ctx, ali, zikr.UpdateZikrCount{GroupID: g, ZikrID: deleted, Count: 1, OpID: &known}))
	if err := w.DeleteZikr(w.ctx, ali, g, deleted); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name, user, group, zikr string
		count                   int64
		opID                    *string
		want                    zikr.Code
	}{
		{"nothing", ali, g, z, 0, nil, zikr.CodeCountOutOfRange},
		{"less than nothing", ali, g, z, -1, nil, zikr.CodeCountOutOfRange},
		{"too much", ali, g, z, 100_001, nil, zikr.CodeCountOutOfRange},
		{"the most", ali, g, z, 100_000, nil, ""},
		{"out of range comes before a known opId", ali, g, z, 0, &known, zikr.CodeCountOutOfRange},
		{"out of range comes before not a member", guest, g, z, 0, nil, zikr.CodeCountOutOfRange},
		{"not a member comes before a zikr that is not", guest, g, "nothing", 1, nil, zikr.CodeNotMember},
		{"another's opId is not known", guest, g, z, 1, &known, zikr.CodeNotMember},
		{"no such group", ali, "nothing", z, 1, nil, zikr.CodeNotMember},
		{"a known opId comes before not a member", ali, "nothing", z, 1, &known, ""},
		{"no such zikr", ali, g, "nothing", 1, nil, zikr.CodeZikrNotFound},
		{"a zikr of another group", ali, g, foreign, 1, nil, zikr.CodeZikrNotFound},
		{"a deleted zikr", ali, g, deleted, 1, nil, zikr.CodeZikrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.UpdateZikrCount(w.ctx, test.user, zikr.UpdateZikrCount{
				GroupID: test.group, ZikrID: test.zikr, Count: zikr.Int(test.count), OpID: test.opID,
			})
			wantCode(t, err, test.want)
		})
	}
}

func TestOpID(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g, other := w.group(zikr.ZikrGroup, ali, vali), w.group(zikr.ZikrGroup, ali, vali)
	z, z2 := w.zikr(ali, g, 10), w.zikr(ali, other, 0)
	send := func(user, group, zikrID string, n int64) *zikr.ZikrUpdateConfirmed {
		return must(w.UpdateZikrCount(w.ctx, user, zikr.UpdateZikrCount{GroupID: group, ZikrID: zikrID, Count: zikr.Int(n), OpID: pointer("op")}))
	}
	first := send(vali, g, z, 10)
	if !first.GoalReached {
		t.Fatalf("got %+v, want the goal reached", first)
	}
	total := func() int64 { return w.zikrItem(ali, g, z).TotalCount }
	same := func(when string, got *zikr.ZikrUpdateConfirmed) {
		t.Helper()
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("%s (-first +again):\n%s", when, diff)
		}
	}

	since := w.seq(g)
	same("the same again", send(vali, g, z, 10))
	same("with another count", send(vali, g, z, 3))
	same("for another zikr of another group", send(vali, other, z2, 1))
	same("for nothing that exists", send(vali, "nothing", "nothing", 1))
	w.count(ali, g, z, 5)
	must(w.UpdateZikr(w.ctx, ali, g, z, zikr.ZikrChange{Goal: number(7)}))
	same("after the goal changed", send(vali, g, z, 10))
	if got := total(); got != 15 {
		t.Errorf("the repeats were counted: got %d, want 15", got)
	}
	if own := send(ali, g, z, 2); own.ID == first.ID || total() != 17 {
		t.Errorf("the same opId of another user was not counted: %+v, total %d", own, total())
	}
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	same("after leaving", send(vali, g, z, 10))
	if err := w.DeleteZikr(w.ctx, ali, g, z); err != nil {
		t.Fatal(err)
	}
	same("after the zikr was deleted", send(vali, g, z, 10))
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	same("after the group was deleted", send(vali, g, z, 10))

	counted := 0
	for _, name := range w.eventNames(g, since) {
		if name == "zikr_count_updated" {
			counted++
		}
	}
	if counted != 2 {
		t.Errorf("the group was told of %d countings, want the 2 that were none of the repeats", counted)
	}
}

func TestWithoutOpIDEachSendCounts(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	for range 3 {
		w.count(ali, g, z, 2)
	}
	if got := w.zikrItem(ali, g, z).TotalCount; got != 6 {
		t.Errorf("got %d, want 6", got)
	}
}

// The counts of those who left, even of deleted accounts, stay in the totals.
func TestCountsStay(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali, sami)
	z := w.zikr(ali, g, 0)
	w.count(ali, g, z, 1)
	w.count(vali, g, z, 2)
	w.count(sami, g, z, 3)
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteMe(w.ctx, sami); err != nil {
		t.Fatal(err)
	}
	item := w.zikrItem(ali, g, z)
	want := []zikr.ShareItem{
		{UserID: sami, UserName: "Former member", Count: 3}, {UserID: vali, UserName: "Vali Karimov", Count: 2}, {UserID: ali, UserName: "Ali Karimov", Count: 1},
	}
	if diff := cmp.Diff(want, item.Members); diff != "" || item.TotalCount != 6 {
		t.Errorf("total %d, shares (-want +got):\n%s", item.TotalCount, diff)
	}
}

func TestDeleteZikr(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z, kept := w.zikr(ali, g, 0), w.zikr(ali, g, 0)
	w.count(ali, g, z, 5)
	since := w.seq(g)
	if err := w.DeleteZikr(w.ctx, ali, g, z); err != nil {
		t.Fatal(err)
	}
	snap := w.snapshot(ali, g)
	if len(snap.Zikrs) != 1 || snap.Zikrs[0].ZikrID != kept {
		t.Errorf("snapshot: got %+v, want %s alone", snap.Zikrs, kept)
	}
	if diff := cmp.Diff([]string{"group_updated"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
