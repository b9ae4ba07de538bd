package sqlstore

import (
	"database/sql"
	"fmt"

	"github.com/zikr-app/zikr"
)

// pair is what is stored of one user's counting of one zikr.
type pair struct {
	zikrID, userID      string
	share               int64 // in shares
	days, undated       int64 // sums of days, and of countings that are in none yet
	zikrThere, userHere bool
}

// totals follows each share down to what it is made of: days, and countings that a node of the release before has
// stored and that have no day yet. It is one sorted pass over all of them.
func (c *checker) totals() {
	const query = `SELECT p.zikr_id, p.user_id, p.share, p.days, p.undated, z.id IS NOT NULL, u.id IS NOT NULL
		FROM (SELECT zikr_id, user_id, SUM(share) AS share, SUM(dated) AS days, SUM(undated) AS undated FROM (
			SELECT zikr_id, user_id, amount AS share, 0 AS dated, 0 AS undated FROM shares
			UNION ALL SELECT zikr_id, user_id, 0, amount, 0 FROM member_days WHERE zikr_id <> ''
			UNION ALL SELECT zikr_id, user_id, 0, amount, 0 FROM days
			UNION ALL SELECT zikr_id, user_id, 0, 0, CASE WHEN day IS NULL THEN amount ELSE 0 END FROM counts) AS parts
		GROUP BY zikr_id, user_id) AS p
		LEFT JOIN zikrs z ON z.id = p.zikr_id LEFT JOIN users u ON u.id = p.user_id ORDER BY p.zikr_id, p.user_id`
	c.each(query, nil, func(rows *sql.Rows) error {
		var p pair
		err := rows.Scan(&p.zikrID, &p.userID, &p.share, &p.days, &p.undated, &p.zikrThere, &p.userHere)
		if err == nil {
			c.pair(p)
		}
		return err
	})
}

// pair compares a share with what it is made of.
func (c *checker) pair(p pair) {
	if p.share != p.days+p.undated {
		c.tell(fmt.Sprintf("user %s has the share %d of zikr %s, made of days of %d and countings without a day of %d",
			show(p.userID), p.share, show(p.zikrID), p.days, p.undated))
	}
	if !p.zikrThere {
		c.tell(fmt.Sprintf("what user %s counted refers to zikr %s, which is not in zikrs", show(p.userID), show(p.zikrID)))
	}
	if !p.userHere {
		c.tell(fmt.Sprintf("what was counted of zikr %s refers to user %s, who is not in users", show(p.zikrID), show(p.userID)))
	}
}

// countRules are those of countings. The kept ones of a zikr lead one to the next, and the latest to its total.
func countRules() []rule {
	return []rule{
		{"counting %s of zikr %s adds %s, which is not from 1 to " + fmt.Sprint(zikr.MaxCount) + ", and less than 0 if it undoes another",
			`SELECT id, zikr_id, amount FROM counts WHERE CASE WHEN undoes IS NULL THEN amount ELSE -amount END NOT BETWEEN 1 AND $1`, []any{zikr.MaxCount}},
		{"counting %s of zikr %s begins at %s, and the one before it ended at %s", `SELECT id, zikr_id, start, before FROM (SELECT id, zikr_id,
			total - amount AS start, LAG(total) OVER (PARTITION BY zikr_id ORDER BY num) AS before FROM counts) AS chain WHERE before <> start`, nil},
		{"zikr %s has the total %s, and its latest counting %s ended at %s", `SELECT z.id, z.total, c.id, c.total
			FROM (SELECT zikr_id, MAX(num) AS num FROM counts GROUP BY zikr_id) AS latest
			JOIN counts c ON c.num = latest.num JOIN zikrs z ON z.id = c.zikr_id WHERE z.total <> c.total`, nil},
		{"share of user %s of zikr %s is %s, which is not 1 or more", `SELECT user_id, zikr_id, amount FROM shares WHERE amount < 1`, nil},
		{"zikr %s has the total %s, its shares sum to %s", `SELECT id, total, sum FROM (SELECT z.id, z.total,
			COALESCE((SELECT SUM(s.amount) FROM shares s WHERE s.zikr_id = z.id), 0) AS sum FROM zikrs z) AS counted
			WHERE total <> sum`, nil},
		{"counting %s undoes %s, and is not as much less of the same user, zikr and day", `SELECT u.id, c.id FROM counts u JOIN counts c ON c.id = u.undoes
			WHERE c.amount <> -u.amount OR c.user_id <> u.user_id OR c.zikr_id <> u.zikr_id OR c.undoes IS NOT NULL
			OR COALESCE(c.day, -1) <> COALESCE(u.day, -1) OR COALESCE(c.group_day, -1) <> COALESCE(u.group_day, -1)`, nil},
		{"counting %s is undone %s times, by %s and %s among them",
			`SELECT undoes, COUNT(*), MIN(id), MAX(id) FROM counts WHERE undoes IS NOT NULL GROUP BY undoes HAVING COUNT(*) > 1`, nil},
	}
}

// dayRules are those of days: that they sum to the shares is for totals to see to.
func dayRules() []rule {
	return []rule{
		{"day %s of user %s and zikr %s holds %s, which is not 1 or more",
			`SELECT day, user_id, zikr_id, amount FROM days WHERE amount < 1`, nil},
		{"day %s of user %s in group %s holds %s of zikr %s, which is not 1 or more",
			`SELECT day, user_id, group_id, amount, zikr_id FROM member_days WHERE amount < 1`, nil},
		{"day %s of user %s is day %s of group %s, which is another time",
			`SELECT day, user_id, group_day, group_id FROM member_days WHERE day - group_day NOT BETWEEN -2 AND 2`, nil},
		{"day %s of user %s in group %s is of zikr %s, which is of another group", `SELECT d.day, d.user_id, d.group_id, d.zikr_id
			FROM member_days d JOIN zikrs z ON z.id = d.zikr_id WHERE z.group_id <> d.group_id`, nil},
		{"the countings that are kept of user %s and zikr %s on day %s add %s, and the day holds %s", `SELECT k.user_id, k.zikr_id, k.day, k.sum, COALESCE(d.amount, 0)
			FROM (SELECT z.group_id, c.group_day, c.user_id, c.day, c.zikr_id, SUM(c.amount) AS sum FROM counts c JOIN zikrs z ON z.id = c.zikr_id
			WHERE c.day IS NOT NULL GROUP BY z.group_id, c.group_day, c.user_id, c.day, c.zikr_id) AS k
			LEFT JOIN member_days d ON d.group_id = k.group_id AND d.group_day = k.group_day AND d.user_id = k.user_id AND d.day = k.day AND d.zikr_id = k.zikr_id
			WHERE k.sum > COALESCE(d.amount, 0)`, nil},
		{"user %s completed %s poras on day %s in group %s, and the day holds %s", `SELECT user_id, SUM(done), day, group_id, SUM(kept) FROM (
			SELECT group_id, group_day, user_id, day, 1 AS done, 0 AS kept FROM bookings WHERE status = $1 AND day IS NOT NULL
			UNION ALL SELECT group_id, group_day, user_id, day, 0, amount FROM member_days WHERE zikr_id = '') AS parts
			GROUP BY group_id, group_day, user_id, day HAVING SUM(done) <> SUM(kept)`, []any{string(zikr.Completed)}},
		{"booking %s is not completed, and has a day on which it was", `SELECT id FROM bookings WHERE status <> $1 AND (day IS NOT NULL OR group_day IS NOT NULL)`,
			[]any{string(zikr.Completed)}},
	}
}
