package zikr_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// Every use case is run with the first call of the store failing, then the
// second, and so on until it succeeds. Each failure must reach the caller as an outage,
// and must have changed nothing and told nobody.
func TestEveryStoreCallMayFail(t *testing.T) {
	faults := &tap{}
	w := newWorld(t, withTap(faults))
	o := prepareOutages(w)
	w.Close() // no announcements in the background: their calls would be counted
	for _, step := range o.steps() {
		t.Run(step.name, func(t *testing.T) {
			before := o.state()
			for call := 1; ; call++ {
				faults.reset(call)
				err := step.run()
				failed := faults.failed()
				faults.reset(0)
				if err == nil {
					if failed {
						t.Errorf("the failure of call %d was passed over", call)
					}
					if call == 1 {
						t.Error("it never asked the store")
					}
					return
				}
				if !errors.Is(err, errDisk) || zikr.CodeOf(err) != zikr.CodeInternal {
					t.Fatalf("the failure of call %d: got %v, want the outage", call, err)
				}
				if after := o.state(); after != before && !step.goesOn {
					t.Fatalf("the failure of call %d left traces (-before +after):\n%s", call, cmp.Diff(before, after))
				}
			}
		})
	}
}

// outages is what the use cases work on.
type outages struct {
	*world
	ali, vali, sami, gone string
	quran, second         string // groups that read
	zikrs, doomed         string // groups that count
	zikrID, toDelete      string
	booked, toRelease     string // Vali's; the first is the 30th of its hatm
	accept, reject        string // invitations of Sami's
	stored, notice        string // notifications of Vali's
	member, given         string // of the second group: one without a login, and a booking of Vali's
	session               zikr.Session
}

func prepareOutages(w *world) *outages {
	o := &outages{world: w, ali: w.user("Ali"), vali: w.user("Vali"), sami: w.user("Sami"), gone: w.user("Gone")}
	o.quran = w.group(zikr.QuranGroup, o.ali, o.vali, o.gone)
	o.zikrs = w.group(zikr.ZikrGroup, o.ali, o.vali, o.gone)
	o.doomed = w.group(zikr.ZikrGroup, o.ali, o.vali)
	o.zikrID, o.toDelete = w.zikr(o.ali, o.zikrs, 10), w.zikr(o.ali, o.zikrs, 0)
	for n := 3; n <= zikr.Poras; n++ {
		w.complete(o.ali, w.book(o.ali, o.quran, n))
	}
	w.complete(o.ali, w.book(o.ali, o.quran, 1))
	o.booked = w.book(o.vali, o.quran, 2)
	w.count(o.ali, o.zikrs, o.zikrID, 10)
	o.notice = w.unread(o.vali)[0].ID
	o.second = w.group(zikr.QuranGroup, o.ali, o.vali, o.gone)
	must(w.ReleasePora(w.ctx, o.ali, zikr.ReleasePora{BookingID: w.book(o.vali, o.second, 1)}))
	o.stored = w.unread(o.vali)[0].ID
	o.toRelease = w.book(o.vali, o.second, 1)
	w.book(o.gone, o.second, 2)
	o.accept, o.reject = w.invite(o.ali, o.quran, o.sami), w.invite(o.ali, o.doomed, o.sami)
	w.tokens.accept("unknown", zikr.Claims{UserID: "u", Version: -1, Name: "N", Email: "n@example.org"})
	o.session = *must(w.Authenticate(w.ctx, must(w.login("ali@example.org")).Token))
	return o
}

// state is what the store keeps of the groups and users, and how much was told.
func (o *outages) state() string {
	var rows []any
	read := func(v any, err error) {
		if err != nil {
			panic(err)
		}
		rows = append(rows, v)
	}
	err := o.store.View(o.ctx, func(r zikr.Reader) error {
		for _, g := range []string{o.quran, o.second, o.zikrs, o.doomed} {
			group := must(r.Group(g))
			read(group, nil)
			read(r.MemberIDs(g))
			read(r.OpenHatms(g))
			read(r.OpenBookings(g))
			read(r.Zikrs(g))
			read(r.Shares(g))
			read(r.Events(g, group.Seq-1, 10))
		}
		for _, u := range []string{o.ali, o.vali, o.sami} {
			read(r.User(u))
			read(r.CountsOf(u, zikr.Page{Limit: 100}))
			read(r.NotificationItems(u, false, zikr.Page{Limit: 100}))
		}
		return nil
	})
	read(len(o.bus.all()), err)
	return string(must(json.Marshal(rows)))
}

