package sqlstore

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// checkpointPause is from one checkpoint to the next while there are commits.
const checkpointPause = 100 * time.Millisecond

// checkpointer brings SQLite's log into the database beside the writer, on a connection of its
// own. Left to the writer, which does it when the log is long, it would hold up all
// that wait for as long as it takes to write and sync thousands of pages; so there are few left
// for it. (https://www.sqlite.org/wal.html, "Checkpointing")
type checkpointer struct {
	db      *sql.DB
	pause   time.Duration
	commits chan struct{} // holds something when there were commits
	stop    chan struct{}
	done    sync.WaitGroup
}

func startCheckpointer(path string) (*checkpointer, error) {
	db, err := connect(path, []string{"synchronous(FULL)"})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	c := &checkpointer{db: db, pause: checkpointPause, commits: make(chan struct{}, 1), stop: make(chan struct{})}
	c.done.Go(c.run)
	return c, nil
}

// committed tells of a commit. It does not wait.
func (c *checkpointer) committed() {
	select {
	case c.commits <- struct{}{}:
	default:
	}
}

func (c *checkpointer) run() {
	for c.await() {
		// PASSIVE waits for nobody. What it could not do, as on a disk that is full,
		// is left to the writer, which says what is wrong.
		_, _ = c.db.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
	}
}

// await waits for a commit, and then for the pause. It is false at the end.
func (c *checkpointer) await() bool {
	select {
	case <-c.stop:
		return false
	case <-c.commits:
	}
	select {
	case <-c.stop:
		return false
	case <-time.After(c.pause):
		return true
	}
}

func (c *checkpointer) close() error {
	close(c.stop)
	c.done.Wait()
	return c.db.Close()
}
