package engineio

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

func TestOpenPacket(t *testing.T) {
	ts := serve(t, Options{PingInterval: time.Second, PingTimeout: 2 * time.Second, MaxPayload: 1234}, nil)
	var got map[string]any
	if err := json.Unmarshal([]byte(ts.dial(t, "EIO=4&transport=websocket").read()[1:]), &got); err != nil {
		t.Fatal(err)
	}
	id := ts.receiver(t, 0).session.ID()
	want := map[string]any{"sid": id, "upgrades": []any{}, "pingInterval": 1000.0, "pingTimeout": 2000.0, "maxPayload": 1234.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesBothWays(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, func(r *testReceiver) {
			r.onText = func(s *Session, text string) error { s.Send(TextMessage([]byte(text))); return nil }
		})
		c := ts.open(t)
		for _, text := range []string{"hello", "", strings.Repeat("long", 20_000), "€"} {
			c.send("4" + text)
			if got := c.read(); got != "4"+text {
				t.Errorf("got %.40q, want %.40q", got, "4"+text)
			}
		}
		c.frame(ws.NewBinaryFrame([]byte{1, 2, 3}))
		if got := wait(t, ts.receiver(t, 0).got); got != "binary:\x01\x02\x03" {
			t.Errorf("got %q", got)
		}
	})
}

// A client may cut its bytes where it likes.
func TestFramesInPieces(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, nil)
		c := ts.open(t)
		var stream []byte
		add := func(f ws.Frame) { stream = append(stream, ws.MustCompileFrame(ws.MaskFrame(f))...) }
		add(ws.NewTextFrame([]byte("4one")))
		add(ws.NewFrame(ws.OpText, false, []byte("4tw")))
		add(ws.NewPingFrame([]byte("in between")))
		add(ws.NewFrame(ws.OpContinuation, false, nil))
		add(ws.NewFrame(ws.OpContinuation, true, []byte("o")))
		add(ws.NewTextFrame(append([]byte("4"), bytes.Repeat([]byte("x"), 300)...)))
		for _, b := range stream {
			if _, err := c.conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		r := ts.receiver(t, 0)
		for _, want := range []string{"text:one", "text:two", "text:" + strings.Repeat("x", 300)} {
			if got := wait(t, r.got); got != want {
				t.Errorf("got %.20q, want %.20q", got, want)
			}
		}
		if op, payload, err := c.next(); op != ws.OpPong || string(payload) != "in between" || err != nil {
			t.Errorf("got %v %q %v, want the pong", op, payload, err)
		}
	})
}

// Each of these ends its session, and no other.
func TestMalformedFrames(t *testing.T) {
	masked := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
	tooLong := binary.BigEndian.AppendUint64([]byte{0x81, 0xff}, 1<<63|1)
	tests := []struct {
		name string
		data []byte
		want ws.StatusCode
	}{
		{"unmasked", ws.MustCompileFrame(ws.NewTextFrame([]byte("4a"))), ws.StatusProtocolError},
		{"empty packet", masked(ws.NewTextFrame(nil)), ws.StatusProtocolError},
		{"unknown packet", masked(ws.NewTextFrame([]byte("abc"))), ws.StatusProtocolError},
		{"open packet", masked(ws.NewTextFrame([]byte("0{}"))), ws.StatusProtocolError},
		{"upgrade packet", masked(ws.NewTextFrame([]byte("5"))), ws.StatusProtocolError},
		{"ping packet", masked(ws.NewTextFrame([]byte("2"))), ws.StatusProtocolError},
		{"not UTF-8", masked(ws.NewTextFrame([]byte("4\xff"))), ws.StatusInvalidFramePayloadData},
		{"reserved operation", masked(ws.NewFrame(3, true, nil)), ws.StatusProtocolError},
		{"reserved bit", masked(ws.Frame{Header: ws.Header{Fin: true, Rsv: 4, OpCode: ws.OpText, Length: 2}, Payload: []byte("4a")}), ws.StatusProtocolError},
		{"continuation of nothing", masked(ws.NewFrame(ws.OpContinuation, true, nil)), ws.StatusProtocolError},
		{"message in a message", append(masked(ws.NewFrame(ws.OpText, false, []byte("4"))), masked(ws.NewTextFrame([]byte("4")))...), ws.StatusProtocolError},
		{"fragmented ping", masked(ws.NewFrame(ws.OpPing, false, nil)), ws.StatusProtocolError},
		{"long ping", masked(ws.NewPingFrame(make([]byte, 126))), ws.StatusProtocolError},
		{"too large", masked(ws.NewTextFrame(make([]byte, 1001)))[:10], ws.StatusMessageTooBig},
		{"fragments too large", append(masked(ws.NewFrame(ws.OpText, false, make([]byte, 600))), masked(ws.NewFrame(ws.OpContinuation, true, make([]byte, 600)))...), ws.StatusMessageTooBig},
		{"impossible length", append(tooLong, 1, 2, 3, 4), ws.StatusMessageTooBig},
	}
	bothReaders(t, func(t *testing.T, opt Options) {
		opt.MaxPayload = 1000
		ts := serve(t, opt, nil)
		other := ts.open(t)
		for i, tc := range tests {
			t.Run(tc.name, func(t *testing.T) {
				c := ts.open(t)
				if _, err := c.conn.Write(tc.data); err != nil {
					t.Fatal(err)
				}
				if got := c.readClose(); got != tc.want {
					t.Errorf("got status %d, want %d", got, tc.want)
				}
				if got := wait(t, ts.receiver(t, i+1).closed); got != ParseError {
					t.Errorf("got %v, want %v", got, ParseError)
				}
			})
		}
		other.send("4still here")
		if got := wait(t, ts.receiver(t, 0).got); got != "text:still here" {
			t.Errorf("got %q", got)
		}
	})
}

// What follows a malformed frame is not looked at any more.
func TestNothingAfterMalformed(t *testing.T) {
	ts := serve(t, Options{}, nil)
	c := ts.open(t)
	c.send("4good")
	c.send("9bad")
	c.send("4late")
	r := ts.receiver(t, 0)
	if got := wait(t, r.got); got != "text:good" {
		t.Errorf("got %q", got)
	}
	wait(t, r.closed)
	select {
	case got := <-r.got:
		t.Errorf("got %q after the end", got)
	default:
	}
}

func TestOverTLS(t *testing.T) {
	ts := serve(t, Options{}, func(r *testReceiver) {
		r.onText = func(s *Session, text string) error { s.Send(TextMessage([]byte(text))); return nil }
	})
	srv := httptest.NewTLSServer(ts.Server)
	defer srv.Close()
	dialer := ws.Dialer{TLSConfig: &tls.Config{InsecureSkipVerify: true}} // its own certificate
	conn, _, _, err := dialer.Dial(t.Context(), strings.Replace(srv.URL, "http", "ws", 1)+"/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &wsClient{t: t, conn: conn, r: conn}
	c.read()
	c.send("4over TLS")
	if got := c.read(); got != "4over TLS" {
		t.Errorf("got %q", got)
	}
	ts.receiver(t, 0).session.Close()
	if got := c.readClose(); got != ws.StatusNormalClosure {
		t.Errorf("got status %d", got)
	}
}
