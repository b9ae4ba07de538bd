package sqlstore

import (
	"fmt"
	"strconv"

	"github.com/zikr-app/zikr"
)

// reference is a column that holds the id of a row of another table. ” refers to nothing.
type reference struct {
	table  string
	name   string // what names a row r of the table
	column string
	target string
}

// references are all there are but those of shares, countings and days to zikrs, which totals
// looks at together, the events' of their group, of which one sentence is enough, and the
// bookings' of their hatm, which has two columns.
func references() []reference {
	const (
		member = `r.group_id || '/' || r.user_id`
		hatm   = `r.group_id || '/' || r.number`
		event  = `r.group_id || '/' || r.seq`
		mark   = `r.topic || '/' || r.user_id`
		day    = `r.group_id || '/' || r.user_id || '/' || r.day`
		use    = `r.code || '/' || r.user_id`
		budget = `r.user_id || '/' || r.what`
	)
	return []reference{
		{"sessions", "r.id", "user_id", "users"},
		{"blocks", `r.user_id || '/' || r.blocked_id`, "user_id", "users"},
		{"blocks", `r.user_id || '/' || r.blocked_id`, "blocked_id", "users"},
		{"acts", "r.id", "actor_id", "users"},
		{"acts", "r.id", "user_id", "users"},
		{"acts", "r.id", "group_id", "groups"},
		{"groups", "r.id", "admin_id", "users"},
		{"members", member, "group_id", "groups"},
		{"members", member, "user_id", "users"},
		{"hatms", hatm, "group_id", "groups"},
		{"bookings", "r.id", "group_id", "groups"},
		{"bookings", "r.id", "user_id", "users"},
		{"bookings", "r.id", "by_id", "users"},
		{"bookings", "r.id", "completed_by", "users"},
		{"users", "r.id", "of_group", "groups"},
		{"zikrs", "r.id", "group_id", "groups"},
		{"counts", "r.id", "by_id", "users"},
		{"member_days", day, "group_id", "groups"},
		{"member_days", day, "user_id", "users"},
		{"events", event, "user_id", "users"},
		{"notifications", "r.id", "receiver_id", "users"},
		{"notifications", "r.id", "sender_id", "users"},
		{"notifications", "r.id", "group_id", "groups"},
		{"notifications", "r.id", "booking_id", "bookings"},
		{"notices", "r.id", "group_id", "groups"},
		{"notices", "r.id", "sender_id", "users"},
		{"notice_reads", mark, "user_id", "users"},
		{"links", "r.code", "group_id", "groups"},
		{"link_uses", use, "user_id", "users"},
		{"bans", member, "group_id", "groups"},
		{"bans", member, "user_id", "users"},
		{"bans", member, "banned_by", "users"},
		{"budgets", budget, "user_id", "users"},
	}
}

// referenceRules find the rows whose references lead nowhere.
func referenceRules() []rule {
	all := []rule{{"bookings %s refers to hatm %s of group %s, which is not in hatms", `SELECT b.id, b.hatm_number, b.group_id
		FROM bookings b WHERE NOT EXISTS (SELECT 1 FROM hatms h WHERE h.group_id = b.group_id AND h.number = b.hatm_number)`, nil}}
	for _, ref := range references() {
		all = append(all, rule{
			ref.table + " %s refers to " + ref.column + " %s, which is not in " + ref.target,
			fmt.Sprintf(`SELECT %s, r.%s FROM %s r WHERE r.%s <> '' AND NOT EXISTS (SELECT 1 FROM %s t WHERE t.id = r.%s)`,
				ref.name, ref.column, ref.table, ref.column, ref.target, ref.column), nil,
		})
	}
	return all
}

// rules are what the domain promises of its rows, by the file of the domain that promises it.
func rules() []rule {
	var all []rule
	for _, some := range [][]rule{
		userRules(), sessionRules(), actRules(), groupRules(), memberRules(), settingRules(), hatmRules(), bookingRules(), dateRules(), countRules(), dayRules(), eventRules(), sightRules(),
		notificationRules(), linkRules(), banRules(), budgetRules(),
	} {
		all = append(all, some...)
	}
	return all
}

