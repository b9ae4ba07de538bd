package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
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

// asProgram makes the test's binary run main instead of the tests, so that the
// program is tested as it is, race detector included.
const asProgram = "ZIKR_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		if err := os.Unsetenv(asProgram); err != nil {
			panic(err)
		}
		main()
		return
	}
	status := m.Run()
	stopPostgres()
	os.Exit(status)
}

// program is a process of ours.
type program struct {
	*exec.Cmd
	dir string
	url string // of a server that is serving
	// observe is where its metrics are.
	observe string
	errors  *log
}

// log is a process's standard error, readable while it is written.
type log struct {
	mu    sync.Mutex
	text  bytes.Buffer
	lines chan string // closed at its end
}

func (l *log) read(r io.Reader) {
	defer close(l.lines)
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		l.mu.Lock()
		l.text.WriteString(scanner.Text() + "\n")
		l.mu.Unlock()
		l.lines <- scanner.Text()
	}
}

// String is all that was written so far.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// command prepares a command line of ours on a data folder.
func command(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{Cmd: exec.CommandContext(t.Context(), self, args...), dir: dir, errors: &log{lines: make(chan string, 10_000)}}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "ZIKR_") {
			p.Env = append(p.Env, pair)
		}
	}
	p.Env = append(p.Env, asProgram+"=1", "ZIKR_DATA_DIR="+dir, "ZIKR_ADDR=127.0.0.1:0", "ZIKR_OBSERVE_ADDR=127.0.0.1:0")
	return p
}

// begin starts the process.
func (p *program) begin(t *testing.T) *program {
	t.Helper()
	stderr, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go p.errors.read(stderr)
	return p
}

// serving starts a server and waits until it serves.
func serving(t *testing.T, dir string, environment ...string) *program {
	t.Helper()
	p := command(t, dir, "serve")
	p.Env = append(p.Env, environment...)
	p.begin(t)
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			p.end(t)
		}
	})
	for line := range p.errors.lines {
		var entry struct{ Msg, URL, Observe string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "zikr is serving" {
			p.url, p.observe = entry.URL, entry.Observe
			return p
		}
	}
	t.Fatalf("the server did not start:\n%s", p.errors)
	return nil
}

// end waits for the end of the process and returns its exit status; -1 if a signal ended it.
func (p *program) end(t *testing.T) int {
	t.Helper()
	for range p.errors.lines { // to the end of the pipe, which Wait would close
	}
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

func (p *program) terminate(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// get asks the server and returns status and body.
func (p *program) get(t *testing.T, path string) (int, string) {
	t.Helper()
	base := p.url
	if path == "/metrics" {
		base = p.observe
	}
	resp, body := fetch(t, http.DefaultClient, base+path)
	return resp.StatusCode, body
}

func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := serving(t, dir)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/asyncapi.json", "/docs", "/api/v1/poras"} {
		if status, body := p.get(t, path); status != http.StatusOK {
			t.Errorf("GET %s: got %d %s, want 200", path, status, body)
		}
	}
	if status, body := p.get(t, "/socket.io/?EIO=4&transport=polling"); status != http.StatusOK || !strings.HasPrefix(body, "0{") {
		t.Errorf("handshake: got %d %s", status, body)
	}
	_, metrics := p.get(t, "/metrics")
	for _, want := range []string{"\nzikr_connections 1\n", `zikr_http_requests_total{route="GET /healthz",status="200"} 1`, "\ngo_goroutines ", "zikr_store_commands_total 0"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics does not hold %q", want)
		}
	}
	for name, mode := range map[string]os.FileMode{"": 0o700, secretFile: 0o600, "zikr.db": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("mode of %q is %v (%v), want %v", name, info.Mode(), err, mode)
		}
	}
	p.terminate(t)
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0:\n%s", status, p.errors)
	}
}

// TestDrain shows a good end: not ready first, then the long poll is answered, and all within 10 s.
func TestDrain(t *testing.T) {
	p := serving(t, t.TempDir(), "ZIKR_DRAIN_DELAY=1s")
	_, open := p.get(t, "/socket.io/?EIO=4&transport=polling")
	var handshake struct{ SID string }
	if err := json.Unmarshal([]byte(open[1:]), &handshake); err != nil {
		t.Fatal(err)
	}
	poll := make(chan error, 1)
	go func() {
		resp, err := http.Get(p.url + "/socket.io/?EIO=4&transport=polling&sid=" + handshake.SID)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		poll <- err
	}()
	began := time.Now()
	p.terminate(t)
	notReady := false
	for time.Since(began) < 900*time.Millisecond && !notReady {
		status, _ := p.get(t, "/readyz")
		notReady = status == http.StatusServiceUnavailable
	}
	if !notReady {
		t.Error("/readyz did not turn 503")
	}
	if status := p.end(t); status != 0 || time.Since(began) > 10*time.Second {
		t.Errorf("exit status %d after %s, want 0 within 10s:\n%s", status, time.Since(began), p.errors)
	}
	if err := <-poll; err != nil {
		t.Errorf("the long poll was cut: %v", err)
	}
}

// TestSecondSignal shows that whoever cannot wait need not.
func TestSecondSignal(t *testing.T) {
	p := serving(t, t.TempDir(), "ZIKR_DRAIN_DELAY=2s")
	p.terminate(t)
	for line := range p.errors.lines {
		if strings.Contains(line, "draining") {
			break
		}
	}
	began := time.Now()
	p.terminate(t)
	if status := p.end(t); status != -1 || time.Since(began) > time.Second {
		t.Errorf("exit status %d after %s, want an end by the signal at once", status, time.Since(began))
	}
}

