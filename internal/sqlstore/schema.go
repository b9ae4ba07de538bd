package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed schema/*.sql
var schemas embed.FS

// migrations knows all schemas, and which one a database has.
func migrations(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(schemas, "schema")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	dialect := goose.DialectSQLite3
	if isPostgres(db) {
		dialect, files = goose.DialectPostgres, postgresSchemas{files}
	}
	p, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return p, nil
}

// migrate brings the schema up to date. It refuses a database that a newer
// program has written. The caller holds the lock that keeps others away. log may be nil.
func migrate(ctx context.Context, db *sql.DB, name string, log *slog.Logger) error {
	p, err := migrations(db)
	if err != nil {
		return err
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return describe("read the schema's version of "+name, err)
	}
	if current > newest {
		return fmt.Errorf("%s was written by a newer release (its schema is %d, this one knows %d): "+
			"start that release, or restore a backup made before the upgrade", name, current, newest)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if current > 0 && current < keysVersion { // before the version, so that it is done again if it is interrupted
		if err := patiently(ctx, log, func() error { return rekey(ctx, db, log) }); err != nil {
			return err
		}
	}
	up := func() error { _, err := p.Up(ctx); return err }
	if err := patiently(ctx, log, up); err != nil {
		return describe(fmt.Sprintf("bring the schema of %s from %d to %d", name, current, newest), err)
	}
	return nil
}

const (
	// stepPatience is how long a step of an upgrade waits for nodes of the release before to let go of a table. It is less
	// than PostgreSQL waits before it ends a deadlock, so that none of them is ended for it.
	stepPatience = 300 * time.Millisecond
	// mostPause is the longest rest before a step that was held up is tried again.
	mostPause = 5 * time.Second
)

// patiently does what goes on where it ended when it is done again, each step of it a transaction: one that is held up
// by others' work is taken back and tried again, with longer and longer rests, until ctx ends.
func patiently(ctx context.Context, log *slog.Logger, do func() error) error {
	for tries := 1; ; tries++ {
		err := do()
		if !heldUp(err) {
			return err
		}
		pause := min(time.Duration(tries)*stepPatience, mostPause)
		log.Warn("others work on the tables that are to change: the upgrade goes on in a moment", "tries", tries, "next", pause, "err", err)
		select {
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}
