package zikr

// Division is which verses a pora holds: prints differ. It changes no rule.
type Division string

// The divisions that there are (GET /poras has both).
const (
	Madani  Division = "madani"
	IndoPak Division = "indopak"
)

// GroupSettings are how a group reads. A change applies from then on: dates that were promised stay.
type GroupSettings struct {
	OpenHatms      int64 // how many hatms may be open at once
	PoraLimit      int64 // how many poras one member may hold at a time; 0 for any number
	ReadingDays    int64 // from a booking to its date; 0 for no date
	HatmDays       int64 // from a hatm's opening to its date; 0 for no date
	AutoRelease    bool  // what is overdue is freed by itself
	IsAnonymous    bool  // nobody but the admin is told who did what; once it is set it stays
	Division       Division
	CompletionText string // the group's own words for a completed hatm; "" for none
	TimeZone       string // IANA; whose days the group's history counts
}

// The ranges of settings (contract section 6).
const (
	maxOpenHatms   = 20
	maxPoraLimit   = Poras
	maxReadingDays = 366
	maxHatmDays    = 3660
)

// defaultSettings are those of a group whose admin chose none; its time zone is the admin's own.
func defaultSettings() GroupSettings { return GroupSettings{OpenHatms: 1, Division: Madani} }

// GroupSettingsChange is what is to change of settings, or be chosen for a new group; nil stays as it is.
type GroupSettingsChange struct {
	OpenHatms      *Int      `json:"openHatms,omitempty" minimum:"1" maximum:"20" doc:"how many hatms may be open at once: 1 unless it is set"`
	PoraLimit      *Int      `json:"poraLimit,omitempty" minimum:"0" maximum:"30" doc:"how many poras one member may hold at a time; 0 takes it away"`
	ReadingDays    *Int      `json:"readingDays,omitempty" minimum:"0" maximum:"366" doc:"a booking is due that many days after it was made; 0 takes it away"`
	HatmDays       *Int      `json:"hatmDays,omitempty" minimum:"0" maximum:"3660" doc:"a hatm is due that many days after it was opened; 0 takes it away"`
	AutoRelease    *bool     `json:"autoRelease,omitempty" doc:"what is overdue is freed by itself"`
	IsAnonymous    *bool     `json:"isAnonymous,omitempty" doc:"nobody but the admin is told who did what; it cannot be taken back: false is then invalid_payload"`
	Division       *Division `json:"division,omitempty" enum:"madani,indopak" doc:"which verses a pora holds; it changes no rule"`
	CompletionText *string   `json:"completionText,omitempty" maxLength:"2000" doc:"the group's own words or dua for a completed hatm; empty takes them away"`
	TimeZone       *string   `json:"timeZone,omitempty" minLength:"1" maxLength:"64" doc:"an IANA name: whose days the group's history counts"`
}

// GroupSettingsItem are settings as clients see them.
type GroupSettingsItem struct {
	OpenHatms      int64    `json:"openHatms" doc:"how many hatms may be open at once"`
	PoraLimit      *int64   `json:"poraLimit" doc:"how many poras one member may hold at a time"`
	ReadingDays    *int64   `json:"readingDays" doc:"a booking is due that many days after it was made"`
	HatmDays       *int64   `json:"hatmDays" doc:"a hatm is due that many days after it was opened"`
	AutoRelease    bool     `json:"autoRelease" doc:"what is overdue is freed by itself"`
	IsAnonymous    bool     `json:"isAnonymous" doc:"nobody but the admin is told who did what; once true, it stays so"`
	Division       Division `json:"division" enum:"madani,indopak" doc:"which verses a pora holds"`
	CompletionText *string  `json:"completionText" doc:"the group's own words or dua for a completed hatm"`
	TimeZone       string   `json:"timeZone" doc:"an IANA name: whose days the group's history counts"`
}

func (s *GroupSettings) item() GroupSettingsItem {
	return GroupSettingsItem{
		OpenHatms: s.OpenHatms, PoraLimit: orNil(s.PoraLimit), ReadingDays: orNil(s.ReadingDays), HatmDays: orNil(s.HatmDays),
		AutoRelease: s.AutoRelease, IsAnonymous: s.IsAnonymous, Division: s.Division, CompletionText: orNil(s.CompletionText), TimeZone: s.TimeZone,
	}
}

// applySettings sets what is to change. CodeInvalidPayload.
func (s *GroupSettings) applySettings(change GroupSettingsChange) error {
	errs := []error{
		within("openHatms", change.OpenHatms, 1, maxOpenHatms, &s.OpenHatms),
		within("poraLimit", change.PoraLimit, 0, maxPoraLimit, &s.PoraLimit),
		within("readingDays", change.ReadingDays, 0, maxReadingDays, &s.ReadingDays),
		within("hatmDays", change.HatmDays, 0, maxHatmDays, &s.HatmDays),
		nil, nil, nil, nil,
	}
	if change.AutoRelease != nil {
		s.AutoRelease = *change.AutoRelease
	}
	if change.IsAnonymous != nil {
		errs[7] = s.setAnonymous(*change.IsAnonymous)
	}
	if change.Division != nil {
		s.Division, errs[4] = division(*change.Division)
	}
	if change.CompletionText != nil {
		s.CompletionText, errs[5] = optional("completionText", change.CompletionText)
	}
	if change.TimeZone != nil {
		s.TimeZone, errs[6] = timeZone("timeZone", *change.TimeZone)
	}
	return firstError(errs)
}

// setAnonymous makes a group anonymous. It stays so: what was done since was done under a promise.
func (s *GroupSettings) setAnonymous(value bool) error {
	if s.IsAnonymous && !value {
		return Errorf(CodeInvalidPayload, "isAnonymous cannot be false again: its members were promised that nobody is told who did what. Please leave it out, or make another group.")
	}
	s.IsAnonymous = value
	return nil
}

// within sets a number that a client chose, if it did.
func within(field string, value *Int, least, most int64, to *int64) error {
	if value == nil {
		return nil
	}
	if n := int64(*value); n < least || n > most {
		return Errorf(CodeInvalidPayload, "%s is %d: it must be from %d to %d.", field, n, least, most)
	}
	*to = int64(*value)
	return nil
}

func division(value Division) (Division, error) {
	if value != Madani && value != IndoPak {
		return "", Errorf(CodeInvalidPayload, "division is %.40q: it must be %q or %q.", value, Madani, IndoPak)
	}
	return value, nil
}
