package zikr_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/zikr-app/zikr"
)

// silent is a group that has become anonymous after some acts, with all kinds of people about it. Each
// reader has done all that one can do, before and after.
type silent struct {
	*world
	id, admin                  string
	reader, other, gone, guest string
	watcher, stranger, exAdmin string
	zikrID                     string
	since                      int64 // the seq from which on it is anonymous
}

func newSilent(t *testing.T) *silent {
	w := newWorld(t, lettingGuestsIn)
	s := &silent{
		world: w, admin: w.user("Boss"), reader: w.user("Raihona"), other: w.user("Otabek"), gone: w.user("Gulnora"),
		watcher: w.user("Wali"), stranger: w.user("Stranger"), exAdmin: w.user("Eldor"),
	}
	s.id = w.group(zikr.QuranGroup, s.exAdmin, s.admin, s.reader, s.other, s.gone, s.watcher)
	s.guest = must(w.guest("Guzal", w.link(s.exAdmin, s.id, zikr.NewLink{Guests: true}))).User.ID
	s.zikrID = w.zikr(s.exAdmin, s.id, 10)
	must(w.BookPora(w.ctx, s.exAdmin, zikr.BookPora{GroupID: s.id, PoraID: "30", ForUserID: &s.other})) // is told in the export of who was the admin
	must(w.ReleasePora(w.ctx, s.exAdmin, zikr.ReleasePora{BookingID: *s.snapshot(s.exAdmin, s.id).Poras[29].BookingID}))
	s.act(1)
	must(w.UpdateGroup(w.ctx, s.exAdmin, s.id, zikr.GroupChange{
		AdminID: &s.admin, GroupSettingsChange: zikr.GroupSettingsChange{IsAnonymous: pointer(true), OpenHatms: number(2)},
	}))
	s.since = s.seq(s.id)
	w.bus.forget()
	s.act(11)
	s.finish()
	if err := w.LeaveGroup(w.ctx, s.gone, s.id); err != nil {
		t.Fatal(err)
	}
	w.Close() // what is told behind a command is told
	return s
}

// readers are those who act. Who was the admin has acted as such: of that one is told.
func (s *silent) readers() []string { return []string{s.reader, s.other, s.gone, s.guest} }

// act has each reader do everything, with poras from one on.
func (s *silent) act(from int) {
	for i, user := range s.readers() {
		done, freed := s.book(user, s.id, from+2*i), s.book(user, s.id, from+2*i+1)
		s.complete(user, done)
		must(s.ReopenPora(s.ctx, user, zikr.ReopenPora{BookingID: done}))
		s.complete(user, done)
		must(s.ReleasePora(s.ctx, user, zikr.ReleasePora{BookingID: freed}))
		s.book(user, s.id, from+2*i+1)
		made := s.count(user, s.id, s.zikrID, 7)
		must(s.UndoZikrCount(s.ctx, user, zikr.UndoZikrCount{ID: made.ID}))
		s.count(user, s.id, s.zikrID, 11) // reaches the goal
	}
}

// finish has one reader complete a hatm, and the admin act for others.
func (s *silent) finish() {
	must(s.ShareHatm(s.ctx, s.admin, s.id, 1, zikr.ShareOut{UserIDs: []string{s.other}}))
	for _, p := range s.snapshot(s.admin, s.id).Hatms[0].Poras {
		if p.Status == "booked" && *p.UserID == s.other && p.PoraID == "30" {
			must(s.RemindPora(s.ctx, s.admin, zikr.RemindPora{BookingID: *p.BookingID}))
		}
	}
	for _, p := range s.snapshot(s.admin, s.id).Hatms[0].Poras {
		if p.Status == "booked" {
			s.complete(*p.UserID, *p.BookingID)
		}
	}
	s.book(s.other, s.id, 1)
	s.book(s.gone, s.id, 2) // is freed when they leave
	must(s.UpdateZikrCount(s.ctx, s.admin, zikr.UpdateZikrCount{GroupID: s.id, ZikrID: s.zikrID, Count: 3, ForUserID: &s.other}))
}

