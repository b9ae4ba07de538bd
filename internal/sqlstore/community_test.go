package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/pgtest"
)

// community is the use cases over a store on a real file, with a clock and ids in the test's hands.
type community struct {
	*zikr.Service
	t   *testing.T
	ctx context.Context
	dir string
	url string // "" for SQLite
	// connections is how many there are to write and to read; 0 for as many as usual.
	connections int
	store       *Store
	clock       atomic.Int64
	n           atomic.Int64
	named       []string // the ids that come next
}

func newCommunity(t *testing.T) *community {
	t.Helper()
	c := &community{t: t, ctx: context.Background(), dir: t.TempDir()}
	c.clock.Store(time.Date(2026, 1, 31, 9, 5, 0, 0, time.UTC).UnixMilli())
	c.open()
	t.Cleanup(c.close)
	return c
}

func (c *community) open() {
	local := bus.NewLocal()
	store, err := Open(c.ctx, Options{Dir: c.dir, URL: c.url, Readers: c.connections, Writers: c.connections, Publish: local.Publish})
	if err != nil {
		c.t.Fatal(err)
	}
	c.store = store
	c.Service = zikr.New(zikr.Config{Store: store, Bus: local, Presence: bus.NewLocalPresence(), NewID: c.newID, Now: c.now, Bounds: zikr.Unbounded()})
}

