package zikr

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Date is a day of the calendar: how many days it comes after 1970-01-01, which is 0.
type Date int64

// DateOf is the day that a moment belongs to in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

const secondsOfDay = 24 * 60 * 60

// ParseDate reads a date as clients write it.
func ParseDate(value string) (Date, error) {
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return 0, fmt.Errorf("%.20q is not a date like 2026-01-31", value)
	}
	return DateOf(t), nil
}

// start is midnight of the date, in UTC.
func (d Date) start() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

// String is the date as clients see it: 2026-01-31.
func (d Date) String() string { return d.start().Format(time.DateOnly) }

// Days are the days on which something was done: in the time zone of the user, as it was when they did it, and
// in that of the group. Both are 0 of what a node of the release before has stored, until the janitor gives it the
// day in UTC.
type Days struct{ Day, GroupDay Date }

// MemberDay is what a member did on one day in a group: counted of a zikr, or completed of poras. It is written with
// the act and kept for ever. A user's MemberDays of a zikr sum to the share, those of poras to the completed ones.
type MemberDay struct {
	GroupID string
	UserID  string
	ZikrID  string // "" for poras
	Days
	Amount int64
}

// DaySum is what was done on one day, by one user or in one group.
type DaySum struct {
	Date    Date
	Counted int64
	Poras   int64
	Members int64 // how many took part
}

// DayReader reads what was done by day. A day on which nothing is left, since it was undone, is not there.
type DayReader interface {
	// DaySumsOf sums what a user did in all groups, by the user's days from first to last; DaySumsIn what
	// was done in a group, by the group's. Oldest first.
	DaySumsOf(userID string, first, last Date) ([]DaySum, error)
	DaySumsIn(groupID string, first, last Date) ([]DaySum, error)
	// FirstDayIn returns the first day, not before first, from which up to last a group has at most rows MemberDays; last
	// if it alone has more.
	FirstDayIn(groupID string, first, last Date, rows int64) (Date, error)
	// ActiveDaysOf returns all days on which a user did something, ActiveDaysIn those on which somebody did in
	// a group. Oldest first.
	ActiveDaysOf(userID string) ([]Date, error)
	ActiveDaysIn(groupID string) ([]Date, error)
	// MemberDaysOf returns all that a user did by day, oldest first.
	MemberDaysOf(userID string) ([]MemberDay, error)
	// UndatedGroups returns the ids of at most limit groups with completed bookings that have no day.
	UndatedGroups(limit int) ([]string, error)
}

// DayWriter gives days to what a node of the release before has stored without them: those in UTC. Each takes
// at most limit rows and returns how many it took: less than limit when nothing is left.
type DayWriter interface {
	DateCounts(limit int) (int, error)
	DateBookings(groupID string, limit int) (int, error)
	// MoveDays makes MemberDays of the sums by day of that release.
	MoveDays(limit int) (int, error)
}

// daysAt are the days of a moment for one who acts in a group.
func (s *Service) daysAt(at time.Time, u *User, g *Group) Days {
	return Days{DateOf(at.In(s.zones.of(u.TimeZone))), DateOf(at.In(s.zones.of(g.TimeZone)))}
}

// History is what was done by day.
type History struct {
	TimeZone string    `json:"timeZone" doc:"in which today is told; each day is of the zone that there was then"`
	From     string    `json:"from" format:"date" doc:"the first day that is looked at: later than asked for where a group has done too much for one answer; what was before it is asked for with to"`
	Days     []DayItem `json:"days" doc:"oldest first; those on which nothing was done are left out"`
	Streak   Streak    `json:"streak"`
}

// DayItem is one day.
type DayItem struct {
	Date    string `json:"date" format:"date"`
	Counted int64  `json:"counted" doc:"of zikrs"`
	Poras   int64  `json:"poras" doc:"that were completed"`
	Members int64  `json:"members,omitempty" doc:"how many took part; of a group's days only"`
}

// Streak is how many days on end something was done.
type Streak struct {
	Days int64 `json:"days" doc:"up to today, which may still be empty"`
	Best int64 `json:"best"`
}

// The bounds of what is asked for at once, in days.
const (
	maxDays     = 400
	defaultDays = 30
)

// DayRange asks for days: from the first to the last, both included. What is absent is filled in: today is
// the last day, and there are 30.
type DayRange struct{ From, To *Date }

// within fills in a range and checks it.
func (d DayRange) within(today Date) (first, last Date, err error) {
	switch last = today; {
	case d.To != nil:
		last = *d.To
	case d.From != nil:
		last = max(today, *d.From)
	}
	first = last - defaultDays + 1
	if d.From != nil {
		first = *d.From
	}
	if d.To == nil && last-first >= maxDays {
		last = first + maxDays - 1
	}
	if first > last || last-first >= maxDays {
		return 0, 0, Errorf(CodeInvalidPayload, "from %s to %s are %d days: please ask for 1 to %d.", first, last, last-first+1, maxDays)
	}
	return first, last, nil
}

