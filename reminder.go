package zikr

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Settings is how a user wants to be told of things, and when the clock reminds them.
type Settings struct {
	TimeZone string // an IANA name; "" for UTC
	Locale   string // one of Locales; "" for none
	// HasReminder says whether there is a ReminderHour, 0 to 23, in which the user is reminded.
	HasReminder  bool
	ReminderHour int
	// RemindPoras and RemindZikrs say of what.
	RemindPoras, RemindZikrs bool
	RemindAt                 time.Time // when they are reminded next; zero without an hour
	RemindedOn               Date      // their day of the latest reminder; 0 for never
}

// Locales are the languages that there will be sentences in.
func Locales() []string { return []string{"uz", "uz-Cyrl", "ru", "en", "ar", "tr"} }

// ReminderTopic is what a user may be reminded of.
type ReminderTopic string

// The topics of reminders.
const (
	RemindOfPoras ReminderTopic = "poras" // that they hold one that is not done
	RemindOfZikrs ReminderTopic = "zikrs" // that they counted nothing today
)

// newSettings are those of a new account.
func newSettings() Settings { return Settings{RemindPoras: true} }

// SettingsItem is what a user sees of the own settings.
type SettingsItem struct {
	TimeZone     string          `json:"timeZone" doc:"an IANA name: whose days the history counts, and whose hours the reminders keep"`
	Locale       *string         `json:"locale"`
	ReminderHour *int            `json:"reminderHour" doc:"0 to 23: the hour of reminders; null for none"`
	RemindOf     []ReminderTopic `json:"remindOf" enum:"poras,zikrs"`
}

func (s *Settings) item() SettingsItem {
	out := SettingsItem{TimeZone: zoneName(s.TimeZone), Locale: orNil(s.Locale), RemindOf: []ReminderTopic{}}
	if s.HasReminder {
		out.ReminderHour = &s.ReminderHour
	}
	if s.RemindPoras {
		out.RemindOf = append(out.RemindOf, RemindOfPoras)
	}
	if s.RemindZikrs {
		out.RemindOf = append(out.RemindOf, RemindOfZikrs)
	}
	return out
}

// SettingsChange is what is to change of settings; what is absent stays as it is.
type SettingsChange struct {
	TimeZone     *string         `json:"timeZone,omitempty" minLength:"1" maxLength:"64" doc:"an IANA name, like Asia/Tashkent"`
	Locale       *string         `json:"locale,omitempty" enum:"uz,uz-Cyrl,ru,en,ar,tr"`
	ReminderHour OrNull[Int]     `json:"reminderHour,omitzero" minimum:"0" maximum:"23" doc:"the hour of reminders; null takes it away"`
	RemindOf     []ReminderTopic `json:"remindOf,omitempty" enum:"poras,zikrs" doc:"of what; may be empty"`
}

// apply sets what is to change. When the next reminder is due is for the caller to see to.
func (s *Settings) apply(change SettingsChange) error {
	if change.TimeZone != nil {
		zone, err := timeZone("timeZone", *change.TimeZone)
		if err != nil {
			return err
		}
		s.TimeZone = zone
	}
	if change.Locale != nil {
		if !slices.Contains(Locales(), *change.Locale) {
			return Errorf(CodeInvalidPayload, "locale is %.20q: it must be one of %q.", *change.Locale, Locales())
		}
		s.Locale = *change.Locale
	}
	if err := s.applyHour(change.ReminderHour); err != nil {
		return err
	}
	return s.applyTopics(change.RemindOf)
}

func (s *Settings) applyHour(change OrNull[Int]) error {
	if !change.Set {
		return nil
	}
	s.HasReminder, s.ReminderHour = change.Value != nil, 0
	if !s.HasReminder {
		return nil
	}
	if *change.Value < 0 || *change.Value > 23 {
		return Errorf(CodeInvalidPayload, "reminderHour is %d: it must be from 0 to 23, or null for none.", *change.Value)
	}
	s.ReminderHour = int(*change.Value)
	return nil
}