func userRules() []rule {
	return []rule{
		{"one email belongs to %s users, %s and %s among them",
			`SELECT COUNT(*), MIN(id), MAX(id) FROM users WHERE email <> '' GROUP BY email HAVING COUNT(*) > 1`, nil},
		{"one phone belongs to %s users, %s and %s among them",
			`SELECT COUNT(*), MIN(id), MAX(id) FROM users WHERE phone <> '' GROUP BY phone HAVING COUNT(*) > 1`, nil},
		{"user %s is deleted, and has a name, an address or a password still",
			`SELECT id FROM users WHERE deleted AND name || surname || email || phone || password_hash || kept_token_id <> ''`, nil},
		{"user %s has no login, and an address or a password",
			`SELECT id FROM users WHERE of_group <> '' AND email || phone || password_hash <> ''`, nil},
		{"user %s has no login, and is a member of group %s, whose admin did not make them", `SELECT u.id, m.group_id FROM users u
			JOIN members m ON m.user_id = u.id WHERE u.of_group <> '' AND m.group_id <> u.of_group`, nil},
		{"user %s has no login, and has notifications, %s of them",
			`SELECT u.id, COUNT(*) FROM users u JOIN notifications n ON n.receiver_id = u.id WHERE u.of_group <> '' GROUP BY u.id`, nil},
		{"user %s is deleted, and has settings still", `SELECT id FROM users WHERE deleted
			AND (time_zone || locale <> '' OR reminder_hour IS NOT NULL OR reminded_on <> 0)`, nil},
		{"user %s is reminded at %s o'clock, which there is not",
			`SELECT id, reminder_hour FROM users WHERE reminder_hour < 0 OR reminder_hour > 23`, nil},
		{"user %s has an hour of reminders by the one column and is not reminded by the other (reminder_hour, remind_at)",
			`SELECT id FROM users WHERE (reminder_hour IS NULL) <> (remind_at IS NULL)`, nil},
		{"user %s is deleted, and has notifications still, %s of them",
			`SELECT u.id, COUNT(*) FROM users u JOIN notifications n ON n.receiver_id = u.id WHERE u.deleted GROUP BY u.id`, nil},
	}
}

func sessionRules() []rule {
	return []rule{
		{"session %s is of user %s, whose account is deleted", `SELECT s.id, s.user_id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.deleted`, nil},
		{"session %s of user %s goes by token version %s, and the user is at %s only", `SELECT s.id, s.user_id, s.token_version, u.token_version
			FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_version > u.token_version`, nil},
		{"user %s blocks themself", `SELECT user_id FROM blocks WHERE user_id = blocked_id`, nil},
		{"user %s blocks user %s, and one of the two accounts is deleted", `SELECT b.user_id, b.blocked_id FROM blocks b
			JOIN users u ON u.id = b.user_id JOIN users o ON o.id = b.blocked_id WHERE u.deleted OR o.deleted`, nil},
		{"user %s is deleted, and an admin of the platform, suspended, or hidden still", `SELECT id FROM users
			WHERE deleted AND (is_admin OR suspended OR hidden OR external)`, nil},
		{"notification %s is hidden, and is no invitation that waits", `SELECT id FROM notifications
			WHERE hidden AND (type <> $1 OR answer <> '')`, []any{string(zikr.NotifyInvitation)}},
	}
}

func actRules() []rule {
	var known []any
	for _, kind := range zikr.ActKinds() {
		known = append(known, string(kind))
	}
	kinds := placeholders(1, len(known), func(n int) string { return "$" + strconv.Itoa(n) })
	return []rule{{"act %s is of the kind %s, which there is not", `SELECT id, act FROM acts WHERE act NOT IN ` + kinds, known}}
}

