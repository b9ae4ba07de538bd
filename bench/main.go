// Command bench measures zikr beside the reference Socket.IO server on Node, and beside
// plain TCP where that says what the machine can do at best; or beside another zikr, the release before.
// `make bench` builds what it needs and runs it.
//
// Machines are noisy, so what counts is measured in one go: each scenario is run
// several times, zikr and the other in turn, each in a fresh process, and the table has
// medians. The load is `zikr load`, that of the zikr which is measured. Progress goes to standard error, the table to standard output.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// config is what the command line says.
type config struct {
	binary string        // zikr
	before string        // another zikr to measure beside it; empty: the peer and plain TCP are
	peer   string        // folder of the peer
	full   string        // folder of a full database; some scenarios need it
	fills  bool          // make that and nothing else
	runs   int           // of each scenario
	within time.Duration // no run is begun that would not end by then
	only   string        // names of scenarios, with commas; empty is all but those that have to be named
	soak   time.Duration // how long the scenario soak takes
	raw    bool          // print each run's figures too
	watch  *watch
}

func main() {
	var c config
	flag.StringVar(&c.binary, "zikr", "bin/zikr", "the built program")
	flag.StringVar(&c.before, "before", "", "another built zikr, such as the release before: measure beside that, not beside the peer")
	flag.StringVar(&c.peer, "peer", "bench/peer", "folder of the peer, its packages installed")
	flag.StringVar(&c.full, "full", "bin/bench-full", "data folder with 10 million counts and 1 million events, which some scenarios run on")
	flag.BoolVar(&c.fills, "fill", false, "make that folder, which takes minutes and 4 GB, and measure nothing")
	flag.IntVar(&c.runs, "runs", 3, "how often each scenario is run")
	flag.DurationVar(&c.within, "within", 5*time.Minute, "begin no run that would take longer than this in all")
	flag.StringVar(&c.only, "only", "", "run only these scenarios, with commas between: "+strings.Join(names(scenarios()), ", ")+"; "+storedName+" is all from groups on; "+
		strings.Join(names(named(0)), " and ")+" are run only when they are named")
	flag.DurationVar(&c.soak, "soak", 30*time.Minute, "how long the scenario soak takes")
	flag.BoolVar(&c.raw, "raw", false, "print the figures of each run to standard error too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures and prints the table, also of what was measured before it failed.
func run(ctx context.Context, c config) error {
	if c.fills {
		return c.fill(ctx, busyMonth())
	}
	plan, err := c.choose()
	if err != nil {
		return err
	}
	c.watch = newWatch()
	r := &results{}
	err = r.measureAll(ctx, c, plan)
	if c.before != "" {
		r.printBefore(os.Stdout, plan)
	} else {
		r.print(os.Stdout, plan)
	}
	fmt.Printf("\n%s\n", c.circumstances())
	return err
}

// circumstances says in neutral words on what, for how long and how undisturbed the figures were measured.
func (c config) circumstances() string {
	s := fmt.Sprintf("Medians. %d processors, %s/%s, %s; measured in %s",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Since(c.watch.began).Round(time.Second))
	if others, known := c.watch.others(); known {
		s += fmt.Sprintf(", while others kept %.2f processors busy", others)
	}
	return s + "."
}

// choose finds the scenarios that are asked for; of all, those on a full database are left out where there is none,
// and beside the release before, which may not know what is in it.
func (c config) choose() ([]scenario, error) {
	_, err := os.Stat(c.full)
	filled := err == nil && c.before == ""
	if c.only == "" {
		return slices.DeleteFunc(scenarios(), func(s scenario) bool { return s.full && !filled }), nil
	}
	var out []scenario
	for name := range strings.SplitSeq(c.only, ",") {
		found := c.find(name)
		if len(found) == 0 {
			return nil, fmt.Errorf("there is no scenario %q: there are %s, and %s for all about what is stored", name,
				strings.Join(names(append(scenarios(), named(0)...)), ", "), storedName)
		}
		for _, s := range found {
			if s.full && c.before != "" {
				return nil, fmt.Errorf("%s runs on a full database, which the release before may not know: -before goes with the others only", s.name)
			}
			if s.full && !filled {
				return nil, fmt.Errorf("%s needs a full database, and there is none in %s: make bench-fill makes it", s.name, c.full)
			}
		}
		out = append(out, found...)
	}
	return out, nil
}

// storedName stands for all scenarios of stored.
const storedName = "stored"

func (c config) find(name string) []scenario {
	if name == storedName {
		return stored()
	}
	for _, s := range append(scenarios(), named(c.soak)...) {
		if s.name == name {
			return []scenario{s}
		}
	}
	return nil
}

func names(of []scenario) (out []string) {
	for _, s := range of {
		out = append(out, s.name)
	}
	return out
}

// measureAll runs the plan again and again, scenario by scenario, side by side.
func (r *results) measureAll(ctx context.Context, c config, plan []scenario) error {
	began := time.Now()
	longest := map[string]time.Duration{}
	for round := range c.runs {
		for _, s := range plan {
			if round > 0 && time.Since(began)+longest[s.name] > c.within {
				fmt.Fprintf(os.Stderr, "%s: no time for run %d\n", s.name, round+1)
				continue
			}
			before := time.Now()
			if err := r.measure(ctx, c, s, round); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			longest[s.name] = max(longest[s.name], time.Since(before))
			fmt.Fprintf(os.Stderr, "%s: run %d of %d took %s\n", s.name, round+1, c.runs, time.Since(before).Round(time.Second))
		}
	}
	return nil
}

// measure runs a scenario once on each side that it is for. Who comes first changes from round to round.
func (r *results) measure(ctx context.Context, c config, s scenario, round int) error {
	sides := c.sides()
	if round%2 == 1 {
		slices.Reverse(sides)
	}
	for _, at := range sides {
		args := s.args[at.loaded()]
		if args == nil {
			continue
		}
		reports, err := c.runSide(ctx, at, s, args)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if c.raw {
			fmt.Fprintf(os.Stderr, "%s, %s: %v\n", s.name, at, reports)
		}
		if err := r.add(s, at, reports); err != nil {
			return err
		}
	}
	return nil
}
