package sqlstore

import (
	"errors"

	"github.com/zikr-app/zikr"
)

const userColumns = `id, name, surname, email, phone, password_hash, token_version, kept_token_id, created_at, deleted, is_guest, of_group,
	time_zone, locale, reminder_hour, remind_of, remind_at, reminded_on`

func scanUser(r row, u *zikr.User) error {
	return r.Scan(&u.ID, &u.Name, &u.Surname, &u.Email, &u.Phone, &u.PasswordHash,
		&u.TokenVersion, &u.KeptTokenID, (*moment)(&u.CreatedAt), &u.Deleted, &u.IsGuest, &u.GroupID,
		&u.TimeZone, &u.Locale, (*reminderHour)(&u.UserSettings), (*reminderTopics)(&u.UserSettings), (*moment)(&u.RemindAt), &u.RemindedOn)
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

// UsersByName implements zikr.UserReader, in the order of the full names. Each
// half of the union reads no more than limit rows of an index. Whose name
// begins with the prefix is found by the full name.
func (r *reader) UsersByName(prefix string, limit int) ([]zikr.User, error) {
	const query = `SELECT ` + userColumns + ` FROM users WHERE id IN (
		SELECT id FROM (SELECT id FROM users
			WHERE full_key >= $1 AND full_key < $2 AND NOT deleted AND NOT is_guest AND of_group = '' ORDER BY full_key LIMIT $3) AS a
		UNION SELECT id FROM (SELECT id FROM users
			WHERE surname_key >= $1 AND surname_key < $2 AND NOT deleted AND NOT is_guest AND of_group = '' ORDER BY surname_key LIMIT $3) AS b)
		ORDER BY full_key, id LIMIT $3`
	key := zikr.SearchKey(prefix)
	return list(r, "find users by name", scanUser, query, key, key+last, limit)
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
	u, err := one(&t.direct, "hold user", scanUser, `SELECT `+userColumns+` FROM users WHERE id = $1 FOR SHARE`, id)
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
		(id, name, surname, full_key, surname_key, email, phone, password_hash, token_version, kept_token_id, created_at, deleted, is_guest, of_group,
		time_zone, locale, reminder_hour, remind_of, remind_at, reminded_on)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`, userArgs(u)...)
	return t.keepUser(u, err)
}

// UpdateUser implements zikr.UserWriter.
func (t *tx) UpdateUser(u zikr.User) error {
	if err := t.addressesFree(u); err != nil {
		return err
	}
	err := t.execOne("update user", `UPDATE users SET
		name = $2, surname = $3, full_key = $4, surname_key = $5, email = $6, phone = $7, password_hash = $8,
		token_version = $9, kept_token_id = $10, created_at = $11, deleted = $12, is_guest = $13, of_group = $14,
		time_zone = $15, locale = $16, reminder_hour = $17, remind_of = $18, remind_at = $19, reminded_on = $20 WHERE id = $1`, userArgs(u)...)
	return t.keepUser(u, err)
}

// userKeys are the keys that a user is found by.
func userKeys(u zikr.User) (full, surname string) {
	return zikr.SearchKey(u.Name + " " + u.Surname), zikr.SearchKey(u.Surname)
}

func userArgs(u zikr.User) []any {
	full, surname := userKeys(u)
	return []any{u.ID, u.Name, u.Surname, full, surname, u.Email, u.Phone,
		u.PasswordHash, u.TokenVersion, u.KeptTokenID, millis(u.CreatedAt), u.Deleted, u.IsGuest, u.GroupID,
		u.TimeZone, u.Locale, hourOf(u.UserSettings), topicsOf(u.UserSettings), millis(u.RemindAt), int64(u.RemindedOn)}
}

func (t *tx) keepUser(u zikr.User, err error) error {
	if err != nil {
		return err
	}
	u.CreatedAt, u.RemindAt = stored(u.CreatedAt), stored(u.RemindAt)
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
