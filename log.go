package zikr

import (
	"context"
	"encoding/json"
	"fmt"
)

// maxReplay is how many events one page of the log holds at most.
const maxReplay = 1000

// LoggedEvent is an event of the log as it was told.
type LoggedEvent struct {
	Seq   int64           `json:"seq"`
	Event string          `json:"event" doc:"the event's name"`
	Data  json.RawMessage `json:"data" doc:"its payload, as it was told live"`
}

// EventPage is what a group's log holds after a seq.
type EventPage struct {
	Events []LoggedEvent `json:"events"`
	Latest int64         `json:"latest" doc:"the seq of the latest event"`
	// Resync says that the log no longer reaches back to the seq asked for, or never
	// got there: nothing is replayed, the snapshot tells.
	Resync bool `json:"resync,omitempty"`
}

// Events returns a group's events after since, oldest first, at most limit (1,000)
// of them, to its members. CodeNotMember, CodeInvalidPayload.
func (s *Service) Events(ctx context.Context, userID, groupID string, since int64, limit int) (*EventPage, error) {
	if since < 0 {
		return nil, Errorf(CodeInvalidPayload, "since is %d: it must be 0 or more.", since)
	}
	return view(ctx, s, func(r Reader) (*EventPage, error) {
		g, _, err := membership(r, groupID, userID)
		if err != nil {
			return nil, err
		}
		page := &EventPage{Events: []LoggedEvent{}, Latest: g.Seq}
		if since == g.Seq {
			return page, nil
		}
		events, err := r.Events(groupID, since, min(max(limit, 1), maxReplay))
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		// What lies between since and the oldest event that is left is lost to the log.
		if since > g.Seq || len(events) == 0 || events[0].Seq != since+1 {
			page.Resync = true
			return page, nil
		}
		if err := g.hideActors(events); err != nil {
			return nil, err
		}
		for _, e := range events {
			page.Events = append(page.Events, LoggedEvent{e.Seq, e.Name, e.Data})
		}
		return page, nil
	})
}

// LatestSeqs returns where the logs of at most MaxTogether groups stand, for the node's own
// delivery: nobody is asked.
func (s *Service) LatestSeqs(ctx context.Context, groupIDs []string) (map[string]int64, error) {
	return view(ctx, s, func(r Reader) (map[string]int64, error) {
		seqs, err := r.LatestSeqs(groupIDs)
		if err != nil {
			return nil, fmt.Errorf("read latest seqs: %w", err)
		}
		return seqs, nil
	})
}

// EventsAfter returns a group's events after since for the node's own delivery:
// nobody is asked, and the log of a deleted group is read too.
func (s *Service) EventsAfter(ctx context.Context, groupID string, since int64, limit int) ([]Event, error) {
	return view(ctx, s, func(r Reader) ([]Event, error) {
		events, err := r.Events(groupID, since, limit)
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		if len(events) == 0 {
			return nil, nil
		}
		g, err := r.Group(groupID)
		if err != nil {
			return nil, fmt.Errorf("find the group of events: %w", err)
		}
		return events, g.hideActors(events)
	})
}
