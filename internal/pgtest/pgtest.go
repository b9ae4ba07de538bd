// Package pgtest gives tests PostgreSQL databases of their own: on the server that
// ZIKR_TEST_POSTGRES_URL names, or on one that it starts for the test process from the
// installed binaries, in a temporary folder.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// shared is the server of the test process.
var shared = sync.OnceValues(func() (address string, err error) {
	if address := os.Getenv("ZIKR_TEST_POSTGRES_URL"); address != "" {
		return address, nil
	}
	server, err := New()
	if err != nil {
		return "", err
	}
	started = server
	return server.URL("postgres"), server.Start()
})

// started is the server that Stop ends; nil if there is none.
var started *Server

// Stop ends the server that was started for the test process. TestMain calls it last.
func Stop() {
	if started != nil {
		started.Remove()
	}
}

// Database makes an empty database and returns its URL. Without
// PostgreSQL the test is skipped.
func Database(t testing.TB) string {
	t.Helper()
	address, err := shared()
	if errors.Is(err, ErrNotInstalled) {
		t.Skip("PostgreSQL is not installed, and ZIKR_TEST_POSTGRES_URL names none: the tests with it did not run")
	}
	if err != nil {
		t.Fatal(err)
	}
	name := "zikr_test_" + strings.ToLower(rand.Text())
	run(t, address, "CREATE DATABASE "+name+" ENCODING 'UTF8' TEMPLATE template0")
	if started == nil { // otherwise it goes with the server
		t.Cleanup(func() { run(t, address, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	}
	return rename(t, address, name)
}

// run runs one statement.
func run(t testing.TB, address, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatalf("connect to the PostgreSQL of the tests: %v", err)
	}
	defer func() { _ = db.Close() }() // nothing is left to be told
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// rename is the address of another database of the same server.
func rename(t testing.TB, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("ZIKR_TEST_POSTGRES_URL is no URL")
	}
	u.Path = "/" + name
	return u.String()
}

// ErrNotInstalled says that there are no binaries of PostgreSQL.
var ErrNotInstalled = errors.New("PostgreSQL is not installed")
