package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// The types of Engine.IO packets (protocol v4, section "Packet encoding") and of
// Socket.IO packets inside a message (protocol v5, section "Packet types").
const (
	packetOpen    = '0'
	packetClose   = '1'
	packetPing    = '2'
	packetPong    = '3'
	packetMessage = '4'

	typeConnect    = "0"
	typeDisconnect = "1"
	typeEvent      = "2"
	typeAck        = "3"
	typeRefused    = "4"
)

// client is one connection of Socket.IO.
type client struct {
	id    int
	state clientState
	link  *link
	begun []byte // the fragments so far of a message in several frames

	// While it polls.
	post    *link    // for POST requests
	sid     string   // of Engine.IO
	unsent  [][]byte // packets that wait for the POST under way
	posting bool
}

type clientState uint8

const (
	upgrading   clientState = iota // not yet a WebSocket
	handshaking                    // the session is not open yet
	connecting                     // the namespace has been asked for
	ready                          // in the namespace
	gone
)

// words are the beginnings of packets in one namespace, which are compared with
// rather than decoded.
type words struct {
	connected, disconnected, event, ack, refused []byte
}

func wordsOf(namespace string) words {
	if namespace == "" || namespace == "/" {
		namespace = ""
	} else {
		namespace += ","
	}
	word := func(kind string) []byte { return []byte(string(packetMessage) + kind + namespace) }
	return words{word(typeConnect), word(typeDisconnect), word(typeEvent), word(typeAck), word(typeRefused)}
}

// handshake is what the packet that opens a session says (protocol v4, section "Handshake").
type handshake struct {
	SID          string `json:"sid"`
	PingInterval int64  `json:"pingInterval"` // in milliseconds
}

// packet handles one Engine.IO packet for c.
func (f *fleet) packet(c *client, p []byte) {
	if len(p) == 0 || c.state == gone {
		return
	}
	switch p[0] {
	case packetOpen:
		f.begin(c, p[1:])
	case packetClose:
		f.lose(c, fmt.Errorf("the server closed the session"))
	case packetPing:
		f.pinged(c)
		f.transport.send(c, []byte{packetPong})
	case packetMessage:
		f.message(c, p)
	}
}

// begin asks for the namespace in a session that is open now.
func (f *fleet) begin(c *client, opened []byte) {
	if c.state != handshaking {
		return
	}
	var h handshake
	if err := json.Unmarshal(opened, &h); err != nil || h.SID == "" {
		f.lose(c, fmt.Errorf("not a handshake of Engine.IO 4: %.200q", opened))
		return
	}
	c.sid, c.state = h.SID, connecting
	f.pingInterval = time.Duration(h.PingInterval) * time.Millisecond
	packet := append([]byte(nil), f.words.connected...)
	if token := f.member(c).Token; token != "" {
		packet = fmt.Appendf(packet, `{"token":%s}`, quote(token))
	}
	f.transport.send(c, packet)
}

// message handles a packet of Socket.IO. Those of other namespaces and kinds are nothing to us.
func (f *fleet) message(c *client, p []byte) {
	switch {
	case bytes.HasPrefix(p, f.words.event):
		f.play.event(c, p[len(f.words.event):])
	case bytes.HasPrefix(p, f.words.ack):
		id, args := leadingNumber(p[len(f.words.ack):])
		f.play.ack(c, id, args)
	case bytes.HasPrefix(p, f.words.connected) && c.state == connecting:
		c.state = ready
		f.opening--
		f.ready++
		f.play.ready(c)
	case bytes.HasPrefix(p, f.words.refused):
		f.lose(c, fmt.Errorf("the server refused the namespace or the token: %s", p[len(f.words.refused):]))
	case bytes.HasPrefix(p, f.words.disconnected):
		f.lose(c, fmt.Errorf("the server ended the connection to the namespace"))
	}
}

// leadingNumber is the number that b begins with, and the rest.
func leadingNumber(b []byte) (n int, rest []byte) {
	for i, ch := range b {
		if ch < '0' || ch > '9' || i > 17 {
			return n, b[i:]
		}
		n = n*10 + int(ch-'0')
	}
	return n, nil
}

// quote is s as JSON.
func quote(s string) []byte {
	b, _ := json.Marshal(s) // a string always can be encoded
	return b
}
