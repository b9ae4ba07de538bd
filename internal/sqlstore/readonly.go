package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zikr-app/zikr"
)

// ErrInUse says that another process, usually a server, has the data folder.
var ErrInUse = errors.New("the data folder is in use")

// ReadOnly reads a database that servers may be using meanwhile: SQLite's WAL
// lets any number of processes read beside the one that writes.
type ReadOnly struct{ readers *pool }

// OpenReadOnly opens the database of a data folder to read only. It fails when
// there is none, or when it is of another release.
func OpenReadOnly(ctx context.Context, dir string) (*ReadOnly, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database in the data folder %s: name the right folder, or start the server once to make one", dir)
	} else if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db, err := connect(path, readPragmas())
	if err != nil {
		return nil, err
	}
	r := &ReadOnly{newPool(sqliteEngine(), db, 1)}
	if err := r.sameRelease(ctx, "the database "+path); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// OpenURL opens a PostgreSQL database to read only. It fails when it is of another release.
func OpenURL(ctx context.Context, address string) (*ReadOnly, error) {
	settings := unhurried()
	settings["default_transaction_read_only"] = "on"
	db, err := connectPostgres(address, settings)
	if err != nil {
		return nil, err
	}
	r := &ReadOnly{newPool(postgresEngine(), db, 1)}
	var empty bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass('goose_db_version') IS NULL").Scan(&empty); err != nil {
		return nil, errors.Join(describe("open "+NameOf(address), err), r.Close())
	}
	if empty {
		return nil, errors.Join(fmt.Errorf("%s holds no data of zikr: name the right one, or start the server once to make it", NameOf(address)), r.Close())
	}
	if err := r.sameRelease(ctx, NameOf(address)); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// sameRelease refuses a schema that is not the one that this program knows.
func (r *ReadOnly) sameRelease(ctx context.Context, name string) error {
	p, err := migrations(r.readers.db)
	if err != nil {
		return err
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return describe("read the schema's version of "+name, err)
	}
	if current != newest {
		return fmt.Errorf("%s is of another release (its schema is %d, this one knows %d): use that release, or start the server of this one first",
			name, current, newest)
	}
	return nil
}

// View runs query on one committed state.
func (r *ReadOnly) View(ctx context.Context, query func(zikr.Reader) error) error {
	return r.readers.view(ctx, query)
}

// Close closes the database.
func (r *ReadOnly) Close() error { return r.readers.close() }
