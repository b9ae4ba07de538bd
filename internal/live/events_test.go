package live_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// Every event of the catalogue is served, and answered with the event that the
// catalogue names.
func TestCatalogue(t *testing.T) {
	w := newWorld(t)
	users := w.users(3)
	quran, count := w.group(zikr.QuranGroup, users[0]), w.group(zikr.ZikrGroup, users[0])
	z := must(w.CreateZikr(w.ctx, users[0], count, zikr.NewZikr{Name: "Istighfar"})).ZikrID
	admin := w.connect(users[0])
	payloads := map[string]func() (*client, any){
		"join_group":    func() (*client, any) { return admin, map[string]any{"groupId": quran} },
		"leave_group":   func() (*client, any) { return admin, map[string]any{"groupId": quran} },
		"book_pora":     func() (*client, any) { return admin, map[string]any{"poraId": "1", "groupId": quran} },
		"complete_pora": func() (*client, any) { return admin, map[string]any{"bookingId": booking(admin, quran, "2")} },
		"release_pora":  func() (*client, any) { return admin, map[string]any{"bookingId": booking(admin, quran, "3")} },
		"reopen_pora": func() (*client, any) {
			id := booking(admin, quran, "4")
			admin.do("complete_pora", map[string]any{"bookingId": id})
			return admin, map[string]any{"bookingId": id}
		},
		"remind_pora": func() (*client, any) {
			return admin, map[string]any{"bookingId": booking(admin, quran, "5")}
		},
		"update_zikr_count": func() (*client, any) { return admin, map[string]any{"groupId": count, "zikrId": z, "count": 33} },
		"undo_zikr_count": func() (*client, any) {
			n := fields(admin.do("update_zikr_count", map[string]any{"groupId": count, "zikrId": z, "count": 3}).Data)
			return admin, map[string]any{"id": n["id"]}
		},
		"send_invitation": func() (*client, any) { return admin, map[string]any{"receiverId": users[1], "groupId": quran} },
		"respond_to_invitation": func() (*client, any) {
			return w.connect(users[2]), map[string]any{"notificationId": w.invite(users[0], quran, users[2]), "accept": true}
		},
		"get_notifications": func() (*client, any) { return w.connect(users[1]), []int{1} },
		"mark_notification_read": func() (*client, any) {
			return w.connect(users[1]), map[string]any{"notificationId": w.invite(users[0], count, users[1])}
		},
	}
	for _, e := range zikr.ClientEvents() {
		t.Run(e.Name, func(t *testing.T) {
			c, payload := payloads[e.Name]()
			a := c.do(e.Name, payload)
			last := c.socket.last(e.Answer.EventName())
			if last == nil {
				t.Fatalf("no %s; sent so far:\n%s", e.Answer.EventName(), c.socket)
			}
			if diff := cmp.Diff(string(last), string(a.Data)); diff != "" {
				t.Errorf("the ack's data (-event +ack):\n%s", diff)
			}
		})
	}
}

func booking(c *client, groupID, pora string) any {
	return fields(c.do("book_pora", map[string]any{"poraId": pora, "groupId": groupID}).Data)["bookingId"]
}

// last is the payload of the last event of a name, nil if there was none.
func (s *socket) last(event string) (data json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.sent {
		if m.Event == event {
			data = m.Data
		}
	}
	return data
}

