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
