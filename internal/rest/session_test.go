package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

func TestInWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                   "Chrome on Pixel 8",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0":                                                                  "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":                         "Chrome on Windows",
		"Zikr/12 CFNetwork/1494.0.7 Darwin/23.4.0": "Zikr",
		"": "",
	} {
		if got := inWords(agent); got != want {
			t.Errorf("%q: got %q, want %q", agent, got, want)
		}
	}
	for _, odd := range []string{strings.Repeat("x", 10_000), "a\x1b[31mb/1", "\x7f\x00/2", "(((((", strings.Repeat("(", 1000), "Mozilla/5.0 (" + strings.Repeat("a;", 500) + ")"} {
		got := inWords(odd)
		if len([]rune(got)) > maxDevice || strings.ContainsAny(got, "\x1b\x7f\x00\n") {
			t.Errorf("%.20q: got %.200q", odd, got)
		}
	}
}

// A User-Agent that was made to take long to be taken apart takes no longer than another: each ; copies all that is before
// it again, once there is an address.
func TestAgentThatTakesLong(t *testing.T) {
	agent := "http://" + strings.Repeat("x", 7500) + strings.Repeat(";", 7500)
	if allocations := testing.AllocsPerRun(5, func() { inWords(agent) }); allocations > 2*maxAgent {
		t.Errorf("it took %v allocations", allocations)
	}
}

// The app's own name of the device comes first.
func TestNamed(t *testing.T) {
	ctx := context.WithValue(t.Context(), deviceKey{}, "Firefox/127.0")
	if got := *named(ctx, new("Zaynab's phone")); got != "Zaynab's phone" {
		t.Errorf("got %q", got)
	}
	for _, none := range []*string{nil, new("")} {
		if got := *named(ctx, none); got != "Firefox" {
			t.Errorf("got %q", got)
		}
	}
}

func TestSessionsOverHTTP(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	in := get[zikr.SignedIn](s, 200, "POST /auth/login", "", fields{"login": ali.email, "password": "password of Ali", "deviceName": "Tablet"})
	list := get[zikr.List[zikr.SessionItem]](s, 200, "GET /me/sessions", in.Token, nil)
	if len(list.Items) != 2 || *list.Items[0].Device != "Tablet" || !list.Items[0].IsCurrent {
		t.Fatalf("got %+v", list.Items)
	}
	renewed := get[zikr.SignedIn](s, 200, "POST /auth/renew", in.Token, nil) // without a body
	renewed = get[zikr.SignedIn](s, 200, "POST /auth/renew", renewed.Token, fields{"deviceName": "ignored"})
	get[none](s, 204, "DELETE /me/sessions/"+list.Items[1].ID, renewed.Token, nil)
	s.refused(zikr.CodeUnauthenticated, "GET /me", ali.token, nil)
	s.refused(zikr.CodeSessionNotFound, "DELETE /me/sessions/none", renewed.Token, nil)
	get[none](s, 204, "DELETE /me/sessions", renewed.Token, nil)
	get[none](s, 204, "POST /auth/logout", renewed.Token, nil)
	s.refused(zikr.CodeUnauthenticated, "GET /me", in.Token, nil)
}

// What a stolen token must not do; guesses at the password for it are counted.
func TestOwnerIsAskedOverHTTP(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	s.clock.pass(11 * time.Minute)
	s.refused(zikr.CodeBadCredentials, "PATCH /me", ali.token, fields{"email": "x@example.org"})
	s.refused(zikr.CodeBadCredentials, "DELETE /me", ali.token, nil)
	s.refused(zikr.CodeBadCredentials, "DELETE /me", ali.token, fields{"currentPassword": "a guess"})
	get[zikr.Profile](s, 200, "PATCH /me", ali.token, fields{"email": "x@example.org", "currentPassword": "password of Ali"})
	get[none](s, 204, "DELETE /me", ali.token, fields{"currentPassword": "password of Ali"})
}

