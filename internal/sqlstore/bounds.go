package sqlstore

import "github.com/zikr-app/zikr"

func scanBudget(r row, b *zikr.Budget) error { return r.Scan(&b.UserID, &b.What, &b.Period, &b.Used) }

// Budget implements zikr.BudgetReader.
func (r *reader) Budget(userID, what string) (*zikr.Budget, error) {
	return one(r, "read budget", scanBudget, `SELECT user_id, what, period, used FROM budgets WHERE user_id = $1 AND what = $2`, userID, what)
}

// BudgetsOf implements zikr.BudgetReader.
func (r *reader) BudgetsOf(userID string) ([]zikr.Budget, error) {
	return list(r, "list budgets of user", scanBudget, `SELECT user_id, what, period, used FROM budgets WHERE user_id = $1 ORDER BY what`, userID)
}

// PutBudget implements zikr.BudgetWriter.
func (t *tx) PutBudget(b zikr.Budget) error {
	_, err := t.exec("put budget", `INSERT INTO budgets (user_id, what, period, used) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, what) DO UPDATE SET period = excluded.period, used = excluded.used`, b.UserID, b.What, b.Period, b.Used)
	return err
}

// DeleteBudgetsOf implements zikr.BudgetWriter.
func (t *tx) DeleteBudgetsOf(userID string) error {
	_, err := t.exec("delete budgets", `DELETE FROM budgets WHERE user_id = $1`, userID)
	return err
}
