//go:build unix

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// The tests of this file make the database fail under the writer's hands.

// ask makes a command of SQL, on the writer's own connection.
func ask(query string) func(zikr.Tx) error {
	return func(t zikr.Tx) error {
		rows, err := t.(*tx).db.query(context.Background(), query)
		if err != nil {
			return err
		}
		return rows.Close()
	}
}

// large is an event that needs room.
func large(seq int64) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		return tx.AppendEvent(zikr.Event{GroupID: "g", Seq: seq, Name: "x", Data: make([]byte, 200_000), At: time.Now()})
	}
}

// together sends commands that wait behind one that holds the writer, one after
// another, so that they are one batch in this order.
func together(t *testing.T, s *Store, commands ...func(zikr.Tx) error) []error {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := update(s, func(zikr.Tx) error {
			close(held)
			<-free
			return nil
		})
		if err != nil {
			t.Errorf("the command that holds the writer: %v", err)
		}
	})
	select {
	case <-held:
	case <-time.After(time.Minute):
		t.Fatal("the command that is to hold the writer does not run")
	}
	errs := make([]error, len(commands))
	for i, command := range commands {
		wg.Go(func() { errs[i] = update(s, command) })
		for deadline := time.Now().Add(time.Minute); s.Queued() <= i; time.Sleep(50 * time.Microsecond) {
			if time.Now().After(deadline) {
				t.Fatalf("command %d is not queued", i)
			}
		}
	}
	close(free)
	wg.Wait()
	return errs
}

// present lists which users of ids are stored, and whether the writer, which
// may know them from memory, says the same.
func present(t *testing.T, s *Store, ids ...string) (found []string) {
	t.Helper()
	read := func(r zikr.Reader) (found []string) {
		for _, id := range ids {
			_, err := r.User(id)
			if err == nil {
				found = append(found, id)
			} else if !errors.Is(err, zikr.ErrNotFound) {
				t.Errorf("user %s: %v", id, err)
			}
		}
		return found
	}
	var known []string
	errU := update(s, func(tx zikr.Tx) error { known = read(tx); return nil })
	errV := s.View(context.Background(), func(r zikr.Reader) error { found = read(r); return nil })
	if err := errors.Join(errU, errV); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(known) != fmt.Sprint(found) {
		t.Errorf("the writer knows %v, stored is %v", known, found)
	}
	return found
}

