package zikr_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// Every event is announced as it is in the log, in order, from 1 without a gap.
func TestLog(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	z := w.zikr(ali, g, 1)
	w.readHatm(g, ali, vali)
	w.count(vali, g, z, 1)
	if err := w.LeaveGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	events := w.events(g, 0)
	if diff := cmp.Diff(w.bus.published(g), events, cmp.Comparer(sameEvent)); diff != "" {
		t.Errorf("(-announced +log):\n%s", diff)
	}
	for i, e := range events {
		var stamp zikr.Stamp
		decode(t, e.Data, &stamp)
		if want := int64(i + 1); e.Seq != want || stamp.Seq != want || e.GroupID != g {
			t.Fatalf("event %d of %s: seq %d, in the payload %d", want, e.GroupID, e.Seq, stamp.Seq)
		}
		if !stamp.Timestamp.Equal(e.At) {
			t.Errorf("event %d is of %s, its payload of %s", i+1, e.At, stamp.Timestamp)
		}
	}
	if got := w.snapshot(vali, g).Seq; got != int64(len(events)) {
		t.Errorf("the snapshot is at %d of %d", got, len(events))
	}
}

func sameEvent(a, b zikr.Event) bool {
	return a.GroupID == b.GroupID && a.Seq == b.Seq && a.Name == b.Name && string(a.Data) == string(b.Data) && a.UserID == b.UserID && a.At.Equal(b.At)
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest := w.user("Ali"), w.user("Vali"), w.user("Guest")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 0)
	for range 8 {
		w.count(ali, g, z, 1)
	}
	all := w.events(g, 0) // 10 of them
	for _, test := range []struct {
		name        string
		since       int64
		limit       int
		first, last int64 // seqs; 0 for none
		resync      bool
	}{
		{"all", 0, 100, 1, 10, false},
		{"the first page", 0, 3, 1, 3, false},
		{"the last page", 7, 3, 8, 10, false},
		{"the last one", 9, 100, 10, 10, false},
		{"nothing new", 10, 100, 0, 0, false},
		{"not told yet", 11, 100, 0, 0, true},
		{"a limit below 1 is 1", 0, 0, 1, 1, false},
		{"a limit above 1,000 is 1,000", 0, 1_000_000, 1, 10, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := &zikr.EventPage{Events: []zikr.LoggedEvent{}, Latest: 10, Resync: test.resync}
			for seq := test.first; seq > 0 && seq <= test.last; seq++ {
				e := all[seq-1]
				want.Events = append(want.Events, zikr.LoggedEvent{Seq: e.Seq, Event: e.Name, Data: e.Data})
			}
			if diff := cmp.Diff(want, must(w.Events(w.ctx, vali, g, test.since, test.limit))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	_, err := w.Events(w.ctx, vali, g, -1, 100)
	wantCode(t, err, zikr.CodeInvalidPayload)
	_, err = w.Events(w.ctx, guest, g, 0, 100)
	wantCode(t, err, zikr.CodeNotMember)
}

func TestEventsOfANewGroup(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	want := &zikr.EventPage{Events: []zikr.LoggedEvent{}}
	if diff := cmp.Diff(want, must(w.Events(w.ctx, ali, g, 0, 100))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// shortLog is a Store whose log has lost its first events.
type shortLog struct {
	zikr.Store
	oldest int64
}

type shortReader struct {
	zikr.Reader
	oldest int64
}

func (s shortLog) View(ctx context.Context, query func(zikr.Reader) error) error {
	return s.Store.View(ctx, func(r zikr.Reader) error { return query(shortReader{r, s.oldest}) })
}

func (r shortReader) Events(groupID string, since int64, limit int) ([]zikr.Event, error) {
	return r.Reader.Events(groupID, max(since, r.oldest-1), limit)
}

func TestEventsOlderThanTheLog(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	w.count(ali, g, z, 1)
	w.count(ali, g, z, 1)
	for oldest, want := range map[int64][]bool{ // resync by since 0, 1, 2, 3
		1: {false, false, false, false}, 2: {true, false, false, false}, 3: {true, true, false, false}, 4: {true, true, true, false},
	} {
		s := zikr.New(zikr.Config{Store: shortLog{w.store, oldest}, Bus: w.bus})
		var got []bool
		for since := range int64(4) {
			page := must(s.Events(w.ctx, ali, g, since, 100))
			got = append(got, page.Resync)
			if page.Resync && len(page.Events) > 0 || page.Latest != 3 {
				t.Errorf("oldest %d, since %d: got %+v", oldest, since, page)
			}
		}
		s.Close()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("oldest %d (-want +got):\n%s", oldest, diff)
		}
	}
}

// A node's own delivery reads the log of a deleted group, too.
func TestEventsAfterDeletion(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	w.zikr(ali, g, 0)
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"group_updated", "group_deleted"}, w.eventNames(g, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{g: 2}, must(w.LatestSeqs(w.ctx, []string{g, "nothing"}))); diff != "" {
		t.Errorf("latest (-want +got):\n%s", diff)
	}
	if got := must(w.EventsAfter(w.ctx, g, 1, 1)); len(got) != 1 || got[0].Seq != 2 {
		t.Errorf("after 1: got %v", got)
	}
}
