package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// OpenTwo opens the stores of two nodes on one place where nothing is stored yet: two handles on
// one database, or the same store twice where only one process may have it.
type OpenTwo func(t *testing.T, publish func(groupID string, events []zikr.Event)) [2]zikr.Store

// rounds is how often each race of RunNodes is run.
const rounds = 100

// clockError is how far the second node's clock is ahead.
const clockError = time.Minute

// RunNodes runs the races of the wire contract, section 2, across two nodes whose clocks are a minute
// apart: whoever meets at one moment, on whichever node, the rules hold and every event is told once.
func RunNodes(t *testing.T, open OpenTwo) {
	for name, race := range map[string]func(*nodes){
		"one pora for two": bookedOnce, "complete against release": completedOrReleased, "hatms completed": hatmsCompleted, "seventy readers, three hatms": seventyReaders,
		"one opId twice": countedOnce, "one opId in two groups": countedOnceInTwoGroups, "goal reached": goalReachedOnce,
		"join against the end of the account": joinAgainstDelete, "accept against the end of the account": acceptAgainstDelete,
		"undo against the end of the account": undoAgainstDelete, "crash at the end of the account": crashOfDelete, "invited twice": invitedOnce, "accept against reject": answeredOnce, "the last two leave": lastTwoLeave,
		"ban against join": bannedOrOut, "ban against accept": bannedOrRefused, "invitations at a bound": invitedUpToABound,
		"budget spent on both": spentOnBoth, "booked on both": bookedUpToABound,
		"one email for two": registeredOnce, "janitors at once": cutOnce,
		"join against a departure": departAgainstJoin, "accept against a departure": departAgainstAccept, "block against an invitation": blockAgainstInvitation,
		"sessions": sessionsBounded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNodes(t, open)
			race(n)
			n.complete()
		})
	}
}

// nodes are two services on one database.
type nodes struct {
	*testing.T
	ctx    context.Context
	node   [2]*zikr.Service
	stores [2]zikr.Store
	ids    atomic.Int64

	mu   sync.Mutex
	told map[string][]zikr.Event // by group, in the order in which it was told
}

func newNodes(t *testing.T, open OpenTwo) *nodes {
	n := &nodes{T: t, ctx: t.Context(), told: make(map[string][]zikr.Event)}
	n.stores = open(t, n.publish)
	n.bounded(zikr.Unbounded())
	return n
}

// bounded makes the nodes' services anew, with bounds.
func (n *nodes) bounded(b zikr.Bounds) {
	for i, s := range n.stores {
		now := func() time.Time { return time.Now().Add(time.Duration(i) * clockError) }
		n.node[i] = zikr.New(zikr.Config{Store: s, Bus: silent{}, Presence: silent{}, Tokens: signer{}, Passwords: hasher{}, NewID: n.newID, Now: now, Bounds: b})
		n.Cleanup(n.node[i].Close)
	}
}

// The ports that the races do not need.
type (
	silent struct{}              // a bus and a presence that nobody hears
	signer struct{ zikr.Tokens } // issues tokens only
	hasher struct{}              // every password fits
)

func (silent) Publish(string, []zikr.Event)                               {}
func (silent) Signal(zikr.Signal)                                         {}
func (silent) Enter(context.Context, string, string) (bool, error)        { return true, nil }
func (silent) Leave(context.Context, string, string) (bool, error)        { return true, nil }
func (silent) Online(context.Context, string, int) (int, []string, error) { return 0, nil, nil }
func (signer) Issue(zikr.Claims) (string, time.Time, error) {
	return "token", time.Now().Add(time.Hour), nil
}
func (hasher) Hash(context.Context, string) (string, error)         { return "hash", nil }
func (hasher) Verify(context.Context, string, string) (bool, error) { return true, nil }

func (n *nodes) newID() string { return fmt.Sprintf("id%09d", n.ids.Add(1)) }

func (n *nodes) publish(groupID string, events []zikr.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told[groupID] = append(n.told[groupID], events...)
}

// complete sees that what was told is what is logged, each event once, without a gap.
func (n *nodes) complete() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, told := range n.told {
		slices.SortFunc(told, func(a, b zikr.Event) int { return int(a.Seq - b.Seq) }) // two nodes tell in no order
		var logged []zikr.Event
		n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) (err error) {
			logged, err = r.Events(id, 0, len(told)+1)
			return err
		}))
		n.must(is("events of group "+id, titles(logged))(titles(told), nil))
		for i, e := range logged {
			if e.Seq != int64(i)+1 {
				n.Fatalf("event %d of group %s has the seq %d", i+1, id, e.Seq)
			}
		}
	}
}

