package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zikr-app/zikr/internal/sqlstore"
)

// newPatient is one with a data folder of its own, settings, and a clock that is right.
func newPatient(t *testing.T, settings ...string) *patient {
	t.Helper()
	withEnvironment(t, append([]string{"ZIKR_DATA_DIR=" + t.TempDir(), "ZIKR_ADDR=127.0.0.1:0", "ZIKR_OBSERVE_ADDR=off"}, settings...)...)
	cfg, err := parsed(t)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(cfg.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	return &patient{cfg: cfg, now: time.Now}
}

// tells wants a look to find something with a verdict, in a sentence that has these words.
func (p *patient) tells(t *testing.T, about string, want verdict, words ...string) {
	t.Helper()
	found := p.look(t, about)
	for _, f := range found {
		text := f.Says + " -> " + f.Todo
		if f.Verdict == want && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			t.Log(text)
			if want != healthy && !strings.Contains(f.Says, ";") && !strings.Contains(f.Says, ": ") && f.Todo == "" {
				t.Errorf("it does not say what to do: %s", f.Says)
			}
			return
		}
	}
	t.Errorf("%s: got %+v, want %s with %q", about, found, want, words)
}

// look looks at one thing.
func (p *patient) look(t *testing.T, about string) []diagnosis {
	t.Helper()
	for _, l := range looks() {
		if l.about == about {
			return p.examine(t.Context(), l, lookPatience)
		}
	}
	t.Fatalf("there is no look at %s", about)
	return nil
}

// asDoctor runs the command in this process, and returns what it printed and why it failed.
func asDoctor(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(append([]string{"doctor"}, args...), streams{out: &out, err: &out})
	return out.String(), err
}

// TestDoctorBesideAServer shows that a server in good order is found so, and that nothing of it is changed.
func TestDoctorBesideAServer(t *testing.T) {
	dir, backups := t.TempDir(), t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := serving(t, dir, "ZIKR_BACKUP_DIR="+backups)
	settings := []string{"ZIKR_BACKUP_DIR=" + backups, "ZIKR_ADDR=" + strings.TrimPrefix(p.url, "http://"), "ZIKR_OBSERVE_ADDR=" + strings.TrimPrefix(p.observe, "http://")}
	doctor := command(t, dir, "doctor")
	doctor.Env = append(doctor.Env, settings...)
	said := output(t, doctor)
	for _, want := range []string{"one runs at 127.0.0.1:", "is ready", "by the server that runs", "as the server that runs says", "every page of it is in order", "the secret in " + dir} {
		if !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, string(broken)+" ") {
		t.Errorf("something is said to be broken:\n%s", said)
	}
	p.terminate(t)
	p.end(t)
	before := contents(t, dir)
	output(t, command(t, dir, "doctor"))
	if after := contents(t, dir); after != before {
		t.Errorf("the folder was changed: it was\n%s\nand is\n%s", before, after)
	}
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	output(t, command(t, nowhere, "doctor"))
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("the data folder was made")
	}
}

// contents is what is in a folder: names, modes, times and sizes.
func contents(t *testing.T, dir string) (all string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(e.Name(), "-shm") { // SQLite's index of the log, which each reader may make anew
			all += fmt.Sprintln(e.Name(), info.Mode(), info.ModTime(), info.Size())
		}
	}
	return all
}

// TestDoctorAfterACrash shows that what a server that was killed has left is read, and left as it is.
func TestDoctorAfterACrash(t *testing.T) {
	p := serving(t, t.TempDir())
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.end(t)
	if _, err := os.Stat(sqlstore.FileName(p.dir) + "-wal"); err != nil {
		t.Fatalf("the server left no log: the test shows nothing: %v", err)
	}
	before := contents(t, p.dir)
	if said := output(t, command(t, p.dir, "doctor")); !strings.Contains(said, "is in order") {
		t.Errorf("it said\n%s", said)
	}
	if after := contents(t, p.dir); after != before {
		t.Errorf("the folder was changed: it was\n%s\nand is\n%s", before, after)
	}
}

