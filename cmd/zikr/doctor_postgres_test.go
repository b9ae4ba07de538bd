//go:build unix

package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/zikr-app/zikr/internal/pgtest"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

func TestDoctorOnPostgres(t *testing.T) {
	address := pgtest.Database(t)
	p := newPatient(t, "ZIKR_DATABASE_URL="+address)
	p.tells(t, "database", healthy, "the first start does it")
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p.tells(t, "database", healthy, "is PostgreSQL", "answers after")
	p.tells(t, "backups", healthy, "pg_dump")
	newPatient(t, "ZIKR_DATABASE_URL="+address+"&default_transaction_read_only=on").tells(t, "database", broken, "read-only")

	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	at.User, at.Path = url.UserPassword("postgres", "hunter2"), "/nowhere"
	nowhere := newPatient(t, "ZIKR_DATABASE_URL="+at.String())
	nowhere.tells(t, "database", broken, "createdb")
	at.Host = "127.0.0.1:1"
	away := newPatient(t, "ZIKR_DATABASE_URL="+at.String())
	away.tells(t, "database", broken, "cannot be reached")
	if said := fmt.Sprint(nowhere.look(t, "database"), away.look(t, "database")); strings.Contains(said, "hunter2") {
		t.Errorf("a secret is printed: %s", said)
	}
}

// TestDoctorOnServersOfPostgres judges what cannot be made on the server of the tests.
func TestDoctorOnServersOfPostgres(t *testing.T) {
	well := sqlstore.PostgresFound{Version: 15, Oldest: 15, Encoding: "UTF8", Fsync: true, Allowed: true, Connections: 100, Needed: 14, Machines: 1}
	if found := judgeServer("it", well, false); len(found) != 0 {
		t.Errorf("got %+v", found)
	}
	for says, change := range map[string]func(*sqlstore.PostgresFound){
		"15 or later is needed": func(f *sqlstore.PostgresFound) { f.Version = 14 },
		"LATIN1":                func(f *sqlstore.PostgresFound) { f.Encoding = "LATIN1" },
		"is a standby":          func(f *sqlstore.PostgresFound) { f.Standby, f.ReadOnly = true, true },
		"read-only":             func(f *sqlstore.PostgresFound) { f.ReadOnly = true },
		"make it the owner":     func(f *sqlstore.PostgresFound) { f.Allowed = false },
		"fsync=off":             func(f *sqlstore.PostgresFound) { f.Fsync = false },
		"max_connections to 28": func(f *sqlstore.PostgresFound) { f.Connections = 20 },
		"2 machines use it":     func(f *sqlstore.PostgresFound) { f.Machines = 2 },
	} {
		f := well
		change(&f)
		found := judgeServer("it", f, false)
		if len(found) != 1 || found[0].Todo == "" || !strings.Contains(found[0].Says+found[0].Todo, says) {
			t.Errorf("got %+v, want %q", found, says)
		}
	}
	if found := judgeServer("it", sqlstore.PostgresFound{Version: 15, Oldest: 15, Encoding: "UTF8", Fsync: true, Allowed: true, Connections: 100, Needed: 14, Machines: 3}, true); len(found) != 0 {
		t.Errorf("nodes that Redis joins: got %+v", found)
	}
}
