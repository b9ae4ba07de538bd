package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	clock "github.com/zikr-app/zikr/internal/due"
)

// overdueBookings makes groups of 3 hatms whose 90 poras each are overdue.
func (c *community) overdueBookings(groups int) {
	c.Close()
	c.Service = zikr.New(zikr.Config{
		Store: c.store, Bus: bus.NewLocal(), Presence: bus.NewLocalPresence(), NewID: c.newID, Now: c.now, Bounds: zikr.Unbounded(),
	})
	ali, three, yes := c.user("ali"), zikr.Int(3), true
	for g := range groups {
		id := c.group(fmt.Sprint("g", g), zikr.QuranGroup, ali)
		must(c.UpdateGroup(c.ctx, ali, id, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{OpenHatms: &three, ReadingDays: &three, AutoRelease: &yes}}))
		for hatm := int64(1); hatm <= 3; hatm++ {
			must(c.ShareHatm(c.ctx, ali, id, hatm, zikr.ShareOut{}))
		}
	}
	c.later(4 * 24 * time.Hour)
}

// released is how often each booking was told to be released, and in all.
func (c *community) released(groups int) (most, all int) {
	err := c.store.View(c.ctx, func(r zikr.Reader) error {
		times := map[string]int{}
		for g := range groups {
			events, err := r.Events(fmt.Sprint("g", g), 0, 100_000)
			if err != nil {
				return err
			}
			for _, e := range events {
				var told zikr.PoraReleased
				if err := json.Unmarshal(e.Data, &told); err != nil {
					return err
				}
				if e.Name == "pora_released" && told.Reason == zikr.ReleasedOverdue {
					times[told.BookingID]++
					most, all = max(most, times[told.BookingID]), all+1
				}
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return most, all
}

func (c *community) queue() clock.Queue[zikr.DueBooking] {
	return clock.Queue[zikr.DueBooking]{
		Find: c.BookingsDue, Key: func(b zikr.DueBooking) string { return b.GroupID }, Do: c.WakeBookings,
	}
}

// Two nodes find the same overdue bookings, and one of them ends in the middle: each booking is released
// once, and those that were completed in that moment stay done.
func TestDueOnTwoNodes(t *testing.T) {
	for name, groups := range map[string]int{"sqlite": 112, "postgres": 20} {
		t.Run(name, func(t *testing.T) {
			c := newCommunity(t)
			if name == "postgres" {
				c.toPostgres()
			}
			c.overdueBookings(groups)
			ctx, kill := context.WithCancel(c.ctx)
			dying := c.queue()
			dying.Do = func(ctx context.Context, key string, some []zikr.DueBooking) error {
				if key == "g5" {
					kill()
				}
				return c.WakeBookings(ctx, key, some)
			}
			done := must(c.Snapshot(c.ctx, "ali", "g3")).Poras[4].BookingID
			var nodes sync.WaitGroup
			nodes.Go(func() {
				if err := dying.Turn(ctx); err != nil && !errors.Is(err, context.Canceled) && zikr.CodeOf(err) != zikr.CodeRateLimited {
					t.Errorf("the node that ends: %v", err)
				}
			})
			nodes.Go(func() {
				if err := c.queue().Turn(c.ctx); err != nil {
					t.Error(err)
				}
			})
			_, err := c.CompletePora(c.ctx, "ali", zikr.CompletePora{BookingID: *done})
			nodes.Wait()
			completed := 0
			if err == nil {
				completed = 1
			} else if zikr.CodeOf(err) != zikr.CodeBookingNotFound { // it was released before
				t.Error(err)
			}
			if most, all := c.released(groups); most != 1 || all != groups*90-completed {
				t.Errorf("released %d times at most and %d in all, want once and %d", most, all, groups*90-completed)
			}
			if left := must(c.BookingsDue(c.ctx, zikr.DueBooking{}, 10)); len(left) > 0 {
				t.Errorf("still due: %v", left)
			}
		})
	}
}
