package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/url"
	"testing"

	"github.com/gobwas/ws"
)

// fromServer is a frame as a server sends it, made by a library that is not ours.
func fromServer(t testing.TB, f ws.Frame) []byte {
	t.Helper()
	b, err := ws.CompileFrame(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCutFrame cuts frames of every form of length, however few bytes of them have come.
func TestCutFrame(t *testing.T) {
	for _, length := range []int{0, 1, 125, 126, 127, 65535, 65536} {
		payload := bytes.Repeat([]byte{'x'}, length)
		whole := fromServer(t, ws.NewTextFrame(payload))
		for _, come := range []int{0, 1, 2, 3, 9, len(whole) - 1} {
			if come >= len(whole) {
				continue
			}
			if _, size, err := cutFrame(whole[:come]); size != 0 || err != nil {
				t.Errorf("%d of %d bytes: got size %d, %v; want 0, no error", come, len(whole), size, err)
			}
		}
		f, size, err := cutFrame(append(whole, "more"...))
		if err != nil || size != len(whole) || f.op != opText || !f.final || !bytes.Equal(f.payload, payload) {
			t.Errorf("%d bytes: got size %d, op %d, final %t, %d bytes, %v", length, size, f.op, f.final, len(f.payload), err)
		}
	}
}

func TestCutFrameRefuses(t *testing.T) {
	tests := map[string]struct {
		b    []byte
		want error
	}{
		"masked":        {[]byte{0x81, 0x81, 1, 2, 3, 4, 5}, errMasked},
		"reserved bits": {[]byte{0xc1, 0x01, 'x'}, errReserved},
		"too large":     {binary.BigEndian.AppendUint64([]byte{0x82, 127}, maxFrame+1), errTooLarge},
		"endless":       {binary.BigEndian.AppendUint64([]byte{0x82, 127}, 1<<64-1), errTooLarge},
	}
	for name, test := range tests {
		if _, size, err := cutFrame(test.b); !errors.Is(err, test.want) || size != 0 {
			t.Errorf("%s: got size %d, %v; want %v", name, size, err, test.want)
		}
	}
}

// TestAppendFrame has a library that is not ours read what is sent.
func TestAppendFrame(t *testing.T) {
	for _, length := range []int{0, 5, 125, 126, 65535, 65536} {
		payload := bytes.Repeat([]byte("zikr"), length/4+1)[:length]
		sent := bytes.NewReader(appendFrame(nil, opText, 0xa1b2c3d4, payload))
		h, err := ws.ReadHeader(sent)
		if err != nil || !h.Masked || !h.Fin || h.OpCode != ws.OpText || h.Length != int64(length) {
			t.Fatalf("%d bytes: got %+v, %v", length, h, err)
		}
		got, err := io.ReadAll(sent)
		ws.Cipher(got, h.Mask, 0)
		if err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes: the payload came back changed", length)
		}
	}
}

func FuzzCutFrame(f *testing.F) {
	f.Add(fromServer(f, ws.NewTextFrame([]byte(`42["a"]`))))
	f.Add(fromServer(f, ws.NewBinaryFrame(make([]byte, 300))))
	f.Add([]byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, size, err := cutFrame(b)
		switch {
		case size < 0 || size > len(b):
			t.Fatalf("a frame of %d bytes was cut from %d", size, len(b))
		case err != nil && size != 0:
			t.Fatalf("got size %d with %v", size, err)
		case size == 0:
			return
		}
		whole := ws.NewFrame(ws.OpCode(got.op), got.final, got.payload)
		again, size, err := cutFrame(fromServer(t, whole))
		if err != nil || size == 0 || again.op != got.op || again.final != got.final || !bytes.Equal(again.payload, got.payload) {
			t.Fatalf("got %+v, %v, want %+v", again, err, got)
		}
	})
}

// TestUpgradeWithoutEnd gives up a server whose answer has no end, also one that begins well.
func TestUpgradeWithoutEnd(t *testing.T) {
	for _, begins := range []string{"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + webSocketAccept + "\r\n", "HTTP/1.1 200 OK\r\n"} {
		f := &fleet{opt: Options{URL: &url.URL{}, Connections: 1}, opening: 1}
		transport, c := newWebSocket(f), &client{}
		if used := transport.upgraded(c, append([]byte(begins), bytes.Repeat([]byte{'x'}, maxHead)...)); used != 0 || f.err == nil || c.state != gone {
			t.Errorf("%.20q: used %d bytes, error %v", begins, used, f.err)
		}
	}
}
