package zikr

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Poras is how many parts a hatm has.
const Poras = 30

// BookingStatus is what became of a booking.
type BookingStatus string

// The statuses of a booking.
const (
	Booked    BookingStatus = "booked"
	Completed BookingStatus = "completed"
	Released  BookingStatus = "released"
)

// Hatm is one reading of the whole Quran by a group. The group's first is number 1; it
// is open until all 30 poras are done, and then the next one opens.
type Hatm struct {
	GroupID     string
	Number      int64
	Finished    int64 // poras that are done
	OpenedAt    time.Time
	CompletedAt time.Time // zero while open
}

// Booking is one pora of one hatm in one reader's hands. Of a pora of a hatm at
// most one booking is not Released.
type Booking struct {
	ID         string
	GroupID    string
	HatmNumber int64
	Pora       int // 1 to 30
	UserID     string
	Status     BookingStatus
	BookedAt   time.Time
	EndedAt    time.Time // when it was completed or released; zero before
	Days                 // on which it was completed; zero before
}

// KhatmReader reads hatms and bookings.
type KhatmReader interface {
	Hatm(groupID string, number int64) (*Hatm, error)
	Booking(id string) (*Booking, error)
	// BookingOf returns the booking of a pora that is booked or completed.
	BookingOf(groupID string, hatmNumber int64, pora int) (*Booking, error)
	// Bookings returns those of a hatm that are booked or completed, by pora.
	Bookings(groupID string, hatmNumber int64) ([]Booking, error)
	// BookingsOf returns all bookings of a user, of every group and status, oldest first.
	BookingsOf(userID string) ([]Booking, error)
}

// KhatmWriter writes them.
type KhatmWriter interface {
	InsertHatm(Hatm) error
	UpdateHatm(Hatm) error
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

// BookPora makes a pora of the group's current hatm the caller's. Of any number
// who book one pora at one moment exactly one gets it. Booking what one already holds
// confirms the same booking.
func (s *Service) BookPora(ctx context.Context, userID string, in BookPora) (*BookingConfirmed, error) {
	var out *BookingConfirmed
	err := s.update(ctx, GroupKey(in.GroupID), func(c *command) error {
		g, _, err := membership(c, in.GroupID, userID)
		if err != nil {
			return err
		}
		if g.Type != QuranGroup {
			return Errorf(CodeWrongGroupType, "%q counts zikrs: poras are booked in groups that read the Quran.", g.Name)
		}
		pora, err := poraNumber(in.PoraID)
		if err != nil {
			return err
		}
		b, err := c.BookingOf(g.ID, g.HatmCount+1, pora)
		if errors.Is(err, ErrNotFound) {
			b, err = c.book(g, Booking{ID: s.newID(), GroupID: g.ID, HatmNumber: g.HatmCount + 1, Pora: pora, UserID: userID})
		} else if err == nil {
			err = b.holdable(c, userID)
		}
		if err != nil {
			return err
		}
		out = &BookingConfirmed{b.ID, in.PoraID, poraName(pora), At(b.BookedAt)}
		return nil
	})
	if err == nil {
		s.booked.add(out.BookingID, in.GroupID)
	}
	return out, err
}

// holdable says why a pora that is taken is not the user's to book; nil if the user holds it.
func (b *Booking) holdable(r Reader, userID string) error {
	switch {
	case b.Status == Completed:
		return Errorf(CodePoraCompleted, "%s has been read already in this hatm. Please choose another.", poraName(b.Pora))
	case b.UserID != userID:
		holder, err := r.User(b.UserID)
		if err != nil {
			return fmt.Errorf("find holder: %w", err)
		}
		return Errorf(CodePoraBooked, "%s is booked by %s. Please choose another.", poraName(b.Pora), holder.FullName())
	default:
		return nil
	}
}

// book stores a new booking and tells the group.
func (c *command) book(g *Group, b Booking) (*Booking, error) {
	u, err := c.User(b.UserID)
	if err != nil {
		return nil, fmt.Errorf("find reader: %w", err)
	}
	b.Status, b.BookedAt = Booked, c.at
	if err := c.InsertBooking(b); err != nil {
		return nil, err
	}
	e := &PoraBooked{BookingID: b.ID, PoraID: strconv.Itoa(b.Pora), PoraName: poraName(b.Pora), GroupID: g.ID, UserID: u.ID, UserName: u.FullName()}
	if err := c.log(g, e); err != nil {
		return nil, err
	}
	return &b, c.Tx.UpdateGroup(*g)
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
		out = &CompletionConfirmed{b.ID, strconv.Itoa(b.Pora), poraName(b.Pora), At(b.EndedAt)}
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
		out = &ReleaseConfirmed{b.ID, strconv.Itoa(b.Pora), poraName(b.Pora), At(b.EndedAt)}
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
	return s.update(ctx, GroupKey(groupID), func(c *command) error {
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
	b.Status, b.EndedAt, b.Days = Completed, c.at, s.daysAt(c.at, holder, g)
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
		if err := s.finish(c, g, h, actorID); err != nil {
			return err
		}
	}
	return firstError([]error{c.UpdateHatm(*h), c.Tx.UpdateGroup(*g)})
}

// finish completes a hatm, opens the next and notifies the members.
func (s *Service) finish(c *command, g *Group, h *Hatm, actorID string) error {
	g.HatmCount++
	h.CompletedAt = c.at
	if err := c.log(g, &HatmCompleted{GroupID: g.ID, GroupName: g.Name, HatmCount: g.HatmCount}); err != nil {
		return err
	}
	if err := c.InsertHatm(Hatm{GroupID: g.ID, Number: h.Number + 1, OpenedAt: c.at}); err != nil {
		return err
	}
	return c.notice(Notice{ID: s.newID(), GroupID: g.ID, SenderID: actorID, Type: NotifyHatmCompleted, Seq: g.Seq})
}

// release makes a booking free, and notifies the holder when somebody else does it.
func (s *Service) release(c *command, g *Group, b *Booking, actorID string) error {
	holder, err := c.User(b.UserID)
	if err != nil {
		return fmt.Errorf("find holder: %w", err)
	}
	if err := c.free(g, b, holder); err != nil {
		return err
	}
	if holder.ID != actorID {
		err := c.notify(g, Notification{ID: s.newID(), ReceiverID: holder.ID, SenderID: actorID, Type: NotifyPoraReleased})
		if err != nil {
			return err
		}
	}
	return c.Tx.UpdateGroup(*g)
}

// free makes a booked pora available and tells the group. The caller updates the group's row.
func (c *command) free(g *Group, b *Booking, holder *User) error {
	b.Status, b.EndedAt = Released, c.at
	if err := c.UpdateBooking(*b); err != nil {
		return err
	}
	return c.log(g, &PoraReleased{
		BookingID: b.ID, PoraID: strconv.Itoa(b.Pora), PoraName: poraName(b.Pora), GroupID: g.ID, UserID: holder.ID, UserName: holder.FullName(),
	})
}

// releaseAll frees what a user holds in the group's current hatm. The caller
// updates the group's row.
func (c *command) releaseAll(g *Group, holder *User) error {
	if g.Type != QuranGroup {
		return nil
	}
	bookings, err := c.Bookings(g.ID, g.HatmCount+1)
	if err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	for i := range bookings {
		b := &bookings[i]
		if b.UserID != holder.ID || b.Status != Booked {
			continue
		}
		if err := c.free(g, b, holder); err != nil {
			return err
		}
	}
	return nil
}
