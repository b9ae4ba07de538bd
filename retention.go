package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long things are kept that would otherwise grow for ever. Everything else is
// kept as long as there is somebody whose it is (docs/operations.md).
const (
	// KeepEvents and KeepNewest are of a group's log: an event leaves it only when
	// it is both older and not among the group's newest (contract section 4).
	KeepEvents = 7 * 24 * time.Hour
	KeepNewest = 10_000
	// KeepCounts is how long countings are kept one by one, with their opIds
	// (contract section 2, Zikr). What is left of each is in its MemberDay.
	KeepCounts = 30 * 24 * time.Hour
	// KeepRead is how long notifications are kept after they were read, and notices
	// after they were told.
	KeepRead = 180 * 24 * time.Hour
	// KeepUnread is how long notifications are kept that nobody reads. An invitation
	// that waits for an answer is kept as long as its group lives.
	KeepUnread = 2 * 365 * 24 * time.Hour
	// KeepGuests is how long guests are kept who are not seen. What they did stays, under the name of a former member.
	KeepGuests = 400 * 24 * time.Hour
	// KeepActs is how long the audit log keeps what admins of the platform did.
	KeepActs = 2 * 365 * 24 * time.Hour
)

// clockSlack is how much longer everything is kept, so that nothing goes before its
// time because the clock was wrong, by hours, when it was stored or now.
const clockSlack = 24 * time.Hour

// RetentionReader reads where there is something to cut.
type RetentionReader interface {
	// LongLogs returns the ids of groups, in their order, after the one in the page's
	// cursor, from whose log CutLog would remove something.
	LongLogs(newest int64, before time.Time, page Page) ([]string, error)
}

// RetentionWriter removes what is older than a moment, oldest first, at most limit
// rows a call. Each method returns how many it removed: less than limit when
// nothing is left to remove.
type RetentionWriter interface {
	// CutLog removes events from a group's log, but none of the newest. What is left
	// has no gap.
	CutLog(groupID string, newest int64, before time.Time, limit int) (int, error)
	// CutCounts removes countings, in the order in which they were stored. It ends at the first that is not
	// older than before, or that is not in a MemberDay yet.
	CutCounts(before time.Time, limit int) (int, error)
	// DeleteNotifications removes notifications that were read before one moment, or
	// that were made before another and nobody read, but no invitation that waits for an answer.
	DeleteNotifications(readBefore, unreadBefore time.Time, limit int) (int, error)
	DeleteNotices(before time.Time, limit int) (int, error)
	// DeleteReads removes the marks on notices that were read before a moment.
	DeleteReads(before time.Time, limit int) (int, error)
	// DeleteLogIns removes sessions whose latest token ended before a moment, DeleteActs entries of the audit log that
	// are older.
	DeleteLogIns(before time.Time, limit int) (int, error)
	DeleteActs(before time.Time, limit int) (int, error)
}

// janitorKey is the key of commands that only remove what nobody changes any more.
func janitorKey() Key { return Key{Noun: "janitor"} }

// What the janitor does, as Janitor.Removed names it.
const (
	RemovedEvents        = "events"
	RemovedCounts        = "counts"
	RemovedNotifications = "notifications"
	RemovedNotices       = "notices"
	RemovedReads         = "notice_reads"
	RemovedSessions      = "sessions"
	RemovedActs          = "acts"
	// GivenDays is no removal: rows of the release before have got their days.
	GivenDays = "given_days"
)

// Janitor removes from a store what need not be kept any longer. It works in steps
// that are too small to hold up a command, and rests after each, so that it
// never takes more than a tenth of the store's time. Store is required.
type Janitor struct {
	Store   Store
	Removed func(what string, rows int) // told of every step
	Now     func() time.Time            // default: time.Now
}

func (j Janitor) withDefaults() Janitor {
	if j.Removed == nil {
		j.Removed = func(string, int) {}
	}
	if j.Now == nil {
		j.Now = time.Now
	}
	return j
}

