package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func lines(l ...string) string { return strings.Join(l, "\r\n") }

func TestCutAnswer(t *testing.T) {
	tests := map[string]struct {
		b      string
		status int
		body   string
		last   bool
	}{
		"length":       {lines("HTTP/1.1 200 OK", "Content-Length: 5", "", "hello"), 200, "hello", false},
		"empty":        {lines("HTTP/1.1 204 No Content", "content-length:0", "", ""), 204, "", false},
		"last":         {lines("HTTP/1.1 400 Bad Request", "CONNECTION: Close", "Content-Length: 2", "", "no"), 400, "no", true},
		"chunks":       {lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "5", "hello", "6;x=y", " world", "0", "", ""), 200, "hello world", false},
		"no reason":    {lines("HTTP/1.1 200 ", "Content-Length: 1", "", "x"), 200, "x", false},
		"empty chunks": {lines("HTTP/1.1 200 OK", "transfer-encoding: Chunked", "", "0", "", ""), 200, "", false},
	}
	for name, test := range tests {
		for come := range len(test.b) {
			if _, size, err := cutAnswer([]byte(test.b[:come])); size != 0 || err != nil {
				t.Fatalf("%s: %d of %d bytes: got size %d, %v; want 0, no error", name, come, len(test.b), size, err)
			}
		}
		a, size, err := cutAnswer([]byte(test.b + "HTTP/1.1 ..."))
		if err != nil || size != len(test.b) || a.status != test.status || string(a.body) != test.body || a.last != test.last {
			t.Errorf("%s: got %d bytes: status %d, body %q, last %t, %v", name, size, a.status, a.body, a.last, err)
		}
	}
}

func TestCutAnswerRefuses(t *testing.T) {
	tests := map[string]string{
		"another protocol": "SSH-2.0-server\r\n\r\n",
		"HTTP/1.0":         lines("HTTP/1.0 200 OK", "Content-Length: 0", "", ""),
		"no length":        lines("HTTP/1.1 200 OK", "", ""),
		"length below 0":   lines("HTTP/1.1 200 OK", "Content-Length: -1", "", ""),
		"length no number": lines("HTTP/1.1 200 OK", "Content-Length: x", "", ""),
		"huge":             lines("HTTP/1.1 200 OK", "Content-Length: 99999999999", "", ""),
		"huge chunk":       lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "ffffffff", ""),
		"no chunk":         lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "zz", ""),
		"endless head":     "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead),
	}
	for name, b := range tests {
		if _, size, err := cutAnswer([]byte(b)); !errors.Is(err, errHTTP) || size != 0 {
			t.Errorf("%s: got size %d, %v; want %v", name, size, err, errHTTP)
		}
	}
}

// FuzzCutAnswer compares with net/http where both read an answer.
func FuzzCutAnswer(f *testing.F) {
	f.Add([]byte(lines("HTTP/1.1 200 OK", "Content-Length: 5", "", "hello")))
	f.Add([]byte(lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "5", "hello", "0", "", "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, size, err := cutAnswer(b)
		switch {
		case size < 0 || size > len(b) || (err != nil && size != 0):
			t.Fatalf("an answer of %d bytes was cut from %d, %v", size, len(b), err)
		case size == 0:
			return
		}
		want, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
		if err != nil {
			return // net/http is stricter
		}
		defer want.Body.Close()
		body, err := io.ReadAll(want.Body)
		if err != nil || want.ContentLength > maxFrame || len(body) == 0 {
			return
		}
		if want.ContentLength >= 0 && !bytes.Equal(got.body, body) {
			t.Fatalf("got %q, want %q", got.body, body)
		}
	})
}
