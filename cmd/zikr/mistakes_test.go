package main

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// written writes a file of a test and returns its path.
func written(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMistakesOfOperators shows what people who run a server get wrong: most of it is seen in files, in units and in URLs that
// were copied from elsewhere.
func TestMistakesOfOperators(t *testing.T) {
	dir := t.TempDir()
	node := []string{"ZIKR_DATABASE_URL=postgres://zikr:hunter2@127.0.0.1:1/zikr", "ZIKR_JWT_SECRET=" + strings.Repeat("s3cret-", 6)}
	file := written(t, dir, "file", "")
	for i, test := range []struct {
		what     string
		settings []string
		words    []string
	}{
		{"an address without a port", []string{"ZIKR_ADDR=localhost"}, []string{`ZIKR_ADDR is "localhost"`, "HOST:PORT", "ZIKR_ADDR=127.0.0.1:7373"}},
		{"an address as in a browser", []string{"ZIKR_ADDR=http://localhost:7373"}, []string{`ZIKR_ADDR is "http://localhost:7373"`, "ZIKR_ADDR=127.0.0.1:7373"}},
		{"the same port twice", []string{"ZIKR_ADDR=127.0.0.1:7391", "ZIKR_OBSERVE_ADDR=:7391"}, []string{`ZIKR_OBSERVE_ADDR is ":7391"`, "ZIKR_ADDR (127.0.0.1:7391)", "ZIKR_OBSERVE_ADDR=127.0.0.1:7374"}},
		{"# in the password of the database", []string{"ZIKR_DATABASE_URL=postgres://zikr:12#hunter2@db/zikr"}, []string{"ZIKR_DATABASE_URL", "write # as %23", "pass%23word@host"}},
		{"# after letters in it", []string{"ZIKR_DATABASE_URL=postgres://zikr:hunter2#x@db/zikr"}, []string{"ZIKR_DATABASE_URL", "# %23"}},
		{"/ in it", []string{"ZIKR_DATABASE_URL=postgres://zikr:12/hunter2@db/zikr"}, []string{"ZIKR_DATABASE_URL", "/ as %2F"}},
		{"? in it", []string{"ZIKR_DATABASE_URL=postgres://zikr:12?hunter2@db/zikr"}, []string{"ZIKR_DATABASE_URL", "? as %3F"}},
		{"a file of SQLite as URL", []string{"ZIKR_DATABASE_URL=sqlite:///var/lib/zikr/zikr.db"}, []string{"ZIKR_DATABASE_URL", "postgres://user:password@host:5432/database"}},
		{"# in the password of Redis", append(node[:2:2], "ZIKR_REDIS_URL=redis://:12#hunter2@cache:6379"), []string{"ZIKR_REDIS_URL", "write # as %23", "redis://"}},
		{"Redis without redis://", append(node[:2:2], "ZIKR_REDIS_URL=cache:6379"), []string{"ZIKR_REDIS_URL", "redis://user:password@host:6379"}},
		{"a comment behind a value", []string{"ZIKR_BACKUP_DIR=/var/backups/zikr # each day"}, []string{"ZIKR_BACKUP_DIR", `"# each day"`, "a line of its own"}},
		{"small letters", []string{"zikr_addr=:80"}, []string{"zikr_addr", "ZIKR_ADDR is one", "serve --help"}},
		{"a letter is missing", []string{"ZIKR_DATABSE_URL=postgres://zikr:hunter2@db/zikr"}, []string{"ZIKR_DATABSE_URL", "ZIKR_DATABASE_URL is one", "serve --help"}},
		{"a data folder that is a file", []string{"ZIKR_DATA_DIR=" + file}, []string{"ZIKR_DATA_DIR", file, "ZIKR_DATA_DIR=/var/lib/zikr"}},
		{"a secret in a folder", []string{"ZIKR_JWT_SECRET_FILE=" + dir}, []string{"ZIKR_JWT_SECRET_FILE", dir, "ZIKR_JWT_SECRET_FILE=/run/secrets/zikr"}},
		{"a secret twice", []string{"ZIKR_JWT_SECRET=hunter2", "ZIKR_JWT_SECRET_FILE=" + file}, []string{"ZIKR_JWT_SECRET and ZIKR_JWT_SECRET_FILE are both set", "unset the other"}},
		{"settings in a folder", []string{"ZIKR_ENV_FILE=" + dir}, []string{"ZIKR_ENV_FILE", dir, "--config=/etc/zikr.env"}},
		{"settings as a shell has them", []string{"ZIKR_ENV_FILE=" + written(t, dir, "exported", "# ours\nexport ZIKR_ADDR=:80\n")}, []string{"line 2 of " + filepath.Join(dir, "exported"), "without `export`"}},
		{"a secret alone in a line", []string{"ZIKR_ENV_FILE=" + written(t, dir, "alone", "ZIKR_JWT_SECRET=\nhunter2+hunter2=\n")}, []string{"line 2 of " + filepath.Join(dir, "alone"), "NAME=value"}},
		{"origins with a star", []string{"ZIKR_CORS_ORIGINS=https://*.example.org"}, []string{`ZIKR_CORS_ORIGINS is "https://*.example.org"`, "a whole host", "https://app.example.org"}},
		{"a proxy by its name", []string{"ZIKR_TRUSTED_PROXIES=nginx"}, []string{`ZIKR_TRUSTED_PROXIES is "nginx"`, "not by name", "ZIKR_TRUSTED_PROXIES=10.0.0.0/8"}},
		{"a size as systemd has it", []string{"ZIKR_MAX_BODY=64M"}, []string{`ZIKR_MAX_BODY is "64M"`, "KB, MB or GB", "ZIKR_MAX_BODY=100000"}},
		{"a number with a percent sign", []string{"ZIKR_MEMORY_WATERMARK=85%"}, []string{`ZIKR_MEMORY_WATERMARK is "85%"`, "a number", "ZIKR_MEMORY_WATERMARK=85"}},
		{"a number with a comma", []string{"ZIKR_MAX_CONNECTIONS=10,000"}, []string{`ZIKR_MAX_CONNECTIONS is "10,000"`, "a number", "ZIKR_MAX_CONNECTIONS="}},
		{"more than all events", []string{"ZIKR_TRACE_SHARE=5000"}, []string{`ZIKR_TRACE_SHARE is "5000"`, "ZIKR_TRACE_SHARE=1000"}},
		{"a collector without http://", []string{"ZIKR_OTLP_ENDPOINT=localhost:4317"}, []string{"ZIKR_OTLP_ENDPOINT", "ZIKR_OTLP_ENDPOINT=http://localhost:4318"}},
		{"the same, as OpenTelemetry names it", []string{"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4317"}, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"}},
		{"a level of other programs", []string{"ZIKR_LOG_LEVEL=warning"}, []string{`ZIKR_LOG_LEVEL is "warning"`, "debug, info, warn or error"}},
		{"true for on", []string{"ZIKR_GUESTS=true"}, []string{`ZIKR_GUESTS is "true"`, "on or off", "ZIKR_GUESTS=on"}},
		{"a path without its first slash", []string{"ZIKR_BASE_PATH=zikr/"}, []string{`ZIKR_BASE_PATH is "zikr/"`, "begins with /", "ZIKR_BASE_PATH=/zikr"}},
		{"no backup kept", []string{"ZIKR_BACKUP_DIR=" + filepath.Join(dir, "b"), "ZIKR_BACKUP_KEEP=0"}, []string{`ZIKR_BACKUP_KEEP is "0"`, "1 or more", "ZIKR_BACKUP_KEEP=7"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Setenv(otelEndpoint, "") // so that it is restored after the test
			for _, setting := range test.settings {
				name, _, _ := strings.Cut(setting, "=")
				t.Setenv(name, "")
			}
			refused(t, filepath.Join(dir, strconv.Itoa(i)), test.settings, test.words...)
		})
	}
}

// TestPairsThatAreNone shows files of which no HTTPS can be served.
func TestPairsThatAreNone(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	files, _ := issue(t, dir)
	foreign, _ := issue(t, other)
	key, err := os.ReadFile(files.TLSKey)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(key)
	//nolint:staticcheck // OpenSSL makes such files to this day
	sealed, err := x509.EncryptPEMBlock(rand.Reader, block.Type, block.Bytes, []byte("hunter2"), x509.PEMCipherAES256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := os.ReadFile(files.TLSCert)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := pem.Decode(chain)
	for i, test := range []struct {
		what, cert, key string
		words           []string
	}{
		{"exchanged", files.TLSKey, files.TLSCert, []string{"the two are exchanged"}},
		{"the key alone", files.TLSKey, files.TLSKey, []string{files.TLSKey, "no certificate in PEM"}},
		{"binary", written(t, dir, "binary.cer", string(leaf.Bytes)), files.TLSKey, []string{"binary.cer", "openssl x509 -inform der"}},
		{"no key", files.TLSCert, files.TLSCert, []string{"no private key in PEM", "privkey.pem"}},
		{"a key with a password", files.TLSCert, written(t, dir, "sealed.pem", string(pem.EncodeToMemory(sealed))), []string{"sealed.pem", "has a password", "openssl pkey"}},
		{"the key of another", files.TLSCert, foreign.TLSKey, []string{foreign.TLSKey, "belongs to another certificate"}},
		{"no such file", filepath.Join(dir, "none.pem"), files.TLSKey, []string{"read ZIKR_TLS_CERT", "none.pem", "ZIKR_TLS_CERT=/etc/zikr/fullchain.pem"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			refused(t, filepath.Join(dir, strconv.Itoa(i)), []string{"ZIKR_TLS_CERT=" + test.cert, "ZIKR_TLS_KEY=" + test.key}, test.words...)
		})
	}
}

// TestWhatStandsAroundValues shows that blanks, quotation marks and the line ends of Windows are no part of a setting, wherever
// it stands: one secret is the same for all nodes, however each was given it.
func TestWhatStandsAroundValues(t *testing.T) {
	dir := t.TempDir()
	secret := strings.Repeat("s3cret", 6)
	windows := written(t, dir, "windows.env", "\ufeffZIKR_LOG_LEVEL=warn\r\nZIKR_JWT_SECRET= \""+secret+"\" \r\n")
	for what, settings := range map[string][]string{
		"a file of Windows":               {"ZIKR_ENV_FILE=" + windows},
		"what docker --env-file keeps":    {`ZIKR_LOG_LEVEL="warn"`, "ZIKR_JWT_SECRET='" + secret + "'"},
		"blanks at the end":               {"ZIKR_LOG_LEVEL=warn ", "ZIKR_JWT_SECRET=" + secret + " \r"},
		"a secret in a file with a blank": {"ZIKR_LOG_LEVEL=\twarn", "ZIKR_JWT_SECRET_FILE=" + written(t, dir, "secret", secret+" \r\n")},
	} {
		t.Run(what, func(t *testing.T) {
			for _, name := range []string{"ZIKR_LOG_LEVEL", "ZIKR_JWT_SECRET", "ZIKR_JWT_SECRET_FILE", "ZIKR_ENV_FILE"} {
				t.Setenv(name, "") // so that it is restored after the test
			}
			withEnvironment(t, settings...)
			got, err := parsed(t)
			if err != nil || string(got.JWTSecret) != secret || got.LogLevel.String() != "WARN" {
				t.Errorf("got %q and a secret of %d bytes (%v), want WARN and %d bytes", got.LogLevel, len(got.JWTSecret), err, len(secret))
			}
		})
	}
}

// TestBackupsInTheDataFolder shows that such a folder is taken, with a word about it.
func TestBackupsInTheDataFolder(t *testing.T) {
	data := t.TempDir()
	for dir, want := range map[string]bool{data: true, filepath.Join(data, "backups"): true, data + "-backups": false, filepath.Dir(data): false, "": false} {
		c := serveConfig{dataConfig: dataConfig{DataDir: data}, clockConfig: clockConfig{BackupDir: dir}}
		if got := strings.Contains(strings.Join(c.doubts(), "\n"), "ZIKR_BACKUP_DIR"); got != want {
			t.Errorf("backups in %q of the data folder %q: got a warning %t, want %t", dir, data, got, want)
		}
	}
}
