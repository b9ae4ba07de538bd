package sqlstore

import (
	"errors"
	"time"

	"github.com/zikr-app/zikr"
)

const userColumns = `id, name, surname, email, phone, password_hash, token_version, kept_token_id, created_at, deleted, is_guest,
	time_zone, locale, reminder_hour, remind_of, remind_at, reminded_on, hidden, suspended, is_admin, external, foreign_after, of_group`

func scanUser(r row, u *zikr.User) error { return r.Scan(userFields(u)...) }

// userFields are where the columns of an account go.
func userFields(u *zikr.User) []any {
	return []any{
		&u.ID, &u.Name, &u.Surname, &u.Email, &u.Phone, &u.PasswordHash, &u.TokenVersion, &u.KeptTokenID, (*moment)(&u.CreatedAt), &u.Deleted, &u.IsGuest,
		&u.TimeZone, &u.Locale, (*reminderHour)(&u.Settings), (*reminderTopics)(&u.Settings), (*moment)(&u.RemindAt), &u.RemindedOn,
		&u.Hidden, &u.Suspended, &u.IsAdmin, &u.External, (*moment)(&u.ForeignAfter), &u.GroupID,
	}
}

// User implements zikr.UserReader.
func (r *reader) User(id string) (*zikr.User, error) {
	return one(r, "read user", scanUser, `SELECT `+userColumns+` FROM users WHERE id = $1`, id)
}

// Users implements zikr.UserReader.
func (r *reader) Users(ids []string) ([]zikr.User, error) {
	return list(r, "read users", scanUser, `SELECT `+userColumns+` FROM users WHERE id IN `+among, padded(ids)...)
}

// UserByEmail implements zikr.UserReader.
func (r *reader) UserByEmail(email string) (*zikr.User, error) {
	return one(r, "find user by email", scanUser,
		`SELECT `+userColumns+` FROM users WHERE email = $1 AND email <> ''`, email)
}

// UserByPhone implements zikr.UserReader.
func (r *reader) UserByPhone(phone string) (*zikr.User, error) {
	return one(r, "find user by phone", scanUser,
		`SELECT `+userColumns+` FROM users WHERE phone = $1 AND phone <> ''`, phone)
}

// RemindersDue implements zikr.UserReader.
func (r *reader) RemindersDue(by time.Time, after zikr.DueReminder, limit int) ([]zikr.DueReminder, error) {
	return list(r, "find reminders that are due", scanReminder, `SELECT remind_at, id FROM users
		WHERE remind_at IS NOT NULL AND remind_at <= $1 AND (remind_at, id) > ($2, $3) ORDER BY remind_at, id LIMIT $4`, millis(by), beginning(after.RemindAt), after.UserID, limit)
}

func scanReminder(r row, d *zikr.DueReminder) error { return r.Scan((*moment)(&d.RemindAt), &d.UserID) }

// UsersByName implements zikr.UserReader, in the order of the full names. Each
// half of the union reads no more than limit rows of an index. Whose name
// begins with the prefix is found by the full name.
func (r *reader) UsersByName(prefix string, limit int) ([]zikr.User, error) {
	return r.byName(prefix, false, limit)
}

// AccountsByName implements zikr.UserReader.
func (r *reader) AccountsByName(prefix string, limit int) ([]zikr.User, error) {
	return r.byName(prefix, true, limit)
}

func (r *reader) byName(prefix string, all bool, limit int) ([]zikr.User, error) {
	const query = `SELECT ` + userColumns + ` FROM users WHERE id IN (
		SELECT id FROM (SELECT id FROM users
			WHERE full_key >= $1 AND full_key < $2 AND NOT deleted AND ($4 OR NOT (is_guest OR suspended OR of_group <> '')) ORDER BY full_key LIMIT $3) AS a
		UNION SELECT id FROM (SELECT id FROM users
			WHERE surname_key >= $1 AND surname_key < $2 AND NOT deleted AND ($4 OR NOT (is_guest OR suspended OR of_group <> '')) ORDER BY surname_key LIMIT $3) AS b)
		ORDER BY full_key, id LIMIT $3`
	key := zikr.SearchKey(prefix)
	return list(r, "find users by name", scanUser, query, key, key+last, limit, all)
}

// AllUsers implements zikr.UserReader.
func (r *reader) AllUsers(page zikr.Page) ([]zikr.User, error) {
	return list(r, "list users", scanUser, `SELECT `+userColumns+` FROM users WHERE id < $1 AND NOT deleted
		ORDER BY id DESC LIMIT $2`, before(page.Cursor), page.Limit)
}

