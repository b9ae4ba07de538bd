package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
)

// automatic are the settings of a server whose authority is away: nobody listens at its address.
func automatic(t *testing.T) []string {
	t.Helper()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	return []string{
		"ZIKR_ACME_DOMAIN=zikr.example.org,www.example.org", "ZIKR_ACME_DIRECTORY=https://" + nobody.Addr().String() + "/dir",
		"ZIKR_ADDR=127.0.0.1:0", "ZIKR_HTTP_ADDR=127.0.0.1:0",
	}
}

// plainAt is where a server answers plain HTTP, as its log says.
func plainAt(t *testing.T, p *program) string {
	t.Helper()
	for line := range strings.Lines(p.errors.String()) {
		var entry struct{ Msg, Redirect string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "zikr is serving" {
			return entry.Redirect
		}
	}
	t.Fatalf("the log does not say where plain HTTP is answered:\n%s", p.errors)
	return ""
}

// TestAuthorityAway shows a server that gets no certificate: it lives, says so once for each name, leads plain HTTP to HTTPS
// for its own names only, and shakes hands with nobody.
func TestAuthorityAway(t *testing.T) {
	p := serving(t, t.TempDir(), automatic(t)...)
	plain := plainAt(t, p)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, test := range []struct {
		method, host, path string
		status             int
		location           string
	}{
		{http.MethodGet, "zikr.example.org", "/a%2Fb?x=1", http.StatusPermanentRedirect, "https://zikr.example.org/a%2Fb?x=1"},
		{http.MethodHead, "WWW.example.org:80", "/", http.StatusPermanentRedirect, "https://WWW.example.org/"},
		{http.MethodGet, "zikr.example.org", "//evil.example.com/x", http.StatusPermanentRedirect, "https://zikr.example.org//evil.example.com/x"},
		{http.MethodGet, "zikr.example.org", "/.well-known/acme-challenge/none", http.StatusPermanentRedirect, "https://zikr.example.org/.well-known/acme-challenge/none"},
		{http.MethodGet, "evil.example.com", "/", http.StatusMisdirectedRequest, ""},
		{http.MethodGet, "evil.example.com", "/.well-known/acme-challenge/none", http.StatusMisdirectedRequest, ""},
		{http.MethodGet, "127.0.0.1", "/", http.StatusMisdirectedRequest, ""},
		{http.MethodPost, "zikr.example.org", "/api/v1/auth/login", http.StatusForbidden, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), test.method, plain+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = test.host
		resp, err := client.Do(req)
		read(t, resp, err)
		if resp.StatusCode != test.status || resp.Header.Get("Location") != test.location || resp.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s http://%s%s: got %s to %q, want %d to %q", test.method, test.host, test.path, resp.Status, resp.Header.Get("Location"), test.status, test.location)
		}
	}
	for _, name := range []string{"zikr.example.org", "evil.example.com", ""} {
		if conn, err := tls.Dial("tcp", strings.TrimPrefix(p.url, "https://"), &tls.Config{ServerName: name, InsecureSkipVerify: true}); err == nil {
			_ = conn.Close()
			t.Errorf("a handshake for %q ended well without a certificate", name)
		}
	}
	if _, metrics := p.get(t, "/metrics"); !strings.Contains(metrics, "\nzikr_certificate_expiry_timestamp_seconds 0\n") {
		t.Error("/metrics does not say that a certificate is missing")
	}
	const said = "no TLS certificate was issued"
	waitFor(t, func() bool { return strings.Count(p.errors.String(), said) >= 2 })
	if info, err := os.Stat(filepath.Join(p.dir, acmeFolder)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the certificates is %v (%v), want 0700", info.Mode(), err)
	}
	p.terminate(t)
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0:\n%s", status, p.errors)
	}
	if got := strings.Count(p.errors.String(), said); got != 2 {
		t.Errorf("the log says %d times that there is no certificate, want once for each of two names:\n%s", got, p.errors)
	}
}

// waitFor asks again until something is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to be")
		}
	}
}

