package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// name leads to this machine, as the authority has it.
const name = "zikr.example.org"

// begun is an authority that asks at these ports, and a file with the certificate of its address.
func begun(t *testing.T, httpPort, tlsPort int) (a *authority, trust string) {
	t.Helper()
	a, err := newAuthority(fmt.Sprintf("127.0.0.1:%d", free(t)), httpPort, tlsPort)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	trust = filepath.Join(t.TempDir(), "authority.crt")
	if err := os.WriteFile(trust, a.trust, 0o600); err != nil {
		t.Fatal(err)
	}
	return a, trust
}

// free is a port that nobody listens on.
func free(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// automatic is a server that asks an authority.
type automatic struct {
	t       *testing.T
	cmd     *exec.Cmd
	secure  string // its address of HTTPS
	env     []string
	roots   *x509.CertPool
	mu      sync.Mutex
	written bytes.Buffer
}

// Write keeps what the server logs.
func (s *automatic) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.Write(p)
}

func (s *automatic) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.String()
}

// says waits until the log says something.
func (s *automatic) says(said string) {
	s.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !strings.Contains(s.log(), said); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the log does not say %q:\n%s", said, s.log())
		}
	}
}

// program is the binary that is tested.
func program(t *testing.T) string {
	t.Helper()
	if given := os.Getenv("ZIKR_TEST_BINARY"); given != "" {
		return given
	}
	built, err := filepath.Abs(filepath.Join("..", "..", "bin", "zikr"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(built); err != nil {
		t.Skipf("bin/zikr is not there, make build makes it: %v", err)
	}
	return built
}

// serve starts a server on a data folder, by another program if one is named. plain is its port of plain HTTP, 0 for none.
func serve(t *testing.T, a *authority, trust, dir string, plain, secure int, by ...string) *automatic {
	t.Helper()
	s := &automatic{t: t, secure: fmt.Sprintf("127.0.0.1:%d", secure), roots: a.roots}
	at := "off"
	if plain != 0 {
		at = fmt.Sprintf("127.0.0.1:%d", plain)
	}
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "SSL_CERT_FILE=" + trust, "ZIKR_ACME_DOMAIN=" + name, "ZIKR_ACME_DIRECTORY=" + a.directory, "ZIKR_ACME_EMAIL=you@example.org",
		"ZIKR_ADDR=" + s.secure, "ZIKR_HTTP_ADDR=" + at, "ZIKR_OBSERVE_ADDR=off", "ZIKR_DATA_DIR=" + dir,
	}
	line := append(by, program(t), "serve")
	s.cmd = exec.Command(line[0], line[1:]...)
	s.cmd.Env, s.cmd.Dir, s.cmd.Stderr = s.env, t.TempDir(), s
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
	})
	return s
}

// stop ends it well.
func (s *automatic) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("%v\n%s", err, s.log())
	}
	if strings.Contains(s.log(), "DATA RACE") {
		s.t.Fatal(s.log())
	}
}

// dial shakes hands with the server for a name, and trusts the authority alone.
func (s *automatic) dial(serverName string, protocols ...string) (*tls.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return tls.DialWithDialer(dialer, "tcp", s.secure, &tls.Config{RootCAs: s.roots, ServerName: serverName, NextProtos: protocols})
}

// leaf waits until the server has a good certificate, and returns it.
func (s *automatic) leaf(good func(*x509.Certificate) bool) *x509.Certificate {
	s.t.Helper()
	var err error
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var conn *tls.Conn
		if conn, err = s.dial(name); err != nil {
			continue
		}
		leaf := conn.ConnectionState().PeerCertificates[0]
		_ = conn.Close()
		if good(leaf) {
			return leaf
		}
	}
	s.t.Fatalf("the server got no certificate: %v\n%s", err, s.log())
	return nil
}

func anyLeaf(*x509.Certificate) bool { return true }

