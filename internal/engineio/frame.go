package engineio

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// Frame is one packet as the WebSocket frame that brings it to a client: header
// and payload, unmasked and final (RFC 6455, section 5.2). It is shared by all
// the sessions it is queued on and must not be changed. A session that is on
// long-polling takes the packet out of it again.
type Frame []byte

// TextMessage frames a message packet of text, whose bytes are parts joined.
// The bytes are the same in both revisions of the protocol.
func TextMessage(parts ...[]byte) Frame {
	size := 1
	for _, p := range parts {
		size += len(p)
	}
	f := append(appendHeader(nil, ws.OpText, size), byte(Message))
	for _, p := range parts {
		f = append(f, p...)
	}
	return f
}

// BinaryMessage frames a binary message packet for a session of revision v.
// base64 says that the client cannot take binary (b64=1, revision 3 only).
func BinaryMessage(v Version, base64 bool, data []byte) Frame {
	if base64 {
		return newFrame(ws.OpText, appendBase64(nil, v, data))
	}
	if v == V3 {
		f := appendHeader(nil, ws.OpBinary, len(data)+1)
		return append(append(f, byte(Message-'0')), data...)
	}
	return newFrame(ws.OpBinary, data)
}

// textFrame frames a packet that is written out already, type and all.
func textFrame(packet string) Frame { return newFrame(ws.OpText, []byte(packet)) }

func newFrame(op ws.OpCode, payload []byte) Frame {
	return append(appendHeader(nil, op, len(payload)), payload...)
}

// appendHeader appends the header of a final, unmasked frame of n bytes and
// makes room for them.
func appendHeader(dst []byte, op ws.OpCode, n int) []byte {
	h := ws.Header{Fin: true, OpCode: op, Length: int64(n)}
	if dst == nil {
		dst = make([]byte, 0, ws.HeaderSize(h)+n)
	}
	dst = append(dst, 0x80|byte(op))
	switch {
	case n < 126:
		return append(dst, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
}

// op is the frame's operation code.
func (f Frame) op() ws.OpCode { return ws.OpCode(f[0] & 0x0f) }

// payload is the frame without its header.
func (f Frame) payload() []byte {
	switch f[1] {
	case 126:
		return f[4:]
	case 127:
		return f[10:]
	default:
		return f[2:]
	}
}

// closeFrame is what says goodbye on a WebSocket.
func closeFrame(code ws.StatusCode) Frame {
	return newFrame(ws.OpClose, ws.NewCloseFrameBody(code, ""))
}
