package zikr_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// reference is the events of the wire contract: the names, fields and types that
// clients implement already, and behind them what sections 2 and 3 add.
var reference = map[string]string{
	"join_group":             "groupId String, since Int?",
	"leave_group":            "groupId String",
	"book_pora":              "poraId String, groupId String, hatmNumber Int?, forUserId String?",
	"complete_pora":          "bookingId String",
	"release_pora":           "bookingId String",
	"reopen_pora":            "bookingId String",
	"remind_pora":            "bookingId String",
	"update_zikr_count":      "groupId String, zikrId String, count Int, opId String?, forUserId String?",
	"undo_zikr_count":        "id String",
	"send_invitation":        "receiverId String, groupId String",
	"respond_to_invitation":  "notificationId String, accept Bool",
	"get_notifications":      "",
	"mark_notification_read": "notificationId String",

	"connection_status":        "status String, userId String, timestamp Date",
	"joined_group":             "groupId String, message String, seq Int, onlineCount Int, onlineUserIds [String], resync Bool?, timestamp Date",
	"left_group":               "groupId String, message String, timestamp Date",
	"user_online":              "groupId String, userId String, timestamp Date",
	"user_offline":             "groupId String, userId String, timestamp Date",
	"pora_booked":              "bookingId String, poraId String, poraName String, groupId String, userId String, userName String, timestamp Date, seq Int, hatmNumber Int, dueAt Date|null",
	"booking_confirmed":        "bookingId String, poraId String, poraName String, timestamp Date, hatmNumber Int, dueAt Date|null",
	"pora_completed":           "bookingId String, poraId String, poraName String, groupId String, groupName String, userId String, userName String, totalFinished Int, hatmCompleted Bool, timestamp Date, seq Int, hatmNumber Int",
	"completion_confirmed":     "bookingId String, poraId String, poraName String, timestamp Date, hatmNumber Int",
	"pora_released":            "bookingId String, poraId String, poraName String, groupId String, userId String, userName String, timestamp Date, seq Int, hatmNumber Int, reason String",
	"release_confirmed":        "bookingId String, poraId String, poraName String, timestamp Date, hatmNumber Int",
	"reminder_sent":            "bookingId String, timestamp Date",
	"reopen_confirmed":         "bookingId String, poraId String, poraName String, timestamp Date, hatmNumber Int, dueAt Date|null",
	"pora_reopened":            "bookingId String, poraId String, poraName String, groupId String, userId String, userName String, timestamp Date, seq Int, hatmNumber Int, totalFinished Int, dueAt Date|null",
	"hatm_completed":           "groupId String, groupName String, hatmCount Int, timestamp Date, seq Int, hatmNumber Int",
	"hatm_opened":              "groupId String, hatmNumber Int, dueAt Date|null, timestamp Date, seq Int",
	"hatm_reopened":            "groupId String, hatmNumber Int, hatmCount Int, timestamp Date, seq Int",
	"zikr_count_updated":       "groupId String, zikrId String, zikrName String, userId String, userName String, count Int, undoes String?, totalCount Int, progress String, goalReached Bool, timestamp Date, seq Int, goal Int|null, cycleCount Int",
	"zikr_update_confirmed":    "id String, count Int, undoes String?, totalCount Int, goalReached Bool, goal Int|null, cycleCount Int, progress String, timestamp Date",
	"new_invitation":           "id String, senderId String, senderName String, groupId String, groupName String, time Date",
	"new_notification":         "id String, type String, senderId String, senderName String, groupId String, groupName String, time Date, bookingId String?, poraId String?, poraName String?, hatmNumber Int?, dueAt Date?, count Int?",
	"notifications":            "id String, type String, senderId String, senderName String, groupId String, groupName String, time Date, isRead Bool, bookingId String?, poraId String?, poraName String?, hatmNumber Int?, dueAt Date?, count Int?",
	"notification_marked_read": "notificationId String, success Bool, timestamp Date",
	"invitation_sent":          "id String, receiverId String, groupId String, time Date",
	"invitation_accepted":      "notificationId String, groupId String, groupName String, userId String, userName String, timestamp Date",
	"invitation_rejected":      "notificationId String, groupId String, groupName String, userId String, timestamp Date",
	"invitation_responded":     "notificationId String, accepted Bool, groupId String, groupName String, timestamp Date",
	"member_joined":            "groupId String, groupName String, userId String, userName String, timestamp Date, seq Int, loginless Bool?",
	"member_left":              "groupId String, userId String, userName String, timestamp Date, seq Int, loginless Bool?",
	"group_updated":            "groupId String, timestamp Date, seq Int",
	"group_deleted":            "groupId String, groupName String, timestamp Date, seq Int",
	"error":                    "message String, error String, event String, retryAfterMs Int?, errorId String?, timestamp Date",
}