// command runs a command beside the server, with its settings.
func (s *automatic) command(args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.cmd.Path, args...)
	cmd.Env, cmd.Dir = s.env, s.cmd.Dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("zikr %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestHTTPSByItself follows a server from its first certificate (tls-alpn-01) over a restart, which asks for nothing, to a
// renewal.
func TestHTTPSByItself(t *testing.T) {
	secure, dir := free(t), t.TempDir()
	a, trust := begun(t, free(t), secure)
	s := serve(t, a, trust, dir, 0, secure)
	first := s.leaf(anyLeaf)
	s.answers()
	if got := s.command("healthcheck"); !strings.Contains(got, "ready") {
		t.Errorf("healthcheck said %q", got)
	}
	if got := s.command("user", "add", "Ali", "Valiyev", "ali@example.org"); !strings.Contains(got, "id\t") {
		t.Errorf("user add said %q", got)
	}
	for _, foreign := range []string{"evil.example.com", "www." + name} {
		if conn, err := s.dial(foreign); err == nil || conn != nil {
			t.Errorf("a handshake for %s ended well", foreign)
		}
		if _, err := s.dial(foreign, "acme-tls/1"); err == nil {
			t.Errorf("a question for %s was answered", foreign)
		}
	}
	s.stop()
	if got := a.orders.Load(); got != 1 {
		t.Errorf("%d certificates were ordered, want 1", got)
	}

	s = serve(t, a, trust, dir, 0, secure)
	if again := s.leaf(anyLeaf); !again.Equal(first) {
		t.Error("after a restart another certificate is served")
	}
	s.stop()
	if got := a.orders.Load(); got != 1 {
		t.Errorf("after a restart %d certificates were ordered, want the 1 from before", got)
	}

	old := nearEnd(t, dir)
	s = serve(t, a, trust, dir, 0, secure)
	s.leaf(func(leaf *x509.Certificate) bool { return !leaf.Equal(old) && !leaf.Equal(first) })
	s.stop()
	if got := a.orders.Load(); got != 2 {
		t.Errorf("after a renewal %d certificates were ordered, want 2", got)
	}
}

// answers wants REST with HSTS and a WebSocket.
func (s *automatic) answers() {
	s.t.Helper()
	for _, request := range []struct{ head, status, has string }{
		{"GET /readyz HTTP/1.1\r\nHost: " + name + "\r\n\r\n", "200", "max-age=31536000"},
		{"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + name + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "101", ""},
	} {
		conn, err := s.dial(name, "http/1.1")
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request.head); err != nil {
			s.t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if got := resp.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(resp.Status, request.status) || !strings.Contains(got, request.has) {
			s.t.Errorf("%q: got %s and %q, want %s and %q", request.head, resp.Status, got, request.status, request.has)
		}
		_ = conn.Close()
	}
}

// redirects wants plain HTTP to be led to HTTPS.
func (s *automatic) redirects(plain int) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/docs?x=1", plain), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Host = name
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusPermanentRedirect || got != "https://"+name+"/docs?x=1" {
		s.t.Errorf("plain HTTP: got %s to %q", resp.Status, got)
	}
}

// nearEnd puts a certificate that ends in a week in the place of the one that is kept, and returns it.
func nearEnd(t *testing.T, dir string) *x509.Certificate {
	t.Helper()
	kept, err := filepath.Glob(filepath.Join(dir, "acme", "certificates", "*", name, name+".crt"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the data folder has %v (%v), want one certificate", kept, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name},
		NotBefore: time.Now().Add(-83 * 24 * time.Hour), NotAfter: time.Now().Add(7 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(kept[0], ".crt")
	for file, data := range map[string][]byte{
		base + ".crt":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		base + ".key":  pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}),
		base + ".json": []byte(`{"sans":["` + name + `"],"issuer_data":{}}`),
	} {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v), want 0600", file, info.Mode(), err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// TestFolderReadOnly shows a renewal that could not be kept: it is not asked for, the log says so and what to do, and the
// certificate from before is served on.
func TestFolderReadOnly(t *testing.T) {
	secure, dir := free(t), t.TempDir()
	a, trust := begun(t, free(t), secure)
	s := serve(t, a, trust, dir, 0, secure)
	s.leaf(anyLeaf)
	s.stop()
	old := nearEnd(t, dir)
	kept, err := filepath.Glob(filepath.Join(dir, "acme", "certificates", "*", name))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the data folder has %v (%v), want one folder of the name", kept, err)
	}
	if err := os.Chmod(kept[0], 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(kept[0], 0o700) }) // so that it can be removed

	s = serve(t, a, trust, dir, 0, secure, asAnyUser(t)...)
	const said = "no TLS certificate is got or renewed, since it could not be kept"
	s.says(said)
	if !strings.Contains(s.log(), "chown -R zikr: "+filepath.Join(dir, "acme")) {
		t.Errorf("the log does not say what to do:\n%s", s.log())
	}
	roots := x509.NewCertPool()
	roots.AddCert(old)
	s.roots = roots
	s.leaf(old.Equal)
	s.stop()
	if got := a.orders.Load(); got != 1 {
		t.Errorf("%d certificates were ordered, want the 1 from before", got)
	}
}

// asAnyUser is how a program is run that may write only where the modes of files allow it: to root they mean nothing.
func asAnyUser(t *testing.T) []string {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("root may write everywhere, and setpriv, which takes that from it, is not installed")
	}
	return []string{setpriv, "--bounding-set=-dac_override,-dac_read_search", "--"}
}

// TestHTTPSOverPlain shows a server whose port of HTTPS the authority does not reach: it is asked on the plain one (http-01).
// At first the authority is away: the log says so once, and the server tries again.
func TestHTTPSOverPlain(t *testing.T) {
	plain, secure := free(t), free(t)
	a, trust := begun(t, plain, free(t))
	a.away.Store(true)
	s := serve(t, a, trust, t.TempDir(), plain, secure)
	const said = "no TLS certificate was issued"
	s.says(said)
	s.redirects(plain)
	if _, err := s.dial(name); err == nil {
		t.Error("a handshake ended well without a certificate")
	}
	a.away.Store(false)
	s.leaf(anyLeaf)
	s.answers()
	s.stop()
	if got := strings.Count(s.log(), said); got != 1 {
		t.Errorf("the log says %d times that there is no certificate, want once:\n%s", got, s.log())
	}
}