// titles are what stays of events when a name is erased from the log.
func titles(events []zikr.Event) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = fmt.Sprint(e.Seq, " ", e.Name)
	}
	return all
}

func (n *nodes) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

// users makes some accounts.
func (n *nodes) users(count int) []string {
	n.Helper()
	ids := make([]string, count)
	n.must(n.stores[0].Update(n.ctx, zikr.UserKey(""), func(tx zikr.Tx) error {
		var errs []error
		for i := range ids {
			ids[i] = n.newID()
			errs = append(errs, tx.InsertUser(user(ids[i], "User", ids[i])))
		}
		return errors.Join(errs...)
	}))
	return ids
}

// group makes a public group of the first user's, with the others as members. Its zikr has a goal of 10.
func (n *nodes) group(kind zikr.GroupType, users ...string) *zikr.Snapshot {
	n.Helper()
	goal := zikr.Int(10)
	in := zikr.NewGroup{Name: "Group", Type: kind, IsPublic: true}
	if kind == zikr.ZikrGroup {
		in.Zikr = &zikr.NewZikr{Name: "Zikr", Goal: &goal}
	}
	g, err := n.node[0].CreateGroup(n.ctx, users[0], in)
	n.must(err)
	for _, u := range users[1:] {
		_, err := n.node[1].JoinPublicGroup(n.ctx, u, g.ID)
		n.must(err)
	}
	return g
}

// snapshot reads a group on the second node.
func (n *nodes) snapshot(userID, groupID string) *zikr.Snapshot {
	n.Helper()
	g, err := n.node[1].Snapshot(n.ctx, userID, groupID)
	n.must(err)
	return g
}

