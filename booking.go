package zikr

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// BookingStatus is what became of a booking.
type BookingStatus string

// The statuses of a booking.
const (
	Booked    BookingStatus = "booked"
	Completed BookingStatus = "completed"
	Released  BookingStatus = "released"
)

// Booking is one pora of one hatm in one reader's hands. Of a pora of a hatm at
// most one booking is not Released.
type Booking struct {
	ID         string
	GroupID    string
	HatmNumber int64
	Pora       int    // 1 to 30
	UserID     string // the reader
	ByID       string // who made it, if that is the admin for the reader; "" for the reader
	Status     BookingStatus
	BookedAt   time.Time
	EndedAt    time.Time // when it was completed or released; zero before
	Days                 // on which it was completed; zero before
	DueAt      time.Time // zero for no date
	// WakeAt is when the clock has something to do about it: it equals DueAt when it is
	// to be released then, and is before it when the holder is to be reminded first. Zero for nothing.
	WakeAt time.Time
	// CompletedBy is who marked it as read, if that is the admin for the reader; "" for the reader, and before.
	CompletedBy string
}

// BookingReader reads bookings.
type BookingReader interface {
	Booking(id string) (*Booking, error)
	// BookingOf returns the booking of a pora that is booked or completed.
	BookingOf(groupID string, hatmNumber int64, pora int) (*Booking, error)
	// FreePoras returns the poras of a hatm that are neither booked nor completed.
	FreePoras(groupID string, hatmNumber int64) ([]int, error)
	// HeldBy returns the bookings of a user that are booked, of every group, oldest first.
	HeldBy(userID string) ([]Booking, error)
	// OpenBookings returns those of the group's open hatms that are booked or completed, and
	// BookingsOfHatms those of hatms from one number to another; by hatm and pora.
	OpenBookings(groupID string) ([]Booking, error)
	BookingsOfHatms(groupID string, from, to int64) ([]Booking, error)
	// BookingsOf returns all bookings of a user, of every group and status, oldest first.
	BookingsOf(userID string) ([]Booking, error)
	// BookingsDue returns at most limit of those that are booked and whose WakeAt is not after a
	// moment, soonest first, after one in that order.
	BookingsDue(by time.Time, after DueBooking, limit int) ([]DueBooking, error)
}

// BookingWriter writes them.
type BookingWriter interface {
	InsertBooking(Booking) error
	// UpdateBooking adds one that becomes completed to its reader's MemberDay, and takes it out when it
	// is completed no more.
	UpdateBooking(Booking) error
}

// poraName is what clients call a pora (contract section 1).
func poraName(pora int) string { return strconv.Itoa(pora) + "-Juz" }

// poraNumber reads a pora's id, "1" to "30". CodePoraNotFound.
func poraNumber(id string) (int, error) {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > Poras || strconv.Itoa(n) != id {
		return 0, Errorf(CodePoraNotFound, "There is no pora %.128q: they are \"1\" to \"%d\".", id, Poras)
	}
	return n, nil
}

// BookPora makes a pora of an open hatm the reader's: the caller's, or that of the member whom
// the admin books it for. Of any number who book one pora at one moment exactly one gets it. Booking
// what one already holds confirms the same booking.
func (s *Service) BookPora(ctx context.Context, userID string, in BookPora) (*BookingConfirmed, error) {
	var out *BookingConfirmed
	err := s.act(ctx, userID, GroupKey(in.GroupID), func(c *command) error {
		g, err := actor(c, in.GroupID, userID, in.ForUserID)
		if err != nil {
			return err
		}
		if g.Type != QuranGroup {
			return Errorf(CodeWrongGroupType, "%q counts zikrs: poras are booked in groups that read the Quran.", g.Name)
		}
		if _, err := poraNumber(in.PoraID); err != nil {
			return err
		}
		reader, err := actsFor(c, g, userID, in.ForUserID)
		if err != nil {
			return err
		}
		b, err := s.bookIn(c, g, userID, reader, in)
		if err != nil {
			return err
		}
		out = b.confirmation()
		return nil
	})
	if err == nil {
		s.booked.add(out.BookingID, in.GroupID)
	}
	return out, err
}

// actor returns the group that a member acts in, for another only as its admin. CodeNotMember, CodeNotAdmin.
func actor(r Reader, groupID, userID string, forUserID *string) (*Group, error) {
	if forUserID == nil || *forUserID == userID {
		g, _, err := membership(r, groupID, userID)
		return g, err
	}
	return administered(r, groupID, userID)
}

