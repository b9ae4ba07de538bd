package zikr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Snapshot is a group's whole state: exactly the effects of its events 1 to Seq.
type Snapshot struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Type       GroupType    `json:"type" enum:"quran,zikr"`
	IsPublic   bool         `json:"isPublic"`
	Dedication *string      `json:"dedication"`
	HatmGoal   *int64       `json:"hatmGoal"`
	HatmCount  int64        `json:"hatmCount" doc:"hatms that the group has completed"`
	AdminID    string       `json:"adminId" doc:"empty for a stranger of a public group"`
	Seq        int64        `json:"seq" doc:"the latest event whose effect is in here"`
	CreatedAt  Time         `json:"createdAt"`
	Members    []MemberItem `json:"members"`
	Poras      []PoraItem   `json:"poras,omitempty" doc:"the 30 of the oldest open hatm; quran groups only"`
	Hatms      []OpenHatm   `json:"hatms,omitempty" doc:"the open hatms, oldest first; quran groups only"`
	Zikrs      []ZikrItem   `json:"zikrs"`
	// MemberCount is for a stranger, who is told no Members.
	MemberCount int64 `json:"memberCount,omitempty" doc:"told to a stranger of a public group only: how many members there are"`
	GroupSettingsItem
}

// Role is a member's place in a group.
type Role string

