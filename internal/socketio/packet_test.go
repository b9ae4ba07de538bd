package socketio

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodePacket(t *testing.T) {
	tests := []struct {
		in   string
		want packet
		err  error
	}{
		{in: "0", want: packet{typeConnect, 0, "/", -1, nil}},
		{in: `0{"token":"123"}`, want: packet{typeConnect, 0, "/", -1, []byte(`{"token":"123"}`)}},
		{in: "0/app,", want: packet{typeConnect, 0, "/app", -1, nil}},
		{in: "0/app", want: packet{typeConnect, 0, "/app", -1, nil}},
		{in: `0/app?token=a,{"x":1}`, want: packet{typeConnect, 0, "/app?token=a", -1, []byte(`{"x":1}`)}},
		{in: "1/app,", want: packet{typeDisconnect, 0, "/app", -1, nil}},
		{in: `2["a"]`, want: packet{typeEvent, 0, "/", -1, []byte(`["a"]`)}},
		{in: `212["a"]`, want: packet{typeEvent, 0, "/", 12, []byte(`["a"]`)}},
		{in: `2/app,0["a",{"b":[1]}]`, want: packet{typeEvent, 0, "/app", 0, []byte(`["a",{"b":[1]}]`)}},
		{in: `3/app,7[]`, want: packet{typeAck, 0, "/app", 7, []byte(`[]`)}},
		{in: `52-/app,3["a",{"_placeholder":true,"num":0}]`, want: packet{typeBinaryEvent, 2, "/app", 3, []byte(`["a",{"_placeholder":true,"num":0}]`)}},
		{in: "", err: errPacketType},
		{in: "7", err: errPacketType},
		{in: "abc", err: errPacketType},
		{in: "0[]", err: errPayload},
		{in: "0{", err: errPayload},
		{in: `0"a"`, err: errPayload},
		{in: "1[]", err: errPayload},
		{in: "2", err: errPayload},
		{in: "2{}", err: errPayload},
		{in: "2[", err: errPayload},
		{in: `2["a"]x`, err: errPayload},
		{in: `2abc["a"]`, err: errPayload},
		{in: `2["a"`, err: errPayload},
		{in: `29007199254740991["a"]`, want: packet{typeEvent, 0, "/", 1<<53 - 1, []byte(`["a"]`)}},
		{in: `212345678901234567["a"]`, err: errAckID},
		{in: `4{}`, err: errState},
		{in: `5["a"]`, err: errAttachments},
		{in: `5-["a"]`, err: errAttachments},
		{in: `5-1-["a"]`, err: errAttachments},
		{in: `51.5-["a"]`, err: errAttachments},
		{in: `51e5-["a"]`, err: errAttachments},
		{in: `59999999-["a"]`, err: errAttachments},
		{in: "0/app?token=" + strings.Repeat("t", 4000) + ",", want: packet{typeConnect, 0, "/app?token=" + strings.Repeat("t", 4000), -1, nil}},
		{in: "0/" + strings.Repeat("n", maxNamespace) + "?token=a,", err: errNamespace},
		{in: "2/" + strings.Repeat("n", maxNamespace) + `,["a"]`, err: errNamespace},
	}
	for _, tc := range tests {
		got, err := decodePacket([]byte(tc.in), nil)
		if !errors.Is(err, tc.err) {
			t.Errorf("%.60q: got error %v, want %v", tc.in, err, tc.err)
			continue
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(packet{})); diff != "" {
			t.Errorf("%q:\n%s", tc.in, diff)
		}
	}
}

func TestSplitArray(t *testing.T) {
	tests := map[string][]string{
		`[]`:                              {},
		`[ ]`:                             {},
		`["a"]`:                           {`"a"`},
		`[ 1 , "a,b" , {"c":[1,2]} ] `:    {`1`, `"a,b"`, `{"c":[1,2]}`},
		`["\"],[", "\\", null, [[],[1]]]`: {`"\"],["`, `"\\"`, `null`, `[[],[1]]`},
	}
	for in, want := range tests {
		var got []string
		for _, one := range splitArray(nil, []byte(in)) {
			got = append(got, string(one))
		}
		if diff := cmp.Diff(want, append([]string{}, got...)); diff != "" {
			t.Errorf("%s:\n%s", in, diff)
		}
	}
}

// FuzzPacket feeds packets: what decodes must be JSON that splits as the JSON
// library splits it, and must encode to a packet that decodes to the same.
func FuzzPacket(f *testing.F) {
	for _, p := range []string{"0", `0{"a":1}`, "0/app,", "1/app,", `2["a",1,{"b":[true]}]`, `2/app,17["a"]`, `3/app,7["x"]`, `52-/app,3["a",{"_placeholder":true,"num":0}]`, `60-1[]`, `2["\"],[",[[]]]`, "2[1e5]", "0/", "0/,{}"} {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := decodePacket(in, nil)
		if err != nil {
			return
		}
		if p.kind >= typeEvent {
			var want []json.RawMessage
			if err := json.Unmarshal(p.data, &want); err != nil {
				t.Fatalf("%q: not JSON: %v", in, err)
			}
			got := splitArray(nil, p.data)
			if len(got) != len(want) {
				t.Fatalf("%q: %d elements, want %d", in, len(got), len(want))
			}
			for i := range want {
				if string(got[i]) != string(want[i]) {
					t.Errorf("%q: element %d is %q, want %q", in, i, got[i], want[i])
				}
			}
		}
		again := append(appendHead(nil, p.kind, p.attachments, p.namespace, p.ackID), p.data...)
		q, err := decodePacket(again, nil)
		if diff := cmp.Diff(p, q, cmp.AllowUnexported(packet{})); err != nil || diff != "" {
			t.Errorf("%q became %q: %v\n%s", in, again, err, diff)
		}
	})
}

func TestPlaceholders(t *testing.T) {
	for data, want := range map[string]bool{
		`["a"]`:                                         true,
		`["a",{"_placeholder":true,"num":0}]`:           true,
		`["a",{"_placeholder":true,"num":1}]`:           true,
		`["a",{"_placeholder":true,"num":2}]`:           false,
		`["a",{"_placeholder":true,"num":-1}]`:          false,
		`["a",{"_placeholder":true,"num":0.5}]`:         false,
		`["a",{"_placeholder":true,"num":"splice"}]`:    false,
		`["a",{"_placeholder":true}]`:                   false,
		`["a",[{"b":{"_placeholder":true,"num":9}}]]`:   false,
		`["a",{"_placeholder":false,"num":"whatever"}]`: true,
	} {
		if got := placeholdersFit([]byte(data), 2); got != want {
			t.Errorf("%s: got %v, want %v", data, got, want)
		}
	}
}

func TestStringOf(t *testing.T) {
	for in, want := range map[string]string{`"a"`: "a", `""`: "", `"\u00e9\n"`: "é\n"} {
		if got, ok := stringOf(json.RawMessage(in)); got != want || !ok {
			t.Errorf("%s: got %q %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{`1`, `null`, `{}`, `["a"]`, `true`} {
		if got, ok := stringOf(json.RawMessage(in)); ok {
			t.Errorf("%s: got %q", in, got)
		}
	}
}
