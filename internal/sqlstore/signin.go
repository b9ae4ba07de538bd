package sqlstore

import (
	"strings"
	"time"

	"github.com/zikr-app/zikr"
)

const logInColumns = `s.id, s.user_id, s.device, s.token_version, s.created_at, s.seen_at, s.expires_at`

func scanLogIn(r row, l *zikr.LogIn) error {
	return r.Scan(&l.ID, &l.UserID, &l.Device, &l.Version, (*moment)(&l.MadeAt), (*moment)(&l.SeenAt), (*moment)(&l.ExpiresAt))
}

// bearer is an account and a session of it; the session's id is "" if there is none.
type bearer struct {
	user  zikr.User
	logIn zikr.LogIn
}

func scanBearer(r row, h *bearer) error {
	l := &h.logIn
	return r.Scan(append(userFields(&h.user),
		&l.ID, &l.UserID, &l.Device, &l.Version, (*moment)(&l.MadeAt), (*moment)(&l.SeenAt), (*moment)(&l.ExpiresAt))...)
}

var holderQuery = `SELECT ` + of("u", userColumns) + `,
	COALESCE(s.id, ''), COALESCE(s.user_id, ''), COALESCE(s.device, ''), COALESCE(s.token_version, 0), s.created_at, s.seen_at, s.expires_at
	FROM users u LEFT JOIN sessions s ON s.id = $2 AND s.user_id = u.id WHERE u.id = $1`

// of names the columns of a list as those of a table.
func of(table, columns string) string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = table + "." + strings.TrimSpace(name)
	}
	return strings.Join(names, ", ")
}

// Holder implements zikr.LogInReader.
func (r *reader) Holder(userID, sessionID string) (*zikr.User, *zikr.LogIn, error) {
	if sessionID == "" {
		u, err := r.User(userID)
		return u, nil, err
	}
	h, err := one(r, "read user and session", scanBearer, holderQuery, userID, sessionID)
	if err != nil {
		return nil, nil, err
	}
	if h.logIn.ID == "" {
		return &h.user, nil, nil
	}
	return &h.user, &h.logIn, nil
}

// LogIns implements zikr.LogInReader.
func (r *reader) LogIns(ids []string) ([]zikr.LogIn, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return list(r, "read sessions", scanLogIn, `SELECT `+logInColumns+` FROM sessions s WHERE s.id IN `+among, padded(ids)...)
}

// LogInsOf implements zikr.LogInReader.
func (r *reader) LogInsOf(userID string) ([]zikr.LogIn, error) {
	return list(r, "list sessions of user", scanLogIn, `SELECT `+logInColumns+` FROM sessions s WHERE s.user_id = $1 ORDER BY s.id DESC`, userID)
}

// InsertLogIn implements zikr.LogInWriter.
func (t *tx) InsertLogIn(l zikr.LogIn) error {
	_, err := t.exec("insert session", `INSERT INTO sessions (id, user_id, device, token_version, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, logInArgs(l)...)
	return err
}

// UpdateLogIn implements zikr.LogInWriter.
func (t *tx) UpdateLogIn(l zikr.LogIn) error {
	return t.execOne("update session", `UPDATE sessions SET user_id = $2, device = $3, token_version = $4, created_at = $5,
		seen_at = $6, expires_at = $7 WHERE id = $1`, logInArgs(l)...)
}

func logInArgs(l zikr.LogIn) []any {
	return []any{l.ID, l.UserID, l.Device, l.Version, millis(l.MadeAt), millis(l.SeenAt), millis(l.ExpiresAt)}
}

// SeeLogIn implements zikr.LogInWriter. The account comes first, as in the commands of the user, which would else wait
// for each other with this one.
func (t *tx) SeeLogIn(id string, at time.Time) error {
	if err := t.seeGuest(id, at); err != nil {
		return err
	}
	_, err := t.exec("note that a session was used", `UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, id, millis(at))
	return err
}

// DeleteLogIn implements zikr.LogInWriter.
func (t *tx) DeleteLogIn(id string) error {
	_, err := t.exec("delete session", `DELETE FROM sessions WHERE id = $1`, id)
	return err
}

// DeleteLogInsOf implements zikr.LogInWriter.
func (t *tx) DeleteLogInsOf(userID, exceptID string) error {
	_, err := t.exec("delete sessions", `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, userID, exceptID)
	return err
}

// DeleteLogIns implements zikr.RetentionWriter.
func (t *tx) DeleteLogIns(before time.Time, limit int) (int, error) {
	return t.remove("remove old sessions", `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions
		WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, millis(before), limit)
}
