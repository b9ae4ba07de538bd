package main

import (
	"context"
	"fmt"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/zikr-app/zikr/internal/sqlstore"
)

// The operator's commands that keep the data safe: check it, copy it, put a copy back
// (docs/operations.md, "Backup").

type checkCmd struct {
	dataConfig
	File string `arg:"" optional:"" type:"path" help:"A backup to check instead of the database."`
}

// Run names every violation on standard output, one a line, and fails if there is one.
func (c *checkCmd) Run(io streams) error {
	ctx, stop := interruptible()
	defer stop()
	name, open := c.database(), c.openToRead
	if c.File != "" {
		name, open = c.File, func(ctx context.Context) (*sqlstore.ReadOnly, error) { return sqlstore.OpenFile(ctx, c.File) }
	}
	db, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing was written
	violations := 0
	tables, err := db.Check(ctx, func(violation string) {
		violations++
		fmt.Fprintln(io.out, violation)
	})
	if err != nil {
		return err
	}
	if violations > 0 {
		return fmt.Errorf("%s is not in good order: %s", name, number(violations, "violation"))
	}
	_, err = fmt.Fprintf(io.out, "%s is in good order: %s\n", name, inventory(tables))
	return err
}

type backupCmd struct {
	dataConfig
	File    string `arg:"" type:"path" help:"Where the copy goes: one file, to be read by its owner only."`
	Force   bool   `help:"Replace a file that is there already."`
	NoCheck bool   `help:"Copy a database that is not in good order, too."`
}

// Run copies the database, whether a server uses it or not.
func (c *backupCmd) Run(io streams) error {
	if err := c.embedded(); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	copied, err := sqlstore.Backup(ctx, sqlstore.BackupOptions{Dir: c.DataDir, File: c.File, Force: c.Force, Unchecked: c.NoCheck})
	if err != nil {
		return err
	}
	if err := adopt(filepath.Dir(c.File), filepath.Base(c.File)); err != nil {
		return err
	}
	what := "unchecked"
	if !c.NoCheck {
		what = "checked: " + inventory(copied.Tables)
	}
	_, err = fmt.Fprintf(io.out, "%s: %d bytes in %s, %s\n", c.File, copied.Bytes, copied.Took.Round(time.Millisecond), what)
	return err
}

type restoreCmd struct {
	dataConfig
	File string `arg:"" type:"path" help:"What zikr backup has made."`
}

// Run puts a backup in the place of the database, while no server runs.
func (c *restoreCmd) Run(io streams) error {
	if err := c.embedded(); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	restored, err := sqlstore.Restore(ctx, c.DataDir, c.File)
	if err != nil {
		return err
	}
	if err := adoptData(c.DataDir); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s is restored into %s: %s\n", c.File, c.DataDir, inventory(restored.Tables))
	if restored.Aside != "" {
		fmt.Fprintf(io.out, "the database that was there is kept: %s\n", restored.Aside)
	}
	return nil
}

// interruptible is a context that ends when the command is to end, so that it can
// remove what is not finished. A second signal ends the process at once.
func interruptible() (ctx context.Context, stop func()) {
	ctx, stop = signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// inventory says how much is in a database.
func inventory(tables []sqlstore.TableRows) string {
	parts := make([]string, len(tables))
	for i, t := range tables {
		name := strings.ReplaceAll(t.Table, "_", " ")
		parts[i] = number(int(t.Rows), strings.TrimSuffix(name, "s"))
	}
	return strings.Join(parts, ", ")
}

// number counts things whose plural ends in s.
func number(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