// TestACMERefused shows what does not go together with ZIKR_ACME_DOMAIN, each with one sentence.
func TestACMERefused(t *testing.T) {
	const domain = "ZIKR_ACME_DOMAIN=zikr.example.org"
	for _, test := range []struct {
		settings       []string
		names, example string
	}{
		{[]string{"ZIKR_ACME_DOMAIN=https://zikr.example.org"}, "ZIKR_ACME_DOMAIN", "ZIKR_ACME_DOMAIN=zikr.example.org"},
		{[]string{"ZIKR_ACME_DOMAIN=zikr.example.org:443"}, "ZIKR_ACME_DOMAIN", "ZIKR_ACME_DOMAIN=zikr.example.org"},
		{[]string{"ZIKR_ACME_DOMAIN=192.0.2.1"}, "ZIKR_ACME_DOMAIN", "ZIKR_ACME_DOMAIN=zikr.example.org"},
		{[]string{"ZIKR_ACME_DOMAIN=localhost"}, "ZIKR_ACME_DOMAIN", "ZIKR_ACME_DOMAIN=zikr.example.org"},
		{[]string{"ZIKR_ACME_DOMAIN=*.example.org"}, "ZIKR_ACME_DOMAIN", "ZIKR_ACME_DOMAIN=zikr.example.org"},
		{[]string{"ZIKR_ACME_DOMAIN=" + strings.Repeat("a.example.org,", 11) + "b.example.org"}, "12 names", "ZIKR_ACME_DOMAIN=zikr.example.org"},
		{[]string{domain, "ZIKR_TLS_CERT=cert.pem", "ZIKR_TLS_KEY=key.pem"}, "ZIKR_TLS_CERT", "unset ZIKR_ACME_DOMAIN"},
		{[]string{domain, "ZIKR_ADDR=unix:/run/zikr/zikr.sock"}, "/run/zikr/zikr.sock", "ZIKR_ADDR=:443"},
		{[]string{domain, "ZIKR_REDIS_URL=redis://cache", "ZIKR_DATABASE_URL=postgres://db/zikr", "ZIKR_JWT_SECRET=" + strings.Repeat("s3cret", 6)}, "ZIKR_REDIS_URL", "load balancer"},
		{[]string{domain, "ZIKR_ACME_EMAIL=me"}, "ZIKR_ACME_EMAIL", "ZIKR_ACME_EMAIL=you@example.org"},
		{[]string{domain, "ZIKR_ACME_DIRECTORY=http://authority/dir"}, "ZIKR_ACME_DIRECTORY", "ZIKR_ACME_DIRECTORY=https://"},
		{[]string{domain, "ZIKR_HTTP_ADDR=80"}, "ZIKR_HTTP_ADDR", "ZIKR_HTTP_ADDR=:80"},
		{[]string{domain, "ZIKR_HSTS=-1h"}, "ZIKR_HSTS", "ZIKR_HSTS=8760h"},
		{[]string{"ZIKR_HTTP_ADDR=:80"}, "ZIKR_HTTP_ADDR", domain},
		{[]string{"ZIKR_ACME_EMAIL=you@example.org"}, "ZIKR_ACME_EMAIL", domain},
		{[]string{"ZIKR_ACME_DIRECTORY=https://authority/dir"}, "ZIKR_ACME_DIRECTORY", domain},
	} {
		withEnvironment(t, test.settings...)
		_, err := parsed(t)
		if err == nil || !strings.Contains(err.Error(), test.names) || !strings.Contains(err.Error(), test.example) {
			t.Errorf("%v: got %v, want an error that names %s and %s", test.settings, err, test.names, test.example)
		}
	}
}

// TestACMESettles shows what follows from a name.
func TestACMESettles(t *testing.T) {
	withEnvironment(t, "ZIKR_ACME_DOMAIN=Zikr.example.org, www.example.org", "ZIKR_BASE_PATH=/zikr")
	got, err := parsed(t)
	if err != nil {
		t.Fatal(err)
	}
	if got.Addr != ":443" || got.HTTPAddr != ":80" || got.publicURL() != "https://zikr.example.org/zikr" {
		t.Errorf("got %q, %q, %q", got.Addr, got.HTTPAddr, got.publicURL())
	}
	if got, err = parsed(t, "--addr=:8443", "--http-addr=off", "--public-url=https://www.example.org"); err != nil {
		t.Fatal(err)
	}
	if got.Addr != ":8443" || got.HTTPAddr != off || got.publicURL() != "https://www.example.org" {
		t.Errorf("got %q, %q, %q", got.Addr, got.HTTPAddr, got.publicURL())
	}
}

// TestFailuresAreTold shows how often the log speaks of a name that gets no certificate, and what it advises.
func TestFailuresAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		a := &authority{log: slog.New(slog.NewTextHandler(&out, nil)), told: map[string]time.Time{}}
		fail := func(err error) {
			if err := a.happened(t.Context(), "cert_failed", map[string]any{"identifier": "zikr.example.org", "error": err}); err != nil {
				t.Fatal(err)
			}
		}
		problem := func(kind string) error {
			return fmt.Errorf("order: %w", acme.Problem{Type: acme.ProblemTypeNamespace + kind})
		}
		for n, step := range []struct {
			after  time.Duration
			err    error
			lines  int
			advice string
		}{
			{0, problem("connection"), 1, "ports 80 and 443"},
			{time.Hour, problem("connection"), 1, ""},
			{23 * time.Hour, problem("rateLimited"), 2, "issues no more for this name"},
			{time.Hour, nil, 2, ""},
			{time.Hour, errors.New("no route to host"), 3, "cannot be reached"},
		} {
			time.Sleep(step.after)
			if step.err == nil {
				_ = a.happened(t.Context(), "cert_obtained", map[string]any{"identifier": "zikr.example.org"})
				continue
			}
			fail(step.err)
			if got := strings.Count(out.String(), "no TLS certificate was issued"); got != step.lines || !strings.Contains(out.String(), step.advice) {
				t.Errorf("step %d: %d lines, want %d with %q:\n%s", n, got, step.lines, step.advice, &out)
			}
		}
	})
}