// addMember adds a member without a login, and remembers whom.
func (o *outages) addMember() error {
	m, err := o.AddMember(o.ctx, o.ali, o.second, zikr.NewMember{Name: "Momo"})
	if err == nil {
		o.member = m.UserID
	}
	return err
}

// wake lets the clock come to one booking, after a time.
func (o *outages) wake(after time.Duration) error {
	o.clock.later(after)
	err := o.WakeBookings(o.ctx, o.second, []zikr.DueBooking{{ID: o.given}})
	if err != nil {
		o.clock.later(-after)
	}
	return err
}

// outageStep is one use case.
type outageStep struct {
	name   string
	goesOn bool // it may stop half-way and be called again
	run    func() error
}

func (o *outages) steps() []outageStep {
	return slices.Concat(o.readingSteps(), o.accountSteps(), o.writingSteps(), o.hatmSteps(), o.adminSteps(), o.endingSteps())
}

func (o *outages) readingSteps() []outageStep {
	w, ctx, page := o.world, o.ctx, zikr.Page{}
	return []outageStep{
		{"Me", false, func() error { return second(w.Me(ctx, o.ali)) }},
		{"Export", false, func() error { return second(w.Export(ctx, o.vali)) }},
		{"FindUsers by name", false, func() error { return second(w.FindUsers(ctx, o.ali, "vali")) }},
		{"FindUsers by email", false, func() error { return second(w.FindUsers(ctx, o.ali, "vali@example.org")) }},
		{"Login", false, func() error { return second(w.login("vali@example.org")) }},
		{"Authenticate", false, func() error { return second(w.Authenticate(ctx, o.ali+"/1/t/")) }},
		{"Groups", false, func() error { return second(w.Groups(ctx, o.ali, page)) }},
		{"PublicGroups", false, func() error { return second(w.PublicGroups(ctx, o.ali, "", page)) }},
		{"Snapshot", false, func() error { return second(w.Snapshot(ctx, o.ali, o.quran)) }},
		{"Snapshot of zikrs", false, func() error { return second(w.Snapshot(ctx, o.sami, o.zikrs)) }},
		{"Standing", false, func() error { return second(w.Standing(ctx, o.ali, o.quran)) }},
		{"Events", false, func() error { return second(w.Events(ctx, o.ali, o.quran, 0, 10)) }},
		{"EventsAfter", false, func() error { return second(w.EventsAfter(ctx, o.quran, 0, 10)) }},
		{"LatestSeqs", false, func() error { return second(w.LatestSeqs(ctx, []string{o.quran})) }},
		{"Ended", false, func() error { return second(w.Ended(ctx, []zikr.Session{o.session})) }},
		{"GroupHatms", false, func() error { return second(w.GroupHatms(ctx, o.ali, o.quran, page)) }},
		{"BookingsDue", false, func() error { return second(w.BookingsDue(ctx, zikr.DueBooking{}, 10)) }},
		{"Notifications", false, func() error { return second(w.Notifications(ctx, o.vali, false, page)) }},
		{"UnreadNotifications", false, func() error { return second(w.UnreadNotifications(ctx, o.vali)) }},
		{"InvitedInto", false, func() error { return second(w.InvitedInto(ctx, o.sami, o.accept)) }},
	}
}

// accountSteps are of sessions and blocks; they come before the password changes, which ends the sessions.
func (o *outages) accountSteps() []outageStep {
	w, ctx := o.world, o.ctx
	one, _ := w.session("ali@example.org")
	return []outageStep{
		{"Sessions", false, func() error { return second(w.Sessions(ctx, o.session)) }},
		{"Renew", false, func() error { return second(w.Renew(ctx, o.session, "")) }},
		{"Renew without a session", false, func() error { return second(w.Renew(ctx, zikr.Session{UserID: o.ali, Version: 1}, "")) }},
		{"EndSession", false, func() error { return w.EndSession(ctx, o.session, one.ID) }},
		{"EndOtherSessions", false, func() error { return w.EndOtherSessions(ctx, o.session) }},
		{"BlockUser", false, func() error { return w.BlockUser(ctx, o.sami, o.vali) }},
		{"BlockUser again", false, func() error { return w.BlockUser(ctx, o.sami, o.vali) }},
		{"Blocks", false, func() error { return second(w.Blocks(ctx, o.sami, zikr.Page{})) }},
		{"UnblockUser", false, func() error { return w.UnblockUser(ctx, o.sami, o.vali) }},
	}
}

