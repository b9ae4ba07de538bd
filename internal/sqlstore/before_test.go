//go:build unix

package sqlstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
)

// A database of the release before comes up to date on both engines, is in good order then, and goes on.
func TestReleaseBefore(t *testing.T) {
	rows := string(must(os.ReadFile(filepath.Join("testdata", "v0.1.0.sql"))))
	for engine, at := range places(t) {
		t.Run(engine, func(t *testing.T) {
			db := at.db()
			must(must(migrations(db)).UpTo(t.Context(), oldSchema))
			for statement := range strings.SplitSeq(rows, ";\n") {
				if _, err := db.Exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			goesOn(t, at.options)
		})
	}
}

// goesOn opens the database of the release before, and does in it what that release could not.
func goesOn(t *testing.T, o Options) {
	local := bus.NewLocal()
	o.Publish = local.Publish
	store := must(Open(t.Context(), o))
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := &community{t: t, ctx: t.Context()}
	s := zikr.New(zikr.Config{Store: store, Bus: local, Presence: bus.NewLocalPresence(), NewID: c.newID})
	defer s.Close()
	inOrder(t, o)
	var admin, group string
	err := store.View(t.Context(), func(r zikr.Reader) error {
		u, err := r.UserByEmail("abdulloh@example.org")
		if err != nil {
			return err
		}
		groups, err := r.GroupsOf(u.ID, zikr.Page{Limit: 2})
		admin, group = u.ID, groups[1].ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	snap := must(s.Snapshot(t.Context(), admin, group))
	if snap.HatmCount != 1 || len(snap.Hatms) != 1 || snap.Hatms[0].HatmNumber != 2 || snap.Hatms[0].TotalFinished != 1 || snap.OpenHatms != 1 {
		t.Errorf("got %+v", snap)
	}
	two, yes := zikr.Int(2), true
	must(s.UpdateGroup(t.Context(), admin, group, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{OpenHatms: &two, ReadingDays: &two, AutoRelease: &yes}}))
	must(s.AddMember(t.Context(), admin, group, zikr.NewMember{Name: "Momo"}))
	must(s.ShareHatm(t.Context(), admin, group, 2, zikr.ShareOut{}))
	must(s.ReopenHatm(t.Context(), admin, group, 1))
	if hatms := must(s.GroupHatms(t.Context(), admin, group, zikr.Page{})).Items; len(hatms) != 3 || len(hatms[2].Readers) != zikr.Poras {
		t.Errorf("got %d hatms", len(hatms))
	}
	inOrder(t, o)
}

// inOrder checks the database beside the store that uses it.
func inOrder(t *testing.T, o Options) {
	t.Helper()
	var db *ReadOnly
	if o.URL != "" {
		db = must(OpenURL(t.Context(), o.URL))
	} else {
		db = must(OpenReadOnly(t.Context(), o.Dir))
	}
	defer db.Close()
	must(db.Check(t.Context(), func(violation string) { t.Error(violation) }))
}
