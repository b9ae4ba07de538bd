package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// maxHead is the longest head of an HTTP answer that is taken, in bytes.
const maxHead = 16 << 10

var errHTTP = errors.New("not an answer of HTTP/1.1")

// answer is a whole answer to an HTTP request.
type answer struct {
	status int
	body   []byte // a part of what it was cut from, unless it came in chunks
	last   bool   // the server closes the connection after it
}

// head is what the head of an answer says that matters to its reader (RFC 9112).
type head struct {
	answer
	length  int // of the body; -1: not told
	chunked bool
}

// cutAnswer reads the answer at the beginning of b. size is how many bytes of b it takes;
// 0 says that more have to come.
func cutAnswer(b []byte) (a answer, size int, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > maxHead {
			return answer{}, 0, fmt.Errorf("%w: its head has more than %d bytes", errHTTP, maxHead)
		}
		return answer{}, 0, nil
	}
	h, err := readHead(b[:end])
	if err != nil {
		return answer{}, 0, err
	}
	b = b[end+4:]
	switch {
	case h.chunked:
		var used int
		if h.body, used, err = cutChunks(b); used == 0 || err != nil {
			return answer{}, 0, err
		}
		return h.answer, end + 4 + used, nil
	case h.length < 0 || h.length > maxFrame:
		return answer{}, 0, fmt.Errorf("%w: it does not tell its length, or it is above 16 MiB", errHTTP)
	case len(b) < h.length:
		return answer{}, 0, nil
	}
	h.body = b[:h.length]
	return h.answer, end + 4 + h.length, nil
}

// readHead reads the status line and the header fields (RFC 9112, sections 4 and 5).
func readHead(b []byte) (head, error) {
	line, fields, _ := bytes.Cut(b, []byte("\r\n"))
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return head{}, fmt.Errorf("%w: it begins with %.80q", errHTTP, line)
	}
	h := head{length: -1}
	h.status, _ = leadingNumber(line[9:12])
	for len(fields) > 0 {
		line, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		if err := h.field(line); err != nil {
			return head{}, err
		}
	}
	return h, nil
}

func (h *head) field(line []byte) (err error) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		if h.length, err = strconv.Atoi(string(value)); err != nil || h.length < 0 {
			return fmt.Errorf("%w: its length is %.20q", errHTTP, value)
		}
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		h.chunked = bytes.EqualFold(value, []byte("chunked"))
	case bytes.EqualFold(name, []byte("Connection")):
		h.last = bytes.EqualFold(value, []byte("close"))
	}
	return nil
}

// cutChunks reads a body in chunks, without trailers (RFC 9112, section 7.1); a size of 0
// says that more has to come.
func cutChunks(b []byte) (body []byte, size int, err error) {
	for {
		end := bytes.Index(b[size:], []byte("\r\n"))
		if end < 0 {
			return nil, 0, nil
		}
		digits, _, _ := bytes.Cut(b[size:size+end], []byte(";"))
		length, err := strconv.ParseUint(string(digits), 16, 32)
		if err != nil || length > maxFrame || len(body)+int(length) > maxFrame {
			return nil, 0, fmt.Errorf("%w: a chunk of its body has the length %.20q", errHTTP, digits)
		}
		size += end + 2
		if len(b)-size < int(length)+2 {
			return nil, 0, nil
		}
		body = append(body, b[size:size+int(length)]...)
		size += int(length) + 2
		if length == 0 {
			return body, size, nil
		}
	}
}