func TestBatchThatTheDatabaseFailsRunsOneByOne(t *testing.T) {
	s := openStore(t)
	ran := make(map[string]int)
	counted := func(id string, steps ...func(zikr.Tx) error) func(zikr.Tx) error {
		return func(tx zikr.Tx) error {
			ran[id]++
			for _, step := range append(steps, insertUser(id)) {
				if err := step(tx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	errs := together(t, s, counted("a", large(1)), counted("b"), counted("c", large(1)), counted("d"))
	for i, wantErr := range []bool{false, false, true, false} {
		if (errs[i] != nil) != wantErr {
			t.Errorf("command %d: got %v, want an error: %v", i, errs[i], wantErr)
		}
	}
	if errs[2] != nil && !strings.Contains(errs[2].Error(), "insert events") {
		t.Errorf("the error does not name the operation: %v", errs[2])
	}
	if got, want := fmt.Sprint(present(t, s, "a", "b", "c", "d")), "[a b d]"; got != want {
		t.Errorf("stored: got %v, want %v", got, want)
	}
	if got, want := fmt.Sprint(ran), "map[a:2 b:2 c:2 d:2]"; got != want {
		t.Errorf("runs: got %v, want %v", got, want)
	}
}

func TestSpoilerDoesNotRunAgain(t *testing.T) {
	s := openStore(t)
	runs, refused := 0, errors.New("refused")
	errs := together(t, s, insertUser("a"), func(tx zikr.Tx) error {
		runs++
		return errors.Join(insertUser("b")(tx), refused)
	}, insertUser("c"))
	if errs[0] != nil || !errors.Is(errs[1], refused) || errs[2] != nil || runs != 1 {
		t.Errorf("got %v after %d runs, want only the second refused, after 1 run", errs, runs)
	}
	if got, want := fmt.Sprint(present(t, s, "a", "b", "c")), "[a c]"; got != want {
		t.Errorf("stored: got %v, want %v", got, want)
	}
}

// TestErrorThatACommandKeepsToItself: what the database refused is not stored,
// though the command says that all is well.
func TestErrorThatACommandKeepsToItself(t *testing.T) {
	s := openStore(t)
	careless := func(tx zikr.Tx) error {
		_ = tx.InsertGroup(zikr.Group{ID: "g", AdminID: "a", CreatedAt: time.Now()})
		_ = tx.InsertGroup(zikr.Group{ID: "g", AdminID: "a", CreatedAt: time.Now()})
		return nil
	}
	errs := together(t, s, insertUser("a"), careless, insertUser("b"))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("got %v, want only the second to fail", errs)
	}
	err := s.View(context.Background(), func(r zikr.Reader) error {
		_, err := r.Group("g")
		return err
	})
	if !errors.Is(err, zikr.ErrNotFound) {
		t.Errorf("the group of the command that failed: got %v, want %v", err, zikr.ErrNotFound)
	}
}

// sessionOf is the session that the writer has.
func sessionOf(t *testing.T, s *Store) (has *session) {
	t.Helper()
	if err := update(s, func(t zikr.Tx) error { has = t.(*tx).db; return nil }); err != nil {
		t.Fatal(err)
	}
	return has
}

func TestFullDatabase(t *testing.T) {
	s := openStore(t)
	if err := update(s, insertUser("before")); err != nil {
		t.Fatal(err)
	}
	if err := update(s, ask("PRAGMA max_page_count = 100")); err != nil { // as good as a full disk: SQLITE_FULL
		t.Fatal(err)
	}
	before := sessionOf(t, s)
	var failed error
	for seq := int64(1); failed == nil && seq < 10; seq++ {
		failed = update(s, large(seq))
	}
	if sessionOf(t, s) != before {
		t.Error("the writer opened the database again")
	}
	if failed == nil || !strings.Contains(failed.Error(), "disk is full") {
		t.Fatalf("got %v, want an error that says that the disk is full", failed)
	}
	if err := update(s, ask("PRAGMA max_page_count = 1000000")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(update(s, large(100)), update(s, insertUser("after"))); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got, want := fmt.Sprint(present(t, s, "before", "after")), "[before after]"; got != want {
		t.Errorf("stored: got %v, want %v", got, want)
	}
}

// TestDiskThatFails limits the size of files: writes fail as on a disk that fails.
func TestDiskThatFails(t *testing.T) {
	s := openStore(t)
	if err := update(s, insertUser("before")); err != nil {
		t.Fatal(err)
	}
	stored := make(map[int64]bool)
	var failed error
	var errs []error
	before := sessionOf(t, s)
	limitFiles(t, 300_000, func() {
		for seq := int64(1); failed == nil && seq < 10; seq++ {
			failed = update(s, large(seq))
			stored[seq] = failed == nil
		}
		errs = together(t, s, large(10), insertUser("neighbour"), large(11))
	})
	if sessionOf(t, s) != before {
		t.Error("the writer opened the database again")
	}
	stored[10], stored[11] = errs[0] == nil, errs[2] == nil
	if failed == nil || !strings.Contains(failed.Error(), "the disk failed") {
		t.Errorf("got %v, want an error that says that the disk failed", failed)
	}
	if err := errors.Join(update(s, large(12)), update(s, insertUser("after"))); err != nil {
		t.Errorf("when the disk works again: %v", err)
	}
	stored[12] = true
	if got := present(t, s, "neighbour"); (len(got) == 1) != (errs[1] == nil) {
		t.Errorf("the neighbour was answered with %v, stored is %v", errs[1], got)
	}
	if got, want := fmt.Sprint(present(t, s, "before", "after")), "[before after]"; got != want {
		t.Errorf("stored: got %v, want %v", got, want)
	}
	wantEvents(t, s, stored)
}

// wantEvents sees that the events that are stored are those whose commands succeeded.
func wantEvents(t *testing.T, s *Store, stored map[int64]bool) {
	t.Helper()
	var events []zikr.Event
	err := s.View(context.Background(), func(r zikr.Reader) (err error) {
		events, err = r.Events("g", 0, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[int64]bool)
	for _, e := range events {
		found[e.Seq] = true
	}
	for seq, want := range stored {
		if found[seq] != want {
			t.Errorf("event %d: got stored %v, want %v", seq, found[seq], want)
		}
	}
}

func TestLockOfAnotherProcess(t *testing.T) {
	s := openStore(t)
	if err := update(s, ask("PRAGMA busy_timeout = 20")); err != nil {
		t.Fatal(err)
	}
	var path string
	var other error
	err := update(s, func(t zikr.Tx) error {
		var n int
		var name string
		return t.(*tx).db.conn.QueryRowContext(context.Background(), "PRAGMA database_list").Scan(&n, &name, &path)
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := connect(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, other = db.Exec("BEGIN IMMEDIATE"); other != nil {
		t.Fatal(other)
	}
	if err := update(s, insertUser("a")); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got %v, want an error that says that another process holds a lock", err)
	}
	if _, other = db.Exec("ROLLBACK"); other != nil {
		t.Fatal(other)
	}
	if err := update(s, insertUser("b")); err != nil {
		t.Errorf("without the lock: %v", err)
	}
	if got, want := fmt.Sprint(present(t, s, "a", "b")), "[b]"; got != want {
		t.Errorf("stored: got %v, want %v", got, want)
	}
}