// TestDoctorTellsEveryFault shows that it does not end at the first, and that no secret is printed.
func TestDoctorTellsEveryFault(t *testing.T) {
	withEnvironment(t, "ZIKR_DATA_DIR="+t.TempDir(), "ZIKR_ADDR=127.0.0.1:0", "ZIKR_LOG_LEVEL=loud", "ZIKR_PING_INTERVAL=30d", "ZIKR_LINGER=1s", "ZIKR_MAX_HEAD=1", "ZIKR_MAX_QUERY=1", "ZIKR_PORT=7373",
		"ZIKR_JWT_SECRET=hunter2", "ZIKR_DATABASE_URL=mysql://zikr:hunter2@db/zikr", "ZIKR_REDIS_URL=redis://:hunter2@127.0.0.1:1")
	said, err := asDoctor("--drain-delay=1m")
	if err == nil || !strings.Contains(err.Error(), "things must be mended") {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{`ZIKR_LOG_LEVEL is "loud"`, `ZIKR_PING_INTERVAL is "30d"`, `ZIKR_LINGER is "1s"`, "ZIKR_MAX_HEAD", "ZIKR_MAX_QUERY", "ZIKR_PORT", "--drain-delay", "ZIKR_JWT_SECRET has 7 bytes", "ZIKR_DATABASE_URL", "ZIKR_REDIS_URL"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %s:\n%s", want, said)
		}
	}
	if strings.Contains(said+err.Error(), "hunter2") {
		t.Errorf("a secret is printed:\n%s", said)
	}
}

