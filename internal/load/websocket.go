package load

import (
	"bytes"
	"fmt"
)

// webSocket is the transport of one frame for each packet (protocol v4, section "WebSocket").
type webSocket struct {
	fleet   *fleet
	upgrade []byte // the request, the same for all
	key     uint32 // of the latest frame's mask
	room    []byte
}

// The key of RFC 6455, section 1.3, and what a server answers to it. It guards against
// caches in between; the key need not be another for each connection to do so.
const (
	webSocketKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	webSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

func newWebSocket(f *fleet) *webSocket {
	return &webSocket{fleet: f, key: 0x9e3779b9, upgrade: fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", f.opt.endpoint(), f.opt.URL.Host, webSocketKey)}
}

func (t *webSocket) open(c *client) error {
	c.link = &link{owner: c}
	return t.fleet.network.dial(c.link)
}

func (t *webSocket) opened(l *link) { t.fleet.network.write(l, t.upgrade) }

func (t *webSocket) lost(l *link, err error) { t.fleet.lose(l.owner, err) }

func (t *webSocket) send(c *client, packet []byte) { t.write(c, opText, packet) }

func (t *webSocket) write(c *client, op byte, payload []byte) {
	t.key = t.key*1_664_525 + 1_013_904_223 // no secret is kept from anybody by it
	t.room = appendFrame(t.room[:0], op, t.key, payload)
	t.fleet.network.write(c.link, t.room)
}

func (t *webSocket) received(l *link, data []byte) (used int) {
	t.fleet.clock()
	c := l.owner
	if c.state == upgrading {
		if used = t.upgraded(c, data); used == 0 {
			return 0
		}
		c.state = handshaking
	}
	for used < len(data) && c.state != gone {
		fr, size, err := cutFrame(data[used:])
		if err != nil {
			t.fleet.lose(c, err)
		}
		if size == 0 {
			break
		}
		used += size
		t.frame(c, fr)
	}
	return used
}

// upgraded reads the answer to the upgrade (RFC 6455, section 4.1); 0 says that it is not whole yet.
func (t *webSocket) upgraded(c *client, data []byte) int {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	switch {
	case end < 0 && len(data) < maxHead:
		return 0
	case end < 0 || !bytes.HasPrefix(data, []byte("HTTP/1.1 101 ")) || !bytes.Contains(data[:end], []byte(webSocketAccept)):
		t.fleet.lose(c, fmt.Errorf("the server did not upgrade to WebSocket: %.300q", data))
		return 0
	}
	return end + 4
}

// frame handles one frame; a message may come in several (RFC 6455, section 5.4).
func (t *webSocket) frame(c *client, fr frame) {
	switch fr.op {
	case opText, opBinary, opContinuation:
		t.data(c, fr)
	case opPing:
		t.write(c, opPong, fr.payload)
	case opPong:
	case opClose:
		t.fleet.lose(c, fmt.Errorf("the server closed the WebSocket: %s", closeReason(fr.payload)))
	}
}

func (t *webSocket) data(c *client, fr frame) {
	message := fr.payload
	if !fr.final || fr.op == opContinuation {
		if len(c.begun)+len(fr.payload) > maxFrame {
			t.fleet.lose(c, errTooLarge)
			return
		}
		c.begun = append(c.begun, fr.payload...)
		message = c.begun
	}
	if !fr.final {
		return
	}
	t.fleet.packet(c, message)
	c.begun = nil
}

// closeReason is what a close frame says (RFC 6455, section 5.5.1).
func closeReason(payload []byte) string {
	if len(payload) < 2 {
		return "it gave no reason"
	}
	return fmt.Sprintf("%d %s", int(payload[0])<<8|int(payload[1]), payload[2:])
}
