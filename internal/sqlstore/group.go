package sqlstore

import (
	"errors"
	"fmt"
	"math"

	"github.com/zikr-app/zikr"
)

const groupColumns = `g.id, g.name, g.type, g.is_public, g.dedication, g.hatm_goal, g.hatm_count,
	g.admin_id, g.member_count, g.seq, g.told_at, g.created_at, g.deleted, ` + settingColumns

// settingColumns are a group's settings, and how many share-outs there were on the latest day of one.
const settingColumns = `g.open_hatms, g.pora_limit, g.reading_days, g.hatm_days, g.auto_release, g.is_anonymous, g.division,
	g.completion_text, g.time_zone, g.share_day, g.share_outs`

func scanGroup(r row, g *zikr.Group) error {
	return r.Scan(&g.ID, &g.Name, &g.Type, &g.IsPublic, &g.Dedication, &g.HatmGoal, &g.HatmCount,
		&g.AdminID, &g.MemberCount, &g.Seq, (*moment)(&g.ToldAt), (*moment)(&g.CreatedAt), &g.Deleted,
		&g.OpenHatms, &g.PoraLimit, &g.ReadingDays, &g.HatmDays, &g.AutoRelease, &g.IsAnonymous, &g.Division,
		&g.CompletionText, &g.TimeZone, &g.ShareDay, &g.ShareOuts)
}

// Group implements zikr.GroupReader.
func (r *reader) Group(id string) (*zikr.Group, error) {
	return one(r, "read group", scanGroup, `SELECT `+groupColumns+` FROM groups g WHERE g.id = $1`, id)
}

// GroupsOf implements zikr.GroupReader.
func (r *reader) GroupsOf(userID string, page zikr.Page) ([]zikr.Group, error) {
	return list(r, "list groups of user", scanGroup, `SELECT `+groupColumns+`
		FROM members m JOIN groups g ON g.id = m.group_id
		WHERE m.user_id = $1 AND m.group_id < $2 AND m.left_at IS NULL AND NOT g.deleted
		ORDER BY m.group_id DESC LIMIT $3`, userID, before(page.Cursor), page.Limit)
}

// PublicGroups implements zikr.GroupReader.
func (r *reader) PublicGroups(text string, page zikr.Page) ([]zikr.Group, error) {
	return list(r, "list public groups", scanGroup, `SELECT `+groupColumns+` FROM groups g
		WHERE g.is_public AND NOT g.deleted AND g.id < $1 AND g.name_key LIKE $2 ESCAPE '\'
		ORDER BY g.id DESC LIMIT $3`, before(page.Cursor), containing(text), page.Limit)
}

// AllGroups implements zikr.GroupReader.
func (r *reader) AllGroups(text string, page zikr.Page) ([]zikr.Group, error) {
	return list(r, "list groups", scanGroup, `SELECT `+groupColumns+` FROM groups g
		WHERE NOT g.deleted AND g.id < $1 AND g.name_key LIKE $2 ESCAPE '\' ORDER BY g.id DESC LIMIT $3`,
		before(page.Cursor), containing(text), page.Limit)
}

// EverGroupsOf implements zikr.GroupReader.
func (r *reader) EverGroupsOf(userID string) ([]string, error) {
	return list(r, "list all groups of user", text,
		`SELECT group_id FROM members WHERE user_id = $1 ORDER BY group_id`, userID)
}

// CountGroupsOf implements zikr.GroupReader.
func (r *reader) CountGroupsOf(userID string, t zikr.GroupType) (int64, error) {
	return r.count("count groups of user", `SELECT COUNT(*)
		FROM members m JOIN groups g ON g.id = m.group_id
		WHERE m.user_id = $1 AND m.left_at IS NULL AND g.type = $2 AND NOT g.deleted`, userID, string(t))
}

// CountAdministered implements zikr.GroupReader.
func (r *reader) CountAdministered(userID string) (int64, error) {
	return r.count("count groups of admin", `SELECT COUNT(*) FROM groups WHERE admin_id = $1 AND NOT deleted`, userID)
}

