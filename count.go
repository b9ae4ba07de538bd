package zikr

import "time"

// Zikr is a formula of remembrance that a group counts.
type Zikr struct {
	ID          string
	GroupID     string
	Name        string
	Body        string // the Arabic text; "" for none, as are the next two
	Description string
	Hint        string
	Goal        int64 // of one cycle; 0 for none
	Total       int64 // all that was ever counted
	CreatedAt   time.Time
	Deleted     bool
}

// Count is one counting, and what it was answered with.
type Count struct {
	ID      string
	GroupID string
	ZikrID  string
	UserID  string
	OpID    string // "" for none; unique for a user
	Count   int64  // what was added
	Total   int64  // of the zikr, this one counted
	Goal    int64  // of the zikr at that time
	At      time.Time
}

// Share is what one user counted of one zikr. Shares of a zikr sum to its Total.
type Share struct {
	ZikrID   string
	UserID   string
	UserName string // read only: comes from the account
	Count    int64
}

// CountReader reads zikrs and their counts.
type CountReader interface {
	// Zikr returns the zikr, also a deleted one.
	Zikr(id string) (*Zikr, error)
	// Zikrs returns the zikrs of a group that are not deleted, oldest first.
	Zikrs(groupID string) ([]Zikr, error)
	// Shares returns what each user counted of the group's zikrs, most first.
	Shares(groupID string) ([]Share, error)
	// CountByOpID returns the counting that a user made with an opId.
	CountByOpID(userID, opID string) (*Count, error)
	// SharesOf returns what a user counted, of every zikr; CountsOf the countings
	// that are still kept one by one, oldest first, after the id in the page's cursor.
	SharesOf(userID string) ([]Share, error)
	CountsOf(userID string, page Page) ([]Count, error)
}

// CountWriter writes them.
type CountWriter interface {
	InsertZikr(Zikr) error
	UpdateZikr(Zikr) error
	// InsertCount stores the counting, adds it to the user's share and sets the
	// zikr's Total to its Total.
	InsertCount(Count) error
}
