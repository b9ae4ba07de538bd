//go:build unix

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr/internal/pgtest"
)

// moved is a community on SQLite, and the PostgreSQL database into which it was moved.
func moved(t *testing.T) (c *community, address string) {
	t.Helper()
	c, address = newCommunity(t), pgtest.Database(t)
	c.populate()
	c.close()
	t.Cleanup(c.open) // for the first cleanup to close
	if _, err := Move(t.Context(), MoveOptions{From: c.dir, To: address, Progress: func(string, int64, bool) {}}); err != nil {
		t.Fatal(err)
	}
	return c, address
}

func TestMove(t *testing.T) {
	c, address := newCommunity(t), pgtest.Database(t)
	c.populate()
	want := c.contents()
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: backup}); err != nil {
		t.Fatal(err)
	}
	var told []string
	note := func(table string, rows int64, done bool) {
		if done {
			told = append(told, fmt.Sprint(table, " ", rows))
		}
	}
	_, err := Move(c.ctx, MoveOptions{From: c.dir, To: address, Progress: note})
	if !errors.Is(err, ErrInUse) {
		t.Errorf("while a server uses it: got %v, want %v", err, ErrInUse)
	}
	rows, err := Move(c.ctx, MoveOptions{From: backup, To: address, Progress: note})
	if err != nil {
		t.Fatal(err)
	}
	var sizes []string
	for _, r := range rows {
		sizes = append(sizes, fmt.Sprint(r.Table, " ", r.Rows))
	}
	if diff := cmp.Diff(sizes, told); diff != "" || len(rows) != len(tables()) {
		t.Errorf("progress (-in the target +told):\n%s", diff)
	}

	c.close()
	c.url = address
	c.open()
	if diff := cmp.Diff(want, c.contents()); diff != "" {
		t.Errorf("what is stored (-SQLite +PostgreSQL):\n%s", diff)
	}
	c.count("ali", "counters", "salawat", 1, "after") // numbered after those that were moved
	_, err = Move(c.ctx, MoveOptions{From: backup, To: address, Progress: note})
	saysAll(t, err, "is not empty")
}

func TestMovesThatAreRefused(t *testing.T) {
	c, address := newCommunity(t), pgtest.Database(t)
	c.populate()
	c.close()
	t.Cleanup(c.open) // for the first cleanup to close
	refused := func(from string, words ...string) {
		t.Helper()
		_, err := Move(t.Context(), MoveOptions{From: from, To: address, Progress: func(string, int64, bool) {}})
		saysAll(t, err, words...)
	}
	refused(filepath.Join(c.dir, "nothing"), "there is no file or folder")
	refused(t.TempDir(), "there is no database in the data folder")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(text, "no zikr database")
	spoilFile(t, filepath.Join(c.dir, fileName), "UPDATE groups SET member_count = 7 WHERE id = 'counters'")
	refused(c.dir, "not in good order, and nothing was moved", "counters")
	spoilFile(t, filepath.Join(c.dir, fileName), "UPDATE goose_db_version SET version_id = 999 WHERE version_id = 3")
	refused(c.dir, "another release")
	spoilFile(t, filepath.Join(c.dir, fileName), "UPDATE goose_db_version SET version_id = 3 WHERE version_id = 999")
	found, rows := proof(t, address, "")
	if len(found) > 0 || slices.ContainsFunc(rows, func(r TableRows) bool { return r.Rows > 0 }) {
		t.Errorf("after all that: got %v, %q, want nothing there", rows, found)
	}
}

// proof checks a PostgreSQL database as it would be with some statements, which are undone.
func proof(t *testing.T, address, statements string) (found []string, rows []TableRows) {
	t.Helper()
	db, err := connectPostgres(address, unhurried())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := openSession(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.discard()
	// With this role references are not held.
	for _, text := range []string{"BEGIN", "SET LOCAL session_replication_role = replica", statements} {
		if _, err := s.exec(text); err != nil {
			t.Fatalf("spoil: %v", err)
		}
	}
	c := &checker{ctx: t.Context(), db: s, tell: func(violation string) { found = append(found, violation) }}
	if rows, err = c.prove((*checker).structurePostgres); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found, rows
}

// TestCheckNamesEveryViolationOnPostgres wants the same of a PostgreSQL database as of an SQLite one, but for what
// SQLite's own checks say.
func TestCheckNamesEveryViolationOnPostgres(t *testing.T) {
	_, address := moved(t)
	for _, spoil := range spoils() {
		t.Run(spoil.name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(spoil.want), func(s string) bool { return strings.HasPrefix(s, "rows of ") })
			if slices.ContainsFunc(want, func(s string) bool { return strings.HasPrefix(s, "the file is damaged") }) {
				t.Skip("spoils the file itself, which only SQLite has")
			}
			got, _ := proof(t, address, spoil.statements)
			if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckOfPostgresStructure(t *testing.T) {
	_, address := moved(t)
	found, _ := proof(t, address, `UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = 'members_user'::regclass;
		ALTER TABLE days ADD CONSTRAINT odd CHECK (amount % 2 = 1) NOT VALID`)
	if want := []string{"the constraint odd is not validated", "the index members_user is not valid: REINDEX it"}; !slices.Equal(found, want) {
		t.Errorf("got %q, want %q", found, want)
	}
	db, err := OpenURL(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Check(context.Background(), func(violation string) { t.Error(violation) }); err != nil {
		t.Error(err)
	}
}