func TestDoctorInJSON(t *testing.T) {
	withEnvironment(t, "ZIKR_DATA_DIR="+t.TempDir(), "ZIKR_ADDR=127.0.0.1:0", "ZIKR_OBSERVE_ADDR=off")
	said, err := asDoctor("--json")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	for _, line := range lines {
		var f diagnosis
		if err := json.Unmarshal([]byte(line), &f); err != nil || f.About == "" || f.Verdict == "" || f.Says == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
	if len(lines) < 5 {
		t.Errorf("got %d lines", len(lines))
	}
}

func TestDoctorOnSettings(t *testing.T) {
	newPatient(t, "ZIKR_JWT_SECRET="+strings.Repeat("a", 32)).tells(t, "settings", doubted, "easy to guess", "openssl rand")
	newPatient(t, "ZIKR_TRUSTED_PROXIES=0.0.0.0/0").tells(t, "settings", doubted, "every address there is")
	open := newPatient(t)
	open.tells(t, "settings", healthy, "the environment")
	open.file = filepath.Join(t.TempDir(), "zikr.env")
	if err := os.WriteFile(open.file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open.tells(t, "settings", healthy, open.file)
	if err := os.Chmod(open.file, 0o644); err != nil {
		t.Fatal(err)
	}
	open.tells(t, "settings", doubted, "0644", "chmod 600 "+open.file)
}

func TestDoctorOnAddresses(t *testing.T) {
	newPatient(t).tells(t, "server", healthy, "none runs")
	newPatient(t, "ZIKR_ADDR=192.0.2.1:7373").tells(t, "server", broken, "no such address")
	answering := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	newPatient(t, "ZIKR_ADDR="+answering(200, "hello")).tells(t, "server", broken, "is no zikr")
	newPatient(t, "ZIKR_ADDR="+answering(404, "hello")).tells(t, "server", broken, "is no zikr")
	newPatient(t, "ZIKR_ADDR="+answering(503, `{"status":"unavailable"}`)).tells(t, "server", broken, "not ready")
	newPatient(t, "ZIKR_ADDR="+answering(200, `{"status":"degraded"}`)).tells(t, "server", doubted, "without Redis")
	ready := answering(200, `{"status":"ready"}`)
	newPatient(t, "ZIKR_ADDR="+ready).tells(t, "server", healthy, "is ready")
	newPatient(t, "ZIKR_ADDR="+ready, "ZIKR_OBSERVE_ADDR="+answering(200, "")).tells(t, "server", doubted, "metrics cannot be read")
	newPatient(t, "ZIKR_ADDR="+ready, "ZIKR_OBSERVE_ADDR="+answering(200, "zikr_connections 1\nzikr_build_info{version=\"0.0.1\"} 1\n")).tells(t, "server", doubted, "0.0.1", "restart")
	newPatient(t, "ZIKR_ADDR="+ready, "ZIKR_OBSERVE_ADDR="+answering(200, "zikr_connections 1\nzikr_bounds_met_total{bound=\"memory\"} 7\n")).tells(t, "server", doubted, "7 times", `"memory"`)
	newPatient(t, "ZIKR_OBSERVE_ADDR="+answering(200, "zikr_connections 1\n")).tells(t, "server", doubted, "another zikr")
	newPatient(t, "ZIKR_OBSERVE_ADDR="+answering(200, "")).tells(t, "server", broken, "ZIKR_OBSERVE_ADDR", "another program listens there")

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	newPatient(t, "ZIKR_ADDR=unix:"+file).tells(t, "server", broken, "no socket")
	newPatient(t, "ZIKR_ADDR=unix:/nowhere/zikr.sock").tells(t, "server", broken, "folder is not there")
	newPatient(t, "ZIKR_ADDR=unix:"+file+".sock").tells(t, "server", healthy, "none runs")
}

func TestDoctorOnTheClock(t *testing.T) {
	p := newPatient(t, "ZIKR_BACKUP_DIR="+t.TempDir())
	db := sqlstore.FileName(p.cfg.DataDir)
	if err := os.WriteFile(db, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.now = func() time.Time { return time.Now().Add(-time.Hour) }
	p.tells(t, "clock", broken, "it was set back")
	if err := os.Remove(db); err != nil {
		t.Fatal(err)
	}
	name := time.Now().UTC().Format(backupName)
	if err := os.WriteFile(filepath.Join(p.cfg.BackupDir, name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "clock", broken, "it was set back")
	p.now = func() time.Time { return time.Now().Add(time.Hour) }
	for _, f := range p.look(t, "clock") {
		if f.Verdict == broken {
			t.Errorf("a clock that goes on is said to be wrong: %+v", f)
		}
	}
	if !builtAt().IsZero() { // a test's binary does not know; a program does
		p.now = func() time.Time { return time.Unix(0, 0) }
		p.tells(t, "clock", broken, "before this program was made")
	}
}

func TestDoctorOnMemoryAndFiles(t *testing.T) {
	p := newPatient(t, "ZIKR_MAX_QUEUED=2GB")
	p.metrics = &topSample{values: map[string]float64{"go_gc_gomemlimit_bytes": 400 << 20, "process_max_fds": 1 << 20}}
	p.tells(t, "memory", doubted, "ZIKR_MAX_QUEUED", "more than the memory")
	p.tells(t, "memory", healthy, "50k idle connections", "as the server that runs says")
	p.tells(t, "open files", healthy, "1048576 may be open by the server that runs")
	p.metrics = &topSample{values: map[string]float64{"go_gc_gomemlimit_bytes": 80 << 20, "process_max_fds": 1024}}
	p.tells(t, "memory", doubted, "512 MB or more")
	p.tells(t, "open files", doubted, "1024 may be open", "LimitNOFILE=60200")
	p.metrics.values["go_gc_gomemlimit_bytes"] = 1 << 60
	p.tells(t, "memory", broken, "the system would end it")
	p = newPatient(t, "ZIKR_MAX_CONNECTIONS=off")
	p.tells(t, "open files", doubted, "nothing bounds the connections", "started from here")
	p.runs = true
	p.tells(t, "open files", doubted, "is not known", "ZIKR_OBSERVE_ADDR")
}

// TestDoctorOnTheServersFiles shows that it is the server's limit that is looked at where one runs, and not that of the shell.
func TestDoctorOnTheServersFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("how many files another process may open is read from /proc, which is Linux's")
	}
	dir := t.TempDir()
	server := command(t, dir, "serve")
	server.Path, server.Args = "/bin/sh", []string{"sh", "-c", "ulimit -n 700; exec \"$0\" serve", server.Path}
	server.Env = append(server.Env, "ZIKR_OBSERVE_ADDR=off")
	server.begin(t)
	var url string
	for line := range server.errors.lines {
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "zikr is serving" {
			url = entry.URL
			break
		}
	}
	defer server.stop(t)
	doctor := command(t, dir, "doctor", "--json")
	doctor.Env = append(doctor.Env, "ZIKR_ADDR="+strings.TrimPrefix(url, "http://"), "ZIKR_OBSERVE_ADDR=off")
	want := fmt.Sprintf("700 may be open by the server that runs (as the system says of process %d)", server.Process.Pid)
	if said := output(t, doctor); !strings.Contains(said, want) {
		t.Errorf("it does not say %q:\n%s", want, said)
	}
}

func TestDoctorOnTheDataFolder(t *testing.T) {
	p := newPatient(t)
	p.tells(t, "data folder", healthy, "its owner's only")
	db := sqlstore.FileName(p.cfg.DataDir)
	if err := errors.Join(os.WriteFile(db, nil, 0o600), os.Chmod(db, 0o644), os.Chmod(p.cfg.DataDir, 0o755)); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "data folder", doubted, "look into", "0755", "chmod 700")
	p.tells(t, "data folder", doubted, "read the database", "0644", "chmod 600")
	if os.Geteuid() == 0 {
		if err := os.Chown(p.cfg.DataDir, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		p.tells(t, "data folder", broken, "zikr.db in", "chown -R 12345:12345")
	}
	p.cfg.DataDir = db
	p.tells(t, "data folder", broken, "no folder")
	p.cfg.DataDir = filepath.Join(t.TempDir(), "a", "b")
	p.tells(t, "data folder", healthy, "first start makes it")
	p.tells(t, "disk", healthy, "are free")
}

func TestDoctorOnTheDisk(t *testing.T) {
	p := newPatient(t)
	p.tells(t, "disk", healthy, "are free")
	p.look(t, "disk")
	if left := contents(t, p.cfg.DataDir); left != "" {
		t.Errorf("it left %s", left)
	}
	for kind, want := range map[string]verdict{"NFS": broken, "memory": broken, "overlay": doubted, "FUSE": doubted} {
		if f, ok := judgeFileSystem(kind); !ok || f.Verdict != want || f.Todo == "" {
			t.Errorf("%s: got %+v", kind, f)
		}
	}
	if f, ok := judgeFileSystem(""); ok {
		t.Errorf("an ordinary disk: got %+v", f)
	}
	for _, test := range []struct {
		took, skew time.Duration
		err        error
		want       verdict
		says       string
	}{
		{time.Millisecond, 0, nil, healthy, "1ms"}, {30 * time.Millisecond, 0, nil, doubted, "it is slow"}, {0, -time.Minute, nil, doubted, "1m0s apart"},
		{0, 0, os.ErrPermission, broken, "nothing can be written"},
	} {
		found := judgeSpeed("/data", test.took, test.skew, test.err)
		if f := found[len(found)-1]; f.Verdict != test.want || !strings.Contains(f.Says, test.says) {
			t.Errorf("got %+v, want %s with %q", found, test.want, test.says)
		}
	}
}

// TestDoctorInterrupted shows that the file for the disk's speed is taken away.
func TestDoctorInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := syncSpeed(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := contents(t, dir); left != "" {
		t.Errorf("it left %s", left)
	}
}

// TestDoctorDoesNotHang shows that a look that does not end is left alone.
func TestDoctorDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		found := (&patient{}).examine(t.Context(), look{"disk", func(context.Context, *patient) []diagnosis { <-end; return nil }}, time.Second)
		if len(found) != 1 || found[0].Verdict != broken || found[0].About != "disk" || !strings.Contains(found[0].Says, "within 1s") {
			t.Errorf("got %+v", found)
		}
		close(end)
	})
}

