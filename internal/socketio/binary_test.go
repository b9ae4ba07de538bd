package socketio

import (
	"testing"

	"github.com/gobwas/ws"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Binary packets where they are accepted.
func TestBinary(t *testing.T) {
	h := &testHandler{}
	h.onEvent = func(s *Socket, ev Event) {
		if ev.Ack != nil {
			ev.Ack.SendBinary(ev.Attachments, ev.Args...)
			return
		}
		s.EmitAll(Message{Event: ev.Name, Args: ev.Args, Attachments: ev.Attachments})
	}
	ts := serve(t, Options{MaxAttachments: 2, Engine: engineio.Options{MaxPayload: 1000, AllowV3: true}}, h)
	for _, query := range []string{"EIO=4", "EIO=3"} {
		c := ts.dial(t, query)
		typeByte := ""
		if query == "EIO=4" {
			c.enter("/", "")
		} else {
			c.read()
			typeByte = "\x04"
		}
		c.read()
		for _, ack := range []string{"", "7"} {
			c.send(`452-` + ack + `["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]`)
			_ = c.write(ws.NewBinaryFrame([]byte(typeByte + "one")))
			_ = c.write(ws.NewBinaryFrame([]byte(typeByte + "two")))
			want := `452-["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]`
			if ack != "" {
				want = `462-7[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]`
			}
			if got := c.read(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			for _, want := range []string{"one", "two"} {
				if op, got, err := c.next(); op != ws.OpBinary || got != typeByte+want || err != nil {
					t.Errorf("got %v %q %v, want %q", op, got, err, want)
				}
			}
		}
	}
}

// What ends a connection where binary is accepted.
func TestBadBinary(t *testing.T) {
	ts := serve(t, Options{MaxAttachments: 2, Engine: engineio.Options{MaxPayload: 1000}}, &testHandler{})
	for name, packets := range map[string][]string{
		"too many":              {`453-["a"]`},
		"points nowhere":        {`451-["a",{"_placeholder":true,"num":1}]`},
		"text between":          {`451-["a"]`, `42["b"]`},
		"too large together":    {`452-["a"]`, "binary", "binary"},
		"binary without packet": {"binary"},
	} {
		t.Run(name, func(t *testing.T) {
			c := ts.connect(t, "/", "")
			for _, p := range packets {
				if p == "binary" {
					_ = c.write(ws.NewBinaryFrame(make([]byte, 600)))
				} else {
					c.send(p)
				}
			}
			c.readClosed()
		})
	}
}
