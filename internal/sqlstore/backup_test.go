package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/zikr-app/zikr"
)

// names lists a folder.
func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// saysAll wants an error that says all of words.
func saysAll(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it succeeded")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
}

// contents is what is stored of everybody, as they may export it, and every group's log.
func (c *community) contents() (all []any) {
	var users, groups []string
	err := c.store.View(c.ctx, func(r zikr.Reader) (err error) {
		reader := r.(*reader)
		if users, err = list(reader, "list users", text, `SELECT id FROM users WHERE NOT deleted ORDER BY id`); err != nil {
			return err
		}
		groups, err = list(reader, "list groups", text, `SELECT id FROM groups ORDER BY id`)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, id := range users {
		all = append(all, must(c.Export(c.ctx, id)))
	}
	for _, id := range groups {
		all = append(all, must(c.EventsAfter(c.ctx, id, 0, 1_000_000)))
	}
	return all
}

// reopen opens the community on another folder.
func (c *community) reopen(dir string) {
	c.t.Helper()
	c.close()
	c.dir = dir
	c.open()
}

func TestBackupAndRestore(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	before := c.contents()
	folder := t.TempDir()
	file := filepath.Join(folder, "backup.db")
	copied, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file})
	if err != nil {
		t.Fatal(err)
	}
	info := must(os.Stat(file))
	if info.Size() != copied.Bytes || info.Mode().Perm() != 0o600 || len(copied.Tables) != len(tables()) {
		t.Errorf("got %+v of a file of %d bytes, mode %v", copied, info.Size(), info.Mode())
	}
	if got := names(t, folder); !slices.Equal(got, []string{"backup.db"}) {
		t.Errorf("beside the backup there is %v", got)
	}
	c.count("ali", "counters", "salawat", 99, "")

	fresh := filepath.Join(t.TempDir(), "new", "data")
	restored, err := Restore(c.ctx, fresh, file)
	if err != nil {
		t.Fatal(err)
	}
	if restored.Aside != "" || restored.Bytes != copied.Bytes || cmp.Diff(restored.Tables, copied.Tables) != "" {
		t.Errorf("got %+v, want what was copied: %+v", restored, copied)
	}
	old := c.dir
	c.reopen(fresh)
	if diff := cmp.Diff(before, c.contents()); diff != "" {
		t.Errorf("what was restored (-want +got):\n%s", diff)
	}

	// Over the database that went on meanwhile, which is kept.
	restored, err = Restore(c.ctx, old, file)
	if err != nil {
		t.Fatal(err)
	}
	if mode := must(os.Stat(filepath.Join(old, fileName))).Mode().Perm(); mode != 0o600 {
		t.Errorf("the mode of the restored database is %v", mode)
	}
	if got, want := names(t, old), []string{fileName, filepath.Base(restored.Aside), fileName + ".lock"}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
	c.reopen(old)
	if diff := cmp.Diff(before, c.contents()); diff != "" {
		t.Errorf("what was restored over another (-want +got):\n%s", diff)
	}
	back := t.TempDir()
	if _, err := Restore(c.ctx, back, restored.Aside); err != nil {
		t.Fatalf("the database that was put aside: %v", err)
	}
	c.reopen(back)
	if share := must(c.Export(c.ctx, "ali")).Zikrs[0].Count; share != 4+3+99 {
		t.Errorf("the database that was put aside has a share of %d, want what was counted before the restore, too", share)
	}
}

