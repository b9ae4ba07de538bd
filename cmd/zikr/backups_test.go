package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zikr-app/zikr/internal/due"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// plan is a schedule whose copies are empty files, and what came of it.
type plan struct {
	schedule
	fail   error // of the next copies
	tries  []time.Time
	failed int
}

func newPlan(t *testing.T, every time.Duration, keep int) *plan {
	p := &plan{}
	p.schedule = schedule{
		dir: filepath.Join(t.TempDir(), "backups"), every: every, keep: keep, log: slog.New(slog.DiscardHandler),
		copy: func(_ context.Context, file string) (*sqlstore.Copied, error) {
			p.tries = append(p.tries, time.Now())
			if p.fail != nil {
				return nil, p.fail
			}
			return &sqlstore.Copied{Bytes: 1}, os.WriteFile(file, nil, 0o600)
		},
		done: func(_ *sqlstore.Copied, err error) {
			if err != nil {
				p.failed++
			}
		},
	}
	return p
}

// runs lets the plan run for a time.
func (p *plan) runs(t *testing.T, d time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	due.Run(ctx, p.log, p.job())
}

func (p *plan) list(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (p *plan) put(t *testing.T, names ...string) {
	t.Helper()
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(p.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// synctest's clock begins at midnight of 2000-01-01.

func TestBackupsAreMadeAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(t, 24*time.Hour, 3)
		p.runs(t, 5*24*time.Hour+time.Minute)
		want := []string{"zikr-20000104T000000Z.db", "zikr-20000105T000000Z.db", "zikr-20000106T000000Z.db"}
		if got := p.list(t); !slices.Equal(got, want) || len(p.tries) != 6 || p.failed != 0 {
			t.Errorf("got %v after %d tries, %d failed", got, len(p.tries), p.failed)
		}
		// A restart does not begin anew: the newest backup is a minute old.
		p.runs(t, 23*time.Hour)
		if len(p.tries) != 6 {
			t.Errorf("a restart has made a backup before its time")
		}
		p.runs(t, time.Hour)
		if len(p.tries) != 7 {
			t.Errorf("no backup was made a day after the last")
		}
	})
}

func TestBackupsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(t, 24*time.Hour, 1)
		p.put(t, "zikr-19991230T000000Z.db")
		p.fail = errors.New("the disk is full")
		p.runs(t, time.Hour-time.Second)
		if len(p.tries) != 4 || p.failed != 4 {
			t.Errorf("got %d tries in an hour, %d failed; want one every 15 minutes", len(p.tries), p.failed)
		}
		if got := p.list(t); len(got) != 1 {
			t.Errorf("the good backup of before is gone: %v", got)
		}
		p.fail = nil
		p.runs(t, time.Minute)
		if got := p.list(t); !slices.Equal(got, []string{"zikr-20000101T005959Z.db"}) {
			t.Errorf("got %v", got)
		}
	})
}

// A clock that was set back neither stops the backups nor costs the newest.
func TestBackupsWithClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(t, 24*time.Hour, 2)
		p.put(t, "zikr-20000110T000000Z.db", "zikr-20000111T000000Z.db", "zikr-20000112T000000Z.db")
		p.runs(t, 24*time.Hour+time.Minute)
		want := []string{"zikr-20000102T000000Z.db", "zikr-20000112T000000Z.db"}
		if got := p.list(t); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// What is not called like a backup of the schedule is not touched; parts of backups that were killed go.
func TestBackupsOfOthersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(t, time.Hour, 1)
		others := []string{".other.db.2.part", "notes.txt", "zikr-20000101T000000Z.db.gz", "zikr-before-upgrade.db"}
		p.put(t, append(others, ".zikr-19991201T000000Z.db.1.part")...)
		if err := os.Mkdir(filepath.Join(p.dir, "zikr-19990101T000000Z.db"), 0o700); err != nil {
			t.Fatal(err)
		}
		p.runs(t, 3*time.Hour+time.Minute)
		want := slices.Sorted(slices.Values(append(others, "zikr-20000101T030000Z.db", "zikr-19990101T000000Z.db")))
		if got := p.list(t); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestBackupsIntoNoFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(t, time.Hour, 1)
		if err := os.WriteFile(p.dir, []byte("a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		var logged strings.Builder
		p.log = slog.New(slog.NewTextHandler(&logged, nil))
		p.runs(t, time.Minute)
		if p.failed != 1 || !strings.Contains(logged.String(), "no backup was made") || !strings.Contains(logged.String(), p.dir) {
			t.Errorf("%d failed, logged:\n%s", p.failed, &logged)
		}
	})
}
