package sqlstore

import (
	"time"

	"github.com/zikr-app/zikr"
)

const actColumns = `id, act, actor_id, user_id, group_id, created_at`

func scanAct(r row, a *zikr.Act) error {
	return r.Scan(&a.ID, &a.Kind, &a.ActorID, &a.UserID, &a.GroupID, (*moment)(&a.At))
}

// Acts implements zikr.ActReader.
func (r *reader) Acts(page zikr.Page) ([]zikr.Act, error) {
	return list(r, "list acts", scanAct, `SELECT `+actColumns+` FROM acts WHERE id < $1 ORDER BY id DESC LIMIT $2`, before(page.Cursor), page.Limit)
}

// ActsOn implements zikr.ActReader.
func (r *reader) ActsOn(userID string) ([]zikr.Act, error) {
	return list(r, "list acts on user", scanAct, `SELECT `+actColumns+` FROM acts WHERE user_id = $1 ORDER BY id DESC`, userID)
}

// ActsBy implements zikr.ActReader.
func (r *reader) ActsBy(userID string) ([]zikr.Act, error) {
	return list(r, "list acts of user", scanAct, `SELECT `+actColumns+` FROM acts WHERE actor_id = $1 ORDER BY id DESC`, userID)
}

// InsertAct implements zikr.ActWriter.
func (t *tx) InsertAct(a zikr.Act) error {
	_, err := t.exec("insert act", `INSERT INTO acts (`+actColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`,
		a.ID, string(a.Kind), a.ActorID, a.UserID, a.GroupID, millis(a.At))
	return err
}

// DeleteActs implements zikr.RetentionWriter.
func (t *tx) DeleteActs(before time.Time, limit int) (int, error) {
	return t.remove("remove old acts", `DELETE FROM acts WHERE id IN (SELECT id FROM acts
		WHERE created_at < $1 ORDER BY created_at LIMIT $2)`, millis(before), limit)
}
