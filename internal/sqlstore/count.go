package sqlstore

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

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
const countQuery = `SELECT c.id, z.group_id, c.zikr_id, c.user_id, COALESCE(c.by_id, ''), COALESCE(c.op_id, ''), COALESCE(c.undoes, ''),
	c.amount, c.total, c.goal, c.created_at, COALESCE(c.day, 0), COALESCE(c.group_day, 0)
	FROM counts c JOIN zikrs z ON z.id = c.zikr_id `

func scanCount(r row, c *zikr.Count) error {
	return r.Scan(&c.ID, &c.GroupID, &c.ZikrID, &c.UserID, &c.ByID, &c.OpID, &c.Undoes,
		&c.Count, &c.Total, &c.Goal, (*moment)(&c.At), &c.Day, &c.GroupDay)
}

// opKey is what the index of counts knows who made a counting and an opId by; of no opId, nil.
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
		countQuery+`WHERE c.user_key = $1 AND c.op_key = $2 AND COALESCE(c.by_id, c.user_id) = $3 AND c.op_id = $4`, user, key, userID, opID)
}

// numbersOf are the countings of a user: those that the user made, and those that others made for the user.
const numbersOf = `c.num IN (SELECT num FROM counts WHERE user_key = $1 AND user_id = $2 ` + numbersByOthers

// numbersOfOrBy are those, and what the user counted for others.
const numbersOfOrBy = `c.num IN (SELECT num FROM counts WHERE user_key = $1 AND (user_id = $2 OR by_id = $2) ` + numbersByOthers

// numbersByOthers ends both with what others counted for the user.
const numbersByOthers = `UNION ALL SELECT num FROM counts WHERE user_id = $2 AND by_id IS NOT NULL) `

// CountsOf implements zikr.CountReader.
func (r *reader) CountsOf(userID string, page zikr.Page) ([]zikr.Count, error) {
	return list(r, "list counts of user", scanCount,
		countQuery+`WHERE `+numbersOf+`AND c.id > $3 ORDER BY c.id LIMIT $4`, userKey(userID), userID, page.Cursor, page.Limit)
}

// Count implements zikr.CountReader.
func (r *reader) Count(id string) (*zikr.Count, error) {
	return one(r, "read count", scanCount, countQuery+`WHERE c.id = $1`, id)
}

// CountUndoing implements zikr.CountReader.
func (r *reader) CountUndoing(id string) (*zikr.Count, error) {
	return one(r, "find what undoes a count", scanCount, countQuery+`WHERE c.undoes = $1`, id)
}

// OldestCountID implements zikr.CountReader.
func (r *reader) OldestCountID() (string, error) {
	id, err := one(r, "find the oldest count", text, `SELECT id FROM counts ORDER BY num LIMIT 1`)
	if err != nil {
		return "", err
	}
	return *id, nil
}

// CountsSince implements zikr.CountReader. Those of deleted zikrs are left out.
func (r *reader) CountsSince(groupID, userID string, since time.Time, limit int) ([]zikr.Count, error) {
	return list(r, "list counts since", scanCount, countQuery+`WHERE `+numbersOfOrBy+`AND z.group_id = $3 AND NOT z.deleted
		AND c.created_at >= $4 AND c.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM counts u WHERE u.undoes = c.id)
		ORDER BY c.num LIMIT $5`, userKey(userID), userID, groupID, millis(since), limit)
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
		t.ops[op{c.Maker(), c.OpID}] = len(t.counts)
	}
	t.counts = append(t.counts, c)
	t.addToShare(shareKey{c.ZikrID, c.UserID}, c.Count)
	t.addToDay(dayKey{c.GroupID, c.GroupDay, c.UserID, c.Day, c.ZikrID}, c.Count)
	z := k.value
	z.Total = c.Total
	t.known.zikrs.change(k, z)
	return nil
}

// insertCounts writes the countings in their order: all with all columns, if one of them fills those.
func (t *tx) insertCounts() {
	text := t.engine.texts.counts
	if slices.ContainsFunc(t.counts, func(c zikr.Count) bool { return c.ByID != "" || c.Undoes != "" }) {
		text = t.engine.texts.unusual
	}
	args := make([]any, 0, len(t.counts)*text.width)
	for i := range t.counts {
		c := &t.counts[i]
		user, key := opKey(c.Maker(), c.OpID)
		args = append(args, c.ID, c.ZikrID, c.UserID, nullable(c.OpID), user, key, c.Count, c.Total, c.Goal, millis(c.At),
			int64(c.Day), int64(c.GroupDay))
		if text == t.engine.texts.unusual {
			args = append(args, nullable(c.ByID), nullable(c.Undoes))
		}
	}
	t.counts = t.counts[:0]
	clear(t.ops)
	text.insert(t, args)
}

// addToShare notes what is to be added to a share.
func (t *tx) addToShare(key shareKey, n int64) {
	t.shares[key] += n
	if n < 0 {
		t.lessShares = append(t.lessShares, key)
	}
}

// addShares adds it, and removes shares of which nothing is left.
func (t *tx) addShares() {
	args := make([]any, 0, len(t.shares)*3)
	for key, n := range t.shares {
		if n != 0 {
			args = append(args, key.zikrID, key.userID, n)
		}
	}
	t.engine.texts.shares.insert(t, args)
	for _, key := range t.lessShares {
		t.later("remove an empty share", `DELETE FROM shares WHERE zikr_id = $1 AND user_id = $2 AND amount = 0`, key.zikrID, key.userID)
	}
	clear(t.shares)
	t.lessShares = t.lessShares[:0]
}
