package zikr

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
)

// ShareOut says among whom the free poras of a hatm are to be shared out.
type ShareOut struct {
	UserIDs []string `json:"userIds,omitempty" minItems:"1" maxItems:"1000" doc:"members of the group; all of them by default"`
}

// SharedOut is what was booked for whom.
type SharedOut struct {
	HatmNumber int64        `json:"hatmNumber"`
	Bookings   []SharedPora `json:"bookings" doc:"what was booked, by pora; none when no pora was free"`
}

// SharedPora is a pora that was booked for a member.
type SharedPora struct {
	BookingID string `json:"bookingId"`
	PoraID    string `json:"poraId"`
	PoraName  string `json:"poraName"`
	UserID    string `json:"userId"`
	DueAt     *Time  `json:"dueAt"`
}

// ShareHatm books the free poras of an open hatm for members, as evenly as can be. Admin only. With no
// free pora it does nothing. CodeHatmNotFound, CodeHatmCompleted, CodeUserNotFound, CodeRateLimited.
func (s *Service) ShareHatm(ctx context.Context, userID, groupID string, number int64, in ShareOut) (*SharedOut, error) {
	var out *SharedOut
	err := s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		out = &SharedOut{HatmNumber: number, Bookings: []SharedPora{}}
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		h, err := openHatm(c, g, number)
		if err != nil {
			return err
		}
		readers, err := readersAmong(c, g, h, in.UserIDs)
		if err != nil {
			return err
		}
		free, err := c.FreePoras(g.ID, number)
		if err != nil || len(free) == 0 {
			return err
		}
		if err := s.countShareOut(c, g); err != nil {
			return err
		}
		out.Bookings, err = s.shareOut(c, g, h, userID, divide(free, readers))
		return err
	})
	return out, err
}

// countShareOut holds the number of a group's share-outs on one day in bounds.
func (s *Service) countShareOut(c *command, g *Group) error {
	if today := c.at.UnixMilli() / aDay.Milliseconds(); g.ShareDay != today && g.ShareDay != today+1 { // the clock of another node may be ahead
		g.ShareDay, g.ShareOuts = today, 0
	}
	if g.ShareOuts++; g.ShareOuts > s.bounds.ShareOuts {
		b := budget{boundShareOuts, aDay, s.bounds.ShareOuts, "The poras of this group were shared out very often today. Please go on tomorrow."}
		return b.refusal(c.at)
	}
	return nil
}

