package rest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// TestAccounts is the life of an account, from sign-up to erasure.
func TestAccounts(t *testing.T) {
	s := newServer(t, nil)
	in := get[zikr.SignedIn](s, 201, "POST /auth/register", "", fields{
		"name": "Abdulloh", "surname": "Karimov", "email": "Abdulloh@Example.org", "password": "correct horse", "phone": "+998 90 123-45-67",
	})
	want := zikr.Account{ID: in.User.ID, Name: "Abdulloh", Surname: "Karimov", Email: new("abdulloh@example.org"), Phone: new("+998901234567")}
	if diff := cmp.Diff(want, in.User); diff != "" {
		t.Errorf("register (-want +got):\n%s", diff)
	}
	s.refused(zikr.CodeEmailTaken, "POST /auth/register", "", fields{"name": "B", "surname": "C", "email": "abdulloh@example.org", "password": "bismillah 1"})
	s.refused(zikr.CodePhoneTaken, "POST /auth/register", "", fields{"name": "B", "surname": "C", "email": "b@example.org", "password": "bismillah 1", "phone": "+998901234567"})

	for _, login := range []string{"abdulloh@example.org", "+998901234567"} {
		get[zikr.SignedIn](s, 200, "POST /auth/login", "", fields{"login": login, "password": "correct horse"})
	}
	if p := s.do("POST /auth/login", "", fields{"login": "abdulloh@example.org", "password": "wrong"}); p.header.Get("WWW-Authenticate") == "" {
		t.Error("401 without WWW-Authenticate")
	}
	s.refused(zikr.CodeBadCredentials, "POST /auth/login", "", fields{"login": "nobody@example.org", "password": "wrong"})

	me := get[zikr.Profile](s, 200, "GET /me", in.Token, nil)
	wantMe := zikr.Profile{Account: want, SettingsItem: zikr.SettingsItem{TimeZone: "UTC", RemindOf: []zikr.ReminderTopic{zikr.RemindOfPoras}}, Findable: true}
	if diff := cmp.Diff(wantMe, me); diff != "" {
		t.Errorf("GET /me (-want +got):\n%s", diff)
	}
	me = get[zikr.Profile](s, 200, "PATCH /me", in.Token, fields{"surname": "Karim", "phone": ""})
	if me.Surname != "Karim" || me.Name != "Abdulloh" || me.Phone != nil {
		t.Errorf("PATCH /me: got %+v", me)
	}
	export := get[zikr.Export](s, 200, "GET /me/export", in.Token, nil)
	if export.User.ID != in.User.ID {
		t.Errorf("export: got %+v", export.User)
	}
	get[none](s, 204, "DELETE /me", in.Token, nil)
	s.refused(zikr.CodeUnauthenticated, "GET /me", in.Token, nil)
}

// none is the answer of what answers nothing.
type none struct{}

// TestNewPassword revokes the other tokens, and needs the present password.
func TestNewPassword(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	other := get[zikr.SignedIn](s, 200, "POST /auth/login", "", fields{"login": ali.email, "password": "password of Ali"})
	s.refused(zikr.CodeBadCredentials, "PATCH /me", ali.token, fields{"password": "a new one", "currentPassword": "wrong"})
	get[zikr.Profile](s, 200, "PATCH /me", ali.token, fields{"password": "a new one", "currentPassword": "password of Ali"})
	get[zikr.Profile](s, 200, "GET /me", ali.token, nil)
	s.refused(zikr.CodeUnauthenticated, "GET /me", other.Token, nil)
	get[zikr.SignedIn](s, 200, "POST /auth/login", "", fields{"login": ali.email, "password": "a new one"})
}

// TestFindUsers finds by name prefix and by exact address, and tells no address.
func TestFindUsers(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	for q, want := range map[string]string{"al": ali.id, "ALI": ali.id, "vali@example.org": vali.id} {
		found := get[zikr.List[zikr.UserItem]](s, 200, "GET /users?q="+q, ali.token, nil)
		if len(found.Items) != 1 || found.Items[0].ID != want {
			t.Errorf("q=%s: got %+v, want %s", q, found.Items, want)
		}
	}
	found := get[zikr.List[zikr.UserItem]](s, 200, "GET /users?q=vali@example", ali.token, nil)
	if len(found.Items) != 0 {
		t.Errorf("found by a part of an address: %+v", found.Items)
	}
}

func (s *server) quranGroup(admin person, public bool) zikr.Snapshot {
	s.t.Helper()
	return get[zikr.Snapshot](s, 201, "POST /groups", admin.token, fields{"name": "Chorsu", "type": "quran", "isPublic": public})
}

