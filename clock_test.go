package zikr_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// The clock is set by an hour, back and forth, between all that members do. Dates follow
// it; everything that needs an order goes by seq, and is as it would have been.
func TestClockIsSet(t *testing.T) {
	for name, steps := range map[string][]time.Duration{
		"back and forth": {-time.Hour, time.Hour}, "forth and back": {time.Hour, -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := newWorld(t, func(c *zikr.Config) { c.Store = openStore(t, dir, c.Bus.(*recorder)) })
			ali, vali := w.user("Ali"), w.user("Vali")
			g, h := w.group(zikr.QuranGroup, ali, vali), w.group(zikr.ZikrGroup, ali, vali)
			z := w.zikr(ali, h, 10)
			countOnce := func() *zikr.ZikrUpdateConfirmed {
				return must(w.UpdateZikrCount(w.ctx, vali, zikr.UpdateZikrCount{GroupID: h, ZikrID: z, Count: 7, OpID: pointer("op")}))
			}
			for i, step := range steps {
				held := w.book(vali, g, 1)
				first := countOnce()
				w.clock.later(step)
				guest := w.user([]string{"Sami", "Rami"}[i])
				must(w.respond(guest, w.invite(ali, g, guest), true)) // after the clock was set, and before by its date
				if diff := cmp.Diff(first, countOnce()); diff != "" {
					t.Errorf("an opId again (-want +got):\n%s", diff)
				}
				w.complete(vali, held)
				for n := 2; n <= zikr.Poras; n++ {
					w.complete(ali, w.book(ali, g, n))
				}
				for _, user := range []string{vali, guest} {
					if types := w.unreadTypes(user); !slices.Contains(types, zikr.NotifyHatmCompleted) {
						t.Errorf("step %d: %s was not notified of the hatm: %v", i, user, types)
					}
				}
			}
			if s := w.snapshot(ali, g); s.HatmCount != 2 || len(s.Members) != 4 {
				t.Errorf("got %d hatms and %d members, want 2 and 4", s.HatmCount, len(s.Members))
			}
			w.wantCounted(vali, z, 7, 7)
			wantRemoved(t, w.tidy(), map[string]int{})
			wantGood(t, dir)
		})
	}
}

// wantGood proves the database in a folder.
func wantGood(t *testing.T, dir string) {
	t.Helper()
	r := must(sqlstore.OpenReadOnly(t.Context(), dir))
	defer r.Close()
	must(r.Check(t.Context(), func(violation string) { t.Error(violation) }))
}