// race runs both at once, the first on one node and the second on the other.
func (n *nodes) race(first, second func(*zikr.Service) error) (errs [2]error) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, run := range []func(*zikr.Service) error{first, second} {
		wg.Go(func() {
			<-start
			errs[i] = run(n.node[i])
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// oneWins wants one of two done, and the other refused with one of these codes.
func (n *nodes) oneWins(errs [2]error, codes ...zikr.Code) {
	n.Helper()
	won := slices.Index(errs[:], nil)
	if won < 0 || !slices.Contains(codes, zikr.CodeOf(errs[1-won])) {
		n.Fatalf("got %v, want one done and the other refused with one of %v", errs, codes)
	}
}

func bookedOnce(n *nodes) {
	u := n.users(2)
	g := n.group(zikr.QuranGroup, u...)
	book := func(userID, poraID string, booking *string) func(*zikr.Service) error {
		return func(s *zikr.Service) error {
			b, err := s.BookPora(n.ctx, userID, zikr.BookPora{GroupID: g.ID, PoraID: poraID})
			if err == nil {
				*booking = b.BookingID
			}
			return err
		}
	}
	for round := range rounds {
		poraID := fmt.Sprint(round%zikr.Poras + 1)
		var bookings [2]string
		errs := n.race(book(u[0], poraID, &bookings[0]), book(u[1], poraID, &bookings[1]))
		n.oneWins(errs, zikr.CodePoraBooked)
		winner := slices.Index(errs[:], nil)
		_, err := n.node[round%2].ReleasePora(n.ctx, u[winner], zikr.ReleasePora{BookingID: bookings[winner]})
		n.must(err)
	}
}

func completedOrReleased(n *nodes) {
	u := n.users(2)
	g := n.group(zikr.QuranGroup, u...)
	for round := range rounds {
		b, err := n.node[0].BookPora(n.ctx, u[1], zikr.BookPora{GroupID: g.ID, PoraID: fmt.Sprint(round%zikr.Poras + 1)})
		n.must(err)
		n.oneWins(n.race(func(s *zikr.Service) error {
			_, err := s.CompletePora(n.ctx, u[1], zikr.CompletePora{BookingID: b.BookingID})
			return err
		}, func(s *zikr.Service) error {
			_, err := s.ReleasePora(n.ctx, u[0], zikr.ReleasePora{BookingID: b.BookingID})
			return err
		}), zikr.CodeBookingNotFound, zikr.CodeBookingCompleted)
		if round%zikr.Poras == zikr.Poras-1 { // the poras that are done cannot be booked again
			g = n.group(zikr.QuranGroup, u...)
		}
	}
}

// hatmsCompleted: the poras of several hatms, each completed on both nodes at once.
func hatmsCompleted(n *nodes) {
	const hatms = (rounds + zikr.Poras - 1) / zikr.Poras
	u := n.users(2)
	g := n.group(zikr.QuranGroup, u...)
	for hatm := range hatms {
		for pora := range zikr.Poras {
			b, err := n.node[pora%2].BookPora(n.ctx, u[pora%2], zikr.BookPora{GroupID: g.ID, PoraID: fmt.Sprint(pora + 1)})
			n.must(err)
			complete := func(s *zikr.Service) error {
				_, err := s.CompletePora(n.ctx, u[pora%2], zikr.CompletePora{BookingID: b.BookingID})
				return err
			}
			errs := n.race(complete, complete)
			n.must(errors.Join(errs[:]...))
		}
		if got := n.snapshot(u[0], g.ID).HatmCount; got != int64(hatm)+1 {
			n.Fatalf("after %d times 30 poras %d hatms are completed", hatm+1, got)
		}
	}
	names := make(map[string]int)
	for _, e := range n.told[g.ID] {
		names[e.Name]++
	}
	if names["pora_completed"] != hatms*zikr.Poras || names["hatm_completed"] != hatms {
		n.Errorf("%v were told, want %d pora_completed and %d hatm_completed", names, hatms*zikr.Poras, hatms)
	}
}

// count makes a counting of 1.
func (n *nodes) count(s *zikr.Service, userID string, g *zikr.Snapshot, opID string) (*zikr.ZikrUpdateConfirmed, error) {
	in := zikr.UpdateZikrCount{GroupID: g.ID, ZikrID: g.Zikrs[0].ZikrID, Count: 1}
	if opID != "" {
		in.OpID = &opID
	}
	return s.UpdateZikrCount(n.ctx, userID, in)
}

// counted runs two countings with one opId at once: both are confirmed, as the same one.
func (n *nodes) counted(userID string, opID string, a, b *zikr.Snapshot) {
	n.Helper()
	var confirmed [2]*zikr.ZikrUpdateConfirmed
	add := func(i int, g *zikr.Snapshot) func(*zikr.Service) error {
		return func(s *zikr.Service) (err error) {
			confirmed[i], err = n.count(s, userID, g, opID)
			return err
		}
	}
	errs := n.race(add(0, a), add(1, b))
	n.must(errors.Join(errs[:]...))
	n.must(is("the confirmation of the same opId", confirmed[0])(confirmed[1], nil))
}

func countedOnce(n *nodes) {
	u := n.users(1)
	g := n.group(zikr.ZikrGroup, u...)
	for round := range rounds {
		n.counted(u[0], fmt.Sprint("op", round), g, g)
	}
	if got := n.snapshot(u[0], g.ID).Zikrs[0].TotalCount; got != rounds {
		n.Errorf("got a total of %d, want %d", got, rounds)
	}
}

func countedOnceInTwoGroups(n *nodes) {
	u := n.users(1)
	a, b := n.group(zikr.ZikrGroup, u...), n.group(zikr.ZikrGroup, u...)
	for round := range rounds {
		n.counted(u[0], fmt.Sprint("op", round), a, b)
	}
	if got := n.snapshot(u[0], a.ID).Zikrs[0].TotalCount + n.snapshot(u[0], b.ID).Zikrs[0].TotalCount; got != rounds {
		n.Errorf("got %d counted in both, want %d", got, rounds)
	}
}

func goalReachedOnce(n *nodes) {
	u := n.users(2)
	g := n.group(zikr.ZikrGroup, u...)
	var reached atomic.Int64
	for range rounds {
		add := func(userID string) func(*zikr.Service) error {
			return func(s *zikr.Service) error {
				c, err := n.count(s, userID, g, "")
				if err == nil && c.GoalReached {
					reached.Add(1)
				}
				return err
			}
		}
		errs := n.race(add(u[0]), add(u[1]))
		n.must(errors.Join(errs[:]...))
	}
	if got, want := reached.Load(), int64(2*rounds/10); got != want {
		n.Errorf("the goal of 10 was reached %d times by %d counts, want %d times", got, 2*rounds, want)
	}
}

// gone sees that an account is deleted and nobody's member.
func (n *nodes) gone(userID string) {
	n.Helper()
	n.must(n.stores[1].View(n.ctx, func(r zikr.Reader) error {
		u, errU := r.User(userID)
		groups, errG := r.GroupsOf(userID, zikr.Page{Limit: 1})
		items, errN := r.NotificationItems(userID, false, zikr.Page{Limit: 1})
		if err := errors.Join(errU, errG, errN, unnamed(r, userID)); err != nil {
			return err
		}
		if !u.Deleted || len(groups) > 0 || len(items) > 0 {
			return fmt.Errorf("user %s: deleted %v, in groups %v, notified of %v: want it deleted, with nothing", userID, u.Deleted, groups, items)
		}
		return nil
	}))
}

// unnamed sees that no log of a group that a user was in names them.
func unnamed(r zikr.Reader, userID string) error {
	groups, err := r.EverGroupsOf(userID)
	for _, id := range groups {
		err = errors.Join(err, unnamedIn(r, id, userID))
	}
	return err
}

// unnamedIn sees that the log of a group does not name a user.
func unnamedIn(r zikr.Reader, groupID, userID string) error {
	events, err := r.Events(groupID, 0, 1_000_000)
	for _, e := range events {
		if e.UserID == userID || strings.Contains(string(e.Data), "User "+userID) {
			err = errors.Join(err, fmt.Errorf("event %d of group %s names user %s: %s", e.Seq, groupID, userID, e.Data))
		}
	}
	return err
}

func joinAgainstDelete(n *nodes) {
	admin := n.users(1)
	g := n.group(zikr.ZikrGroup, admin...)
	for _, u := range n.users(rounds) {
		errs := n.race(func(s *zikr.Service) error {
			_, err := s.JoinPublicGroup(n.ctx, u, g.ID)
			return err
		}, func(s *zikr.Service) error { return s.DeleteMe(n.ctx, u) })
		n.must(errs[1])
		if code := zikr.CodeOf(errs[0]); code != "" && code != zikr.CodeUnauthenticated {
			n.Fatalf("join: %v", errs[0])
		}
		n.gone(u)
	}
}

// invite has a user invited into a group.
func (n *nodes) invite(s *zikr.Service, g *zikr.Snapshot, userID string) (string, error) {
	sent, err := s.SendInvitation(n.ctx, g.AdminID, zikr.SendInvitation{GroupID: g.ID, ReceiverID: userID})
	if err != nil {
		return "", err
	}
	return sent.ID, nil
}

func (n *nodes) respond(userID, invitationID string, accept bool) func(*zikr.Service) error {
	return func(s *zikr.Service) error {
		_, err := s.RespondToInvitation(n.ctx, userID, zikr.RespondToInvitation{NotificationID: invitationID, Accept: accept})
		return err
	}
}

func acceptAgainstDelete(n *nodes) {
	admin := n.users(1)
	g := n.group(zikr.ZikrGroup, admin...)
	for _, u := range n.users(rounds) {
		id, err := n.invite(n.node[0], g, u)
		n.must(err)
		errs := n.race(n.respond(u, id, true), func(s *zikr.Service) error { return s.DeleteMe(n.ctx, u) })
		n.must(errs[1])
		if code := zikr.CodeOf(errs[0]); code != "" && code != zikr.CodeUnauthenticated && code != zikr.CodeInvitationNotFound {
			n.Fatalf("accept: %v", errs[0])
		}
		n.gone(u)
	}
}

// undoAgainstDelete: what a former member did is taken back while they delete the account, here or of another issuer.
// What is told of it does not stay under their name, and nothing of it is nobody's.
func undoAgainstDelete(n *nodes) {
	admin := n.users(1)
	counts, reads := n.group(zikr.ZikrGroup, admin...), n.group(zikr.QuranGroup, admin...)
	isForeign := func(i int) bool { return i%2 == 1 }
	for i := range rounds {
		u := n.users(1)[0]
		if isForeign(i) {
			u = n.external(1)[0]
		}
		undo := n.former(u, counts, reads)
		errs := n.race(undo, func(s *zikr.Service) error { return s.DeleteMe(n.ctx, u) })
		n.must(errs[1])
		if code := zikr.CodeOf(errs[0]); code != "" && code != zikr.CodeRateLimited {
			n.Fatalf("undo: %v", errs[0])
		}
		n.must(undo(n.node[0])) // again, or for the first time
		if isForeign(i) {
			n.departed(u, counts)
		} else {
			n.gone(u)
		}
		n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) error {
			return errors.Join(unnamedIn(r, counts.ID, u), unnamedIn(r, reads.ID, u))
		}))
		if item := n.snapshot(admin[0], counts.ID).Zikrs[0]; item.TotalCount != 0 || len(item.Members) != 0 {
			n.Fatalf("got %+v, want that nothing is left", item)
		}
	}
}

