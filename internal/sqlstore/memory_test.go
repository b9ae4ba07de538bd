//go:build unix

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/zikr-app/zikr"
)

// TestMemoryIsExact lets batches of random commands, some of which fail before
// or after they wrote, change rows that they share, and sees after each batch
// that what the writer knows, what is stored and what was confirmed are the same.
func TestMemoryIsExact(t *testing.T) {
	s, world := openStore(t), 0
	rapid.Check(t, func(r *rapid.T) {
		world++
		want := newState(fmt.Sprintf("w%d-", world))
		keep := rapid.IntRange(1, 8).Draw(r, "rows kept") // so that rows are forgotten, too
		err := update(s, func(tx zikr.Tx) error {
			s.writers[0].keep = keep
			return want.populate(tx)
		})
		if err != nil {
			r.Fatal(err)
		}
		for range rapid.IntRange(1, 6).Draw(r, "batches") {
			var commands []func(zikr.Tx) error
			for range rapid.IntRange(1, 8).Draw(r, "commands") {
				commands = append(commands, want.command(r))
			}
			for i, err := range together(t, s, commands...) {
				if (err == nil) != want.good[i] {
					r.Fatalf("command %d: got %v, want it good: %v", i, err, want.good[i])
				}
			}
			want.settle()
			compare(r, s, want)
		}
	})
}

const few = 3 // users, groups and zikrs: each group has the zikr and the user of its number

// nth names a row of the state's own world.
func (s *state) nth(noun string, i int) string { return fmt.Sprintf("%s%s%d", s.world, noun, i) }

func (s *state) populate(tx zikr.Tx) error {
	at := time.UnixMilli(1_770_000_000_000)
	var errs []error
	for i := range few {
		u, g := s.nth("u", i), s.nth("g", i)
		errs = append(errs,
			tx.InsertUser(zikr.User{ID: u, Name: "-", CreatedAt: at}),
			tx.InsertGroup(zikr.Group{ID: g, Name: "-", AdminID: u, CreatedAt: at}),
			tx.InsertHatm(zikr.Hatm{GroupID: g, Number: 1, OpenedAt: at}),
			tx.InsertZikr(zikr.Zikr{ID: s.nth("z", i), GroupID: g, Name: "-", CreatedAt: at}))
	}
	for i := range few {
		for j := range few {
			errs = append(errs, tx.PutMember(zikr.Member{GroupID: s.nth("g", i), UserID: s.nth("u", j), JoinedAt: at}))
		}
	}
	return errors.Join(errs...)
}

// state is what the commands that succeeded made of the rows that they change.
type state struct {
	world          string      // the beginning of all ids
	users, groups  [few]string // names
	seqs, finished [few]int64
	totals         [few]int64
	booked         [few][zikr.Poras + 1]string // the booking
	opIDs          map[string]bool

	good    []bool   // of each command of the batch
	effects []func() // of those that are good
	steps   int
}

func newState(world string) *state {
	s := &state{world: world, opIDs: make(map[string]bool)}
	for i := range few {
		s.users[i], s.groups[i] = "-", "-"
	}
	return s
}

// settle brings the effects of a batch's good commands, in order.
func (s *state) settle() {
	for _, effect := range s.effects {
		effect()
	}
	s.effects, s.good = nil, nil
}

// command draws a command and notes what it must do.
func (s *state) command(r *rapid.T) func(zikr.Tx) error {
	fate := rapid.SampledFrom([]string{"good", "good", "good", "good", "refused", "spoils", "panics"}).Draw(r, "fate")
	var steps []func(zikr.Tx) error
	for range rapid.IntRange(1, 4).Draw(r, "steps") {
		step, effect := s.step(r)
		steps = append(steps, step)
		if fate == "good" {
			s.effects = append(s.effects, effect)
		}
	}
	s.good = append(s.good, fate == "good")
	return func(tx zikr.Tx) error {
		if fate == "refused" {
			return errors.New(fate)
		}
		for _, step := range steps {
			if err := step(tx); err != nil {
				return err
			}
		}
		switch fate {
		case "spoils":
			return errors.New(fate)
		case "panics":
			panic(fate)
		}
		return nil
	}
}

// step draws one change and its effect.
func (s *state) step(r *rapid.T) (step func(zikr.Tx) error, effect func()) {
	s.steps++
	i, n := rapid.IntRange(0, few-1).Draw(r, "which"), s.steps
	label := fmt.Sprint(s.world, n)
	switch rapid.SampledFrom([]string{"user", "group", "log", "count", "hatm", "book", "look"}).Draw(r, "kind") {
	case "user":
		return s.renameUser(i, label), func() { s.users[i] = label }
	case "group":
		return s.renameGroup(i, label), func() { s.groups[i] = label }
	case "log":
		return s.logEvent(i), func() { s.seqs[i]++ }
	case "count":
		return s.counted(i, int64(n), label), func() { s.totals[i] += int64(n); s.opIDs[label] = true }
	case "hatm":
		return s.finishPora(i), func() { s.finished[i]++ }
	case "book":
		pora := rapid.IntRange(1, zikr.Poras).Draw(r, "pora")
		return s.book(i, pora, label), func() { s.booked[i][pora] = label }
	default: // a query of another kind, which must see what is held back
		return s.look, func() {}
	}
}

func (s *state) renameUser(i int, to string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		u, err := tx.User(s.nth("u", i))
		if err != nil {
			return err
		}
		u.Name = to
		return tx.UpdateUser(*u)
	}
}