// CountLoginless implements zikr.GroupReader.
func (r *reader) CountLoginless(groupID string) (present, made int64, err error) {
	type count struct{ present, made int64 }
	n, err := one(r, "count members without a login", func(r row, n *count) error { return r.Scan(&n.present, &n.made) },
		`SELECT COUNT(m.user_id), COUNT(*) FROM users u
		LEFT JOIN members m ON m.group_id = u.of_group AND m.user_id = u.id AND m.left_at IS NULL
		WHERE u.of_group = $1 AND u.of_group <> ''`, groupID)
	if err != nil {
		return 0, 0, err
	}
	return n.present, n.made, nil
}

// Group implements zikr.GroupReader.
func (t *tx) Group(id string) (*zikr.Group, error) {
	k, err := t.known.groups.get(id, t.direct.Group)
	if err != nil {
		return nil, err
	}
	g := k.value
	return &g, nil
}

// InsertGroup implements zikr.GroupWriter.
func (t *tx) InsertGroup(g zikr.Group) error {
	_, err := t.exec("insert group", `INSERT INTO groups
		(id, name, name_key, type, is_public, dedication, hatm_goal, hatm_count, admin_id, member_count, seq, created_at, deleted, told_at,
		open_hatms, pora_limit, reading_days, hatm_days, auto_release, is_anonymous, division, completion_text, time_zone, share_day, share_outs)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`, groupArgs(g)...)
	if err != nil {
		return err
	}
	g.CreatedAt, g.ToldAt = stored(g.CreatedAt), stored(g.ToldAt)
	t.known.groups.put(g.ID, g)
	return nil
}

// UpdateGroup implements zikr.GroupWriter.
func (t *tx) UpdateGroup(g zikr.Group) error {
	g.CreatedAt, g.ToldAt = stored(g.CreatedAt), stored(g.ToldAt)
	return change(t, &t.known.groups, g.ID, t.direct.Group, g)
}

// saveGroup writes a group's row. Most commands change nothing but its
// counters; then no index needs to be written.
func (t *tx) saveGroup(was, g zikr.Group) {
	was.Seq, was.MemberCount, was.HatmCount = g.Seq, g.MemberCount, g.HatmCount
	if was == g {
		t.laterOne("update group", `UPDATE groups SET seq = $2, member_count = $3, hatm_count = $4
			WHERE id = $1`, g.ID, g.Seq, g.MemberCount, g.HatmCount)
		return
	}
	t.laterOne("update group", `UPDATE groups SET
		name = $2, name_key = $3, type = $4, is_public = $5, dedication = $6, hatm_goal = $7, hatm_count = $8,
		admin_id = $9, member_count = $10, seq = $11, created_at = $12, deleted = $13, told_at = $14,
		open_hatms = $15, pora_limit = $16, reading_days = $17, hatm_days = $18, auto_release = $19, is_anonymous = $20, division = $21,
		completion_text = $22, time_zone = $23, share_day = $24, share_outs = $25 WHERE id = $1`, groupArgs(g)...)
}

func groupArgs(g zikr.Group) []any {
	return []any{g.ID, g.Name, zikr.SearchKey(g.Name), string(g.Type), g.IsPublic, g.Dedication, g.HatmGoal, g.HatmCount,
		g.AdminID, g.MemberCount, g.Seq, millis(g.CreatedAt), g.Deleted, millis(g.ToldAt),
		g.OpenHatms, g.PoraLimit, g.ReadingDays, g.HatmDays, g.AutoRelease, g.IsAnonymous, string(g.Division), g.CompletionText, g.TimeZone,
		g.ShareDay, g.ShareOuts}
}

type memberKey struct{ groupID, userID string }

// membership is a member's row, without the name.
type membership struct {
	zikr.Member
	joinedSeq int64 // the group's latest event when the member came
	leftSeq   int64 // and when the member left; stays for who is there
}

