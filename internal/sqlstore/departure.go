package sqlstore

import "github.com/zikr-app/zikr"

func scanDeparture(r row, d *zikr.Departure) error {
	return r.Scan(&d.SubjectKey, &d.TokenVersion, (*moment)(&d.At))
}

// Departure implements zikr.DepartureReader.
func (r *reader) Departure(subjectKey string) (*zikr.Departure, error) {
	return one(r, "read departure", scanDeparture, `SELECT subject_key, token_version, gone_at FROM departures WHERE subject_key = $1`, subjectKey)
}

// PutDeparture implements zikr.DepartureWriter.
func (t *tx) PutDeparture(d zikr.Departure) error {
	_, err := t.exec("put departure", `INSERT INTO departures (subject_key, token_version, gone_at) VALUES ($1, $2, $3)
		ON CONFLICT (subject_key) DO UPDATE SET token_version = excluded.token_version, gone_at = excluded.gone_at`,
		d.SubjectKey, d.TokenVersion, millis(d.At))
	return err
}

// ReplaceUser implements zikr.DepartureWriter. What the writer knows of the rows that change is forgotten. The logs
// name nobody any more who goes, and sessions and blocks are gone already.
func (t *tx) ReplaceUser(id, by string) error {
	if err := t.flush(); err != nil {
		return err
	}
	for _, text := range replacing() {
		if _, err := t.exec("replace user", text, id, by); err != nil {
			return err
		}
	}
	if err := t.replaceInCounts(id, by); err != nil {
		return err
	}
	*t.known = memory{}
	return t.execOne("remove user", `DELETE FROM users WHERE id = $1`, id)
}

// replaceInCounts changes countings that are a user's, and those that the user made for others, which have the
// other maker already. Nobody sends an opId of theirs again.
func (t *tx) replaceInCounts(id, by string) error {
	for _, st := range []statement{
		{text: `UPDATE counts SET user_key = $3, op_id = NULL, op_key = NULL WHERE user_key = $2 AND by_id = $1`, args: []any{by, userKey(id), userKey(by)}},
		{text: `UPDATE counts SET user_id = $2, user_key = $4, op_id = NULL, op_key = NULL
			WHERE user_key = $3 AND user_id = $1 AND by_id IS NULL`, args: []any{id, by, userKey(id), userKey(by)}},
		{text: `UPDATE counts SET user_id = $2 WHERE user_id = $1 AND by_id IS NOT NULL`, args: []any{id, by}},
	} {
		if _, err := t.exec("replace user of counts", st.text, st.args...); err != nil {
			return err
		}
	}
	return nil
}

// replacing are the statements that change everything that refers to a user, by the list of what does. Where no
// index leads to a user's rows, their groups do: memberships come last.
func replacing() []string {
	const ofGroups = ` IN (SELECT group_id FROM members WHERE user_id = $1)`
	by := map[string]string{"groups": ` AND id` + ofGroups, "notices": ` AND group_id` + ofGroups}
	update := func(table, column string) string {
		return `UPDATE ` + table + ` SET ` + column + ` = $2 WHERE ` + column + ` = $1` + by[table]
	}
	all := []string{update("shares", "user_id"), update("days", "user_id")}
	for _, ref := range references() {
		if ref.target == "users" && ref.table != "events" && ref.table != "members" {
			all = append(all, update(ref.table, ref.column))
		}
	}
	return append(all, update("members", "user_id"))
}
