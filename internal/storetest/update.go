package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/zikr-app/zikr"
)

func updateTests() []test {
	return []test{
		{"refused", refused},
		{"panic", panics},
		{"neighbours of a refused command", neighbours},
		{"snapshot", snapshot},
		{"announced", announced},
		{"too late", tooLate},
		{"begun", begun},
		{"all at once", allAtOnce},
		{"groups at once", groupsAtOnce},
		{"changed row read by others", changedRow},
	}
}

var errRefused = errors.New("refused")

// spoil writes to every kind of row and then fails.
func spoil(tx zikr.Tx) error {
	return errors.Join(
		tx.InsertUser(user("u9", "Nobody", "")), tx.UpdateUser(user("u1", "Changed", "")),
		tx.InsertGroup(quran("g9")), logTo("g1", "pora_booked", "u1")(tx), join("g1", "u9", 9)(tx),
		tx.InsertHatm(zikr.Hatm{GroupID: "g1", Number: 9, OpenedAt: at(0)}), add("c9", "z1", "u1", "op", 1)(tx),
		tx.InsertNotification(invitation("n9", "g1", "u9")), tx.InsertNotice(notice("n8", "u1", "n8", 1)), errRefused)
}

// unspoiled sees that nothing of spoil is there.
func unspoiled(r zikr.Reader) error {
	g := quran("g1")
	u := user("u1", "Ali", "Valiyev")
	return errors.Join(
		isMissing[*zikr.User]("user")(r.User("u9")), is("changed user", &u)(r.User("u1")),
		isMissing[*zikr.Group]("group")(r.Group("g9")), is("changed group", &g)(r.Group("g1")),
		is("members", []string{"u1", "u2", "u3"})(r.MemberIDs("g1")),
		isMissing[*zikr.Hatm]("hatm")(r.Hatm("g1", 9)), isMissing[*zikr.Count]("count")(r.CountByOpID("u1", "op")),
		is("shares", []zikr.Share(nil))(r.Shares("g1")), is("events", []zikr.Event(nil))(r.Events("g1", 0, 9)),
		isMissing[*zikr.Notification]("notification")(r.Notification("n9")), isMissing[*zikr.Notice]("notice")(r.Notice("n8", "u2")))
}

// refused: a command that fails has changed nothing, however late it fails.
func refused(f *fixture) {
	f.update(counters)
	if err := f.try(spoil); !errors.Is(err, errRefused) {
		f.Fatalf("got %v, want %v", err, errRefused)
	}
	f.holds(func(zikr.Tx) error { return nil }, unspoiled)
	if got := f.told("g1"); len(got) != 0 {
		f.Errorf("got %v announced, want nothing", got)
	}
	f.update(func(tx zikr.Tx) error { return logTo("g1", "pora_booked", "u1")(tx) })
	if got := f.told("g1"); len(got) != 1 || got[0].Seq != 1 {
		f.Errorf("got %v announced, want the event 1 of the command that followed", got)
	}
}

// panics: a command that panics has failed, and nobody else.
func panics(f *fixture) {
	f.update(counters)
	for name, step := range map[string]func(zikr.Tx) error{
		"before writing": func(zikr.Tx) error { panic("a bug") },
		"after writing":  func(tx zikr.Tx) error { panic(spoil(tx)) },
	} {
		if err := f.try(step); err == nil || !strings.Contains(err.Error(), "panic") {
			f.Errorf("%s: got %v, want an error that tells of the panic", name, err)
		}
	}
	f.holds(func(zikr.Tx) error { return nil }, unspoiled)
}

// together runs commands that wait at the same time behind one that is under
// way, so that an engine that commits several at once does so with these.
func (f *fixture) together(commands ...func(zikr.Tx) error) []error {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	held, free := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := f.store.Update(ctx, zikr.GroupKey("g1"), func(zikr.Tx) error {
			close(held)
			<-free
			return nil
		})
		if err != nil {
			f.Errorf("the command that went ahead: %v", err)
		}
	})
	<-held
	errs := make([]error, len(commands))
	var started sync.WaitGroup
	for i, command := range commands {
		started.Add(1)
		wg.Go(func() {
			started.Done()
			errs[i] = f.store.Update(ctx, zikr.GroupKey("g1"), command)
		})
	}
	started.Wait()
	close(free)
	wg.Wait()
	return errs
}

