package engineio

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

func TestPayloadRoundTrip(t *testing.T) {
	messages := []string{"", "a", "héllo €", "😀 two units", strings.Repeat("x", 3_000), "tail"}
	for _, tc := range []struct {
		name   string
		v      Version
		base64 bool
	}{{"v4", V4, false}, {"v3", V3, false}, {"v3 b64", V3, true}} {
		t.Run(tc.name, func(t *testing.T) {
			var frames []Frame
			var want []Packet
			for i, m := range messages {
				frames = append(frames, TextMessage([]byte(m)))
				want = append(want, Packet{Type: Message, Data: []byte(m)})
				data := []byte{byte(i), 0x1e, 255, 0}
				frames = append(frames, BinaryMessage(tc.v, tc.base64, data))
				want = append(want, Packet{Type: Message, Data: data, Binary: true})
			}
			body, contentType := encodePayload(tc.v, tc.base64, frames)
			var got []Packet
			err := decodePayload(tc.v, body, contentType == binaryType, func(p Packet) error {
				got = append(got, Packet{p.Type, append([]byte{}, p.Data...), p.Binary})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestPayloadEncoding(t *testing.T) {
	frames := []Frame{TextMessage([]byte("€😀")), textFrame("2")}
	tests := []struct {
		v      Version
		base64 bool
		frames []Frame
		want   string
	}{
		{V4, false, frames, "4€😀\x1e2"},
		{V3, false, frames, "4:4€😀1:2"},
		{V4, false, []Frame{BinaryMessage(V4, false, []byte{1, 2, 3, 4})}, "bAQIDBA=="},
		{V3, true, []Frame{BinaryMessage(V3, true, []byte{1, 2, 3, 4})}, "10:b4AQIDBA=="},
		{V3, false, []Frame{BinaryMessage(V3, false, []byte{1, 2, 3, 4})}, "\x01\x05\xff\x04\x01\x02\x03\x04"},
	}
	for _, tc := range tests {
		if got, _ := encodePayload(tc.v, tc.base64, tc.frames); string(got) != tc.want {
			t.Errorf("v%d base64 %v: got %q, want %q", tc.v, tc.base64, got, tc.want)
		}
	}
}

func TestPayloadErrors(t *testing.T) {
	tests := []struct {
		v      Version
		binary bool
		body   string
		want   error
	}{
		{V4, false, "", errEmptyPacket},
		{V4, false, "4a\x1e", errEmptyPacket},
		{V4, false, "abc", errPacketType},
		{V4, false, "7", errPacketType},
		{V4, false, "b***", errBase64},
		{V4, false, "4\xff", errUTF8},
		{V4, true, "4a", errPayload},
		{V3, false, "", errPayload},
		{V3, false, "4a", errPayload},
		{V3, false, ":4a", errPayload},
		{V3, false, "-1:4", errPayload},
		{V3, false, "+2:4a", errPayload},
		{V3, false, "3:4a", errPayload},
		{V3, false, "2:4😀", errPayload}, // ends within a surrogate pair
		{V3, false, "999999999:4a", errPayload},
		{V3, false, "2:b4", nil},
		{V3, false, "2:bx", errPacketType},
		{V3, true, "\x02\x01\xff4", errPayload},
		{V3, true, "\x00\xff", errPayload},
		{V3, true, "\x00\x09\xff4", errPayload},
		{V3, true, "\x00\x0a\xff4", errPayload},
		{V3, true, "\x01\x01\xff\x09", errPacketType},
		{V3, true, "\x00\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\xff", errPayload},
	}
	for _, tc := range tests {
		err := decodePayload(tc.v, []byte(tc.body), tc.binary, func(Packet) error { return nil })
		if !errors.Is(err, tc.want) {
			t.Errorf("v%d binary %v %q: got %v, want %v", tc.v, tc.binary, tc.body, err, tc.want)
		}
	}
}

// FuzzPayload feeds polling bodies: what decodes must encode and decode again
// to the same packets.
func FuzzPayload(f *testing.F) {
	for _, body := range []string{"4hello\x1ebAQIDBA==", "4€\x1e2\x1e3probe", "5:4€😀1:2", "10:b4AQIDBA==", "\x01\x05\xff\x04\x01\x02\x03\x04\x00\x02\xff4a", "6:4hello2:4€", "", "b", "\x1e"} {
		f.Add([]byte(body), true, false)
		f.Add([]byte(body), false, false)
		f.Add([]byte(body), false, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, four, binary bool) {
		v := V3
		if four {
			v = V4
		}
		packets, err := decodeAll(v, body, binary)
		if err != nil {
			return
		}
		var frames []Frame
		for _, p := range packets {
			if p.Binary {
				frames = append(frames, BinaryMessage(v, false, p.Data))
			} else {
				frames = append(frames, newFrame(ws.OpText, append([]byte{byte(p.Type)}, p.Data...)))
			}
		}
		again, contentType := encodePayload(v, false, frames)
		got, err := decodeAll(v, again, contentType == binaryType)
		if diff := cmp.Diff(packets, got); err != nil || diff != "" {
			t.Errorf("%q became %q: %v\n%s", body, again, err, diff)
		}
	})
}

func decodeAll(v Version, body []byte, binary bool) (packets []Packet, err error) {
	err = decodePayload(v, body, binary, func(p Packet) error {
		packets = append(packets, Packet{p.Type, append([]byte{}, p.Data...), p.Binary})
		return nil
	})
	return packets, err
}

func TestFrame(t *testing.T) {
	for _, n := range []int{0, 1, 124, 125, 126, 65534, 65535, 65536, 100_000} {
		data := bytes.Repeat([]byte{'a'}, n)
		f := TextMessage(data[:n/2], data[n/2:])
		h, err := ws.ReadHeader(bytes.NewReader(f))
		if err != nil || !h.Fin || h.Masked || h.OpCode != ws.OpText || h.Length != int64(n+1) {
			t.Errorf("%d bytes: header %+v, %v", n, h, err)
		}
		if got := f.payload(); len(got) != n+1 || got[0] != '4' || !bytes.Equal(got[1:], data) {
			t.Errorf("%d bytes: payload of %d", n, len(got))
		}
	}
}

// FuzzHeader compares our header parser, which reads from a slice, with the one
// of the WebSocket library, which reads from a stream.
func FuzzHeader(f *testing.F) {
	for _, n := range []int{0, 125, 126, 65536} {
		frame := ws.MaskFrame(ws.NewTextFrame(make([]byte, n)))
		b := ws.MustCompileFrame(frame)
		f.Add(b[:min(len(b), 20)])
	}
	f.Add([]byte{0x81})
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, p []byte) {
		got, size, ok := parseHeader(p)
		r := bytes.NewReader(p)
		want, err := ws.ReadHeader(r)
		if ok && len(p) > 9 && p[1]&0x7f == 127 && p[2]&0x80 != 0 {
			return // a length that is not allowed: too large for us in any case
		}
		if ok != (err == nil) {
			t.Fatalf("%x: got ok %v, the library %v", p, ok, err)
		}
		if ok && (got != want || size != len(p)-r.Len()) {
			t.Errorf("%x: got %+v of %d bytes, want %+v of %d", p, got, size, want, len(p)-r.Len())
		}
	})
}

func TestQueue(t *testing.T) {
	var q queue
	if q.bytes != 0 || !q.empty() || q.take() != nil {
		t.Fatal("a new queue is not empty")
	}
	q.push(Frame("abc"), Frame("defg"))
	q.push(Frame("hi"))
	peeked := q.peek(make([][]byte, 0, 2))
	if diff := cmp.Diff([][]byte{[]byte("abc"), []byte("defg")}, peeked); diff != "" {
		t.Error(diff)
	}
	if done := q.advance(5); done != 1 || q.bytes != 4 {
		t.Errorf("got %d done and %d bytes, want 1 and 4", done, q.bytes)
	}
	if got := string(bytes.Join(q.peek(make([][]byte, 0, 8)), []byte("|"))); got != "fg|hi" {
		t.Errorf("got %q, want fg|hi", got)
	}
	if done := q.advance(4); done != 2 || !q.empty() || q.bytes != 0 {
		t.Errorf("got %d done and %d bytes, want 2 and an empty queue", done, q.bytes)
	}
}
