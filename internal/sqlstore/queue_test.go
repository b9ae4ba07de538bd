package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

func openStore(t *testing.T, o sqlstore.Options) *sqlstore.Store {
	t.Helper()
	if o.Dir == "" && o.URL == "" {
		o.Dir = t.TempDir()
	}
	s, err := sqlstore.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

// hold keeps the writer busy until the returned function is called, so that
// what is sent meanwhile waits.
func hold(t *testing.T, s *sqlstore.Store) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.Update(context.Background(), zikr.UserKey(""), func(zikr.Tx) error {
			close(held)
			<-free
			return nil
		})
		if err != nil {
			t.Errorf("the command that holds the writer: %v", err)
		}
	})
	<-held
	return func() {
		close(free)
		wg.Wait()
	}
}

// waitFor waits until so many commands are in the queue.
func waitFor(t *testing.T, s *sqlstore.Store, queued int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); s.Queued() != queued; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d commands are queued, want %d", s.Queued(), queued)
		}
	}
}

func insert(id string) func(zikr.Tx) error {
	return func(tx zikr.Tx) error { return tx.InsertUser(zikr.User{ID: id, Name: id, CreatedAt: time.Now()}) }
}

func wantUsers(t *testing.T, s *sqlstore.Store, present bool, ids ...string) {
	t.Helper()
	err := s.View(context.Background(), func(r zikr.Reader) error {
		for _, id := range ids {
			if _, err := r.User(id); errors.Is(err, zikr.ErrNotFound) == present {
				t.Errorf("user %s: got %v, want present: %v", id, err, present)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// send starts a command and waits until it is queued; its outcome comes in the channel.
func send(t *testing.T, s *sqlstore.Store, ctx context.Context, command func(zikr.Tx) error) <-chan error {
	t.Helper()
	before, outcome := s.Queued(), make(chan error, 1)
	go func() { outcome <- s.Update(ctx, zikr.UserKey(""), command) }()
	waitFor(t, s, before+1)
	return outcome
}

func TestCommandsRunInTheOrderInWhichTheyCame(t *testing.T) {
	s := openStore(t, sqlstore.Options{BatchLimit: 3})
	release := hold(t, s)
	var got, want []int
	var outcomes []<-chan error
	for i := range 10 {
		want = append(want, i)
		outcomes = append(outcomes, send(t, s, context.Background(), func(zikr.Tx) error {
			got = append(got, i)
			return nil
		}))
	}
	release()
	for _, outcome := range outcomes {
		if err := <-outcome; err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWaitingCommandsShareCommits(t *testing.T) {
	var mu sync.Mutex
	var commits []int
	s := openStore(t, sqlstore.Options{BatchLimit: 4, Committed: func(commands int, took time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		commits = append(commits, commands)
		if took <= 0 {
			t.Errorf("a commit took %v", took)
		}
	}})
	release := hold(t, s)
	var outcomes []<-chan error
	for i := range 10 {
		outcomes = append(outcomes, send(t, s, context.Background(), insert(fmt.Sprint(i))))
	}
	release()
	for _, outcome := range outcomes {
		if err := <-outcome; err != nil {
			t.Error(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []int{1, 4, 4, 2}; !slices.Equal(commits, want) {
		t.Errorf("commands by commit: got %v, want %v", commits, want)
	}
}

func TestFullQueue(t *testing.T) {
	s := openStore(t, sqlstore.Options{QueueLimit: 2})
	release := hold(t, s)
	first, second := send(t, s, context.Background(), insert("a")), send(t, s, context.Background(), insert("b"))
	err := s.Update(context.Background(), zikr.UserKey(""), insert("c"))
	var e *zikr.Error
	if !errors.As(err, &e) || e.Code != zikr.CodeRateLimited || e.RetryAfter < 100*time.Millisecond {
		t.Errorf("a command for a full queue: got %v, want rate_limited with a time to wait", err)
	}
	release()
	if err := errors.Join(<-first, <-second); err != nil {
		t.Error(err)
	}
	wantUsers(t, s, true, "a", "b")
	wantUsers(t, s, false, "c")
}

func TestContextThatEndsInTheQueue(t *testing.T) {
	s := openStore(t, sqlstore.Options{})
	release := hold(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	given, kept := send(t, s, ctx, insert("a")), send(t, s, context.Background(), insert("b"))
	cancel()
	if err := <-given; zikr.CodeOf(err) != zikr.CodeRateLimited { // answered while the writer is still held
		t.Errorf("got %v, want rate_limited", err)
	}
	release()
	if err := <-kept; err != nil {
		t.Error(err)
	}
	wantUsers(t, s, false, "a")
	wantUsers(t, s, true, "b")
}

func TestCloseCompletesWhatIsQueued(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, sqlstore.Options{Dir: dir})
	release := hold(t, s)
	a, b := send(t, s, context.Background(), insert("a")), send(t, s, context.Background(), insert("b"))
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	waitUntilClosing(t, s)
	release()
	if err := errors.Join(<-a, <-b, <-closed); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed a second time: %v", err)
	}
	if err := s.Ping(context.Background()); err == nil {
		t.Error("a closed store was read")
	}
	again := openStore(t, sqlstore.Options{Dir: dir})
	wantUsers(t, again, true, "a", "b")
}

// waitUntilClosing waits until the store takes no more commands.
func waitUntilClosing(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	nothing := func(zikr.Tx) error { return nil }
	for deadline := time.Now().Add(30 * time.Second); ; {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		err := s.Update(ctx, zikr.UserKey(""), nothing)
		cancel()
		if zikr.CodeOf(err) == zikr.CodeInternal { // neither done nor late: refused
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the store still takes commands while it closes: %v", err)
		}
	}
}

func TestReadersWait(t *testing.T) {
	s := openStore(t, sqlstore.Options{Readers: 1})
	err := s.View(context.Background(), func(zikr.Reader) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if err := s.View(ctx, func(zikr.Reader) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a reader too many: got %v, want %v", err, context.DeadlineExceeded)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.Ping(context.Background()); err != nil {
		t.Errorf("once it is free: %v", err)
	}
}

func TestPanicInAQuery(t *testing.T) {
	s := openStore(t, sqlstore.Options{Readers: 1})
	for range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not reach the caller")
				}
			}()
			_ = s.View(context.Background(), func(zikr.Reader) error { panic("a bug") })
		}()
	}
	if err := s.Ping(context.Background()); err != nil {
		t.Errorf("after panics: %v", err)
	}
}

func TestQueryThatIsCancelled(t *testing.T) {
	s := openStore(t, sqlstore.Options{Readers: 1})
	ctx, cancel := context.WithCancel(context.Background())
	err := s.View(ctx, func(r zikr.Reader) error {
		if _, err := r.MemberIDs("g"); err != nil {
			return err
		}
		cancel()
		_, err := r.MemberIDs("g")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := s.Ping(context.Background()); err != nil {
		t.Errorf("the next reader: %v", err)
	}
}