// former has a user count and read, and leave; what it returns takes both back.
func (n *nodes) former(userID string, counts, reads *zikr.Snapshot) (undo func(*zikr.Service) error) {
	n.Helper()
	s := n.node[1]
	for _, g := range []*zikr.Snapshot{counts, reads} {
		_, err := s.JoinPublicGroup(n.ctx, userID, g.ID)
		n.must(err)
	}
	counted, errC := n.count(s, userID, counts, "")
	booked, errB := s.BookPora(n.ctx, userID, zikr.BookPora{GroupID: reads.ID, PoraID: "1"})
	n.must(errors.Join(errC, errB))
	_, err := s.CompletePora(n.ctx, userID, zikr.CompletePora{BookingID: booked.BookingID})
	n.must(errors.Join(err, s.LeaveGroup(n.ctx, userID, counts.ID), s.LeaveGroup(n.ctx, userID, reads.ID)))
	return func(s *zikr.Service) error {
		_, errU := s.UndoZikrCount(n.ctx, counts.AdminID, zikr.UndoZikrCount{ID: counted.ID})
		_, errR := s.ReopenPora(n.ctx, reads.AdminID, zikr.ReopenPora{BookingID: booked.BookingID})
		if zikr.CodeOf(errR) == zikr.CodeBookingNotFound { // it was free after the first time
			errR = nil
		}
		return errors.Join(errU, errR)
	}
}

