package load

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// SnapshotOptions say how Snapshot is run.
type SnapshotOptions struct {
	Requests int // snapshots to be read in all; 0 is 500
	Hatms    int // open hatms of the group, 20 at most, all poras of which are booked but one; then it must read the Quran
}

// Snapshot reads the snapshot of the first member's group over REST, as many times at once as there are
// connections. Every member has counted once before, so that the snapshot names each twice.
func Snapshot(ctx context.Context, o Options, how SnapshotOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	how.Requests = cmp.Or(how.Requests, 500)
	if how.Requests < 1 || how.Hatms < 0 {
		return nil, fmt.Errorf("%d snapshots of %d hatms: there must be one at least, and none below 0", how.Requests, how.Hatms)
	}
	s := &snapshots{server: newREST(o.URL), of: o.Members[0], hatms: how.Hatms}
	s.server.http.Transport = &http.Transport{MaxIdleConnsPerHost: max(o.Connections, atOnce)}
	defer s.server.close()
	o.Progress(fmt.Sprintf("counting once for each of %d members", len(o.Members)))
	if err := s.prepare(ctx, o.Members); err != nil {
		return nil, err
	}
	if _, err := s.readAll(ctx, o.Connections, min(how.Requests, warmUpEach)); err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	o.Progress(fmt.Sprintf("reading %d snapshots", how.Requests))
	var latency *histogram
	cost, err := measure(o.PID, func() (err error) {
		latency, err = s.readAll(ctx, o.Connections, how.Requests)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.report(cost, o, latency), nil
}

// snapshots reads those of one member's group.
type snapshots struct {
	server  *rest
	of      Member
	hatms   int // that are to be open; 0 is whatever there is
	members int // of the group
	bytes   int // of the first snapshot
}

func (s *snapshots) path() string { return "/groups/" + url.PathEscape(s.of.GroupID) }

// prepare counts once for each member of the group, and sees whether the snapshot tells that.
func (s *snapshots) prepare(ctx context.Context, all []Member) error {
	if s.hatms > 0 {
		if err := s.open(ctx, all); err != nil {
			return err
		}
	}
	err := eachOf(ctx, len(all), func(ctx context.Context, i int) error {
		m := all[i]
		path := "/groups/" + url.PathEscape(m.GroupID) + "/zikrs/" + url.PathEscape(m.ZikrID) + "/counts"
		return s.server.call(ctx, request{"POST", path, m.Token, map[string]int{"count": 1}}, nil)
	})
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.GroupID == s.of.GroupID {
			s.members++
		}
	}
	var snapshot struct {
		Members []struct{} `json:"members"`
		Hatms   []struct{} `json:"hatms"`
		Zikrs   []struct {
			Members []struct{} `json:"members"`
		} `json:"zikrs"`
	}
	if err := s.server.call(ctx, request{"GET", s.path(), s.of.Token, nil}, &snapshot); err != nil {
		return err
	}
	if len(snapshot.Members) != s.members || len(snapshot.Zikrs) != 1 || len(snapshot.Zikrs[0].Members) != s.members {
		return fmt.Errorf("%w: the snapshot of a group of %d has %d members", errNoZikr, s.members, len(snapshot.Members))
	}
	if s.hatms > 0 && len(snapshot.Hatms) != s.hatms {
		return fmt.Errorf("%w: the snapshot of a group of %d open hatms has %d", errNoZikr, s.hatms, len(snapshot.Hatms))
	}
	data, err := s.server.read(ctx, request{"GET", s.path(), s.of.Token, nil})
	s.bytes = len(data)
	return err
}

// open makes a zikr in the group, which reads the Quran, and books poras until so many hatms are open; the members
// take turns.
func (s *snapshots) open(ctx context.Context, all []Member) error {
	var zikr struct {
		ZikrID string `json:"zikrId"`
	}
	err := s.server.call(ctx, request{"POST", s.path() + "/zikrs", s.of.Token, map[string]any{"name": "Subhanalloh", "goal": goal}}, &zikr)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].ZikrID = zikr.ZikrID
	}
	if err := s.server.call(ctx, request{"PATCH", s.path(), s.of.Token, map[string]any{"openHatms": s.hatms}}, nil); err != nil {
		return err
	}
	// The next hatm opens when no pora is free: the last one keeps a free pora.
	return eachAtOnce(ctx, s.hatms*porasOfHatm-1, 1, func(ctx context.Context, i int) error {
		body := map[string]string{"poraId": strconv.Itoa(i%porasOfHatm + 1)}
		return s.server.call(ctx, request{"POST", s.path() + "/bookings", all[i%len(all)].Token, body}, nil)
	})
}

// readAll reads a number of snapshots, several at once.
func (s *snapshots) readAll(ctx context.Context, atOnce, requests int) (*histogram, error) {
	each := make([]histogram, min(atOnce, requests))
	var begun atomic.Int64
	err := eachAtOnce(ctx, len(each), len(each), func(ctx context.Context, i int) error {
		for begun.Add(1) <= int64(requests) {
			began := time.Now()
			if _, err := s.server.read(ctx, request{"GET", s.path(), s.of.Token, nil}); err != nil {
				return err
			}
			each[i].add(time.Since(began))
		}
		return nil
	})
	all := &histogram{}
	for i := range each {
		all.merge(&each[i])
	}
	return all, err
}

func (s *snapshots) report(cost span, o Options, latency *histogram) *Report {
	r := &Report{Scenario: "snapshot"}
	r.add("connections", "read at the same time", float64(o.Connections), "")
	r.add("members", "members of the group", float64(s.members), "")
	r.add("snapshots", "snapshots", float64(latency.total), "")
	if s.hatms > 0 {
		r.add("hatms", "open hatms", float64(s.hatms), "")
	}
	r.add("bytes", "bytes of one", float64(s.bytes), "")
	r.add("seconds", "time", cost.took.Seconds(), "s")
	r.add("snapshots_per_s", "snapshots a second", float64(latency.total)/cost.took.Seconds(), "")
	r.addCosts(cost, o.PID, "snapshot", latency.total)
	r.addLatencies(latency)
	return r
}
