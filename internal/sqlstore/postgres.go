package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/zikr-app/zikr"
)

// The times after which something is wrong with PostgreSQL, with the way to it, or with another
// node, rather than slow. The server ends a transaction of a node that does not go on with it (a
// process that was stopped, a machine that hangs) before others give up waiting for its locks.
const (
	connectPatience = 5 * time.Second
	idlePatience    = 5 * time.Second // of the server, with a node that holds a transaction open
	lockPatience    = 8 * time.Second
	queryPatience   = 10 * time.Second // of the server, with one statement
	readPatience    = 15 * time.Second // with all queries of one View
	writePatience   = 15 * time.Second // with all statements of one batch
	leastPatience   = 2 * time.Second  // with one of them, though the time of who waits for it is over
)

// migrationLock and janitorLock are PostgreSQL's advisory locks of ours: "zikr" and a number.
const (
	migrationLock = 0x7a696b72_00000001
	janitorLock   = 0x7a696b72_00000002
)

// oldestPostgres is the oldest release that the tests run on.
const oldestPostgres = 15

// postgresEngine is PostgreSQL. Writers see what is committed statement by statement: what must not
// change between two statements they lock.
func postgresEngine() *engine {
	return &engine{
		write:  "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
		read:   "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		texts:  newTexts(func(n int) string { return fmt.Sprintf("$%d", n) }),
		shared: true,
	}
}

func isPostgres(db *sql.DB) bool {
	_, ok := db.Driver().(*stdlib.Driver)
	return ok
}

// openPostgres opens a PostgreSQL database. Any number of nodes may.
func openPostgres(ctx context.Context, o Options) (*Store, error) {
	if err := migratePostgres(ctx, o.URL, o.Log); err != nil {
		return nil, err
	}
	db, err := connectPostgres(o.URL, patient())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(o.connections())
	db.SetMaxIdleConns(o.connections())
	return start(newPool(postgresEngine(), db, o.Readers), db, o.Writers, o, func() error { return nil }), nil
}

// connections is how many a node takes of PostgreSQL at the most, with two for what is rare: the janitor's turn,
// commits in doubt.
func (o Options) connections() int { return o.Readers + o.Writers + 2 }

// patient are the settings of sessions that serve.
func patient() map[string]string {
	return map[string]string{
		"statement_timeout":                   milliseconds(queryPatience),
		"lock_timeout":                        milliseconds(lockPatience),
		"idle_in_transaction_session_timeout": milliseconds(idlePatience),
	}
}

// unhurried are those of sessions that migrate, check and copy.
func unhurried() map[string]string {
	return map[string]string{"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// connectPostgres makes a handle on a database. What its URL says of settings wins, but that a
// commit is on disk when it is confirmed is not for it to say.
func connectPostgres(address string, settings map[string]string) (*sql.DB, error) {
	cfg, err := parsePostgres(address)
	if err != nil {
		return nil, err
	}
	all := map[string]string{
		"application_name": "zikr", "tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
	}
	maps.Copy(all, settings)
	maps.Copy(all, cfg.RuntimeParams)
	if s := all["synchronous_commit"]; s == "" || s == "off" {
		all["synchronous_commit"] = "on"
	}
	cfg.RuntimeParams = all
	if cfg.ConnectTimeout == 0 || cfg.ConnectTimeout > connectPatience {
		cfg.ConnectTimeout = connectPatience
	}
	return stdlib.OpenDB(*cfg), nil
}

// parsePostgres reads a URL. Errors never show it, since it may hold a password.
func parsePostgres(address string) (*pgx.ConnConfig, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, errors.New("ZIKR_DATABASE_URL is no URL like postgres://user:password@host:5432/database (in a password @ is written %40, # %23, / %2F and ? %3F)")
	}
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		why := err.Error()
		if cause := errors.Unwrap(err); cause != nil {
			why = cause.Error()
		}
		if password, has := u.User.Password(); has && password != "" && strings.Contains(why, password) {
			why = "see its parameters"
		}
		return nil, fmt.Errorf("ZIKR_DATABASE_URL cannot be used: %s", why)
	}
	return cfg, nil
}

// CheckURL says why an address of a database cannot be used, without showing it.
func CheckURL(address string) error {
	_, err := parsePostgres(address)
	return err
}

// NameOf is how sentences name the database of an address: without user and password.
func NameOf(address string) string {
	cfg, err := parsePostgres(address)
	if err != nil {
		return "the PostgreSQL database"
	}
	return fmt.Sprintf("the PostgreSQL database %s on %s:%d", cfg.Database, cfg.Host, cfg.Port)
}

