package engineio

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// separator stands between the packets of a revision 4 payload.
const separator = 0x1e

// binaryType is the content type of a revision 3 payload with binary in it.
const binaryType = "application/octet-stream"

// textType is the content type of every other payload.
const textType = "text/plain; charset=UTF-8"

// decodePayload calls each for every packet of a polling request's body, in
// order, until it fails. binary says that the body came as octets, which only
// revision 3 knows.
func decodePayload(v Version, body []byte, binary bool, each func(Packet) error) error {
	switch {
	case v == V4 && binary:
		return errPayload
	case v == V4:
		return decodePayload4(body, each)
	case binary:
		return decodeOctets3(body, each)
	default:
		return decodePayload3(body, each)
	}
}

// decodePayload4 reads packets with a record separator between them.
// Protocol v4, section "HTTP long-polling", "Packet encoding".
func decodePayload4(body []byte, each func(Packet) error) error {
	for more := true; more; {
		var one []byte
		one, body, more = bytes.Cut(body, []byte{separator})
		p, err := decodeText(V4, one)
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

// decodePayload3 reads `<length>:<packet>...`, where the length counts UTF-16
// code units, as JavaScript does. Protocol v3, section "Encoding", "Payload".
func decodePayload3(body []byte, each func(Packet) error) error {
	if len(body) == 0 {
		return errPayload
	}
	for len(body) > 0 {
		digits, rest, ok := bytes.Cut(body, []byte{':'})
		if !ok {
			return errPayload
		}
		n, err := parseLength(digits)
		if err != nil {
			return err
		}
		end, ok := utf16Prefix(rest, n)
		if !ok {
			return errPayload
		}
		p, err := decodeText(V3, rest[:end])
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
		body = rest[end:]
	}
	return nil
}

// decodeOctets3 reads `<0 text, 1 binary><digits><255><packet>...`, each digit
// being a byte of 0 to 9. Protocol v3, section "Payload", "XHR2".
func decodeOctets3(body []byte, each func(Packet) error) error {
	if len(body) == 0 {
		return errPayload
	}
	for len(body) > 0 {
		kind := body[0]
		end := bytes.IndexByte(body, 255)
		if kind > 1 || end < 2 || end > 9 {
			return errPayload
		}
		n := 0
		for _, d := range body[1:end] {
			if d > 9 {
				return errPayload
			}
			n = n*10 + int(d)
		}
		body = body[end+1:]
		if n > len(body) {
			return errPayload
		}
		p, err := decodeOctet3(kind == 1, body[:n])
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
		body = body[n:]
	}
	return nil
}

func decodeOctet3(binary bool, p []byte) (Packet, error) {
	if binary {
		return decodeBinary(V3, p)
	}
	return decodeText(V3, p)
}

func parseLength(digits []byte) (int, error) {
	if len(digits) == 0 || len(digits) > 8 || digits[0] < '0' || digits[0] > '9' {
		return 0, errPayload
	}
	n, err := strconv.Atoi(string(digits))
	if err != nil {
		return 0, errPayload
	}
	return n, nil
}

// utf16Prefix finds how many bytes of p make n UTF-16 code units.
func utf16Prefix(p []byte, n int) (end int, ok bool) {
	for n > 0 {
		if end >= len(p) {
			return 0, false
		}
		r, size := utf8.DecodeRune(p[end:])
		end += size
		n -= utf16Units(r)
	}
	return end, n == 0
}

// utf16Units is how many UTF-16 code units a rune takes.
func utf16Units(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

// utf16Len is how many UTF-16 code units p takes.
func utf16Len(p []byte) (n int) {
	for i := 0; i < len(p); {
		if p[i] < utf8.RuneSelf {
			i++
			n++
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		i += size
		n += utf16Units(r)
	}
	return n
}

// encodePayload makes the body of a poll's answer out of queued frames.
// base64 says that the client cannot take octets (b64=1).
func encodePayload(v Version, base64 bool, frames []Frame) (body []byte, contentType string) {
	if v == V4 {
		return encodePayload4(frames), textType
	}
	if !base64 && anyBinary(frames) {
		return encodeOctets3(frames), binaryType
	}
	return encodePayload3(frames), textType
}

func anyBinary(frames []Frame) bool {
	for _, f := range frames {
		if f.op() == ws.OpBinary {
			return true
		}
	}
	return false
}

func encodePayload4(frames []Frame) []byte {
	body := make([]byte, 0, totalSize(frames))
	for i, f := range frames {
		if i > 0 {
			body = append(body, separator)
		}
		if f.op() == ws.OpBinary {
			body = appendBase64(body, V4, f.payload())
		} else {
			body = append(body, f.payload()...)
		}
	}
	return body
}

func encodePayload3(frames []Frame) []byte {
	body := make([]byte, 0, totalSize(frames)+4*len(frames))
	for _, f := range frames {
		p := f.payload()
		if f.op() == ws.OpBinary {
			p = appendBase64(nil, V3, p[1:])
		}
		body = strconv.AppendInt(body, int64(utf16Len(p)), 10)
		body = append(append(body, ':'), p...)
	}
	return body
}

func encodeOctets3(frames []Frame) []byte {
	body := make([]byte, 0, totalSize(frames)+10*len(frames))
	for _, f := range frames {
		kind := byte(0)
		if f.op() == ws.OpBinary {
			kind = 1
		}
		body = append(body, kind)
		for _, d := range strconv.Itoa(len(f.payload())) {
			body = append(body, byte(d-'0'))
		}
		body = append(append(body, 255), f.payload()...)
	}
	return body
}

func totalSize[F ~[]byte](frames []F) (n int) {
	for _, f := range frames {
		n += len(f)
	}
	return n
}
