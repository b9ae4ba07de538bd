package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

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
		if err := rekey(ctx, db, log); err != nil {
			return err
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return describe(fmt.Sprintf("bring the schema of %s from %d to %d", name, current, newest), err)
	}
	return nil
}
