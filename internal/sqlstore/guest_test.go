package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	clock "github.com/zikr-app/zikr/internal/due"
)

// secretGuest makes a guest with a session, who does a bit of everything that leaves a name behind.
func (c *community) secretGuest(n int, quran, counting, zikrID string) string {
	id := fmt.Sprint("guest-", n)
	hour := 8
	u := zikr.User{ID: id, Name: fmt.Sprint("Secret", n), Surname: "Person", TokenVersion: 1, CreatedAt: c.now(), IsGuest: true, Settings: zikr.Settings{
		TimeZone: "Asia/Tashkent", HasReminder: true, ReminderHour: hour, RemindPoras: true, RemindZikrs: true, RemindAt: c.now().Add(time.Hour),
	}}
	err := update(c.store, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertUser(u), tx.InsertLogIn(zikr.LogIn{
			ID: "phone of " + id, UserID: id, Device: "Secret phone", Version: 1, MadeAt: u.CreatedAt, SeenAt: u.CreatedAt, ExpiresAt: u.CreatedAt.AddDate(3, 0, 0),
		}))
	})
	if err != nil {
		c.t.Fatal(err)
	}
	link := must(c.CreateLink(c.ctx, "ali", quran, zikr.NewLink{})).Code
	must(c.JoinByLink(c.ctx, id, link))
	must(c.JoinPublicGroup(c.ctx, id, counting))
	read := c.book(fmt.Sprint("read-", id), id, quran, 2*n+1)
	must(c.CompletePora(c.ctx, id, zikr.CompletePora{BookingID: read}))
	c.book(fmt.Sprint("held-", id), id, quran, 2*n+2)
	must(c.RemindPora(c.ctx, "ali", zikr.RemindPora{BookingID: "held-" + id}))
	c.count(id, counting, zikrID, 3, "op-"+id)
	c.invite("into third "+id, "ali", "third", id)
	return id
}

// see notes that a guest's session is used, as a request does.
func (c *community) see(id string) {
	if err := update(c.store, func(tx zikr.Tx) error { return tx.SeeLogIn("phone of "+id, c.now()) }); err != nil {
		c.t.Fatal(err)
	}
}

func guestQueue(s *zikr.Service) clock.Queue[zikr.DueGuest] {
	return clock.Queue[zikr.DueGuest]{
		Find: s.GuestsDue, Key: func(d zikr.DueGuest) string { return d.UserID },
		Do: func(ctx context.Context, id string, _ []zikr.DueGuest) error { return s.EraseGuest(ctx, id) },
	}
}

// anotherNode opens the store a second time where that may be, and the use cases over it.
func (c *community) anotherNode() *zikr.Service {
	store := c.store
	if c.url != "" {
		store = must(Open(c.ctx, Options{URL: c.url, Publish: bus.NewLocal().Publish}))
		c.t.Cleanup(func() { must(struct{}{}, store.Close()) })
	}
	s := zikr.New(zikr.Config{Store: store, Bus: bus.NewLocal(), Presence: bus.NewLocalPresence(), NewID: c.newID, Now: c.now, Bounds: zikr.Unbounded()})
	c.t.Cleanup(s.Close)
	return s
}

// Guests who were not seen for 400 days are erased, once, by two nodes that find them at the same time, and nothing names
// them any more; whoever was seen meanwhile stays, and so does who has become an account.
func TestGuestsWhoAreGone(t *testing.T) {
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		t.Run(engine, func(t *testing.T) {
			c := newCommunity(t)
			if engine == "PostgreSQL" {
				c.toPostgres()
			}
			ali := c.user("ali")
			quran, counting := c.group("readers", zikr.QuranGroup, ali), c.group("counters", zikr.ZikrGroup, ali)
			c.group("third", zikr.ZikrGroup, ali)
			c.named = []string{"salawat"}
			must(c.CreateZikr(c.ctx, ali, counting, zikr.NewZikr{Name: "Salawat"}))
			var guests []string
			for n := range 12 {
				guests = append(guests, c.secretGuest(n, quran, counting, "salawat"))
			}
			seen, settled := guests[10], guests[11]
			err := update(c.store, func(tx zikr.Tx) error {
				u, err := tx.User(settled)
				u.Email, u.PasswordHash, u.IsGuest = "settled@example.org", "hash", false
				return errors.Join(err, tx.UpdateUser(*u))
			})
			if err != nil {
				t.Fatal(err)
			}
			c.later(300 * 24 * time.Hour)
			c.see(seen)
			c.see(settled)
			c.later(102 * 24 * time.Hour)
			other, at := c.anotherNode(), must(c.Snapshot(c.ctx, ali, quran)).Seq
			var nodes sync.WaitGroup
			for _, s := range []*zikr.Service{c.Service, other} {
				nodes.Go(func() {
					if err := guestQueue(s).Turn(c.ctx); err != nil {
						t.Error(err)
					}
				})
			}
			nodes.Wait()
			left := map[string]int{}
			for _, e := range must(c.EventsAfter(c.ctx, quran, at, 1000)) {
				var told zikr.MemberLeft
				must(struct{}{}, json.Unmarshal(e.Data, &told))
				if e.Name == "member_left" {
					left[told.UserID]++
				}
			}
			for _, id := range guests[:10] {
				if left[id] != 1 {
					t.Errorf("that %s left was told %d times", id, left[id])
				}
			}
			if len(left) != 10 {
				t.Errorf("%d have left, want 10", len(left))
			}
			c.wantUnnamed(guests[:10], 2)
			if got := must(c.GuestsDue(c.ctx, zikr.DueGuest{}, 9)); len(got) > 0 {
				t.Errorf("still due: %v", got)
			}
			must(c.Me(c.ctx, seen))
			c.later(299 * 24 * time.Hour) // a little more than 400 days since then
			if err := guestQueue(other).Turn(c.ctx); err != nil {
				t.Fatal(err)
			}
			c.wantUnnamed(guests[:11], 1)
			must(c.Me(c.ctx, settled))
			inOrder(t, Options{Dir: c.dir, URL: c.url})
		})
	}
}

// wantUnnamed looks through every row of every table for names of guests who are gone, and wants those of so many
// that are left.
func (c *community) wantUnnamed(gone []string, left int) {
	c.t.Helper()
	err := c.store.View(c.ctx, func(r zikr.Reader) error {
		names := 0
		for _, table := range tables() {
			rows, err := r.(*reader).db.query(c.ctx, "SELECT * FROM "+table)
			if err != nil {
				return err
			}
			columns := must(rows.Columns())
			for rows.Next() {
				values, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				text := fmt.Sprintf("%s", values)
				for i := range gone {
					if strings.Contains(text, fmt.Sprintf("Secret%d ", i)) || strings.Contains(text, fmt.Sprintf("secret%d ", i)) {
						c.t.Errorf("%s names somebody who is gone: %s", table, text)
					}
				}
				if table == "users" && strings.Contains(text, "Secret") {
					names++
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		if names != left {
			c.t.Errorf("%d accounts have their name, want %d", names, left)
		}
		for _, id := range gone {
			logIns, err := r.LogInsOf(id)
			if err != nil || len(logIns) > 0 {
				return fmt.Errorf("sessions of %s: %v, %w", id, logIns, err)
			}
			due, err := r.RemindersDue(c.now().AddDate(9, 0, 0), zikr.DueReminder{}, 99)
			if err != nil || slices.ContainsFunc(due, func(d zikr.DueReminder) bool { return d.UserID == id }) {
				return fmt.Errorf("%s is reminded: %v, %w", id, due, err)
			}
		}
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
}
