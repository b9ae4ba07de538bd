package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zikr-app/zikr"
)

// TableRows is how many rows of a table were looked at.
type TableRows struct {
	Table string
	Rows  int64
}

// tables are all that hold data, in the order in which they refer to each other.
func tables() []string {
	return []string{"users", "groups", "members", "hatms", "bookings", "zikrs", "shares", "counts", "days", "member_days",
		"events", "notifications", "notices", "notice_reads", "links", "link_uses", "bans", "budgets", "sessions", "blocks", "acts", "departures"}
}

// Check reads the whole database, in one committed state, and proves that what it
// says in one place agrees with what it says in every other (check_rules.go). tell gets a
// sentence for each violation, with the ids that it is about. The rows are streamed: memory
// stays small, and where SQLite must sort it uses files in TMPDIR.
//
// An error means that the check could not be made.
func (r *ReadOnly) Check(ctx context.Context, tell func(violation string)) ([]TableRows, error) {
	s, err := openSession(ctx, r.readers.db)
	if err != nil {
		return nil, describe("check the database", err)
	}
	defer s.discard()
	prepare, structure := []string{"PRAGMA temp_store = FILE", r.readers.engine.read}, (*checker).structure
	if r.readers.engine.shared {
		prepare, structure = prepare[1:], (*checker).structurePostgres
	}
	for _, text := range prepare {
		if _, err := s.exec(text); err != nil {
			return nil, describe("begin to check", err)
		}
	}
	return (&checker{ctx: ctx, db: s, tell: tell}).prove(structure)
}

// checker is one check.
type checker struct {
	ctx  context.Context
	db   *session
	tell func(violation string)
}

// prove applies all rules, the engine's own first.
func (c *checker) prove(structure func(*checker)) ([]TableRows, error) {
	structure(c)
	for _, step := range []func(){c.rows, c.accounts, c.departures, c.groupKeys, c.countKeys, c.totals} {
		if step(); c.ctx.Err() != nil {
			return nil, fmt.Errorf("check: %w", c.ctx.Err())
		}
	}
	return c.countRows()
}

// each calls row for every row of a query. What cannot be read is a violation too, and
// does not end the check: the other rules may tell more.
func (c *checker) each(query string, args []any, row func(*sql.Rows) error) {
	if err := c.stream(query, args, row); err != nil && c.ctx.Err() == nil {
		c.tell(fmt.Sprintf("unreadable: %v (in %s)", describe("read", err), strings.Join(strings.Fields(query), " ")))
	}
}

func (c *checker) stream(query string, args []any, row func(*sql.Rows) error) error {
	rows, err := c.db.query(c.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rule finds violations: each row that its query returns is one, told with the
// sentence, which has one %s for each column.
type rule struct {
	sentence string
	query    string
	args     []any
}

func (c *checker) apply(r rule) {
	columns := strings.Count(r.sentence, "%s")
	values, pointers, texts := make([]any, columns), make([]any, columns), make([]any, columns)
	for i := range values {
		pointers[i] = &values[i]
	}
	c.each(r.query, r.args, func(rows *sql.Rows) error {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		for i, v := range values {
			texts[i] = show(v)
		}
		c.tell(fmt.Sprintf(r.sentence, texts...))
		return nil
	})
}

// show makes a value readable: what could break a line, or be taken for a word of the sentence, is quoted.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		if quoted := strconv.Quote(v); v == "" || strings.ContainsRune(v, ' ') || len(quoted) != len(v)+2 {
			return quoted
		}
		return v
	default:
		return fmt.Sprintf("%v", v)
	}
}

// structure asks SQLite whether the file is in good order.
func (c *checker) structure() {
	c.each("PRAGMA integrity_check(1000)", nil, func(rows *sql.Rows) error {
		var finding string
		err := rows.Scan(&finding)
		if err == nil && finding != "ok" {
			c.tell("the file is damaged: " + finding)
		}
		return err
	})
	c.apply(rule{"rows of %s that refer to rows of %s that are not there: %s", `SELECT "table", parent, COUNT(*)
		FROM pragma_foreign_key_check GROUP BY "table", parent`, nil})
}

