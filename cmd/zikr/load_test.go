package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/zikr-app/zikr/internal/load"
)

const loadSecret = "0123456789abcdef0123456789abcdef"

// loading runs `zikr load` in this process against a server that is one of its own.
func loading(t *testing.T, args ...string) (out, progress string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err = run(append([]string{"load"}, args...), streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return stdout.String(), stderr.String(), err
}

// TestLoad measures a whole server with each command, members made and deleted.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	p := serving(t, dir, "ZIKR_RATE_LIMIT=off", "ZIKR_JWT_SECRET="+loadSecret, "ZIKR_JWT_PROVISION=true", "ZIKR_PING_INTERVAL=300ms")
	common := []string{"--url", p.url, "--jwt-secret", loadSecret, "--json"}
	if runtime.GOOS == "linux" {
		common = append(common, "--pid", strconv.Itoa(p.Process.Pid))
	}
	tests := map[string]struct {
		args []string
		want map[string]float64
	}{
		"fanout":          {[]string{"fanout", "--rooms", "5,20", "--messages", "50"}, map[string]float64{"deliveries": 250}},
		"fanout, paced":   {[]string{"fanout", "-n", "10", "--rate", "100", "--messages", "20", "--namespace", "/"}, map[string]float64{"deliveries": 200, "rate": 100}},
		"fanout, polling": {[]string{"fanout", "-n", "10", "--messages", "30", "--transport", "polling"}, map[string]float64{"deliveries": 300}},
		"counts":          {[]string{"counts", "-n", "5", "--counts", "100", "--join"}, map[string]float64{"confirmed": 100}},
		"counts, paced":   {[]string{"counts", "-n", "6", "--groups", "2", "--counts", "30", "--rate", "300", "--op-ids"}, map[string]float64{"confirmed": 30, "rate": 300}},
		"hatm":            {[]string{"hatm", "-n", "7", "--groups", "2", "--poras", "150", "--join"}, map[string]float64{"poras": 150, "groups": 2}},
		"join":            {[]string{"join", "-n", "2", "--missed", "450", "--joins", "5"}, map[string]float64{"joins": 5, "missed": 450}},
		"snapshot":        {[]string{"snapshot", "--users", "30", "--requests", "5"}, map[string]float64{"snapshots": 5, "members": 30}},
		"acks":            {[]string{"acks", "-n", "5", "--acks", "100"}, map[string]float64{"acks": 100}},
		"idle":            {[]string{"idle", "-n", "20", "--users", "10", "--groups", "3", "--settle", "100ms"}, map[string]float64{"connections": 20, "pinged": 20}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "idle" && runtime.GOOS != "linux" {
				t.Skip("the memory of a process is read from /proc, which is Linux's")
			}
			out, progress, err := loading(t, append(test.args, common...)...)
			if err != nil {
				t.Fatalf("%v\n%s%s", err, progress, p.errors)
			}
			var got map[string]any
			if err := json.NewDecoder(strings.NewReader(out)).Decode(&got); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			for key, want := range test.want {
				if got[key] != want {
					t.Errorf("%s: got %v, want %v", key, got[key], want)
				}
			}
			if cpu, ok := got["server_cores"]; name != "idle" && runtime.GOOS == "linux" && !ok {
				t.Errorf("the server's CPU is missing: %v", cpu)
			}
		})
	}
	if left := accounts(t, dir); left != "" {
		t.Errorf("accounts are left:\n%s", left)
	}
}

// TestLoadRegistered has the server register the accounts, prints a table, and keeps the accounts.
func TestLoadRegistered(t *testing.T) {
	dir := t.TempDir()
	p := serving(t, dir, "ZIKR_RATE_LIMIT=off")
	out, _, err := loading(t, "acks", "--url", p.url, "-n", "2", "--acks", "10", "--keep")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"acks a second", "latency, median"} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant %q in it", out, want)
		}
	}
	if left := accounts(t, dir); strings.Count(left, "@load.invalid") != 2 {
		t.Errorf("got accounts\n%s\nwant 2", left)
	}
}

// TestLoadRefused says what to do about a server that cannot be measured as it is.
func TestLoadRefused(t *testing.T) {
	p := serving(t, t.TempDir(), "ZIKR_SIGN_UPS=1", "ZIKR_EVENT_RATE=1", "ZIKR_EVENT_BURST=1")
	tests := map[string]struct {
		args []string
		want string
	}{
		"another secret": {[]string{"acks", "--url", p.url, "--jwt-secret", loadSecret}, "ZIKR_JWT_PROVISION"},
		"sign-ups":       {[]string{"acks", "--url", p.url, "-n", "3"}, "ZIKR_RATE_LIMIT=off"},
		"no URL":         {[]string{"acks", "--url", "127.0.0.1"}, "must be like"},
		"no server":      {[]string{"acks", "--url", "http://127.0.0.1:1"}, "refused"},
		"no pid":         {[]string{"idle", "--url", p.url, "--bare"}, "--pid"},
		"transport":      {[]string{"acks", "--transport", "pigeon"}, "--transport"},
	}
	for name, test := range tests {
		if out, _, err := loading(t, test.args...); err == nil || !strings.Contains(err.Error(), test.want) || out != "" {
			t.Errorf("%s: got %q, %v; want %q in the error and nothing printed", name, out, err, test.want)
		}
	}
}

func TestLoadFloor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the CPU of a thread is told by Linux alone")
	}
	out, _, err := loading(t, "floor", "-n", "3", "--messages", "10", "--json")
	if err != nil || !strings.Contains(out, `"deliveries":30`) {
		t.Errorf("got %s, %v", out, err)
	}
}

// TestLoadMeasuresOnce stops at the first size that fails, and keeps what was measured.
func TestLoadMeasuresOnce(t *testing.T) {
	asked := []int{}
	reports, err := each([]int{1, 2, 3}, func(n int) (*load.Report, error) {
		asked = append(asked, n)
		if n == 2 {
			return nil, io.ErrUnexpectedEOF
		}
		return &load.Report{}, nil
	})
	if len(asked) != 2 || len(reports) != 1 || err == nil {
		t.Errorf("got %d reports of %v, %v", len(reports), asked, err)
	}
}

// accounts are those of a data folder, as an operator sees them.
func accounts(t *testing.T, dir string) string {
	t.Helper()
	withEnvironment(t)
	var out bytes.Buffer
	if err := run([]string{"user", "list", "Load", "--data-dir", dir}, streams{out: &out, err: os.Stderr}); err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(out.String(), "\n")
	return lines
}

// TestLoadBare makes nobody on a server that is not zikr.
func TestLoadBare(t *testing.T) {
	for groups, want := range map[int]int{0: 5, 2: 2} {
		members, dismiss, err := loadTarget{Bare: true, Groups: groups}.gather(t.Context(), nil, crowd{users: 10, groups: 5}, nil)
		if err != nil || len(members) != want || members[0] != (load.Member{GroupID: "g1", ZikrID: "z1"}) {
			t.Errorf("%d groups: got %v, %v, want %d members", groups, members, err, want)
		}
		if err := dismiss(); err != nil {
			t.Error(err)
		}
	}
}
