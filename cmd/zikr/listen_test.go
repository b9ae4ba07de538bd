package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// over is a client of a server on a Unix socket.
func over(t *testing.T, socket string) *http.Client {
	t.Helper()
	transport := overSocket(socket)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// ask makes one request and returns the status and the answer.
func ask(t *testing.T, client *http.Client, url string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	body := read(t, resp, err)
	return resp.StatusCode, body
}

// signUp makes an account from an address that a proxy tells.
func signUp(t *testing.T, client *http.Client, from string, n int) (int, string) {
	t.Helper()
	body := fmt.Sprintf(`{"name":"Ali","surname":"Valiyev","email":"ali%d@%s.example.org","password":"bismillah 114"}`, n, from)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://unix/api/v1/auth/register", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", from)
	resp, err := client.Do(req)
	said := read(t, resp, err)
	return resp.StatusCode, said
}

// TestUnixSocket shows a server on a socket: its mode, the operator's command beside it, people told apart by what the
// proxy says of them, and a start over what a killed server left.
func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "zikr.sock")
	environment := []string{"ZIKR_ADDR=unix:" + socket, "ZIKR_SOCKET_MODE=0600", "ZIKR_SIGN_UPS=1"}
	dir := t.TempDir()
	killed := serving(t, dir, environment...)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.end(t)
	if _, err := os.Stat(socket); err != nil {
		t.Fatalf("a killed server leaves its socket: %v", err)
	}
	p := serving(t, dir, environment...)
	if p.url != "unix:"+socket {
		t.Errorf("the server is said to be at %s", p.url)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v (%v), want 0600", info.Mode(), err)
	}
	client := over(t, socket)
	if status, body := ask(t, client, "http://unix/socket.io/?EIO=4&transport=polling"); status != http.StatusOK || !strings.HasPrefix(body, "0{") {
		t.Errorf("handshake: got %d %s", status, body)
	}
	for _, from := range []string{"192.0.2.1", "192.0.2.2"} {
		for n, want := range []int{http.StatusCreated, http.StatusTooManyRequests} {
			if status, body := signUp(t, client, from, n); status != want {
				t.Errorf("sign-up %d of %s: got %d %s, want %d", n+1, from, status, body, want)
			}
		}
	}
	second := command(t, t.TempDir(), "serve")
	second.Env = append(second.Env, environment...)
	fails(t, second, "ZIKR_ADDR", "another server listens there")

	add := command(t, dir, "user", "add", "Ali", "Valiyev", "ali@example.org")
	add.Env = append(add.Env, environment[0])
	if said := output(t, add); !strings.Contains(said, "id\t") {
		t.Errorf("user add said %q", said)
	}
	p.terminate(t)
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0:\n%s", status, p.errors)
	}
	if _, err := os.Stat(socket); err == nil {
		t.Error("a server that ended well left its socket")
	}
}

// TestIPv6Only shows a server that has no address of IPv4.
func TestIPv6Only(t *testing.T) {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	_ = probe.Close()
	p := serving(t, t.TempDir(), "ZIKR_ADDR=[::1]:0")
	if !strings.HasPrefix(p.url, "http://[::1]:") {
		t.Errorf("the server is said to be at %s", p.url)
	}
	if status, _ := p.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("got %d, want 200", status)
	}
	add := command(t, p.dir, "user", "add", "Ali", "Valiyev", "ali@example.org")
	add.Env = append(add.Env, "ZIKR_ADDR="+strings.TrimPrefix(p.url, "http://"))
	if said := output(t, add); !strings.Contains(said, "id\t") {
		t.Errorf("user add said %q", said)
	}
}

// TestSocketActivation shows that the socket that systemd hands over is served, and ZIKR_ADDR is not taken.
func TestSocketActivation(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p := command(t, t.TempDir(), "serve")
	// systemd names the process in LISTEN_PID: a shell does, and becomes the server.
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	p.Args = []string{"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve`, p.Path}
	p.Path, p.ExtraFiles = shell, append(p.ExtraFiles, file)
	p.Env = append(p.Env, "ZIKR_ADDR=127.0.0.1:1")
	p.begin(t)
	for line := range p.errors.lines {
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "zikr is serving" {
			p.url = entry.URL
			break
		}
	}
	if p.url != "http://"+listener.Addr().String() {
		t.Fatalf("the server is at %q, want the socket that was handed over (%s):\n%s", p.url, listener.Addr(), p.errors)
	}
	if status, _ := p.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("got %d, want 200", status)
	}
	p.terminate(t)
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0:\n%s", status, p.errors)
	}
}

