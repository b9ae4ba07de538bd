package live

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func ptr[T any](v T) *T { return &v }

func decodeOne[In any](payload string) (In, error) {
	return newDecoder[In]()([]json.RawMessage{json.RawMessage(payload)})
}

func TestDecodeCount(t *testing.T) {
	const good = `"groupId":"g","zikrId":"z","count":1`
	for payload, want := range map[string]zikr.UpdateZikrCount{
		`{` + good + `}`:                                          {GroupID: "g", ZikrID: "z", Count: 1},
		`{` + good + `,"opId":"o"}`:                               {GroupID: "g", ZikrID: "z", Count: 1, OpID: ptr("o")},
		`{` + good + `,"opId":null,"more":[{}]}`:                  {GroupID: "g", ZikrID: "z", Count: 1},
		`{` + good + `,"GROUPID":"other"}`:                        {GroupID: "g", ZikrID: "z", Count: 1},
		` { "groupId" : "g" , "zikrId" : "z" , "count" : 5.0 } `:  {GroupID: "g", ZikrID: "z", Count: 5},
		`{"groupId":"\u0067","zikrId":"z","count":1e2}`:           {GroupID: "g", ZikrID: "z", Count: 100},
		`{` + good + `,"count":2}`:                                {GroupID: "g", ZikrID: "z", Count: 2},
		`{` + good + `,"opId":"` + strings.Repeat("ў", 64) + `"}`: {GroupID: "g", ZikrID: "z", Count: 1, OpID: ptr(strings.Repeat("ў", 64))},
		`{"groupId":"g","zikrId":"z","count":-1e300}`:             {GroupID: "g", ZikrID: "z", Count: -1 << 53},
	} {
		got, err := decodeOne[zikr.UpdateZikrCount](payload)
		if err != nil {
			t.Errorf("%s: %v", payload, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", payload, diff)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	const good = `"groupId":"g","zikrId":"z"`
	for payload, want := range map[string]string{
		`[]`:                                 "The payload must be an object.",
		`"groupId"`:                          "The payload must be an object.",
		`7`:                                  "The payload must be an object.",
		`null`:                               "The payload must be an object.",
		`{}`:                                 "groupId is missing.",
		`{"GroupId":"g"}`:                    "groupId is missing.",
		`{"groupId":null}`:                   "groupId is missing.",
		`{"groupId":7}`:                      "groupId must be a string, not 7.",
		`{"groupId":{}}`:                     "groupId must be a string, not an object.",
		`{"groupId":["g"]}`:                  "groupId must be a string, not an array.",
		`{"groupId":true}`:                   "groupId must be a string, not a boolean.",
		`{"groupId":""}`:                     "groupId is empty.",
		`{"groupId":"a\u0000b"}`:             "groupId holds the character U+0000, which cannot be stored.",
		`{` + good + `}`:                     "count is missing.",
		`{` + good + `,"count":"1"}`:         "count must be an integer, not a string.",
		`{` + good + `,"count":1.5}`:         "count must be an integer, not 1.5.",
		`{` + good + `,"count":false}`:       "count must be an integer, not a boolean.",
		`{` + good + `,"count":[1]}`:         "count must be an integer, not an array.",
		`{` + good + `,"count":1,"opId":""}`: "opId is empty.",
		`{` + good + `,"count":1,"opId":12}`: "opId must be a string, not 12.",
		`{"groupId":"` + strings.Repeat("x", 129) + `"}`:                    "groupId has 129 characters: at most 128 are allowed.",
		`{` + good + `,"count":1,"opId":"` + strings.Repeat("ў", 65) + `"}`: "opId has 65 characters: at most 64 are allowed.",
	} {
		_, err := decodeOne[zikr.UpdateZikrCount](payload)
		if zikr.CodeOf(err) != zikr.CodeInvalidPayload || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: got %v, want %q", payload, err, want)
		}
	}
}

func TestDecodeOthers(t *testing.T) {
	if _, err := decodeOne[zikr.JoinGroup](`{"groupId":"g","since":-1}`); err == nil || !strings.Contains(err.Error(), "since is -1: it must be at least 0.") {
		t.Errorf("since -1: got %v", err)
	}
	if got, err := decodeOne[zikr.JoinGroup](`{"groupId":"g","since":0}`); err != nil || got.Since == nil || *got.Since != 0 {
		t.Errorf("since 0: got %+v, %v", got, err)
	}
	for payload, want := range map[string]bool{`{"notificationId":"n","accept":true}`: true, `{"notificationId":"n","accept":false}`: false} {
		if got, err := decodeOne[zikr.RespondToInvitation](payload); err != nil || got.Accept != want {
			t.Errorf("%s: got %+v, %v", payload, got, err)
		}
	}
	for _, value := range []string{`1`, `"true"`, `{}`, `null`} {
		if _, err := decodeOne[zikr.RespondToInvitation](`{"notificationId":"n","accept":` + value + `}`); err == nil {
			t.Errorf("accept %s was taken", value)
		}
	}
	for _, args := range [][]json.RawMessage{nil, {json.RawMessage(`"x"`)}, {json.RawMessage(`[1]`), json.RawMessage(`2`)}} {
		if _, err := newDecoder[zikr.GetNotifications]()(args); err != nil {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestDecodeKindsItKnows(t *testing.T) {
	type nested struct {
		A struct{ B int } `json:"a"`
	}
	defer func() {
		if recover() == nil {
			t.Error("a decoder of a nested type was made")
		}
	}()
	newDecoder[nested]()
}

// Whatever JSON a client sends, the decoder takes it or says why not, and finds the same
// as encoding/json does.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"groupId":"g","zikrId":"z","count":1,"opId":"o"}`, `{"groupId":null}`, `[]`, `null`, `{"count":1e400}`, `{"groupId":"\ud800","zikrId":"\u0000"}`,
		` { "a:b" : {"groupId":"x,y"} , "groupId" : "g\"," , "zikrId":"z","count":[{}] } `, `{"groupId":"g","groupId":7}`, `{"group\u0049d":"g","zikrId":"z","count":0}`,
		`{}`, `{"groupId":"g","zikrId":"z","count":-0.0,"opId":{"count":2}}`, `"{"`,
	} {
		f.Add([]byte(seed))
	}
	decode := newDecoder[zikr.UpdateZikrCount]()
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := decode([]json.RawMessage{payload})
		if !json.Valid(payload) {
			return // it came to no harm
		}
		if err != nil && zikr.CodeOf(err) != zikr.CodeInvalidPayload {
			t.Errorf("got %v, want invalid_payload", err)
		}
		want, ok := reference(payload)
		if ok != (err == nil) {
			t.Fatalf("%s: got %v, want taken: %t", payload, err, ok)
		}
		if diff := cmp.Diff(want, got); ok && diff != "" {
			t.Errorf("%s (-want +got):\n%s", payload, diff)
		}
	})
}

// reference decodes an update_zikr_count with encoding/json.
func reference(payload []byte) (in zikr.UpdateZikrCount, ok bool) {
	var values map[string]json.RawMessage
	if json.Unmarshal(payload, &values) != nil || values == nil {
		return in, false
	}
	text := func(name string, most int) (s *string, ok bool) {
		if json.Unmarshal(values[name], &s) != nil && values[name] != nil {
			return nil, false
		}
		return s, s == nil || *s != "" && len([]rune(*s)) <= most && !strings.ContainsRune(*s, 0)
	}
	group, ok1 := text("groupId", 128)
	z, ok2 := text("zikrId", 128)
	op, ok3 := text("opId", 64)
	var count *zikr.Int
	ok4 := json.Unmarshal(values["count"], &count) == nil
	if !ok1 || !ok2 || !ok3 || !ok4 || group == nil || z == nil || count == nil {
		return in, false
	}
	return zikr.UpdateZikrCount{GroupID: *group, ZikrID: *z, Count: *count, OpID: op}, true
}

func BenchmarkDecode(b *testing.B) {
	decode := newDecoder[zikr.UpdateZikrCount]()
	args := []json.RawMessage{json.RawMessage(`{"groupId":"0197a1de-7c3e-7c3e-8c3e-0197a1de7c3e","zikrId":"0197a1de-7c3e-7c3e-8c3e-0197a1de7c3f","count":33,"opId":"17"}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(args); err != nil {
			b.Fatal(err)
		}
	}
}