// TestCertificatesThatCannotBeKept shows that none is asked for that could not be kept, that the log says so once a day, and
// what it advises.
func TestCertificatesThatCannotBeKept(t *testing.T) {
	a, out := keeping(t)
	name := a.names[0]
	asks := func() error { return a.happened(t.Context(), "cert_obtaining", map[string]any{"identifier": name}) }
	if err := asks(); err != nil || out.String() != "" {
		t.Fatalf("with a folder that is well: %v\n%s", err, out)
	}
	certificates := filepath.Join(a.folder, "certificates")
	if err := errors.Join(os.RemoveAll(certificates), os.WriteFile(certificates, nil, 0o600)); err != nil { // so that root may not write there either
		t.Fatal(err)
	}
	const said = "since it could not be kept"
	for range 2 {
		if err := asks(); err == nil {
			t.Error("a certificate is asked for that cannot be kept")
		}
	}
	if got := strings.Count(out.String(), said); got != 1 {
		t.Errorf("the log says it %d times, want once:\n%s", got, out)
	}
	if err := os.Remove(certificates); err != nil {
		t.Fatal(err)
	}
	if err := asks(); err != nil {
		t.Errorf("with a folder that is well again: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(certificates, "*", name, "*")); err != nil || len(left) > 0 {
		t.Errorf("the probe was left: %v, %v", left, err)
	}
	for cause, advice := range map[error]string{
		syscall.ENOSPC: "make room", syscall.EROFS: "mounted read-only", syscall.EACCES: "chown -R zikr: /d/acme", syscall.EIO: "dmesg",
	} {
		if got := keepingAdvice(&fs.PathError{Op: "open", Path: "/d/acme/x", Err: cause}, "/d/acme"); !strings.Contains(got, advice) || !strings.Contains(got, "goes on by itself") {
			t.Errorf("%v: got %q, want %q", cause, got, advice)
		}
	}
}

// issuing is an authority that issues at once. It counts what it was asked for.
type issuing struct {
	key   string
	asked atomic.Int32
}

// Issue implements certmagic.Issuer.
func (i *issuing) Issue(_ context.Context, request *x509.CertificateRequest) (*certmagic.IssuedCertificate, error) {
	i.asked.Add(1)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: request.DNSNames, NotBefore: time.Now(), NotAfter: time.Now().Add(90 * 24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, request.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &certmagic.IssuedCertificate{Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

// IssuerKey implements certmagic.Issuer.
func (i *issuing) IssuerKey() string { return i.key }

// inBubble follows an authority that issues at once, from its start, in a time of its own. spoil comes before the start.
func inBubble(t *testing.T, spoil func(t *testing.T, a *authority), follow func(t *testing.T, a *authority, issuer *issuing, out *hanging)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, out := keeping(t)
		issuer := &issuing{key: a.issuer.IssuerKey()}
		a.certs.Issuers = []certmagic.Issuer{issuer}
		spoil(t, a)
		ctx, stop := context.WithCancel(t.Context())
		a.start(ctx)
		synctest.Wait()
		follow(t, a, issuer, out)
		stop()
		pass(time.Minute) // certmagic looks at its locks for some seconds more, and a bubble ends when nobody runs in it
	})
}

// pass lets time go by in a bubble of synctest, whose clock moves on by itself as soon as all wait: nobody waits for it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestFolderIsWellAgain shows that a first certificate that could not be kept is asked for as soon as it can be, without a
// restart, and that the log speaks once.
func TestFolderIsWellAgain(t *testing.T) {
	nowhere := func(t *testing.T, a *authority) { // a link to nothing: not even root may write there
		if err := errors.Join(os.Remove(a.folder), os.Symlink(filepath.Join(t.TempDir(), "gone"), a.folder)); err != nil {
			t.Fatal(err)
		}
	}
	inBubble(t, nowhere, func(t *testing.T, a *authority, issuer *issuing, out *hanging) {
		pass(6 * time.Hour)
		if got := strings.Count(out.String(), "since it could not be kept"); got != 1 || issuer.asked.Load() != 0 || a.leaves()[0] != nil {
			t.Fatalf("the log says it %d times, want once; %d certificates were asked for, want none:\n%s", got, issuer.asked.Load(), out)
		}
		if err := errors.Join(os.Remove(a.folder), os.Mkdir(a.folder, 0o700)); err != nil {
			t.Fatal(err)
		}
		pass(folderAgain)
		if issuer.asked.Load() != 1 || a.leaves()[0] == nil || !strings.Contains(out.String(), "a TLS certificate is in use") {
			t.Errorf("%d certificates were asked for, want 1, which is in use:\n%s", issuer.asked.Load(), out)
		}
	})
}

// TestDamagedCertificate shows what the log says of a certificate that cannot be read, as after a power cut, and that another
// is asked for once its folder is gone.
func TestDamagedCertificate(t *testing.T) {
	folder := func(a *authority) string {
		return a.storage.Filename(certmagic.StorageKeys.CertsSitePrefix(a.issuer.IssuerKey(), a.names[0]))
	}
	emptied := func(t *testing.T, a *authority) {
		err := os.MkdirAll(folder(a), 0o700)
		for _, ending := range []string{".crt", ".key", ".json"} {
			err = errors.Join(err, os.WriteFile(filepath.Join(folder(a), a.names[0]+ending), nil, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	inBubble(t, emptied, func(t *testing.T, a *authority, issuer *issuing, out *hanging) {
		pass(5 * managedAgain)
		said := out.String()
		if strings.Count(said, "cannot be used, and nobody can connect") != 1 || !strings.Contains(said, "remove the folder "+folder(a)) || issuer.asked.Load() != 0 {
			t.Fatalf("%d certificates were asked for, want none; the log says %q", issuer.asked.Load(), said)
		}
		if err := os.RemoveAll(folder(a)); err != nil {
			t.Fatal(err)
		}
		pass(managedAgain)
		if issuer.asked.Load() != 1 || a.leaves()[0] == nil {
			t.Errorf("%d certificates were asked for, want 1, which is in use:\n%s", issuer.asked.Load(), out)
		}
	})
}

// keeping is an authority that has asked for nothing, and its log.
func keeping(t *testing.T) (*authority, *hanging) {
	t.Helper()
	out := &hanging{free: make(chan struct{})}
	close(out.free)
	cfg := serveConfig{dataConfig: dataConfig{DataDir: t.TempDir()}, tlsConfig: tlsConfig{ACMEDomain: []domainName{"zikr.example.org"}}}
	a, err := newAuthority(cfg, &net.TCPAddr{}, nil, slog.New(slog.NewTextHandler(out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a, out
}

// TestHSTS shows who is told to ask for nothing but HTTPS: who came over it, by a name.
func TestHSTS(t *testing.T) {
	files, _ := issue(t, t.TempDir())
	c, err := newCertificate(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		identity identity
		lasts    time.Duration
		url      string
		want     string
	}{
		{c, 365 * 24 * time.Hour, "https://zikr.test/", "max-age=31536000"},
		{c, 365 * 24 * time.Hour, "https://zikr.test:8443/", "max-age=31536000"},
		{c, 365 * 24 * time.Hour, "http://zikr.test/", ""},
		{c, 365 * 24 * time.Hour, "https://localhost/", ""},
		{c, 365 * 24 * time.Hour, "https://127.0.0.1:7373/", ""},
		{c, 365 * 24 * time.Hour, "https://[::1]/", ""},
		{c, 0, "https://zikr.test/", ""},
		{nil, 365 * 24 * time.Hour, "https://zikr.test/", ""},
	} {
		s := &server{identity: test.identity, cfg: serveConfig{acmeConfig: acmeConfig{HSTS: test.lasts}}}
		w := httptest.NewRecorder()
		s.secured(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.url, nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != test.want {
			t.Errorf("%s with %s: got %q, want %q", test.url, test.lasts, got, test.want)
		}
	}
}

// TestRedirectWithFiles shows the same redirect for a server whose certificate is its operator's, to the port of ZIKR_PUBLIC_URL.
func TestRedirectWithFiles(t *testing.T) {
	files, _ := issue(t, t.TempDir())
	p := serving(t, t.TempDir(), append(files.environment(), "ZIKR_HTTP_ADDR=127.0.0.1:0", "ZIKR_PUBLIC_URL=https://zikr.test:8443")...)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, plainAt(t, p)+"/docs", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "zikr.test"
	resp, err := http.DefaultTransport.RoundTrip(req)
	read(t, resp, err)
	if resp.StatusCode != http.StatusPermanentRedirect || resp.Header.Get("Location") != "https://zikr.test:8443/docs" {
		t.Errorf("got %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	if _, metrics := p.get(t, "/metrics"); strings.Contains(metrics, "zikr_certificate_expiry_timestamp_seconds 0\n") || !strings.Contains(metrics, "zikr_certificate_expiry_timestamp_seconds ") {
		t.Error("/metrics does not say when the certificate ends")
	}
}
