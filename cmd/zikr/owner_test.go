//go:build unix

package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRootLeavesNothingOfItsOwn shows that what root makes in a service's folder is the service's.
func TestRootLeavesNothingOfItsOwn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const service = 12345
	dir := t.TempDir()
	if err := os.Chown(dir, service, service); err != nil {
		t.Fatal(err)
	}
	output(t, command(t, dir, "user", "add", "Ali", "Valiyev", "ali@example.org"))
	output(t, command(t, dir, "backup", filepath.Join(dir, "copy.db")))
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(string, string) error{"zikr.db.link": os.Link, "zikr.db.symlink": os.Symlink} {
		if err := make(outside, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := adoptData(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 4 {
		t.Fatalf("%d files (%v)", len(entries), err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		trap := entry.Name() == "zikr.db.link" || entry.Name() == "zikr.db.symlink"
		if owner := info.Sys().(*syscall.Stat_t).Uid; (owner == service) == trap {
			t.Errorf("%s is of user %d", entry.Name(), owner)
		}
	}
}

// TestSettingsOfAStranger are not read only because they lie where a command is run.
func TestSettingsOfAStranger(t *testing.T) {
	t.Chdir(t.TempDir())
	withEnvironment(t)
	if err := os.WriteFile(usualEnvFile, []byte("ZIKR_LOG_LEVEL=warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := parsed(t); err != nil || got.LogLevel != slog.LevelWarn {
		t.Fatalf("one's own: %v, %v", got.LogLevel, err)
	}
	for by, change := range map[string]func() error{
		"others":               func() error { return os.Chmod(usualEnvFile, 0o666) }, // #nosec G302 -- that is what is refused
		"another user (65534)": func() error { return errors.Join(os.Chmod(usualEnvFile, 0o600), os.Chown(usualEnvFile, 65534, 65534)) },
	} {
		if err := change(); err != nil {
			t.Skip("only root can give files away: ", err)
		}
		withEnvironment(t)
		if _, err := parsed(t); err == nil || !strings.Contains(err.Error(), by+" can change, so it is not read") {
			t.Errorf("what %s can change: %v", by, err)
		}
		if err := os.Chown(usualEnvFile, os.Geteuid(), os.Getegid()); err != nil {
			t.Fatal(err)
		}
	}
}
