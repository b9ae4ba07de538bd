package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// startPatience is how long a server may take until it says where it serves.
	startPatience = 30 * time.Second
	// endPatience is how long one may take to end.
	endPatience = 15 * time.Second
	// runPatience is how long one run may take.
	runPatience = 3 * time.Minute
)

// runSide starts the side's server, puts the load on it, and ends it.
func (c config) runSide(ctx context.Context, at side, s scenario, args []string) (reports []report, err error) {
	ctx, cancel := context.WithTimeout(ctx, runPatience+s.long)
	defer cancel()
	if at == floor {
		return c.load(ctx, nil, args)
	}
	dir, remove, err := c.folder(s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	server, more, secret := c.peerCommand(ctx, s.ping), []string{"--bare"}, newSecret()
	if at != peer {
		server, more = zikrCommand(ctx, c.program(at), dir, secret, s.ping), []string{"--keep", "--jwt-secret", secret}
	}
	if s.tiny {
		leave, err := makeTiny(server)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, leave()) }()
	}
	began := time.Now()
	address, err := start(server)
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, end(server))
		c.watch.note(server)
	}()
	if at == peer {
		return c.load(ctx, append(more, "--url", address, "--pid", strconv.Itoa(server.Process.Pid)), args)
	}
	around, err := c.around(ctx, address, dir, began)
	if err != nil {
		return nil, err
	}
	if s.asks != nil {
		answered, err := s.asks(ctx, address, secret)
		return []report{answered, around}, err
	}
	if len(args) > 0 {
		reports, err = c.load(ctx, append(more, "--url", address, "--pid", strconv.Itoa(server.Process.Pid)), args)
	}
	return append(reports, around), err
}

// program is the zikr of a side.
func (c config) program(at side) string {
	if at == before {
		return c.before
	}
	return c.binary
}

func newSecret() string { return rand.Text() + rand.Text() }

// folder is a data folder for one run, and how to do away with it.
func (c config) folder(s scenario) (dir string, remove func() error, err error) {
	if s.full {
		return c.full, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "zikr-bench-")
	return filepath.Join(dir, "data"), func() error { return os.RemoveAll(dir) }, err
}

// around measures what is not the load's: how long the server took from its start until it was
// ready, and what one fsync of a page costs where it stores.
func (c config) around(ctx context.Context, address, dir string, began time.Time) (report, error) {
	if err := awaitReady(ctx, address); err != nil {
		return nil, err
	}
	ready := time.Since(began)
	fsync, err := timeOfFsync(dir)
	return report{"ready_ms": ms(ready), "fsync_ms": ms(fsync)}, err
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// awaitReady asks the server until it says that it is ready.
func awaitReady(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		switch {
		case err == nil && resp.StatusCode == http.StatusOK:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%s is not ready: %w", address, errors.Join(ctx.Err(), err))
		}
	}
}

// fsyncs is how many are timed.
const fsyncs = 200

// timeOfFsync is how long it takes in the folder to append a page to a file and have it on disk: the median.
func timeOfFsync(dir string) (_ time.Duration, err error) {
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page, took := make([]byte, 4096), make([]time.Duration, fsyncs)
	for i := range took {
		began := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[fsyncs/2], nil
}

// check has zikr prove a database.
func (c config) check(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, c.binary, "check") // #nosec G204 -- who runs the benchmark names it
	cmd.Env = append(environment(), "ZIKR_DATA_DIR="+dir)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("zikr check: %w: %s", err, said)
	}
	return nil
}

// zikrCommand is our server on a free port, with a data folder. It is given no setting but those that the
// release before knows as well.
func zikrCommand(ctx context.Context, program, dir, secret string, ping time.Duration) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, "serve") // #nosec G204 -- who runs the benchmark names it
	cmd.Env = append(environment(),
		"ZIKR_ADDR=127.0.0.1:0", "ZIKR_DATA_DIR="+dir, "ZIKR_JWT_SECRET="+secret, "ZIKR_JWT_PROVISION=true",
		"ZIKR_RATE_LIMIT=off", "ZIKR_PING_TIMEOUT=60s", // as the peer
		"ZIKR_LOG_FORMAT=text", "ZIKR_DRAIN_DELAY=0s")
	if ping > 0 {
		cmd.Env = append(cmd.Env, "ZIKR_PING_INTERVAL="+ping.String())
	}
	return cmd
}

// peerCommand is the peer on a free port.
func (c config) peerCommand(ctx context.Context, ping time.Duration) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "node", "server.js", "0")
	cmd.Dir = c.peer
	cmd.Env = append(environment(), "NODE_ENV=production")
	if ping > 0 {
		cmd.Args = append(cmd.Args, strconv.FormatInt(ping.Milliseconds(), 10))
	}
	return cmd
}

// environment is ours without the settings of a zikr server.
func environment() (out []string) {
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "ZIKR_") {
			out = append(out, pair)
		}
	}
	return out
}

// address is where a server says that it serves: zikr in its log, the peer on a line of its own.
var address = regexp.MustCompile(`(?:^|url=)(http://127\.0\.0\.1:\d+)`)

// start starts a server and returns where it serves.
func start(server *exec.Cmd) (string, error) {
	said, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	server.Stdout, server.Stderr = write, write
	err = server.Start()
	_ = write.Close()
	if err != nil {
		return "", errors.Join(err, said.Close())
	}
	found := make(chan string, 1)
	go listen(said, found)
	select {
	case line := <-found:
		if match := address.FindStringSubmatch(line); match != nil {
			return match[1], nil
		}
		return "", errors.Join(fmt.Errorf("%s did not start: %s", server.Path, line), end(server))
	case <-time.After(startPatience):
		return "", errors.Join(fmt.Errorf("%s does not say where it serves", server.Path), end(server))
	}
}

// listen sends the line that says where a server serves, or all that it has said at its end. It reads on
// until then: a server must not wait for who reads its log.
func listen(said io.ReadCloser, found chan<- string) {
	defer func() { _ = said.Close() }()
	lines, all := bufio.NewScanner(said), ""
	for lines.Scan() {
		if address.MatchString(lines.Text()) {
			found <- lines.Text()
			_, _ = io.Copy(io.Discard, said)
			return
		}
		all += lines.Text() + "\n"
	}
	found <- all
}

// end ends a server as an operator would, and by force if that does not help.
func end(server *exec.Cmd) error {
	if err := server.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	force := time.AfterFunc(endPatience, func() { _ = server.Process.Kill() })
	defer force.Stop()
	if err := server.Wait(); err != nil {
		return fmt.Errorf("%s did not end well: %w", server.Path, err)
	}
	return nil
}

// load runs `zikr load` and reads its reports.
func (c config) load(ctx context.Context, target, args []string) ([]report, error) {
	all := append(append([]string{"load"}, args...), append(target, "--json")...)
	cmd := exec.CommandContext(ctx, c.binary, all...) // #nosec G204 -- who runs the benchmark names it
	cmd.Env = environment()
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	c.watch.note(cmd)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, lastLine(complaint.String()))
	}
	return readReports(&out)
}

func readReports(r io.Reader) (reports []report, err error) {
	in := json.NewDecoder(r)
	for {
		var one report
		err := in.Decode(&one)
		if errors.Is(err, io.EOF) {
			return reports, nil
		}
		if err != nil {
			return nil, fmt.Errorf("what zikr load has printed: %w", err)
		}
		reports = append(reports, one)
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