func groupRules() []rule {
	return []rule{
		{"group %s is of the type %s, which there is not",
			`SELECT id, type FROM groups WHERE type NOT IN ($1, $2)`, []any{string(zikr.QuranGroup), string(zikr.ZikrGroup)}},
		{"group %s counts %s members, %s are there", `SELECT id, member_count, present FROM (SELECT g.id, g.member_count,
			(SELECT COUNT(*) FROM members m WHERE m.group_id = g.id AND m.left_at IS NULL) AS present FROM groups g) AS counted
			WHERE member_count <> present`, nil},
		{"group %s has the admin %s, who is not a member", `SELECT g.id, g.admin_id FROM groups g WHERE NOT g.deleted
			AND NOT EXISTS (SELECT 1 FROM members m WHERE m.group_id = g.id AND m.user_id = g.admin_id AND m.left_at IS NULL)`, nil},
		{"group %s has the member %s, whose account is deleted", `SELECT m.group_id, m.user_id FROM users u
			JOIN members m ON m.user_id = u.id AND m.left_at IS NULL JOIN groups g ON g.id = m.group_id
			WHERE u.deleted AND NOT g.deleted`, nil},
		{"group %s counts %s hatms, %s are completed", `SELECT id, hatm_count, completed FROM (SELECT g.id, g.hatm_count,
			(SELECT COUNT(*) FROM hatms h WHERE h.group_id = g.id AND h.completed_at IS NOT NULL) AS completed FROM groups g) AS counted
			WHERE hatm_count <> completed`, nil},
		{"group %s has %s hatms that are not numbered from 1 on: from %s to %s",
			`SELECT g.id, COUNT(h.number), MIN(h.number), MAX(h.number) FROM groups g JOIN hatms h ON h.group_id = g.id
			GROUP BY g.id HAVING MIN(h.number) <> 1 OR MAX(h.number) <> COUNT(h.number)`, nil},
		{"group %s reads the Quran, and has no open hatm", `SELECT g.id FROM groups g WHERE g.type = $1 AND NOT EXISTS
			(SELECT 1 FROM hatms h WHERE h.group_id = g.id AND h.completed_at IS NULL)`, []any{string(zikr.QuranGroup)}},
		{"group %s may have %s open hatms, has %s, and no free pora in them", `SELECT id, open_hatms, number FROM (SELECT g.id, g.open_hatms,
			(SELECT COUNT(*) FROM hatms h WHERE h.group_id = g.id AND h.completed_at IS NULL) AS number,
			(SELECT COUNT(*) FROM hatms h JOIN bookings b ON b.group_id = h.group_id AND b.hatm_number = h.number AND b.status <> 'released'
			WHERE h.group_id = g.id AND h.completed_at IS NULL) AS taken
			FROM groups g WHERE g.type = $1 AND NOT g.deleted) AS counted WHERE number < open_hatms AND number > 0 AND taken = number * $2`,
			[]any{string(zikr.QuranGroup), zikr.Poras}},
		{"group %s has the admin %s, who has no login", `SELECT g.id, g.admin_id FROM groups g JOIN users u ON u.id = g.admin_id
			WHERE u.of_group <> ''`, nil},
		{"group %s does not read the Quran, and has a hatm %s",
			`SELECT g.id, h.number FROM groups g JOIN hatms h ON h.group_id = g.id WHERE g.type <> $1`, []any{string(zikr.QuranGroup)}},
	}
}

// settingRules hold settings to their ranges. Older releases leave their defaults.
func settingRules() []rule {
	return []rule{
		{"group %s may have %s open hatms, which is not from 1 to 20", `SELECT id, open_hatms FROM groups WHERE open_hatms < 1 OR open_hatms > 20`, nil},
		{"group %s has the limit of %s poras, which is not from 0 to 30", `SELECT id, pora_limit FROM groups WHERE pora_limit < 0 OR pora_limit > $1`, []any{zikr.Poras}},
		{"group %s has %s days for reading and %s for a hatm, which are not from 0 to 366 and to 3660", `SELECT id, reading_days, hatm_days FROM groups
			WHERE reading_days < 0 OR reading_days > 366 OR hatm_days < 0 OR hatm_days > 3660`, nil},
		{"group %s has the division %s, which there is not", `SELECT id, division FROM groups WHERE division NOT IN ($1, $2)`,
			[]any{string(zikr.Madani), string(zikr.IndoPak)}},
		{"group %s counts %s share-outs on day %s", `SELECT id, share_outs, share_day FROM groups WHERE share_outs < 0 OR share_day < 0`, nil},
	}
}

