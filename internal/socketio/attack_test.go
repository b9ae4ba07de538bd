package socketio

import (
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/zikr-app/zikr/internal/engineio"
)

// attacks are packets that end the connection that sends them, by name. "binary"
// is a binary message.
func attacks() map[string][]string {
	deep := "42[\"a\"," + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "]"
	return map[string][]string{
		"event before connect":        {`42["a"]`},
		"event in another namespace":  {"40", `42/app,["a"]`},
		"event in an unknown one":     {"40", `42/nowhere,["a"]`},
		"ack before connect":          {`431["a"]`},
		"disconnect before connect":   {"41"},
		"connect error":               {"40", `44{"message":"x"}`},
		"unknown type":                {"40", "4abc"},
		"no type":                     {"40", "4"},
		"payload is no array":         {"40", "42{}"},
		"payload is no JSON":          {"40", "42[nonsense]"},
		"empty array":                 {"40", "42[]"},
		"ack id is no number":         {"40", `42abc["a"]`},
		"ack id is endless":           {"40", `42` + strings.Repeat("9", 400) + `["a"]`},
		"very deep JSON":              {"40", deep},
		"attachments":                 {"40", `451-["a",{"_placeholder":true,"num":0}]`},
		"as many attachments as fit":  {"40", `4599999999999-["a"]`},
		"no attachments but binary":   {"40", `450-["a"]`},
		"auth is no object":           {`40["a"]`},
		"namespace is endless":        {"40/" + strings.Repeat("n", 5000)},
		"panic in connect":            {`40{"token":"panic"}`},
		"panic in event":              {"40", `42["panic"]`},
		"a large packet":              {"40", `42["a","` + strings.Repeat("x", 100_000) + `"]`},
		"binary":                      {"40", "binary"},
		"prototype as a namespace":    {"40", `42__proto__["a"]`},
		"truncated":                   {"40", `42["a`},
		"text after the payload":      {"40", `42["a"]]`},
		"disconnect with a payload":   {"40", `41["a"]`},
		"event after disconnect":      {"40", "41", `42["a"]`},
		"binary ack":                  {"40", `461-1[{"_placeholder":true,"num":0}]`},
		"event with nothing after it": {"40", "42"},
	}
}

// What ends the connection that sends it, and no other.
func TestAttacks(t *testing.T) {
	h := &testHandler{}
	h.onEvent = func(_ *Socket, ev Event) {
		if ev.Name == "panic" {
			panic("on purpose")
		}
		if ev.Ack != nil {
			ev.Ack.Send(ev.Args...)
		}
	}
	ts := serve(t, Options{Engine: engineio.Options{MaxPayload: 100_000}}, h)
	other := ts.connect(t, "/app", "")
	for name, packets := range attacks() {
		t.Run(name, func(t *testing.T) {
			c := ts.dial(t, "EIO=4")
			for _, p := range packets {
				f := ws.NewTextFrame([]byte(p))
				if p == "binary" {
					f = ws.NewBinaryFrame([]byte{1, 2, 3})
				}
				if err := c.write(f); err != nil {
					t.Fatal(err)
				}
			}
			c.readClosed()
		})
	}
	other.send(`42/app,1["a","still here"]`)
	if got := other.read(); got != `43/app,1["still here"]` {
		t.Errorf("got %s", got)
	}
}