// MyDays returns what the caller did by day, in all groups.
func (s *Service) MyDays(ctx context.Context, userID string, asked DayRange) (*History, error) {
	return view(ctx, s, func(r Reader) (*History, error) {
		u, err := living(r, userID)
		if err != nil {
			return nil, err
		}
		return s.history(u.TimeZone, asked, dayBook{
			first: func(first, _ Date) (Date, error) { return first, nil },
			sums:  func(first, last Date) ([]DaySum, error) { return r.DaySumsOf(userID, first, last) },
			all:   func() ([]Date, error) { return r.ActiveDaysOf(userID) },
		})
	})
}

// GroupDays returns what was done in a group by day, without names, to those who may see its snapshot.
func (s *Service) GroupDays(ctx context.Context, userID, groupID string, asked DayRange) (*History, error) {
	return view(ctx, s, func(r Reader) (*History, error) {
		g, err := visible(r, userID, groupID)
		if err != nil {
			return nil, err
		}
		return s.history(g.TimeZone, asked, dayBook{
			first: func(first, last Date) (Date, error) { return s.firstDayIn(r, groupID, first, last) },
			sums:  func(first, last Date) ([]DaySum, error) { return r.DaySumsIn(groupID, first, last) },
			all:   func() ([]Date, error) { return r.ActiveDaysIn(groupID) },
		})
	})
}

// firstDayIn is from which day on a group's days are told, and tells that the bound was met if that is a later one.
func (s *Service) firstDayIn(r Reader, groupID string, first, last Date) (Date, error) {
	told, err := r.FirstDayIn(groupID, first, last, s.bounds.GroupDayRows)
	if err == nil && told > first {
		s.tellMet(boundGroupDayRows)
	}
	return told, err
}

// dayBook is the days of somebody: from which on they are told, what was done on them, and all on which something was.
type dayBook struct {
	first func(first, last Date) (Date, error)
	sums  func(first, last Date) ([]DaySum, error)
	all   func() ([]Date, error)
}

func (s *Service) history(zone string, asked DayRange, of dayBook) (*History, error) {
	today := DateOf(s.now().In(s.zones.of(zone)))
	first, last, err := asked.within(today)
	if err != nil {
		return nil, err
	}
	if first, err = of.first(first, last); err != nil {
		return nil, fmt.Errorf("find the first day: %w", err)
	}
	days, err := of.sums(first, last)
	if err != nil {
		return nil, fmt.Errorf("read days: %w", err)
	}
	all, err := of.all()
	if err != nil {
		return nil, fmt.Errorf("read days for the streak: %w", err)
	}
	out := &History{TimeZone: zoneName(zone), From: first.String(), Days: make([]DayItem, len(days)), Streak: streak(all, today)}
	for i, d := range days {
		out.Days[i] = DayItem{d.Date.String(), d.Counted, d.Poras, d.Members}
	}
	return out, nil
}

// streak counts the days on end, of all on which something was done, in their order. A day after today, as there is
// when one has gone west, continues it like today.
func streak(active []Date, today Date) (out Streak) {
	run, latest := int64(0), Date(0)
	for i, day := range slices.Compact(active) {
		if i > 0 && day == latest+1 {
			run++
		} else {
			run = 1
		}
		latest = day
		out.Best = max(out.Best, run)
	}
	if len(active) > 0 && latest >= today-1 {
		out.Days = run
	}
	return out
}

// maxZone is how long the name of a time zone may be, in characters.
const maxZone = 64

// timeZone checks the name of a time zone. Only names of the IANA database are taken: no name may mean
// another zone on another node, or be counted with leap seconds.
func timeZone(field, value string) (string, error) {
	value = strings.TrimSpace(value)
	wrong := Errorf(CodeInvalidPayload, "%s is %.64q: it must be a name of the IANA database, like Asia/Tashkent, or UTC.", field, value)
	switch {
	case value == "" || len(value) > maxZone || strings.ContainsRune(value, 0):
		return "", wrong
	case value == "Local" || value == "localtime" || value == "posixrules" || value == "Factory":
		return "", wrong
	case strings.HasPrefix(value, "right/") || strings.HasPrefix(value, "posix/"):
		return "", wrong
	}
	if _, err := time.LoadLocation(value); err != nil {
		return "", wrong
	}
	return value, nil
}

// zones are the time zones that were asked for. There are some hundreds, and each takes long to read.
// The zero value is ready.
type zones struct{ known sync.Map } // of *time.Location, by name

// of returns a zone by its name; "" is UTC. One that this machine does not know, which the one where it was
// chosen did, is UTC too: nobody's reading ends for it.
func (z *zones) of(name string) *time.Location {
	if name == "" {
		return time.UTC
	}
	if known, ok := z.known.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	z.known.Store(name, zone)
	return zone
}

// zoneName is how clients see the name of a zone.
func zoneName(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}
