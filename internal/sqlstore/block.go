package sqlstore

import "github.com/zikr-app/zikr"

func scanBlock(r row, b *zikr.Block) error {
	return r.Scan(&b.UserID, &b.BlockedID, (*moment)(&b.At))
}

// Block implements zikr.BlockReader.
func (r *reader) Block(userID, blockedID string) (*zikr.Block, error) {
	return one(r, "read block", scanBlock, `SELECT user_id, blocked_id, created_at FROM blocks
		WHERE user_id = $1 AND blocked_id = $2`, userID, blockedID)
}

// BlocksOf implements zikr.BlockReader.
func (r *reader) BlocksOf(userID string, page zikr.Page) ([]zikr.Block, error) {
	return list(r, "list blocks of user", scanBlock, `SELECT user_id, blocked_id, created_at FROM blocks
		WHERE user_id = $1 AND blocked_id > $2 ORDER BY blocked_id LIMIT $3`, userID, page.Cursor, page.Limit)
}

// CountBlocksOf implements zikr.BlockReader.
func (r *reader) CountBlocksOf(userID string) (int64, error) {
	return r.count("count blocks of user", `SELECT COUNT(*) FROM blocks WHERE user_id = $1`, userID)
}

// InsertBlock implements zikr.BlockWriter.
func (t *tx) InsertBlock(b zikr.Block) error {
	_, err := t.exec("insert block", `INSERT INTO blocks (user_id, blocked_id, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, blocked_id) DO NOTHING`, b.UserID, b.BlockedID, millis(b.At))
	return err
}

// DeleteBlock implements zikr.BlockWriter.
func (t *tx) DeleteBlock(userID, blockedID string) error {
	_, err := t.exec("delete block", `DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2`, userID, blockedID)
	return err
}

// DeleteBlocksOf implements zikr.BlockWriter.
func (t *tx) DeleteBlocksOf(userID string) error {
	if _, err := t.exec("delete blocks", `DELETE FROM blocks WHERE user_id = $1`, userID); err != nil {
		return err
	}
	_, err := t.exec("delete blocks on user", `DELETE FROM blocks WHERE blocked_id = $1`, userID)
	return err
}
