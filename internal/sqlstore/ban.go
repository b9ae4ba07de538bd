package sqlstore

import "github.com/zikr-app/zikr"

func scanBan(r row, b *zikr.Ban) error {
	var u zikr.User
	err := r.Scan(&b.GroupID, &b.UserID, &b.BannedBy, (*moment)(&b.At), &u.Name, &u.Surname, &u.Deleted)
	b.UserName = u.FullName()
	return err
}

const banQuery = `SELECT b.group_id, b.user_id, b.banned_by, b.created_at, u.name, u.surname, u.deleted
	FROM bans b JOIN users u ON u.id = b.user_id `

// Ban implements zikr.BanReader.
func (r *reader) Ban(groupID, userID string) (*zikr.Ban, error) {
	return one(r, "read ban", scanBan, banQuery+`WHERE b.group_id = $1 AND b.user_id = $2`, groupID, userID)
}

// Bans implements zikr.BanReader.
func (r *reader) Bans(groupID string, page zikr.Page) ([]zikr.Ban, error) {
	return list(r, "list bans", scanBan, banQuery+`WHERE b.group_id = $1 AND b.user_id > $2 ORDER BY b.user_id LIMIT $3`,
		groupID, page.Cursor, page.Limit)
}

// CountBans implements zikr.BanReader.
func (r *reader) CountBans(groupID string) (int64, error) {
	return r.count("count bans", `SELECT COUNT(*) FROM bans WHERE group_id = $1`, groupID)
}

// BansOf implements zikr.BanReader.
func (r *reader) BansOf(userID string) ([]zikr.Ban, error) {
	return list(r, "list bans of user", scanBan, banQuery+`WHERE b.user_id = $1 ORDER BY b.group_id`, userID)
}

// BansBy implements zikr.BanReader.
func (r *reader) BansBy(userID string) ([]zikr.Ban, error) {
	return list(r, "list bans by user", scanBan, banQuery+`WHERE b.banned_by = $1 ORDER BY b.group_id, b.user_id`, userID)
}

// InsertBan implements zikr.BanWriter.
func (t *tx) InsertBan(b zikr.Ban) error {
	_, err := t.exec("insert ban", `INSERT INTO bans (group_id, user_id, banned_by, created_at) VALUES ($1, $2, $3, $4)`,
		b.GroupID, b.UserID, b.BannedBy, millis(b.At))
	return err
}

// DeleteBan implements zikr.BanWriter.
func (t *tx) DeleteBan(groupID, userID string) error {
	_, err := t.exec("delete ban", `DELETE FROM bans WHERE group_id = $1 AND user_id = $2`, groupID, userID)
	return err
}

// DeleteBansIn implements zikr.BanWriter.
func (t *tx) DeleteBansIn(groupID string) error {
	_, err := t.exec("delete bans of group", `DELETE FROM bans WHERE group_id = $1`, groupID)
	return err
}

// DeleteBansOf implements zikr.BanWriter.
func (t *tx) DeleteBansOf(userID string) error {
	_, err := t.exec("delete bans of user", `DELETE FROM bans WHERE user_id = $1`, userID)
	return err
}
