package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// database makes a data folder whose database has seen some use, closed.
func database(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	s, err := sqlstore.Open(context.Background(), sqlstore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := s.Update(context.Background(), zikr.UserKey(""), insert(fmt.Sprintf("u%03d", i))); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	return dir, filepath.Join(dir, "zikr.db")
}

// refuses opens the store, which must not work, with an error that says all of words.
func refuses(t *testing.T, dir string, words ...string) {
	t.Helper()
	s, err := sqlstore.Open(context.Background(), sqlstore.Options{Dir: dir})
	if err == nil {
		closeStore(t, s)
		t.Fatal("the store opened")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is more than a line: %v", err)
	}
}

func TestSecondServer(t *testing.T) {
	dir, _ := database(t)
	s, err := sqlstore.Open(context.Background(), sqlstore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, dir, "in use", "another server", fmt.Sprintf("process %d", os.Getpid()), "stop it")
	wantUsers(t, s, true, "u000")
	closeStore(t, s)
	openStore(t, sqlstore.Options{Dir: dir}) // free again
}

func TestReadBesideAServer(t *testing.T) {
	dir, path := database(t)
	s := openStore(t, sqlstore.Options{Dir: dir})
	r, err := sqlstore.OpenReadOnly(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.Update(context.Background(), zikr.UserKey(""), insert("new")); err != nil {
		t.Fatal(err)
	}
	err = r.View(context.Background(), func(r zikr.Reader) error {
		_, err := r.User("new")
		return err
	})
	if err != nil {
		t.Errorf("what the server has just stored: %v", err)
	}
	closeStore(t, s)
	change(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	for folder, words := range map[string]string{dir: "another release", t.TempDir(): "no database"} {
		if _, err := sqlstore.OpenReadOnly(context.Background(), folder); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: got %v, want an error that says %q", folder, err, words)
		}
	}
}

func TestReadOnlyFile(t *testing.T) {
	dir, path := database(t)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, path, "read-only", "make it writable")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	openStore(t, sqlstore.Options{Dir: dir})
}

func TestFolderThatIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, file, file, "data folder")
}

func TestDatabaseThatIsAFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "zikr.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, "zikr.db", "directory")
}

func TestDamagedFile(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"no database":     func([]byte) []byte { return bytes.Repeat([]byte("not a database. "), 1024) },
		"first page gone": func(b []byte) []byte { clear(b[:4096]); return b },
		"cut in half":     func(b []byte) []byte { return b[:len(b)/2/4096*4096] },
		"cut short":       func(b []byte) []byte { return b[:100] },
		"pages overwritten": func(b []byte) []byte {
			copy(b[len(b)-3*4096:], bytes.Repeat([]byte{0xee}, 2*4096))
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := database(t)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			refuses(t, dir, path, "damaged", "restore a backup")
		})
	}
}

func TestNewerSchema(t *testing.T) {
	dir, path := database(t)
	change(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	refuses(t, dir, path, "newer release", "99999", "restore a backup")
}

func TestForeignDatabase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "zikr.db")
	change(t, path, `CREATE TABLE users (something TEXT)`)
	refuses(t, dir, path, "schema")
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here ?%20#")
	openStore(t, sqlstore.Options{Dir: dir})
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s: got %v, want -rw-------", f.Name(), got)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: got %v, %v, want drwx------", info, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "zikr.db")); err != nil {
		t.Error(err)
	}
}