// neighbours: who waits together with a command that fails, whichever way, is
// done, told and announced once.
func neighbours(f *fixture) {
	f.update(counters)
	const n = 20
	var commands []func(zikr.Tx) error
	for i := range n {
		commands = append(commands, all(add(fmt.Sprintf("c%02d", i), "z1", "u1", fmt.Sprintf("op%d", i), 1), logTo("g1", "zikr_count_updated", "u1")))
		switch i % 4 {
		case 0:
			commands = append(commands, spoil)
		case 1:
			commands = append(commands, func(zikr.Tx) error { return errRefused })
		case 2:
			commands = append(commands, func(tx zikr.Tx) error { panic(logTo("g1", "pora_booked", "u1")(tx)) })
		}
	}
	done := 0
	for _, err := range f.together(commands...) {
		if err == nil {
			done++
		}
	}
	if done != n {
		f.Errorf("got %d commands done, want the %d that were in order", done, n)
	}
	f.totals(n)
}

// totals sees that the counts, events and announcements of n counts of 1 agree.
func (f *fixture) totals(n int64) {
	f.Helper()
	check := func(r zikr.Reader) error {
		z, errZ := r.Zikr("z1")
		g, errG := r.Group("g1")
		shares, errS := r.Shares("g1")
		counts, errC := r.CountsOf("u1", zikr.Page{Limit: int(n) + 1})
		events, errE := r.Events("g1", 0, int(n)+1)
		if err := errors.Join(errZ, errG, errS, errC, errE); err != nil {
			return err
		}
		if z.Total != n || g.Seq != n || len(shares) != 1 || shares[0].Count != n || int64(len(counts)) != n || int64(len(events)) != n {
			return fmt.Errorf("total %d, seq %d, shares %v, %d counts, %d events: want %d of each", z.Total, g.Seq, shares, len(counts), len(events), n)
		}
		return nil
	}
	f.holds(func(zikr.Tx) error { return nil }, check)
	got := f.told("g1")
	if int64(len(got)) != n {
		f.Errorf("got %d events announced, want %d", len(got), n)
	}
	for i, e := range got {
		if e.Seq != int64(i)+1 {
			f.Fatalf("announcement %d: got seq %d, want %d", i, e.Seq, i+1)
		}
	}
}

// snapshot: a View sees one state, the latest that was confirmed before it.
func snapshot(f *fixture) {
	f.update(friends)
	seq := func(r zikr.Reader, want int64) error {
		g, err := r.Group("g1")
		if err != nil {
			return err
		}
		events, err := r.Events("g1", 0, 99)
		if err != nil || g.Seq != want || int64(len(events)) != want {
			return fmt.Errorf("got seq %d and %d events (%v), want %d of both", g.Seq, len(events), err, want)
		}
		return nil
	}
	for i := range int64(20) {
		f.view(func(r zikr.Reader) error {
			if err := seq(r, i); err != nil {
				return err
			}
			f.update(logTo("g1", "pora_booked", "u1"))
			return seq(r, i)
		})
	}
	f.view(func(r zikr.Reader) error { return seq(r, 20) })
	if err := f.store.View(context.Background(), func(zikr.Reader) error { return errRefused }); !errors.Is(err, errRefused) {
		f.Errorf("error of a query: got %v, want %v", err, errRefused)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	err := f.store.View(ended, func(r zikr.Reader) error {
		_, err := r.Group("g1")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		f.Errorf("query after its context ended: got %v, want %v", err, context.Canceled)
	}
}

// announced: by the time that Update returns, with what was stored.
func announced(f *fixture) {
	f.update(friends, func(tx zikr.Tx) error { return tx.InsertGroup(quran("g2")) })
	for i := range 10 {
		f.update(logTo("g1", "a", "u1"), logTo("g2", "b", ""), logTo("g1", "c", "u2"))
		if got, want := len(f.told("g1")), 2*(i+1); got != want {
			f.Fatalf("after command %d: got %d events announced, want %d", i, got, want)
		}
	}
	f.view(func(r zikr.Reader) error {
		return errors.Join(is("g1", f.told("g1"))(r.Events("g1", 0, 99)), is("g2", f.told("g2"))(r.Events("g2", 0, 99)))
	})
}

// tooLate: a command whose context ended before it ran is rate_limited and never runs.
func tooLate(f *fixture) {
	f.update(friends)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	ran := func(tx zikr.Tx) error { return tx.InsertGroup(quran("g9")) }
	limited := func(when string, err error) {
		f.Helper()
		var e *zikr.Error
		if !errors.As(err, &e) || e.Code != zikr.CodeRateLimited || e.RetryAfter <= 0 {
			f.Errorf("%s: got %v, want rate_limited with a time to wait", when, err)
		}
	}
	limited("ended before the call", f.store.Update(ended, zikr.GroupKey("g1"), ran))

	held, free := make(chan struct{}), make(chan struct{})
	var ahead sync.WaitGroup
	ahead.Go(func() {
		f.update(func(zikr.Tx) error {
			close(held)
			<-free
			return nil
		})
	})
	<-held
	short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	limited("ended in the queue", f.store.Update(short, zikr.GroupKey("g1"), ran))
	close(free)
	ahead.Wait()
	f.holds(func(zikr.Tx) error { return nil }, func(r zikr.Reader) error { return isMissing[*zikr.Group]("group")(r.Group("g9")) })
}

// begun: a command that began is completed and its outcome told, though its context ends.
func begun(f *fixture) {
	f.update(friends)
	ctx, cancel := context.WithCancel(context.Background())
	err := f.store.Update(ctx, zikr.GroupKey("g1"), func(tx zikr.Tx) error {
		cancel()
		return logTo("g1", "pora_booked", "u1")(tx)
	})
	if err != nil {
		f.Errorf("got %v, want the command done", err)
	}
	f.view(func(r zikr.Reader) error {
		return is("log", []zikr.Event{event("g1", 1, "pora_booked", "u1")})(r.Events("g1", 0, 9))
	})
}

// allAtOnce: many callers, one group: nothing lost, nothing twice, in one order.
func allAtOnce(f *fixture) {
	f.update(counters)
	const callers, each = 20, 25
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("c%02d-%02d", c, i)
				if err := f.try(add(id, "z1", "u1", id, 1), logTo("g1", "zikr_count_updated", "u1")); err != nil {
					f.Errorf("count %s: %v", id, err)
				}
				f.view(func(r zikr.Reader) error {
					_, err := r.CountByOpID("u1", id)
					return err // confirmed, hence seen
				})
			}
		})
	}
	wg.Wait()
	f.totals(callers * each)
}