// shareOut books what was divided, tells each reader once, and opens the next hatm if that is due.
func (s *Service) shareOut(c *command, g *Group, h *Hatm, userID string, portions []portion) ([]SharedPora, error) {
	bookings := []SharedPora{}
	for _, p := range portions {
		first := ""
		for _, pora := range p.poras {
			b, err := c.book(g, h, Booking{ID: s.newID(), Pora: pora, UserID: p.userID, ByID: byOther(p.userID, userID)})
			if err != nil {
				return nil, err
			}
			first = cmp.Or(first, b.ID)
			bookings = append(bookings, SharedPora{b.ID, strconv.Itoa(pora), poraName(pora), b.UserID, momentOrNil(b.DueAt)})
		}
		if p.userID == userID {
			continue
		}
		err := c.notify(g, Notification{
			ID: s.newID(), ReceiverID: p.userID, SenderID: userID, Type: NotifyPoraAssigned, BookingID: first, Count: int64(len(p.poras)),
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(bookings, func(a, b SharedPora) int {
		return cmp.Or(cmp.Compare(len(a.PoraID), len(b.PoraID)), cmp.Compare(a.PoraID, b.PoraID))
	})
	return bookings, firstError([]error{c.nextIfTaken(g), c.Tx.UpdateGroup(*g)})
}

// sharer is a member among whom poras are shared out.
type sharer struct {
	userID string
	last   int // the pora that they read or booked last; 0 for none
	has    int // how many poras of the hatm are theirs
	read   int // and of the latest thirty hatms
	gap    int // how many of the free poras lie between their last and the next reader's
	gets   int
}

// readersAmong finds out of members what they read lately. CodeUserNotFound.
func readersAmong(r Reader, g *Group, h *Hatm, userIDs []string) ([]*sharer, error) {
	readers, err := sharersOf(r, g, userIDs)
	if err != nil {
		return nil, err
	}
	open, err := r.OpenHatms(g.ID)
	if err != nil {
		return nil, fmt.Errorf("read open hatms: %w", err)
	}
	newest := g.HatmCount + int64(len(open))
	latest := newest - Poras + 1
	bookings, err := r.BookingsOfHatms(g.ID, latest, newest)
	if err == nil && h.Number < latest { // it may have been open for long: those between are not looked at
		var own []Booking
		own, err = r.BookingsOfHatms(g.ID, h.Number, h.Number)
		bookings = append(bookings, own...)
	}
	if err != nil {
		return nil, fmt.Errorf("read bookings: %w", err)
	}
	slices.SortFunc(bookings, earlier)
	known := make(map[string]*sharer, len(readers))
	for _, reader := range readers {
		known[reader.userID] = reader
	}
	for _, b := range bookings {
		if reader := known[b.UserID]; reader != nil {
			reader.note(b, h, latest)
		}
	}
	return readers, nil
}

// note notes a later booking of the reader's than those before. latest is the first of the latest thirty hatms.
func (s *sharer) note(b Booking, h *Hatm, latest int64) {
	s.last = b.Pora
	if b.HatmNumber >= latest {
		s.read++
	}
	if b.HatmNumber == h.Number {
		s.has++
	}
}

// sharersOf are the members who are named, or all, longest standing first.
func sharersOf(r Reader, g *Group, userIDs []string) ([]*sharer, error) {
	members, err := r.Members(g.ID)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	there, named := make(map[string]bool, len(members)), make(map[string]bool, len(userIDs))
	for _, id := range userIDs {
		named[id] = true
	}
	var readers []*sharer
	for _, m := range members {
		there[m.UserID] = true
		if len(named) == 0 || named[m.UserID] {
			readers = append(readers, &sharer{userID: m.UserID})
		}
	}
	for _, id := range userIDs {
		if !there[id] {
			return nil, Errorf(CodeUserNotFound, "There is no member %.128q in this group.", id)
		}
	}
	return readers, nil
}

// earlier orders bookings by when they were read: by hatm, those that are still to be read last.
func earlier(a, b Booking) int {
	if a.HatmNumber != b.HatmNumber {
		return cmp.Compare(a.HatmNumber, b.HatmNumber)
	}
	if a.Status != b.Status {
		if a.Status == Completed {
			return -1
		}
		return 1
	}
	return cmp.Or(a.EndedAt.Compare(b.EndedAt), a.BookedAt.Compare(b.BookedAt), cmp.Compare(a.ID, b.ID))
}

// portion is what one reader gets, in the order of reading.
type portion struct {
	userID string
	poras  []int
}

// divide shares free poras out. All get as many, counted what they have of the hatm already; a first one
// goes to those who read least, one more to those with the widest way to where the next reader begins.
// Each begins after the pora that they read last. So readers follow each other round the 30 poras, each into
// the place of the one before, and up to thirty of them have each read all after thirty hatms.
func divide(free []int, readers []*sharer) []portion {
	round := slices.Clone(readers)
	slices.SortStableFunc(round, func(a, b *sharer) int { // who has not read yet takes what is left
		return cmp.Compare((a.last+Poras)%(Poras+1), (b.last+Poras)%(Poras+1))
	})
	widths(free, round)
	for range free {
		slices.MinFunc(readers, needier).gets++
	}
	round = slices.DeleteFunc(round, func(r *sharer) bool { return r.gets == 0 })
	// Whoever comes first takes theirs in one piece, and may so take the place where another begins: then
	// there may be a turn of the round in which all begin where they should.
	portions, displaced := give(free, round)
	for i, old := 1, readLast(round); displaced > 0 && i < old; i++ {
		turned, none := give(free, slices.Concat(round[i:old], round[:i], round[old:]))
		if none == 0 {
			return turned
		}
	}
	return portions
}

// readLast is how many readers of a round have read before: they come first.
func readLast(round []*sharer) int {
	if i := slices.IndexFunc(round, func(r *sharer) bool { return r.last == 0 }); i >= 0 {
		return i
	}
	return len(round)
}

// give gives readers their poras, one reader after another, and counts those who cannot begin after
// the pora that they read last.
func give(free []int, order []*sharer) (portions []portion, displaced int) {
	left := slices.Clone(free)
	for _, r := range order {
		if r.gets == 0 {
			continue
		}
		p := portion{userID: r.userID}
		for at := r.last; len(p.poras) < r.gets; {
			i := max(0, slices.IndexFunc(left, func(pora int) bool { return pora > at }))
			at = left[i]
			p.poras = append(p.poras, at)
			left = slices.Delete(left, i, i+1)
		}
		if i := max(0, slices.IndexFunc(free, func(pora int) bool { return pora > r.last })); r.last > 0 && free[i] != p.poras[0] {
			displaced++
		}
		portions = append(portions, p)
	}
	return portions, displaced
}

// widths says of readers, in their order round the poras, how many free ones lie between their last
// pora and the next reader's, over the end of the Quran too.
func widths(free []int, round []*sharer) {
	round = round[:readLast(round)]
	for i, r := range round {
		next := round[(i+1)%len(round)]
		if next != r && next.last == r.last {
			continue
		}
		for _, pora := range free {
			if after(r.last, pora) <= after(r.last, next.last) {
				r.gap++
			}
		}
	}
}

// after is how many poras after one another comes, going round: 1 to 30.
func after(one, other int) int { return (other-one-1+Poras)%Poras + 1 }

// needier orders readers by who is to get the next pora: the first of equals.
func needier(a, b *sharer) int {
	if by := cmp.Compare(a.has+a.gets, b.has+b.gets); by != 0 {
		return by
	}
	if a.has+a.gets == 0 {
		return cmp.Compare(a.read, b.read)
	}
	return cmp.Compare(a.gets-a.gap, b.gets-b.gap)
}