func TestGroups(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	g := s.quranGroup(ali, true)
	if len(g.Poras) != 30 || len(g.Members) != 1 || g.Members[0].Role != zikr.RoleAdmin || g.AdminID != ali.id {
		t.Errorf("new group: got %+v", g)
	}
	at := "/groups/" + g.ID
	public := get[zikr.List[zikr.GroupItem]](s, 200, "GET /groups/public?q=chor", vali.token, nil)
	if len(public.Items) != 1 || public.Items[0].ID != g.ID || public.Items[0].MemberCount != 1 {
		t.Errorf("public groups: got %+v", public)
	}
	get[zikr.Snapshot](s, 200, "GET "+at, vali.token, nil)
	s.refused(zikr.CodeNotMember, "GET "+at+"/events", vali.token, nil)
	joined := get[zikr.Snapshot](s, 200, "POST "+at+"/join", vali.token, nil)
	again := get[zikr.Snapshot](s, 200, "POST "+at+"/join", vali.token, nil)
	if joined.Seq != 1 || again.Seq != 1 {
		t.Errorf("joined twice: got seq %d and %d, want one member_joined", joined.Seq, again.Seq)
	}
	s.refused(zikr.CodeNotAdmin, "PATCH "+at, vali.token, fields{"name": "Mine"})
	s.refused(zikr.CodeUserNotFound, "PATCH "+at, ali.token, fields{"adminId": "nobody"})
	changed := get[zikr.Snapshot](s, 200, "PATCH "+at, ali.token, fields{"name": "Chorsu mosque", "isPublic": false, "hatmGoal": 12, "dedication": "For our parents"})
	if changed.Name != "Chorsu mosque" || changed.IsPublic || *changed.HatmGoal != 12 || *changed.Dedication != "For our parents" {
		t.Errorf("changed: got %+v", changed)
	}
	s.refused(zikr.CodeUserNotFound, "DELETE "+at+"/members/nobody", ali.token, nil)
	get[none](s, 204, "DELETE "+at+"/members/"+vali.id, ali.token, nil)
	s.refused(zikr.CodeNotMember, "GET "+at, vali.token, nil)
	s.refused(zikr.CodeNotMember, "POST "+at+"/join", vali.token, nil)
	s.refused(zikr.CodeNotMember, "POST "+at+"/leave", vali.token, nil)
	get[none](s, 204, "POST "+at+"/leave", ali.token, nil)
	s.refused(zikr.CodeNotMember, "GET "+at, ali.token, nil)
	s.refused(zikr.CodeNotMember, "DELETE "+at, ali.token, nil)

	second := s.quranGroup(ali, false)
	get[none](s, 204, "DELETE /groups/"+second.ID, ali.token, nil)
	if mine := get[zikr.List[zikr.GroupItem]](s, 200, "GET /groups", ali.token, nil); len(mine.Items) != 0 {
		t.Errorf("groups after leaving and deleting: got %+v", mine.Items)
	}
}

// TestHatm books, completes and gives back poras.
func TestHatm(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	g := s.quranGroup(ali, true)
	at := "/groups/" + g.ID
	s.refused(zikr.CodeNotMember, "POST "+at+"/bookings", vali.token, fields{"poraId": "7"})
	get[zikr.Snapshot](s, 200, "POST "+at+"/join", vali.token, nil)

	booked := get[zikr.BookingConfirmed](s, 201, "POST "+at+"/bookings", ali.token, fields{"poraId": "7"})
	if booked.PoraID != "7" || booked.PoraName != "7-Juz" || booked.BookingID == "" {
		t.Errorf("booked: got %+v", booked)
	}
	again := get[zikr.BookingConfirmed](s, 201, "POST "+at+"/bookings", ali.token, fields{"poraId": "7"})
	if again.BookingID != booked.BookingID {
		t.Errorf("booked again: got %s, want %s", again.BookingID, booked.BookingID)
	}
	s.refused(zikr.CodePoraBooked, "POST "+at+"/bookings", vali.token, fields{"poraId": "7"})
	s.refused(zikr.CodePoraNotFound, "POST "+at+"/bookings", vali.token, fields{"poraId": "31"})
	s.refused(zikr.CodeBookingNotFound, "POST /bookings/none/complete", ali.token, nil)
	s.refused(zikr.CodeNotYourBooking, "POST /bookings/"+booked.BookingID+"/complete", vali.token, nil)
	done := get[zikr.CompletionConfirmed](s, 200, "POST /bookings/"+booked.BookingID+"/complete", ali.token, nil)
	if done.BookingID != booked.BookingID || done.PoraName != "7-Juz" {
		t.Errorf("completed: got %+v", done)
	}
	s.refused(zikr.CodePoraCompleted, "POST "+at+"/bookings", vali.token, fields{"poraId": "7"})
	s.refused(zikr.CodeBookingCompleted, "DELETE /bookings/"+booked.BookingID, ali.token, nil)

	hers := get[zikr.BookingConfirmed](s, 201, "POST "+at+"/bookings", vali.token, fields{"poraId": "8"})
	back := get[zikr.ReleaseConfirmed](s, 200, "DELETE /bookings/"+hers.BookingID, ali.token, nil)
	if back.PoraID != "8" {
		t.Errorf("released: got %+v", back)
	}
	page := get[zikr.EventPage](s, 200, "GET "+at+"/events?since=1&limit=2", vali.token, nil)
	if page.Latest != 5 || len(page.Events) != 2 || page.Events[0].Seq != 2 || page.Events[0].Event != "pora_booked" || page.Events[1].Event != "pora_completed" {
		t.Errorf("events: got %+v", page)
	}
	var told zikr.PoraCompleted
	if err := json.Unmarshal(page.Events[1].Data, &told); err != nil || told.UserName != "Ali Karimov" || told.TotalFinished != 1 {
		t.Errorf("pora_completed: got %+v, %v", told, err)
	}
	if page := get[zikr.EventPage](s, 200, "GET "+at+"/events?since=99", ali.token, nil); !page.Resync {
		t.Errorf("since above the latest: got %+v, want resync", page)
	}
}