// groupsAtOnce: commands of several keys do not disturb one another.
func groupsAtOnce(f *fixture) {
	f.update(friends)
	const groups, each = 8, 25
	var wg sync.WaitGroup
	for i := range groups {
		id := fmt.Sprintf("h%d", i)
		f.update(func(tx zikr.Tx) error { return tx.InsertGroup(quran(id)) })
		for range 4 {
			wg.Go(func() {
				for range each {
					err := f.store.Update(context.Background(), zikr.GroupKey(id), logTo(id, "pora_booked", "u1"))
					if err != nil {
						f.Errorf("event of %s: %v", id, err)
					}
				}
			})
		}
	}
	wg.Wait()
	for i := range groups {
		id := fmt.Sprintf("h%d", i)
		f.view(func(r zikr.Reader) error { return is(id, f.told(id))(r.Events(id, 0, 1000)) })
		if got := len(f.told(id)); got != 4*each {
			f.Errorf("%s: got %d events, want %d", id, got, 4*each)
		}
	}
}

// changedRow: what one command changed, the next one sees, by every way of
// reading, though neither is committed yet.
func changedRow(f *fixture) {
	f.update(openHatm, func(tx zikr.Tx) error {
		return tx.InsertZikr(zikr.Zikr{ID: "z1", GroupID: "g1", Name: "A", CreatedAt: at(0)})
	})
	change := func(tx zikr.Tx) error {
		g, errG := tx.Group("g1")
		h, errH := tx.Hatm("g1", 1)
		if err := errors.Join(errG, errH); err != nil {
			return err
		}
		g.Name, g.IsPublic = "Renamed", true
		h.Finished = 12
		return errors.Join(tx.UpdateGroup(*g), tx.UpdateHatm(*h), add("c1", "z1", "u1", "op", 3)(tx), logTo("g1", "x", "u1")(tx))
	}
	f.holds(change, func(r zikr.Reader) error {
		shares, errS := r.Shares("g1")
		if len(shares) != 1 || shares[0].Count != 3 {
			errS = errors.Join(errS, fmt.Errorf("shares: got %v, want 3 of u1", shares))
		}
		zikrs, errZ := r.Zikrs("g1")
		if len(zikrs) != 1 || zikrs[0].Total != 3 {
			errZ = errors.Join(errZ, fmt.Errorf("zikrs: got %v, want the total 3", zikrs))
		}
		count := func(c zikr.Count) string { return c.ID }
		return errors.Join(errS, errZ,
			ids("public groups", groupID, "g1")(r.PublicGroups("renamed", zikr.Page{Limit: 9})),
			ids("counts", count, "c1")(r.CountsOf("u1", zikr.Page{Limit: 9})),
			is("events", []zikr.Event{event("g1", 1, "x", "u1")})(r.Events("g1", 0, 9)))
	})
}