func memberRules() []rule {
	return []rule{
		{"member %s of group %s has left by the one column and is there by the other (left_at, left_seq)",
			`SELECT user_id, group_id FROM members WHERE (left_at IS NULL) <> (left_seq IS NULL)`, nil},
		{"member %s of group %s was there from event %s to %s, and the group has %s events", `SELECT m.user_id, m.group_id,
			m.joined_seq, COALESCE(m.left_seq, g.seq), g.seq FROM members m JOIN groups g ON g.id = m.group_id
			WHERE m.joined_seq < 0 OR m.joined_seq > COALESCE(m.left_seq, g.seq) OR COALESCE(m.left_seq, 0) > g.seq`, nil},
	}
}

// The condition on released bookings is that of the index by pora.
func hatmRules() []rule {
	return []rule{
		{"hatm %s of group %s counts %s finished poras, %s are completed", `SELECT number, group_id, finished, completed FROM
			(SELECT h.number, h.group_id, h.finished, (SELECT COUNT(*) FROM bookings b WHERE b.group_id = h.group_id
			AND b.hatm_number = h.number AND b.status <> 'released' AND b.status = $1) AS completed FROM hatms h) AS counted
			WHERE finished <> completed`, []any{string(zikr.Completed)}},
		{"hatm %s of group %s is completed with %s poras", `SELECT number, group_id, finished FROM hatms
			WHERE completed_at IS NOT NULL AND finished <> $1`, []any{zikr.Poras}},
		{"hatm %s of group %s is open with %s poras", `SELECT number, group_id, finished FROM hatms
			WHERE completed_at IS NULL AND (finished < 0 OR finished > $1 OR (finished = $1 AND reopened_at IS NULL))`, []any{zikr.Poras}},
		{"hatm %s of group %s is completed, and was opened again (reopened_at)",
			`SELECT number, group_id FROM hatms WHERE completed_at IS NOT NULL AND reopened_at IS NOT NULL`, nil},
	}
}

func bookingRules() []rule {
	booked := []any{string(zikr.Booked)}
	return []rule{
		{"pora %s of hatm %s of group %s is in %s hands, by bookings %s and %s", `SELECT pora, hatm_number, group_id,
			COUNT(*), MIN(id), MAX(id) FROM bookings WHERE status <> 'released'
			GROUP BY group_id, hatm_number, pora HAVING COUNT(*) > 1`, nil},
		{"booking %s is of pora %s, which there is not", `SELECT id, pora FROM bookings WHERE pora < 1 OR pora > $1`, []any{zikr.Poras}},
		{"booking %s has the status %s, which there is not", `SELECT id, status FROM bookings WHERE status NOT IN ($1, $2, $3)`,
			[]any{string(zikr.Booked), string(zikr.Completed), string(zikr.Released)}},
		{"booking %s is %s, and its end says otherwise (ended_at)", `SELECT id, status FROM bookings
			WHERE (status = $1) <> (ended_at IS NULL)`, booked},
		{"booking %s is held by user %s, who is not a member of group %s", `SELECT b.id, b.user_id, b.group_id FROM bookings b
			WHERE b.status = $1 AND NOT EXISTS (SELECT 1 FROM members m
			WHERE m.group_id = b.group_id AND m.user_id = b.user_id AND m.left_at IS NULL)`, booked},
		{"booking %s holds a pora of hatm %s of group %s, which is completed", `SELECT b.id, b.hatm_number, b.group_id
			FROM bookings b JOIN hatms h ON h.group_id = b.group_id AND h.number = b.hatm_number
			WHERE b.status = $1 AND h.completed_at IS NOT NULL`, booked},
	}
}

