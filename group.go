package zikr

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// GroupType is what the members of a group do together.
type GroupType string

// The types of groups.
const (
	QuranGroup GroupType = "quran"
	ZikrGroup  GroupType = "zikr"
)

// Group is people who read or count together. A deleted group is kept for its
// log and is not a group to anybody.
type Group struct {
	ID          string
	Name        string
	Type        GroupType
	IsPublic    bool
	Dedication  string // "" for none
	HatmGoal    int64  // how many hatms they want to read; 0 for none
	HatmCount   int64  // how many they completed
	AdminID     string
	MemberCount int64
	Seq         int64     // of the latest event in its log
	ToldAt      time.Time // when members were last notified of a completed hatm; zero for never
	CreatedAt   time.Time
	Deleted     bool
	GroupSettings
	ShareDay  int64 // of the latest share-out, in days since 1970 (UTC)
	ShareOuts int64 // how many there were on that day
}

// Member is a user in a group. Who left stays, with LeftAt.
type Member struct {
	GroupID  string
	UserID   string
	UserName string // read only: comes from the account
	JoinedAt time.Time
	LeftAt   time.Time // zero while a member
	// Loginless is of a member that the admin made, who has no login, and Surname the part of UserName that is
	// theirs. Read only: both come from the account.
	Loginless bool
	Surname   string
	// BookedDay is the latest day, in days since 1970 (UTC), on which the member booked poras here, and
	// Booked how many.
	BookedDay int64
	Booked    int64
}

// GroupReader reads groups and who is in them.
type GroupReader interface {
	// Group returns the group, also a deleted one.
	Group(id string) (*Group, error)
	// Member returns the membership, also one that ended.
	Member(groupID, userID string) (*Member, error)
	// Standing returns what a present member must know to join the channel of a group that is not deleted: all
	// that is read when somebody does.
	Standing(groupID, userID string) (*Standing, error)
	// Members returns the present members, longest standing first (by JoinedAt, then UserID).
	Members(groupID string) ([]Member, error)
	// MemberIDs returns the ids of the present members; of a deleted group, those it had at the end.
	MemberIDs(groupID string) ([]string, error)
	// GroupsOf returns the groups a user is in, newest first; PublicGroups those public
	// ones whose name contains text, whatever the case. The cursor is the id of the
	// last group of the page before. Deleted groups are left out.
	GroupsOf(userID string, page Page) ([]Group, error)
	PublicGroups(text string, page Page) ([]Group, error)
	// AllGroups is PublicGroups of private ones too.
	AllGroups(text string, page Page) ([]Group, error)
	// EverGroupsOf returns the ids of all groups that a user is or was in, deleted ones too.
	EverGroupsOf(userID string) ([]string, error)
	// CountGroupsOf counts the groups of a type that a user is in.
	CountGroupsOf(userID string, t GroupType) (int64, error)
	// CountLoginless counts the members of a group who have no login: those present, and all that
	// were ever made.
	CountLoginless(groupID string) (present, made int64, err error)
	// CountAdministered counts the groups that a user is the admin of.
	CountAdministered(userID string) (int64, error)
}

// GroupWriter writes them.
type GroupWriter interface {
	InsertGroup(Group) error
	UpdateGroup(Group) error
	// PutMember inserts the membership or, for one that is there, replaces its times.
	PutMember(Member) error
	// CountBookings sets BookedDay and Booked of a membership that is there.
	CountBookings(Member) error
}

// NewGroup is what a group is made of.
type NewGroup struct {
	Name       string    `json:"name" minLength:"1" maxLength:"100"`
	Type       GroupType `json:"type" enum:"quran,zikr"`
	IsPublic   bool      `json:"isPublic" doc:"anyone may find and join it"`
	Dedication *string   `json:"dedication,omitempty" maxLength:"2000"`
	HatmGoal   *Int      `json:"hatmGoal,omitempty" minimum:"0" doc:"for display; 0 is none"`
	Zikr       *NewZikr  `json:"zikr,omitempty"`
	GroupSettingsChange
}