// told is everything that a person gets of the group, by what it is got with. Who is a member is not in it: the lists of
// members, member_joined, member_left and presence, which name people without an act.
func (s *silent) told(user string) map[string]string {
	all := map[string]string{}
	keep := func(what string, got any, err error) {
		if err != nil {
			all[what] = err.Error()
			return
		}
		all[what] = string(must(json.Marshal(got)))
	}
	snap, err := s.Snapshot(s.ctx, user, s.id)
	if err == nil {
		snap.Members, snap.AdminID = nil, ""
	}
	keep("snapshot", snap, err)
	hatms, err := s.GroupHatms(s.ctx, user, s.id, zikr.Page{})
	keep("hatms", hatms, err)
	days, err := s.GroupDays(s.ctx, user, s.id, zikr.DayRange{})
	keep("days", days, err)
	page, err := s.Events(s.ctx, user, s.id, 0, 1000)
	if err == nil {
		page.Events = deleteMembers(page.Events)
	}
	keep("replay", page, err)
	list, err := s.Notifications(s.ctx, user, false, zikr.Page{})
	keep("notifications", list, err)
	export, err := s.Export(s.ctx, user)
	keep("export", export, err)
	_, err = s.BookPora(s.ctx, user, zikr.BookPora{GroupID: s.id, PoraID: "1"})
	keep("a refused booking", nil, err)
	_, err = s.CompletePora(s.ctx, user, zikr.CompletePora{BookingID: *s.snapshot(s.admin, s.id).Poras[0].BookingID})
	keep("a refused completion", nil, err)
	keep("signals", s.signals(user), nil)
	if page != nil {
		keep("live", s.live(), nil)
	}
	return all
}

// signals is what a user's connections were told beside, since the group is anonymous.
func (s *silent) signals(user string) (out []zikr.LoggedEvent) {
	for _, signal := range s.bus.toUser(user) {
		out = append(out, zikr.LoggedEvent{Event: signal.Name, Data: signal.Data})
	}
	return out
}

// deleteMembers leaves out who came and went.
func deleteMembers(events []zikr.LoggedEvent) (out []zikr.LoggedEvent) {
	for _, e := range events {
		if e.Event != "member_joined" && e.Event != "member_left" {
			out = append(out, e)
		}
	}
	return out
}

// live is what the channel was told since the group is anonymous.
func (s *silent) live() (out []zikr.LoggedEvent) {
	for _, e := range s.bus.published(s.id) {
		if e.Seq >= s.since {
			out = append(out, zikr.LoggedEvent{Seq: e.Seq, Event: e.Name, Data: e.Data})
		}
	}
	return deleteMembers(out)
}

// In an anonymous group no byte that anybody but the admin gets names another reader because of what they did.
func TestAnonymous(t *testing.T) {
	s := newSilent(t)
	for kind, viewer := range map[string]string{
		"a reader": s.reader, "another reader": s.other, "a guest": s.guest, "a member who only looks": s.watcher,
		"a former member": s.gone, "a stranger": s.stranger, "a former admin": s.exAdmin,
	} {
		for what, got := range s.told(viewer) {
			for _, reader := range s.readers() {
				name := must(s.Me(s.ctx, reader)).Name
				if reader != viewer && (strings.Contains(got, `"`+reader+`"`) || strings.Contains(got, name)) {
					at := max(strings.Index(got, name), strings.Index(got, `"`+reader+`"`))
					t.Errorf("%s is told of %s in %s: …%s…", kind, name, what, got[max(0, at-200):min(len(got), at+100)])
				}
			}
		}
	}
	// The search finds what it looks for: an admin is told of all.
	told := s.told(s.admin)
	for _, reader := range s.readers() {
		for _, what := range []string{"snapshot", "hatms"} {
			if !strings.Contains(told[what], `"`+reader+`"`) {
				t.Errorf("the admin is not told of %s in %s", reader, what)
			}
		}
	}
}

// One's own is named, and what others did sums up.
func TestAnonymousOwn(t *testing.T) {
	s := newSilent(t)
	snap := s.snapshot(s.other, s.id)
	if p := snap.Poras[0]; *p.UserID != s.other || *p.UserName != "Otabek Karimov" || p.BookingID == nil {
		t.Errorf("one's own pora: got %+v", p)
	}
	if p := s.snapshot(s.reader, s.id).Poras[0]; *p.UserID != "" || *p.UserName != "" || p.Status != "booked" || p.BookingID == nil {
		t.Errorf("another's pora: got %+v", p)
	}
	z := snap.Zikrs[0]
	want := []zikr.ShareItem{{UserID: s.other, UserName: "Otabek Karimov", Count: 25}, {Count: 66}}
	if !reflect.DeepEqual(z.Members, want) || z.MyCount != 25 || z.TotalCount != 91 {
		t.Errorf("the shares: got %+v of %d, want %+v", z.Members, z.TotalCount, want)
	}
	if got := s.snapshot(s.watcher, s.id).Zikrs[0].Members; !reflect.DeepEqual(got, []zikr.ShareItem{{Count: 91}}) {
		t.Errorf("the shares for who counted nothing: got %+v", got)
	}
	if got := len(s.snapshot(s.watcher, s.id).Members); got != 6 {
		t.Errorf("who is in the group: got %d members, want 6", got)
	}
}

