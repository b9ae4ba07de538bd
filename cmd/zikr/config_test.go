package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/limit"

	"github.com/google/go-cmp/cmp"
)

// withEnvironment sets variables for a test, after taking away those of ours that are there.
func withEnvironment(t *testing.T, pairs ...string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "ZIKR_") {
			t.Setenv(name, "") // so that it is restored after the test
		}
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// parsed is what `zikr serve` is configured with.
func parsed(t *testing.T, args ...string) (serveConfig, error) {
	t.Helper()
	var out bytes.Buffer
	command, err := parse(append([]string{"serve"}, args...), streams{out: &out, err: &out})
	if err != nil {
		return serveConfig{}, err
	}
	return command.Selected().Target.Interface().(serveCmd).serveConfig, nil
}

func TestDefaults(t *testing.T) {
	withEnvironment(t)
	got, err := parsed(t)
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("data")
	if err != nil {
		t.Fatal(err)
	}
	want := serveConfig{
		dataConfig:  dataConfig{DataDir: data},
		tokenConfig: tokenConfig{JWTLifetime: 60 * 24 * time.Hour},
		clockConfig: clockConfig{BackupEvery: 24 * time.Hour, BackupKeep: 7, JanitorEvery: time.Hour},
		acmeConfig:  acmeConfig{ACMEDirectory: letsEncrypt, HTTPAddr: off, HSTS: 365 * 24 * time.Hour},
		traceConfig: traceConfig{AccessLog: "off", TraceShare: 1000},
		Bounds:      defaultBounds(t),
		Addr:        "127.0.0.1:7373", SocketMode: 0o660, ObserveAddr: "127.0.0.1:7374", PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second,
		RedisPrefix: "zikr", MaxPayload: 100_000, MaxQueue: 1 << 20, Linger: 5 * time.Millisecond, DrainDelay: 500 * time.Millisecond,
		Registration: "open", Guests: on, RateLimit: on, CommandTimeout: 5 * time.Second, PresenceGrace: 5 * time.Second, LogLevel: slog.LevelInfo, LogFormat: "auto",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// defaultBounds is what the table of bounds says.
func defaultBounds(t *testing.T) (b limit.Bounds) {
	t.Helper()
	for i, row := range limit.Table() {
		if err := reflect.ValueOf(&b).Elem().Field(i).Addr().Interface().(*limit.Most).UnmarshalText([]byte(row.Default)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestFlagsWinOverVariables(t *testing.T) {
	withEnvironment(t, "ZIKR_ADDR=127.0.0.1:1", "ZIKR_PING_INTERVAL=3s", "ZIKR_PING_TIMEOUT=", "ZIKR_TEST_POSTGRES_URL=x")
	got, err := parsed(t, "--addr=127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	if got.Addr != "127.0.0.1:2" || got.PingInterval != 3*time.Second || got.PingTimeout != 20*time.Second {
		t.Errorf("got %q, %s, %s", got.Addr, got.PingInterval, got.PingTimeout)
	}
}

func TestLists(t *testing.T) {
	withEnvironment(t, "ZIKR_CORS_ORIGINS=https://App.example.org, http://localhost:3000/ ,*", "ZIKR_TRUSTED_PROXIES=10.1.2.3/8, ::1,192.0.2.7")
	got, err := parsed(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]origin{"https://app.example.org", "http://localhost:3000", "*"}, got.CORSOrigins); diff != "" {
		t.Error(diff)
	}
	want := []network{{netip.MustParsePrefix("10.0.0.0/8")}, {netip.MustParsePrefix("::1/128")}, {netip.MustParsePrefix("192.0.2.7/32")}}
	if !reflect.DeepEqual(got.TrustedProxies, want) {
		t.Errorf("got %v, want %v", got.TrustedProxies, want)
	}
}

// TestRefused shows mistakes that stop the start: each with one sentence that names the variable, the value
// unless it is secret, and an example of what can be used.
func TestRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ variable, names, example string }{
		{"ZIKR_PORT=7373", "ZIKR_PORT", "serve --help"},
		{"ZIKR_JWT_SECRETS=x", "ZIKR_JWT_SECRET is one", "serve --help"},
		{"ZIKR_DATABASE_URL=mysql://zikr:hunter2@db/zikr", "ZIKR_DATABASE_URL", "postgres://"},
		{"ZIKR_DATABASE_URL=postgres://zikr:hunter2%@db/zikr", "ZIKR_DATABASE_URL", ""},
		{"ZIKR_DATABASE_URL=postgres://zikr:hunter2@db/zikr?sslmode=hunter2", "ZIKR_DATABASE_URL", ""},
		{"ZIKR_REDIS_URL=redis://:hunter2@cache", "ZIKR_DATABASE_URL", "unset ZIKR_REDIS_URL"},
		{"ZIKR_JWT_SECRET=hunter2", "ZIKR_JWT_SECRET", "openssl rand -base64 32"},
		{"ZIKR_JWT_SECRET_FILE=" + file, "ZIKR_JWT_SECRET_FILE", "write the secret into it"},
		{"ZIKR_JWT_SECRET_FILE=/nowhere", "ZIKR_JWT_SECRET_FILE", "ZIKR_JWT_SECRET_FILE=/run/secrets/zikr"},
		{"ZIKR_ENV_FILE=/nowhere", "ZIKR_ENV_FILE", "--config=/etc/zikr.env"},
		{"ZIKR_JWT_JWKS_URL=file:///etc/passwd", "ZIKR_JWT_JWKS_URL", ""},
		{"ZIKR_JWT_ISSUER=zikr", "ZIKR_JWT_ISSUER", ""},
		{"ZIKR_JWT_PROVISION=perhaps", "ZIKR_JWT_PROVISION", "ZIKR_JWT_PROVISION=true"},
		{"ZIKR_JWT_LIFETIME=0s", "ZIKR_JWT_LIFETIME", "ZIKR_JWT_LIFETIME=1440h"},
		{"ZIKR_JWT_LIFETIME=30d", "ZIKR_JWT_LIFETIME", "720h"},
		{"ZIKR_BACKUP_EVERY=1w", "ZIKR_BACKUP_EVERY", "168h"},
		{"ZIKR_ADDR=7473", "ZIKR_ADDR", "ZIKR_ADDR=127.0.0.1:7373"},
		{"ZIKR_ADDR=:abc", "ZIKR_ADDR", "ZIKR_ADDR=127.0.0.1:7373"},
		{"ZIKR_ADDR=nowhere", "ZIKR_ADDR", "ZIKR_ADDR=127.0.0.1:7373"},
		{"ZIKR_ADDR=::1:7373", "ZIKR_ADDR", "ZIKR_ADDR=127.0.0.1:7373"},
		{"ZIKR_ADDR=127.0.0.1:99999", "ZIKR_ADDR", "ZIKR_ADDR=127.0.0.1:7373"},
		{"ZIKR_ADDR=999.0.0.1:7373", "ZIKR_ADDR", "ZIKR_ADDR=127.0.0.1:7373"},
		{"ZIKR_ADDR=192.0.2.1:7373", "ZIKR_ADDR", "ZIKR_ADDR=:7373"},
		{"ZIKR_ADDR=unix:zikr.sock", "ZIKR_ADDR", "unix:/PATH"},
		{"ZIKR_ADDR=unix:" + file, "ZIKR_ADDR", "ZIKR_ADDR=unix:/run/zikr/zikr.sock"},
		{"ZIKR_ADDR=unix:/nowhere/zikr.sock", "ZIKR_ADDR", "ZIKR_ADDR=unix:/run/zikr/zikr.sock"},
		{"ZIKR_OBSERVE_ADDR=7374", "ZIKR_OBSERVE_ADDR", "ZIKR_OBSERVE_ADDR=127.0.0.1:7374"},
		{"ZIKR_SOCKET_MODE=999", "ZIKR_SOCKET_MODE", "ZIKR_SOCKET_MODE=0660"},
		{"ZIKR_BASE_PATH=zikr", "ZIKR_BASE_PATH", "ZIKR_BASE_PATH=/zikr"},
		{"ZIKR_PUBLIC_URL=zikr.example.org", "ZIKR_PUBLIC_URL", "ZIKR_PUBLIC_URL=https://zikr.example.org"},
		{"ZIKR_REGISTRATION=nobody", "ZIKR_REGISTRATION", "ZIKR_REGISTRATION=open"},
		{"ZIKR_PING_INTERVAL=25", "ZIKR_PING_INTERVAL", "ZIKR_PING_INTERVAL=25s"},
		{"ZIKR_PING_INTERVAL=-25s", "ZIKR_PING_INTERVAL", "ZIKR_PING_INTERVAL=25s"},
		{"ZIKR_PING_TIMEOUT=soon", "ZIKR_PING_TIMEOUT", "ZIKR_PING_TIMEOUT=20s"},
		{"ZIKR_MAX_PAYLOAD=10", "ZIKR_MAX_PAYLOAD", "ZIKR_MAX_PAYLOAD=100000"},
		{"ZIKR_MAX_PAYLOAD=1e99", "ZIKR_MAX_PAYLOAD", "ZIKR_MAX_PAYLOAD=100000"},
		{"ZIKR_MAX_QUEUE=5000", "ZIKR_MAX_QUEUE", "ZIKR_MAX_QUEUE=1048576"},
		{"ZIKR_MAX_QUEUE=2147483648", "1073741824 or less", "ZIKR_MAX_QUEUE=1048576"},
		{"ZIKR_DRAIN_DELAY=1m", "ZIKR_DRAIN_DELAY", "ZIKR_DRAIN_DELAY=500ms"},
		{"ZIKR_LINGER=1s", "ZIKR_LINGER", "ZIKR_LINGER=5ms"},
		{"ZIKR_LINGER=-1ms", "ZIKR_LINGER", "ZIKR_LINGER=5ms"},
		{"ZIKR_CORS_ORIGINS=app.example.org", "ZIKR_CORS_ORIGINS", "https://app.example.org"},
		{"ZIKR_CORS_ORIGINS=https://app.example.org/path", "ZIKR_CORS_ORIGINS", "https://app.example.org"},
		{"ZIKR_TRUSTED_PROXIES=10.0.0.0/33", "ZIKR_TRUSTED_PROXIES", "ZIKR_TRUSTED_PROXIES=10.0.0.0/8"},
		{"ZIKR_RATE_LIMIT=no", "ZIKR_RATE_LIMIT", "ZIKR_RATE_LIMIT=on"},
		{"ZIKR_EVENT_RATE=NaN", "ZIKR_EVENT_RATE", "ZIKR_EVENT_RATE="},
		{"ZIKR_EVENT_RATE=-1", "ZIKR_EVENT_RATE", "ZIKR_EVENT_RATE="},
		{"ZIKR_MAX_ANSWERS=5TB", "ZIKR_MAX_ANSWERS", "ZIKR_MAX_ANSWERS="},
		{"ZIKR_MAX_HEAD=100", "ZIKR_MAX_HEAD", "ZIKR_MAX_HEAD=16KB"},
		{"ZIKR_MAX_HASHES=0", "ZIKR_MAX_HASHES", "ZIKR_MAX_HASHES=4"},
		{"ZIKR_SIGN_UPS=-1", "ZIKR_SIGN_UPS", "ZIKR_SIGN_UPS="},
		{"ZIKR_COMMAND_TIMEOUT=0", "ZIKR_COMMAND_TIMEOUT", "ZIKR_COMMAND_TIMEOUT=5s"},
		{"ZIKR_BACKUP_EVERY=1h", "ZIKR_BACKUP_DIR", "ZIKR_BACKUP_DIR=/var/backups/zikr"},
		{"ZIKR_BACKUP_KEEP=3", "ZIKR_BACKUP_DIR", "ZIKR_BACKUP_DIR=/var/backups/zikr"},
		{"ZIKR_BACKUP_DIR=" + file, "ZIKR_BACKUP_DIR", "ZIKR_BACKUP_DIR=/var/backups/zikr"},
		{"ZIKR_JANITOR_EVERY=1ms", "ZIKR_JANITOR_EVERY", "ZIKR_JANITOR_EVERY=1h"},
		{"ZIKR_JANITOR_EVERY=-1h", "ZIKR_JANITOR_EVERY", "ZIKR_JANITOR_EVERY=1h"},
		{"ZIKR_LOG_LEVEL=loud", "ZIKR_LOG_LEVEL", "ZIKR_LOG_LEVEL=info"},
		{"ZIKR_LOG_FORMAT=xml", "ZIKR_LOG_FORMAT", "ZIKR_LOG_FORMAT=auto"},
		{"ZIKR_TLS_CERT=/nowhere", "ZIKR_TLS_CERT", "ZIKR_TLS_KEY="},
	}
	data := t.TempDir() // not of the single test, whose name has the secret in it
	for i, test := range tests {
		t.Run(test.variable, func(t *testing.T) {
			refused(t, filepath.Join(data, strconv.Itoa(i)), []string{test.variable}, test.names, test.example)
		})
	}
}

// refused wants settings to stop the start with a sentence that has these words, and `zikr doctor` to say them too. What is
// secret in them is hunter2.
func refused(t *testing.T, data string, settings []string, words ...string) {
	t.Helper()
	withEnvironment(t, append([]string{"ZIKR_DATA_DIR=" + data, "ZIKR_ADDR=127.0.0.1:0", "ZIKR_OBSERVE_ADDR=off"}, settings...)...)
	var out bytes.Buffer
	err := run([]string{"serve"}, streams{out: &out, err: &out})
	if err == nil {
		t.Fatalf("the server started and ended, want an error that says %q:\n%s", words, &out)
	}
	t.Log(err)
	flag := false
	for _, word := range words {
		flag = flag || strings.Contains(word, "--")
		if !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error that says %s", err, word)
		}
	}
	if strings.Contains(err.Error(), " --") && !flag {
		t.Errorf("a flag is named, although a variable was set: %v", err)
	}
	if all := err.Error() + out.String(); strings.Contains(all, "hunter2") {
		t.Errorf("a secret is printed: %s", all)
	}
	doctorNames(t, words...)
}

// doctorNames wants `zikr doctor` to tell of the same mistake, and to fail.
func doctorNames(t *testing.T, words ...string) {
	t.Helper()
	said, err := asDoctor("--json")
	if err == nil {
		t.Fatalf("it found nothing to mend:\n%s", said)
	}
	for _, word := range words {
		if !strings.Contains(strings.ReplaceAll(said, `\"`, `"`)+err.Error(), word) {
			t.Errorf("`zikr doctor` does not say %s:\n%s%v", word, said, err)
		}
	}
	if strings.Contains(said+err.Error(), "hunter2") {
		t.Errorf("`zikr doctor` prints a secret:\n%s", said)
	}
}

// TestMistakesInFlags shows that what was given as a flag is named by it.
func TestMistakesInFlags(t *testing.T) {
	for flag, example := range map[string]string{
		"--log-level=loud": "--log-level=info", "--linger=1s": "--linger=5ms", "--addr=7473": "--addr=127.0.0.1:7373",
	} {
		withEnvironment(t)
		name, _, _ := strings.Cut(flag, "=")
		if _, err := parsed(t, name); err == nil || !strings.HasPrefix(err.Error(), name+" has no value") || !strings.Contains(err.Error(), name+"=") {
			t.Errorf("%s: got %v, want a sentence that asks for a value", name, err)
		}
		if _, err := parsed(t, flag); err == nil || !strings.HasPrefix(err.Error(), name+" is ") || !strings.Contains(err.Error(), example) {
			t.Errorf("%s: got %v, want a sentence that names it and %s", flag, err, example)
		}
	}
}

// TestKubernetesVariables shows that what Kubernetes sets for a service named zikr is no setting and no mistake.
func TestKubernetesVariables(t *testing.T) {
	withEnvironment(t, "ZIKR_PORT=tcp://10.0.0.1:7373", "ZIKR_SERVICE_HOST=10.0.0.1", "ZIKR_SERVICE_PORT=7373", "ZIKR_SERVICE_PORT_HTTP=7373",
		"ZIKR_PORT_7373_TCP=tcp://10.0.0.1:7373", "ZIKR_PORT_7373_TCP_PROTO=tcp", "ZIKR_PORT_7373_TCP_PORT=7373", "ZIKR_PORT_7373_TCP_ADDR=10.0.0.1",
		"ZIKR_WEB_PORT=tcp://10.0.0.1:80", "ZIKR_WEB_SERVICE_HOST=10.0.0.1")
	if _, err := parsed(t); err != nil {
		t.Error(err)
	}
}

// TestAppsMayConnect shows that origins of apps in a web view are taken.
func TestAppsMayConnect(t *testing.T) {
	withEnvironment(t, "ZIKR_CORS_ORIGINS=capacitor://localhost,ionic://localhost,tauri://localhost,app://-")
	if got, err := parsed(t); err != nil || len(got.CORSOrigins) != 4 {
		t.Errorf("got %v, %v", got.CORSOrigins, err)
	}
}

// TestWhereSettingsComeFrom shows that a file of settings, by flag or by variable, gives way to the environment, and
// that secrets may stand in files of their own.
func TestWhereSettingsComeFrom(t *testing.T) {
	file, secret := filepath.Join(t.TempDir(), "zikr.env"), filepath.Join(t.TempDir(), "secret")
	text := "ZIKR_LINGER=7ms\nZIKR_PING_INTERVAL=9s\nZIKR_JWT_SECRET_FILE=" + secret + "\n"
	for path, content := range map[string]string{file: text, secret: strings.Repeat("s3cret", 6) + "\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	withEnvironment(t, "ZIKR_PING_INTERVAL=3s")
	for _, name := range []string{"ZIKR_LINGER", "ZIKR_JWT_SECRET_FILE", "ZIKR_JWT_SECRET", "ZIKR_ENV_FILE"} {
		t.Setenv(name, "") // so that it is restored after the test
	}
	got, err := parsed(t, "--config", file)
	if err != nil || got.Linger != 7*time.Millisecond || got.PingInterval != 3*time.Second || string(got.JWTSecret) != strings.Repeat("s3cret", 6) {
		t.Errorf("got %s, %s, a secret of %d bytes, %v", got.Linger, got.PingInterval, len(got.JWTSecret), err)
	}
}

// TestHelpAndVersion shows that both are found where people look for them.
func TestHelpAndVersion(t *testing.T) {
	withEnvironment(t)
	for words, want := range map[string]string{"help": "Commands:", "help user add": "--create", "--version": "zikr ", "--help": "--version"} {
		var out bytes.Buffer
		if err := run(strings.Fields(words), streams{out: &out, err: &out}); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("zikr %s: got %v, %s", words, err, &out)
		}
	}
}

// TestNodesShare refuses nodes that do not share what they must, and a Redis that is none, without a word of its password.
func TestNodesShare(t *testing.T) {
	nodes := []string{"ZIKR_DATABASE_URL=postgres://zikr:hunter2@127.0.0.1:1/zikr", "ZIKR_REDIS_URL=redis://:hunter2@127.0.0.1:1"}
	secret := "ZIKR_JWT_SECRET=" + strings.Repeat("secret", 6)
	tests := map[string]struct {
		environment []string
		names       string
	}{
		"no secret":       {nodes, "ZIKR_JWT_SECRET"},
		"not a Redis URL": {append(slices.Clone(nodes), secret, "ZIKR_REDIS_URL=http://:hunter2@cache"), "ZIKR_REDIS_URL"},
		"a bad prefix":    {append(slices.Clone(nodes), secret, "ZIKR_REDIS_PREFIX={a}"), "ZIKR_REDIS_URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			withEnvironment(t, append(test.environment, "ZIKR_DATA_DIR="+t.TempDir(), "ZIKR_ADDR=127.0.0.1:0")...)
			var out bytes.Buffer
			err := run([]string{"serve"}, streams{out: &out, err: &out})
			if err == nil || !strings.Contains(err.Error(), test.names) {
				t.Fatalf("got %v, want an error that names %s", err, test.names)
			}
			if all := err.Error() + out.String(); strings.Contains(all, "hunter2") {
				t.Errorf("a secret is printed: %s", all)
			}
		})
	}
}

