package zikr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// lettingGuestsIn opens a world whose links have an address and may let guests in.
func lettingGuestsIn(c *zikr.Config) { c.Guests, c.PublicURL = true, "https://zikr.example.org" }

// link makes a link into a group.
func (w *world) link(admin, groupID string, in zikr.NewLink) string {
	return must(w.CreateLink(w.ctx, admin, groupID, in)).Code
}

func (w *world) guest(name, code string) (*zikr.SignedIn, error) {
	return w.RegisterGuest(w.ctx, zikr.NewGuest{Name: name, Link: code})
}

func TestLink(t *testing.T) {
	w := newWorld(t, lettingGuestsIn)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "Family", Type: zikr.QuranGroup, Dedication: pointer("For all")})).ID
	w.complete(ali, w.book(ali, g, 3))
	until := zikr.At(w.clock.now().Add(time.Hour))
	made := must(w.CreateLink(w.ctx, ali, g, zikr.NewLink{MaxUses: number(2), ExpiresAt: &until}))
	want := &zikr.LinkItem{
		Code: made.Code, URL: "https://zikr.example.org/j/" + made.Code, MaxUses: pointer(int64(2)), ExpiresAt: &until, CreatedAt: made.CreatedAt,
	}
	if diff := cmp.Diff(want, made); diff != "" || len(made.Code) < 16 {
		t.Errorf("link (-want +got):\n%s", diff)
	}
	page := must(w.LinkPage(w.ctx, made.Code))
	wantPage := &zikr.LinkPage{GroupID: g, GroupName: "Family", Type: zikr.QuranGroup, Dedication: pointer("For all"), MemberCount: 1, TotalFinished: 1, ExpiresAt: &until}
	if diff := cmp.Diff(wantPage, page); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	before := w.seq(g)
	typed := strings.ToUpper(made.Code[:4] + "-" + made.Code[4:])
	for range 2 { // again: confirmed, told once, used once
		snap := must(w.JoinByLink(w.ctx, vali, typed))
		if len(snap.Members) != 2 || snap.Members[1].UserID != vali {
			t.Errorf("members after the link: %+v", snap.Members)
		}
	}
	if diff := cmp.Diff([]string{"member_joined"}, w.eventNames(g, before)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	want.Uses = 1
	if diff := cmp.Diff([]zikr.LinkItem{*want}, must(w.Links(w.ctx, ali, g)).Items); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestLinkEnds(t *testing.T) {
	w := newWorld(t, lettingGuestsIn)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali)
	until := zikr.At(w.clock.now().Add(time.Hour))
	ended, timed, used := w.link(ali, g, zikr.NewLink{}), w.link(ali, g, zikr.NewLink{ExpiresAt: &until}), w.link(ali, g, zikr.NewLink{MaxUses: number(1)})
	must(w.JoinByLink(w.ctx, vali, used))
	w.clock.at.Add(int64(2 * time.Hour / time.Millisecond))
	for range 2 {
		if err := w.EndLink(w.ctx, ali, g, ended); err != nil {
			t.Fatal(err)
		}
	}
	for _, code := range []string{ended, timed, used} {
		_, err := w.LinkPage(w.ctx, code)
		wantCode(t, err, zikr.CodeLinkExpired)
		_, err = w.JoinByLink(w.ctx, sami, code)
		wantCode(t, err, zikr.CodeLinkExpired)
		_, err = w.guest("Guest", code)
		wantCode(t, err, zikr.CodeLinkExpired)
		must(w.JoinByLink(w.ctx, vali, code)) // who is there already is answered the same
	}
	if left := must(w.Links(w.ctx, ali, g)).Items; len(left) != 0 {
		t.Errorf("links that let people in: %+v", left)
	}
	// Whom a link let in comes back by it, though it is used up, but not once it has ended.
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	must(w.JoinByLink(w.ctx, vali, used))
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	if err := w.EndLink(w.ctx, ali, g, used); err != nil { // over: stays so
		t.Fatal(err)
	}
	must(w.JoinByLink(w.ctx, vali, used))

	live := w.link(ali, g, zikr.NewLink{})
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	_, err := w.JoinByLink(w.ctx, sami, live)
	wantCode(t, err, zikr.CodeLinkExpired)
}

func TestLinkRefused(t *testing.T) {
	w := newWorld(t, lettingGuestsIn)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g, other := w.group(zikr.ZikrGroup, ali, vali), w.group(zikr.ZikrGroup, ali)
	code := w.link(ali, g, zikr.NewLink{})
	past := zikr.At(w.clock.now().Add(-time.Hour))
	for name, test := range map[string]struct {
		err  error
		want zikr.Code
	}{
		"a member makes one":        {second(w.CreateLink(w.ctx, vali, g, zikr.NewLink{})), zikr.CodeNotAdmin},
		"a stranger makes one":      {second(w.CreateLink(w.ctx, sami, g, zikr.NewLink{})), zikr.CodeNotMember},
		"a member lists":            {second(w.Links(w.ctx, vali, g)), zikr.CodeNotAdmin},
		"a stranger lists":          {second(w.Links(w.ctx, sami, g)), zikr.CodeNotMember},
		"a member ends it":          {w.EndLink(w.ctx, vali, g, code), zikr.CodeNotAdmin},
		"the admin of another ends": {w.EndLink(w.ctx, ali, other, code), zikr.CodeLinkNotFound},
		"no use":                    {second(w.CreateLink(w.ctx, ali, g, zikr.NewLink{MaxUses: number(0)})), zikr.CodeInvalidPayload},
		"too many uses":             {second(w.CreateLink(w.ctx, ali, g, zikr.NewLink{MaxUses: number(100_001)})), zikr.CodeInvalidPayload},
		"over from the start":       {second(w.CreateLink(w.ctx, ali, g, zikr.NewLink{ExpiresAt: &past})), zikr.CodeInvalidPayload},
		"no code":                   {second(w.JoinByLink(w.ctx, sami, "")), zikr.CodeLinkNotFound},
		"another code":              {second(w.JoinByLink(w.ctx, sami, "0000000000000000")), zikr.CodeLinkNotFound},
		"what cannot be a code":     {second(w.LinkPage(w.ctx, "../../etc/passwd")), zikr.CodeLinkNotFound},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, test.err, test.want) })
	}
}