// errCrashed is what a node's store says when the node has crashed.
var errCrashed = errors.New("the node has crashed")

// steps is the store of a node that crashes before one of its commands.
type steps struct {
	zikr.Store
	n       int            // commands so far
	crash   int            // before which it crashes
	between func(next int) // called before each command
}

func (s *steps) Update(ctx context.Context, key zikr.Key, command func(zikr.Tx) error) error {
	s.n++
	if s.n >= s.crash {
		return errCrashed
	}
	s.between(s.n)
	return s.Store.Update(ctx, key, command)
}

func (s *steps) View(ctx context.Context, query func(zikr.Reader) error) error {
	if s.n >= s.crash {
		return errCrashed
	}
	return s.Store.View(ctx, query)
}

// crashOfDelete: before one of the commands that delete an account, another device comes into groups and
// leaves them, and before a later one the node crashes. For all such commands, the account is deleted and nowhere
// named, or not deleted, and can be on the other node.
func crashOfDelete(n *nodes) {
	u := n.users(1)
	a, b := n.group(zikr.ZikrGroup, u...), n.group(zikr.ZikrGroup, u...)
	for visit, ended := 1, false; !ended; visit++ {
		for crash, done := visit+1, false; !done; crash++ {
			gone := n.users(1)[0]
			_, err := n.node[1].JoinPublicGroup(n.ctx, gone, a.ID)
			n.must(err)
			first := &steps{Store: n.stores[0], crash: crash, between: func(next int) {
				if next == visit {
					n.visit(gone, a.ID, b.ID)
				}
			}}
			s := zikr.New(zikr.Config{Store: first, Bus: silent{}, Presence: silent{}, NewID: n.newID})
			err = s.DeleteMe(n.ctx, gone)
			s.Close()
			if err != nil && !errors.Is(err, errCrashed) {
				n.Fatal(err)
			}
			ended, done = first.n < visit, err == nil
			n.finish(gone)
			n.gone(gone)
		}
	}
}

// visit has a user join groups and leave them, make a group and leave it, unless the account is deleted.
func (n *nodes) visit(userID string, groups ...string) {
	n.Helper()
	own, err := n.node[1].CreateGroup(n.ctx, userID, zikr.NewGroup{Name: "Group", Type: zikr.ZikrGroup})
	if zikr.CodeOf(err) == zikr.CodeUnauthenticated {
		return
	}
	n.must(err)
	for _, id := range groups {
		_, err := n.node[1].JoinPublicGroup(n.ctx, userID, id)
		n.must(err)
	}
	for _, id := range append(groups, own.ID) {
		n.must(n.node[1].LeaveGroup(n.ctx, userID, id))
	}
}