func TestBlocksOverHTTP(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	get[none](s, 204, "PUT /me/blocks/"+vali.id, ali.token, nil)
	if list := get[zikr.List[zikr.BlockItem]](s, 200, "GET /me/blocks", ali.token, nil); len(list.Items) != 1 || list.Items[0].UserID != vali.id {
		t.Errorf("got %+v", list)
	}
	s.refused(zikr.CodeUserNotFound, "PUT /me/blocks/nobody", ali.token, nil)
	s.refused(zikr.CodeInvalidPayload, "PUT /me/blocks/"+ali.id, ali.token, nil)
	get[none](s, 204, "DELETE /me/blocks/"+vali.id, ali.token, nil)
}

// The operator's own token is good for the administration, and for nothing else.
func TestAdministrationOverHTTP(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	g := s.quranGroup(ali, true)
	operator, _, err := s.tokens.Issue(zikr.Claims{Operator: true})
	if err != nil {
		t.Fatal(err)
	}
	s.refused(zikr.CodeUnauthenticated, "GET /me", operator, nil)
	s.refused(zikr.CodeNotAdmin, "GET /admin/users", ali.token, nil)
	s.refused(zikr.CodeUnauthenticated, "GET /admin/users", "", nil)
	if p := get[zikr.AdminProfile](s, 200, "PATCH /admin/users/"+ali.id, operator, fields{"isAdmin": true}); !p.IsAdmin || p.ID != ali.id {
		t.Errorf("got %+v", p)
	}
	added := get[zikr.AdminUser](s, 201, "POST /admin/users", ali.token, fields{"name": "A", "surname": "B", "email": "ab@example.org", "password": "bismillah 114"})
	if list := get[zikr.List[zikr.AdminUser]](s, 200, "GET /admin/users?q=ab@example.org", ali.token, nil); len(list.Items) != 1 || list.Items[0].ID != added.ID {
		t.Errorf("got %+v", list)
	}
	if p := get[zikr.AdminProfile](s, 200, "GET /admin/users/"+vali.id, ali.token, nil); len(p.Sessions) != 1 {
		t.Errorf("got %+v", p)
	}
	get[none](s, 204, "DELETE /admin/users/"+vali.id+"/sessions", ali.token, nil)
	s.refused(zikr.CodeUnauthenticated, "GET /me", vali.token, nil)
	get[none](s, 204, "DELETE /admin/users/"+vali.id, ali.token, nil)
	s.refused(zikr.CodeUserNotFound, "GET /admin/users/"+vali.id, ali.token, nil)
	if list := get[zikr.List[zikr.GroupItem]](s, 200, "GET /admin/groups?q=", ali.token, nil); len(list.Items) != 1 {
		t.Errorf("got %+v", list)
	}
	get[zikr.Snapshot](s, 200, "GET /admin/groups/"+g.ID, operator, nil)
	s.refused(zikr.CodeUserNotFound, "PATCH /admin/groups/"+g.ID, operator, fields{"adminId": added.ID})
	get[none](s, 204, "DELETE /admin/groups/"+g.ID, operator, nil)
	acts := get[zikr.List[zikr.ActItem]](s, 200, "GET /admin/audit", ali.token, nil)
	var kinds []string
	for _, a := range acts.Items {
		kinds = append(kinds, string(a.Act))
	}
	if got := strings.Join(kinds, " "); got != "group_deleted user_deleted sessions_ended user_added admin_made" {
		t.Errorf("the audit log is %s", got)
	}
	if text, _ := json.Marshal(acts); strings.Contains(string(text), "example.org") {
		t.Errorf("the audit log holds more than ids and names: %s", text)
	}
	get[zikr.AdminProfile](s, 200, "PATCH /admin/users/"+added.ID, operator, fields{"isSuspended": true})
	if p := s.do("POST /auth/login", "", fields{"login": "ab@example.org", "password": "bismillah 114"}); p.status != http.StatusForbidden {
		t.Errorf("who is suspended logs in: %d", p.status)
	}
}
