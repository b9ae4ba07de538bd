package zikr

import (
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
// after the one of the latest reminder, and not before a day.
func (s *Settings) plan(now time.Time, zone *time.Location, notBefore Date) {
	if s.RemindAt = (time.Time{}); !s.HasReminder {
		return
	}
	for day := max(DateOf(now.In(zone)), notBefore, s.RemindedOn+1); ; day++ {
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
