//go:build unix

package sqlstore

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// killed names, in the environment, the data folder of the process that is to be killed.
const killed = "ZIKR_TEST_KILLED_DIR"

// TestKill kills a process that stores, at some moment, a few times: what it was
// told to be stored is there, whole, and what came after is there whole or not at all.
func TestKill(t *testing.T) {
	if dir := os.Getenv(killed); dir != "" {
		storeUntilKilled(dir)
		return
	}
	dir := t.TempDir()
	var confirmed int64
	for round := range 5 {
		confirmed = max(confirmed, runAndKill(t, dir, time.Duration(20+30*round)*time.Millisecond))
		wantWhole(t, dir, confirmed)
	}
	if confirmed == 0 {
		t.Error("nothing was confirmed in any round: the test shows nothing")
	}
}

// runAndKill starts the process, kills it some time after its first
// confirmation, and returns the last seq that it was told is stored.
func runAndKill(t *testing.T, dir string, after time.Duration) (confirmed int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), killed+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var seq int64
		if _, err := fmt.Sscanf(lines.Text(), "stored %d.", &seq); err != nil {
			continue
		}
		if confirmed == 0 {
			timer.Reset(after)
		}
		confirmed = max(confirmed, seq)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the process ended with %v, want it killed", err)
	}
	return confirmed
}

// storeUntilKilled logs events to a group from several callers, and prints each
// seq once it is confirmed.
func storeUntilKilled(dir string) {
	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	begin := func(tx zikr.Tx) error {
		if _, err := tx.Group("g"); err == nil {
			return nil
		}
		if err := insertUser("u")(tx); err != nil {
			return err
		}
		return tx.InsertGroup(zikr.Group{ID: "g", AdminID: "u", CreatedAt: time.Now()})
	}
	if err := update(s, begin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var left atomic.Int64
	left.Store(1_000_000)
	for range 8 {
		go storeEvents(s, &left, os.Stdout)
	}
	select {}
}

func storeEvents(s *Store, left *atomic.Int64, out io.Writer) {
	for left.Add(-1) > 0 {
		var seq int64
		err := update(s, func(tx zikr.Tx) error {
			g, err := tx.Group("g")
			if err != nil {
				return err
			}
			g.Seq++
			seq = g.Seq
			if err := tx.UpdateGroup(*g); err != nil {
				return err
			}
			return tx.AppendEvent(zikr.Event{GroupID: "g", Seq: seq, Name: "x", Data: []byte(strings.Repeat("x", 300)), At: time.Now()})
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintf(out, "stored %d.\n", seq)
	}
}

func wantWhole(t *testing.T, dir string, confirmed int64) {
	t.Helper()
	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = s.View(context.Background(), func(r zikr.Reader) error {
		g, err := r.Group("g")
		if err != nil {
			return err
		}
		events, err := r.Events("g", 0, 10_000_000)
		if err != nil {
			return err
		}
		if g.Seq < confirmed || g.Seq != int64(len(events)) || events[len(events)-1].Seq != g.Seq {
			t.Errorf("confirmed up to %d, the group's seq is %d, %d events are stored", confirmed, g.Seq, len(events))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