// GroupChange is what is to change of a group; nil stays as it is.
type GroupChange struct {
	Name       *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	IsPublic   *bool   `json:"isPublic,omitempty"`
	Dedication *string `json:"dedication,omitempty" maxLength:"2000" doc:"empty takes it away"`
	HatmGoal   *Int    `json:"hatmGoal,omitempty" minimum:"0" doc:"0 takes it away"`
	AdminID    *string `json:"adminId,omitempty" minLength:"1" maxLength:"128" doc:"a member, who becomes the admin"`
	GroupSettingsChange
}

// GroupItem is a group in a list.
type GroupItem struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Type        GroupType `json:"type" enum:"quran,zikr"`
	IsPublic    bool      `json:"isPublic"`
	Dedication  *string   `json:"dedication"`
	HatmGoal    *int64    `json:"hatmGoal"`
	HatmCount   int64     `json:"hatmCount"`
	AdminID     string    `json:"adminId" doc:"in the list of public groups empty, but for the caller's own id"`
	MemberCount int64     `json:"memberCount"`
	CreatedAt   Time      `json:"createdAt"`
	// Hatms names nobody: strangers are told it, and of anonymous groups too.
	Hatms []HatmStanding `json:"hatms,omitempty" doc:"how far the open hatms are, oldest first; quran groups only"`
	GroupSettingsItem
}

func (g *Group) item() GroupItem {
	return GroupItem{
		ID: g.ID, Name: g.Name, Type: g.Type, IsPublic: g.IsPublic, Dedication: orNil(g.Dedication), HatmGoal: orNil(g.HatmGoal),
		HatmCount: g.HatmCount, AdminID: g.AdminID, MemberCount: g.MemberCount, CreatedAt: At(g.CreatedAt), GroupSettingsItem: g.GroupSettings.item(),
	}
}

// notMember tells apart neither a group that is private nor one that does not exist.
func notMember(groupID string) *Error {
	return Errorf(CodeNotMember, "You are not a member of a group %.128q.", groupID)
}

// membership returns the group and the user's place in it. CodeNotMember.
func membership(r Reader, groupID, userID string) (*Group, *Member, error) {
	m, err := r.Member(groupID, userID)
	if err != nil {
		return nil, nil, orNotFound(err, "find membership", notMember(groupID))
	}
	g, err := r.Group(groupID)
	if err != nil {
		return nil, nil, orNotFound(err, "find group", notMember(groupID))
	}
	if g.Deleted || !m.LeftAt.IsZero() {
		return nil, nil, notMember(groupID)
	}
	return g, m, nil
}

// administered returns the group if the user is its admin. CodeNotMember, CodeNotAdmin.
func administered(r Reader, groupID, userID string) (*Group, error) {
	g, _, err := membership(r, groupID, userID)
	if err != nil {
		return nil, err
	}
	if g.AdminID != userID {
		return nil, Errorf(CodeNotAdmin, "Only the admin of %q may do this.", g.Name)
	}
	return g, nil
}