// stays is the leftSeq of who has not left.
const stays = math.MaxInt64

const memberColumns = `m.group_id, m.user_id, m.joined_at, m.left_at, m.booked_day, m.booked`

func scanMembership(r row, m *membership) error {
	return r.Scan(&m.GroupID, &m.UserID, (*moment)(&m.JoinedAt), (*moment)(&m.LeftAt), &m.BookedDay, &m.Booked, &m.joinedSeq, &m.leftSeq)
}

func scanMember(r row, m *zikr.Member) error {
	var u zikr.User
	err := r.Scan(&m.GroupID, &m.UserID, (*moment)(&m.JoinedAt), (*moment)(&m.LeftAt), &m.BookedDay, &m.Booked, &u.Name, &u.Surname, &u.Deleted, &u.GroupID)
	named(m, &u)
	return err
}

// named sets of a member what comes from the account.
func named(m *zikr.Member, u *zikr.User) {
	m.UserName, m.Loginless, m.Surname = u.FullName(), !u.HasLogin(), ""
	if m.Loginless {
		m.Surname = u.Surname
	}
}

// Member implements zikr.GroupReader.
func (r *reader) Member(groupID, userID string) (*zikr.Member, error) {
	return one(r, "read member", scanMember, `SELECT `+memberColumns+`, u.name, u.surname, u.deleted, u.of_group
		FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.group_id = $1 AND m.user_id = $2`, groupID, userID)
}

// Standing implements zikr.GroupReader.
func (r *reader) Standing(groupID, userID string) (*zikr.Standing, error) {
	return one(r, "read standing", scanStanding, `SELECT g.id, g.name, g.seq FROM members m JOIN groups g ON g.id = m.group_id
		WHERE m.group_id = $1 AND m.user_id = $2 AND m.left_at IS NULL AND NOT g.deleted`, groupID, userID)
}

func scanStanding(r row, s *zikr.Standing) error { return r.Scan(&s.GroupID, &s.GroupName, &s.Seq) }

// Members implements zikr.GroupReader.
func (r *reader) Members(groupID string) ([]zikr.Member, error) {
	return list(r, "list members", scanMember, `SELECT `+memberColumns+`, u.name, u.surname, u.deleted, u.of_group
		FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.group_id = $1 AND m.left_at IS NULL ORDER BY m.joined_at, m.user_id`, groupID)
}

// MemberIDs implements zikr.GroupReader.
func (r *reader) MemberIDs(groupID string) ([]string, error) {
	return list(r, "list member ids", text,
		`SELECT user_id FROM members WHERE group_id = $1 AND left_at IS NULL ORDER BY user_id`, groupID)
}

func (r *reader) membership(key memberKey) (*membership, error) {
	return one(r, "read membership", scanMembership, `SELECT `+memberColumns+`, m.joined_seq, COALESCE(m.left_seq, $3)
		FROM members m WHERE m.group_id = $1 AND m.user_id = $2`, key.groupID, key.userID, int64(stays))
}

// person is a membership with the account that it is of.
type person struct {
	membership
	user zikr.User
}

// joined lets one row be scanned by two functions.
type joined []any

func (j *joined) Scan(dest ...any) error {
	*j = append(*j, dest...)
	return nil
}

func scanPerson(r row, p *person) error {
	var all joined
	return errors.Join(scanMembership(&all, &p.membership), scanUser(&all, &p.user), r.Scan(all...))
}

// meet reads a membership and the account in one round trip, where one has to be made and neither is known.
func (t *tx) meet(key memberKey) error {
	if !t.engine.shared || t.known.members.has(key) || t.known.users.has(key.userID) {
		return nil
	}
	p, err := one(&t.direct, "read member", scanPerson, `SELECT `+memberColumns+`, m.joined_seq, COALESCE(m.left_seq, $3), `+userColumns+`
		FROM members m JOIN users ON id = m.user_id WHERE m.group_id = $1 AND m.user_id = $2`, key.groupID, key.userID, int64(stays))
	if err != nil {
		return err
	}
	t.known.members.put(key, p.membership)
	t.known.users.put(key.userID, p.user)
	return nil
}

