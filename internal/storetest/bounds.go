package storetest

import (
	"errors"
	"time"

	"github.com/zikr-app/zikr"
)

func boundsTests() []test {
	return []test{
		{"budgets", budgets},
		{"pending", pendingInvitations},
		{"refusals", refusals},
		{"claim", claimUser},
	}
}

func budgets(f *fixture) {
	b := func(userID, what string, period, used int64) zikr.Budget {
		return zikr.Budget{UserID: userID, What: what, Period: period, Used: used}
	}
	put := func(all ...zikr.Budget) func(zikr.Tx) error {
		return func(tx zikr.Tx) (err error) {
			for _, b := range all {
				err = errors.Join(err, tx.PutBudget(b))
			}
			return err
		}
	}
	first := b("u1", "groups", 7, 1)
	f.holds(all(friends, put(b("u2", "groups", 7, 5), b("u1", "joins", 7, 2), first)), func(r zikr.Reader) error {
		return errors.Join(
			is("budget", &first)(r.Budget("u1", "groups")), isMissing[*zikr.Budget]("of another")(r.Budget("u2", "joins")),
			is("all", []zikr.Budget{first, b("u1", "joins", 7, 2)})(r.BudgetsOf("u1")))
	})
	next := b("u1", "groups", 8, 3)
	f.holds(put(next), func(r zikr.Reader) error { return is("replaced", &next)(r.Budget("u1", "groups")) })
	f.holds(func(tx zikr.Tx) error { return tx.DeleteBudgetsOf("u1") }, func(r zikr.Reader) error {
		return errors.Join(is("deleted", []zikr.Budget(nil))(r.BudgetsOf("u1")), is("another's", []zikr.Budget{b("u2", "groups", 7, 5)})(r.BudgetsOf("u2")))
	})
}

func pendingInvitations(f *fixture) {
	counts := func(fromU1, toU2, toU3 int64) func(zikr.Reader) error {
		return func(r zikr.Reader) error {
			return errors.Join(is("from u1", fromU1)(r.PendingFrom("u1")), is("from u2", int64(0))(r.PendingFrom("u2")),
				is("to u2", toU2)(r.PendingTo("u2")), is("to u3", toU3)(r.PendingTo("u3")))
		}
	}
	released := invitation("n4", "g1", "u2")
	released.Type = zikr.NotifyPoraReleased
	f.holds(all(twoGroups, func(tx zikr.Tx) error {
		return errors.Join(tx.InsertNotification(invitation("n1", "g1", "u2")), tx.InsertNotification(invitation("n2", "g2", "u2")),
			tx.InsertNotification(invitation("n3", "g1", "u3")), tx.InsertNotification(released))
	}), counts(3, 2, 1))
	answered := invitation("n1", "g1", "u2")
	answered.ReadAt, answered.Answer, answered.AnsweredAt = at(2), zikr.Accepted, at(2)
	f.holds(func(tx zikr.Tx) error { return tx.UpdateNotification(answered) }, counts(2, 1, 1))
}

func refusals(f *fixture) {
	answer := func(id, receiverID string, a zikr.Answer, minute int) func(zikr.Tx) error {
		n := invitation(id, "g1", receiverID)
		n.ReadAt, n.Answer, n.AnsweredAt = at(minute), a, at(minute)
		return func(tx zikr.Tx) error { return tx.InsertNotification(n) }
	}
	f.holds(all(friends, answer("n1", "u2", zikr.Rejected, 9), answer("n2", "u2", zikr.Rejected, 5), answer("n3", "u2", zikr.Accepted, 6),
		answer("n4", "u3", zikr.Rejected, 7)), func(r zikr.Reader) error {
		return errors.Join(
			is("all", []time.Time{at(5), at(9)})(r.Refusals("u2", "u1", at(5))), is("later", []time.Time{at(9)})(r.Refusals("u2", "u1", at(6))),
			is("none", []time.Time(nil))(r.Refusals("u2", "u1", at(10))), is("of another sender", []time.Time(nil))(r.Refusals("u2", "u3", at(0))))
	})
}

func claimUser(f *fixture) {
	f.update(friends)
	f.update(func(tx zikr.Tx) error {
		u, err := tx.HoldUser("u2")
		if err != nil {
			return err
		}
		return errors.Join(is("claimed", u)(tx.ClaimUser("u2")), is("claimed again", u)(tx.ClaimUser("u2")), is("held", u)(tx.HoldUser("u2")),
			isMissing[*zikr.User]("nobody")(tx.ClaimUser("nobody")))
	})
}