// invite sends an invitation and returns its id.
func (w *world) invite(admin, groupID, receiverID string) string {
	return must(w.SendInvitation(w.ctx, admin, zikr.SendInvitation{GroupID: groupID, ReceiverID: receiverID})).ID
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	long := strings.Repeat("ў", 100)
	for name, tt := range map[string]struct {
		event   string
		notName bool
		args    string // a JSON array
		code    zikr.Code
		echo    string // the event that the error names, if it is not event
	}{
		"no such event":         {event: "explode", args: `[{}]`, code: zikr.CodeUnknownEvent},
		"a very long name":      {event: long, args: `[]`, code: zikr.CodeUnknownEvent, echo: long[:2*64]},
		"a name of the server":  {event: "joined_group", args: `[{}]`, code: zikr.CodeUnknownEvent},
		"not a string for name": {event: "5", notName: true, args: `[]`, code: zikr.CodeUnknownEvent},
		"a name in an array":    {event: `["book_pora"]`, notName: true, args: `[]`, code: zikr.CodeUnknownEvent},
		"no payload":            {event: "join_group", args: `[]`, code: zikr.CodeInvalidPayload},
		"null":                  {event: "join_group", args: `[null]`, code: zikr.CodeInvalidPayload},
		"an array":              {event: "join_group", args: `[[]]`, code: zikr.CodeInvalidPayload},
		"a field missing":       {event: "book_pora", args: `[{"groupId":"` + g + `"}]`, code: zikr.CodeInvalidPayload},
		"count out of range":    {event: "update_zikr_count", args: `[{"groupId":"g","zikrId":"z","count":0}]`, code: zikr.CodeCountOutOfRange},
		"refused by the domain": {event: "book_pora", args: `[{"groupId":"` + g + `","poraId":"31"}]`, code: zikr.CodePoraNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			c := w.connect(admin)
			acks := make(chan json.RawMessage, 1)
			var args []json.RawMessage
			if err := json.Unmarshal([]byte(tt.args), &args); err != nil {
				t.Fatal(err)
			}
			c.conn.Event(tt.event, !tt.notName, args, func(data json.RawMessage) { acks <- data })
			a := c.wait(acks)
			if a.OK || a.Error.Code != tt.code || a.Error.Message == "" || a.Error.RetryAfterMs != 0 {
				t.Errorf("ack: got %+v, want %s", a, tt.code)
			}
			got := c.socket.expect(t, "error")
			want := map[string]any{"error": string(tt.code), "message": a.Error.Message, "event": tt.event, "timestamp": got["timestamp"]}
			if tt.echo != "" {
				want["event"] = tt.echo
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if _, err := time.Parse("2006-01-02T15:04:05.000Z", got["timestamp"].(string)); err != nil {
				t.Error(err)
			}
		})
	}
}

// The confirmation, or the error, is sent before the ack.
func TestAckComesLast(t *testing.T) {
	w := newWorld(t)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	c := w.connect(admin)
	for event, answer := range map[string]string{"join_group": "joined_group", "leave_group": "left_group", "explode": "error"} {
		acked := make(chan bool, 1)
		args := []json.RawMessage{must(json.Marshal(map[string]any{"groupId": g}))}
		c.conn.Event(event, true, args, func(json.RawMessage) { acked <- c.socket.last(answer) != nil })
		if before := <-acked; !before {
			t.Errorf("%s: the ack came before %s", event, answer)
		}
	}
}

// limiter lets nothing through.
type limiter struct {
	mu    sync.Mutex
	users []string
}

func (l *limiter) Allow(userID string, _ time.Time) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users = append(l.users, userID)
	return 1500 * time.Millisecond, false
}

func TestRateLimited(t *testing.T) {
	l := &limiter{}
	w := newWorld(t, func(o *options) { o.live.Limiter = l })
	admin := w.user("Admin")
	c := w.connect(admin)
	for _, event := range []string{"explode", "join_group", "get_notifications"} {
		a := c.call(event, nil)
		if a.Error.Code != zikr.CodeRateLimited || a.Error.RetryAfterMs != 1500 {
			t.Errorf("%s: got ack %+v, want rate_limited, 1500 ms", event, a.Error)
		}
		got := c.socket.expect(t, "error")
		if got["error"] != "rate_limited" || got["retryAfterMs"] != 1500.0 || got["event"] != event {
			t.Errorf("%s: got error %v, want rate_limited, 1500 ms", event, got)
		}
	}
	if diff := cmp.Diff([]string{admin, admin, admin}, l.users); diff != "" {
		t.Errorf("asked about (-want +got):\n%s", diff)
	}
}

// An outage, and a panic, are told with a number and without what went wrong.
func TestInternal(t *testing.T) {
	broken := &brokenStore{}
	w := newWorld(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { broken.Store = s; return broken }
	})
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	c := w.connect(admin)
	for _, secret := range []string{"disk on fire", "panic: nil pointer"} {
		broken.fail(secret)
		a := c.call("join_group", map[string]any{"groupId": g})
		broken.fail("")
		if a.Error.Code != zikr.CodeInternal || a.Error.ErrorID == "" || strings.Contains(a.Error.Message, secret) {
			t.Errorf("%s: got ack %+v, want internal", secret, a.Error)
		}
		if got := c.socket.expect(t, "error"); got["errorId"] != a.Error.ErrorID || got["error"] != "internal" {
			t.Errorf("%s: got error %v, want internal with id %s", secret, got, a.Error.ErrorID)
		}
	}
	c.join(g) // nothing is left behind
}

func TestEchoIsWhole(t *testing.T) {
	w := newWorld(t)
	c := w.connect(w.user("Admin"))
	c.send(strings.Repeat("€", 65), nil)
	if got := c.socket.expect(t, "error")["event"].(string); utf8.RuneCountInString(got) != 64 {
		t.Errorf("got %d characters, want 64", utf8.RuneCountInString(got))
	}
}