// Member implements zikr.GroupReader.
func (t *tx) Member(groupID, userID string) (*zikr.Member, error) {
	if err := t.meet(memberKey{groupID, userID}); err != nil {
		return nil, err
	}
	k, err := t.known.members.get(memberKey{groupID, userID}, t.direct.membership)
	if err != nil {
		return nil, err
	}
	u, err := t.User(userID)
	if err != nil {
		return nil, fmt.Errorf("read member: user %s: %w", userID, err)
	}
	m := k.value.Member
	named(&m, u)
	return &m, nil
}

// PutMember implements zikr.GroupWriter.
func (t *tx) PutMember(m zikr.Member) error {
	now, err := t.membershipAfter(m)
	if err != nil {
		return fmt.Errorf("put member: %w", err)
	}
	leftSeq := any(now.leftSeq)
	if now.LeftAt.IsZero() {
		leftSeq = nil
	}
	_, err = t.exec("put member", `INSERT INTO members (group_id, user_id, joined_at, left_at, joined_seq, left_seq)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (group_id, user_id) DO UPDATE SET joined_at = excluded.joined_at, left_at = excluded.left_at,
		joined_seq = excluded.joined_seq, left_seq = excluded.left_seq`,
		m.GroupID, m.UserID, millis(m.JoinedAt), millis(m.LeftAt), now.joinedSeq, leftSeq)
	if err != nil {
		return err
	}
	t.known.members.put(memberKey{m.GroupID, m.UserID}, now)
	return nil
}

// CountBookings implements zikr.GroupWriter.
func (t *tx) CountBookings(m zikr.Member) error {
	key := memberKey{m.GroupID, m.UserID}
	k, err := t.known.members.get(key, t.direct.membership)
	if err != nil {
		return fmt.Errorf("count bookings of member: %w", err)
	}
	now := k.value
	now.BookedDay, now.Booked = m.BookedDay, m.Booked
	return change(t, &t.known.members, key, t.direct.membership, now)
}

// saveMember writes what CountBookings changed: the rest of a membership is written at once.
func (t *tx) saveMember(_, m membership) {
	t.laterOne("count bookings of member", `UPDATE members SET booked_day = $3, booked = $4 WHERE group_id = $1 AND user_id = $2`,
		m.GroupID, m.UserID, m.BookedDay, m.Booked)
}

// membershipAfter is the row that m makes of the one that is there: whoever
// comes or leaves does so after the group's latest event.
func (t *tx) membershipAfter(m zikr.Member) (membership, error) {
	g, err := t.Group(m.GroupID)
	if err != nil {
		return membership{}, fmt.Errorf("group %s: %w", m.GroupID, err)
	}
	m.UserName, m.Loginless, m.Surname = "", false, ""
	m.JoinedAt, m.LeftAt, m.BookedDay, m.Booked = stored(m.JoinedAt), stored(m.LeftAt), 0, 0
	now := membership{Member: m, joinedSeq: g.Seq, leftSeq: stays}
	k, err := t.known.members.get(memberKey{m.GroupID, m.UserID}, t.direct.membership)
	if err == nil {
		now.BookedDay, now.Booked = k.value.BookedDay, k.value.Booked
	}
	switch {
	case err == nil && k.value.LeftAt.IsZero() == m.LeftAt.IsZero() && k.value.JoinedAt.Equal(m.JoinedAt):
		now.joinedSeq, now.leftSeq = k.value.joinedSeq, k.value.leftSeq
	case !m.LeftAt.IsZero():
		now.leftSeq = g.Seq
		if err == nil {
			now.joinedSeq = k.value.joinedSeq
		}
	}
	if err != nil && !errors.Is(err, zikr.ErrNotFound) {
		return membership{}, err
	}
	return now, nil
}
