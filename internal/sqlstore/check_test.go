package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// violations checks the database in a folder, beside whatever else uses it.
func violations(t *testing.T, dir string) []string {
	t.Helper()
	found, _, err := checkFolder(dir)
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	return found
}

// check is violations of a community's database, on whichever engine it is.
func (c *community) check() []string {
	c.t.Helper()
	if c.url == "" {
		return violations(c.t, c.dir)
	}
	found := []string{}
	db := must(OpenURL(c.ctx, c.url))
	must(db.Check(c.ctx, func(violation string) { found = append(found, violation) }))
	must(struct{}{}, db.Close())
	return found
}

// wantGood proves a community's database.
func (c *community) wantGood() {
	c.t.Helper()
	if found := c.check(); len(found) > 0 {
		c.t.Errorf("the database is not good: %q", found)
	}
}

func checkFolder(dir string) (found []string, rows []TableRows, err error) {
	db, err := OpenReadOnly(context.Background(), dir)
	if err != nil {
		return nil, nil, err
	}
	rows, err = db.Check(context.Background(), func(violation string) { found = append(found, violation) })
	return found, rows, errors.Join(err, db.Close())
}

func TestCheckOfGoodDatabase(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	found, rows, err := checkFolder(c.dir)
	if err != nil || len(found) > 0 {
		t.Fatalf("beside the server: got %q, %v, want nothing", found, err)
	}
	sizes := map[string]int64{}
	for _, r := range rows {
		sizes[r.Table] = r.Rows
	}
	for table, want := range map[string]int64{"users": 8, "sessions": 2, "blocks": 1, "acts": 1, "departures": 1, "groups": 3, "hatms": 3, "bookings": 35, "zikrs": 2, "shares": 4, "counts": 5, "days": 0, "member_days": 9} {
		if sizes[table] != want {
			t.Errorf("%s: got %d rows, want %d", table, sizes[table], want)
		}
	}
	if len(rows) != len(tables()) || sizes["events"] < 80 || sizes["notices"] < 2 || sizes["notice_reads"] < 1 || sizes["notifications"] < 3 {
		t.Errorf("got %v", rows)
	}
}

// A group that becomes anonymous keeps the names that were told before, and has none after.
func TestCheckOfAnonymousGroup(t *testing.T) { onEach(t, checkOfAnonymousGroup) }

