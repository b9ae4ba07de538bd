package sqlstore_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		dir := t.TempDir()
		var s *sqlstore.Store
		return func(t *testing.T, publish func(string, []zikr.Event)) zikr.Store {
			closeStore(t, s)
			var err error
			if s, err = sqlstore.Open(context.Background(), sqlstore.Options{Dir: dir, Publish: publish}); err != nil {
				t.Fatal(err)
			}
			opened := s
			t.Cleanup(func() { closeStore(t, opened) })
			return s
		}
	})
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
