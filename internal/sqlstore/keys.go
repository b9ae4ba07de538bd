package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/zikr-app/zikr"
)

// keysVersion is the schema since which people and groups are found by the keys of today.
const keysVersion = 6

// keysStep is how many rows are read at a time, and written in one transaction at most.
const keysStep = 500

// rekey writes anew what people and groups are found by, where another release wrote it: keys for
// searches, emails and phones. It works in small transactions, beside whoever uses the database: a row that is
// changed meanwhile is left to whoever changed it. What was done stays done, and it can be called again.
func rekey(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	for _, table := range []func(ctx context.Context, db *sql.DB, after string, log *slog.Logger) (last string, err error){rekeyUsers, rekeyGroups} {
		for after, more := "", true; more; {
			last, err := table(ctx, db, after, log)
			if err != nil {
				return describe("write the keys for searches anew", err)
			}
			after, more = last, last != ""
		}
	}
	return nil
}

// rekeyUsers does a step of the users after an id. It returns the last id, "" at the end.
func rekeyUsers(ctx context.Context, db *sql.DB, after string, log *slog.Logger) (last string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT id, name, surname, email, phone, full_key, surname_key FROM users
		WHERE id > $1 ORDER BY id LIMIT $2`, after, keysStep)
	if err != nil {
		return "", err
	}
	users, err := collect(rows, func(r row, u *keyedUser) error {
		return r.Scan(&u.ID, &u.Name, &u.Surname, &u.Email, &u.Phone, &u.fullKey, &u.surnameKey)
	})
	if err != nil || len(users) == 0 {
		return "", err
	}
	last = users[len(users)-1].ID
	return last, inTransaction(ctx, db, func(tx *sql.Tx) error {
		for _, u := range users {
			if err := u.rekey(ctx, tx, log); err != nil {
				return fmt.Errorf("user %s: %w", u.ID, err)
			}
		}
		return nil
	})
}

// keyedUser is a user with the keys that are stored.
type keyedUser struct {
	zikr.User
	fullKey, surnameKey string
}

// rekey writes the user's keys and addresses anew, if they are not what they should be.
func (u keyedUser) rekey(ctx context.Context, tx *sql.Tx, log *slog.Logger) error {
	is := u
	is.fullKey, is.surnameKey = userKeys(u.User)
	is.Email, is.Phone = u.NormalAddresses()
	emailFree, err := free(ctx, tx, "email", is.Email, u.Email)
	if err != nil {
		return err
	}
	phoneFree, err := free(ctx, tx, "phone", is.Phone, u.Phone)
	if err != nil {
		return err
	}
	if !emailFree {
		is.Email = u.Email
	}
	if !phoneFree {
		is.Phone = ""
	}
	if is == u {
		return nil
	}
	if is.Phone == "" && u.Phone != "" {
		log.Warn("two accounts had one phone, written in two ways: the later one has lost it, and logs in by email", "user", u.ID)
	}
	_, err = tx.ExecContext(ctx, `UPDATE users SET full_key = $2, surname_key = $3, email = $4, phone = $5
		WHERE id = $1 AND name = $6 AND surname = $7 AND email = $8 AND phone = $9`,
		u.ID, is.fullKey, is.surnameKey, is.Email, is.Phone, u.Name, u.Surname, u.Email, u.Phone)
	return err
}

// free tells whether nobody else has the normal form of an address.
func free(ctx context.Context, tx *sql.Tx, column, normal, was string) (bool, error) {
	if normal == was {
		return true, nil
	}
	var id string
	err := tx.QueryRowContext(ctx, `SELECT id FROM users WHERE `+column+` = $1 AND `+column+` <> ''`, normal).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, err
}

// rekeyGroups does a step of the groups after an id. It returns the last id, "" at the end.
func rekeyGroups(ctx context.Context, db *sql.DB, after string, _ *slog.Logger) (last string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT id, name, name_key FROM groups WHERE id > $1 ORDER BY id LIMIT $2`, after, keysStep)
	if err != nil {
		return "", err
	}
	type keyedGroup struct{ id, name, key string }
	groups, err := collect(rows, func(r row, g *keyedGroup) error { return r.Scan(&g.id, &g.name, &g.key) })
	if err != nil || len(groups) == 0 {
		return "", err
	}
	last = groups[len(groups)-1].id
	return last, inTransaction(ctx, db, func(tx *sql.Tx) error {
		for _, g := range groups {
			key := zikr.SearchKey(g.name)
			if key == g.key {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE groups SET name_key = $2 WHERE id = $1 AND name = $3`, g.id, key, g.name); err != nil {
				return fmt.Errorf("group %s: %w", g.id, err)
			}
		}
		return nil
	})
}

// inTransaction runs fn in one transaction.
func inTransaction(ctx context.Context, db *sql.DB, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
