package sqlstore

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// TestCheckpointer brings what was committed into the database, long before the writer would.
func TestCheckpointer(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Checkpointed-one", "Checkpointed-two"} {
		err := s.Update(t.Context(), zikr.UserKey(name), func(tx zikr.Tx) error {
			return tx.InsertUser(zikr.User{ID: name, Name: name, CreatedAt: time.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			data, err := os.ReadFile(filepath.Join(dir, fileName))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(data, []byte(name)) {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s is not in the database", name)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
