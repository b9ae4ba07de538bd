package sqlstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// TestCheckpointer brings what was committed into the database, long before the writer would.
func TestCheckpointer(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, sqlstore.Options{Dir: dir})
	for _, name := range []string{"Checkpointed-one", "Checkpointed-two"} {
		err := s.Update(t.Context(), zikr.UserKey(name), func(tx zikr.Tx) error {
			return tx.InsertUser(zikr.User{ID: name, Name: name, CreatedAt: time.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		// The checkpointer tells nobody: there is nothing to wait for but the file.
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			data, err := os.ReadFile(filepath.Join(dir, "zikr.db"))
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
}
