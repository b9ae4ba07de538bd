package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestConfigShowsWhereSettingsComeFrom shows each source, and that no secret is in what is printed.
func TestConfigShowsWhereSettingsComeFrom(t *testing.T) {
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "zikr.env"), filepath.Join(dir, "secret")
	for path, text := range map[string]string{
		file: "ZIKR_LINGER=7ms\nZIKR_PING_TIMEOUT=9s\nZIKR_REDIS_URL=redis://:hunter2@cache:6379\n", secret: strings.Repeat("hunter2", 6),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := command(t, dir, "config", "--config", file, "--log-level=warn", "--cors-origins=https://a.example.org,https://b.example.org")
	p.Env = append(p.Env, "ZIKR_PING_TIMEOUT=3s", "ZIKR_DATABASE_URL=postgres://zikr:hunter2@db/zikr?sslpassword=hunter2", "ZIKR_JWT_SECRET_FILE="+secret,
		"ZIKR_JWT_JWKS_URL=https://reader:hunter2@issuer.example.org/keys", "ZIKR_JWT_ISSUER=https://issuer.example.org")
	said := output(t, p)
	for _, want := range []string{
		`ZIKR_LINGER +7ms +` + file, `ZIKR_PING_TIMEOUT +3s +environment`, `ZIKR_LOG_LEVEL +WARN +flag --log-level`, `ZIKR_MAX_PAYLOAD +100000 +default`,
		`ZIKR_JWT_SECRET +\(redacted\) +` + secret, `ZIKR_DATABASE_URL +postgres://zikr:redacted@db/zikr\?redacted +environment`,
		`ZIKR_REDIS_URL +redis://:redacted@cache:6379 +` + file, `ZIKR_CORS_ORIGINS +https://a.example.org,https://b.example.org +flag`,
		`ZIKR_JWT_JWKS_URL +https://reader:redacted@issuer`,
	} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("it does not say %s:\n%s", want, said)
		}
	}
	if strings.Contains(said, "hunter2") {
		t.Errorf("a secret is printed:\n%s", said)
	}
	bad := command(t, dir, "config")
	bad.Env = append(bad.Env, "ZIKR_LINGER=1s")
	fails(t, bad, "ZIKR_LINGER")
}