func (s *state) renameGroup(i int, to string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		g, err := tx.Group(s.nth("g", i))
		if err != nil {
			return err
		}
		g.Name = to
		return tx.UpdateGroup(*g)
	}
}

func (s *state) logEvent(i int) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		g, err := tx.Group(s.nth("g", i))
		if err != nil {
			return err
		}
		g.Seq++
		return errors.Join(tx.UpdateGroup(*g), tx.AppendEvent(zikr.Event{GroupID: g.ID, Seq: g.Seq, Name: "x", Data: []byte("{}"), At: time.Now()}))
	}
}

func (s *state) counted(i int, n int64, opID string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		z, err := tx.Zikr(s.nth("z", i))
		if err != nil {
			return err
		}
		if _, err := tx.CountByOpID(s.nth("u", i), opID); !errors.Is(err, zikr.ErrNotFound) {
			return fmt.Errorf("opId %s: got %v, want %v", opID, err, zikr.ErrNotFound)
		}
		return tx.InsertCount(zikr.Count{
			ID: opID, GroupID: z.GroupID, ZikrID: z.ID, UserID: s.nth("u", i), OpID: opID, Count: n, Total: z.Total + n, At: time.Now(),
		})
	}
}

func (s *state) finishPora(i int) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		h, err := tx.Hatm(s.nth("g", i), 1)
		if err != nil {
			return err
		}
		h.Finished++
		return tx.UpdateHatm(*h)
	}
}

// book books a pora; whoever has it loses it.
func (s *state) book(i, pora int, id string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		held, err := tx.BookingOf(s.nth("g", i), 1, pora)
		if err == nil {
			held.Status, held.EndedAt = zikr.Released, time.Now()
			err = tx.UpdateBooking(*held)
		}
		if err != nil && !errors.Is(err, zikr.ErrNotFound) {
			return err
		}
		return tx.InsertBooking(zikr.Booking{
			ID: id, GroupID: s.nth("g", i), HatmNumber: 1, Pora: pora, UserID: s.nth("u", i), Status: zikr.Booked, BookedAt: time.Now(),
		})
	}
}

// look sees that queries within the transaction agree with the rows.
func (s *state) look(tx zikr.Tx) error {
	for i := range few {
		g, errG := tx.Group(s.nth("g", i))
		events, errE := tx.Events(s.nth("g", i), 0, 1000)
		z, errZ := tx.Zikr(s.nth("z", i))
		shares, errS := tx.Shares(s.nth("g", i))
		if err := errors.Join(errG, errE, errZ, errS); err != nil {
			return err
		}
		var sum int64
		for _, share := range shares {
			sum += share.Count
		}
		if g.Seq != int64(len(events)) || z.Total != sum {
			return fmt.Errorf("%s: seq %d, %d events; total %d, shares %d", g.ID, g.Seq, len(events), z.Total, sum)
		}
	}
	return nil
}

// compare sees that the writer and a reader both find the state.
func compare(r *rapid.T, s *Store, want *state) {
	var stored, known *state
	errU := update(s, func(tx zikr.Tx) (err error) { known, err = read(tx, want); return err })
	errV := s.View(context.Background(), func(rd zikr.Reader) (err error) { stored, err = read(rd, want); return err })
	if err := errors.Join(errU, errV); err != nil {
		r.Fatal(err)
	}
	exact := cmp.AllowUnexported(state{})
	clean := *want
	clean.steps = 0
	if diff := cmp.Diff(&clean, stored, exact); diff != "" {
		r.Fatalf("what was confirmed and what is stored differ (-confirmed +stored):\n%s", diff)
	}
	if diff := cmp.Diff(stored, known, exact); diff != "" {
		r.Fatalf("what is stored and what the writer knows differ (-stored +known):\n%s", diff)
	}
}

// read reads the state; like says which opIds there should be.
func read(r zikr.Reader, like *state) (*state, error) {
	s := &state{world: like.world, opIDs: make(map[string]bool)}
	for i := range few {
		u, errU := r.User(s.nth("u", i))
		g, errG := r.Group(s.nth("g", i))
		z, errZ := r.Zikr(s.nth("z", i))
		h, errH := r.Hatm(s.nth("g", i), 1)
		events, errE := r.Events(s.nth("g", i), 0, 10_000)
		if err := errors.Join(errU, errG, errZ, errH, errE); err != nil {
			return nil, err
		}
		if g.Seq != int64(len(events)) {
			return nil, fmt.Errorf("%s has seq %d and %d events", g.ID, g.Seq, len(events))
		}
		s.users[i], s.groups[i], s.seqs[i], s.totals[i], s.finished[i] = u.Name, g.Name, g.Seq, z.Total, h.Finished
		for pora := 1; pora <= zikr.Poras; pora++ {
			b, err := r.BookingOf(g.ID, 1, pora)
			if err == nil {
				s.booked[i][pora] = b.ID
			} else if !errors.Is(err, zikr.ErrNotFound) {
				return nil, err
			}
		}
		for id := range like.opIDs {
			if _, err := r.CountByOpID(u.ID, id); err == nil {
				s.opIDs[id] = true
			}
		}
	}
	return s, s.memberNames(r)
}

func (s *state) memberNames(r zikr.Reader) error {
	for i := range few {
		m, err := r.Member(s.nth("g", i), s.nth("u", i))
		if err != nil {
			return err
		}
		if u, err := r.User(m.UserID); err != nil || m.UserName != u.FullName() {
			return fmt.Errorf("the member's name is %q, the user's %v, %v", m.UserName, u, err)
		}
	}
	return nil
}