// finish deletes an account on the second node. Whose account is deleted cannot ask for it any more.
func (n *nodes) finish(userID string) {
	n.Helper()
	switch _, err := n.node[1].Me(n.ctx, userID); zikr.CodeOf(err) {
	case "":
		n.must(n.node[1].DeleteMe(n.ctx, userID))
	case zikr.CodeUnauthenticated:
	default:
		n.Fatal(err)
	}
}

func invitedOnce(n *nodes) {
	admin := n.users(1)
	g := n.group(zikr.ZikrGroup, admin...)
	for _, u := range n.users(rounds) {
		send := func(s *zikr.Service) error {
			_, err := n.invite(s, g, u)
			return err
		}
		n.oneWins(n.race(send, send), zikr.CodeInvitationPending)
	}
}

func answeredOnce(n *nodes) {
	admin := n.users(1)
	g := n.group(zikr.ZikrGroup, admin...)
	joined := int64(1)
	for _, u := range n.users(rounds) {
		id, err := n.invite(n.node[0], g, u)
		n.must(err)
		errs := n.race(n.respond(u, id, true), n.respond(u, id, false))
		n.oneWins(errs, zikr.CodeInvitationAnswered)
		if errs[0] == nil {
			joined++
		}
	}
	if got := len(n.snapshot(admin[0], g.ID).Members); int64(got) != joined {
		n.Errorf("got %d members, want %d", got, joined)
	}
}

func lastTwoLeave(n *nodes) {
	for range rounds {
		u := n.users(2)
		g := n.group(zikr.QuranGroup, u...)
		leave := func(userID string) func(*zikr.Service) error {
			return func(s *zikr.Service) error { return s.LeaveGroup(n.ctx, userID, g.ID) }
		}
		errs := n.race(leave(u[0]), leave(u[1]))
		n.must(errors.Join(errs[:]...))
		n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) error {
			got, err := r.Group(g.ID)
			if err == nil && (!got.Deleted || got.MemberCount != 0) {
				err = fmt.Errorf("group %s is left by all: deleted %v, %d members", g.ID, got.Deleted, got.MemberCount)
			}
			return err
		}))
	}
}

func registeredOnce(n *nodes) {
	for round := range rounds {
		in := zikr.Registration{Name: "Ali", Surname: "Valiyev", Email: fmt.Sprintf("ali%d@example.org", round), Password: "a good password"}
		register := func(s *zikr.Service) error {
			_, err := s.Register(n.ctx, in)
			return err
		}
		n.oneWins(n.race(register, register), zikr.CodeEmailTaken)
	}
}

// cutOnce: two janitors at once take no counting out of its day.
func cutOnce(n *nodes) {
	u := n.users(1)
	g := n.group(zikr.ZikrGroup, u...)
	for range rounds {
		_, err := n.count(n.node[0], u[0], g, "")
		n.must(err)
	}
	in := time.Now().Add(zikr.KeepCounts + 48*time.Hour)
	pass := func(i int) func(*zikr.Service) error {
		return func(*zikr.Service) error {
			return zikr.Janitor{Store: n.stores[i], Now: func() time.Time { return in }}.Pass(n.ctx)
		}
	}
	errs := n.race(pass(0), pass(1))
	n.must(errors.Join(errs[:]...))
	n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) error {
		days, errD := r.MemberDaysOf(u[0])
		counts, errC := r.CountsOf(u[0], zikr.Page{Limit: rounds})
		var sum int64
		for _, d := range days {
			sum += d.Amount
		}
		if sum != rounds || len(counts) != 0 {
			return fmt.Errorf("days sum to %d and %d countings are left, want %d and none", sum, len(counts), rounds)
		}
		return errors.Join(errD, errC)
	}))
}

// banned reports whether a user is banned from a group, and is a member of it.
func (n *nodes) banned(g *zikr.Snapshot, userID string) (banned, member bool) {
	n.Helper()
	n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) error {
		_, err := r.Ban(g.ID, userID)
		banned = err == nil
		m, errM := r.Member(g.ID, userID)
		member = errM == nil && m.LeftAt.IsZero()
		for _, err := range []error{err, errM} {
			if err != nil && !errors.Is(err, zikr.ErrNotFound) {
				return err
			}
		}
		return nil
	}))
	return banned, member
}