// actsFor returns whose an act is: the caller's, or that of the member who is named. CodeUserNotFound.
func actsFor(r Reader, g *Group, userID string, forUserID *string) (string, error) {
	if forUserID == nil || *forUserID == userID {
		return userID, nil
	}
	m, err := presentMember(r, g.ID, *forUserID)
	if err != nil {
		return "", err
	}
	return m.UserID, nil
}

// byOther is who acts for an owner, "" for the owner.
func byOther(ownerID, actorID string) string {
	if actorID == ownerID {
		return ""
	}
	return actorID
}

// bookIn books a pora in the hatm that was asked for, or in any that is open.
func (s *Service) bookIn(c *command, g *Group, userID, reader string, in BookPora) (*Booking, error) {
	pora, err := poraNumber(in.PoraID)
	if err != nil {
		return nil, err
	}
	open, err := chosenHatms(c, g, in.HatmNumber)
	if err != nil {
		return nil, err
	}
	held, free, err := seek(c, open, pora, reader, g.memberSight(userID))
	if err != nil || held != nil {
		return held, err
	}
	given := in.ForUserID != nil && g.AdminID == userID
	if !given {
		if err := withinLimit(c, g, reader); err != nil {
			return nil, err
		}
	}
	if err := s.countBooking(c, g, userID, reader); err != nil {
		return nil, err
	}
	b, err := c.book(g, free, Booking{ID: s.newID(), Pora: pora, UserID: reader, ByID: byOther(reader, userID)})
	if err != nil {
		return nil, err
	}
	if reader != userID {
		err = c.notify(g, Notification{ID: s.newID(), ReceiverID: reader, SenderID: userID, Type: NotifyPoraAssigned, BookingID: b.ID, Count: 1})
	}
	return b, firstError([]error{err, c.nextIfTaken(g), c.Tx.UpdateGroup(*g)})
}

// countBooking counts a booking that is about to be made: of a member for themselves, or of a group's admin for another, who
// is told of it. For themselves an admin may make any number.
func (s *Service) countBooking(c *command, g *Group, userID, reader string) error {
	if reader != userID {
		return c.spend(userID, 1, budget{boundAssignmentsADay, aDay, s.bounds.AssignmentsADay, "You have booked very many poras for others today. Please go on tomorrow."})
	}
	b := budget{boundBookingsADay, aDay, s.bounds.BookingsADay, "You have booked very many poras here today. Please go on tomorrow."}
	if b.most == Unlimited || userID == g.AdminID {
		return nil
	}
	m, err := c.Member(g.ID, userID)
	if err != nil {
		return fmt.Errorf("find member: %w", err)
	}
	if today := c.at.UnixMilli() / aDay.Milliseconds(); m.BookedDay != today && m.BookedDay != today+1 { // the clock of another node may be ahead
		m.BookedDay, m.Booked = today, 0
	}
	if m.Booked++; m.Booked > b.most {
		return b.refusal(c.at)
	}
	return c.CountBookings(*m)
}

// nextIfTaken opens the next hatm if a booking took the last free pora. The caller updates the group's row.
func (c *command) nextIfTaken(g *Group) error {
	if g.OpenHatms <= 1 { // there is one that is open, always
		return nil
	}
	return c.openNext(g)
}

// chosenHatms are the open hatms that a booking may be made in, oldest first. CodeHatmNotFound.
func chosenHatms(r Reader, g *Group, number *Int) ([]Hatm, error) {
	open, err := r.OpenHatms(g.ID)
	if err != nil {
		return nil, fmt.Errorf("read open hatms: %w", err)
	}
	if number == nil {
		return open, nil
	}
	for _, h := range open {
		if h.Number == int64(*number) {
			return []Hatm{h}, nil
		}
	}
	return nil, noHatm(g, int64(*number))
}

// seek finds a reader's booking of a pora in some hatms, or else the oldest of them in which it
// is free. CodePoraBooked, CodePoraCompleted: in a sentence for who may see that much.
func seek(r Reader, open []Hatm, pora int, readerID string, see sight) (held *Booking, free *Hatm, err error) {
	var taken *Booking // by another, who may give it back; else one that is done
	for i, h := range open {
		b, err := r.BookingOf(h.GroupID, h.Number, pora)
		switch {
		case errors.Is(err, ErrNotFound):
			if free == nil {
				free = &open[i]
			}
		case err != nil:
			return nil, nil, fmt.Errorf("find booking: %w", err)
		case b.Status == Booked && b.UserID == readerID:
			return b, nil, nil
		case taken == nil || taken.Status == Completed:
			taken = b
		}
	}
	if free == nil {
		return nil, nil, taken.notFree(r, see)
	}
	return nil, free, nil
}