func (s *Settings) applyTopics(topics []ReminderTopic) error {
	if topics == nil {
		return nil
	}
	s.RemindPoras, s.RemindZikrs = false, false
	for _, t := range topics {
		switch t {
		case RemindOfPoras:
			s.RemindPoras = true
		case RemindOfZikrs:
			s.RemindZikrs = true
		default:
			return Errorf(CodeInvalidPayload, "remindOf names %.20q: there are %q and %q.", t, RemindOfPoras, RemindOfZikrs)
		}
	}
	return nil
}

// plan sets when the next reminder is due: at the first beginning of the hour after now, of a day that comes
// after the one of the latest reminder.
func (s *Settings) plan(now time.Time, zone *time.Location) {
	if s.RemindAt = (time.Time{}); !s.HasReminder {
		return
	}
	for day := max(DateOf(now.In(zone)), s.RemindedOn+1); ; day++ {
		if at := hourOf(day, s.ReminderHour, zone); at.After(now) {
			s.RemindAt = at
			return
		}
	}
}

// step is how finely the beginning of an hour is looked for: zones change by quarters of an hour.
const step = 15 * time.Minute

// hourOf is when an hour of a day begins in a zone. An hour that comes twice on that day, as clocks are set
// back, begins the first time; one that does not come begins when the clocks have passed it.
func hourOf(day Date, hour int, zone *time.Location) time.Time {
	const east, west = 15 * time.Hour, 13 * time.Hour // further than any zone is from UTC
	for at := day.start().Add(-east); ; at = at.Add(step) {
		local := at.In(zone)
		if date := DateOf(local); date > day || date == day && local.Hour() >= hour {
			return at
		}
		if at.After(day.start().Add(24*time.Hour + west)) {
			return at // no zone comes here
		}
	}
}

// DueReminder is a user whose hour of reminders has come.
type DueReminder struct {
	RemindAt time.Time
	UserID   string
}

// RemindersDue returns at most limit users whose hour has come, soonest first, after one in that order; after the
// zero value come all.
func (s *Service) RemindersDue(ctx context.Context, after DueReminder, limit int) ([]DueReminder, error) {
	return view(ctx, s, func(r Reader) ([]DueReminder, error) { return r.RemindersDue(s.now(), after, limit) })
}

// Remind reminds a user of what is due today, if their hour has come and they were not reminded today, and says when it
// comes next. What a stopped server missed is made good on the same day only: yesterday's reminder helps nobody.
func (s *Service) Remind(ctx context.Context, userID string) error {
	return s.update(ctx, UserKey(userID), func(c *command) error {
		u, err := c.ClaimUser(userID)
		if err != nil {
			return fmt.Errorf("find user: %w", err)
		}
		if u.RemindAt.IsZero() || u.RemindAt.After(c.at) {
			return nil // done by another node, or put off
		}
		zone := s.zones.of(u.TimeZone)
		today := DateOf(c.at.In(zone))
		if u.HasLogin() && u.RemindedOn < today && !hourOf(today, u.ReminderHour, zone).After(c.at) {
			if err := s.remindOf(c, u, today); err != nil {
				return err
			}
			u.RemindedOn = today
		}
		u.plan(c.at, zone)
		return c.UpdateUser(*u)
	})
}

// remindOf sends one reminder of each topic that a user wants, and of which there is something to say.
func (s *Service) remindOf(c *command, u *User, today Date) error {
	if u.RemindPoras {
		if err := s.remindOfPoras(c, u); err != nil {
			return err
		}
	}
	if u.RemindZikrs {
		return s.remindOfZikrs(c, u, today)
	}
	return nil
}

