package zikr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

func TestMain(m *testing.M) {
	// As many runs of the model as a short test allows: -rapid.checks asks for more. A
	// failure prints its seed, no file is needed.
	for name, value := range map[string]string{"rapid.checks": "15", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// goodPassword is everybody's.
const goodPassword = "a good password"

// world is one server's domain over a real database of its own. What is around
// the domain is in the test's hands: the clock, the ids, the bus, tokens and passwords.
type world struct {
	*zikr.Service
	t         testing.TB
	ctx       context.Context
	store     zikr.Store
	bus       *recorder
	clock     *clock
	tokens    *fakeTokens
	passwords *fakePasswords
	logged    *syncBuffer
}

// newWorld opens a world that ends with the test. The test runs beside others:
// most of its time it waits for the disk.
func newWorld(t *testing.T, options ...func(*zikr.Config)) *world {
	t.Helper()
	t.Parallel()
	return newWorldBeside(t, options...)
}

// newWorldBeside is newWorld for a test that opens several.
func newWorldBeside(t *testing.T, options ...func(*zikr.Config)) *world {
	t.Helper()
	w := &world{
		t: t, ctx: context.Background(), bus: newRecorder(), clock: newClock(),
		tokens: &fakeTokens{}, passwords: &fakePasswords{}, logged: &syncBuffer{},
	}
	w.tokens.now = w.clock.now
	ids := &counter{}
	cfg := zikr.Config{
		Store: openStore(t, t.TempDir(), w.bus), Bus: w.bus, Presence: bus.NewLocalPresence(), Tokens: w.tokens, Passwords: w.passwords,
		NewID: ids.next, Now: w.clock.now, Log: slog.New(slog.NewTextHandler(w.logged, nil)), Bounds: zikr.Unbounded(),
	}
	for _, set := range options {
		set(&cfg)
	}
	w.store = cfg.Store
	w.Service = zikr.New(cfg)
	t.Cleanup(w.Close)
	return w
}

// openStore opens the database in a folder. It is closed after the test.
func openStore(t testing.TB, dir string, b *recorder) *sqlstore.Store {
	t.Helper()
	store := must(sqlstore.Open(context.Background(), sqlstore.Options{Dir: dir, Publish: b.Publish}))
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return store
}

// must returns the result of what cannot fail here; the panic names the line that did.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// second returns the error of what is run for nothing else.
func second[T any](_ T, err error) error { return err }

// user makes an account by the name of its owner.
func (w *world) user(name string) string {
	return must(w.Register(w.ctx, zikr.Registration{
		Name: name, Surname: "Karimov", Email: strings.ToLower(name) + "@example.org", Password: goodPassword,
	})).User.ID
}

// users makes n accounts.
func (w *world) users(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.user(fmt.Sprintf("User%d", i))
	}
	return ids
}

// group makes a public group of an admin and members, who join in their order.
func (w *world) group(kind zikr.GroupType, admin string, members ...string) string {
	g := must(w.CreateGroup(w.ctx, admin, zikr.NewGroup{Name: "Friends", Type: kind, IsPublic: true}))
	for _, m := range members {
		must(w.JoinPublicGroup(w.ctx, m, g.ID))
	}
	return g.ID
}

// zikr makes a zikr in a group, with a goal or 0 for none.
func (w *world) zikr(admin, groupID string, goal int64) string {
	return must(w.CreateZikr(w.ctx, admin, groupID, zikr.NewZikr{Name: "Istighfar", Goal: number(goal)})).ZikrID
}

// book books a pora and returns the booking's id.
func (w *world) book(userID, groupID string, pora int) string {
	return must(w.BookPora(w.ctx, userID, zikr.BookPora{GroupID: groupID, PoraID: fmt.Sprint(pora)})).BookingID
}

// complete reads a booked pora.
func (w *world) complete(userID, bookingID string) *zikr.CompletionConfirmed {
	return must(w.CompletePora(w.ctx, userID, zikr.CompletePora{BookingID: bookingID}))
}

// count adds to a zikr without an opId.
func (w *world) count(userID, groupID, zikrID string, n int64) *zikr.ZikrUpdateConfirmed {
	return must(w.UpdateZikrCount(w.ctx, userID, zikr.UpdateZikrCount{GroupID: groupID, ZikrID: zikrID, Count: zikr.Int(n)}))
}

// invite sends an invitation and returns its id.
func (w *world) invite(admin, groupID, receiverID string) string {
	return must(w.SendInvitation(w.ctx, admin, zikr.SendInvitation{GroupID: groupID, ReceiverID: receiverID})).ID
}

// respond answers an invitation.
func (w *world) respond(userID, id string, accept bool) (*zikr.InvitationResponded, error) {
	return w.RespondToInvitation(w.ctx, userID, zikr.RespondToInvitation{NotificationID: id, Accept: accept})
}

// snapshot is a group as a member sees it.
func (w *world) snapshot(userID, groupID string) *zikr.Snapshot {
	return must(w.Snapshot(w.ctx, userID, groupID))
}

// seq is the number of the latest event in a group's log.
func (w *world) seq(groupID string) int64 {
	events := w.events(groupID, 0)
	return int64(len(events)) // without a gap: see TestLog
}

// events is a group's log after a seq.
func (w *world) events(groupID string, since int64) []zikr.Event {
	return must(w.EventsAfter(w.ctx, groupID, since, 1_000_000))
}

// eventNames is the names of a group's events after a seq.
func (w *world) eventNames(groupID string, since int64) []string {
	names := []string{}
	for _, e := range w.events(groupID, since) {
		names = append(names, e.Name)
	}
	return names
}

// lastEvent decodes the latest event of a type in a group's log, and fails if there is none.
func lastEvent[T zikr.Payload](w *world, groupID string) T {
	w.t.Helper()
	var out T
	events := w.events(groupID, 0)
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Name == out.EventName() {
			decode(w.t, events[i].Data, &out)
			return out
		}
	}
	w.t.Fatalf("no %s in the log of %s", out.EventName(), groupID)
	return out
}

func decode(t testing.TB, data json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("decode %s: %v", data, err)
	}
}

// unread is a user's unread notifications, newest first.
func (w *world) unread(userID string) zikr.Notifications {
	return must(w.UnreadNotifications(w.ctx, userID))
}

// unreadTypes is their types, newest first.
func (w *world) unreadTypes(userID string) []zikr.NotificationType {
	types := []zikr.NotificationType{}
	for _, n := range w.unread(userID) {
		types = append(types, n.Type)
	}
	return types
}

// wantCode fails if err does not carry the code; "" is no error.
func wantCode(t testing.TB, err error, want zikr.Code) {
	t.Helper()
	if got := zikr.CodeOf(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// number and pointer make what optional fields hold.
func number(n int64) *zikr.Int { return pointer(zikr.Int(n)) }

func pointer[T any](v T) *T { return &v }

// ticks is how far the clock goes with each look at it, so that no two
// moments are the same.
const ticks = time.Millisecond

// clock goes on by itself and can be set forward.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 1, 31, 9, 5, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time { return time.UnixMilli(c.at.Add(ticks.Milliseconds())) }

// counter makes ids that grow.
type counter struct{ n atomic.Int64 }

func (c *counter) next() string { return fmt.Sprintf("id-%08d", c.n.Add(1)) }

// syncBuffer is a log that many write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// atOnce runs n functions at one moment and returns their errors.
func atOnce(n int, run func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = run(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}