// TestDoctorOnHostsThatSwallow shows that each look over a network ends where everything is taken and nothing is answered.
func TestDoctorOnHostsThatSwallow(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	at := silent.Addr().String()
	for about, settings := range map[string][]string{
		"server":         {"ZIKR_ADDR=" + at},
		"database":       {"ZIKR_DATABASE_URL=postgres://" + at + "/zikr"},
		"Redis":          {"ZIKR_REDIS_URL=redis://" + at, "ZIKR_DATABASE_URL=postgres://" + at + "/zikr", "ZIKR_JWT_SECRET=0123456789abcdef0123456789abcdef"},
		"tokens":         {"ZIKR_JWT_JWKS_URL=http://" + at, "ZIKR_JWT_ISSUER=https://issuer.test"},
		"public address": {"ZIKR_PUBLIC_URL=http://" + at},
		"traces":         {"ZIKR_OTLP_ENDPOINT=http://" + at},
	} {
		p := newPatient(t, settings...)
		p.runs = true
		i := slices.IndexFunc(looks(), func(l look) bool { return l.about == about })
		found := p.examine(t.Context(), looks()[i], 100*time.Millisecond)
		if len(found) == 0 || found[0].Verdict == healthy {
			t.Errorf("%s: got %+v", about, found)
		}
		t.Log(found)
	}
}