// CreateGroup makes a group whose admin and first member is the caller.
func (s *Service) CreateGroup(ctx context.Context, userID string, in NewGroup) (*Snapshot, error) {
	g, err := newGroup(in)
	if err != nil {
		return nil, err
	}
	var z *Zikr
	if in.Zikr != nil {
		if z, err = newZikr(*in.Zikr); err != nil {
			return nil, err
		}
		z.ID = s.newID()
	}
	g.ID, g.AdminID = s.newID(), userID
	// The group cannot be known to anybody yet: what may change meanwhile is the
	// user. The answer is read in the same transaction, because sent again the command would make another group.
	var out *Snapshot
	err = s.act(ctx, userID, UserKey(userID), func(c *command) error {
		if err := s.createGroup(c, *g, z); err != nil {
			return err
		}
		out, err = snapshot(c, userID, g.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// newGroup checks what a group is made of.
func newGroup(in NewGroup) (*Group, error) {
	g := &Group{Type: in.Type, IsPublic: in.IsPublic, GroupSettings: defaultSettings()}
	var errs [5]error
	g.Name, errs[0] = name("name", in.Name)
	if in.Type != QuranGroup && in.Type != ZikrGroup {
		errs[1] = Errorf(CodeInvalidPayload, "type is %.40q: it must be %q or %q.", in.Type, QuranGroup, ZikrGroup)
	}
	g.Dedication, errs[2] = optional("dedication", in.Dedication)
	g.HatmGoal, errs[3] = goal("hatmGoal", in.HatmGoal)
	errs[4] = g.applySettings(in.GroupSettingsChange)
	return g, firstError(errs[:])
}

func (s *Service) createGroup(c *command, g Group, z *Zikr) error {
	admin, err := c.holdLiving(g.AdminID)
	if err != nil {
		return err
	}
	if admin.IsGuest {
		return Errorf(CodeGuestsNotAllowed, "Guests make no groups. Please add an email and a password to your account first.")
	}
	if err := s.mayCreate(c, &g, z); err != nil {
		return err
	}
	g.CreatedAt, g.MemberCount = c.at, 1
	if g.TimeZone == "" {
		g.TimeZone = zoneName(admin.TimeZone)
	}
	errs := []error{
		c.InsertGroup(g),
		c.PutMember(Member{GroupID: g.ID, UserID: g.AdminID, JoinedAt: c.at}),
	}
	if g.Type == QuranGroup {
		errs = append(errs, c.InsertHatm(Hatm{GroupID: g.ID, Number: 1, OpenedAt: c.at, DueAt: daysAfter(c.at, g.HatmDays)}))
	}
	if z != nil {
		z.GroupID, z.CreatedAt = g.ID, c.at
		errs = append(errs, c.InsertZikr(*z))
	}
	return firstError(errs)
}

// mayCreate says why a user can make no more groups, nil if they can, and counts this one.
func (s *Service) mayCreate(c *command, g *Group, z *Zikr) error {
	n, err := c.CountAdministered(g.AdminID)
	if err != nil {
		return fmt.Errorf("count groups: %w", err)
	}
	if n >= s.bounds.Groups {
		return full(boundGroups, "You are the admin of %d groups, as many as one may be: please hand some over, or delete them.", n)
	}
	texts := g.textBytes()
	if z != nil {
		if s.bounds.Zikrs < 1 {
			return full(boundZikrs, "Groups may have no zikrs here.")
		}
		texts += z.textBytes()
	}
	if texts > s.bounds.GroupText {
		return fullOfText(g, s.bounds.GroupText)
	}
	c.stored += texts + rowBytes
	return c.spend(g.AdminID, 1, budget{boundGroupsADay, aDay, s.bounds.GroupsADay, "You have made very many groups today. Please go on tomorrow."})
}

// textBytes is how many bytes the group's own texts have.
func (g *Group) textBytes() int64 {
	return int64(len(g.Name) + len(g.Dedication) + len(g.CompletionText))
}

// fullOfText is the answer to who would write more into a group than it may hold.
func fullOfText(g *Group, most int64) *Error {
	return full(boundGroupText, "The texts of %q would be longer than a group's may be in all, %d bytes: please make some shorter.", g.Name, most)
}

// roomFor says whether a group's texts may grow from before to after, of the group itself or of one
// of its zikrs. CodeLimitReached.
func (s *Service) roomFor(c *command, g *Group, before, after int64) error {
	c.stored += after
	if after <= before {
		return nil
	}
	zikrs, err := c.Zikrs(g.ID)
	if err != nil {
		return fmt.Errorf("read zikrs: %w", err)
	}
	all := g.textBytes()
	for i := range zikrs {
		all += zikrs[i].textBytes()
	}
	if all+after-before > s.bounds.GroupText {
		return fullOfText(g, s.bounds.GroupText)
	}
	return nil
}

// Groups lists the caller's groups, newest first.
func (s *Service) Groups(ctx context.Context, userID string, page Page) (*List[GroupItem], error) {
	return s.listGroups(ctx, page, func(r Reader, p Page) ([]Group, error) { return r.GroupsOf(userID, p) })
}

// PublicGroups lists the public groups whose name contains a text, newest first.
func (s *Service) PublicGroups(ctx context.Context, userID, q string, page Page) (*List[GroupItem], error) {
	q, err := text("q", q, maxName)
	if err != nil {
		return nil, err
	}
	return s.listGroups(ctx, page, func(r Reader, p Page) ([]Group, error) {
		groups, err := r.PublicGroups(q, p)
		for i := range groups {
			if groups[i].AdminID != userID {
				groups[i].AdminID = "" // strangers are told of no member
			}
		}
		return groups, err
	})
}

func (s *Service) listGroups(ctx context.Context, page Page, read func(Reader, Page) ([]Group, error)) (*List[GroupItem], error) {
	return view(ctx, s, func(r Reader) (*List[GroupItem], error) {
		list, err := listOf(page, func(g GroupItem) string { return g.ID }, func(p Page) ([]GroupItem, error) {
			groups, err := read(r, p)
			items := make([]GroupItem, len(groups))
			for i := range groups {
				items[i] = groups[i].item()
			}
			return items, err
		})
		if err != nil {
			return nil, err
		}
		return list, addHatms(r, list.Items)
	})
}

// addHatms says of the groups of a page how far their open hatms are.
func addHatms(r Reader, items []GroupItem) error {
	var reading []string
	at := make(map[string]*GroupItem)
	for i := range items {
		if g := &items[i]; g.Type == QuranGroup {
			reading = append(reading, g.ID)
			at[g.ID] = g
		}
	}
	for some := range slices.Chunk(reading, MaxTogether) {
		standing, err := r.HatmsStanding(some)
		if err != nil {
			return fmt.Errorf("read how far hatms are: %w", err)
		}
		if len(standing) == MaxStanding { // of the last group there may be more: nothing is told of it, and of those after it
			last := standing[MaxStanding-1].GroupID
			standing = slices.DeleteFunc(standing, func(h HatmStanding) bool { return h.GroupID == last })
		}
		for _, h := range standing {
			at[h.GroupID].Hatms = append(at[h.GroupID].Hatms, h)
		}
	}
	return nil
}

// UpdateGroup changes a group. Admin only; a new admin must be a member.
func (s *Service) UpdateGroup(ctx context.Context, userID, groupID string, change GroupChange) (*Snapshot, error) {
	if err := new(Group).apply(change); err != nil {
		return nil, err // what is wrong in itself comes before who may
	}
	err := s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		before := *g
		if err := g.apply(change); err != nil || *g == before {
			return err
		}
		if err := s.roomFor(c, &before, before.textBytes(), g.textBytes()); err != nil {
			return err
		}
		if err := mayAdminister(c, g, g.AdminID); err != nil {
			return err
		}
		return c.saveSettings(g, before.GroupSettings)
	})
	if err != nil {
		return nil, err
	}
	return s.Snapshot(ctx, userID, groupID)
}

// saveSettings is saveGroup, with what follows from settings that were others before.
func (c *command) saveSettings(g *Group, before GroupSettings) error {
	if err := c.log(g, &GroupUpdated{GroupID: g.ID}); err != nil {
		return err
	}
	if g.Type == QuranGroup && g.AutoRelease && !before.AutoRelease {
		if err := c.wakeOverdue(g); err != nil {
			return err
		}
	}
	if g.Type == QuranGroup && g.OpenHatms > before.OpenHatms {
		if err := c.openNext(g); err != nil {
			return err
		}
	}
	return c.Tx.UpdateGroup(*g)
}

// mayAdminister says why a member cannot be the admin, nil if they can. CodeUserNotFound.
func mayAdminister(r Reader, g *Group, userID string) error {
	m, err := presentMember(r, g.ID, userID)
	if err != nil {
		return err
	}
	if m.Loginless {
		return Errorf(CodeUserNotFound, "%s has no login, and cannot be the admin.", m.UserName)
	}
	return nil
}

// saveGroup stores what changed about a group and tells its channel.
func (c *command) saveGroup(g *Group) error {
	if err := c.log(g, &GroupUpdated{GroupID: g.ID}); err != nil {
		return err
	}
	return c.Tx.UpdateGroup(*g)
}

// apply sets on g what is to change. That a new admin is a member is for the caller to see to.
func (g *Group) apply(change GroupChange) error {
	var errs [4]error
	if change.Name != nil {
		g.Name, errs[0] = name("name", *change.Name)
	}
	if change.IsPublic != nil {
		g.IsPublic = *change.IsPublic
	}
	if change.Dedication != nil {
		g.Dedication, errs[1] = optional("dedication", change.Dedication)
	}
	if change.HatmGoal != nil {
		g.HatmGoal, errs[2] = goal("hatmGoal", change.HatmGoal)
	}
	if change.AdminID != nil {
		g.AdminID = *change.AdminID
	}
	errs[3] = g.applySettings(change.GroupSettingsChange)
	return firstError(errs[:])
}

// presentMember returns the membership of somebody named by the admin. CodeUserNotFound.
func presentMember(r Reader, groupID, userID string) (*Member, error) {
	none := Errorf(CodeUserNotFound, "There is no member %.128q in this group.", userID)
	m, err := r.Member(groupID, userID)
	if err != nil {
		return nil, orNotFound(err, "find member", none)
	}
	if !m.LeftAt.IsZero() {
		return nil, none
	}
	return m, nil
}

// DeleteGroup ends a group. Admin only. The other members are notified.
func (s *Service) DeleteGroup(ctx context.Context, userID, groupID string) error {
	return s.update(ctx, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		if err := c.deleteGroup(g); err != nil {
			return err
		}
		return c.notice(Notice{ID: s.newID(), GroupID: g.ID, SenderID: userID, Type: NotifyRemoved, Seq: g.Seq})
	})
}

// deleteGroup marks the group as deleted, tells its channel and takes back its invitations.
func (c *command) deleteGroup(g *Group) error {
	g.Deleted = true
	if err := c.log(g, &GroupDeleted{GroupID: g.ID, GroupName: g.Name}); err != nil {
		return err
	}
	if err := firstError([]error{c.DeletePendingInvitations(g.ID), c.DeleteBansIn(g.ID)}); err != nil {
		return err
	}
	return c.Tx.UpdateGroup(*g)
}

// JoinPublicGroup makes the caller a member of a public group. Who is one already
// is answered the same. CodeNotMember, CodeBanned, CodeLimitReached, CodeRateLimited.
func (s *Service) JoinPublicGroup(ctx context.Context, userID, groupID string) (*Snapshot, error) {
	err := s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		g, err := c.Group(groupID)
		if err != nil {
			return orNotFound(err, "find group", notMember(groupID))
		}
		_, _, err = membership(c, groupID, userID)
		if CodeOf(err) != CodeNotMember {
			return err
		}
		if g.Deleted || !g.IsPublic {
			return err
		}
		if err := s.mayEnter(c, g, userID); err != nil {
			return err
		}
		if err := s.countJoin(c, userID); err != nil {
			return err
		}
		return c.admit(g, userID)
	})
	if err != nil {
		return nil, err
	}
	return s.Snapshot(ctx, userID, groupID)
}