func checkOfAnonymousGroup(t *testing.T, c *community) {
	ali, vali := c.user("ali"), c.user("vali1")
	g, yes := c.group("readers", zikr.QuranGroup, ali, vali), true
	c.book("before", vali, g, 1)
	must(c.UpdateGroup(c.ctx, ali, g, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{IsAnonymous: &yes}}))
	must(c.CompletePora(c.ctx, vali, zikr.CompletePora{BookingID: "before"}))
	c.book("after", vali, g, 2)
	must(c.ReleasePora(c.ctx, ali, zikr.ReleasePora{BookingID: "after"}))
	c.later(time.Hour)
	if err := c.DeleteMe(c.ctx, vali); err != nil {
		t.Fatal(err)
	}
	c.wantGood()
	err := update(c.store, func(t zikr.Tx) error {
		_, err := t.(*tx).exec("name somebody", `UPDATE events SET data = '{"userId":"ali","userName":""}' WHERE group_id = 'readers' AND name = 'pora_released'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the log of group readers, which is anonymous, says who did what in event 6, and did not in event 4 before it"}
	if found := c.check(); !slices.Equal(found, want) {
		t.Errorf("spoiled: got %q, want %q", found, want)
	}
}

// Every table is looked at, and every column that refers to another.
func TestCheckKnowsTheSchema(t *testing.T) {
	s := openStore(t)
	known := map[string]bool{
		"shares.user_id": true, "shares.zikr_id": true, "days.user_id": true, "days.zikr_id": true, "counts.user_id": true, "counts.zikr_id": true,
		"member_days.zikr_id": true,
		"events.group_id":     true, // eventRules
		// not ids of rows here
		"counts.op_id": true, "users.kept_token_id": true,
	}
	for _, r := range references() {
		known[r.table+"."+r.column] = true
	}
	var inSchema []string
	err := s.View(context.Background(), func(r zikr.Reader) (err error) {
		inSchema, err = list(r.(*reader), "read schema", text, `SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, column := range inSchema {
		table, name, _ := strings.Cut(column, ".")
		seen[table] = true
		if strings.HasSuffix(name, "_id") && !known[column] {
			t.Errorf("%s is not looked at", column)
		}
	}
	if len(seen) != len(tables()) {
		t.Errorf("the schema has the tables %v, the check looks at %v", seen, tables())
	}
}

// TestCheckNamesEveryViolation spoils a good database in every way, and wants exactly what is wrong to be said.
func TestCheckNamesEveryViolation(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	c.close()
	t.Cleanup(c.open) // for the first cleanup to close
	good := must(os.ReadFile(filepath.Join(c.dir, fileName)))

	var all []string
	for _, spoil := range spoils() {
		t.Run(spoil.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, fileName)
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			spoilFile(t, path, spoil.statements)
			got := violations(t, dir)
			all = append(all, got...)
			slices.Sort(got)
			if diff := cmp.Diff(spoil.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
	for _, r := range append(rules(), referenceRules()...) {
		words := strings.Split(r.sentence, "%s")
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		pattern := regexp.MustCompile("^" + strings.Join(words, ".+") + "$")
		if !slices.ContainsFunc(all, pattern.MatchString) {
			t.Errorf("nothing was spoiled for the rule %q", r.sentence)
		}
	}
}

func spoilFile(t *testing.T, path, statements string) {
	t.Helper()
	db, err := connect(path, []string{"foreign_keys(OFF)"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatalf("spoil: %v", err)
	}
}

// Of a long log the newest 10,000 events must be there.
func TestCheckOfLongLog(t *testing.T) {
	c := newCommunity(t)
	c.group("long", zikr.QuranGroup, c.user("ali"))
	c.fill("long", zikr.KeepNewest+10, 1)
	c.later(10 * 24 * time.Hour)
	c.tidy()
	if found := violations(t, c.dir); len(found) > 0 {
		t.Errorf("after a cut: got %q", found)
	}
	spoilFile(t, filepath.Join(c.dir, fileName), `DELETE FROM events WHERE seq <= 20`)
	want := []string{"the log of group long begins at event 21, that of its newest 10000 events at 11"}
	if diff := cmp.Diff(want, violations(t, c.dir)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// At no moment does a check beside a server that works find anything: each commit is whole.
func TestCheckBesideAServer(t *testing.T) {
	c := newCommunity(t)
	users := []string{c.user("a"), c.user("bb"), c.user("ccc"), c.user("dddd")}
	for i := range 3 {
		c.group(fmt.Sprint("q", i), zikr.QuranGroup, users[i], users...)
		c.group(fmt.Sprint("z", i), zikr.ZikrGroup, users[i], users...)
	}
	c.named = nil
	zikrs := make([]string, 3)
	for i := range zikrs {
		goal := zikr.Int(50)
		zikrs[i] = must(c.CreateZikr(c.ctx, users[i], fmt.Sprint("z", i), zikr.NewZikr{Name: "Z", Goal: &goal})).ZikrID
	}
	ctx, stop := context.WithCancel(c.ctx)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for ctx.Err() == nil {
				c.atRandom(random, users, zikrs)
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			c.later(5 * 24 * time.Hour)
			c.tidy()
		}
	})
	for range 8 {
		if found := violations(t, c.dir); len(found) > 0 {
			t.Errorf("got %q", found)
		}
	}
	stop()
	wg.Wait()
	if found := violations(t, c.dir); len(found) > 0 {
		t.Errorf("at the end: got %q", found)
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	db := must(OpenReadOnly(c.ctx, c.dir))
	defer db.Close()
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	if _, err := db.Check(ctx, func(v string) { t.Errorf("it told %s", v) }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// A file whose pages were overwritten is found out, whatever was hit.
func TestCheckOfDamagedFile(t *testing.T) {
	c := newCommunity(t)
	c.populate()
	c.close()
	t.Cleanup(c.open)
	good := must(os.ReadFile(filepath.Join(c.dir, fileName)))
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		dir := t.TempDir()
		bad := slices.Clone(good)
		page := 1 + random.IntN(len(bad)/4096-1)
		for i := range 4096 {
			bad[page*4096+i] = byte(random.Uint32())
		}
		if err := os.WriteFile(filepath.Join(dir, fileName), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		found, _, err := checkFolder(dir)
		if len(found) == 0 && err == nil {
			t.Errorf("nothing was found with page %d overwritten", page)
		}
	}
}
