package bus

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// messages are of every kind, with what is easily forgotten.
func messages() map[string]message {
	way := time.UnixMicro(1_700_000_000_123_456).UTC()
	return map[string]message{
		"events": {origin: math.MaxUint64, number: 1 << 40, events: []zikr.Event{
			{GroupID: "g", Seq: 1, Name: "pora_booked", UserID: "u1", Data: json.RawMessage(`{"seq":1,"text":"о‘qildi"}`), At: time.UnixMilli(1_700_000_000_123).UTC()},
			{GroupID: "g", Seq: math.MaxInt64, Name: "group_updated", Data: json.RawMessage(`{}`), At: time.UnixMilli(-1).UTC()},
			{GroupID: "g", Seq: 3, At: time.UnixMilli(0).UTC()},
		}},
		"on their way": {origin: 1, number: 6, committed: way, events: []zikr.Event{
			{GroupID: "g", Seq: 7, Name: "pora_booked", At: time.UnixMilli(0).UTC(), Committed: way, Trace: &zikr.Trace{TraceID: [16]byte{1, 15: 16}, SpanID: [8]byte{17, 7: 24}}},
			{GroupID: "g", Seq: 8, Name: "pora_completed", At: time.UnixMilli(0).UTC(), Committed: way},
		}},
		"presence": {number: 1, signal: &zikr.Signal{GroupID: "g", ExceptID: "conn", Name: "user_online", Data: json.RawMessage(`{"userId":"u"}`)}},
		"to users": {number: 2, signal: &zikr.Signal{GroupID: "g", UserIDs: []string{"u1", "", "u3"}, Name: "new_notification", Data: json.RawMessage(`null`)}},
		"expiry":   {number: 3, signal: &zikr.Signal{GroupID: "g", UserIDs: []string{"u1"}, Expire: true, TokenVersion: -5, KeepTokenID: "kept"}},
		"sessions": {number: 4, signal: &zikr.Signal{
			UserIDs: []string{"u1"}, GroupID: "g", Expire: true, TokenVersion: 5, KeepSessionID: "kept", ForeignAfter: time.UnixMilli(1_700_000_000_123).UTC(), SessionIDs: []string{"s1", "s2"},
		}},
	}
}

var wireOptions = cmp.AllowUnexported(message{})

func TestWire(t *testing.T) {
	for name, want := range messages() {
		encoded := want.encode()
		got, err := decode("g", string(encoded))
		if diff := cmp.Diff(want, got, wireOptions); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		if size := want.size(); len(encoded) > size+64 || size > 4*len(encoded)+64 {
			t.Errorf("%s: a size of %d was guessed for %d bytes", name, size, len(encoded))
		}
	}
}

// A later release may add to the end of a message.
func TestWireIgnoresWhatIsAdded(t *testing.T) {
	for name, want := range messages() {
		got, err := decode("g", string(want.encode())+"something new")
		if diff := cmp.Diff(want, got, wireOptions); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// before is a message as the release before wrote it, without what was added at the end.
func (m message) before() []byte {
	if m.signal == nil {
		m.events, m.committed = slices.Clone(m.events), time.Time{}
		for i := range m.events {
			m.events[i].Trace = nil
		}
		encoded := m.encode()
		return encoded[:len(encoded)-len("\x00\x00")]
	}
	s := *m.signal
	s.KeepSessionID, s.ForeignAfter, s.SessionIDs = "", time.Time{}, nil
	m.signal = &s
	encoded := m.encode()
	return encoded[:len(encoded)-len("\x00\x00\x00")]
}

// A node of the release before says nothing of sessions, nor of the way of events.
func TestWireOfReleaseBefore(t *testing.T) {
	for name, m := range messages() {
		if !m.committed.IsZero() || m.signal != nil && len(m.signal.SessionIDs) > 0 {
			continue
		}
		got, err := decode("g", string(m.before()))
		if diff := cmp.Diff(m, got, wireOptions); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestWireRefuses(t *testing.T) {
	for name, m := range messages() {
		whole := string(m.encode())
		for n := range len(whole) {
			if n == len(m.before()) {
				continue // whole, as a release before writes it
			}
			if got, err := decode("g", whole[:n]); err == nil {
				t.Errorf("%s, the first %d of %d bytes: got %+v, want an error", name, n, len(whole), got)
			}
		}
		if _, err := decode("g", "\x02"+whole[1:]); err == nil {
			t.Errorf("%s: another version was read", name)
		}
	}
	const head = "\x01originor\x01" // of version 1, number 1
	for name, text := range map[string]string{
		"another kind":         head + "x\x00",
		"no events":            head + "e\x00",
		"more events than are": head + "e\xff\xff\x03\x01\x00\x00\x00\x00",
		"more users than are":  head + "s\xff\xff\xff\xff\x0f",
		"a number too long":    head + "e\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		if got, err := decode("g", text); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

// Whatever comes, nothing breaks; what can be read is read again the same.
func FuzzWire(f *testing.F) {
	for _, m := range messages() {
		f.Add(string(m.encode()))
	}
	f.Add("\x01aaaaaaaa\x01e\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := decode("g", text)
		if err != nil {
			return
		}
		again, err := decode("g", string(m.encode()))
		if diff := cmp.Diff(m, again, wireOptions); err != nil || diff != "" {
			t.Errorf("%v (-first +again):\n%s", err, diff)
		}
	})
}

// The checksum of the cluster specification, and lanes that are spread over all slots.
func TestLanes(t *testing.T) {
	if got := crc16("123456789"); got != 0x31c3 {
		t.Errorf("crc16: got %#x, want 0x31c3", got)
	}
	if got := laneBases("zikr", 1); len(got) != 1 || got[0] != "zikr:{0}:" {
		t.Errorf("the only lane's keys begin with %q", got)
	}
	for i, base := range laneBases("zikr", lanesOfCluster) {
		tag := base[strings.Index(base, "{")+1 : strings.Index(base, "}")]
		if slot := int(crc16(tag)) % slotsOfCluster; slot/(slotsOfCluster/lanesOfCluster) != i {
			t.Errorf("lane %d, %s, is in slot %d", i, base, slot)
		}
	}
	l := &lane{base: "zikr:{7}:"}
	for _, group := range []string{"g", "g:", "u", "{x}", "zikr:{7}:g:x"} {
		if got := l.groupOfChannel(l.groupChannel(group)); got != group {
			t.Errorf("the group of %s: got %q", group, got)
		}
	}
	if got := l.groupOfChannel(l.usersChannel()); got != "" {
		t.Errorf("the users' channel is of group %q", got)
	}
}

// Nodes of all releases must agree where a group lives.
func TestShardsNeverChange(t *testing.T) {
	for group, want := range map[string]int{"": 5, "g": 6, "01a2056a-0777-7e5a-adb6-06e55a9224fa": 57} {
		if got := shardOf(group); got != want {
			t.Errorf("shard of %q: got %d, want %d", group, got, want)
		}
	}
}