// countJoin counts that a user is about to become a member of their own accord: whoever comes and goes again and again
// has all members told of it.
func (s *Service) countJoin(c *command, userID string) error {
	return c.spend(userID, 1, budget{boundJoinsADay, aDay, s.bounds.JoinsADay, "You have joined very many groups today. Please go on tomorrow."})
}

// admit makes a user a member, who mayEnter, and tells the group.
func (c *command) admit(g *Group, userID string) error {
	u, err := c.holdLiving(userID)
	if err != nil {
		return err
	}
	if err := c.PutMember(Member{GroupID: g.ID, UserID: userID, JoinedAt: c.at}); err != nil {
		return err
	}
	g.MemberCount++
	if err := c.log(g, &MemberJoined{GroupID: g.ID, GroupName: g.Name, UserID: userID, UserName: u.FullName(), Loginless: !u.HasLogin()}); err != nil {
		return err
	}
	return c.Tx.UpdateGroup(*g)
}

// LeaveGroup ends the caller's membership: booked poras are freed, an admin
// hands over to the member of longest standing, and the last one to leave deletes the group.
func (s *Service) LeaveGroup(ctx context.Context, userID, groupID string) error {
	return s.leaveGroup(ctx, groupID, userID, false)
}

// leaveGroup is LeaveGroup; of an account that is being deleted, what is told
// names a former member.
func (s *Service) leaveGroup(ctx context.Context, groupID, userID string, deleting bool) error {
	return s.update(ctx, GroupKey(groupID), func(c *command) error {
		g, m, err := membership(c, groupID, userID)
		if err != nil {
			return err
		}
		return c.dismiss(g, m, deleting)
	})
}

