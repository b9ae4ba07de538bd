package sqlstore

import "github.com/zikr-app/zikr"

const eventColumns = `group_id, seq, name, user_id, data, created_at`

func scanEvent(r row, e *zikr.Event) error {
	return r.Scan(&e.GroupID, &e.Seq, &e.Name, &e.UserID, (*[]byte)(&e.Data), (*moment)(&e.At))
}

// Events implements zikr.EventReader.
func (r *reader) Events(groupID string, since int64, limit int) ([]zikr.Event, error) {
	return list(r, "read events", scanEvent, `SELECT `+eventColumns+` FROM events
		WHERE group_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, groupID, since, limit)
}

// LatestSeqs implements zikr.EventReader.
func (r *reader) LatestSeqs(groupIDs []string) (map[string]int64, error) {
	type standing struct {
		id  string
		seq int64
	}
	found, err := list(r, "read latest seqs", func(r row, s *standing) error { return r.Scan(&s.id, &s.seq) },
		`SELECT id, seq FROM groups WHERE id IN `+among, padded(groupIDs)...)
	seqs := make(map[string]int64, len(found))
	for _, s := range found {
		seqs[s.id] = s.seq
	}
	return seqs, err
}

// OldestSeq implements zikr.EventReader.
func (r *reader) OldestSeq(groupID string) (int64, error) {
	return r.count("read oldest event", `SELECT COALESCE(MIN(seq), 0) FROM events WHERE group_id = $1`, groupID)
}

// EventsNaming implements zikr.EventReader. It reads through the group's log: an
// index for it would cost every event.
func (r *reader) EventsNaming(groupID, userID string, since int64, limit int) ([]zikr.Event, error) {
	return list(r, "read events naming user", scanEvent, `SELECT `+eventColumns+` FROM events
		WHERE group_id = $1 AND seq > $2 AND user_id = $3 ORDER BY seq LIMIT $4`, groupID, since, userID, limit)
}

// AppendEvent implements zikr.EventWriter.
func (t *tx) AppendEvent(e zikr.Event) error {
	t.writes++
	e.At = stored(e.At)
	t.events = append(t.events, e)
	return nil
}

// RewriteEvent implements zikr.EventWriter.
func (t *tx) RewriteEvent(e zikr.Event) error {
	if err := t.flush(); err != nil {
		return err
	}
	return t.execOne("rewrite event", `UPDATE events SET data = $3, user_id = $4 WHERE group_id = $1 AND seq = $2`,
		e.GroupID, e.Seq, string(e.Data), e.UserID)
}

func (t *tx) insertEvents() {
	fresh := t.events[t.logged:]
	t.logged = len(t.events)
	args := make([]any, 0, len(fresh)*6)
	for _, e := range fresh {
		args = append(args, e.GroupID, e.Seq, e.Name, e.UserID, string(e.Data), millis(e.At))
	}
	t.engine.texts.events.insert(t, args)
}

// byGroup sorts events into runs of consecutive seqs of one group, in the order
// in which the groups come first.
func byGroup(events []zikr.Event) [][]zikr.Event {
	var runs [][]zikr.Event
	latest := make(map[string]int) // the group's run
	for _, e := range events {
		i, ok := latest[e.GroupID]
		if ok && runs[i][len(runs[i])-1].Seq+1 == e.Seq {
			runs[i] = append(runs[i], e)
			continue
		}
		latest[e.GroupID] = len(runs)
		runs = append(runs, []zikr.Event{e})
	}
	return runs
}