// TestLinkForTheBanned lets nobody in whom the admin keeps out.
func TestLinkForTheBanned(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	code := w.link(ali, g, zikr.NewLink{})
	must(w.JoinByLink(w.ctx, vali, code)) // is there already
	must(w.BanUser(w.ctx, ali, g, vali))
	_, err := w.JoinByLink(w.ctx, vali, code)
	wantCode(t, err, zikr.CodeBanned)
}

// TestLinkBounds lets a group have so many links at a time, and keeps so many in all.
func TestLinkBounds(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	var codes []string
	for range 50 {
		codes = append(codes, w.link(ali, g, zikr.NewLink{}))
	}
	_, err := w.CreateLink(w.ctx, ali, g, zikr.NewLink{})
	wantCode(t, err, zikr.CodeLimitReached)
	first := codes[0]
	for range 160 {
		if err := w.EndLink(w.ctx, ali, g, codes[0]); err != nil {
			t.Fatal(err)
		}
		codes = append(codes[1:], w.link(ali, g, zikr.NewLink{}))
	}
	_, err = w.LinkPage(w.ctx, first)
	wantCode(t, err, zikr.CodeLinkNotFound) // long over, and not kept
	must(w.LinkPage(w.ctx, codes[49]))
}

// TestLinkAtOnce holds a link to its uses however many come at one moment, some of them twice.
func TestLinkAtOnce(t *testing.T) {
	w := newWorld(t)
	ali, many := w.user("Ali"), w.users(40)
	g := w.group(zikr.ZikrGroup, ali)
	code := w.link(ali, g, zikr.NewLink{MaxUses: number(10)})
	let := 0
	for i, err := range atOnce(80, func(i int) error { return second(w.JoinByLink(w.ctx, many[i/2], code)) }) {
		if err == nil && i%2 == 0 {
			let++
		} else if err != nil {
			wantCode(t, err, zikr.CodeLinkExpired)
		}
	}
	if n := len(w.snapshot(ali, g).Members) - 1; n != 10 {
		t.Errorf("%d members came by a link for 10 (%d calls were confirmed)", n, let)
	}
}

func TestGuest(t *testing.T) {
	w := newWorld(t, lettingGuestsIn)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	code := w.link(ali, g, zikr.NewLink{Guests: true, MaxUses: number(2)})
	in := must(w.guest("Bobo", code))
	guest := in.User.ID
	if !in.User.IsGuest || in.Token == "" {
		t.Errorf("signed in: %+v", in)
	}
	if snap := w.snapshot(guest, g); len(snap.Members) != 2 || snap.Members[1].UserName != "Bobo" {
		t.Errorf("members: %+v", snap.Members)
	}
	w.complete(guest, w.book(guest, g, 30))
	if found := must(w.FindUsers(w.ctx, ali, "Bobo")).Items; len(found) != 0 {
		t.Errorf("a guest was found: %+v", found)
	}
	_, err := w.CreateGroup(w.ctx, guest, zikr.NewGroup{Name: "G", Type: zikr.QuranGroup})
	wantCode(t, err, zikr.CodeGuestsNotAllowed)

	// An e-mail alone, and then a password, make a full account, of the same person.
	session := zikr.Session{UserID: guest, TokenID: "t", Version: 1}
	if me := must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Email: pointer("bobo@example.org")})); !me.IsGuest {
		t.Error("full without a password")
	}
	if found := must(w.FindUsers(w.ctx, ali, "bobo@example.org")).Items; len(found) != 0 {
		t.Errorf("a guest was found by email: %+v", found)
	}
	if me := must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Password: pointer(goodPassword)})); me.IsGuest || me.QuranGroupCount != 1 {
		t.Errorf("after an email and a password: %+v", me)
	}
	must(w.CreateGroup(w.ctx, guest, zikr.NewGroup{Name: "G", Type: zikr.QuranGroup}))
	if found := must(w.FindUsers(w.ctx, ali, "Bobo")).Items; len(found) != 1 {
		t.Errorf("found: %+v", found)
	}
	must(w.Login(w.ctx, zikr.Credentials{Login: "bobo@example.org", Password: goodPassword}))
}

func TestGuestRefused(t *testing.T) {
	w := newWorld(t, lettingGuestsIn)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	_, err := w.guest("Bobo", w.link(ali, g, zikr.NewLink{}))
	wantCode(t, err, zikr.CodeGuestsNotAllowed)
	_, err = w.guest(" ", w.link(ali, g, zikr.NewLink{Guests: true}))
	wantCode(t, err, zikr.CodeInvalidPayload)
	_, err = w.guest("Bobo", "0000000000000000")
	wantCode(t, err, zikr.CodeLinkNotFound)
}

func TestGuestsClosed(t *testing.T) {
	w := newWorld(t)
	vali := w.user("Vali")
	code := w.link(vali, w.group(zikr.QuranGroup, vali), zikr.NewLink{Guests: true})
	_, err := w.guest("Bobo", code)
	wantCode(t, err, zikr.CodeGuestsNotAllowed)
	if must(w.LinkPage(w.ctx, code)).Guests {
		t.Error("the page says that guests may come in")
	}
}
