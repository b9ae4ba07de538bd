package sqlstore

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/zikr-app/zikr"
)

const zikrColumns = `id, group_id, name, body, description, hint, goal, total, told_at, created_at, deleted`

func scanZikr(r row, z *zikr.Zikr) error {
	return r.Scan(&z.ID, &z.GroupID, &z.Name, &z.Body, &z.Description, &z.Hint, &z.Goal, &z.Total,
		(*moment)(&z.ToldAt), (*moment)(&z.CreatedAt), &z.Deleted)
}

type (
	shareKey struct{ zikrID, userID string }
	op       struct{ userID, opID string }
)

func scanShare(r row, s *zikr.Share) error { return r.Scan(&s.ZikrID, &s.UserID, &s.Count) }

// countQuery knows the count's group by its zikr.
const countQuery = `SELECT c.id, z.group_id, c.zikr_id, c.user_id, COALESCE(c.op_id, ''), c.amount, c.total, c.goal, c.created_at
	FROM counts c JOIN zikrs z ON z.id = c.zikr_id `

func scanCount(r row, c *zikr.Count) error {
	return r.Scan(&c.ID, &c.GroupID, &c.ZikrID, &c.UserID, &c.OpID, &c.Count, &c.Total, &c.Goal, (*moment)(&c.At))
}

// opKey is what the index of counts knows a user and an opId by; of no opId, nil.
func opKey(userID, opID string) (user int64, key []byte) {
	user = userKey(userID)
	if opID != "" {
		sum := sha256.Sum256([]byte(userID + "\x00" + opID))
		key = sum[:12]
	}
	return user, key
}

