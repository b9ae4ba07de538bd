package engineio

import (
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// Version is the revision of the Engine.IO protocol: the EIO parameter.
type Version uint8

// The revisions that are served.
const (
	V3 Version = 3 // clients 2.x: the client pings
	V4 Version = 4 // clients 3.x and 4.x: the server pings
)

// PacketType is the first character of an encoded packet.
// Protocol v4, section "Packet encoding".
type PacketType byte

// The packet types.
const (
	Open    PacketType = '0'
	Close   PacketType = '1'
	Ping    PacketType = '2'
	Pong    PacketType = '3'
	Message PacketType = '4'
	Upgrade PacketType = '5'
	Noop    PacketType = '6'
)

// Packet is one decoded packet. Data aliases what it was decoded from, unless
// it came as base64. Binary is only ever true of a Message.
type Packet struct {
	Type   PacketType
	Data   []byte
	Binary bool
}

// Why a packet cannot be decoded.
var (
	errEmptyPacket = errors.New("engineio: empty packet")
	errPacketType  = errors.New("engineio: unknown packet type")
	errBase64      = errors.New("engineio: invalid base64 in a binary packet")
	errUTF8        = errors.New("engineio: text is not valid UTF-8")
	errPayload     = errors.New("engineio: malformed payload")
)

// decodeText decodes a packet that came as text: over WebSocket, or as one
// element of a polling payload.
func decodeText(v Version, p []byte) (Packet, error) {
	if len(p) == 0 {
		return Packet{}, errEmptyPacket
	}
	if p[0] == 'b' {
		return decodeBase64(v, p[1:])
	}
	if p[0] < byte(Open) || p[0] > byte(Noop) {
		return Packet{}, errPacketType
	}
	if !utf8.Valid(p) {
		return Packet{}, errUTF8
	}
	return Packet{Type: PacketType(p[0]), Data: p[1:]}, nil
}

// decodeBase64 decodes what follows the 'b' of a binary packet that had to
// travel as text. Revision 3 repeats the packet type in front of the base64.
func decodeBase64(v Version, p []byte) (Packet, error) {
	if v == V3 {
		if len(p) == 0 || PacketType(p[0]) != Message {
			return Packet{}, errPacketType
		}
		p = p[1:]
	}
	data := make([]byte, base64.StdEncoding.DecodedLen(len(p)))
	n, err := base64.StdEncoding.Decode(data, p)
	if err != nil {
		return Packet{}, errBase64
	}
	return Packet{Type: Message, Data: data[:n], Binary: true}, nil
}

// decodeBinary decodes a packet that came in a binary WebSocket frame, or as a
// binary element of a revision 3 payload. Revision 4 has no type byte there.
func decodeBinary(v Version, p []byte) (Packet, error) {
	if v == V4 {
		return Packet{Type: Message, Data: p, Binary: true}, nil
	}
	if len(p) == 0 {
		return Packet{}, errEmptyPacket
	}
	if p[0] != byte(Message-'0') {
		return Packet{}, errPacketType
	}
	return Packet{Type: Message, Data: p[1:], Binary: true}, nil
}

// appendBase64 appends data as a binary packet that travels as text.
func appendBase64(dst []byte, v Version, data []byte) []byte {
	dst = append(dst, 'b')
	if v == V3 {
		dst = append(dst, byte(Message))
	}
	return base64.StdEncoding.AppendEncode(dst, data)
}
