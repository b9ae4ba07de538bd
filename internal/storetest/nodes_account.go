package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/zikr-app/zikr"
)

// external makes accounts of another issuer.
func (n *nodes) external(count int) []string {
	ids := n.users(count)
	n.must(n.stores[0].Update(n.ctx, zikr.UserKey(""), func(tx zikr.Tx) error {
		var errs []error
		for _, id := range ids {
			u, err := tx.User(id)
			if err == nil {
				u.External = true
				err = tx.UpdateUser(*u)
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}))
	return ids
}

// departed wants that nothing refers to a user any more, and that what the group counts is still there.
func (n *nodes) departed(userID string, g *zikr.Snapshot) {
	n.Helper()
	n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) error {
		if u, err := r.User(userID); !errors.Is(err, zikr.ErrNotFound) {
			return fmt.Errorf("user %s: got %v, %w, want that nobody has the id", userID, u, err)
		}
		members, errM := r.MemberIDs(g.ID)
		groups, errG := r.EverGroupsOf(userID)
		shares, errS := r.SharesOf(userID)
		if slices.Contains(members, userID) || len(groups)+len(shares) > 0 {
			return fmt.Errorf("user %s is named still: in %v, with %v", userID, groups, shares)
		}
		gone, errD := r.Departure((&zikr.User{ID: userID}).Subject())
		if errD == nil && gone.At.IsZero() {
			errD = errors.New("a departure at no time")
		}
		return errors.Join(errM, errG, errS, errD, unnamed(r, userID))
	}))
}

// departAgainstJoin: somebody of another issuer joins, counts and leaves for good at one moment.
func departAgainstJoin(n *nodes) {
	admin := n.users(1)
	g := n.group(zikr.ZikrGroup, admin...)
	for _, u := range n.external(rounds / 2) {
		errs := n.race(func(s *zikr.Service) error {
			if _, err := s.JoinPublicGroup(n.ctx, u, g.ID); err != nil {
				return err
			}
			_, err := n.count(s, u, g, "op")
			return err
		}, func(s *zikr.Service) error { return s.DeleteMe(n.ctx, u) })
		n.must(errs[1])
		if code := zikr.CodeOf(errs[0]); code != "" && code != zikr.CodeUnauthenticated && code != zikr.CodeNotMember {
			n.Fatalf("join and count: %v", errs[0])
		}
		n.departed(u, g)
	}
}

// departAgainstAccept: an invitation is accepted while its sender leaves for good.
func departAgainstAccept(n *nodes) {
	for _, sender := range n.external(rounds / 4) {
		receiver, heir := n.users(1)[0], n.users(1)[0]
		g := n.group(zikr.ZikrGroup, sender, heir)
		id, err := n.invite(n.node[0], g, receiver)
		n.must(err)
		errs := n.race(n.respond(receiver, id, true), func(s *zikr.Service) error { return s.DeleteMe(n.ctx, sender) })
		n.must(errors.Join(errs[0], errs[1]))
		n.departed(sender, g)
		n.must(n.stores[1].View(n.ctx, func(r zikr.Reader) error {
			sent, err := r.NotificationsFrom(sender)
			if err == nil && len(sent) > 0 {
				err = fmt.Errorf("%d notifications name the sender still", len(sent))
			}
			return err
		}))
	}
}

// blockAgainstInvitation: who blocks at the moment in which they are invited is told all of it or nothing.
func blockAgainstInvitation(n *nodes) {
	admin := n.users(1)
	g := n.group(zikr.QuranGroup, admin...)
	for _, u := range n.users(rounds / 2) {
		errs := n.race(func(s *zikr.Service) error { _, err := n.invite(s, g, u); return err },
			func(s *zikr.Service) error { return s.BlockUser(n.ctx, u, admin[0]) })
		n.must(errors.Join(errs[0], errs[1]))
		n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) error {
			sent, err := r.PendingInvitation(g.ID, u)
			if err != nil {
				return err
			}
			items, err := r.NotificationItems(u, false, zikr.Page{Limit: 9})
			if err == nil && sent.Hidden == (len(items) == 1) {
				err = fmt.Errorf("the invitation is hidden: %t, and the receiver finds %d", sent.Hidden, len(items))
			}
			return err
		}))
	}
}

// sessionsBounded: however many log in on both nodes at once, no more sessions stay than may be, and the sessions that end on one
// node are over on the other.
func sessionsBounded(n *nodes) {
	n.bounded(zikr.DefaultBounds())
	u := n.users(1)[0]
	var wg sync.WaitGroup
	for i := range 80 {
		wg.Go(func() {
			if _, err := n.node[i%2].Login(n.ctx, zikr.Credentials{Login: u + "@example.org", Password: "any"}); err != nil {
				n.Errorf("log in: %v", err)
			}
		})
	}
	wg.Wait()
	var left []zikr.LogIn
	n.must(n.stores[1].View(n.ctx, func(r zikr.Reader) (err error) { left, err = r.LogInsOf(u); return err }))
	if most := int(zikr.DefaultBounds().UserSessions); len(left) != most {
		n.Fatalf("%d sessions are left, want %d", len(left), most)
	}
	session := func(l zikr.LogIn) zikr.Session { return zikr.Session{ID: l.ID, UserID: u, Version: l.Version} }
	errs := n.race(func(s *zikr.Service) error { return s.EndSession(n.ctx, session(left[1]), left[0].ID) },
		func(s *zikr.Service) error { return s.EndOtherSessions(n.ctx, session(left[1])) })
	if code := zikr.CodeOf(errs[0]); code != "" && code != zikr.CodeSessionNotFound {
		n.Fatalf("end one: %v", errs[0])
	}
	n.must(errs[1])
	for _, s := range n.node {
		over, err := s.Ended(n.ctx, []zikr.Session{session(left[0]), session(left[1]), session(left[2])})
		n.must(is("over", []bool{true, false, true})(over, err))
	}
}
