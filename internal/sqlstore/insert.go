package sqlstore

import "strings"

// Rows that are appended go in statements of many, some and one row: few texts
// to prepare, few statements to run.
const (
	many = 64
	some = 8
)

// inserter inserts rows of one table.
type inserter struct {
	op    string
	width int            // columns
	texts map[int]string // by number of rows
}

// newInserter makes the texts: head is everything up to VALUES, tail what follows
// the rows, mark the placeholder of the n-th value.
func newInserter(op, head string, width int, tail string, mark func(n int) string) *inserter {
	in := &inserter{op: op, width: width, texts: make(map[int]string)}
	for _, n := range []int{many, some, 1} {
		in.texts[n] = head + " VALUES " + placeholders(n, width, mark) + tail
	}
	return in
}

// placeholders is "($1, $2), ($3, $4)" for 2 rows of 2 columns.
func placeholders(rows, width int, mark func(n int) string) string {
	var b strings.Builder
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString(mark(i + 1))
	}
	b.WriteString(")")
	return b.String()
}

// insert has the rows written by the flush that is under way. Their values stand one
// after another in args.
func (in *inserter) insert(t *tx, args []any) {
	for len(args) > 0 {
		n := 1
		switch rows := len(args) / in.width; {
		case rows >= many:
			n = many
		case rows >= some:
			n = some
		}
		t.later(in.op, in.texts[n], args[:n*in.width:n*in.width]...)
		args = args[n*in.width:]
	}
}

// texts are the inserters of what is appended in batches.
type texts struct {
	bookings, shares, days, events, notifications *inserter
	// counts are most of them; unusual are those of which are some that were made for others, or undo others.
	counts, unusual *inserter
}

// countColumns are those that each counting fills; the others are NULL in most.
const countColumns = `id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at, day, group_day`

func newTexts(mark func(n int) string) *texts {
	return &texts{
		bookings: newInserter("insert bookings", `INSERT INTO bookings (`+bookingColumns+`)`, 14, "", mark),
		counts:   newInserter("insert counts", `INSERT INTO counts (`+countColumns+`)`, 12, "", mark),
		unusual:  newInserter("insert counts", `INSERT INTO counts (`+countColumns+`, by_id, undoes)`, 14, "", mark),
		shares: newInserter("add to shares", `INSERT INTO shares (zikr_id, user_id, amount)`, 3,
			` ON CONFLICT (zikr_id, user_id) DO UPDATE SET amount = shares.amount + excluded.amount`, mark),
		days: newInserter("add to days", `INSERT INTO member_days (group_id, group_day, user_id, day, zikr_id, amount)`, 6,
			` ON CONFLICT (group_id, group_day, user_id, day, zikr_id) DO UPDATE SET amount = member_days.amount + excluded.amount`, mark),
		events:        newInserter("insert events", `INSERT INTO events (`+eventColumns+`)`, 6, "", mark),
		notifications: newInserter("insert notifications", `INSERT INTO notifications (`+notificationColumns+`)`, 12, "", mark),
	}
}