// A backup is one state of the database, whatever happens while it is made, and nobody waits for it.
func TestBackupBesideAServer(t *testing.T) {
	c := newCommunity(t)
	ali := c.user("ali")
	c.group("g", zikr.ZikrGroup, ali)
	c.named = []string{"z"}
	must(c.CreateZikr(c.ctx, ali, "g", zikr.NewZikr{Name: "Z"}))
	c.fill("g", 4000, 3000) // several pieces
	ctx, stop := context.WithCancel(c.ctx)
	var counted, slowest int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			must(c.UpdateZikrCount(c.ctx, ali, zikr.UpdateZikrCount{GroupID: "g", ZikrID: "z", Count: 1}))
			counted++
			slowest = max(slowest, int64(time.Since(began)))
		}
	})
	folder := t.TempDir()
	for i := range 3 {
		if _, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: filepath.Join(folder, fmt.Sprint(i))}); err != nil {
			t.Errorf("backup %d: %v", i, err)
		}
	}
	stop()
	wg.Wait()
	if counted < 10 {
		t.Errorf("only %d countings were confirmed beside three backups, the slowest after %s", counted, time.Duration(slowest))
	}
	last := int64(-1)
	for i := range 3 {
		r := must(OpenFile(c.ctx, filepath.Join(folder, fmt.Sprint(i))))
		var z *zikr.Zikr
		if err := r.View(c.ctx, func(r zikr.Reader) (err error) { z, err = r.Zikr("z"); return err }); err != nil {
			t.Fatal(err)
		}
		if z.Total < last || z.Total > counted {
			t.Errorf("backup %d has the total %d, the one before %d, in the end it was %d", i, z.Total, last, counted)
		}
		last = z.Total
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What only the log holds, as after kill -9, is in the backup, and restoring over such a database keeps it.
func TestBackupOfWhatWasKilled(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	killed := t.TempDir()
	for _, name := range []string{fileName, fileName + "-wal"} {
		data := must(os.ReadFile(filepath.Join(c.dir, name)))
		if err := os.WriteFile(filepath.Join(killed, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != fileName && len(data) == 0 {
			t.Fatal("nothing is in the log: the test shows nothing")
		}
	}
	want := c.contents()
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := Backup(c.ctx, BackupOptions{Dir: killed, File: file}); err != nil {
		t.Fatal(err)
	}
	restored, err := Restore(c.ctx, killed, file)
	if err != nil {
		t.Fatal(err)
	}
	aside := t.TempDir()
	if _, err := Restore(c.ctx, aside, restored.Aside); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{killed, aside} {
		c.reopen(dir)
		if diff := cmp.Diff(want, c.contents()); diff != "" {
			t.Errorf("in %s (-want +got):\n%s", dir, diff)
		}
	}
}

func TestBackupsThatAreRefused(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	folder := t.TempDir()
	there := filepath.Join(folder, "there")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	backup := func(o BackupOptions) error {
		_, err := Backup(c.ctx, o)
		return err
	}
	saysAll(t, backup(BackupOptions{Dir: c.dir, File: there}), there, "there already", "--force")
	saysAll(t, backup(BackupOptions{Dir: c.dir, File: filepath.Join(c.dir, fileName), Force: true}), "is the database itself")
	saysAll(t, backup(BackupOptions{Dir: c.dir, File: folder, Force: true}), folder, "is not a file")
	saysAll(t, backup(BackupOptions{Dir: c.dir, File: filepath.Join(folder, "none", "x")}), "none")
	saysAll(t, backup(BackupOptions{Dir: folder, File: filepath.Join(folder, "x")}), folder, "no database")
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	if _, err := Backup(ctx, BackupOptions{Dir: c.dir, File: filepath.Join(folder, "x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: got %v", err)
	}
	if got := names(t, folder); !slices.Equal(got, []string{"there"}) || string(must(os.ReadFile(there))) != "precious" {
		t.Errorf("the folder holds %v", got)
	}
	if err := backup(BackupOptions{Dir: c.dir, File: there, Force: true}); err != nil {
		t.Error(err)
	}
	if r, err := OpenFile(c.ctx, there); err != nil || r.Close() != nil {
		t.Errorf("after --force: %v", err)
	}
}

// A database that is not in good order is copied only if that is asked for.
func TestBackupOfSpoiledDatabase(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	c.close()
	t.Cleanup(c.open)
	spoilFile(t, filepath.Join(c.dir, fileName), `UPDATE zikrs SET total = 99 WHERE id = 'istighfar'; DELETE FROM bookings WHERE id = 'done'`)
	folder := t.TempDir()
	file := filepath.Join(folder, "backup.db")
	_, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file})
	saysAll(t, err, "not in good order", "4 violations", "hatm 2 of group readers", "zikr check")
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("it left %v", got)
	}
	if _, err = Backup(c.ctx, BackupOptions{Dir: c.dir, File: file, Unchecked: true}); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	_, err = Restore(c.ctx, data, file)
	saysAll(t, err, file, "not in good order")
	if got := names(t, data); !slices.Equal(got, []string{fileName + ".lock"}) {
		t.Errorf("it left %v", got)
	}
}

// nothingChanges wants a restore to be refused, and the data folder to be as it was.
func nothingChanges(t *testing.T, dir, file string, words ...string) {
	t.Helper()
	path := filepath.Join(dir, fileName)
	before, namesBefore := must(os.ReadFile(path)), names(t, dir)
	_, err := Restore(context.Background(), dir, file)
	saysAll(t, err, words...)
	if !bytes.Equal(before, must(os.ReadFile(path))) || !slices.Equal(namesBefore, names(t, dir)) {
		t.Errorf("the data folder was changed: it held %v and holds %v", namesBefore, names(t, dir))
	}
}

func TestRestoresThatAreRefused(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file}); err != nil {
		t.Fatal(err)
	}
	good := must(os.ReadFile(file))
	// Whoever has it open may write to it meanwhile, so its bytes say nothing.
	_, err := Restore(c.ctx, c.dir, file)
	saysAll(t, err, c.dir, "in use", fmt.Sprint(os.Getpid()), "stop it")
	c.close()
	t.Cleanup(c.open)

	spoiled := func(change func(data []byte) []byte) string {
		file := filepath.Join(t.TempDir(), "spoiled.db")
		if err := os.WriteFile(file, change(slices.Clone(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	itself := filepath.Join(c.dir, fileName)
	nothingChanges(t, c.dir, itself, itself, "is the database itself")
	nothingChanges(t, c.dir, file+".none", "no such file")
	nothingChanges(t, c.dir, t.TempDir(), "is not a file")
	nothingChanges(t, c.dir, spoiled(func([]byte) []byte { return nil }), "spoiled.db", "no zikr database")
	nothingChanges(t, c.dir, spoiled(func([]byte) []byte { return []byte(strings.Repeat("no database at all\n", 1000)) }), "spoiled.db", "damaged")
	nothingChanges(t, c.dir, spoiled(func(data []byte) []byte { return data[:len(data)/2] }), "spoiled.db", "cannot be used")
	nothingChanges(t, c.dir, spoiled(func(data []byte) []byte {
		middle := len(data) / 2 / 4096 * 4096
		copy(data[middle:], bytes.Repeat([]byte{0xa5}, 4096))
		return data
	}), "spoiled.db", "cannot be used")

	newer := spoiled(func(data []byte) []byte { return data })
	spoilFile(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	nothingChanges(t, c.dir, newer, newer, "newer release", "99999")
	foreign := spoiled(func(data []byte) []byte { return data })
	spoilFile(t, foreign, `DROP TABLE goose_db_version`)
	nothingChanges(t, c.dir, foreign, foreign, "no zikr database")
}

// A backup of an earlier release is brought to this one's schema.
func TestRestoreOfOlderRelease(t *testing.T) {
	c := newCommunity(t)
	c.close()
	t.Cleanup(c.open)
	file := filepath.Join(t.TempDir(), "older.db")
	db := must(connect(file, []string{"foreign_keys(OFF)"}))
	must(must(migrations(db)).UpTo(c.ctx, 1))
	must(db.Exec(`INSERT INTO users VALUES ('ali', 'Ali', '', 'ali ', '', '', '', '', 1, '', 1, FALSE)`))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(file))
	_, err := OpenFile(c.ctx, file)
	saysAll(t, err, file, "of another release")
	restored, err := Restore(c.ctx, c.dir, file)
	if err != nil {
		t.Fatal(err)
	}
	if restored.Tables[0].Rows != 1 || !bytes.Equal(before, must(os.ReadFile(file))) {
		t.Errorf("got %+v; the backup itself must stay as it was", restored)
	}
}

// A restore is for the day on which the database cannot be read any more.
func TestRestoreOverDamagedDatabase(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	want := c.contents()
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file}); err != nil {
		t.Fatal(err)
	}
	c.close()
	rubbish := []byte(strings.Repeat("rubbish ", 10_000))
	for _, name := range []string{fileName, fileName + "-wal", fileName + "-shm"} {
		if err := os.WriteFile(filepath.Join(c.dir, name), rubbish, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	restored, err := Restore(c.ctx, c.dir, file)
	if err != nil {
		t.Fatal(err)
	}
	c.open()
	if diff := cmp.Diff(want, c.contents()); diff != "" {
		t.Errorf("what was restored (-want +got):\n%s", diff)
	}
	if !bytes.Equal(rubbish, must(os.ReadFile(restored.Aside))) {
		t.Error("the damaged database was not kept as it was")
	}
}

// While somebody reads the old database it is not replaced: SQLite could take the new one's log for the old one's.
func TestRestoreBesideAReader(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file}); err != nil {
		t.Fatal(err)
	}
	c.close()
	t.Cleanup(c.open)
	r := must(OpenReadOnly(c.ctx, c.dir))
	read := func(query func() error) error {
		return r.View(c.ctx, func(r zikr.Reader) error {
			if _, err := r.User("ali"); err != nil {
				return err
			}
			return query()
		})
	}
	err := read(func() error { _, err := Restore(c.ctx, c.dir, file); return err })
	saysAll(t, err, "another process", "wait")
	if err := read(func() error { return nil }); err != nil {
		t.Errorf("the reader: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Restore(c.ctx, c.dir, file); err != nil {
		t.Errorf("after the reader's end: %v", err)
	}
}

// What was killed while it copied leaves a part; the next one removes it.
func TestPartsAreRemoved(t *testing.T) {
	c := newCommunity(t)
	c.user("ali")
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file}); err != nil {
		t.Fatal(err)
	}
	c.close()
	t.Cleanup(c.open)
	for _, part := range []string{".zikr.db.123.part", ".zikr.db.123.part-journal"} {
		if err := os.WriteFile(filepath.Join(c.dir, part), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Restore(c.ctx, c.dir, file); err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t, c.dir) {
		if strings.Contains(name, ".part") {
			t.Errorf("%s was left", name)
		}
	}
}

// A backup that does not fit is refused before it fills the disk.
func TestBackupWithoutRoom(t *testing.T) {
	saysAll(t, fits("/backup", 100<<20, 37<<20), "/backup", "100 MiB free", "needs 37 MiB", "64 MiB must stay free", "make room")
	if err := fits("/backup", 101<<20, 37<<20); err != nil {
		t.Error(err)
	}
}

// A disk that fails half-way leaves nothing behind.
func TestBackupToDiskThatFails(t *testing.T) {
	c := newCommunity(t)
	c.group("g", zikr.ZikrGroup, c.user("ali"))
	c.fill("g", 400, 3000)
	folder := t.TempDir()
	file := filepath.Join(folder, "backup.db")
	limitFiles(t, 300_000, func() {
		_, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file})
		saysAll(t, err, "copy the database", "disk")
	})
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("it left %v", got)
	}
	if _, err := Backup(c.ctx, BackupOptions{Dir: c.dir, File: file}); err != nil {
		t.Errorf("when the disk works again: %v", err)
	}
}

// limitFiles lets nothing in the process write a file beyond a size while it runs run.
func limitFiles(t *testing.T, size uint64, run func()) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	defer signal.Reset(unix.SIGXFSZ)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = size
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			t.Error(err)
		}
	}()
	run()
}