func TestDoctorOnTheDatabase(t *testing.T) {
	p := newPatient(t)
	p.tells(t, "database", healthy, "the first start does it")
	populate(t, p.cfg.DataDir)
	db := sqlstore.FileName(p.cfg.DataDir)
	p.tells(t, "database", healthy, db, "every page of it is in order")
	data, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(db, append(data[:8192], bytes.Repeat([]byte("x"), len(data)-8192)...), 0o600); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "database", broken, "damaged", "restore")
	if err := os.WriteFile(db, bytes.Repeat([]byte("x"), 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "database", broken, "no zikr database")
	for _, test := range []struct {
		has  int64
		runs bool
		want verdict
		says string
	}{{9, false, doubted, "make a backup"}, {9, true, broken, "restart the server"}, {11, false, broken, "newer release"}} {
		f, ok := judgeSchema("it", sqlstore.Schema{Has: test.has, Newest: 10}, test.runs)
		if !ok || f.Verdict != test.want || !strings.Contains(f.Says+f.Todo, test.says) {
			t.Errorf("got %+v, want %s with %q", f, test.want, test.says)
		}
	}
}

// populate makes a database in a folder.
func populate(t *testing.T, dir string) {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorOnBackups(t *testing.T) {
	newPatient(t).tells(t, "backups", doubted, "none are made", "ZIKR_BACKUP_DIR=")
	dir := filepath.Join(t.TempDir(), "backups")
	p := newPatient(t, "ZIKR_BACKUP_DIR="+dir)
	p.tells(t, "backups", doubted, "is not there")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "backups", doubted, "none in "+dir)
	populate(t, p.cfg.DataDir)
	name := filepath.Join(dir, time.Now().UTC().Format(backupName))
	if _, err := sqlstore.Backup(t.Context(), sqlstore.BackupOptions{Dir: p.cfg.DataDir, File: name}); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "backups", healthy, filepath.Base(name), "can be read")
	p.now = func() time.Time { return time.Now().Add(-time.Hour) }
	p.tells(t, "backups", doubted, "from the future")
	p.now = func() time.Time { return time.Now().Add(72 * time.Hour) }
	p.tells(t, "backups", broken, "72h0m0s old", "every 24h")
	p.now = time.Now
	if err := os.Truncate(name, 0); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "backups", broken, "no good database", "empty")
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "backups", broken, "cannot be read", "zikr backup FILE")
}

// chained writes a chain: a leaf that an intermediate has signed, which an authority has.
func chained(t *testing.T, names []string, until time.Time) (files tlsConfig, leaf, between []byte) {
	t.Helper()
	made := func(cn string, ca bool, by *x509.Certificate, byKey *ecdsa.PrivateKey) ([]byte, *x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: cn}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, IsCA: ca, BasicConstraintsValid: true}
		if !ca {
			c.DNSNames = names
		}
		if by == nil {
			by, byKey = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), byKey)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return der, parsed, key
	}
	_, root, rootKey := made("root", true, nil, nil)
	between, inter, interKey := made("between", true, root, rootKey)
	leaf, _, key := made("leaf", false, inter, interKey)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files = tlsConfig{TLSCert: filepath.Join(dir, "chain.pem"), TLSKey: filepath.Join(dir, "key.pem")}
	writePEM(t, files.TLSKey, "PRIVATE KEY", keyDER)
	writeChain(t, files.TLSCert, leaf, between)
	return files, leaf, between
}

