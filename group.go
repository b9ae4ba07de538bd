package zikr

import "time"

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
	Seq         int64 // of the latest event in its log
	CreatedAt   time.Time
	Deleted     bool
}

// Member is a user in a group. Who left stays, with LeftAt.
type Member struct {
	GroupID  string
	UserID   string
	UserName string // read only: comes from the account
	JoinedAt time.Time
	LeftAt   time.Time // zero while a member
}

// GroupReader reads groups and who is in them.
type GroupReader interface {
	// Group returns the group, also a deleted one.
	Group(id string) (*Group, error)
	// Member returns the membership, also one that ended.
	Member(groupID, userID string) (*Member, error)
	// Members returns the present members, longest standing first (by JoinedAt, then UserID).
	Members(groupID string) ([]Member, error)
	// MemberIDs returns the ids of the present members.
	MemberIDs(groupID string) ([]string, error)
	// GroupsOf returns the groups a user is in, newest first; PublicGroups those public
	// ones whose name contains text, whatever the case. The cursor is the id of the
	// last group of the page before. Deleted groups are left out.
	GroupsOf(userID string, page Page) ([]Group, error)
	PublicGroups(text string, page Page) ([]Group, error)
	// EverGroupsOf returns the ids of all groups that a user is or was in, deleted ones too.
	EverGroupsOf(userID string) ([]string, error)
	// CountGroupsOf counts the groups of a type that a user is in.
	CountGroupsOf(userID string, t GroupType) (int64, error)
}

// GroupWriter writes them.
type GroupWriter interface {
	InsertGroup(Group) error
	UpdateGroup(Group) error
	// PutMember inserts the membership or, for one that is there, replaces its times.
	PutMember(Member) error
}
