package load

import (
	"encoding/binary"
	"errors"
)

// The opcodes of WebSocket frames (RFC 6455, section 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// maxFrame is the largest payload of a frame that is taken, in bytes.
const maxFrame = 16 << 20

var (
	errReserved = errors.New("the server sent a frame with reserved bits, though no extension was agreed on")
	errMasked   = errors.New("the server sent a masked frame")
	errTooLarge = errors.New("the server sent more than 16 MiB in one piece")
)

// frame is a frame from the server (RFC 6455, section 5.2). Its payload is a part of
// what it was cut from.
type frame struct {
	op      byte
	final   bool
	payload []byte
}

// cutFrame reads the frame at the beginning of b. size is how many bytes of b it
// takes; 0 says that more have to come.
func cutFrame(b []byte) (f frame, size int, err error) {
	if len(b) < 2 {
		return frame{}, 0, nil
	}
	switch {
	case b[0]&0x70 != 0:
		return frame{}, 0, errReserved
	case b[1]&0x80 != 0:
		return frame{}, 0, errMasked
	}
	head, length := frameLength(b)
	switch {
	case length > maxFrame:
		return frame{}, 0, errTooLarge
	case head == 0 || uint64(len(b)-head) < length:
		return frame{}, 0, nil
	}
	size = head + int(length)
	return frame{op: b[0] & 0x0f, final: b[0]&0x80 != 0, payload: b[head:size]}, size, nil
}

// frameLength is how long the head and the payload of the frame at the beginning
// of b are. A head of 0 says that more has to come.
func frameLength(b []byte) (head int, length uint64) {
	switch short := b[1] & 0x7f; {
	case short < 126:
		return 2, uint64(short)
	case short == 126 && len(b) >= 4:
		return 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case short == 127 && len(b) >= 10:
		return 10, binary.BigEndian.Uint64(b[2:])
	default:
		return 0, 0
	}
}

// appendFrame appends a final frame to the server, masked by key (RFC 6455, section 5.3).
func appendFrame(dst []byte, op byte, key uint32, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	dst = binary.BigEndian.AppendUint32(dst, key)
	mask := dst[len(dst)-4:]
	for i, b := range payload {
		dst = append(dst, b^mask[i&3])
	}
	return dst
}