// structurePostgres asks PostgreSQL for indexes and constraints that do not hold. Whether its files are
// in good order, its own checksums tell.
func (c *checker) structurePostgres() {
	c.apply(rule{"the index %s is not valid: REINDEX it", `SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT (i.indisvalid AND i.indisready)`, nil})
	c.apply(rule{"the constraint %s is not validated", `SELECT conname::text FROM pg_constraint
		WHERE connamespace = current_schema()::regnamespace AND NOT convalidated`, nil})
}

// rows finds rows that refer to what is not there, and those that break a promise of the domain.
func (c *checker) rows() {
	for _, r := range append(referenceRules(), rules()...) {
		c.apply(r)
	}
}

// accounts holds users to what the program makes of their names and addresses.
func (c *checker) accounts() {
	c.each(`SELECT `+userColumns+`, full_key, surname_key FROM users`, nil, func(rows *sql.Rows) error {
		var u zikr.User
		var fullKey, surnameKey string
		var all joined
		if err := errors.Join(scanUser(&all, &u), rows.Scan(append(all, &fullKey, &surnameKey)...)); err != nil {
			return err
		}
		if !u.HasNormalAddresses() {
			c.tell(fmt.Sprintf("user %s: the email or the phone is not in the form in which addresses are compared", show(u.ID)))
		}
		if full, surname := userKeys(u); fullKey != full || surnameKey != surname {
			c.tell(fmt.Sprintf("user %s cannot be found by name: the key for searches is not made of the name", show(u.ID)))
		}
		return nil
	})
}

// departures holds accounts that came back to what is noted of their earlier lives: the tokens of those must not be
// good for them.
func (c *checker) departures() {
	departed := map[string]zikr.Departure{}
	c.each(`SELECT subject_key, token_version, gone_at FROM departures`, nil, func(rows *sql.Rows) error {
		var d zikr.Departure
		err := scanDeparture(rows, &d)
		departed[d.SubjectKey] = d
		return err
	})
	c.each(`SELECT `+userColumns+` FROM users WHERE external AND NOT deleted`, nil, func(rows *sql.Rows) error {
		var u zikr.User
		err := scanUser(rows, &u)
		if d, came := departed[u.Subject()]; err == nil && came && !u.CameAfter(d) {
			c.tell(fmt.Sprintf("user %s came back, and tokens of the account that was deleted are good again", show(u.ID)))
		}
		return err
	})
}

// groupKeys holds the groups' keys for searches to their names.
func (c *checker) groupKeys() {
	c.each(`SELECT id, name, name_key FROM groups`, nil, func(rows *sql.Rows) error {
		var id, name, key string
		err := rows.Scan(&id, &name, &key)
		if err == nil && key != zikr.SearchKey(name) {
			c.tell(fmt.Sprintf("group %s cannot be found by name: the key for searches is not made of the name", show(id)))
		}
		return err
	})
}

// countKeys holds the keys by which an opId is remembered to the opIds.
func (c *checker) countKeys() {
	c.each(`SELECT id, COALESCE(by_id, user_id), COALESCE(op_id, ''), user_key, op_key FROM counts`, nil, func(rows *sql.Rows) error {
		var id, makerID, opID string
		var user int64
		var key sql.RawBytes
		if err := rows.Scan(&id, &makerID, &opID, &user, &key); err != nil {
			return err
		}
		wantUser, want := opKey(makerID, opID)
		if user != wantUser || string(key) != string(want) {
			c.tell(fmt.Sprintf("counting %s of user %s is not remembered by its opId %s: its key is another's", show(id), show(makerID), show(opID)))
		}
		return nil
	})
}

// countRows says how much was looked at.
func (c *checker) countRows() ([]TableRows, error) {
	var all []TableRows
	for _, table := range tables() {
		n := TableRows{Table: table}
		err := c.stream("SELECT COUNT(*) FROM "+table, nil, func(rows *sql.Rows) error { return rows.Scan(&n.Rows) })
		if err != nil {
			return nil, describe("count the rows of "+table, err)
		}
		all = append(all, n)
	}
	return all, nil
}