// dateRules: the clock finds what it has to do.
func dateRules() []rule {
	return []rule{
		{"booking %s is to be looked at at %s, and its date is %s: it must not be before that (wake_at, due_at)", `SELECT id, wake_at, due_at FROM bookings
			WHERE status = $1 AND wake_at IS NOT NULL AND (due_at IS NULL OR due_at < wake_at)`, []any{string(zikr.Booked)}},
		{"booking %s of group %s is due at %s, and nothing will release it (wake_at)", `SELECT b.id, b.group_id, b.due_at FROM bookings b
			JOIN groups g ON g.id = b.group_id WHERE b.status = $1 AND b.due_at IS NOT NULL AND b.wake_at IS NULL AND g.auto_release AND NOT g.deleted`,
			[]any{string(zikr.Booked)}},
	}
}

func eventRules() []rule {
	const logs = ` FROM (SELECT g.id, g.seq, (SELECT COALESCE(MIN(e.seq), 0) FROM events e WHERE e.group_id = g.id) AS oldest,
		(SELECT COALESCE(MAX(e.seq), 0) FROM events e WHERE e.group_id = g.id) AS latest FROM groups g) AS logs `
	return []rule{
		{"group %s is at event %s, its log ends at %s", `SELECT id, seq, latest` + logs + `WHERE seq <> latest`, nil},
		{"the log of group %s begins at event %s, that of its newest " + fmt.Sprint(zikr.KeepNewest) + " events at %s",
			`SELECT id, oldest, CASE WHEN seq > $1 THEN seq - $1 + 1 ELSE 1 END` + logs + `WHERE latest > 0 AND oldest > 1 AND oldest > seq - $1 + 1`,
			[]any{zikr.KeepNewest}},
		{"%s events, from %s to %s, are of group %s, which is not in groups", `SELECT COUNT(*), MIN(e.seq), MAX(e.seq), e.group_id
			FROM events e WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = e.group_id) GROUP BY e.group_id`, nil},
		{"the log of group %s has an event %s: the first is 1", `SELECT group_id, seq FROM events WHERE seq < 1`, nil},
		{"the log of group %s has no events between %s and %s", `SELECT group_id, seq, next FROM (SELECT group_id, seq,
			LEAD(seq) OVER (PARTITION BY group_id ORDER BY seq) AS next FROM events) AS pairs WHERE next <> seq + 1`, nil},
		{"the log of group %s names user %s, whose account is deleted, in %s events", `SELECT e.group_id, e.user_id, COUNT(*)
			FROM events e JOIN users u ON u.id = e.user_id WHERE u.deleted GROUP BY e.group_id, e.user_id`, nil},
	}
}

// sightRules: the log of a group names who did something until the group is anonymous, and nobody from then on. Nothing
// notes when that was: the first event that names nobody tells.
func sightRules() []rule {
	var acts []any
	for _, name := range zikr.ActEvents() {
		acts = append(acts, name)
	}
	isAct := "e.name IN " + placeholders(1, len(acts), func(n int) string { return "$" + strconv.Itoa(n) })
	const nameless = `(CAST(e.data AS TEXT) LIKE '%"userId":""%' AND CAST(e.data AS TEXT) LIKE '%"userName":""%')`
	return []rule{
		{"the log of group %s, which is anonymous, says who did what in event %s, and did not in event %s before it", `SELECT e.group_id, e.seq, f.seq FROM
			(SELECT e.group_id, MIN(e.seq) AS seq FROM events e JOIN groups g ON g.id = e.group_id
				WHERE g.is_anonymous AND ` + isAct + ` AND ` + nameless + ` GROUP BY e.group_id) AS f
			JOIN events e ON e.group_id = f.group_id AND e.seq > f.seq WHERE ` + isAct + ` AND (e.user_id <> '' OR NOT ` + nameless + `)`, acts},
		{"the log of group %s, which is not anonymous, does not say who did what in event %s", `SELECT e.group_id, e.seq FROM events e
			JOIN groups g ON g.id = e.group_id WHERE NOT g.is_anonymous AND ` + isAct + ` AND ` + nameless, acts},
	}
}