func TestZikr(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	g := get[zikr.Snapshot](s, 201, "POST /groups", ali.token, fields{
		"name": "Istighfar", "type": "zikr", "isPublic": true, "zikr": fields{"name": "Istighfar", "goal": 100},
	})
	if len(g.Zikrs) != 1 || *g.Zikrs[0].Goal != 100 || g.Poras != nil {
		t.Fatalf("new group: got %+v", g)
	}
	at := "/groups/" + g.ID
	s.refused(zikr.CodeWrongGroupType, "POST "+at+"/bookings", ali.token, fields{"poraId": "1"})
	get[zikr.Snapshot](s, 200, "POST "+at+"/join", vali.token, nil)
	s.refused(zikr.CodeNotAdmin, "POST "+at+"/zikrs", vali.token, fields{"name": "Salavat"})
	z := get[zikr.ZikrItem](s, 201, "POST "+at+"/zikrs", ali.token, fields{"name": "Salavat", "body": "text", "hint": nil})
	z = get[zikr.ZikrItem](s, 200, "PATCH "+at+"/zikrs/"+z.ZikrID, ali.token, fields{"goal": 10, "body": ""})
	if z.Name != "Salavat" || *z.Goal != 10 || z.Body != nil {
		t.Errorf("changed zikr: got %+v", z)
	}
	counts := "POST " + at + "/zikrs/" + g.Zikrs[0].ZikrID + "/counts"
	first := get[zikr.ZikrUpdateConfirmed](s, 200, counts, vali.token, fields{"count": 33, "opId": "a"})
	again := get[zikr.ZikrUpdateConfirmed](s, 200, counts, vali.token, fields{"count": 50, "opId": "a"})
	if diff := cmp.Diff(first, again); diff != "" || first.TotalCount != 33 || first.Progress != "33.00" {
		t.Errorf("the same opId again (-first +again):\n%s", diff)
	}
	for _, count := range []int{0, -1, 100_001} {
		s.refused(zikr.CodeCountOutOfRange, counts, vali.token, fields{"count": count})
	}
	s.refused(zikr.CodeZikrNotFound, "POST "+at+"/zikrs/none/counts", vali.token, fields{"count": 1})
	get[none](s, 204, "DELETE "+at+"/zikrs/"+z.ZikrID, ali.token, nil)
	s.refused(zikr.CodeZikrNotFound, "PATCH "+at+"/zikrs/"+z.ZikrID, ali.token, fields{"name": "x"})
	snap := get[zikr.Snapshot](s, 200, "GET "+at, vali.token, nil)
	if len(snap.Zikrs) != 1 || snap.Zikrs[0].MyCount != 33 || snap.Zikrs[0].Members[0].UserName != "Vali Karimov" {
		t.Errorf("snapshot: got %+v", snap.Zikrs)
	}
}

