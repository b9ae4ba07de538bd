package storetest

import (
	"errors"

	"github.com/zikr-app/zikr"
)

func eventTests() []test {
	return []test{
		{"log", eventLog},
		{"latest", latestSeqs},
		{"naming", eventsNaming},
		{"rewrite", rewriteEvent},
		{"taken seq", takenSeq},
	}
}

func eventLog(f *fixture) {
	e := func(seq int64) zikr.Event { return event("g1", seq, "pora_booked", "u1") }
	f.update(friends)
	f.stays(func(r zikr.Reader) error {
		return errors.Join(is("oldest of none", int64(0))(r.OldestSeq("g1")), is("none", []zikr.Event(nil))(r.Events("g1", 0, 9)))
	})
	f.holds(all(logTo("g1", "pora_booked", "u1"), logTo("g1", "pora_booked", "u1"), logTo("g1", "pora_booked", "u1")),
		func(r zikr.Reader) error {
			return errors.Join(
				is("all", []zikr.Event{e(1), e(2), e(3)})(r.Events("g1", 0, 9)),
				is("after 1", []zikr.Event{e(2), e(3)})(r.Events("g1", 1, 9)),
				is("one after 1", []zikr.Event{e(2)})(r.Events("g1", 1, 1)),
				is("after the last", []zikr.Event(nil))(r.Events("g1", 3, 9)),
				is("of another group", []zikr.Event(nil))(r.Events("g2", 0, 9)),
				is("oldest", int64(1))(r.OldestSeq("g1")))
		})
}

func latestSeqs(f *fixture) {
	deleted := quran("g2")
	deleted.Seq, deleted.Deleted = 7, true
	f.holds(all(friends, logTo("g1", "pora_booked", "u1"), func(tx zikr.Tx) error { return tx.InsertGroup(deleted) }), func(r zikr.Reader) error {
		return errors.Join(
			is("both", map[string]int64{"g1": 1, "g2": 7})(r.LatestSeqs([]string{"g2", "nothing", "g1"})),
			is("of none", map[string]int64{})(r.LatestSeqs(nil)),
			is("of as many as may be asked for", map[string]int64{"g1": 1})(r.LatestSeqs(manyWith("g1"))))
	})
}

// manyWith is as many ids as may be asked for together, the last of them id.
func manyWith(id string) []string {
	ids := make([]string, zikr.MaxTogether)
	for i := range ids {
		ids[i] = "nothing"
	}
	ids[len(ids)-1] = id
	return ids
}

func eventsNaming(f *fixture) {
	f.holds(all(friends, logTo("g1", "member_joined", "u1"), logTo("g1", "member_joined", "u2"), logTo("g1", "hatm_completed", ""),
		logTo("g1", "pora_booked", "u1"), logTo("g1", "pora_booked", "u1")), func(r zikr.Reader) error {
		first, fourth, fifth := event("g1", 1, "member_joined", "u1"), event("g1", 4, "pora_booked", "u1"), event("g1", 5, "pora_booked", "u1")
		return errors.Join(
			is("all", []zikr.Event{first, fourth, fifth})(r.EventsNaming("g1", "u1", 0, 9)),
			is("two", []zikr.Event{first, fourth})(r.EventsNaming("g1", "u1", 0, 2)),
			is("after 4", []zikr.Event{fifth})(r.EventsNaming("g1", "u1", 4, 9)),
			is("nobody's", []zikr.Event(nil))(r.EventsNaming("g1", "u3", 0, 9)))
	})
}

func rewriteEvent(f *fixture) {
	want := event("g1", 2, "pora_booked", "")
	want.Data = []byte(`{"userName":"Former member"}`)
	rewrite := func(tx zikr.Tx) error {
		return tx.RewriteEvent(zikr.Event{GroupID: "g1", Seq: 2, Name: "pora_booked", Data: want.Data, At: want.At})
	}
	check := func(r zikr.Reader) error {
		return errors.Join(
			is("log", []zikr.Event{event("g1", 1, "pora_booked", "u1"), want})(r.Events("g1", 0, 9)),
			is("naming u1", []zikr.Event{event("g1", 1, "pora_booked", "u1")})(r.EventsNaming("g1", "u1", 0, 9)))
	}
	f.update(friends, logTo("g1", "pora_booked", "u1"), logTo("g1", "pora_booked", "u1"))
	f.holds(rewrite, check)
	if got := len(f.told("g1")); got != 2 {
		f.Errorf("got %d events announced, want the 2 that were appended", got)
	}
	missing := func(tx zikr.Tx) error { return tx.RewriteEvent(event("g1", 9, "pora_booked", "u1")) }
	if err := f.try(missing); err == nil {
		f.Error("an event that is not there was rewritten")
	}
}

// takenSeq: the store itself keeps a second event with the same seq out.
func takenSeq(f *fixture) {
	f.update(friends, logTo("g1", "pora_booked", "u1"))
	again := func(tx zikr.Tx) error { return tx.AppendEvent(event("g1", 1, "pora_released", "u2")) }
	if err := f.try(again); err == nil {
		f.Error("two events were stored under one seq")
	}
	f.stays(func(r zikr.Reader) error {
		return is("log", []zikr.Event{event("g1", 1, "pora_booked", "u1")})(r.Events("g1", 0, 9))
	})
	if got := len(f.told("g1")); got != 1 {
		f.Errorf("got %d events announced, want the 1 that is stored", got)
	}
}