// notFree says why a pora that is taken cannot be booked.
func (b *Booking) notFree(r Reader, see sight) error {
	if b.Status == Completed {
		return Errorf(CodePoraCompleted, "%s has been read already in this hatm. Please choose another.", poraName(b.Pora))
	}
	if !see.names(b.UserID) {
		return Errorf(CodePoraBooked, "%s is booked by another reader. Please choose another.", poraName(b.Pora))
	}
	holder, err := r.User(b.UserID)
	if err != nil {
		return fmt.Errorf("find holder: %w", err)
	}
	return Errorf(CodePoraBooked, "%s is booked by %s. Please choose another.", poraName(b.Pora), holder.FullName())
}

// withinLimit holds a member to the number of poras that one may hold at a time. CodeTooManyPoras.
func withinLimit(r Reader, g *Group, readerID string) error {
	if g.PoraLimit == 0 {
		return nil
	}
	bookings, err := r.OpenBookings(g.ID)
	if err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	held := int64(0)
	for _, b := range bookings {
		if b.UserID == readerID && b.Status == Booked {
			held++
		}
	}
	if held >= g.PoraLimit {
		return Errorf(CodeTooManyPoras, "You hold %d poras, as many as a member of %q may: please read or give back one first.", held, g.Name)
	}
	return nil
}

// book stores a new booking in a hatm and tells the group. The caller updates the group's row.
func (c *command) book(g *Group, h *Hatm, b Booking) (*Booking, error) {
	u, err := c.User(b.UserID)
	if err != nil {
		return nil, fmt.Errorf("find reader: %w", err)
	}
	b.GroupID, b.HatmNumber, b.Status, b.BookedAt = g.ID, h.Number, Booked, c.at
	c.promise(&b, u, g.bookingDue(h, c.at))
	if err := c.InsertBooking(b); err != nil {
		return nil, err
	}
	return &b, c.log(g, &PoraBooked{
		BookingID: b.ID, PoraID: strconv.Itoa(b.Pora), PoraName: poraName(b.Pora), GroupID: g.ID, UserID: u.ID, UserName: u.FullName(),
		HatmNumber: b.HatmNumber, DueAt: momentOrNil(b.DueAt),
	})
}

// confirmation is what the booking is answered with.
func (b *Booking) confirmation() *BookingConfirmed {
	return &BookingConfirmed{
		BookingID: b.ID, PoraID: strconv.Itoa(b.Pora), PoraName: poraName(b.Pora), HatmNumber: b.HatmNumber, DueAt: momentOrNil(b.DueAt),
		Timestamp: At(b.BookedAt),
	}
}

// CompletePora marks a booked pora as read: by the one who booked it, or by the
// admin for them. The 30th completes the hatm and opens the next.
func (s *Service) CompletePora(ctx context.Context, userID string, in CompletePora) (*CompletionConfirmed, error) {
	var out *CompletionConfirmed
	err := s.withBooking(ctx, userID, in.BookingID, func(c *command, g *Group, b *Booking) error {
		if b.Status == Released {
			return noBooking(b.ID)
		}
		if err := b.mayEnd(g, userID); err != nil {
			return err
		}
		if b.Status == Booked {
			if err := s.complete(c, g, b, userID); err != nil {
				return err
			}
		}
		out = &CompletionConfirmed{b.ID, strconv.Itoa(b.Pora), poraName(b.Pora), b.HatmNumber, At(b.EndedAt)}
		return nil
	})
	return out, err
}

// ReleasePora makes a booked pora free again: by the one who booked it, or by
// the admin, of which the holder is notified.
func (s *Service) ReleasePora(ctx context.Context, userID string, in ReleasePora) (*ReleaseConfirmed, error) {
	var out *ReleaseConfirmed
	err := s.withBooking(ctx, userID, in.BookingID, func(c *command, g *Group, b *Booking) error {
		if err := b.mayEnd(g, userID); err != nil {
			return err
		}
		switch b.Status {
		case Completed:
			return Errorf(CodeBookingCompleted, "%s has been read already: it cannot be given back.", poraName(b.Pora))
		case Booked:
			if err := s.release(c, g, b, userID); err != nil {
				return err
			}
		}
		out = &ReleaseConfirmed{b.ID, strconv.Itoa(b.Pora), poraName(b.Pora), b.HatmNumber, At(b.EndedAt)}
		return nil
	})
	return out, err
}

func noBooking(id string) *Error {
	return Errorf(CodeBookingNotFound, "There is no booking %.128q in your groups.", id)
}

