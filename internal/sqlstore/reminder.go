package sqlstore

import (
	"fmt"
	"strings"

	"github.com/zikr-app/zikr"
)

// reminderHour scans the hour of a user's reminders; NULL is none.
type reminderHour zikr.Settings

// Scan implements sql.Scanner.
func (h *reminderHour) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		h.HasReminder, h.ReminderHour = false, 0
	case int64:
		h.HasReminder, h.ReminderHour = true, int(v)
	default:
		return fmt.Errorf("an hour is a number, got %T", v)
	}
	return nil
}

// hourOf is how the hour is stored.
func hourOf(s zikr.Settings) any {
	if !s.HasReminder {
		return nil
	}
	return s.ReminderHour
}

// reminderTopics scans of what a user is reminded: words with a space between them.
type reminderTopics zikr.Settings

// Scan implements sql.Scanner.
func (t *reminderTopics) Scan(v any) error {
	words, ok := v.(string)
	if !ok {
		return fmt.Errorf("topics are words, got %T", v)
	}
	t.RemindPoras, t.RemindZikrs = false, false
	for _, word := range strings.Fields(words) {
		switch zikr.ReminderTopic(word) {
		case zikr.RemindOfPoras:
			t.RemindPoras = true
		case zikr.RemindOfZikrs:
			t.RemindZikrs = true
		}
	}
	return nil
}

// topicsOf is how they are stored.
func topicsOf(s zikr.Settings) string {
	var words []string
	if s.RemindPoras {
		words = append(words, string(zikr.RemindOfPoras))
	}
	if s.RemindZikrs {
		words = append(words, string(zikr.RemindOfZikrs))
	}
	return strings.Join(words, " ")
}
