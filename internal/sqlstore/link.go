package sqlstore

import "github.com/zikr-app/zikr"

const linkColumns = `code, group_id, max_uses, uses, guests, expires_at, ended_at, created_at`

func scanLink(r row, l *zikr.Link) error {
	return r.Scan(&l.Code, &l.GroupID, &l.MaxUses, &l.Uses, &l.Guests, (*moment)(&l.ExpiresAt), (*moment)(&l.EndedAt), (*moment)(&l.CreatedAt))
}

func scanLinkUse(r row, u *zikr.LinkUse) error {
	return r.Scan(&u.Code, &u.UserID, (*moment)(&u.UsedAt))
}

// Link implements zikr.LinkReader.
func (r *reader) Link(code string) (*zikr.Link, error) {
	return one(r, "read link", scanLink, `SELECT `+linkColumns+` FROM links WHERE code = $1`, code)
}

// LinksOf implements zikr.LinkReader.
func (r *reader) LinksOf(groupID string) ([]zikr.Link, error) {
	return list(r, "list links", scanLink, `SELECT `+linkColumns+` FROM links WHERE group_id = $1 ORDER BY created_at DESC, code DESC`, groupID)
}

// LinkUse implements zikr.LinkReader.
func (r *reader) LinkUse(code, userID string) (*zikr.LinkUse, error) {
	return one(r, "read use of a link", scanLinkUse, `SELECT code, user_id, used_at FROM link_uses WHERE code = $1 AND user_id = $2`, code, userID)
}

// LinkUsesOf implements zikr.LinkReader.
func (r *reader) LinkUsesOf(userID string) ([]zikr.LinkUse, error) {
	return list(r, "list uses of links", scanLinkUse, `SELECT code, user_id, used_at FROM link_uses WHERE user_id = $1 ORDER BY used_at, code`, userID)
}

// InsertLink implements zikr.LinkWriter.
func (t *tx) InsertLink(l zikr.Link) error {
	_, err := t.exec("insert link", `INSERT INTO links (`+linkColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, linkArgs(l)...)
	return err
}

// UpdateLink implements zikr.LinkWriter.
func (t *tx) UpdateLink(l zikr.Link) error {
	return t.execOne("update link", `UPDATE links SET group_id = $2, max_uses = $3, uses = $4, guests = $5,
		expires_at = $6, ended_at = $7, created_at = $8 WHERE code = $1`, linkArgs(l)...)
}

func linkArgs(l zikr.Link) []any {
	return []any{l.Code, l.GroupID, l.MaxUses, l.Uses, l.Guests, millis(l.ExpiresAt), millis(l.EndedAt), millis(l.CreatedAt)}
}

// InsertLinkUse implements zikr.LinkWriter.
func (t *tx) InsertLinkUse(u zikr.LinkUse) error {
	_, err := t.exec("insert use of a link", `INSERT INTO link_uses (code, user_id, used_at) VALUES ($1, $2, $3)`, u.Code, u.UserID, millis(u.UsedAt))
	return err
}

// DeleteLink implements zikr.LinkWriter.
func (t *tx) DeleteLink(code string) error {
	if _, err := t.exec("delete uses of a link", `DELETE FROM link_uses WHERE code = $1`, code); err != nil {
		return err
	}
	return t.execOne("delete link", `DELETE FROM links WHERE code = $1`, code)
}