// The roles.
const (
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// MemberItem is a member in a snapshot.
type MemberItem struct {
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
	Role     Role   `json:"role" enum:"admin,member"`
	JoinedAt Time   `json:"joinedAt"`
	Online   bool   `json:"online" doc:"told to members only: false for anybody else"`
	// Loginless is of a member whom the admin made.
	Loginless bool   `json:"loginless,omitempty" doc:"true of a member that the admin made, and acts for; absent otherwise"`
	Surname   string `json:"surname,omitempty" doc:"to the admin, of a member whom they may rename: the end of userName that is the surname; absent otherwise"`
}

// OpenHatm is an open hatm in a snapshot.
type OpenHatm struct {
	HatmNumber    int64      `json:"hatmNumber"`
	OpenedAt      Time       `json:"openedAt"`
	DueAt         *Time      `json:"dueAt"`
	TotalFinished int64      `json:"totalFinished" doc:"poras that are done"`
	Poras         []PoraItem `json:"poras" doc:"all 30"`
}

// PoraItem is a pora of an open hatm.
type PoraItem struct {
	PoraID    string  `json:"poraId"`
	PoraName  string  `json:"poraName"`
	Status    string  `json:"status" enum:"available,booked,completed"`
	BookingID *string `json:"bookingId" doc:"null for a stranger, too, who is told the status only"`
	UserID    *string `json:"userId" doc:"the holder; empty if it is told to nobody but the admin"`
	UserName  *string `json:"userName"`
	DueAt     *Time   `json:"dueAt" doc:"when it is to be read; null for no date"`
}

// ZikrItem is a zikr with its counts.
type ZikrItem struct {
	ZikrID      string      `json:"zikrId"`
	Name        string      `json:"name"`
	Body        *string     `json:"body"`
	Description *string     `json:"description"`
	Hint        *string     `json:"hint"`
	Goal        *int64      `json:"goal"`
	TotalCount  int64       `json:"totalCount"`
	CycleCount  int64       `json:"cycleCount"`
	Progress    string      `json:"progress"`
	MyCount     int64       `json:"myCount"`
	Members     []ShareItem `json:"members" doc:"who counted how much, those who left included: sums to totalCount. In an anonymous group one's own and, with an empty userId, all others' together; none to a stranger"`
}

// ShareItem is what one user counted of a zikr.
type ShareItem struct {
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
	Count    int64  `json:"count"`
}

// Snapshot returns a group's state to its members, and what strangers may see of it if it is public.
func (s *Service) Snapshot(ctx context.Context, userID, groupID string) (*Snapshot, error) {
	snap, err := view(ctx, s, func(r Reader) (*Snapshot, error) { return snapshot(r, userID, groupID) })
	if err != nil {
		return nil, err
	}
	if !snap.has(userID) {
		return snap, nil // who is online is for members to know
	}
	return snap, s.addOnline(ctx, snap)
}

// addOnline says of the members in a snapshot who is online.
func (s *Service) addOnline(ctx context.Context, snap *Snapshot) error {
	_, online, err := s.presence.Online(ctx, snap.ID, -1)
	if err != nil {
		return fmt.Errorf("read presence: %w", err)
	}
	here := make(map[string]bool, len(online))
	for _, id := range online {
		here[id] = true
	}
	for i := range snap.Members {
		snap.Members[i].Online = here[snap.Members[i].UserID]
	}
	return nil
}

// has reports whether a user is among the members.
func (s *Snapshot) has(userID string) bool {
	return slices.ContainsFunc(s.Members, func(m MemberItem) bool { return m.UserID == userID })
}

// visible returns a group to one who may see its state: a member, or anyone if it is public. CodeNotMember.
func visible(r Reader, userID, groupID string) (*Group, error) {
	g, err := r.Group(groupID)
	if err != nil {
		return nil, orNotFound(err, "find group", notMember(groupID))
	}
	if !g.IsPublic || g.Deleted {
		if _, _, err := membership(r, groupID, userID); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// snapshot reads a group's state for one who may see it. CodeNotMember.
func snapshot(r Reader, userID, groupID string) (*Snapshot, error) {
	g, err := visible(r, userID, groupID)
	if err != nil {
		return nil, err
	}
	see, err := sightOf(r, g, userID)
	if err != nil {
		return nil, err
	}
	return snapshotOf(r, userID, g, see)
}

// snapshotOf is what a user may see of the state of a group, with what they counted as their own.
func snapshotOf(r Reader, userID string, g *Group, see sight) (_ *Snapshot, err error) {
	out := &Snapshot{
		ID: g.ID, Name: g.Name, Type: g.Type, IsPublic: g.IsPublic, Dedication: orNil(g.Dedication), HatmGoal: orNil(g.HatmGoal),
		HatmCount: g.HatmCount, AdminID: g.AdminID, Seq: g.Seq, CreatedAt: At(g.CreatedAt), GroupSettingsItem: g.GroupSettings.item(),
	}
	if out.Members, err = memberItems(r, g); err != nil {
		return nil, err
	}
	known := make(names, len(out.Members))
	for _, m := range out.Members {
		known[m.UserID] = m.UserName
	}
	if g.Type == QuranGroup {
		if out.Hatms, err = openHatms(r, g, known); err != nil {
			return nil, err
		}
		if len(out.Hatms) > 0 {
			out.Poras = out.Hatms[0].Poras
		}
	}
	if out.Zikrs, err = zikrItems(r, userID, g.ID, known); err != nil {
		return nil, err
	}
	see.limit(out)
	return out, nil
}

// names are those of users, by id.
type names map[string]string

// learn reads those that are not known yet: in a snapshot, of who has left the group.
func (n names) learn(r Reader, userIDs []string) error {
	var missing []string
	for _, id := range userIDs {
		if _, known := n[id]; !known {
			n[id] = ""
			missing = append(missing, id)
		}
	}
	for some := range slices.Chunk(missing, MaxTogether) {
		users, err := r.Users(some)
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		for i := range users {
			n[users[i].ID] = users[i].FullName()
		}
	}
	return nil
}

func memberItems(r Reader, g *Group) ([]MemberItem, error) {
	members, err := r.Members(g.ID)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	items := make([]MemberItem, len(members))
	for i, m := range members {
		items[i] = g.memberItem(&m)
	}
	return items, nil
}

// openHatms returns the open hatms of a group with their poras.
func openHatms(r Reader, g *Group, known names) ([]OpenHatm, error) {
	hatms, errH := r.OpenHatms(g.ID)
	bookings, errB := r.OpenBookings(g.ID)
	if err := errors.Join(errH, errB); err != nil {
		return nil, fmt.Errorf("read open hatms: %w", err)
	}
	if err := known.learn(r, holdersOf(bookings)); err != nil {
		return nil, err
	}
	items := make([]OpenHatm, len(hatms))
	for i, h := range hatms {
		n := 0
		for n < len(bookings) && bookings[n].HatmNumber == h.Number {
			n++
		}
		items[i] = OpenHatm{h.Number, At(h.OpenedAt), momentOrNil(h.DueAt), h.Finished, poraItems(bookings[:n], known)}
		bookings = bookings[n:]
	}
	return items, nil
}

// poraItems returns the 30 poras of a hatm, given those that are taken.
func poraItems(bookings []Booking, known names) []PoraItem {
	items := make([]PoraItem, Poras)
	for i := range items {
		items[i] = PoraItem{PoraID: strconv.Itoa(i + 1), PoraName: poraName(i + 1), Status: "available"}
	}
	for _, b := range bookings {
		name := known[b.UserID]
		p := &items[b.Pora-1]
		p.Status, p.BookingID, p.UserID, p.UserName, p.DueAt = string(b.Status), &b.ID, &b.UserID, &name, momentOrNil(b.DueAt)
	}
	return items
}

// zikrItems returns the zikrs of a group with all counts.
func zikrItems(r Reader, userID, groupID string, known names) ([]ZikrItem, error) {
	zikrs, errZ := r.Zikrs(groupID)
	shares, errS := r.Shares(groupID)
	if err := errors.Join(errZ, errS); err != nil {
		return nil, fmt.Errorf("read zikrs: %w", err)
	}
	counters := make([]string, len(shares))
	for i, share := range shares {
		counters[i] = share.UserID
	}
	if err := known.learn(r, counters); err != nil {
		return nil, err
	}
	items := make([]ZikrItem, len(zikrs))
	at := make(map[string]*ZikrItem, len(zikrs))
	for i := range zikrs {
		items[i] = zikrs[i].item()
		at[zikrs[i].ID] = &items[i]
	}
	for _, share := range shares {
		item := at[share.ZikrID]
		if item == nil {
			continue // of a deleted zikr
		}
		item.Members = append(item.Members, ShareItem{share.UserID, known[share.UserID], share.Count})
		if share.UserID == userID {
			item.MyCount = share.Count
		}
	}
	return items, nil
}

func (z *Zikr) item() ZikrItem {
	cycles, progress := progressOf(z.Total, z.Goal)
	return ZikrItem{
		ZikrID: z.ID, Name: z.Name, Body: orNil(z.Body), Description: orNil(z.Description), Hint: orNil(z.Hint), Goal: orNil(z.Goal),
		TotalCount: z.Total, CycleCount: cycles, Progress: progress, Members: []ShareItem{},
	}
}