func writeChain(t *testing.T, path string, all ...[]byte) {
	t.Helper()
	var text []byte
	for _, der := range all {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorOnCertificates(t *testing.T) {
	files, leaf, between := chained(t, []string{"zikr.test"}, time.Now().Add(90*24*time.Hour))
	p := newPatient(t, append(files.environment(), "ZIKR_PUBLIC_URL=https://zikr.test")...)
	p.tells(t, "certificate", doubted, "does not trust it")
	p.now = func() time.Time { return time.Now().Add(80 * 24 * time.Hour) }
	p.tells(t, "certificate", doubted, "ends in 9 days")
	p.now = func() time.Time { return time.Now().Add(100 * 24 * time.Hour) }
	p.tells(t, "certificate", broken, "it ended at", "was not renewed")
	p.now = func() time.Time { return time.Now().Add(-100 * 24 * time.Hour) }
	p.tells(t, "certificate", broken, "it begins at")
	p.now = time.Now
	other := newPatient(t, append(files.environment(), "ZIKR_PUBLIC_URL=https://other.test")...)
	other.tells(t, "certificate", broken, "for zikr.test", "other.test")
	writeChain(t, files.TLSCert, leaf, leaf)
	p.tells(t, "certificate", broken, "certificate 2 of the chain has not signed", "in order")
	writeChain(t, files.TLSCert, between, leaf)
	p.tells(t, "certificate", broken, "are no pair")
	writeChain(t, files.TLSCert, leaf, between)
	if err := os.Chmod(files.TLSKey, 0o644); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "certificate", doubted, "0644", "chmod 600")
}

// TestDoctorOnIssuedCertificates is about those that the server gets by itself.
func TestDoctorOnIssuedCertificates(t *testing.T) {
	p := newPatient(t, "ZIKR_ACME_DOMAIN=zikr.test", "ZIKR_ADDR=127.0.0.1:0", "ZIKR_HTTP_ADDR=127.0.0.1:0")
	p.tells(t, "certificate", healthy, "there is none of zikr.test yet")
	p.runs = true
	p.tells(t, "certificate", broken, "there is no certificate of zikr.test", "80 and 443")
	_, leaf, between := chained(t, []string{"zikr.test"}, time.Now().Add(90*24*time.Hour))
	dir := filepath.Join(p.cfg.DataDir, acmeFolder, "certificates", "authority", "zikr.test")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeChain(t, filepath.Join(dir, "zikr.test.crt"), leaf, between)
	p.tells(t, "certificate", healthy, "it is for zikr.test", "renews it by itself")
	p.now = func() time.Time { return time.Now().Add(80 * 24 * time.Hour) }
	p.tells(t, "certificate", doubted, "the one of zikr.test ends in 9 days", "journalctl")

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	held := newPatient(t, "ZIKR_ACME_DOMAIN=zikr.test", "ZIKR_ADDR=127.0.0.1:0", "ZIKR_HTTP_ADDR="+taken.Addr().String())
	held.tells(t, "server", broken, "ZIKR_HTTP_ADDR")
	held.tells(t, "proxies", healthy, "nothing shows that one is in front")
}

func TestDoctorOnThePublicAddress(t *testing.T) {
	body := "hello"
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()
	asked := func(url string) *patient {
		p := newPatient(t, "ZIKR_PUBLIC_URL="+url)
		p.runs = true
		return p
	}
	asked(plain.URL).tells(t, "public address", broken, "is no zikr", "ZIKR_ADDR")
	body = `{"status":"ready"}`
	asked(plain.URL).tells(t, "public address", healthy, plain.URL)
	asked(secure.URL).tells(t, "public address", broken, "is refused", "renew it")
	gone := httptest.NewServer(handler)
	gone.Close()
	asked(gone.URL).tells(t, "public address", doubted, "nobody answers", "browser from elsewhere")
	newPatient(t, "ZIKR_PUBLIC_URL="+gone.URL).tells(t, "public address", healthy, "not asked")
}

// TestDoctorOnProxies shows that a proxy is noticed by its settings, and by what a real server has counted.
func TestDoctorOnProxies(t *testing.T) {
	newPatient(t).tells(t, "proxies", healthy, "none is trusted")
	newPatient(t, "ZIKR_PUBLIC_URL=https://zikr.test").tells(t, "proxies", doubted, "a proxy is in front", "ZIKR_TRUSTED_PROXIES=127.0.0.1")
	newPatient(t, "ZIKR_PUBLIC_URL=https://zikr.test", "ZIKR_TRUSTED_PROXIES=127.0.0.1").tells(t, "proxies", healthy, "1 range")
	s := serving(t, t.TempDir())
	for range 3 {
		ask(t, http.DefaultClient, s.url+"/healthz", "X-Forwarded-For", "192.0.2.1")
	}
	p := newPatient(t, "ZIKR_ADDR="+strings.TrimPrefix(s.url, "http://"), "ZIKR_OBSERVE_ADDR="+strings.TrimPrefix(s.observe, "http://"))
	p.look(t, "server")
	p.tells(t, "proxies", broken, "3 requests", "ZIKR_TRUSTED_PROXIES=127.0.0.1")
}

func TestDoctorOnTokens(t *testing.T) {
	p := newPatient(t)
	p.tells(t, "tokens", healthy, "first start makes")
	if left := contents(t, p.cfg.DataDir); left != "" {
		t.Errorf("it made %s", left)
	}
	path := filepath.Join(p.cfg.DataDir, secretFile)
	if err := os.WriteFile(path, bytes.Repeat([]byte("hunter2 "), 5), 0o600); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "tokens", healthy, path)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "tokens", broken, "0644", "chmod 600")

	body := `{"keys":[]}`
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	p = newPatient(t, "ZIKR_JWT_JWKS_URL="+strings.Replace(issuer.URL, "http://", "http://reader:hunter2@", 1), "ZIKR_JWT_ISSUER=https://issuer.test")
	p.tells(t, "tokens", broken, "none of its 0 keys", "see the address")
	body = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	p.tells(t, "tokens", healthy, "the other issuer has 1 key")
	issuer.Close()
	p.tells(t, "tokens", broken, "ZIKR_JWT_JWKS_URL", "refused")
	if said := fmt.Sprint(p.look(t, "tokens")); strings.Contains(said, "hunter2") {
		t.Errorf("a secret is printed: %s", said)
	}
	newPatient(t, "ZIKR_JWT_JWKS_URL=https://issuer.test/keys").tells(t, "tokens", broken, "ZIKR_JWT_ISSUER")
}

