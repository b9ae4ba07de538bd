package bus_test

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// server is a Redis that a test has for itself, on one port however often it is started.
type server struct {
	t    testing.TB
	port int
	args []string
	cmd  *exec.Cmd
}

// newServer starts a Redis. It skips the test where there is none to be started.
func newServer(t testing.TB, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: what needs a Redis of its own was not tested")
	}
	s := &server{t: t, port: freePort(t), args: args}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// freePort is a port that was free a moment ago, as was the one 10000 above it, which a
// cluster's server needs too; below those that the system gives to connections.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		if port := 10000 + rand.IntN(10000); isFree(port) && isFree(port+10000) {
			return port
		}
	}
	t.Fatal("found no free port")
	return 0
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	return err == nil && l.Close() == nil
}

func (s *server) addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }
func (s *server) url() string  { return "redis://" + s.addr() }

// start starts the server, empty, and waits until it answers.
func (s *server) start() {
	s.t.Helper()
	args := append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--save", "", "--appendonly", "no",
		"--dir", s.t.TempDir(), "--loglevel", "warning"}, s.args...)
	s.cmd = exec.CommandContext(context.Background(), "redis-server", args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v", err)
	}
	eventually(s.t, "redis-server answers", func() bool {
		conn, err := net.DialTimeout("tcp", s.addr(), time.Second)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

// kill ends the server without a word. What it had in memory is gone.
func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// anyRedis is the URL of a Redis: that of ZIKR_TEST_REDIS_URL, or one for this test.
func anyRedis(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("ZIKR_TEST_REDIS_URL"); url != "" {
		return url
	}
	return newServer(t).url()
}

// prefix is one that nobody else uses.
func prefix() string { return "zikr-test-" + strconv.FormatUint(rand.Uint64(), 36) }

// client speaks to a Redis directly.
func client(t testing.TB, url string) rueidis.Client {
	t.Helper()
	option, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	option.DisableCache, option.DisableRetry, option.ForceSingleClient = true, true, true
	c, err := rueidis.NewClient(option)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// command has a server do something, and returns its answer.
func command(t testing.TB, c rueidis.Client, words ...string) string {
	t.Helper()
	reply, err := c.Do(t.Context(), c.B().Arbitrary(words...).Build()).ToMessage()
	if err != nil {
		t.Fatalf("%v: %v", words, err)
	}
	if n, err := reply.ToInt64(); err == nil {
		return strconv.FormatInt(n, 10)
	}
	text, err := reply.ToString()
	if err != nil {
		t.Fatalf("%v: %v", words, err)
	}
	return text
}
