package zikr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// This file is what the clock does about bookings. A booking's WakeAt says when; the store finds
// those whose time has come by an index, and each is looked at again in a command of its group,
// so that any number of nodes does it once.

// DueBooking is a booking about which the clock has something to do.
type DueBooking struct {
	WakeAt  time.Time
	ID      string
	GroupID string
}

// bookingDue is the date of a booking that is made in a hatm at a moment: the earlier one of the
// group's reading days and the hatm's date. A hatm whose date has passed binds nobody any more.
func (g *Group) bookingDue(h *Hatm, at time.Time) time.Time {
	due := daysAfter(at, g.ReadingDays)
	if h.DueAt.After(at) && (due.IsZero() || h.DueAt.Before(due)) {
		due = h.DueAt
	}
	return due
}

// promise gives a booking its date, zero for none, and says when the clock is to look at it: now, if that has
// passed already, as the date itself may have that moves along with a hatm's.
func (c *command) promise(b *Booking, reader *User, due time.Time) {
	b.DueAt, b.WakeAt = due, time.Time{}
	if due.IsZero() {
		return
	}
	if b.WakeAt = reader.dayBefore(due, c.zones.of(reader.TimeZone)); b.WakeAt.Before(c.at) {
		b.WakeAt = c.at
	}
	if b.WakeAt.After(due) {
		b.WakeAt = due
	}
}

// dayBefore is when a reader is told that a pora is due soon: a day before, or at the hour of their
// reminders on that day if it comes earlier.
func (u *User) dayBefore(due time.Time, zone *time.Location) time.Time {
	at := due.Add(-24 * time.Hour)
	if !u.HasReminder {
		return at
	}
	day := at.In(zone)
	if hour := time.Date(day.Year(), day.Month(), day.Day(), u.ReminderHour, 0, 0, 0, zone); hour.Before(at) {
		return hour.UTC()
	}
	return at
}

// moveDate gives a booking another date, of which its holder is reminded in its time.
func (c *command) moveDate(b *Booking, due time.Time) error {
	holder, err := c.User(b.UserID)
	if err != nil {
		return fmt.Errorf("find holder: %w", err)
	}
	c.promise(b, holder, due)
	return c.UpdateBooking(*b)
}

// moveDates moves the bookings that were due with a hatm to its new date, but none to an earlier one.
func (c *command) moveDates(g *Group, h *Hatm, was time.Time) error {
	return c.eachHeld(g, func(b *Booking) error {
		if b.HatmNumber != h.Number || was.IsZero() || !b.DueAt.Equal(was) {
			return nil
		}
		due := daysAfter(b.BookedAt, g.ReadingDays)
		if !h.DueAt.IsZero() && (due.IsZero() || h.DueAt.Before(due)) {
			due = h.DueAt
		}
		if !due.IsZero() && due.Before(was) {
			return nil
		}
		return c.moveDate(b, due)
	})
}

// wakeOverdue sees that what is, or will be, overdue is released, from now on.
func (c *command) wakeOverdue(g *Group) error {
	return c.eachHeld(g, func(b *Booking) error {
		if b.DueAt.IsZero() || !b.WakeAt.IsZero() {
			return nil
		}
		b.WakeAt = b.DueAt
		return c.UpdateBooking(*b)
	})
}

// eachHeld runs do on all bookings of a group that are booked.
func (c *command) eachHeld(g *Group, do func(*Booking) error) error {
	bookings, err := c.OpenBookings(g.ID)
	if err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	for i := range bookings {
		if bookings[i].Status != Booked {
			continue
		}
		if err := do(&bookings[i]); err != nil {
			return err
		}
	}
	return nil
}

// BookingsDue returns at most limit bookings whose time has come, soonest first, after one in
// that order; after the zero value come all.
func (s *Service) BookingsDue(ctx context.Context, after DueBooking, limit int) ([]DueBooking, error) {
	return view(ctx, s, func(r Reader) ([]DueBooking, error) { return r.BookingsDue(s.now(), after, limit) })
}

// wakeStep is how many bookings of one group a command looks at, so that others need not wait long.
const wakeStep = 32

// WakeBookings does what is due about bookings of a group: it releases those that are overdue, if
// the group wants that, and reminds the holders of the others. What somebody did meanwhile stands.
func (s *Service) WakeBookings(ctx context.Context, groupID string, due []DueBooking) error {
	var errs []error
	for some := range slices.Chunk(due, wakeStep) {
		errs = append(errs, s.update(ctx, GroupKey(groupID), func(c *command) error {
			g, err := c.Group(groupID)
			if err != nil {
				return fmt.Errorf("find group: %w", err)
			}
			for _, d := range some {
				if err := s.wake(c, g, d.ID); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return errors.Join(errs...)
}

// wake does what is due about one booking, if it still is.
func (s *Service) wake(c *command, g *Group, id string) error {
	b, err := c.Booking(id)
	if err != nil {
		return fmt.Errorf("find booking: %w", err)
	}
	if b.Status != Booked || b.WakeAt.IsZero() || b.WakeAt.After(c.at) {
		return nil
	}
	if g.AutoRelease && !g.Deleted && !b.DueAt.After(c.at) {
		return s.release(c, g, b, "")
	}
	b.WakeAt = time.Time{}
	if g.AutoRelease && !g.Deleted {
		b.WakeAt = b.DueAt
	}
	if err := c.UpdateBooking(*b); err != nil || g.Deleted || !b.DueAt.After(c.at) {
		return err // what has passed is not due soon
	}
	return c.notify(g, Notification{ID: s.newID(), ReceiverID: b.UserID, Type: NotifyPoraDueSoon, BookingID: b.ID})
}