func notificationRules() []rule {
	invitation, types := string(zikr.NotifyInvitation), []any{}
	for _, t := range zikr.NotificationTypes() {
		types = append(types, string(t))
	}
	known := placeholders(1, len(types), func(n int) string { return "$" + strconv.Itoa(n) })
	return []rule{
		{"notification %s is of the type %s, which there is not", `SELECT id, type FROM notifications WHERE type NOT IN ` + known, types},
		{"notice %s is of the type %s, which there is not", `SELECT id, type FROM notices WHERE type NOT IN ` + known, types},
		{"notification %s has the answer %s, and its type %s or its moments say otherwise (answered_at, read_at)",
			`SELECT id, answer, type FROM notifications WHERE answer NOT IN ('', $1, $2) OR (answer <> '' AND type <> $3)
			OR (answer = '') <> (answered_at IS NULL) OR (answer <> '' AND read_at IS NULL)`,
			[]any{string(zikr.Accepted), string(zikr.Rejected), invitation}},
		{"user %s has %s invitations into group %s that wait for an answer, %s and %s among them", `SELECT receiver_id, COUNT(*),
			group_id, MIN(id), MAX(id) FROM notifications WHERE type = 'invitation' AND answer = ''
			GROUP BY group_id, receiver_id HAVING COUNT(*) > 1`, nil},
		{"invitation %s waits for an answer, and its group %s is deleted", `SELECT n.id, n.group_id FROM notifications n
			JOIN groups g ON g.id = n.group_id WHERE n.type = 'invitation' AND n.answer = '' AND g.deleted`, nil},
		{"notice %s is caused by event %s of group %s, which is at event %s", `SELECT n.id, n.seq, n.group_id, g.seq
			FROM notices n JOIN groups g ON g.id = n.group_id WHERE n.seq < 1 OR n.seq > g.seq`, nil},
		{"%s notices on %s are open at once, %s and %s among them", `SELECT COUNT(*), topic, MIN(id), MAX(id) FROM notices
			WHERE NOT covered GROUP BY topic HAVING COUNT(*) > 2 OR COUNT(*) > COUNT(DISTINCT sender_id)`, nil},
	}
}

func linkRules() []rule {
	return []rule{
		{"link %s counts %s uses, %s are there", `SELECT code, uses, used FROM (SELECT l.code, l.uses,
			(SELECT COUNT(*) FROM link_uses u WHERE u.code = l.code) AS used FROM links l) AS counted WHERE uses <> used`, nil},
		{"link %s was for %s people, and let in %s", `SELECT code, max_uses, uses FROM links WHERE max_uses > 0 AND uses > max_uses`, nil},
		{"link %s let in user %s, who was never a member of its group %s", `SELECT l.code, u.user_id, l.group_id FROM link_uses u
			JOIN links l ON l.code = u.code
			WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.group_id = l.group_id AND m.user_id = u.user_id)`, nil},
		{"user %s let in by link %s, which is not in links", `SELECT u.user_id, u.code FROM link_uses u
			WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.code = u.code)`, nil},
		{"user %s is a guest, and has an email and a password", `SELECT id FROM users WHERE is_guest AND email <> '' AND password_hash <> ''`, nil},
	}
}

func banRules() []rule {
	return []rule{
		{"user %s is banned from group %s, and a member of it", `SELECT b.user_id, b.group_id FROM bans b
			JOIN members m ON m.group_id = b.group_id AND m.user_id = b.user_id WHERE m.left_at IS NULL`, nil},
	}
}

func budgetRules() []rule {
	return []rule{
		{"user %s has used up %s of the budget %s, which is not 1 or more", `SELECT user_id, used, what FROM budgets WHERE used < 1`, nil},
		{"member %s of group %s has booked %s poras on a day, which is less than none",
			`SELECT user_id, group_id, booked FROM members WHERE booked < 0`, nil},
	}
}