// TestHelpListsEverySetting shows that each field is in the help with its flag and its variable.
func TestHelpListsEverySetting(t *testing.T) {
	withEnvironment(t)
	var out bytes.Buffer
	if err := run([]string{"serve", "--help"}, streams{out: &out, err: &out}); err != nil {
		t.Fatal(err)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[serveConfig]()) {
		if field.Anonymous {
			continue
		}
		variable, _, _ := strings.Cut(field.Tag.Get("env"), ",") // the first names the flag
		flag := "--" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "ZIKR_"), "_", "-"))
		if variable == "" || !strings.Contains(out.String(), "$"+variable) || !strings.Contains(out.String(), flag) {
			t.Errorf("the help does not name %s (%s, %s)", field.Name, flag, variable)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	config := serveConfig{tokenConfig: tokenConfig{JWTSecret: "hunter2"}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", config.JWTSecret, "config", config)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", config.JWTSecret, "config", config)
	printed := fmt.Sprintf("%v %+v %#v %s %q", config, config, config, config.JWTSecret, config.JWTSecret) + log.String()
	if strings.Contains(printed, "hunter2") || !strings.Contains(printed, redacted) {
		t.Error(printed)
	}
	if got := Secret("").String(); got != "" {
		t.Errorf("an unset secret is printed as %q", got)
	}
}

func TestGeneratedSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), secretFile)
	first, err := generatedSecret(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := generatedSecret(path)
	if err != nil || !bytes.Equal(first, again) || len(first) < minSecretBytes {
		t.Errorf("got %d bytes, then %d (%v), want the same secret again", len(first), len(again), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v (%v), want 0600", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("%d files are left, want 1", len(entries))
	}
}

// TestSecretOfManyStarts shows that processes that start at once agree on one secret.
func TestSecretOfManyStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), secretFile)
	secrets := make(chan string)
	for range 20 {
		go func() {
			secret, err := generatedSecret(path)
			secrets <- fmt.Sprint(string(secret), err)
		}()
	}
	first := <-secrets
	for range 19 {
		if other := <-secrets; other != first {
			t.Errorf("got %q and %q", first, other)
		}
	}
}

func TestSecretFilesThatCannotBeUsed(t *testing.T) {
	tests := map[string]struct {
		content string
		mode    os.FileMode
	}{
		"readable by others": {strings.Repeat("x", 40), 0o644},
		"too short":          {"short\n", 0o600},
		"empty":              {"", 0o600},
	}
	for name, test := range tests {
		path := filepath.Join(t.TempDir(), secretFile)
		if err := os.WriteFile(path, []byte(test.content), test.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := generatedSecret(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
	}
}

// TestDataFolderThatCannotBeUsed shows that who cannot make the secret names the setting, the folder and what to do.
func TestDataFolderThatCannotBeUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	_, err := generatedSecret(filepath.Join(dir, secretFile))
	for _, word := range []string{"ZIKR_DATA_DIR, " + dir, "what the system says of its disk"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error that says %s", err, word)
		}
	}
}

func TestDataDirIsForItsOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := makeDataDir(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode is %v (%v), want 0700", info.Mode(), err)
	}
}