// The promise stays.
func TestAnonymousStays(t *testing.T) {
	s := newSilent(t)
	_, err := s.UpdateGroup(s.ctx, s.admin, s.id, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{IsAnonymous: pointer(false)}})
	wantCode(t, err, zikr.CodeInvalidPayload)
	before := s.seq(s.id)
	must(s.UpdateGroup(s.ctx, s.admin, s.id, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{IsAnonymous: pointer(true)}}))
	if !s.snapshot(s.admin, s.id).IsAnonymous || s.seq(s.id) != before {
		t.Error("asked for again, it is something new")
	}
}

// A stranger of a public group sees what a link's page shows, and the state of poras and totals, in any group.
func TestStranger(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest := w.user("Ali"), w.user("Vali"), w.user("Guest")
	g := w.group(zikr.QuranGroup, ali, vali, guest)
	w.complete(vali, w.book(vali, g, 1))
	w.book(guest, g, 2)
	z := w.zikr(ali, g, 0)
	w.count(vali, g, z, 3)
	w.count(guest, g, z, 4)
	if err := w.LeaveGroup(w.ctx, guest, g); err != nil {
		t.Fatal(err)
	}
	for kind, viewer := range map[string]string{"a stranger": w.user("Sami"), "a former member": guest} {
		snap := w.snapshot(viewer, g)
		if snap.MemberCount != 2 || snap.Poras[0].Status != "completed" || snap.Hatms[0].Poras[1].Status != "available" || snap.Zikrs[0].TotalCount != 7 || snap.Hatms[0].TotalFinished != 1 {
			t.Errorf("%s does not see how far the group is: %+v", kind, snap)
		}
		list := must(w.PublicGroups(w.ctx, viewer, "", zikr.Page{}))
		got := string(must(json.Marshal(snap))) + string(must(json.Marshal(list)))
		for _, no := range []string{ali, vali, "Ali", "Vali", "Karimov"} {
			if strings.Contains(got, no) {
				t.Errorf("%s sees %s: %s", kind, no, got)
			}
		}
		if len(list.Items) != 1 {
			t.Errorf("%s finds %d groups, want 1", kind, len(list.Items))
		}
	}
	if snap := w.snapshot(vali, g); snap.MemberCount != 0 || len(snap.Members) != 2 || snap.AdminID != ali || *snap.Poras[0].UserName != "Vali Karimov" {
		t.Errorf("a member sees %+v", snap)
	}
}

// An admin of the platform sees who is in an anonymous group, and no more than members do.
func TestAnonymousForThePlatform(t *testing.T) {
	s := newSilent(t)
	got := must(s.ShowGroup(s.ctx, zikr.Admin{}, s.id))
	if len(got.Members) != 6 || got.AdminID != s.admin {
		t.Errorf("the members: got %+v", got.Members)
	}
	got.Members, got.AdminID = nil, ""
	all := string(must(json.Marshal(got)))
	for _, reader := range s.readers() {
		if strings.Contains(all, `"`+reader+`"`) {
			t.Errorf("is told of %s: %s", reader, all)
		}
	}
}

// Every event of the log that names somebody is known as one that tells an act, or as one that tells who is in the group.
func TestEveryNameInTheLogIsKnown(t *testing.T) {
	members := map[string]bool{"member_joined": true, "member_left": true}
	s := newSilent(t)
	acts := map[string]bool{}
	for _, e := range s.bus.published(s.id) {
		var d struct{ UserID string }
		decode(t, e.Data, &d)
		if e.Seq < s.since && d.UserID != "" {
			acts[e.Name] = true
		}
	}
	for _, e := range zikr.ServerEvents() {
		name := e.Payload.EventName()
		payload := reflect.New(reflect.TypeOf(e.Payload))
		if _, logged := payload.Interface().(zikr.GroupEvent); !logged || members[name] || !payload.Elem().FieldByName("UserID").IsValid() {
			continue
		}
		if !acts[name] {
			t.Errorf("no %s in the test: a name in it may be told", name)
		}
	}
	for _, e := range s.events(s.id, 0) {
		var d struct{ UserID string }
		decode(t, e.Data, &d)
		if !members[e.Name] && (d.UserID != "" || e.UserID != "") {
			t.Errorf("event %d %s names %q %q", e.Seq, e.Name, d.UserID, e.UserID)
		}
	}
}

// A name that is out of the log already, since the account is gone, leaves no id behind.
func TestAnonymousAfterADeletedAccount(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.complete(vali, w.book(vali, g, 1))
	if err := w.DeleteMe(w.ctx, vali); err != nil {
		t.Fatal(err)
	}
	must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{IsAnonymous: pointer(true)}}))
	for _, e := range w.events(g, 0) {
		if e.Name != "member_joined" && e.Name != "member_left" && strings.Contains(string(e.Data), fmt.Sprintf("%q", vali)) {
			t.Errorf("%s: %s", e.Name, e.Data)
		}
	}
}
