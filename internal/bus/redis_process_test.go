//go:build unix

package bus_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/bus"
)

// A node is killed: its users are told to be offline, once, unless they are elsewhere too.
func TestNodeDies(t *testing.T) {
	s := newServer(t)
	o := bus.Options{URL: s.url(), Prefix: prefix(), Lease: shortLease}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	p := newProcess(t, o)
	a.enter("g", "ali")
	p.do("enter", "g", "ali")
	p.do("enter", "g", "vali")
	p.do("enter", "g2", "vali")
	b.sees("g", "ali", "vali")

	p.kill()
	b.sees("g", "ali")
	b.sees("g2")
	for _, n := range []*node{a, b} {
		eventually(t, "user_offline", func() bool { return n.heard("user_offline vali") > 0 })
	}
	fence(t, "g", "fence", a, b)
	for _, n := range []*node{a, b} {
		n.wantHeard(t, "user_offline ali", 0)
	}
	// One of them took vali out of both groups, and told the group that nobody else listens to, too.
	if got := [2]int{a.heard("user_offline vali"), b.heard("user_offline vali")}; got != [2]int{2, 1} && got != [2]int{1, 2} {
		t.Errorf("user_offline vali: heard %v times, want 1 each, and once on one node for the other group", got)
	}
	c := client(t, s.url())
	eventually(t, "nothing is left of the node in Redis", func() bool {
		keys, err := c.Do(t.Context(), c.B().Keys().Pattern(o.Prefix+"*:n:*").Build()).AsStrSlice()
		return err == nil && len(keys) == 1 // a's
	})
}

// A node hangs for longer than its lease and wakes: its users go offline, and come back.
func TestNodeHangs(t *testing.T) {
	s := newServer(t)
	o := bus.Options{URL: s.url(), Prefix: prefix(), Lease: shortLease}
	a, b := newNode(t, o, "g"), newNode(t, o, "g")
	p := newProcess(t, o)
	p.do("enter", "g", "ali")
	p.do("enter", "g", "vali")
	for _, n := range []*node{a, b} {
		eventually(t, "user_online", func() bool { return n.heard("user_online ali") == 1 && n.heard("user_online vali") == 1 })
	}

	p.stop()
	for _, n := range []*node{a, b} {
		eventually(t, "user_offline", func() bool { return n.heard("user_offline ali") == 1 && n.heard("user_offline vali") == 1 })
		n.sees("g")
	}
	b.enter("g", "vali") // comes back elsewhere, and so is not told again
	p.wake()
	for _, n := range []*node{a, b} {
		n.sees("g", "ali", "vali")
		eventually(t, "user_online", func() bool { return n.heard("user_online ali") == 2 })
	}
	b.leave("g", "vali") // the connection on the node that hung is still there
	p.do("leave", "g", "ali")
	for _, n := range []*node{a, b} {
		n.sees("g", "vali")
		eventually(t, "user_offline", func() bool { return n.heard("user_offline ali") == 2 })
	}
	fence(t, "g", "fence", a, b)
	for _, n := range []*node{a, b} {
		n.wantHeard(t, "user_offline vali", 1)
		n.wantHeard(t, "user_online vali", 2)
	}
}

// A node that hangs for less than its lease is not missed.
func TestNodeHangsShortly(t *testing.T) {
	s := newServer(t)
	o := bus.Options{URL: s.url(), Prefix: prefix(), Lease: 10 * time.Second}
	a := newNode(t, o, "g")
	p := newProcess(t, o)
	p.do("enter", "g", "ali")
	p.stop()
	time.Sleep(time.Second) // the hang itself: nothing is waited for
	p.wake()
	p.do("enter", "g", "vali")
	eventually(t, "user_online", func() bool { return a.heard("user_online vali") == 1 })
	a.sees("g", "ali", "vali")
	a.wantHeard(t, "user_offline ali", 0)
	a.wantHeard(t, "user_online ali", 1)
}

// process is a node in a process of its own, which can be killed and stopped.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.Writer
	outs *bufio.Scanner
}

// newProcess starts one.
func newProcess(t *testing.T, o bus.Options) *process {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0], "-test.run=^TestNodeProcess$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), "ZIKR_TEST_NODE="+o.URL, "ZIKR_TEST_NODE_PREFIX="+o.Prefix, "ZIKR_TEST_NODE_LEASE="+o.Lease.String())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, in: in, outs: bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	p.expect("ready")
	return p
}

func (p *process) expect(want string) {
	p.t.Helper()
	if !p.outs.Scan() || p.outs.Text() != want {
		p.t.Fatalf("the process said %q, want %q", p.outs.Text(), want)
	}
}

// do has the process do something, and waits until it has.
func (p *process) do(words ...string) {
	p.t.Helper()
	line := strings.Join(words, " ")
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		p.t.Fatal(err)
	}
	p.expect(line)
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// stop hangs the process, go on wakes it.
func (p *process) stop() { p.signal(syscall.SIGSTOP) }
func (p *process) wake() { p.signal(syscall.SIGCONT) }

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// TestNodeProcess is no test: it is the node of a process.
func TestNodeProcess(t *testing.T) {
	url := os.Getenv("ZIKR_TEST_NODE")
	if url == "" {
		t.Skip("this is what newProcess runs")
	}
	length, err := time.ParseDuration(os.Getenv("ZIKR_TEST_NODE_LEASE"))
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t, bus.Options{URL: url, Prefix: os.Getenv("ZIKR_TEST_NODE_PREFIX"), Lease: length})
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println(lines.Text()) {
		words := strings.Fields(lines.Text())
		switch words[0] {
		case "enter":
			n.enter(words[1], words[2])
		case "leave":
			n.leave(words[1], words[2])
		}
	}
}