// mayEnd lets the holder and the group's admin complete or release a booking. CodeNotYourBooking.
func (b *Booking) mayEnd(g *Group, userID string) error {
	if b.UserID == userID || g.AdminID == userID {
		return nil
	}
	return Errorf(CodeNotYourBooking, "%s is in another reader's hands: only they or the group's admin may do this.", poraName(b.Pora))
}

// withBooking runs fn on a booking of a group that the caller is in. CodeBookingNotFound.
func (s *Service) withBooking(ctx context.Context, userID, id string, fn func(*command, *Group, *Booking) error) error {
	groupID, err := s.groupOfBooking(ctx, id)
	if err != nil {
		return err
	}
	return s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, _, err := membership(c, groupID, userID)
		if CodeOf(err) == CodeNotMember {
			return noBooking(id)
		}
		if err != nil {
			return err
		}
		b, err := c.Booking(id)
		if err != nil {
			return fmt.Errorf("find booking: %w", err)
		}
		return fn(c, g, b)
	})
}

// groupOfBooking tells which key the commands on a booking belong to. CodeBookingNotFound.
func (s *Service) groupOfBooking(ctx context.Context, id string) (string, error) {
	if groupID, known := s.booked.group(id); known {
		return groupID, nil
	}
	b, err := view(ctx, s, func(r Reader) (*Booking, error) { return r.Booking(id) })
	if err != nil {
		return "", orNotFound(err, "find booking", noBooking(id))
	}
	s.booked.add(id, b.GroupID)
	return b.GroupID, nil
}

// bookingGroups remembers the groups of bookings that were asked for lately. A booking's group
// never changes, so that what is remembered here is true on every node and for ever.
type bookingGroups struct {
	mu            sync.Mutex
	recent, older map[string]string // by booking
}

// maxBookingGroups is how many are recent at most; as many more are older.
const maxBookingGroups = 10_000

func (b *bookingGroups) group(id string) (groupID string, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if groupID, known = b.recent[id]; !known {
		groupID, known = b.older[id]
	}
	return groupID, known
}

func (b *bookingGroups) add(id, groupID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.recent == nil || len(b.recent) >= maxBookingGroups {
		b.recent, b.older = make(map[string]string), b.recent
	}
	b.recent[id] = groupID
}

// complete marks b as read, for which the actor is the holder or the admin.
func (s *Service) complete(c *command, g *Group, b *Booking, actorID string) error {
	holder, err := c.User(b.UserID)
	if err != nil {
		return fmt.Errorf("find holder: %w", err)
	}
	h, err := c.Hatm(g.ID, b.HatmNumber)
	if err != nil {
		return fmt.Errorf("find hatm: %w", err)
	}
	b.Status, b.EndedAt, b.CompletedBy, b.Days = Completed, c.at, byOther(holder.ID, actorID), s.daysAt(c.at, holder, g)
	if err := c.UpdateBooking(*b); err != nil {
		return err
	}
	h.Finished++
	err = c.log(g, &PoraCompleted{
		BookingID: b.ID, PoraID: strconv.Itoa(b.Pora), PoraName: poraName(b.Pora), GroupID: g.ID, GroupName: g.Name,
		UserID: holder.ID, UserName: holder.FullName(), TotalFinished: h.Finished, HatmCompleted: h.Finished == Poras, HatmNumber: h.Number,
	})
	if err != nil {
		return err
	}
	if h.Finished == Poras {
		err = s.finish(c, g, h, actorID)
	} else {
		err = c.UpdateHatm(*h)
	}
	return firstError([]error{err, c.Tx.UpdateGroup(*g)})
}

// release makes a booking free, and notifies the holder when somebody else does it, or nobody ("").
// The caller has seen that it is booked.
func (s *Service) release(c *command, g *Group, b *Booking, actorID string) error {
	holder, err := c.User(b.UserID)
	if err != nil {
		return fmt.Errorf("find holder: %w", err)
	}
	reason := ReleasedByAdmin
	switch actorID {
	case holder.ID:
		reason = ReleasedByHolder
	case "":
		reason = ReleasedOverdue
	}
	if err := c.free(g, b, holder, reason); err != nil {
		return err
	}
	if holder.ID != actorID {
		err := c.notify(g, Notification{ID: s.newID(), ReceiverID: holder.ID, SenderID: actorID, Type: NotifyPoraReleased, BookingID: b.ID})
		if err != nil {
			return err
		}
	}
	return c.Tx.UpdateGroup(*g)
}