// onEach runs a test of a community on each engine.
func onEach(t *testing.T, test func(*testing.T, *community)) {
	t.Run("SQLite", func(t *testing.T) { test(t, newCommunity(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		c := newCommunity(t)
		c.toPostgres()
		test(t, c)
	})
}

// toPostgres has a community in which nothing was done yet live on PostgreSQL.
func (c *community) toPostgres() {
	c.close()
	c.url = pgtest.Database(c.t)
	c.open()
}

// close closes the database; what is in it is in one file then.
func (c *community) close() {
	c.Close()
	if err := c.store.Close(); err != nil {
		c.t.Error(err)
	}
}

func (c *community) now() time.Time { return time.UnixMilli(c.clock.Add(1)) }

func (c *community) later(d time.Duration) { c.clock.Add(d.Milliseconds()) }

func (c *community) newID() string {
	if len(c.named) > 0 {
		id := c.named[0]
		c.named = c.named[1:]
		return id
	}
	return fmt.Sprintf("id-%08d", c.n.Add(1))
}

// must returns what a use case made, which cannot fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (c *community) user(id string) string {
	err := update(c.store, func(tx zikr.Tx) error {
		return tx.InsertUser(zikr.User{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Surname: "Karimov", Email: id + "@example.org", Phone: "+99890000000" + fmt.Sprint(len(id)), PasswordHash: "hash", CreatedAt: c.now()})
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *community) group(id string, kind zikr.GroupType, admin string, members ...string) string {
	c.named = []string{id}
	must(c.CreateGroup(c.ctx, admin, zikr.NewGroup{Name: "Group " + id, Type: kind, IsPublic: true}))
	for _, m := range members {
		must(c.JoinPublicGroup(c.ctx, m, id))
	}
	return id
}

func (c *community) book(id, user, group string, pora int) string {
	c.named = []string{id}
	return must(c.BookPora(c.ctx, user, zikr.BookPora{GroupID: group, PoraID: fmt.Sprint(pora)})).BookingID
}

func (c *community) count(user, group, zikrID string, n int64, opID string) {
	in := zikr.UpdateZikrCount{GroupID: group, ZikrID: zikrID, Count: zikr.Int(n)}
	if opID != "" {
		in.OpID = &opID
		c.named = []string{"count-" + opID}
	}
	must(c.UpdateZikrCount(c.ctx, user, in))
}

func (c *community) invite(id, admin, group, receiver string) string {
	c.named = []string{id}
	return must(c.SendInvitation(c.ctx, admin, zikr.SendInvitation{GroupID: group, ReceiverID: receiver})).ID
}

func (c *community) tidy() {
	if err := (zikr.Janitor{Store: c.store, Now: c.now}).Pass(c.ctx); err != nil {
		c.t.Error(err)
	}
}

// fill appends events of so many bytes to a group's log.
func (c *community) fill(group string, n, size int) {
	err := update(c.store, func(tx zikr.Tx) error {
		g, err := tx.Group(group)
		for range n {
			g.Seq++
			err = errors.Join(err, tx.AppendEvent(zikr.Event{GroupID: group, Seq: g.Seq, Name: "group_updated", Data: make([]byte, size), At: c.now()}))
		}
		return errors.Join(err, tx.UpdateGroup(*g))
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// populate does a bit of everything.
func (c *community) populate() {
	ali, vali, sami, gone := c.user("ali"), c.user("vali1"), c.user("sami12"), c.user("gone123")
	goal := zikr.Int(10)
	counters := c.group("counters", zikr.ZikrGroup, ali, vali, gone)
	c.named = []string{"salawat"}
	must(c.CreateZikr(c.ctx, ali, counters, zikr.NewZikr{Name: "Salawat", Goal: &goal}))
	c.named = []string{"istighfar"}
	must(c.CreateZikr(c.ctx, ali, counters, zikr.NewZikr{Name: "Istighfar"}))
	c.count(ali, counters, "salawat", 4, "op1")
	c.count(gone, counters, "salawat", 2, "op2")
	c.count(vali, counters, "salawat", 7, "")
	c.count(vali, counters, "istighfar", 1, "op3")

	readers := c.group("readers", zikr.QuranGroup, ali, vali, sami, gone)
	for pora := 1; pora <= zikr.Poras; pora++ {
		id := c.book(fmt.Sprint("read-", pora), []string{ali, vali, gone}[pora%3], readers, pora)
		must(c.CompletePora(c.ctx, ali, zikr.CompletePora{BookingID: id}))
	}
	must(c.CompletePora(c.ctx, ali, zikr.CompletePora{BookingID: c.book("done", ali, readers, 1)}))
	c.book("held", vali, readers, 2)
	must(c.ReleasePora(c.ctx, ali, zikr.ReleasePora{BookingID: c.book("freed", vali, readers, 3)}))
	c.book("left", gone, readers, 4)
	if err := c.DeleteMe(c.ctx, gone); err != nil {
		c.t.Fatal(err)
	}
	must(c.RespondToInvitation(c.ctx, sami, zikr.RespondToInvitation{NotificationID: c.invite("refused", ali, counters, sami)}))
	c.invite("pending", ali, counters, sami)
	must(c.BanUser(c.ctx, ali, counters, sami))

	c.named = []string{"momo"}
	must(c.AddMember(c.ctx, ali, readers, zikr.NewMember{Name: "Momo"}))

	ended := c.group("ended", zikr.QuranGroup, vali, sami)
	c.book("kept", sami, ended, 1)
	c.invite("vanishes", vali, ended, ali)
	if err := c.DeleteGroup(c.ctx, vali, ended); err != nil {
		c.t.Fatal(err)
	}
	for _, n := range must(c.UnreadNotifications(c.ctx, vali)) {
		must(c.ReadNotification(c.ctx, vali, zikr.MarkNotificationRead{NotificationID: n.ID}))
	}
	c.accounts()
	c.later(40 * 24 * time.Hour)
	c.tidy()
	c.count(ali, counters, "salawat", 3, "op4")
	c.count(vali, counters, "salawat", 5, "op5")
	c.count(vali, counters, "salawat", 6, "")
	c.count(ali, counters, "istighfar", 9, "op6")
	c.named = []string{"back"}
	must(c.UndoZikrCount(c.ctx, ali, zikr.UndoZikrCount{ID: "count-op6"}))
	c.link("open", counters, vali)
	c.budget(vali)
	c.budget(sami)
}

// budget makes what a user has joined today: the use cases here have no bounds, and keep none.
func (c *community) budget(user string) {
	err := update(c.store, func(tx zikr.Tx) error {
		return tx.PutBudget(zikr.Budget{UserID: user, What: "joins_a_day", Period: c.now().Unix() / (24 * 60 * 60), Used: 1})
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// link makes a link for two that let one in.
func (c *community) link(code, group, user string) {
	err := update(c.store, func(tx zikr.Tx) error {
		return errors.Join(
			tx.InsertLink(zikr.Link{Code: code, GroupID: group, MaxUses: 2, Uses: 1, CreatedAt: c.now()}),
			tx.InsertLinkUse(zikr.LinkUse{Code: code, UserID: user, UsedAt: c.now()}))
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// accounts makes what belongs to accounts alone.
func (c *community) accounts() {
	someone, other := c.user("someone8"), c.user("otherone9")
	must(struct{}{}, c.BlockUser(c.ctx, someone, other))
	c.named = []string{"renamed"}
	must(c.ChangeAccount(c.ctx, zikr.Admin{}, other, zikr.AdminChange{Surname: pointer("Karimov Jr")}))
	err := update(c.store, func(tx zikr.Tx) error {
		back := zikr.User{ID: "back", Name: "Back", External: true, TokenVersion: 2, CreatedAt: c.now(), ForeignAfter: c.now()}
		errs := []error{tx.InsertUser(back), tx.PutDeparture(zikr.Departure{SubjectKey: back.Subject(), TokenVersion: 1, At: back.ForeignAfter})}
		for _, id := range []string{"phone", "laptop"} {
			errs = append(errs, tx.InsertLogIn(zikr.LogIn{
				ID: id, UserID: someone, Device: id, MadeAt: c.now(), SeenAt: c.now(), ExpiresAt: c.now().Add(365 * 24 * time.Hour),
			}))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func pointer[T any](v T) *T { return &v }

// atRandom lets somebody do something, which may be refused.
func (c *community) atRandom(random *rand.Rand, users, zikrs []string) {
	i, user, pora := random.IntN(3), users[random.IntN(len(users))], fmt.Sprint(1+random.IntN(zikr.Poras))
	quran, counting := fmt.Sprint("q", i), fmt.Sprint("z", i)
	other := users[random.IntN(len(users))]
	var err error
	switch random.IntN(12) {
	case 0:
		err = c.LeaveGroup(c.ctx, user, quran)
	case 1:
		_, err = c.JoinPublicGroup(c.ctx, user, quran)
	case 2:
		_, err = c.SendInvitation(c.ctx, user, zikr.SendInvitation{GroupID: quran, ReceiverID: other})
	case 3:
		for _, n := range must(c.UnreadNotifications(c.ctx, user)) {
			if n.Type == zikr.NotifyInvitation {
				_, err = c.RespondToInvitation(c.ctx, user, zikr.RespondToInvitation{NotificationID: n.ID, Accept: random.IntN(2) == 0})
			} else {
				_, err = c.ReadNotification(c.ctx, user, zikr.MarkNotificationRead{NotificationID: n.ID})
			}
		}
	case 4, 5, 6:
		op := fmt.Sprint(random.IntN(1000))
		_, err = c.UpdateZikrCount(c.ctx, user, zikr.UpdateZikrCount{GroupID: counting, ZikrID: zikrs[i], Count: zikr.Int(1 + random.IntN(20)), OpID: &op})
	default:
		var b *zikr.BookingConfirmed
		if b, err = c.BookPora(c.ctx, user, zikr.BookPora{GroupID: quran, PoraID: pora}); err == nil && random.IntN(5) > 0 {
			_, err = c.CompletePora(c.ctx, user, zikr.CompletePora{BookingID: b.BookingID})
		} else if err == nil {
			_, err = c.ReleasePora(c.ctx, user, zikr.ReleasePora{BookingID: b.BookingID})
		}
	}
	if err != nil && zikr.CodeOf(err) == zikr.CodeInternal {
		c.t.Errorf("got %v", err)
	}
}
