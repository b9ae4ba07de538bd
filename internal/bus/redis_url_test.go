package bus_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/bus"
)

// secret is a password with what URLs make difficult.
const secret = "s3cret"

// safeBuffer is a log that may be written and read at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestURLsThatCannotBeUsed(t *testing.T) {
	for _, url := range []string{
		"", "redis", "localhost:6379", "redis://", "http://:" + secret + "@localhost:6379",
		"redis://user:" + secret + "@localhost:port", "redis://:" + secret + "/x@localhost:6379", "redis://:12/" + secret + "@localhost:6379",
		"redis://user:" + secret + "@localhost:6379/zero", "redis://user:" + secret + "@localhost:6379/0/1",
		"redis://us%zzer:" + secret + "@localhost:6379", "redis://:" + secret + "@localhost:0", "redis://:" + secret + "@localhost:6379?dial_timeout=" + secret,
	} {
		r, err := bus.OpenRedis(t.Context(), bus.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			r.Close()
			t.Errorf("%s: got no error", url)
			continue
		}
		if strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "redis://") {
			t.Errorf("%s: got the error %q, want one that says how, and not the password", url, err)
		}
	}
	if _, err := bus.OpenRedis(t.Context(), bus.Options{URL: "redis://localhost", NodeID: "two words"}); err == nil {
		t.Error("a node's id with a space: got no error")
	}
	if _, err := bus.OpenRedis(t.Context(), bus.Options{URL: "redis://localhost", Prefix: "{x}"}); err == nil {
		t.Error("a prefix with a hash tag: got no error")
	}
}

// What answers and does not want us stops the start; the password is not told.
func TestPasswords(t *testing.T) {
	s := newServer(t, "--requirepass", secret)
	var log safeBuffer
	o := bus.Options{Prefix: prefix(), Log: slog.New(slog.NewTextHandler(&log, nil)), NodeID: "node-1"}
	for _, wrong := range []string{"redis://:wr0ng" + secret + "@" + s.addr(), "redis://nobody:" + secret + "@" + s.addr(), s.url()} {
		o.URL = wrong
		r, err := bus.OpenRedis(t.Context(), o)
		if err == nil {
			r.Close()
			t.Fatalf("%s: got no error", wrong)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells the password: %v", err)
		}
	}
	o.URL = "redis://:" + secret + "@" + s.addr()
	n := newNode(t, o, "g")
	c := client(t, o.URL)
	if list := command(t, c, "CLIENT", "LIST"); !strings.Contains(list, "name=zikr-node-1 ") {
		t.Errorf("the node does not show in CLIENT LIST:\n%s", list)
	}
	s.kill()
	n.ill()
	s.start()
	n.healthy()
	got := log.String()
	for _, want := range []string{"Redis cannot be relied on", "Redis brings what other nodes publish", "Redis does not keep who is online", "node=node-1"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log does not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, secret) {
		t.Errorf("the log tells the password:\n%s", got)
	}
}

// A server that repeats what it was sent does not bring the password into an error.
func TestServerThatRepeatsSecrets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { repeatSecret(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	r, err := bus.OpenRedis(t.Context(), bus.Options{URL: "redis://:" + secret + "@" + l.Addr().String()})
	if err == nil {
		r.Close()
		t.Fatal("got no error")
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the error tells the password: %v", err)
	}
}

// repeatSecret answers each command with an error.
func repeatSecret(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		commands := bytes.Count(append([]byte("\r\n"), buffer[:n]...), []byte("\r\n*"))
		_, _ = conn.Write(bytes.Repeat([]byte("-ERR I do not know HELLO 3 AUTH default "+secret+"\r\n"), commands))
	}
}

// An ACL that does not let us publish is found at the start.
func TestNotAllowed(t *testing.T) {
	s := newServer(t)
	command(t, client(t, s.url()), "ACL", "SETUSER", "limited", "on", ">"+secret, "~*", "&*", "+@all", "-spublish")
	r, err := bus.OpenRedis(t.Context(), bus.Options{URL: "redis://limited:" + secret + "@" + s.addr()})
	if err == nil {
		r.Close()
		t.Fatal("got no error")
	}
	if !strings.Contains(err.Error(), "NOPERM") || strings.Contains(err.Error(), secret) {
		t.Errorf("got the error %v, want Redis' own NOPERM", err)
	}
}

// rediss:// is TLS, and a certificate that nobody vouches for stops the start.
func TestTLS(t *testing.T) {
	s := newServer(t)
	addr := tlsBefore(t, s.addr())
	if r, err := bus.OpenRedis(t.Context(), bus.Options{URL: "rediss://" + addr}); err == nil {
		r.Close()
		t.Error("a certificate that nobody vouches for was accepted")
	} else if !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got the error %v, want one about the certificate", err)
	}
	o := bus.Options{URL: "rediss://" + addr + "?skip_verify=true", Prefix: prefix()}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	publish(a, "g", 1)
	eventually(t, "the other node hears it", func() bool { return b.heardSeq("g", 1) })
}

// tlsBefore is the address of something that speaks TLS before a server that does not.
func tlsBefore(t *testing.T, target string) string {
	t.Helper()
	w := newWire(t, target)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", w.listener.Addr().String())
			if err != nil {
				_ = from.Close()
				continue
			}
			all.Go(func() { _, _ = io.Copy(to, from); _ = to.Close(); _ = from.Close() })
			all.Go(func() { _, _ = io.Copy(from, to); _ = to.Close(); _ = from.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); w.setCut(true); all.Wait() })
	return l.Addr().String()
}

// certificate is one for 127.0.0.1, signed by itself.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A start that is not waited for any more does not go on.
func TestOpenWithCanceledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := bus.OpenRedis(ctx, bus.Options{URL: anyRedis(t), Prefix: prefix()})
	if err == nil {
		r.Close()
		t.Error("got no error")
	}
}
