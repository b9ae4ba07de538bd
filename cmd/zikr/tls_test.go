package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// issue writes a new self-signed pair for zikr.test into a folder, in place of
// the one that was there.
func issue(t *testing.T, dir string) (files tlsConfig, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{"zikr.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files = tlsConfig{TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem")}
	writePEM(t, files.TLSCert, "CERTIFICATE", der)
	writePEM(t, files.TLSKey, "PRIVATE KEY", keyDER)
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(leaf)
	return files, roots
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c tlsConfig) environment() []string {
	return []string{"ZIKR_TLS_CERT=" + c.TLSCert, "ZIKR_TLS_KEY=" + c.TLSKey}
}

// TestServeTLS shows that all is served over HTTPS: REST and polling over HTTP/2 and
// HTTP/1.1, WebSockets, and the operator's command beside it.
func TestServeTLS(t *testing.T) {
	files, roots := issue(t, t.TempDir())
	p := serving(t, t.TempDir(), files.environment()...)
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Fatalf("the server is said to be at %s", p.url)
	}
	trust := &tls.Config{RootCAs: roots, ServerName: "zikr.test"}
	for major, http2 := range map[int]bool{1: false, 2: true} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: http2}}
		for path, begins := range map[string]string{"/readyz": "", "/api/v1/poras": "{", "/socket.io/?EIO=4&transport=polling": "0{"} {
			resp, body := fetch(t, client, p.url+path)
			if resp.StatusCode != http.StatusOK || resp.ProtoMajor != major || !strings.HasPrefix(body, begins) {
				t.Errorf("GET %s: got %s %s %q, want 200 over HTTP/%d", path, resp.Proto, resp.Status, body, major)
			}
		}
		client.CloseIdleConnections()
	}
	conn := dialTLS(t, p.url, trust)
	said(t, conn, "0{")
	if err := wsutil.WriteClientText(conn, []byte(`40/zikr-app,{"token":"bad"}`)); err != nil {
		t.Fatal(err)
	}
	said(t, conn, `44/zikr-app,{`)

	add := command(t, p.dir, "user", "add", "Ali", "Valiyev", "ali@example.org")
	add.Env = append(add.Env, append(files.environment(), "ZIKR_ADDR="+strings.TrimPrefix(p.url, "https://"))...)
	if got := output(t, add); !strings.Contains(got, "id\t") {
		t.Errorf("user add said %q", got)
	}
	p.terminate(t) // the WebSocket is still open
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0:\n%s", status, p.errors)
	}
}

// TestHTTP2HoldsLittle lets a client over HTTP/2 send no more than a little that nobody reads: a poll, or a request that
// waits, does not look at its body (RFC 9113, section 6.9).
func TestHTTP2HoldsLittle(t *testing.T) {
	files, roots := issue(t, t.TempDir())
	p := serving(t, t.TempDir(), files.environment()...)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(p.url, "https://"), &tls.Config{RootCAs: roots, ServerName: "zikr.test", NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const settings, windowUpdate, ping, initialWindowSize = 4, 8, 6, 4
	// The preface, our settings, and a ping, whose answer comes after all that the server says at the beginning.
	_, err = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"+"\x00\x00\x08\x06\x00\x00\x00\x00\x00"+"12345678")
	if err != nil {
		t.Fatal(err)
	}
	stream, connection := 65535, 65535 // what the protocol begins with
	for kind := byte(0); kind != ping; {
		var head [9]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			t.Fatal(err)
		}
		kind = head[3]
		body := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(conn, body); err != nil {
			t.Fatal(err)
		}
		for ; kind == settings && len(body) >= 6; body = body[6:] {
			if binary.BigEndian.Uint16(body) == initialWindowSize {
				stream = int(binary.BigEndian.Uint32(body[2:]))
			}
		}
		if kind == windowUpdate {
			connection += int(binary.BigEndian.Uint32(body))
		}
	}
	if stream > unreadBytes || connection > unreadBytes {
		t.Errorf("a client may send %d bytes in a request and %d in all that nobody reads, want %d at most", stream, connection, unreadBytes)
	}
}

