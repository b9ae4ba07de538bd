package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// SoakOptions say how Soak is run.
type SoakOptions struct {
	For  time.Duration // how long in all; 0 is 30 minutes
	Rate float64       // counts a second in all, of all connections in turn; 0 is 2,000
}

// A soak is measured in parts of one length. Its beginning and its end are a sixth of it each.
const (
	soakParts = 30
	soakEdge  = soakParts / 6
)

// soakWarmUp is how long the rate is kept before the first part.
const soakWarmUp = 3 * time.Second

// soak is counts at a rate, each told to its group, for a long time.
type soak struct {
	counts
	how     SoakOptions
	parts   []soakPart
	told    uint64    // in all parts
	owed    uint64    // what is to be told
	latency histogram // of all parts
	late    time.Duration
}

// soakPart is what is remembered of a part.
type soakPart struct {
	p99 time.Duration
	rss int64 // at its end
}

// Soak counts at a rate for a long time, each count told to all who have joined its group, and tells whether
// that becomes slower or takes more memory meanwhile. It fails if a connection is lost, or if anybody is not told
// of a count.
func Soak(ctx context.Context, o Options, how SoakOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	how.For, how.Rate = cmp.Or(how.For, 30*time.Minute), cmp.Or(how.Rate, 2000)
	each := int(how.Rate * how.For.Seconds() / soakParts)
	if each < 1 || how.Rate < 0 {
		return nil, fmt.Errorf("%s at %v counts a second: there must be one in each of %d parts at least", how.For, how.Rate, soakParts)
	}
	s := &soak{how: how, counts: counts{how: CountsOptions{Rate: how.Rate, Join: true}}}
	if s.fleet, err = launch(o, s); err != nil {
		return nil, err
	}
	defer s.fleet.network.end()
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.countOn(ctx, int(how.Rate*min(soakWarmUp, how.For).Seconds())+1); err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	s.latency, s.late = histogram{}, 0
	cost, err := measure(o.PID, func() error { return s.run(ctx, each) })
	if err != nil {
		return nil, fmt.Errorf("after %d of %d parts: %w", len(s.parts), soakParts, err)
	}
	return s.report(cost, each), s.check(ctx)
}

// errUnconfirmed is what ends a soak that is not confirmed in time.
var errUnconfirmed = errors.New("the server does not confirm all counts in time")

// run does all parts.
func (s *soak) run(ctx context.Context, each int) error {
	for part := range soakParts {
		if err := s.countOn(ctx, each); err != nil {
			return err
		}
		server, err := readProcess(s.fleet.opt.PID)
		if err != nil {
			return err
		}
		p99 := s.counts.latency.quantile(0.99)
		s.parts = append(s.parts, soakPart{p99, server.rss})
		s.fleet.opt.Progress(fmt.Sprintf("part %d of %d: 99 of 100 confirmed within %s ms, %s MiB",
			part+1, soakParts, Format(milliseconds(p99)), Format(float64(server.rss)/(1<<20))))
	}
	return nil
}

// countOn counts a number of times at the rate. Clients are pinged all the time, so that a server that confirms
// nothing any more is not silent: it has as long as one that is.
func (s *soak) countOn(ctx context.Context, n int) error {
	takes := time.Duration(float64(n) / s.how.Rate * float64(time.Second))
	ctx, cancel := context.WithTimeoutCause(ctx, takes+s.fleet.opt.Timeout, errUnconfirmed)
	defer cancel()
	if err := s.countAll(ctx, n); err != nil {
		return fmt.Errorf("after %d of %d confirmations: %w", s.done, n, cmp.Or(context.Cause(ctx), err))
	}
	s.told += s.counts.told
	s.owed += s.tellings(n)
	s.latency.merge(&s.counts.latency)
	s.late = max(s.late, s.pace.late)
	return nil
}

// tellings is how many connections are to be told of the next n counts of all connections in turn.
func (s *soak) tellings(n int) (tellings uint64) {
	listeners := map[string]uint64{}
	for _, c := range s.fleet.clients {
		listeners[s.fleet.member(c).GroupID]++
	}
	for i := range n {
		tellings += listeners[s.fleet.member(s.fleet.clients[i%len(s.fleet.clients)]).GroupID]
	}
	return tellings
}

// check waits until all is told that is still under way.
func (s *soak) check(ctx context.Context) error {
	s.counts.told = 0
	late, err := s.fleet.pause(ctx, s.fleet.opt.Timeout, func() bool { return s.told+s.counts.told >= s.owed })
	if told := s.told + s.counts.told; err == nil && (late || told != s.owed) {
		err = fmt.Errorf("%w: %d were told, not %d", errWrong, told, s.owed)
	}
	return err
}

func (s *soak) report(cost span, each int) *Report {
	o, r := s.fleet.opt, &Report{Scenario: "soak"}
	n := uint64(each) * soakParts
	r.add("connections", "connections", float64(o.Connections), "")
	s.pace.late = s.late
	s.pace.report(r, s.how.Rate, "counts")
	r.add("confirmed", "counts confirmed", float64(n), "")
	r.add("seconds", "time", cost.took.Seconds(), "s")
	r.add("confirmed_per_s", "confirmed a second", float64(n)/cost.took.Seconds(), "")
	r.add("told_per_s", "zikr_count_updated that came a second", float64(s.told)/cost.took.Seconds(), "")
	r.addCosts(cost, o.PID, "count", n)
	r.addLatencies(&s.latency)
	begin, end := middleP99(s.parts[:soakEdge]), middleP99(s.parts[soakParts-soakEdge:])
	r.add("begin_p99_ms", "99 of 100, in the first sixth of the time", milliseconds(begin), "ms")
	r.add("end_p99_ms", "99 of 100, in the last sixth", milliseconds(end), "ms")
	r.add("p99_growth", "the last of these to the first", float64(end)/float64(max(begin, 1)), "")
	if o.PID != 0 {
		s.reportMemory(r)
	}
	r.addNotes(cost, s.fleet.network)
	return r
}

// reportMemory compares the memory after the first sixth of the time with the most that there was later.
func (s *soak) reportMemory(r *Report) {
	began, most := s.parts[soakEdge-1].rss, int64(0)
	for _, p := range s.parts[soakEdge:] {
		most = max(most, p.rss)
	}
	r.add("begin_rss_mib", "server's memory after the first sixth of the time", float64(began)/(1<<20), "MiB")
	r.add("most_rss_mib", "the most that it had later", float64(most)/(1<<20), "MiB")
	r.add("rss_growth", "the last of these to the first", float64(most)/float64(max(began, 1)), "")
}

// middleP99 is the median of what 99 of 100 took in some parts: one pause of the disk is not the whole sixth.
func middleP99(parts []soakPart) time.Duration {
	var all []time.Duration
	for _, p := range parts {
		all = append(all, p.p99)
	}
	slices.Sort(all)
	return all[len(all)/2]
}
