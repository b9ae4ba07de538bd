package socketio

import (
	"encoding/json"
	"sync/atomic"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Ack is an acknowledgement that a client waits for. It may be sent from any
// goroutine, also later; only the first time counts.
type Ack struct {
	conn   *conn
	socket *Socket
	id     int64
	done   atomic.Bool
}

// Send sends it, if the client is still there.
func (a *Ack) Send(args ...json.RawMessage) { a.SendBinary(nil, args...) }

// SendBinary is Send with what placeholders in args point to.
func (a *Ack) SendBinary(attachments [][]byte, args ...json.RawMessage) {
	if a.done.Swap(true) {
		return
	}
	kind := typeAck
	if len(attachments) > 0 {
		kind = typeBinaryAck
	}
	s := a.socket
	size := len(s.ns.name) + 32 + len(args)
	for _, arg := range args {
		size += len(arg)
	}
	body := append(appendHead(make([]byte, 0, size), kind, len(attachments), s.ns.name, a.id), '[')
	for i, arg := range args {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, arg...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != a.conn {
		return // an answer is of no use on another connection
	}
	frames := []engineio.Frame{engineio.TextMessage(append(body, ']'))}
	a.conn.sess.Send(appendAttachments(frames, s.recipient().encoding, attachments)...)
}
