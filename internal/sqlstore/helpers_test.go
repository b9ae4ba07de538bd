package sqlstore

import (
	"context"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

func openStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(context.Background(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(s *Store, command func(zikr.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return s.Update(ctx, zikr.UserKey(""), command)
}

func insertUser(id string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error {
		return tx.InsertUser(zikr.User{ID: id, Name: id, Email: id + "@example.org", CreatedAt: time.Now()})
	}
}