// adminSteps are what an admin of the platform does.
func (o *outages) adminSteps() []outageStep {
	w, ctx, page := o.world, o.ctx, zikr.Page{}
	by, doomed := w.admin("Boss"), w.user("Doomed")
	group := w.group(zikr.QuranGroup, o.ali, o.vali)
	change := zikr.AdminChange{Name: pointer("Sobir"), Password: pointer("forgotten no more"), IsSuspended: pointer(true)}
	return []outageStep{
		{"FindAccounts", false, func() error { return second(w.FindAccounts(ctx, by, "", page)) }},
		{"FindAccounts by email", false, func() error { return second(w.FindAccounts(ctx, by, "vali@example.org", page)) }},
		{"ShowAccount", false, func() error { return second(w.ShowAccount(ctx, by, o.vali)) }},
		{"AllGroups", false, func() error { return second(w.AllGroups(ctx, by, "", page)) }},
		{"ShowGroup", false, func() error { return second(w.ShowGroup(ctx, by, o.quran)) }},
		{"AddAccount", false, func() error {
			in := registration()
			in.Email, in.Phone = "third@example.org", nil
			return second(w.AddAccount(ctx, by, in))
		}},
		{"ChangeAccount", false, func() error { return second(w.ChangeAccount(ctx, by, o.sami, change)) }},
		{"EndAccountSessions", false, func() error { return w.EndAccountSessions(ctx, by, o.vali) }},
		{"HandOverGroup", true, func() error { // its answer is read after the commit
			return second(w.HandOverGroup(ctx, by, group, zikr.AdminGroupChange{AdminID: o.vali}))
		}},
		{"EndGroup", false, func() error { return w.EndGroup(ctx, by, group) }},
		{"Audit", false, func() error { return second(w.Audit(ctx, by, page)) }},
		{"DeleteAccount", true, func() error { return w.DeleteAccount(ctx, by, doomed) }},
	}
}

func (o *outages) writingSteps() []outageStep {
	w, ctx := o.world, o.ctx
	count := zikr.UpdateZikrCount{GroupID: o.zikrs, ZikrID: o.zikrID, Count: 10, OpID: pointer("op")}
	return []outageStep{
		{"Register", false, func() error { return second(w.Register(ctx, registration2())) }},
		{"UpdateMe", false, func() error {
			return second(w.UpdateMe(ctx, o.session, zikr.ProfileChange{Name: pointer("Olim"), Password: pointer("another password"), CurrentPassword: pointer(goodPassword)}))
		}},
		{"CreateGroup", true, func() error { // its answer is read after the commit
			return second(w.CreateGroup(ctx, o.ali, zikr.NewGroup{Name: "n", Type: zikr.QuranGroup, Zikr: &zikr.NewZikr{Name: "z"}}))
		}},
		{"UpdateGroup", true, func() error {
			return second(w.UpdateGroup(ctx, o.ali, o.quran, zikr.GroupChange{Name: pointer("Brothers"), AdminID: &o.ali}))
		}},
		{"UpdateGroup without a change", false, func() error { return second(w.UpdateGroup(ctx, o.ali, o.quran, zikr.GroupChange{})) }},
		{"CreateZikr", false, func() error { return second(w.CreateZikr(ctx, o.ali, o.quran, zikr.NewZikr{Name: "z"})) }},
		{"UpdateZikr", true, func() error {
			return second(w.UpdateZikr(ctx, o.ali, o.zikrs, o.zikrID, zikr.ZikrChange{Name: pointer("Salawat")}))
		}},
		{"DeleteZikr", false, func() error { return w.DeleteZikr(ctx, o.ali, o.zikrs, o.toDelete) }},
		{"BookPora", false, func() error { return second(w.BookPora(ctx, o.ali, zikr.BookPora{GroupID: o.second, PoraID: "7"})) }},
		{"BookPora again", false, func() error { return second(w.BookPora(ctx, o.ali, zikr.BookPora{GroupID: o.second, PoraID: "7"})) }},
		{"CompletePora, the 30th", false, func() error { return second(w.CompletePora(ctx, o.ali, zikr.CompletePora{BookingID: o.booked})) }},
		{"CompletePora again", false, func() error { return second(w.CompletePora(ctx, o.vali, zikr.CompletePora{BookingID: o.booked})) }},
		{"ReleasePora by the admin", false, func() error { return second(w.ReleasePora(ctx, o.ali, zikr.ReleasePora{BookingID: o.toRelease})) }},
		{"UpdateZikrCount to the goal", false, func() error { return second(w.UpdateZikrCount(ctx, o.ali, count)) }},
		{"UpdateZikrCount again", false, func() error { return second(w.UpdateZikrCount(ctx, o.ali, count)) }},
		{"SendInvitation", false, func() error {
			return second(w.SendInvitation(ctx, o.ali, zikr.SendInvitation{GroupID: o.zikrs, ReceiverID: o.sami}))
		}},
		{"RespondToInvitation: accept", false, func() error { return second(w.respond(o.sami, o.accept, true)) }},
		{"RespondToInvitation: reject", false, func() error { return second(w.respond(o.sami, o.reject, false)) }},
		{"ReadNotification", false, func() error { return second(w.read(o.vali, o.stored)) }},
		{"ReadNotification, a notice", false, func() error { return second(w.read(o.vali, o.notice)) }},
		{"JoinPublicGroup", true, func() error { return second(w.JoinPublicGroup(ctx, o.sami, o.zikrs)) }},
	}
}

