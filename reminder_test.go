package zikr_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// noSettings are those of a new account.
func noSettings() zikr.SettingsItem {
	return zikr.SettingsItem{TimeZone: "UTC", RemindOf: []zikr.ReminderTopic{zikr.RemindOfPoras}}
}

// prefer changes settings, as a client writes them.
func (w *world) prefer(userID, body string) (zikr.SettingsItem, error) {
	w.t.Helper()
	var change zikr.ProfileChange
	decode(w.t, json.RawMessage(body), &change)
	p, err := w.UpdateMe(w.ctx, zikr.Session{UserID: userID}, change)
	if err != nil {
		return zikr.SettingsItem{}, err
	}
	return p.SettingsItem, nil
}

func TestUserSettings(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	all := zikr.SettingsItem{TimeZone: "Asia/Tashkent", Locale: pointer("uz-Cyrl"), ReminderHour: pointer(0), RemindOf: []zikr.ReminderTopic{"poras", "zikrs"}}
	none := all
	none.ReminderHour, none.RemindOf = nil, []zikr.ReminderTopic{}
	for _, step := range []struct {
		body string
		want zikr.SettingsItem
	}{
		{`{}`, noSettings()},
		{`{"timeZone":"Asia/Tashkent","locale":"uz-Cyrl","reminderHour":0,"remindOf":["zikrs","poras","zikrs"]}`, all},
		{`{"name":"Olim"}`, all},
		{`{"timeZone":null,"locale":null,"remindOf":null}`, all},
		{`{"reminderHour":null,"remindOf":[]}`, none},
		{`{}`, none},
	} {
		if diff := cmp.Diff(step.want, must(w.prefer(ali, step.body))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.body, diff)
		}
	}
}

func TestUserSettingsRefusals(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	for _, body := range []string{
		`{"timeZone":""}`, `{"timeZone":"Mars/Olympus"}`, `{"timeZone":"Local"}`, `{"timeZone":"localtime"}`, `{"timeZone":"../etc/passwd"}`,
		`{"timeZone":"right/Europe/London"}`, `{"timeZone":"asia/tashkent "}`, `{"locale":"de"}`, `{"locale":""}`, `{"reminderHour":-1}`, `{"reminderHour":24}`,
		`{"remindOf":["hatms"]}`,
	} {
		_, err := w.prefer(ali, body)
		if zikr.CodeOf(err) != zikr.CodeInvalidPayload {
			t.Errorf("%s: got %v, want invalid_payload", body, err)
		}
	}
	if diff := cmp.Diff(noSettings(), must(w.Me(w.ctx, ali)).SettingsItem); diff != "" {
		t.Errorf("they changed (-want +got):\n%s", diff)
	}
}