// User implements zikr.UserReader.
func (t *tx) User(id string) (*zikr.User, error) {
	k, err := t.known.users.get(id, t.direct.User)
	if err != nil {
		return nil, err
	}
	u := k.value
	return &u, nil
}

// HoldUser implements zikr.UserWriter.
func (t *tx) HoldUser(id string) (*zikr.User, error) {
	if !t.engine.shared || t.held[id] {
		return t.User(id)
	}
	return t.lockUser("hold user", `SELECT `+userColumns+` FROM users WHERE id = $1 FOR SHARE`, id)
}

// ClaimUser implements zikr.UserWriter.
func (t *tx) ClaimUser(id string) (*zikr.User, error) {
	if !t.engine.shared || t.claimed[id] {
		return t.User(id)
	}
	u, err := t.lockUser("claim user", `SELECT `+userColumns+` FROM users WHERE id = $1 FOR NO KEY UPDATE`, id)
	t.claimed[id] = err == nil
	return u, err
}

// lockUser reads a user's row with a lock, which ends with the transaction.
func (t *tx) lockUser(op, query, id string) (*zikr.User, error) {
	u, err := one(&t.direct, op, scanUser, query, id)
	if err != nil {
		return nil, err
	}
	t.held[id] = true
	t.known.users.put(id, *u)
	return u, nil
}

// InsertUser implements zikr.UserWriter.
func (t *tx) InsertUser(u zikr.User) error {
	if err := t.addressesFree(u); err != nil {
		return err
	}
	_, err := t.exec("insert user", `INSERT INTO users
		(id, name, surname, full_key, surname_key, email, phone, password_hash, token_version, kept_token_id, created_at, deleted, is_guest,
		time_zone, locale, reminder_hour, remind_of, remind_at, reminded_on, hidden, suspended, is_admin, external, foreign_after, of_group)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`, userArgs(u)...)
	return t.keepUser(u, err)
}

// UpdateUser implements zikr.UserWriter.
func (t *tx) UpdateUser(u zikr.User) error {
	if err := t.addressesFree(u); err != nil {
		return err
	}
	err := t.execOne("update user", `UPDATE users SET
		name = $2, surname = $3, full_key = $4, surname_key = $5, email = $6, phone = $7, password_hash = $8,
		token_version = $9, kept_token_id = $10, created_at = $11, deleted = $12, is_guest = $13,
		time_zone = $14, locale = $15, reminder_hour = $16, remind_of = $17, remind_at = $18, reminded_on = $19,
		hidden = $20, suspended = $21, is_admin = $22, external = $23, foreign_after = $24, of_group = $25 WHERE id = $1`, userArgs(u)...)
	return t.keepUser(u, err)
}

// userKeys are the keys that a user is found by.
func userKeys(u zikr.User) (full, surname string) {
	return zikr.SearchKey(u.Name + " " + u.Surname), zikr.SearchKey(u.Surname)
}

func userArgs(u zikr.User) []any {
	full, surname := userKeys(u)
	return []any{u.ID, u.Name, u.Surname, full, surname, u.Email, u.Phone,
		u.PasswordHash, u.TokenVersion, u.KeptTokenID, millis(u.CreatedAt), u.Deleted, u.IsGuest,
		u.TimeZone, u.Locale, hourOf(u.Settings), topicsOf(u.Settings), millis(u.RemindAt), int64(u.RemindedOn),
		u.Hidden, u.Suspended, u.IsAdmin, u.External, millis(u.ForeignAfter), u.GroupID}
}

func (t *tx) keepUser(u zikr.User, err error) error {
	if err != nil {
		return err
	}
	u.CreatedAt, u.RemindAt, u.ForeignAfter = stored(u.CreatedAt), stored(u.RemindAt), stored(u.ForeignAfter)
	t.known.users.put(u.ID, u)
	return nil
}

// addressesFree fails if another account has the email or the phone.
func (t *tx) addressesFree(u zikr.User) error {
	email, err := t.direct.UserByEmail(u.Email)
	if err := taken(email, err, u.ID, zikr.Errorf(zikr.CodeEmailTaken, "The email %s is taken.", u.Email)); err != nil {
		return err
	}
	phone, err := t.direct.UserByPhone(u.Phone)
	return taken(phone, err, u.ID, zikr.Errorf(zikr.CodePhoneTaken, "The phone %s is taken.", u.Phone))
}

func taken(holder *zikr.User, err error, id string, answer *zikr.Error) error {
	switch {
	case errors.Is(err, zikr.ErrNotFound):
		return nil
	case err != nil:
		return err
	case holder.ID != id:
		return answer
	default:
		return nil
	}
}