func (o *outages) hatmSteps() []outageStep {
	w, ctx := o.world, o.ctx
	return []outageStep{
		{"UpdateGroup's settings", true, func() error {
			return second(w.UpdateGroup(ctx, o.ali, o.second, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{
				OpenHatms: number(3), ReadingDays: number(2), AutoRelease: pointer(true),
			}}))
		}},
		{"AddMember", false, func() error { return o.addMember() }},
		{"RenameMember", false, func() error {
			return second(w.RenameMember(ctx, o.ali, o.second, o.member, zikr.MemberChange{Name: pointer("Oyi")}))
		}},
		{"BookPora for another", false, func() error {
			b, err := w.BookPora(ctx, o.ali, zikr.BookPora{GroupID: o.second, PoraID: "3", ForUserID: &o.vali, HatmNumber: number(1)})
			if err == nil {
				o.given = b.BookingID
			}
			return err
		}},
		{"SetHatmDue", false, func() error {
			return second(w.SetHatmDue(ctx, o.ali, o.second, 1, pointer(zikr.At(w.clock.now().Add(40*time.Hour)))))
		}},
		{"ShareHatm", false, func() error { return second(w.ShareHatm(ctx, o.ali, o.second, 1, zikr.ShareOut{})) }},
		{"GiveTime", false, func() error { return second(w.GiveTime(ctx, o.ali, o.given, zikr.At(w.clock.now().Add(90*time.Hour)))) }},
		{"ReopenHatm", false, func() error { return second(w.ReopenHatm(ctx, o.ali, o.quran, 1)) }},
		{"ReopenPora", false, func() error { return second(w.ReopenPora(ctx, o.vali, zikr.ReopenPora{BookingID: o.booked})) }},
		{"WakeBookings to remind", false, func() error { return o.wake(30 * time.Hour) }},
		{"WakeBookings to release", false, func() error { return o.wake(100 * time.Hour) }},
	}
}

func (o *outages) endingSteps() []outageStep {
	w, ctx, provisioning := o.world, o.ctx, newProvisioning(o.world)
	return []outageStep{
		{"Authenticate who is provisioned", false, func() error { return second(provisioning.Authenticate(ctx, "unknown")) }},
		{"RemoveMember", false, func() error { return w.RemoveMember(ctx, o.ali, o.zikrs, o.sami) }},
		{"LeaveGroup by the admin", false, func() error { return w.LeaveGroup(ctx, o.ali, o.zikrs) }},
		{"DeleteGroup", false, func() error { return w.DeleteGroup(ctx, o.ali, o.doomed) }},
		{"DeleteMe", true, func() error { return w.DeleteMe(ctx, o.gone) }},
	}
}

// registration2 is another one than registration.
func registration2() zikr.Registration {
	in := registration()
	in.Email = "second@example.org"
	return in
}