func userKey(userID string) int64 {
	sum := sha256.Sum256([]byte(userID))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// Zikr implements zikr.CountReader.
func (r *reader) Zikr(id string) (*zikr.Zikr, error) {
	return one(r, "read zikr", scanZikr, `SELECT `+zikrColumns+` FROM zikrs WHERE id = $1`, id)
}

// Zikrs implements zikr.CountReader.
func (r *reader) Zikrs(groupID string) ([]zikr.Zikr, error) {
	return list(r, "list zikrs", scanZikr,
		`SELECT `+zikrColumns+` FROM zikrs WHERE group_id = $1 AND NOT deleted ORDER BY id`, groupID)
}

// Shares implements zikr.CountReader. Those of deleted zikrs are left out.
func (r *reader) Shares(groupID string) ([]zikr.Share, error) {
	return list(r, "list shares", scanShare, `SELECT s.zikr_id, s.user_id, s.amount
		FROM zikrs z JOIN shares s ON s.zikr_id = z.id
		WHERE z.group_id = $1 AND NOT z.deleted ORDER BY s.zikr_id, s.amount DESC, s.user_id`, groupID)
}

// SharesOf implements zikr.CountReader.
func (r *reader) SharesOf(userID string) ([]zikr.Share, error) {
	return list(r, "list shares of user", scanShare, `SELECT zikr_id, user_id, amount FROM shares WHERE user_id = $1 ORDER BY zikr_id`, userID)
}

// CountByOpID implements zikr.CountReader.
func (r *reader) CountByOpID(userID, opID string) (*zikr.Count, error) {
	user, key := opKey(userID, opID)
	// The first question needs nothing but the index: most opIds are new.
	_, err := one(r, "find opId", number, `SELECT num FROM counts WHERE user_key = $1 AND op_key = $2`, user, key)
	if err != nil {
		return nil, err
	}
	return one(r, "find count by opId", scanCount,
		countQuery+`WHERE c.user_key = $1 AND c.op_key = $2 AND c.user_id = $3 AND c.op_id = $4`, user, key, userID, opID)
}

// CountsOf implements zikr.CountReader.
func (r *reader) CountsOf(userID string, page zikr.Page) ([]zikr.Count, error) {
	return list(r, "list counts of user", scanCount,
		countQuery+`WHERE c.user_key = $1 AND c.user_id = $2 AND c.id > $3 ORDER BY c.id LIMIT $4`,
		userKey(userID), userID, page.Cursor, page.Limit)
}

// Zikr implements zikr.CountReader.
func (t *tx) Zikr(id string) (*zikr.Zikr, error) {
	k, err := t.known.zikrs.get(id, t.direct.Zikr)
	if err != nil {
		return nil, err
	}
	z := k.value
	return &z, nil
}

// CountByOpID implements zikr.CountReader.
func (t *tx) CountByOpID(userID, opID string) (*zikr.Count, error) {
	if i, ok := t.ops[op{userID, opID}]; ok {
		c := t.counts[i]
		return &c, nil
	}
	return t.direct.CountByOpID(userID, opID)
}

// InsertZikr implements zikr.CountWriter.
func (t *tx) InsertZikr(z zikr.Zikr) error {
	_, err := t.exec("insert zikr", `INSERT INTO zikrs (`+zikrColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, zikrArgs(z)...)
	if err != nil {
		return err
	}
	z.CreatedAt, z.ToldAt = stored(z.CreatedAt), stored(z.ToldAt)
	t.known.zikrs.put(z.ID, z)
	return nil
}

// UpdateZikr implements zikr.CountWriter.
func (t *tx) UpdateZikr(z zikr.Zikr) error {
	z.CreatedAt, z.ToldAt = stored(z.CreatedAt), stored(z.ToldAt)
	return change(t, &t.known.zikrs, z.ID, t.direct.Zikr, z)
}

// saveZikr writes a zikr's row; a count changes nothing but its total.
func (t *tx) saveZikr(was, z zikr.Zikr) {
	was.Total = z.Total
	if was == z {
		t.laterOne("update zikr", `UPDATE zikrs SET total = $2 WHERE id = $1`, z.ID, z.Total)
		return
	}
	t.laterOne("update zikr", `UPDATE zikrs SET group_id = $2, name = $3, body = $4, description = $5, hint = $6,
		goal = $7, total = $8, told_at = $9, created_at = $10, deleted = $11 WHERE id = $1`, zikrArgs(z)...)
}

func zikrArgs(z zikr.Zikr) []any {
	return []any{z.ID, z.GroupID, z.Name, z.Body, z.Description, z.Hint, z.Goal, z.Total, millis(z.ToldAt), millis(z.CreatedAt), z.Deleted}
}

// InsertCount implements zikr.CountWriter.
func (t *tx) InsertCount(c zikr.Count) error {
	k, err := t.known.zikrs.get(c.ZikrID, t.direct.Zikr)
	if err != nil {
		return fmt.Errorf("insert count: zikr %s: %w", c.ZikrID, err)
	}
	t.writes++
	c.GroupID, c.At = k.value.GroupID, stored(c.At)
	if c.OpID != "" {
		t.ops[op{c.UserID, c.OpID}] = len(t.counts)
	}
	t.counts = append(t.counts, c)
	t.shares[shareKey{c.ZikrID, c.UserID}] += c.Count
	z := k.value
	z.Total = c.Total
	t.known.zikrs.change(k, z)
	return nil
}

func (t *tx) insertCounts() {
	args := make([]any, 0, len(t.counts)*10)
	for _, c := range t.counts {
		user, key := opKey(c.UserID, c.OpID)
		args = append(args, c.ID, c.ZikrID, c.UserID, nullable(c.OpID), user, key, c.Count, c.Total, c.Goal, millis(c.At))
	}
	t.counts = t.counts[:0]
	clear(t.ops)
	t.engine.texts.counts.insert(t, args)
}

func (t *tx) addShares() {
	args := make([]any, 0, len(t.shares)*3)
	for key, n := range t.shares {
		args = append(args, key.zikrID, key.userID, n)
	}
	clear(t.shares)
	t.engine.texts.shares.insert(t, args)
}