// RemoveMember ends the membership of another. Admin only; on oneself it is LeaveGroup.
func (s *Service) RemoveMember(ctx context.Context, userID, groupID, memberID string) error {
	if memberID == userID {
		return s.LeaveGroup(ctx, userID, groupID)
	}
	return s.update(ctx, GroupKey(groupID), func(c *command) error {
		g, err := administered(c, groupID, userID)
		if err != nil {
			return err
		}
		m, err := presentMember(c, groupID, memberID)
		if err != nil {
			return err
		}
		return s.remove(c, g, m)
	})
}

// remove ends a membership by the admin, and notifies who is removed.
func (s *Service) remove(c *command, g *Group, m *Member) error {
	if err := c.dismiss(g, m, false); err != nil {
		return err
	}
	return c.notify(g, Notification{ID: s.newID(), ReceiverID: m.UserID, SenderID: g.AdminID, Type: NotifyRemoved})
}

// dismiss ends a membership with all that follows from it (contract section 2, Hatm).
func (c *command) dismiss(g *Group, m *Member, deleting bool) error {
	u, err := c.User(m.UserID)
	if err != nil {
		return fmt.Errorf("find member's account: %w", err)
	}
	u.Deleted = u.Deleted || deleting
	if err := c.releaseAll(g, u); err != nil {
		return err
	}
	m.LeftAt = c.at
	if err := c.PutMember(*m); err != nil {
		return err
	}
	g.MemberCount--
	if err := c.log(g, &MemberLeft{GroupID: g.ID, UserID: u.ID, UserName: u.FullName(), Loginless: !u.HasLogin()}); err != nil {
		return err
	}
	if g.MemberCount == 0 {
		return c.deleteGroup(g)
	}
	if g.AdminID != u.ID {
		return c.Tx.UpdateGroup(*g)
	}
	heirs, err := c.Members(g.ID)
	if err != nil {
		return fmt.Errorf("find the next admin: %w", err)
	}
	for _, heir := range heirs {
		if !heir.Loginless {
			g.AdminID = heir.UserID
			return c.saveGroup(g)
		}
	}
	return c.deleteGroup(g) // nobody is left who could act
}