// remindOfPoras names the pora that is due first of those that the user holds, and says how many they are.
func (s *Service) remindOfPoras(c *command, u *User) error {
	held, err := c.HeldBy(u.ID)
	if err != nil {
		return fmt.Errorf("find held poras: %w", err)
	}
	var first *Booking
	var of *Group
	count := int64(0)
	for i := range held {
		g, err := c.Group(held[i].GroupID)
		if err != nil {
			return fmt.Errorf("find group: %w", err)
		}
		if g.Deleted {
			continue
		}
		count++
		if first == nil || held[i].dueBefore(first) {
			first, of = &held[i], g
		}
	}
	if first == nil {
		return nil
	}
	return c.notify(of, Notification{ID: s.newID(), ReceiverID: u.ID, Type: NotifyPoraReminder, BookingID: first.ID, Count: count})
}

// dueBefore reports whether b comes before another by its date; one without a date comes last.
func (b *Booking) dueBefore(o *Booking) bool {
	return !b.DueAt.IsZero() && (o.DueAt.IsZero() || b.DueAt.Before(o.DueAt))
}

// remindOfZikrs reminds who is in a group that counts, and has counted nothing today.
func (s *Service) remindOfZikrs(c *command, u *User, today Date) error {
	sums, err := c.DaySumsOf(u.ID, today, today)
	if err != nil {
		return fmt.Errorf("read today: %w", err)
	}
	if len(sums) > 0 && sums[0].Counted > 0 {
		return nil
	}
	g, err := c.newestCounting(u.ID)
	if err != nil || g == nil {
		return err
	}
	return c.notify(g, Notification{ID: s.newID(), ReceiverID: u.ID, Type: NotifyZikrReminder})
}

// newestCounting is the newest of a user's groups that count; nil if there is none.
func (c *command) newestCounting(userID string) (*Group, error) {
	for page := (Page{Limit: maxPage}); ; {
		groups, err := c.GroupsOf(userID, page)
		if err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		if i := slices.IndexFunc(groups, func(g Group) bool { return g.Type == ZikrGroup }); i >= 0 {
			return &groups[i], nil
		}
		if len(groups) < maxPage {
			return nil, nil
		}
		page.Cursor = groups[maxPage-1].ID
	}
}

// remindPause is how long an admin waits to remind of one booking again.
const remindPause = 24 * time.Hour

// RemindPora reminds the holder of a booked pora, in the admin's name: once a day. CodeNotAdmin, CodeBookingCompleted,
// CodeUserNotFound for a holder who has no login.
func (s *Service) RemindPora(ctx context.Context, userID string, in RemindPora) (*ReminderSent, error) {
	var out *ReminderSent
	err := s.withBooking(ctx, userID, in.BookingID, func(c *command, g *Group, b *Booking) error {
		switch {
		case g.AdminID != userID:
			return Errorf(CodeNotAdmin, "Only the admin of %q may remind others.", g.Name)
		case b.Status == Released:
			return noBooking(b.ID)
		case b.Status == Completed:
			return Errorf(CodeBookingCompleted, "%s has been read already: there is nothing to remind of.", poraName(b.Pora))
		}
		holder, err := c.User(b.UserID)
		if err != nil {
			return fmt.Errorf("find holder: %w", err)
		}
		if !holder.HasLogin() {
			return Errorf(CodeUserNotFound, "%s has no login: please remind them yourself.", holder.FullName())
		}
		last, err := c.Reminded(b.UserID, b.ID)
		if err != nil {
			return fmt.Errorf("find the latest reminder: %w", err)
		}
		if wait := last.Add(remindPause).Sub(c.at); !last.IsZero() && wait > 0 {
			return RateLimited(wait, "They were reminded of %s today. Please wait until tomorrow.", poraName(b.Pora))
		}
		out = &ReminderSent{b.ID, At(c.at)}
		return c.notify(g, Notification{ID: s.newID(), ReceiverID: b.UserID, SenderID: userID, Type: NotifyPoraReminder, BookingID: b.ID, Count: 1})
	})
	return out, err
}