// fetch makes one request and reads the answer.
func fetch(t *testing.T, client *http.Client, url string) (*http.Response, string) {
	t.Helper()
	resp, err := client.Get(url)
	return resp, read(t, resp, err)
}

// read reads the whole answer to a request.
func read(t *testing.T, resp *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// dialTLS opens a WebSocket over TLS.
func dialTLS(t *testing.T, url string, trust *tls.Config) net.Conn {
	t.Helper()
	dialer := ws.Dialer{TLSConfig: trust, Timeout: 10 * time.Second}
	conn, early, _, err := dialer.Dial(t.Context(), "wss"+strings.TrimPrefix(url, "https")+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if early == nil {
		return conn
	}
	head, err := early.Peek(early.Buffered())
	if err != nil {
		t.Fatal(err)
	}
	return earlyConn{conn, io.MultiReader(bytes.NewReader(bytes.Clone(head)), conn)}
}

// earlyConn is a connection of which something was read with the handshake.
type earlyConn struct {
	net.Conn
	all io.Reader
}

func (c earlyConn) Read(p []byte) (int, error) { return c.all.Read(p) }

// said reads one message, which must begin so.
func said(t *testing.T, conn net.Conn, begins string) {
	t.Helper()
	got, err := wsutil.ReadServerText(conn)
	if err != nil || !strings.HasPrefix(string(got), begins) {
		t.Fatalf("got %q (%v), want %s...", got, err, begins)
	}
}

func TestTLSStartsThatFail(t *testing.T) {
	good, _ := issue(t, t.TempDir())
	other, _ := issue(t, t.TempDir())
	missing := filepath.Join(t.TempDir(), "missing.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		files tlsConfig
		named []string
	}{
		"no key":                {tlsConfig{TLSCert: good.TLSCert}, []string{"ZIKR_TLS_KEY"}},
		"no certificate":        {tlsConfig{TLSKey: good.TLSKey}, []string{"ZIKR_TLS_CERT"}},
		"a missing certificate": {tlsConfig{TLSCert: missing, TLSKey: good.TLSKey}, []string{"ZIKR_TLS_CERT", missing}},
		"a missing key":         {tlsConfig{TLSCert: good.TLSCert, TLSKey: missing}, []string{"ZIKR_TLS_KEY", missing}},
		"an empty certificate":  {tlsConfig{TLSCert: empty, TLSKey: good.TLSKey}, []string{"ZIKR_TLS_CERT", empty}},
		"an empty key":          {tlsConfig{TLSCert: good.TLSCert, TLSKey: empty}, []string{"ZIKR_TLS_KEY", empty}},
		"another's key":         {tlsConfig{TLSCert: good.TLSCert, TLSKey: other.TLSKey}, []string{good.TLSCert, other.TLSKey}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			p := command(t, dir, "serve")
			p.Env = append(p.Env, test.files.environment()...)
			fails(t, p, test.named...)
			if _, err := os.Stat(dir); err == nil {
				t.Error("the data folder was made all the same")
			}
		})
	}
}

// TestRenewal shows that renewed files are served within a minute, and that files
// that cannot be used are not.
func TestRenewal(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		files, _ := issue(t, dir)
		var log bytes.Buffer
		c, err := newCertificate(files, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		first := served(t, c)
		issue(t, dir)
		time.Sleep(renewalCheck - time.Millisecond)
		if served(t, c) != first {
			t.Error("the files were read again before their time")
		}
		time.Sleep(time.Millisecond)
		second := served(t, c)
		if second == first {
			t.Error("the renewed certificate is not served")
		}
		if err := os.WriteFile(files.TLSKey, []byte("half a k"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(renewalCheck)
		if served(t, c) != second || !strings.Contains(log.String(), files.TLSKey) {
			t.Errorf("a broken key: want the certificate from before, and the log to name the file:\n%s", &log)
		}
		issue(t, dir)
		time.Sleep(3 * time.Hour) // past its end
		if served(t, c) == second || !strings.Contains(log.String(), "not valid now") {
			t.Errorf("an expired certificate: want it to be served, and the log to say so:\n%s", &log)
		}
	})
}

// served is the certificate of the next handshake.
func served(t *testing.T, c *certificate) string {
	t.Helper()
	pair, err := c.get(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(pair.Certificate[0])
}
