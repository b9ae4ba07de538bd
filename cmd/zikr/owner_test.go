//go:build unix

package main

import (
	"os"
	"path/filepath"
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