func TestEventFields(t *testing.T) {
	got := map[string]map[string]string{}
	for _, e := range zikr.ClientEvents() {
		got[e.Name] = wireFields(reflect.TypeOf(e.Payload))
	}
	for _, e := range zikr.ServerEvents() {
		got[e.Payload.EventName()] = wireFields(reflect.TypeOf(e.Payload))
	}
	want := map[string]map[string]string{}
	for name, list := range reference {
		want[name] = map[string]string{}
		for field := range strings.SplitSeq(list, ", ") {
			if field, kind, ok := strings.Cut(field, " "); ok {
				want[name][field] = kind
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-contract +code):\n%s", diff)
	}
}

// wireFields is what a payload's type sends: the type of each field by its name,
// with ? if it may be absent.
func wireFields(t reflect.Type) map[string]string {
	out := map[string]string{}
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			maps.Copy(out, wireFields(f.Type))
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		kind := wireType(f.Type)
		if rest == "omitempty" {
			kind = strings.TrimSuffix(kind, "|null") + "?"
		}
		out[name] = kind
	}
	return out
}

func wireType(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[zikr.Time]():
		return "Date"
	case t.Kind() == reflect.Pointer:
		return wireType(t.Elem()) + "|null"
	case t.Kind() == reflect.Slice:
		return "[" + wireType(t.Elem()) + "]"
	case t.Kind() == reflect.Int64 || t.Kind() == reflect.Int:
		return "Int"
	case t.Kind() == reflect.Bool:
		return "Bool"
	case t.Kind() == reflect.String:
		return "String"
	default:
		return t.String()
	}
}

func TestClientEventsAnswer(t *testing.T) {
	want := map[string]string{
		"join_group": "joined_group", "leave_group": "left_group", "book_pora": "booking_confirmed", "complete_pora": "completion_confirmed",
		"release_pora": "release_confirmed", "reopen_pora": "reopen_confirmed", "remind_pora": "reminder_sent", "update_zikr_count": "zikr_update_confirmed", "undo_zikr_count": "zikr_update_confirmed", "send_invitation": "invitation_sent",
		"respond_to_invitation": "invitation_responded", "get_notifications": "notifications", "mark_notification_read": "notification_marked_read",
	}
	got := map[string]string{}
	for _, e := range zikr.ClientEvents() {
		got[e.Name] = e.Answer.EventName()
		if e.Doc == "" {
			t.Errorf("%s is not documented", e.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What goes to a group and is not presence is an event of the log, and nothing else is.
func TestGroupEvents(t *testing.T) {
	presence := []string{"user_online", "user_offline"}
	for _, e := range zikr.ServerEvents() {
		name := e.Payload.EventName()
		logged := reflect.New(reflect.TypeOf(e.Payload)).Interface()
		_, got := logged.(zikr.GroupEvent)
		if want := e.To == zikr.ToGroup && !slices.Contains(presence, name); got != want {
			t.Errorf("%s to %s: is in the log %t, want %t", name, e.To, got, want)
		}
		if e.Doc == "" {
			t.Errorf("%s is not documented", name)
		}
	}
}

// Subject names whose userName a payload holds, so that it can be taken out.
func TestSubject(t *testing.T) {
	for _, e := range zikr.ServerEvents() {
		p := reflect.New(reflect.TypeOf(e.Payload))
		event, logged := p.Interface().(zikr.GroupEvent)
		if !logged {
			continue
		}
		want := ""
		if f := p.Elem().FieldByName("UserID"); f.IsValid() {
			want = "u1"
			f.SetString(want)
		}
		if got := event.Subject(); got != want {
			t.Errorf("%s: got %q, want %q", event.EventName(), got, want)
		}
	}
}

// On the wire as a client sees it: dates in UTC with three decimals, null where there is no goal.
func TestWireForm(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	got := string(must(json.Marshal(w.count(ali, g, z, 5))))
	for _, part := range []string{`"goal":null`, `"count":5`, `"progress":"0.00"`, `"timestamp":"2026-01-31T09:05:00.`} {
		if !strings.Contains(got, part) {
			t.Errorf("got %s, want %s in it", got, part)
		}
	}
	if data := string(w.events(g, 0)[1].Data); !strings.Contains(data, `"seq":2,"timestamp":"2026-01-31T09:05:00.`) {
		t.Errorf("the event: got %s", data)
	}
	if got := string(must(json.Marshal(w.snapshot(ali, g)))); strings.Contains(got, `"poras"`) || !strings.Contains(got, `"dedication":null`) {
		t.Errorf("the snapshot of a zikr group: got %s", got)
	}
}
