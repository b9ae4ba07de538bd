package demo_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/demo"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/token"
)

// plain is zikr.Passwords without the cost.
type plain struct{}

func (plain) Hash(_ context.Context, password string) (string, error) {
	return "plain:" + password, nil
}

func (plain) Verify(_ context.Context, hash, password string) (bool, error) {
	return hash == "plain:"+password, nil
}

// TestCommunitiesLive has the communities live for a while, and looks whether all that one wants to see happens.
func TestCommunitiesLive(t *testing.T) {
	dir, local := t.TempDir(), bus.NewLocal()
	store, err := sqlstore.Open(t.Context(), sqlstore.Options{Dir: dir, Publish: local.Publish})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := token.New(token.Options{Secret: []byte(strings.Repeat("secret", 10))})
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	service := zikr.New(zikr.Config{
		Store: store, Bus: local, Presence: bus.NewLocalPresence(), Tokens: tokens, Passwords: plain{},
		NewID: func() string { return fmt.Sprintf("id-%08d", n.Add(1)) },
	})
	d, err := demo.New(t.Context(), service, 7)
	if err != nil {
		t.Fatal(err)
	}
	for range 6000 {
		if err := d.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.Logins) != 3 {
		t.Errorf("logins: %+v", d.Logins)
	}
	seen := map[string]bool{}
	for _, l := range d.Logins {
		in, err := service.Login(t.Context(), zikr.Credentials{Login: l.Email, Password: demo.Password})
		if err != nil {
			t.Fatalf("log in as %s: %v", l.Email, err)
		}
		groups, err := service.Groups(t.Context(), in.User.ID, zikr.Page{})
		if err != nil || len(groups.Items) != 2 {
			t.Fatalf("groups of %s: %+v, %v", l.Name, groups, err)
		}
		for _, g := range groups.Items {
			events, err := service.EventsAfter(t.Context(), g.ID, 0, 100_000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				seen[e.Name] = true
			}
		}
	}
	for _, name := range []string{"pora_booked", "pora_completed", "pora_released", "hatm_completed", "zikr_count_updated", "member_joined", "member_left"} {
		if !seen[name] {
			t.Errorf("no %s happened", name)
		}
	}
	service.Close()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	db, err := sqlstore.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Check(t.Context(), func(v string) { t.Error(v) }); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