// migratePostgres sees that the server will do, and brings the schema up to date, while no other node
// does.
func migratePostgres(ctx context.Context, address string, log *slog.Logger) (err error) {
	waiting, err := connectPostgres(address, unhurried())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, waiting.Close()) }() // which ends the lock
	lock, err := waiting.Conn(ctx)
	if err != nil {
		return describe("open the database", err)
	}
	settings := unhurried()
	settings["lock_timeout"] = milliseconds(stepPatience)
	db, err := connectPostgres(address, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := fitsPostgres(ctx, lock, log); err != nil {
		return err
	}
	if _, err := lock.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return describe("wait for other nodes that start", err)
	}
	return errors.Join(migrate(ctx, db, NameOf(address), log), lock.Close())
}

// fitsPostgres says why a server cannot be used.
func fitsPostgres(ctx context.Context, conn *sql.Conn, log *slog.Logger) error {
	var version int
	var encoding, fsync string
	err := conn.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'),
		current_setting('fsync')`).Scan(&version, &encoding, &fsync)
	switch {
	case err != nil:
		return describe("ask the database server for its version", err)
	case version < oldestPostgres:
		return fmt.Errorf("the database server is PostgreSQL %d: %d or later is needed", version, oldestPostgres)
	case encoding != "UTF8":
		return fmt.Errorf("the PostgreSQL database is in %s: make one in UTF-8 (createdb --encoding=UTF8 --template=template0)", encoding)
	case fsync != "on" && log != nil:
		log.Warn("PostgreSQL runs with fsync=off: what is confirmed is lost when its machine fails")
	}
	return nil
}

// postgresSchemas are the schemas as PostgreSQL takes them. They are written for SQLite, which lets
// stand what it does not know, and differ in three things. Text is compared byte by byte, as
// SQLite does. Each but the first, which makes the tables, has writers wait: they begin with a row of groups or of users,
// and hold nothing else then.
type postgresSchemas struct{ fs.FS }

// Open opens a schema.
func (s postgresSchemas) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	defer func() { _ = f.Close() }() // it was read only
	text, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(name, "00001") {
		text = bytes.Replace(text, []byte("-- +goose Up\n"), []byte("-- +goose Up\nLOCK TABLE groups, users IN EXCLUSIVE MODE;\n"), 1)
	}
	return &schemaFile{strings.NewReader(strings.NewReplacer(
		" WITHOUT ROWID", "",
		" INTEGER NOT NULL PRIMARY KEY", " BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
		" TEXT ", ` TEXT COLLATE "C" `,
		" TEXT,", ` TEXT COLLATE "C",`,
	).Replace(string(text))), info}, nil
}

// schemaFile is a file of it.
type schemaFile struct {
	*strings.Reader
	info fs.FileInfo
}

// Stat implements fs.File.
func (f *schemaFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close implements fs.File.
func (f *schemaFile) Close() error { return nil }

// raw runs fn on the driver's own connection.
func (s *session) raw(fn func(*pgx.Conn) error) error {
	return s.conn.Raw(func(driver any) error { return fn(driver.(*stdlib.Conn).Conn()) })
}

// until bounds how long whatever the connection does from now on may take. After that it is lost.
func (s *session) until(end time.Time) error {
	return s.raw(func(c *pgx.Conn) error { return c.PgConn().Conn().SetDeadline(end) })
}

// hurry is before each statement of a batch. Where the way to the server swallows everything, the batch ends when
// the first answer to its callers is due. While the server answers, the batch goes on until its own end: one that is
// given up was work in vain.
func (s *session) hurry() error {
	if s.end.IsZero() { // a reader's
		return nil
	}
	by := time.Now().Add(s.patience)
	if s.due.After(by) {
		by = s.due
	}
	if s.due.IsZero() || by.After(s.end) {
		by = s.end
	}
	return s.until(by)
}

// pipeline is run in one round trip.
func (s *session) pipeline(all []statement) (i int, changed []int64, err error) {
	if err := s.hurry(); err != nil {
		return 0, nil, err
	}
	var b pgx.Batch
	for _, st := range all {
		b.Queue(st.text, st.args...)
	}
	changed = make([]int64, len(all))
	err = s.raw(func(c *pgx.Conn) error {
		results := c.SendBatch(context.Background(), &b)
		for i = range all {
			tag, err := results.Exec()
			if err != nil {
				_ = results.Close() // says the same
				return err
			}
			changed[i] = tag.RowsAffected()
		}
		return results.Close()
	})
	return i, changed, err
}

// beginLocked begins a transaction for commands of a key with a lock on the row that the
// key names, so that no other node runs commands of that key meanwhile. The row is known from then on.
func beginLocked(t *tx, key zikr.Key) error {
	var b pgx.Batch
	b.Queue(t.engine.write)
	b.Queue("SELECT pg_current_xact_id()::text").QueryRow(func(r pgx.Row) error { return r.Scan(&t.number) })
	switch key {
	case zikr.GroupKey(key.ID):
		b.Queue(`SELECT `+groupColumns+` FROM groups g WHERE g.id = $1 FOR NO KEY UPDATE`, key.ID).QueryRow(func(r pgx.Row) error {
			return learn(r, &t.known.groups, key.ID, scanGroup)
		})
	case zikr.UserKey(key.ID):
		b.Queue(`SELECT `+userColumns+` FROM users WHERE id = $1 FOR NO KEY UPDATE`, key.ID).QueryRow(func(r pgx.Row) error {
			t.held[key.ID], t.claimed[key.ID] = true, true
			return learn(r, &t.known.users, key.ID, scanUser)
		})
	}
	t.db.end = time.Now().Add(writePatience)
	if err := t.db.until(t.db.end); err != nil {
		return err
	}
	return t.db.raw(func(c *pgx.Conn) error { return c.SendBatch(context.Background(), &b).Close() })
}

// learn makes a row known that is locked, if there is one.
func learn[V comparable](r row, known *rows[string, V], id string, scan func(row, *V) error) error {
	var v V
	err := scan(r, &v)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		known.put(id, v)
	}
	return err
}

// commitPostgres commits. The server has until the batch's end for it, whoever waits. Only an error that the
// server has answered with, on a connection that stays, is certain: what the driver says of a connection that is
// lost does not tell whether the COMMIT had been sent (pgconn.SafeToRetry, too, is true when only the answer was lost).
func (s *session) commitPostgres() error {
	if err := s.until(s.end); err != nil {
		return err
	}
	return s.raw(func(c *pgx.Conn) error {
		done, err := c.Exec(context.Background(), "COMMIT")
		if err == nil && done.String() != "COMMIT" {
			return errRolledBack
		}
		var p *pgconn.PgError
		if err == nil || (errors.As(err, &p) && !c.IsClosed()) {
			return err
		}
		return &doubt{err}
	})
}

// isCommitted asks for the outcome of a transaction. It fails with errForgotten if the database does not
// know any more.
//
// A server that crashes gives the numbers of transactions that had not reached its disk to others that come
// later: that one is committed under the number says only that one is.
func isCommitted(db *sql.DB, t *tx, run string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), connectPatience)
	defer cancel()
	var status sql.NullString
	if err := db.QueryRowContext(ctx, "SELECT pg_xact_status($1::text::xid8)", t.number).Scan(&status); err != nil {
		return false, describe("ask for the outcome of a commit", err)
	}
	switch status.String {
	case "aborted":
		return false, nil
	case "committed":
		return isStored(ctx, db, t, run)
	case "in progress":
		return false, errors.New("the commit is still under way")
	default:
		return false, errForgotten
	}
}

// isStored reports whether what is committed under the transaction's number is that transaction: its first
// event tells, or, if it has none, that the server has not crashed.
func isStored(ctx context.Context, db *sql.DB, t *tx, run string) (bool, error) {
	if len(t.events) == 0 {
		now, err := serverRun(ctx, db)
		if err == nil && now != run {
			err = errForgotten
		}
		return err == nil, err
	}
	var e zikr.Event
	want := t.events[0]
	err := scanEvent(db.QueryRowContext(ctx, `SELECT `+eventColumns+` FROM events WHERE group_id = $1 AND seq = $2`, want.GroupID, want.Seq), &e)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, describe("look for what was committed", err)
	}
	return e.Name == want.Name && e.At.Equal(want.At) && bytes.Equal(e.Data, want.Data), nil
}

// serverRun is when the server was started, and when it last recovered from a crash, which clears its statistics.
func serverRun(ctx context.Context, from interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (run string, err error) {
	const when = "SELECT pg_postmaster_start_time()::text || ' ' || COALESCE((pg_stat_get_wal()).stats_reset::text, '')"
	if err := from.QueryRowContext(ctx, when).Scan(&run); err != nil {
		return "", describe("ask since when the server runs", err)
	}
	return run, nil
}

// Alone runs what one node at a time should do, unless another one is doing it.
func (s *Store) Alone(ctx context.Context, run func(context.Context) error) error {
	if !s.readers.engine.shared {
		return run(ctx)
	}
	turn, err := openSession(ctx, s.readers.db)
	if err != nil {
		return describe("find out whether it is this node's turn", err)
	}
	defer turn.discard() // which ends the lock too, as soon as the server notices
	var mine bool
	if err := turn.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(janitorLock)).Scan(&mine); err != nil {
		return describe("find out whether it is this node's turn", err)
	}
	if !mine {
		return nil
	}
	defer turn.unlock(ctx)
	return run(ctx)
}

// unlock gives the turn to the next node at once. If it fails, the lock ends with the connection.
func (s *session) unlock(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectPatience)
	defer cancel()
	_, _ = s.conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(janitorLock))
}
