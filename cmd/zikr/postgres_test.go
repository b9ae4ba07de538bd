//go:build unix

package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zikr-app/zikr/internal/pgtest"
)

func stopPostgres() { pgtest.Stop() }

// on makes a command work on a PostgreSQL database.
func (p *program) on(address string) *program {
	p.Env = append(p.Env, "ZIKR_DATABASE_URL="+address)
	return p
}

// TestMigrate grows from SQLite to PostgreSQL, where all commands go on.
func TestMigrate(t *testing.T) {
	address := pgtest.Database(t)
	server := populated(t)
	from := "--from=sqlite:" + server.dir
	fails(t, command(t, server.dir, "migrate", from).on(address), server.dir, "stop it")
	server.stop(t)
	fails(t, command(t, server.dir, "migrate", from), "ZIKR_DATABASE_URL")
	fails(t, command(t, server.dir, "migrate", "--from="+server.dir).on(address), "sqlite:")

	migrate := command(t, server.dir, "migrate", from).on(address)
	said := output(t, migrate)
	if !strings.Contains(said, "in good order: 1 user, 1 group, 1 member") || !strings.Contains(migrate.errors.String(), "bookings: 1 row\n") {
		t.Errorf("it said %q, and %q", said, migrate.errors)
	}
	fails(t, command(t, server.dir, "migrate", from).on(address), "is not empty")

	moved := serving(t, server.dir, "ZIKR_DATABASE_URL="+address) // the folder holds the secret
	if status, _ := moved.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d", status)
	}
	if token := moved.post(t, "/auth/login", "", `{"login":"ali@example.org","password":"bismillah 114"}`, "token"); token == "" {
		t.Error("the account cannot log in")
	}
	output(t, command(t, server.dir, "user", "add", "Vali", "Aliyev", "vali@example.org").on(address)) // beside the server
	if said := output(t, command(t, server.dir, "user", "list").on(address)); !strings.Contains(said, "ali@example.org") || !strings.Contains(said, "vali@example.org") {
		t.Errorf("user list said %q", said)
	}
	output(t, command(t, server.dir, "token", "vali@example.org").on(address))
	if said := output(t, command(t, server.dir, "check").on(address)); !strings.Contains(said, "in good order: 2 users, 1 group") {
		t.Errorf("check said %q", said)
	}
	fails(t, command(t, server.dir, "backup", filepath.Join(t.TempDir(), "b")).on(address), "pg_dump")
	fails(t, command(t, server.dir, "restore", "b").on(address), "pg_restore")
	withBackups := command(t, server.dir, "serve").on(address)
	withBackups.Env = append(withBackups.Env, "ZIKR_BACKUP_DIR="+t.TempDir())
	fails(t, withBackups, "ZIKR_BACKUP_DIR", "pg_dump")
	moved.stop(t)
}