// Pass removes all that may go by now. One that fails, as it does when the store is too
// busy, is gone on with by the next.
func (j Janitor) Pass(ctx context.Context) error {
	j = j.withDefaults()
	now := j.Now().Add(-clockSlack)
	read := now.Add(-KeepRead)
	sweeps := []struct {
		what string
		step func(Tx, int) (int, error)
	}{
		{GivenDays, Tx.DateCounts},
		{GivenDays, Tx.MoveDays},
		{RemovedCounts, func(tx Tx, limit int) (int, error) { return tx.CutCounts(now.Add(-KeepCounts), limit) }},
		{RemovedNotifications, func(tx Tx, limit int) (int, error) {
			return tx.DeleteNotifications(read, now.Add(-KeepUnread), limit)
		}},
		{RemovedNotices, func(tx Tx, limit int) (int, error) { return tx.DeleteNotices(read, limit) }},
		// A mark outlives what it marks.
		{RemovedReads, func(tx Tx, limit int) (int, error) { return tx.DeleteReads(read.Add(-clockSlack), limit) }},
		{RemovedSessions, func(tx Tx, limit int) (int, error) { return tx.DeleteLogIns(now, limit) }},
		{RemovedActs, func(tx Tx, limit int) (int, error) { return tx.DeleteActs(now.Add(-KeepActs), limit) }},
	}
	errs := []error{j.cutLogs(ctx, now.Add(-KeepEvents)), j.dateBookings(ctx)}
	for _, s := range sweeps {
		errs = append(errs, j.sweep(ctx, s.what, janitorKey(), s.step))
	}
	return errors.Join(errs...)
}

// cutLogs cuts the logs of all groups.
func (j Janitor) cutLogs(ctx context.Context, before time.Time) error {
	page := Page{Limit: maxPage}
	for {
		var groups []string
		err := j.Store.View(ctx, func(r Reader) (err error) {
			groups, err = r.LongLogs(KeepNewest, before, page)
			return err
		})
		if err != nil {
			return fmt.Errorf("find event logs to cut: %w", err)
		}
		for _, id := range groups {
			err := j.sweep(ctx, RemovedEvents, GroupKey(id), func(tx Tx, limit int) (int, error) {
				return tx.CutLog(id, KeepNewest, before, limit)
			})
			if err != nil {
				return err
			}
		}
		if len(groups) < page.Limit {
			return nil
		}
		page.Cursor = groups[len(groups)-1]
	}
}

// dateBookings gives days to the completed bookings of all groups that have none.
func (j Janitor) dateBookings(ctx context.Context) error {
	for {
		var groups []string
		err := j.Store.View(ctx, func(r Reader) (err error) {
			groups, err = r.UndatedGroups(1)
			return err
		})
		if err != nil || len(groups) == 0 {
			return err
		}
		err = j.sweep(ctx, GivenDays, GroupKey(groups[0]), func(tx Tx, limit int) (int, error) { return tx.DateBookings(groups[0], limit) })
		if err != nil {
			return err
		}
	}
}

// The sizes of a step in rows, how long it should hold the writer, and the rests between steps.
const (
	firstStep = 64
	leastStep = 8
	mostStep  = 256 // old countings are all over their index: each row is a page to be written
	stepTime  = 2 * time.Millisecond
	leastRest = 20 * time.Millisecond
	mostRest  = time.Second
)

// sweep repeats a step, each time one command, until nothing is left to remove.
func (j Janitor) sweep(ctx context.Context, what string, key Key, step func(Tx, int) (int, error)) error {
	for size := firstStep; ; {
		removed, took := 0, time.Duration(0)
		began := time.Now()
		err := j.Store.Update(ctx, key, func(tx Tx) (err error) {
			turn := time.Now()
			removed, err = step(tx, size)
			took = time.Since(turn)
			return err
		})
		if err != nil {
			return fmt.Errorf("remove old %s: %w", what, err)
		}
		j.Removed(what, removed)
		if removed < size {
			return nil
		}
		size = nextStep(size, took)
		if !rest(ctx, min(max(9*time.Since(began), leastRest), mostRest)) {
			return context.Cause(ctx)
		}
	}
}

// nextStep is the size of the step after one that took so long.
func nextStep(size int, took time.Duration) int {
	switch {
	case took > stepTime:
		size /= 2
	case took < stepTime/2:
		size *= 2
	}
	return min(max(size, leastStep), mostStep)
}

// rest waits. It returns false at once when ctx ends.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
