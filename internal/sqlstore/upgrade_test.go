package sqlstore

import (
	"context"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/bus"
)

// A node of the release before works on what the upgrade changes, in the other order: neither fails.
func TestUpgradeBesideWork(t *testing.T) {
	at := places(t)["PostgreSQL"]
	db := at.db()
	defer db.Close()
	must(must(migrations(db)).UpTo(t.Context(), oldSchema))
	must(db.Exec(`INSERT INTO users VALUES ('u', 'N', 'S', 'n s', 's', '', '', '', 1, '', 1, FALSE)`))
	must(db.Exec(`INSERT INTO groups VALUES ('g', 'G', 'g', 'zikr', TRUE, '', 0, 0, 'u', 1, 1, 1, FALSE)`))
	must(db.Exec(`INSERT INTO zikrs VALUES ('z', 'g', 'Z', '', '', '', 10, 20, 1, FALSE)`))
	work := must(db.Begin())
	must(work.Exec(`UPDATE zikrs SET total = 21 WHERE id = 'z'`))
	upgraded := make(chan error, 1)
	go func() {
		o := at.options
		o.Publish = bus.NewLocal().Publish
		store, err := Open(context.Background(), o)
		if err == nil {
			err = store.Close()
		}
		upgraded <- err
	}()
	for waits := false; !waits; { // for the table that the work has
		row := db.QueryRow(`SELECT COUNT(*) > 0 FROM pg_locks JOIN pg_class ON pg_class.oid = relation 
			WHERE relname = 'zikrs' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
		if err := row.Scan(&waits); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-upgraded:
			t.Fatalf("the upgrade did not wait: %v", err)
		case <-t.Context().Done():
			t.Fatal("the upgrade never came to the table")
		case <-time.After(time.Millisecond):
		}
	}
	must(work.Exec(`UPDATE groups SET seq = 2 WHERE id = 'g'`)) // which the upgrade has, and lets go
	if err := work.Commit(); err != nil {
		t.Errorf("the work: %v", err)
	}
	if err := <-upgraded; err != nil {
		t.Errorf("the upgrade: %v", err)
	}
}