// fails runs a command that must end with status 1 and one sentence on standard error.
func fails(t *testing.T, p *program, names ...string) {
	t.Helper()
	if status := p.begin(t).end(t); status != 1 {
		t.Errorf("exit status %d, want 1:\n%s", status, p.errors)
	}
	said := p.errors.String()
	for _, name := range names {
		if !strings.Contains(said, name) {
			t.Errorf("it said %q, want it to name %s", said, name)
		}
	}
	if !strings.HasPrefix(said, "zikr: ") || strings.Count(said, "\n") != 1 {
		t.Errorf("it said %q, want one line that begins with zikr:", said)
	}
}

func TestStartsThatFail(t *testing.T) {
	t.Run("an unknown variable", func(t *testing.T) {
		p := command(t, t.TempDir(), "serve")
		p.Env = append(p.Env, "ZIKR_PORT=7373")
		fails(t, p, "ZIKR_PORT")
	})
	t.Run("the port is taken", func(t *testing.T) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		dir := filepath.Join(t.TempDir(), "data")
		p := command(t, dir, "serve")
		p.Env = append(p.Env, "ZIKR_ADDR="+taken.Addr().String())
		fails(t, p, "ZIKR_ADDR", taken.Addr().String())
		if _, err := os.Stat(dir); err == nil {
			t.Error("the data folder was made all the same")
		}
	})
	t.Run("a second server on one folder", func(t *testing.T) {
		first := serving(t, t.TempDir())
		fails(t, command(t, first.dir, "serve"), first.dir)
	})
	t.Run("the data folder is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		fails(t, command(t, file, "serve"), "ZIKR_DATA_DIR", file)
	})
}

// output runs a command that must end well and returns what it printed.
func output(t *testing.T, p *program) string {
	t.Helper()
	var out bytes.Buffer
	p.Stdout = &out
	if status := p.begin(t).end(t); status != 0 {
		t.Fatalf("%v: exit status %d:\n%s", p.Args[1:], status, p.errors)
	}
	return out.String()
}

// TestAccounts runs the operator's commands with and without a server on the data folder.
func TestAccounts(t *testing.T) {
	dir := t.TempDir()
	add := command(t, dir, "user", "add", "Ali", "Valiyev", "Ali@example.org", "--phone=+998901234567", "--password-stdin")
	add.Stdin = strings.NewReader("bismillah 114\n")
	id := strings.TrimPrefix(strings.TrimSpace(output(t, add)), "id\t")

	server := serving(t, dir)
	beside := command(t, dir, "user", "add", "Vali", "Aliyev", "vali@example.org")
	beside.Env = append(beside.Env, "ZIKR_ADDR="+strings.TrimPrefix(server.url, "http://"))
	if said := output(t, beside); !strings.Contains(said, "password\t") || !strings.Contains(said, "id\t") {
		t.Errorf("got %q, want a password and an id", said)
	}
	if list := output(t, command(t, dir, "user", "list")); !strings.Contains(list, id) || !strings.Contains(list, "Vali Aliyev") {
		t.Errorf("the list is\n%s", list)
	}
	for _, name := range []string{id, "ali@example.org", "+998901234567"} {
		token := strings.TrimSpace(output(t, command(t, dir, "token", name)))
		if status := me(t, server.url, token); status != http.StatusOK {
			t.Errorf("with the token of %s: status %d, want 200", name, status)
		}
	}
	fails(t, command(t, dir, "token", "nobody@example.org"), "nobody@example.org")

	server.terminate(t)
	server.end(t)
	again := command(t, dir, "user", "add", "Ali", "Valiyev", "ali@example.org")
	fails(t, again, "ali@example.org")
	fails(t, command(t, filepath.Join(dir, "nothing"), "user", "list"), "nothing")
}

// me asks who a token is, and returns the status.
func me(t *testing.T, url, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// TestTokensAreNotLogged shows that no way of sending a token writes it into the log, not even at debug.
func TestTokensAreNotLogged(t *testing.T) {
	server := serving(t, t.TempDir(), "ZIKR_LOG_LEVEL=debug", "ZIKR_JWT_SECRET="+strings.Repeat("s3cret", 6))
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IngifQ.c2lnbmF0dXJl"
	me(t, server.url, token)
	for _, path := range []string{"/api/v1/me?token=", "/socket.io/?EIO=4&transport=polling&token=", "/nowhere?token=", "/api/v1/groups/"} {
		server.get(t, path+token)
	}
	server.terminate(t)
	server.end(t)
	if logged := server.errors.String(); strings.Contains(logged, "c2lnbmF0dXJl") || strings.Contains(logged, "s3cret") {
		t.Errorf("a token or the secret is in the log:\n%s", logged)
	}
}

func TestVersionAndDocuments(t *testing.T) {
	dir := t.TempDir()
	if got := output(t, command(t, dir, "version")); !strings.HasPrefix(got, "zikr ") {
		t.Errorf("version: got %q", got)
	}
	for _, name := range []string{"openapi", "asyncapi"} {
		var document map[string]any
		if err := json.Unmarshal([]byte(output(t, command(t, dir, name))), &document); err != nil || document[name] == nil {
			t.Errorf("%s: got no such document (%v)", name, err)
		}
	}
	if got := output(t, command(t, dir, "asyncapi", "--markdown")); !strings.Contains(got, "`join_group`") {
		t.Errorf("asyncapi --markdown does not hold join_group")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Error("a command that only prints has touched the data folder")
	}
}
