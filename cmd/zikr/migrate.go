package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zikr-app/zikr/internal/sqlstore"
)

type migrateCmd struct {
	dataConfig
	From string `required:"" placeholder:"sqlite:PATH" help:"The data folder, or a backup, that is moved; it is only read."`
}

// check finds a source or a target that is none.
func (c *migrateCmd) check() error {
	if c.DatabaseURL == "" {
		return errors.New("ZIKR_DATABASE_URL is not set: name the PostgreSQL database into which the data goes")
	}
	if path, ok := strings.CutPrefix(c.From, "sqlite:"); !ok || path == "" {
		return fmt.Errorf("--from is %q: it must be sqlite: and a data folder or a backup, like sqlite:./data", c.From)
	}
	return c.dataConfig.check()
}

// Run moves the data and proves it. Progress goes to standard error.
func (c *migrateCmd) Run(io streams) error {
	ctx, stop := interruptible()
	defer stop()
	tables, err := sqlstore.Move(ctx, sqlstore.MoveOptions{
		From: strings.TrimPrefix(c.From, "sqlite:"), To: string(c.DatabaseURL),
		Progress: func(table string, rows int64, done bool) {
			if done {
				fmt.Fprintf(io.err, "%s: %s\n", table, number(int(rows), "row"))
			} else {
				fmt.Fprintf(io.err, "%s: %d rows so far\n", table, rows)
			}
		},
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s holds all of it, in good order: %s\n", c.database(), inventory(tables))
	return err
}