// banAgainst bans users while they become members, and wants none to be one who is banned.
func (n *nodes) banAgainst(enter func(g *zikr.Snapshot, userID string) func(*zikr.Service) error) {
	admin := n.users(1)
	g := n.group(zikr.ZikrGroup, admin...)
	for _, u := range n.users(rounds) {
		errs := n.race(enter(g, u), func(s *zikr.Service) error {
			_, err := s.BanUser(n.ctx, admin[0], g.ID, u)
			return err
		})
		n.must(errs[1])
		if code := zikr.CodeOf(errs[0]); code != "" && code != zikr.CodeBanned {
			n.Fatalf("enter: %v", errs[0])
		}
		if banned, member := n.banned(g, u); !banned || member {
			n.Fatalf("user %s is banned: %v, and a member: %v", u, banned, member)
		}
	}
}

func bannedOrOut(n *nodes) {
	n.banAgainst(func(g *zikr.Snapshot, userID string) func(*zikr.Service) error {
		return func(s *zikr.Service) error {
			_, err := s.JoinPublicGroup(n.ctx, userID, g.ID)
			return err
		}
	})
}

func bannedOrRefused(n *nodes) {
	n.banAgainst(func(g *zikr.Snapshot, userID string) func(*zikr.Service) error {
		id, err := n.invite(n.node[1], g, userID)
		n.must(err)
		return n.respond(userID, id, true)
	})
}

// wantDone wants so many of errs to be none, and the others to carry the code.
func (n *nodes) wantDone(errs []error, want int, refused zikr.Code) {
	n.Helper()
	done := 0
	for _, err := range errs {
		switch zikr.CodeOf(err) {
		case "":
			done++
		case refused:
		default:
			n.Fatalf("got %v, want it done or %s", err, refused)
		}
	}
	if done != want {
		n.Errorf("%d were done, want %d", done, want)
	}
}

// atOnce runs something many times at once, by turns on both nodes.
func (n *nodes) atOnce(times int, run func(s *zikr.Service, i int) error) []error {
	errs := make([]error, times)
	var wg sync.WaitGroup
	for i := range times {
		wg.Go(func() { errs[i] = run(n.node[i%2], i) })
	}
	wg.Wait()
	return errs
}

// invitedUpToABound invites one user into many groups at once.
func invitedUpToABound(n *nodes) {
	admins := n.users(20)
	groups := make([]*zikr.Snapshot, len(admins))
	for i, u := range admins {
		groups[i] = n.group(zikr.ZikrGroup, u)
	}
	b := zikr.Unbounded()
	b.PendingReceived = 5
	n.bounded(b)
	for _, u := range n.users(5) {
		errs := n.atOnce(len(groups), func(s *zikr.Service, i int) error {
			_, err := n.invite(s, groups[i], u)
			return err
		})
		n.wantDone(errs, 5, zikr.CodeLimitReached)
	}
}

// spentOnBoth has one user join many groups at once.
func spentOnBoth(n *nodes) {
	admins := n.users(20)
	groups := make([]*zikr.Snapshot, len(admins))
	for i, u := range admins {
		groups[i] = n.group(zikr.ZikrGroup, u)
	}
	b := zikr.Unbounded()
	b.JoinsADay = 7
	n.bounded(b)
	for _, u := range n.users(5) {
		errs := n.atOnce(len(groups), func(s *zikr.Service, i int) error {
			_, err := s.JoinPublicGroup(n.ctx, u, groups[i].ID)
			return err
		})
		n.wantDone(errs, 7, zikr.CodeRateLimited)
	}
}

// bookedUpToABound has one member book many poras at once.
func bookedUpToABound(n *nodes) {
	b := zikr.Unbounded()
	b.BookingsADay = 4
	n.bounded(b)
	u := n.users(4)
	g := n.group(zikr.QuranGroup, u...)
	for i, reader := range u[1:] {
		errs := n.atOnce(8, func(s *zikr.Service, k int) error {
			_, err := s.BookPora(n.ctx, reader, zikr.BookPora{GroupID: g.ID, PoraID: fmt.Sprint(i*8 + k + 1)})
			return err
		})
		n.wantDone(errs, 4, zikr.CodeRateLimited)
	}
}