func TestDoctorOnTraces(t *testing.T) {
	collector := httptest.NewServer(http.NotFoundHandler())
	p := newPatient(t, "ZIKR_OTLP_ENDPOINT="+strings.Replace(collector.URL, "http://", "http://reader:hunter2@", 1))
	p.tells(t, "traces", healthy, "answers")
	collector.Close()
	p.tells(t, "traces", doubted, "nobody takes them", "4318")
	if said := fmt.Sprint(p.look(t, "traces")); strings.Contains(said, "hunter2") {
		t.Errorf("a secret is printed: %s", said)
	}
}

// redisServer starts a Redis for a test, with arguments, and returns its address.
func redisServer(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: what needs a Redis of its own was not tested")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_, port, _ := net.SplitHostPort(at)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(context.Background(), "redis-server", append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	for end := time.Now().Add(30 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", at, time.Second)
		if err == nil {
			_ = conn.Close()
			return at
		}
		if time.Now().After(end) {
			t.Fatalf("redis-server does not answer: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestDoctorOnRedis(t *testing.T) {
	with := func(url string) *patient {
		return newPatient(t, "ZIKR_REDIS_URL="+url, "ZIKR_DATABASE_URL=postgres://127.0.0.1:1/zikr", "ZIKR_JWT_SECRET=0123456789abcdef0123456789abcdef")
	}
	at := redisServer(t)
	with("redis://"+at).tells(t, "Redis", healthy, "it is Redis", "answers after")
	evicting := redisServer(t, "--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb", "--requirepass", "hunter2")
	with("redis://:hunter2@"+evicting).tells(t, "Redis", doubted, "allkeys-lru", "noeviction")
	with("redis://:hunter3@"+evicting).tells(t, "Redis", broken, "ZIKR_REDIS_URL", "password")
	if said := fmt.Sprint(with("redis://:hunter3@"+evicting).look(t, "Redis")); strings.Contains(said, "hunter3") {
		t.Errorf("a secret is printed: %s", said)
	}
	host, port, _ := strings.Cut(at, ":")
	replica := redisServer(t, "--replicaof", host+" "+port)
	with("redis://"+replica).tells(t, "Redis", broken, "follows another")
	with("redis://127.0.0.1:1").tells(t, "Redis", broken, "see whether it runs")
	with("http://:hunter2@"+at).tells(t, "Redis", broken, "redis://user:password@host")
	for _, test := range []struct {
		roundTrip, ahead time.Duration
		want             verdict
		says             string
	}{{time.Second, 0, doubted, "run it near"}, {0, 5 * time.Second, doubted, "5s apart"}, {0, -time.Hour, broken, "1h0m0s apart"}} {
		if found := judgeDistance("Redis", test.roundTrip, test.ahead); len(found) != 1 || found[0].Verdict != test.want || !strings.Contains(found[0].Says+found[0].Todo, test.says) {
			t.Errorf("got %+v, want %s with %q", found, test.want, test.says)
		}
	}
}

func TestWrapped(t *testing.T) {
	got := wrapped("a bc `d e f` g\x1b[2J hij", 4)
	want := []string{"a bc", "`d e f`", "g?[2J", "hij"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
