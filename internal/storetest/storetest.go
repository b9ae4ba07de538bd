// Package storetest is the contract that every zikr.Store passes: what each
// method reads and writes, what a transaction sees, what survives a restart, and in
// which order commands run and events are announced.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// Open opens a store on one place. The test closes it, by t.Cleanup; opening the
// place again closes the one before first, as a restart does.
type Open func(t *testing.T, publish func(groupID string, events []zikr.Event)) zikr.Store

// Run runs the contract. place makes a place where nothing is stored yet.
func Run(t *testing.T, place func(t *testing.T) Open) {
	for name, tests := range map[string][]test{
		"user": userTests(), "group": groupTests(), "hatm": hatmTests(), "booking": bookingTests(), "count": countTests(),
		"ban": banTests(), "bounds": boundsTests(), "notification": notificationTests(), "event": eventTests(), "update": updateTests(), "retention": retentionTests(),
		"link": linkTests(), "account": accountTests(), "day": dayTests(),
	} {
		t.Run(name, func(t *testing.T) {
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					t.Parallel()
					f := &fixture{T: t, open: place(t)}
					f.reopen()
					tt.run(f)
				})
			}
		})
	}
}

type test struct {
	name string
	run  func(*fixture)
}

// fixture is one store and what it announced.
type fixture struct {
	*testing.T
	open  Open
	store zikr.Store

	mu        sync.Mutex
	published []zikr.Event
}

// reopen starts the store again on the same place.
func (f *fixture) reopen() {
	f.Helper()
	f.store = f.open(f.T, f.publish)
}

func (f *fixture) publish(groupID string, events []zikr.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, e := range events {
		if e.GroupID != groupID || (i > 0 && e.Seq != events[i-1].Seq+1) {
			f.Errorf("published for group %q: event %d of group %q is out of place", groupID, e.Seq, e.GroupID)
		}
	}
	f.published = append(f.published, events...)
}

// told returns what was published of a group.
func (f *fixture) told(groupID string) []zikr.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.published), func(e zikr.Event) bool { return e.GroupID != groupID })
}

// patience is the deadline of everything in the suite.
const patience = 30 * time.Second

// update runs one command, which must succeed.
func (f *fixture) update(steps ...func(zikr.Tx) error) {
	f.Helper()
	if err := f.try(steps...); err != nil {
		f.Fatalf("update: %v", err)
	}
}

// try runs one command of several steps.
func (f *fixture) try(steps ...func(zikr.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return f.store.Update(ctx, zikr.GroupKey("g1"), func(tx zikr.Tx) error {
		for _, step := range steps {
			if err := step(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// view runs a query, which must succeed.
func (f *fixture) view(query func(zikr.Reader) error) {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := f.store.View(ctx, query); err != nil {
		f.Fatalf("view: %v", err)
	}
}

// holds writes, and checks from every side that what was written is there: in
// the same transaction, in a snapshot, in a later transaction, after a restart.
func (f *fixture) holds(write func(zikr.Tx) error, check func(zikr.Reader) error) {
	f.Helper()
	checked := func(tx zikr.Tx) error { return check(tx) }
	if err := f.try(write, checked); err != nil {
		f.Fatalf("in the transaction that wrote: %v", err)
	}
	f.stays(check)
	if err := f.try(checked); err != nil {
		f.Fatalf("in a later transaction: %v", err)
	}
	f.reopen()
	if err := f.try(checked); err != nil {
		f.Fatalf("in a transaction after a restart: %v", err)
	}
	f.stays(check)
}

// stays checks in a snapshot.
func (f *fixture) stays(check func(zikr.Reader) error) {
	f.Helper()
	f.view(check)
}

// all runs checks or writes until one fails.
func all[T any](steps ...func(T) error) func(T) error {
	return func(v T) error {
		for _, step := range steps {
			if err := step(v); err != nil {
				return err
			}
		}
		return nil
	}
}

// is compares what a read returned with what is wanted.
func is[T any](what string, want T) func(got T, err error) error {
	return func(got T, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("%s (-want +got):\n%s", what, diff)
		}
		return nil
	}
}

// isMissing wants zikr.ErrNotFound.
func isMissing[T any](what string) func(got T, err error) error {
	return func(got T, err error) error {
		if !errors.Is(err, zikr.ErrNotFound) {
			return fmt.Errorf("%s: got %v and error %v, want zikr.ErrNotFound", what, got, err)
		}
		return nil
	}
}

// ids wants rows with these ids, in this order.
func ids[T any](what string, id func(T) string, want ...string) func(got []T, err error) error {
	return func(got []T, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		names := make([]string, len(got))
		for i, v := range got {
			names[i] = id(v)
		}
		if !slices.Equal(names, want) {
			return fmt.Errorf("%s: got %v, want %v", what, names, want)
		}
		return nil
	}
}

// at is the moment n minutes after the suite's beginning of time, as a store returns it.
func at(n int) time.Time { return time.Date(2026, 1, 31, 9, n, 0, 5_000_000, time.UTC) }

// user is an account of the suite: its id is its email's name.
func user(id, name, surname string) zikr.User {
	return zikr.User{ID: id, Name: name, Surname: surname, Email: id + "@example.org", PasswordHash: "hash", CreatedAt: at(0)}
}

func insertUser(id, name, surname string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error { return tx.InsertUser(user(id, name, surname)) }
}

func quran(id string) zikr.Group {
	return zikr.Group{ID: id, Name: "Readers " + id, Type: zikr.QuranGroup, AdminID: "u1", MemberCount: 1, CreatedAt: at(0)}
}

func join(groupID, userID string, minute int) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		return tx.PutMember(zikr.Member{GroupID: groupID, UserID: userID, JoinedAt: at(minute)})
	}
}

// friends makes users u1 (the admin), u2 and u3, and the group g1 with all of them.
func friends(tx zikr.Tx) error {
	return all(
		insertUser("u1", "Ali", "Valiyev"), insertUser("u2", "Botir", ""), insertUser("u3", "Karim", "Aliyev"),
		func(tx zikr.Tx) error { return tx.InsertGroup(quran("g1")) },
		join("g1", "u1", 1), join("g1", "u2", 2), join("g1", "u3", 3),
	)(tx)
}

// logTo appends an event to a group's log, as use cases do: under the group's next seq.
func logTo(groupID, name, userID string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		g, err := tx.Group(groupID)
		if err != nil {
			return err
		}
		g.Seq++
		if err := tx.AppendEvent(event(groupID, g.Seq, name, userID)); err != nil {
			return err
		}
		return tx.UpdateGroup(*g)
	}
}

func event(groupID string, seq int64, name, userID string) zikr.Event {
	data := fmt.Sprintf(`{"userName":"Ali \"O'g'li\" \\ ولي","seq":%d}`, seq)
	return zikr.Event{GroupID: groupID, Seq: seq, Name: name, Data: []byte(data), UserID: userID, At: at(int(seq))}
}
