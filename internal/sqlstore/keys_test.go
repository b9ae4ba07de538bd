//go:build unix

package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/pgtest"
)

// oldSchema is the last one whose keys were only folded.
const oldSchema = 3

// oldRows are some of a database of that time: names whose keys change, more of them than a step, and people who have
// one phone, written in two ways, or nearly one email.
var oldRows = `
INSERT INTO users VALUES ('a', 'Oʻktam', 'Karimov', 'oʻktam karimov', 'karimov', 'a@example.org', '+00998901234567', '', 1, '', 1, FALSE);
INSERT INTO users VALUES ('b', 'Jo` + "\u0308" + `ra', '', 'jo` + "\u0308" + `ra ', '', 'b@example.org', '+998901234567', '', 1, '', 1, FALSE);
INSERT INTO users VALUES ('c', 'أحمد', 'الكَرِيم', 'أحمد الكَرِيم', 'الكَرِيم', 'j` + "\u00f6" + `ra@example.org', '+00998907654321', '', 1, '', 1, FALSE);
INSERT INTO users VALUES ('d', 'Plain', 'Name', 'plain name', 'name', 'jo` + "\u0308" + `ra@example.org', '+0099890765432100', '', 1, '', 1, FALSE);
INSERT INTO users VALUES ('e', '', '', ' ', '', '', '', '', 2, '', 1, TRUE);
INSERT INTO users VALUES ('f', 'F', '', 'f ', '', 'jo` + "\u0308" + `ra@example.net', '+00998907654321' || '0', '', 1, '', 1, FALSE);
INSERT INTO groups VALUES ('g', 'Juma  Oʻqish', 'juma  oʻqish', 'zikr', TRUE, '', 0, 0, 'a', 0, 0, 1, FALSE);
INSERT INTO groups VALUES ('h', 'plain', 'plain', 'zikr', TRUE, '', 0, 0, 'a', 0, 0, 1, FALSE);` + manyOldRows()

func manyOldRows() string {
	var b strings.Builder
	for i := range 2*keysStep + 10 {
		fmt.Fprintf(&b, "\nINSERT INTO users VALUES ('u%d', 'Sa’d', '%d', 'sa’d %d', '%d', '', '', '', 1, '', 1, FALSE);", i, i, i, i)
	}
	return b.String()
}

// old makes a database of the old schema with the old rows.
func old(t *testing.T, db *sql.DB) {
	t.Helper()
	p := must(migrations(db))
	must(p.UpTo(t.Context(), oldSchema))
	for _, statement := range strings.Split(oldRows, ";\n") {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// places are an empty database of each engine: how to open it, and as what.
func places(t *testing.T) map[string]struct {
	db      func() *sql.DB
	options Options
} {
	t.Helper()
	dir, address := t.TempDir(), pgtest.Database(t)
	return map[string]struct {
		db      func() *sql.DB
		options Options
	}{
		"SQLite":     {func() *sql.DB { return must(connect(filepath.Join(dir, fileName), writePragmas())) }, Options{Dir: dir}},
		"PostgreSQL": {func() *sql.DB { return must(connectPostgres(address, unhurried())) }, Options{URL: address}},
	}
}

func TestKeysAreWrittenAnew(t *testing.T) {
	for engine, at := range places(t) {
		t.Run(engine, func(t *testing.T) {
			old(t, at.db())
			var logged bytes.Buffer
			at.options.Log = slog.New(slog.NewTextHandler(&logged, nil))
			s := must(Open(t.Context(), at.options))
			defer s.Close()
			for q, want := range map[string][]string{
				"o'kt": {"a"}, "O‘KTAM kar": {"a"}, "jora": {"b"}, "jöra": {"b"}, "احمد ال": {"c"}, "الكريم": {"c"}, "plain": {"d"}, "sa'd 1009": {"u1009"},
			} {
				wantUsers(t, s, q, want)
			}
			err := s.View(t.Context(), func(r zikr.Reader) error {
				groups, err := r.PublicGroups("juma o'qi", zikr.Page{Limit: 5})
				if err != nil || len(groups) != 1 || groups[0].ID != "g" {
					t.Errorf("the group is found as %v, %v", groups, err)
				}
				users, err := r.Users([]string{"a", "b", "c", "d", "f"})
				got := map[string]string{}
				for _, u := range users {
					got[u.ID] = fmt.Sprintf("%+q %s", u.Email, u.Phone)
				}
				want := map[string]string{
					"a": `"a@example.org" `, "b": `"b@example.org" +998901234567`, "c": `"j\u00f6ra@example.org" +998907654321`,
					"d": `"jo\u0308ra@example.org" +99890765432100`, "f": `"j\u00f6ra@example.net" +9989076543210`,
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("addresses (-want +got):\n%s", diff)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if log := logged.String(); !strings.Contains(log, "user=a") || strings.Contains(log, "99890") || strings.Count(log, "two accounts had one phone") != 1 {
				t.Errorf("the log says:\n%s", log)
			}
		})
	}
}

// TestKeysOfANodeOfTheReleaseBefore writes rows as such a node does, and wants the next start to mend them.
func TestKeysOfANodeOfTheReleaseBefore(t *testing.T) {
	at := places(t)["PostgreSQL"]
	first := must(Open(t.Context(), at.options))
	defer first.Close()
	db := at.db()
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO users (id, name, surname, full_key, surname_key, email, phone, password_hash, token_version, kept_token_id, created_at, deleted)
		VALUES ('late', 'Oʻktam', 'Karimov', 'oʻktam karimov', 'karimov', '', '+00998901234567', '', 1, '', 1, FALSE)`); err != nil {
		t.Fatal(err)
	}
	second := must(Open(t.Context(), at.options))
	defer second.Close()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		found := findUsers(t, second, "o'ktam")
		if len(found) == 1 && found[0].Phone == "+998901234567" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("found %v, want it with the phone as it is written today", found)
		}
	}
}

// A row that somebody changes between the look at it and the writing is left to them.
func TestKeysOfARowThatChanges(t *testing.T) {
	for engine, at := range places(t) {
		t.Run(engine, func(t *testing.T) {
			s := must(Open(t.Context(), at.options))
			defer s.Close()
			if err := update(s, insertUser("ali")); err != nil {
				t.Fatal(err)
			}
			db := at.db()
			defer db.Close()
			seen := keyedUser{User: zikr.User{ID: "ali", Name: "Oʻktam", Email: "ali@example.org"}, fullKey: "oʻktam "}
			err := inTransaction(t.Context(), db, func(tx *sql.Tx) error { return seen.rekey(t.Context(), tx, slog.Default()) })
			if err != nil {
				t.Fatal(err)
			}
			wantUsers(t, s, "ali", []string{"ali"})
			wantUsers(t, s, "o'ktam", nil)
		})
	}
}

func findUsers(t *testing.T, s *Store, q string) (found []zikr.User) {
	t.Helper()
	err := s.View(context.Background(), func(r zikr.Reader) (err error) {
		found, err = r.UsersByName(q, 20)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantUsers(t *testing.T, s *Store, q string, want []string) {
	t.Helper()
	var got []string
	for _, u := range findUsers(t, s, q) {
		got = append(got, u.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q finds (-want +got):\n%s", q, diff)
	}
}