// TestSystemdStartsIt shows the same with systemd's own program, which is to zikr.socket what a test can have: it has the port, and
// whoever comes first starts the server.
func TestSystemdStartsIt(t *testing.T) {
	activate, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Skip("systemd-socket-activate is not installed")
	}
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := probe.Addr().String()
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	p := command(t, t.TempDir(), "serve")
	p.Args = []string{activate, "--listen=" + at}
	for _, pair := range p.Env {
		if strings.HasPrefix(pair, "ZIKR_") {
			p.Args = append(p.Args, "--setenv="+pair)
		}
	}
	p.Args, p.Path = append(p.Args, p.Path, "serve"), activate
	p.begin(t)
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			p.end(t)
		}
	})
	p.url = "http://" + at
	waitFor(t, func() bool {
		resp, err := http.Get(p.url + "/readyz")
		if err != nil {
			return false // nobody has the port yet
		}
		return strings.Contains(read(t, resp, nil), "ready")
	})
	p.terminate(t) // it has become the server
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0:\n%s", status, p.errors)
	}
}

// TestBasePath shows all that is served below a path, whether a proxy takes the path away or leaves it.
func TestBasePath(t *testing.T) {
	p := serving(t, t.TempDir(), "ZIKR_BASE_PATH=/a/zikr")
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/docs", "/api/v1/poras", "/socket.io/?EIO=4&transport=polling", "/"} {
		for _, before := range []string{"/a/zikr", ""} {
			if status, body := p.get(t, before+path); status != http.StatusOK {
				t.Errorf("GET %s: got %d %s, want 200", before+path, status, body)
			}
		}
	}
	if status, body := p.get(t, "/a/zikr"); status != http.StatusOK || !strings.Contains(body, "<html") {
		t.Errorf("the path without a slash: got %d %.80s, want to be led to the page", status, body)
	}
	if status, _ := p.get(t, "/a/zikrs"); status != http.StatusNotFound {
		t.Errorf("another path: got %d, want 404", status)
	}
	if _, body := p.get(t, "/a/zikr/openapi.json"); !strings.Contains(body, `"url": "./"`) {
		t.Error("openapi.json does not name its server from where it lies")
	}
	for _, page := range []string{"/a/zikr/docs", "/a/zikr/"} {
		if _, body := p.get(t, page); strings.Contains(body, `href="/`) || strings.Contains(body, `src="/`) {
			t.Errorf("%s leads out of the path", page)
		}
	}
}

// TestWarnings shows that the log speaks of what is allowed and hardly meant, and once of a proxy that is not trusted.
func TestWarnings(t *testing.T) {
	p := serving(t, t.TempDir(), "ZIKR_JWT_SECRET="+strings.Repeat("a", 32), "ZIKR_TRUSTED_PROXIES=::/0")
	for range 3 {
		ask(t, http.DefaultClient, p.url+"/healthz", "X-Forwarded-For", "192.0.2.1")
	}
	p.terminate(t)
	p.end(t)
	for _, want := range []string{"ZIKR_JWT_SECRET is easy to guess", "holds every address there is", "name it in ZIKR_TRUSTED_PROXIES"} {
		if got := strings.Count(p.errors.String(), want); got != 1 {
			t.Errorf("the log says %q %d times, want once:\n%s", want, got, p.errors)
		}
	}
}

// TestUserAddWantsAFolder shows that a misspelt folder is not made by the way, and that a server's HTTPS is explained.
func TestUserAddWantsAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	words := []string{"user", "add", "Ali", "Valiyev", "ali@example.org"}
	fails(t, command(t, dir, words...), dir, "--create")
	if said := output(t, command(t, dir, append(words, "--create")...)); !strings.Contains(said, "id\t") {
		t.Errorf("user add --create said %q", said)
	}
	files, _ := issue(t, t.TempDir())
	p := serving(t, dir, files.environment()...)
	add := command(t, dir, "user", "add", "Vali", "Aliyev", "vali@example.org")
	add.Env = append(add.Env, "ZIKR_ADDR="+strings.TrimPrefix(p.url, "https://"))
	fails(t, add, "serves HTTPS", "ZIKR_TLS_CERT=")
}
