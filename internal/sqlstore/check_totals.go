package sqlstore

import (
	"database/sql"
	"fmt"
)

// pair is what is stored of one user's counting of one zikr.
type pair struct {
	zikrID, userID      string
	share               int64 // in shares
	counts, days        int64 // sums
	number              int64 // of countings that are kept one by one
	start, end          int64 // of these: the zikr's total before the first, and after the last
	zikrThere, userHere bool
}

// totals follows each zikr's total down to what it is made of: shares, days and countings,
// in one sorted pass over all of them.
func (c *checker) totals() {
	const query = `SELECT p.zikr_id, p.user_id, p.share, p.counts, p.days, p.number, p.start_total, p.end_total,
		z.id IS NOT NULL, u.id IS NOT NULL, COALESCE(z.total, 0)
		FROM (SELECT zikr_id, user_id, SUM(share) AS share, SUM(counted) AS counts, SUM(folded) AS days,
			COUNT(before_it) AS number, COALESCE(MIN(before_it), 0) AS start_total, COALESCE(MAX(with_it), 0) AS end_total FROM (
			SELECT zikr_id, user_id, amount AS share, 0 AS counted, 0 AS folded, CAST(NULL AS BIGINT) AS before_it, CAST(NULL AS BIGINT) AS with_it FROM shares
			UNION ALL SELECT zikr_id, user_id, 0, 0, amount, NULL, NULL FROM days
			UNION ALL SELECT zikr_id, user_id, 0, amount, 0, total - amount, total FROM counts) AS parts
		GROUP BY zikr_id, user_id) AS p
		LEFT JOIN zikrs z ON z.id = p.zikr_id LEFT JOIN users u ON u.id = p.user_id ORDER BY p.zikr_id, p.user_id`
	var z chain
	c.each(query, nil, func(rows *sql.Rows) error {
		var p pair
		var total int64
		err := rows.Scan(&p.zikrID, &p.userID, &p.share, &p.counts, &p.days, &p.number, &p.start, &p.end, &p.zikrThere, &p.userHere, &total)
		if err != nil {
			return err
		}
		if p.zikrID != z.zikrID {
			c.unbroken(z)
			z = chain{zikrID: p.zikrID, total: total}
		}
		c.pair(p)
		z.add(p)
		return nil
	})
	c.unbroken(z)
}

// pair compares a share with what it is made of.
func (c *checker) pair(p pair) {
	if p.share != p.counts+p.days || p.share < 1 {
		c.tell(fmt.Sprintf("user %s has the share %d of zikr %s, made of countings of %d and days of %d",
			show(p.userID), p.share, show(p.zikrID), p.counts, p.days))
	}
	if !p.zikrThere {
		c.tell(fmt.Sprintf("what user %s counted refers to zikr %s, which is not in zikrs", show(p.userID), show(p.zikrID)))
	}
	if !p.userHere {
		c.tell(fmt.Sprintf("what was counted of zikr %s refers to user %s, who is not in users", show(p.zikrID), show(p.userID)))
	}
}

// chain is the countings of one zikr that are kept one by one: each says what the
// total was with it, so that they must lead from what was folded to the total.
type chain struct {
	zikrID                string
	total                 int64 // of the zikr
	sum, days             int64
	number, start, latest int64
}

func (z *chain) add(p pair) {
	z.sum += p.counts
	z.days += p.days
	if p.number == 0 {
		return
	}
	if z.number == 0 || p.start < z.start {
		z.start = p.start
	}
	z.number += p.number
	z.latest = max(z.latest, p.end)
}

// unbroken tells when they do not.
func (c *checker) unbroken(z chain) {
	if z.number == 0 || (z.start == z.days && z.latest == z.total && z.latest-z.start == z.sum) {
		return
	}
	c.tell(fmt.Sprintf("the %d countings kept of zikr %s add %d and lead from %d to %d: they must lead from the %d of its days to its total %d",
		z.number, show(z.zikrID), z.sum, z.start, z.latest, z.days, z.total))
}