// free makes a booked pora available and tells the group. The caller updates the group's row.
func (c *command) free(g *Group, b *Booking, holder *User, reason ReleaseReason) error {
	b.Status, b.EndedAt = Released, c.at
	if err := c.UpdateBooking(*b); err != nil {
		return err
	}
	return c.log(g, &PoraReleased{
		BookingID: b.ID, PoraID: strconv.Itoa(b.Pora), PoraName: poraName(b.Pora), GroupID: g.ID, UserID: holder.ID, UserName: holder.FullName(),
		HatmNumber: b.HatmNumber, Reason: reason,
	})
}

// releaseAll frees what a user who leaves holds in the group. The caller updates the group's row.
func (c *command) releaseAll(g *Group, holder *User) error {
	if g.Type != QuranGroup {
		return nil
	}
	bookings, err := c.OpenBookings(g.ID)
	if err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	for i := range bookings {
		b := &bookings[i]
		if b.UserID != holder.ID || b.Status != Booked {
			continue
		}
		if err := c.free(g, b, holder, ReleasedLeft); err != nil {
			return err
		}
	}
	return nil
}

// ReopenPora makes a pora booked again that was marked as read by mistake: by the one who read it, or
// by the admin, while its hatm is open. One that is booked is confirmed again. That of a former member
// is free then. CodeHatmCompleted.
func (s *Service) ReopenPora(ctx context.Context, userID string, in ReopenPora) (*ReopenConfirmed, error) {
	var out *ReopenConfirmed
	err := s.withBooking(ctx, userID, in.BookingID, func(c *command, g *Group, b *Booking) error {
		if b.Status == Released {
			return noBooking(b.ID)
		}
		if err := b.mayEnd(g, userID); err != nil {
			return err
		}
		if b.Status == Completed {
			if err := c.reopen(g, b); err != nil {
				return err
			}
		}
		out = &ReopenConfirmed{b.ID, strconv.Itoa(b.Pora), poraName(b.Pora), b.HatmNumber, momentOrNil(b.DueAt), At(c.at)}
		return nil
	})
	return out, err
}

// reopen makes a pora that is done booked again, with the date that it had if that is still to come.
func (c *command) reopen(g *Group, b *Booking) error {
	h, err := openHatm(c, g, b.HatmNumber)
	if err != nil {
		return err
	}
	holder, err := c.holdDoer(b.UserID)
	if err != nil {
		return err
	}
	b.Status, b.EndedAt, b.CompletedBy, b.Days = Booked, time.Time{}, "", Days{}
	due := b.DueAt
	if !due.IsZero() && !due.After(c.at) {
		due = g.bookingDue(h, c.at)
	}
	c.promise(b, holder, due)
	h.Finished--
	err = firstError([]error{c.UpdateBooking(*b), c.UpdateHatm(*h), c.log(g, &PoraReopened{
		BookingID: b.ID, PoraID: strconv.Itoa(b.Pora), PoraName: poraName(b.Pora), GroupID: g.ID, UserID: holder.ID, UserName: holder.FullName(),
		HatmNumber: h.Number, TotalFinished: h.Finished, DueAt: momentOrNil(b.DueAt),
	})})
	if err != nil {
		return err
	}
	_, _, err = membership(c, g.ID, holder.ID)
	if CodeOf(err) == CodeNotMember {
		err = c.free(g, b, holder, ReleasedLeft)
	}
	return firstError([]error{err, c.Tx.UpdateGroup(*g)})
}

// GiveTime sets the date of a booking. Admin only; to a later date than the reader was promised.
// CodeBookingCompleted, CodeInvalidPayload.
func (s *Service) GiveTime(ctx context.Context, userID, bookingID string, until Time) (*BookingConfirmed, error) {
	var out *BookingConfirmed
	err := s.withBooking(ctx, userID, bookingID, func(c *command, g *Group, b *Booking) error {
		if g.AdminID != userID {
			return Errorf(CodeNotAdmin, "Only the admin of %q may do this.", g.Name)
		}
		if b.Status == Released {
			return noBooking(b.ID)
		}
		if b.Status == Completed {
			return Errorf(CodeBookingCompleted, "%s has been read already: it needs no more time.", poraName(b.Pora))
		}
		due, err := dueDate(c.at, &until)
		if err != nil {
			return err
		}
		if due.Before(b.DueAt) {
			return Errorf(CodeInvalidPayload, "dueAt is %s: the reader was promised %s.", until.Format(timeLayout), b.DueAt.Format(timeLayout))
		}
		if !due.Equal(b.DueAt) {
			err = firstError([]error{c.moveDate(b, due), c.saveGroup(g)})
		}
		out = b.confirmation()
		return err
	})
	return out, err
}
