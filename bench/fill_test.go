package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// TestFill fills small databases, which must be such as the server makes them: whole, and each opId remembered.
func TestFill(t *testing.T) {
	for name, p := range map[string]population{
		"groups with all of their events": {groups: 3, members: 7, counts: 200, events: 200, before: 40, hatms: 2},
		"a log that was cut":              {groups: 1, members: 7, counts: 10_010, events: 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			reopen(t, dir, func(*sqlstore.Store) error { return nil }) // makes the database
			if err := p.fillFile(t.Context(), filepath.Join(dir, "zikr.db")); err != nil {
				t.Fatal(err)
			}
			last := p.groups*p.counts - 1
			reopen(t, dir, func(s *sqlstore.Store) error {
				return s.View(t.Context(), func(r zikr.Reader) error {
					_, errFirst := r.CountByOpID(fillUserID(0, 0), fillOpID(0))
					_, errLast := r.CountByOpID(fillUserID(p.groups-1, (p.counts-1)%p.members), fillOpID(last))
					return errors.Join(errFirst, errLast)
				})
			})
			proved(t, dir, map[string]int64{"users": int64(p.groups * p.members), "counts": int64(p.groups * p.counts), "events": int64(p.groups * p.events),
				"bookings": int64(p.groups * p.bookings()), "groups": int64(2 * p.groups)})
		})
	}
}

// reopen opens a store, uses it, and closes it.
func reopen(t *testing.T, dir string, use func(*sqlstore.Store) error) {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(use(s), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// proved has a database checked, and its rows counted.
func proved(t *testing.T, dir string, want map[string]int64) {
	t.Helper()
	r, err := sqlstore.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tables, err := r.Check(t.Context(), func(violation string) { t.Error(violation) })
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if n, ok := want[table.Table]; ok && n != table.Rows {
			t.Errorf("got %d %s, want %d", table.Rows, table.Table, n)
		}
	}
}

// TestFillAgain leaves a folder alone that is there.
func TestFillAgain(t *testing.T) {
	dir := t.TempDir()
	c := config{binary: filepath.Join(dir, "nothing"), full: dir}
	if err := c.fill(t.Context(), busyMonth()); err != nil {
		t.Errorf("got %v, want that nothing is done", err)
	}
	c.full = filepath.Join(dir, "full")
	if err := c.fill(t.Context(), busyMonth()); err == nil {
		t.Error("a database was made without a server")
	}
	if _, err := os.Stat(c.full); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no folder that looks like a full database", err)
	}
}

// TestFillFails says what is wrong with a database that cannot be filled.
func TestFillFails(t *testing.T) {
	if err := busyMonth().fillFile(context.Background(), filepath.Join(t.TempDir(), "empty.db")); err == nil {
		t.Error("a database without tables was filled")
	}
}
