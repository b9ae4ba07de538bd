package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// packetType is the first character of an encoded packet.
// Protocol v5, section "Packet types".
type packetType byte

const (
	typeConnect      packetType = '0'
	typeDisconnect   packetType = '1'
	typeEvent        packetType = '2'
	typeAck          packetType = '3'
	typeConnectError packetType = '4'
	typeBinaryEvent  packetType = '5'
	typeBinaryAck    packetType = '6'
)

// maxNamespace, without its query, and maxAckDigits bound what a packet may make us keep.
const (
	maxNamespace = 1024
	maxAckDigits = 16 // as many as the largest integer of JavaScript has, 2^53-1
)

// Why a packet cannot be decoded.
var (
	errPacketType  = errors.New("socketio: unknown packet type")
	errAttachments = errors.New("socketio: illegal number of attachments")
	errNamespace   = errors.New("socketio: namespace too long")
	errAckID       = errors.New("socketio: illegal acknowledgement id")
	errPayload     = errors.New("socketio: invalid payload")
	errBinary      = errors.New("socketio: unexpected binary data")
	errState       = errors.New("socketio: packet out of place")
)

// packet is one decoded packet. data aliases what it was decoded from.
type packet struct {
	kind        packetType
	attachments int
	namespace   string
	ackID       int64 // -1: none
	data        []byte
}

// decodePacket decodes a packet:
// <type>[<attachments>-][<namespace>,][<ack id>][<JSON>].
// Protocol v5, section "Packet encoding". The name of one of these namespaces takes no memory.
func decodePacket(p []byte, namespaces map[string]*namespace) (packet, error) {
	if len(p) == 0 || p[0] < byte(typeConnect) || p[0] > byte(typeBinaryAck) {
		return packet{}, errPacketType
	}
	out := packet{kind: packetType(p[0]), namespace: "/", ackID: -1}
	rest := p[1:]
	var err error
	if out.kind >= typeBinaryEvent {
		if out.attachments, rest, err = cutAttachments(rest); err != nil {
			return packet{}, err
		}
	}
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
		if path, _, _ := bytes.Cut(name, []byte{'?'}); len(path) > maxNamespace { // clients 2.x have their token behind it
			return packet{}, errNamespace
		}
		if ns := namespaces[string(name)]; ns != nil {
			out.namespace = ns.name
		} else {
			out.namespace = string(name)
		}
		rest = after
	}
	if out.ackID, rest, err = cutAckID(rest); err != nil {
		return packet{}, err
	}
	if len(rest) > 0 {
		out.data = rest
	}
	return out, out.check()
}

// cutAttachments reads `<digits>-`.
func cutAttachments(p []byte) (n int, rest []byte, err error) {
	digits, rest, ok := bytes.Cut(p, []byte{'-'})
	if !ok || len(digits) == 0 || len(digits) > 6 {
		return 0, nil, errAttachments
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, nil, errAttachments
		}
		n = n*10 + int(d-'0')
	}
	return n, rest, nil
}

// cutAckID reads the digits in front of the payload.
func cutAckID(p []byte) (id int64, rest []byte, err error) {
	n := 0
	for n < len(p) && p[n] >= '0' && p[n] <= '9' {
		n++
	}
	if n == 0 {
		return -1, p, nil
	}
	if n > maxAckDigits {
		return 0, nil, errAckID
	}
	id, err = strconv.ParseInt(string(p[:n]), 10, 64)
	return id, p[n:], err
}

// check refuses a payload that does not fit the packet's type.
func (p *packet) check() error {
	switch p.kind {
	case typeConnect:
		if len(p.data) > 0 && (p.data[0] != '{' || !json.Valid(p.data)) {
			return errPayload
		}
	case typeDisconnect:
		if len(p.data) > 0 {
			return errPayload
		}
	case typeConnectError:
		return errState // only a server sends it
	default:
		if len(p.data) == 0 || p.data[0] != '[' || !json.Valid(p.data) {
			return errPayload
		}
	}
	return nil
}

// splitArray appends the elements of a JSON array that is known to be valid.
// They are a copy, which may be kept.
func splitArray(elements []json.RawMessage, data []byte) []json.RawMessage {
	data = bytes.Clone(data)
	depth, from, inString := 0, 1, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return appendElement(elements, data[from:i])
			}
		case c == ',' && depth == 1:
			elements = appendElement(elements, data[from:i])
			from = i + 1
		}
	}
	return elements // not reached: the array is valid
}

func appendElement(elements []json.RawMessage, one []byte) []json.RawMessage {
	if one = bytes.TrimSpace(one); len(one) == 0 {
		return elements // the array is empty
	}
	return append(elements, one[:len(one):len(one)])
}

// stringOf is the JSON string in raw; ok is false when it is something else.
func stringOf(raw json.RawMessage) (s string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), true
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// quote is s as JSON.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("socketio: a string that is no JSON: %v", err)) // does not happen
	}
	return b
}

// appendQuoted appends s as JSON. Most names of events are as they look.
func appendQuoted(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			return append(dst, quote(s)...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// encodePacket writes a packet that has no attachments.
func encodePacket(kind packetType, namespace string, ackID int64, data []byte) []byte {
	return append(appendHead(nil, kind, 0, namespace, ackID), data...)
}

// appendHead appends all of a packet that comes before its payload.
func appendHead(dst []byte, kind packetType, attachments int, namespace string, ackID int64) []byte {
	dst = append(dst, byte(kind))
	if kind >= typeBinaryEvent {
		dst = append(strconv.AppendInt(dst, int64(attachments), 10), '-')
	}
	if namespace != "/" {
		dst = append(append(dst, namespace...), ',')
	}
	if ackID >= 0 {
		dst = strconv.AppendInt(dst, ackID, 10)
	}
	return dst
}