func TestInvitations(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	g := s.quranGroup(ali, false)
	invitations := "POST /groups/" + g.ID + "/invitations"
	s.refused(zikr.CodeUserNotFound, invitations, ali.token, fields{"receiverId": "nobody"})
	s.refused(zikr.CodeAlreadyMember, invitations, ali.token, fields{"receiverId": ali.id})
	sent := get[zikr.InvitationSent](s, 201, invitations, ali.token, fields{"receiverId": vali.id})
	s.refused(zikr.CodeInvitationPending, invitations, ali.token, fields{"receiverId": vali.id})
	s.refused(zikr.CodeNotMember, invitations, vali.token, fields{"receiverId": ali.id})

	unread := get[zikr.List[zikr.NotificationItem]](s, 200, "GET /notifications?unread=true", vali.token, nil)
	if len(unread.Items) != 1 || unread.Items[0].ID != sent.ID || unread.Items[0].Type != zikr.NotifyInvitation {
		t.Errorf("unread: got %+v", unread)
	}
	s.refused(zikr.CodeNotificationMissing, "POST /notifications/"+sent.ID+"/read", ali.token, nil)
	read := get[zikr.NotificationMarkedRead](s, 200, "POST /notifications/"+sent.ID+"/read", vali.token, nil)
	if !read.Success || read.NotificationID != sent.ID {
		t.Errorf("read: got %+v", read)
	}
	if unread := get[zikr.List[zikr.NotificationItem]](s, 200, "GET /notifications?unread=true", vali.token, nil); len(unread.Items) != 0 {
		t.Errorf("unread after reading: got %+v", unread)
	}
	respond := "POST /notifications/" + sent.ID + "/respond"
	s.refused(zikr.CodeInvitationNotFound, respond, ali.token, fields{"accept": true})
	answered := get[zikr.InvitationResponded](s, 200, respond, vali.token, fields{"accept": true})
	if !answered.Accepted || answered.GroupID != g.ID {
		t.Errorf("answered: got %+v", answered)
	}
	s.refused(zikr.CodeInvitationAnswered, respond, vali.token, fields{"accept": false})
	get[zikr.Snapshot](s, 200, "GET /groups/"+g.ID, vali.token, nil)
}

// TestPages reads a list page by page.
func TestPages(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	var want []string
	for range 5 {
		want = append(want, s.quranGroup(ali, false).ID)
	}
	slices.Reverse(want) // newest first
	var got []string
	cursor := ""
	for range 3 {
		page := get[zikr.List[zikr.GroupItem]](s, 200, "GET /groups?limit=2&cursor="+cursor, ali.token, nil)
		for _, g := range page.Items {
			got = append(got, g.ID)
		}
		cursor = ""
		if page.Cursor != nil {
			cursor = *page.Cursor
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || cursor != "" {
		t.Errorf("three pages of two (-want +got), then cursor %q:\n%s", cursor, diff)
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=-1", "limit=two", "limit=1e2", "cursor=" + strings.Repeat("c", 129)} {
		s.refused(zikr.CodeInvalidPayload, "GET /groups?"+query, ali.token, nil)
	}
	s.refused(zikr.CodeInvalidPayload, "GET /groups/"+want[0]+"/events?limit=1001", ali.token, nil)
	s.refused(zikr.CodeInvalidPayload, "GET /groups/"+want[0]+"/events?since=-1", ali.token, nil)
	s.refused(zikr.CodeInvalidPayload, "GET /notifications?unread=perhaps", ali.token, nil)
}

// TestTokens knocks with what is no token.
func TestTokens(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	for _, bad := range []string{"", "x", "eyJhbGciOiJub25lIn0.e30.", ali.token + "x"} {
		r := s.do("GET /me", bad, nil)
		if p := s.problemOf(r); p.Code != zikr.CodeUnauthenticated || r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("token %q: got %+v, %v", bad, p, r.header)
		}
	}
	s.clock.pass(61 * 24 * 60 * 60 * 1e9)
	s.refused(zikr.CodeTokenExpired, "GET /me", ali.token, nil)
	if logs := s.logs.String(); strings.Contains(logs, ali.token[:40]) {
		t.Error("a token is in the log")
	}
	// Nothing is checked before who asks: a stranger learns nothing of a body.
	s.refused(zikr.CodeUnauthenticated, "POST /groups", "", fields{"name": 5})
}

// TestObserve names routes, never paths.
func TestObserve(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	s.do("GET /groups/secret-id?token="+ali.token, ali.token, nil)
	s.send("GET", "/nowhere?token="+ali.token, "", "")
	want := []string{"POST /api/v1/auth/register 201", "GET /api/v1/groups/{groupId} 404", " 404"}
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(want, s.routes); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if logs := s.logs.String(); strings.Contains(logs, "secret-id") || strings.Contains(logs, ali.token[:40]) || strings.Contains(logs, "nowhere") {
		t.Errorf("a path or a token is in the log:\n%s", logs)
	}
}

// TestManyAtOnce calls from many goroutines, for the race detector.
func TestManyAtOnce(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	g := s.quranGroup(ali, true)
	done := make(chan reply)
	for i := range 30 {
		go func() { done <- s.do("POST /groups/"+g.ID+"/bookings", ali.token, fields{"poraId": fmt.Sprint(i + 1)}) }()
	}
	for range 30 {
		if r := <-done; r.status != 201 {
			t.Errorf("got %d %s", r.status, r.body)
		}
	}
	snap := get[zikr.Snapshot](s, 200, "GET /groups/"+g.ID, ali.token, nil)
	if snap.Seq != 30 {
		t.Errorf("got seq %d, want 30", snap.Seq)
	}
}
