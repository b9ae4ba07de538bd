package sqlstore_test

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/pgtest"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		pgtest.Stop()
		os.Exit(code)
	}))
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open { return opener(sqlstore.Options{Dir: t.TempDir()}) })
}

func TestContractOnPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		return opener(sqlstore.Options{URL: pgtest.Database(t), Readers: 3, Writers: 3})
	})
}

// TestNodes runs the races on one store, which is all that SQLite lets be.
func TestNodes(t *testing.T) {
	storetest.RunNodes(t, func(t *testing.T, publish func(string, []zikr.Event)) [2]zikr.Store {
		s := openStore(t, sqlstore.Options{Dir: t.TempDir(), Publish: publish})
		return [2]zikr.Store{s, s}
	})
}

// TestNodesOnPostgres runs them on two stores of one database, and proves it at the end.
func TestNodesOnPostgres(t *testing.T) {
	storetest.RunNodes(t, func(t *testing.T, publish func(string, []zikr.Event)) [2]zikr.Store {
		o := sqlstore.Options{URL: pgtest.Database(t), Publish: publish, Readers: 3, Writers: 3, Log: slog.New(slog.DiscardHandler)}
		t.Cleanup(func() { wantProven(t, o.URL) })
		return [2]zikr.Store{openStore(t, o), openStore(t, o)}
	})
}

// wantProven sees that a PostgreSQL database is in good order.
func wantProven(t *testing.T, address string) {
	t.Helper()
	db, err := sqlstore.OpenURL(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Check(context.Background(), func(violation string) { t.Error(violation) }); err != nil {
		t.Error(err)
	}
}

// opener opens a store again and again, as restarts do.
func opener(o sqlstore.Options) storetest.Open {
	var s *sqlstore.Store
	return func(t *testing.T, publish func(string, []zikr.Event)) zikr.Store {
		closeStore(t, s)
		o.Publish, o.Log = publish, slog.New(slog.DiscardHandler)
		var err error
		if s, err = sqlstore.Open(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		opened := s
		t.Cleanup(func() { closeStore(t, opened) })
		return s
	}
}

func closeStore(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	if s == nil {
		return
	}
	if err := s.Close(); err != nil {
		t.Errorf("close the store: %v", err)
	}
}
