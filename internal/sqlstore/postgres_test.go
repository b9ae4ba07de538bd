//go:build unix

package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/pgtest"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// postgres is the options of a store on an address, with parameters added to it.
func postgres(address string, parameters ...string) sqlstore.Options {
	if len(parameters) > 0 {
		address += "&" + strings.Join(parameters, "&")
	}
	return sqlstore.Options{URL: address, Log: slog.New(slog.DiscardHandler)}
}

// withGroup makes a user "u" and a group "g" with a member.
func withGroup(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	err := s.Update(t.Context(), zikr.UserKey("u"), func(tx zikr.Tx) error {
		return errors.Join(insert("u")(tx), tx.InsertGroup(zikr.Group{ID: "g", Name: "G", Type: zikr.QuranGroup, AdminID: "u", CreatedAt: time.Now()}),
			tx.PutMember(zikr.Member{GroupID: "g", UserID: "u", JoinedAt: time.Now()}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func seqOf(t *testing.T, s *sqlstore.Store) (seq int64) {
	t.Helper()
	err := s.View(context.Background(), func(r zikr.Reader) error {
		g, err := r.Group("g")
		if err == nil {
			seq = g.Seq
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func TestTenNodesStartAtOnce(t *testing.T) {
	o := postgres(pgtest.Database(t))
	o.Readers, o.Writers = 1, 1
	stores := make([]*sqlstore.Store, 10)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			var err error
			if stores[i], err = sqlstore.Open(context.Background(), o); err != nil {
				t.Errorf("node %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for _, s := range stores {
		closeStore(t, s)
	}
}

// query runs a statement on a database beside the store.
func query(t *testing.T, address, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestNewerSchemaOnPostgres(t *testing.T) {
	address := pgtest.Database(t)
	if _, err := sqlstore.OpenURL(t.Context(), address); err == nil || !strings.Contains(err.Error(), "holds no data of zikr") {
		t.Errorf("an empty database, to read only: got %v", err)
	}
	closeStore(t, openStore(t, postgres(address)))
	query(t, address, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)")
	refusesPostgres(t, address, "newer release", "999")
	if _, err := sqlstore.OpenURL(t.Context(), address); err == nil || !strings.Contains(err.Error(), "another release") {
		t.Errorf("to read only: got %v", err)
	}
}

// refusesPostgres wants a start refused with a sentence of one line that has these words.
func refusesPostgres(t *testing.T, address string, words ...string) {
	t.Helper()
	s, err := sqlstore.Open(context.Background(), postgres(address))
	if err == nil {
		closeStore(t, s)
		t.Fatal("it was opened")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is more than a line: %v", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestPostgresThatCannotBeUsed(t *testing.T) {
	server := pgtest.Own(t)
	query(t, server.URL("postgres"), "CREATE ROLE guarded LOGIN PASSWORD 'other'")
	query(t, server.URL("postgres"), "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
	query(t, server.URL("postgres"), "CREATE ROLE guest LOGIN")
	query(t, server.URL("postgres"), "CREATE DATABASE theirs")
	address := func(user, database string) string {
		return strings.Replace(server.URL(database), "postgres@", user+":hunter2@", 1)
	}
	refusesPostgres(t, address("guarded", "postgres"), "refuses the user or the password")
	refusesPostgres(t, address("postgres", "nowhere"), "no such database", "createdb")
	refusesPostgres(t, address("postgres", "latin"), "LATIN1", "UTF-8")
	refusesPostgres(t, address("guest", "theirs"), "make it the owner")
	server.Stop(syscall.SIGINT)
	refusesPostgres(t, address("postgres", "postgres"), "cannot be reached")
	refusesPostgres(t, strings.Replace(address("postgres", "postgres"), "127.0.0.1", "localhost", 1), "cannot be reached")
	refusesPostgres(t, "postgres://postgres:hunter2@db:port/zikr", "ZIKR_DATABASE_URL")
	refusesPostgres(t, "postgres://postgres:hunter2@db/zikr?sslmode=perhaps", "ZIKR_DATABASE_URL")
	refusesPostgres(t, "postgres://postgres:hunter2%@db/zikr", "ZIKR_DATABASE_URL")
}

// TestPostgresThatRestarts: while it is away commands are refused; then all is well again.
func TestPostgresThatRestarts(t *testing.T) {
	server := pgtest.Own(t)
	for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} { // in an orderly way, and as a crash
		query(t, server.URL("postgres"), "DROP DATABASE IF EXISTS zikr")
		query(t, server.URL("postgres"), "CREATE DATABASE zikr")
		s := openStore(t, postgres(server.URL("zikr")))
		withGroup(t, s)
		server.Stop(how)
		if err := s.Update(t.Context(), zikr.GroupKey("g"), sqlstore.LogOne); err == nil || !strings.Contains(err.Error(), "PostgreSQL cannot be reached") {
			t.Errorf("a command while it is away: got %v", err)
		}
		if err := s.Ping(t.Context()); err == nil {
			t.Error("it is away and can be read")
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		for range 20 { // over each connection that was lost
			if err := errors.Join(s.Update(t.Context(), zikr.GroupKey("g"), sqlstore.LogOne), s.Ping(t.Context())); err != nil {
				t.Errorf("when it is back: %v", err)
			}
		}
		if got := seqOf(t, s); got != 20 {
			t.Errorf("got %d events, want those that were confirmed: 20", got)
		}
		closeStore(t, s)
	}
}

// TestConnectionsThatAreEnded: who ends the server's sessions under load disturbs nobody.
func TestConnectionsThatAreEnded(t *testing.T) {
	address := pgtest.Database(t)
	s := openStore(t, postgres(address))
	withGroup(t, s)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				query(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			}
		}
	}()
	const commands = 100
	done := 0
	for range commands {
		if err := s.Update(t.Context(), zikr.GroupKey("g"), sqlstore.LogOne); err == nil {
			done++
		}
	}
	close(stop)
	<-ended
	if got := seqOf(t, s); int(got) != done {
		t.Errorf("got %d events, %d of %d commands were confirmed", got, done, commands)
	}
	if done == 0 {
		t.Error("nothing was confirmed: the test shows nothing")
	}
}

// TestNodeThatHangs: a node that stops in the middle of a transaction loses it, and the
// others go on.
func TestNodeThatHangs(t *testing.T) {
	address := pgtest.Database(t)
	s := openStore(t, postgres(address))
	withGroup(t, s)
	hanging := lockGroup(t, address+"&idle_in_transaction_session_timeout=200")
	defer hanging()
	if err := s.Update(t.Context(), zikr.GroupKey("g"), sqlstore.LogOne); err != nil {
		t.Errorf("got %v, want it done once the hanging node has lost its lock", err)
	}
}

// TestLockThatIsNotToBeHad: who waits for a lock for too long is told to try again, and nothing is stored.
func TestLockThatIsNotToBeHad(t *testing.T) {
	address := pgtest.Database(t)
	s := openStore(t, postgres(address, "lock_timeout=100"))
	withGroup(t, s)
	release := lockGroup(t, address)
	var e *zikr.Error
	err := s.Update(t.Context(), zikr.GroupKey("g"), sqlstore.LogOne)
	if !errors.As(err, &e) || e.Code != zikr.CodeRateLimited || e.RetryAfter <= 0 {
		t.Errorf("got %v, want rate_limited with a time to wait", err)
	}
	release()
	if err := s.Update(t.Context(), zikr.GroupKey("g"), sqlstore.LogOne); err != nil {
		t.Error(err)
	}
	if got := seqOf(t, s); got != 1 {
		t.Errorf("got %d events, want 1", got)
	}
}

// lockGroup holds a lock on the group g as a node does, until release is called.
func lockGroup(t *testing.T, address string) (release func()) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(context.Background(), "SELECT FROM groups WHERE id = 'g' FOR NO KEY UPDATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = tx.Rollback() // it may be lost
		_ = db.Close()
	}
}

// TestDeadlock: of two commands that wait for each other's rows one runs again, and both are done.
func TestDeadlock(t *testing.T) {
	s := openStore(t, postgres(pgtest.Database(t)))
	for _, id := range []string{"a", "b"} {
		if err := s.Update(t.Context(), zikr.UserKey(id), insert(id)); err != nil {
			t.Fatal(err)
		}
	}
	var both sync.WaitGroup // until each holds its own row
	both.Add(2)
	var mu sync.Mutex
	runs := 0
	change := func(own, other string) error {
		first := true
		return s.Update(t.Context(), zikr.UserKey(own), func(tx zikr.Tx) error {
			mu.Lock()
			runs++
			mu.Unlock()
			if first {
				first = false
				both.Done()
				both.Wait()
			}
			u, err := tx.User(other)
			if err != nil {
				return err
			}
			u.Surname += own
			return tx.UpdateUser(*u)
		})
	}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() { errs[0] = change("a", "b") })
	wg.Go(func() { errs[1] = change("b", "a") })
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if runs < 3 {
		t.Errorf("the two commands ran %d times: there was no deadlock", runs)
	}
	err := s.View(t.Context(), func(r zikr.Reader) error {
		a, errA := r.User("a")
		b, errB := r.User("b")
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if a.Surname != "b" || b.Surname != "a" {
			t.Errorf("got surnames %q and %q, want both changed once", a.Surname, b.Surname)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLinesOfOthers: while a group's row is locked, commands of other keys go on.
func TestLinesOfOthers(t *testing.T) {
	address := pgtest.Database(t)
	s := openStore(t, postgres(address))
	withGroup(t, s)
	release := lockGroup(t, address)
	outcome := make(chan error, 1)
	go func() { outcome <- s.Update(context.Background(), zikr.GroupKey("g"), sqlstore.LogOne) }()
	for i := range 20 {
		if err := s.Update(t.Context(), zikr.UserKey(fmt.Sprint(i)), insert(fmt.Sprint("other", i))); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-outcome:
		t.Errorf("the command of the locked group ended with %v", err)
	default:
	}
	release()
	if err := <-outcome; err != nil {
		t.Error(err)
	}
}

// TestAlone: one node at a time, and the next one when the first has ended.
func TestAlone(t *testing.T) {
	o := postgres(pgtest.Database(t))
	a, b := openStore(t, o), openStore(t, o)
	var ran []string
	note := func(name string) func(context.Context) error {
		return func(context.Context) error { ran = append(ran, name); return nil }
	}
	err := a.Alone(t.Context(), func(ctx context.Context) error {
		return errors.Join(note("a")(ctx), b.Alone(ctx, note("b beside a")))
	})
	if err := errors.Join(err, b.Alone(t.Context(), note("b"))); err != nil {
		t.Error(err)
	}
	if want := []string{"a", "b"}; !slices.Equal(ran, want) {
		t.Errorf("got %v, want %v", ran, want)
	}
}

// TestPostgresThatIsSilent: where the way to it swallows everything, a reader's deadline holds.
func TestPostgresThatIsSilent(t *testing.T) {
	address := pgtest.Database(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	to := u.Host
	u.Host = l.Addr().String()
	var silent atomic.Bool
	var busy sync.WaitGroup
	busy.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				t.Error(err)
				return
			}
			for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
				busy.Go(func() {
					defer way[0].Close()
					defer way[1].Close()
					_, _ = io.Copy(swallowing{way[1], &silent}, way[0]) // until either end closes
				})
			}
		}
	})
	defer busy.Wait()
	defer l.Close()
	s := openStore(t, postgres(u.String()))
	withGroup(t, s)
	silent.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Ping(ctx); err == nil {
		t.Error("it answers")
	}
	silent.Store(false)
	if err := errors.Join(s.Ping(t.Context()), s.Update(t.Context(), zikr.GroupKey("g"), sqlstore.LogOne)); err != nil {
		t.Errorf("when it is heard again: %v", err)
	}
	closeStore(t, s)
}

// swallowing writes nothing while it is silent.
type swallowing struct {
	net.Conn
	silent *atomic.Bool
}

func (s swallowing) Write(p []byte) (int, error) {
	if s.silent.Load() {
		return len(p), nil
	}
	return s.Conn.Write(p)
}
