package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 9, 2}, 3}} {
		if got := median(test.values); got != test.want {
			t.Errorf("%v: got %v, want %v", test.values, got, test.want)
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 0.171: "0.17", 5.2: "5.20", 12.34: "12.3", 123.4: "123", 1234: "1,230", 5_561_234: "5,560,000", -3.5: "-3.50"} {
		if got := short(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}

func TestBetter(t *testing.T) {
	tests := []struct {
		ours, peers []float64
		more        bool
		want        string
	}{
		{[]float64{0.5}, []float64{5}, false, "10.0x"}, {[]float64{2000}, []float64{1000}, true, "2.00x"},
		{[]float64{10}, []float64{5}, false, "0.50x"}, {nil, []float64{1}, false, ""}, {[]float64{0}, []float64{1}, false, ""},
	}
	for _, test := range tests {
		if got := better(test.ours, test.peers, test.more); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

func TestSlope(t *testing.T) {
	reports := []report{
		{"connections": 10.0, "server_cpu_us_per_message": 60.0},
		{"connections": 110.0, "server_cpu_us_per_message": 90.0},
	}
	if got, ok := slope(0, 1)(reports); got != 0.3 || !ok {
		t.Errorf("got %v, %t, want 0.3", got, ok)
	}
	if got, ok := slope(0, 2)(reports); ok {
		t.Errorf("got %v of a room that was not measured", got)
	}
}

func TestTable(t *testing.T) {
	s := scenario{name: "s", rows: []row{
		{title: "CPU", unit: "us", value: key(0, "cpu"), floor: "least"},
		{title: "rate", value: key(0, "rate"), more: true},
	}}
	r := &results{}
	for _, run := range []struct {
		at     side
		report report
	}{
		{ours, report{"cpu": 0.25, "rate": 4000.0}}, {ours, report{"cpu": 0.75, "rate": 6000.0}},
		{peer, report{"cpu": 5.0, "rate": 1000.0}}, {floor, report{"least": 0.2}},
	} {
		if err := r.add(s, run.at, []report{run.report}); err != nil {
			t.Fatal(err)
		}
	}
	var got strings.Builder
	r.print(&got, []scenario{s})
	want := "| figure | zikr | Node peer | better by | plain TCP | runs |\n| --- | --- | --- | --- | --- | --- |\n" +
		"| CPU | 0.50 us | 5.00 us | 10.0x | 0.20 us | 2 |\n| rate | 5,000 | 1,000 | 5.00x |  | 2 |\n"
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	s.rows[1].ours = true
	if err := r.add(s, peer, []report{{"cpu": 5.0}}); err != nil {
		t.Errorf("a peer without a figure that it need not have: %v", err)
	}
	if err := r.add(s, ours, []report{{"cpu": 1.0}}); err == nil {
		t.Error("a report without a figure of the table was taken")
	}
}

func TestChoose(t *testing.T) {
	nothing, filled := filepath.Join(t.TempDir(), "nothing"), t.TempDir()
	if got, err := (config{only: "acks,idle", full: nothing}).choose(); err != nil || len(got) != 2 || got[0].name != "acks" {
		t.Errorf("got %v, %v", got, err)
	}
	for only, want := range map[string]string{"acks,nonsense": "nonsense", "acks,start": "make bench-fill"} {
		if _, err := (config{only: only, full: nothing}).choose(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", only, err, want)
		}
	}
	if got, err := (config{only: "acks,stored", full: filled}).choose(); err != nil || len(got) != 1+len(stored()) {
		t.Errorf("got %d scenarios, %v, want all about what is stored", len(got), err)
	}
	if got, err := (config{full: filled}).choose(); err != nil || len(got) != len(scenarios()) {
		t.Errorf("got %d scenarios, %v, want all", len(got), err)
	}
	got, err := (config{full: nothing}).choose()
	if err != nil || len(got) == 0 || len(got) == len(scenarios()) {
		t.Errorf("got %d scenarios, %v, want all that need no full database", len(got), err)
	}
	for _, s := range got {
		if s.full {
			t.Errorf("%s was chosen without a full database", s.name)
		}
	}
}

// TestNames holds that a scenario is found by its name.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range names(append(scenarios(), named(time.Minute)...)) {
		if seen[name] {
			t.Errorf("two scenarios are called %s", name)
		}
		seen[name] = true
	}
}

func TestInOneFsync(t *testing.T) {
	reports := []report{{"rate": 15_000.0}, {"fsync_ms": 2.0}}
	if got, ok := inOneFsync("rate")(reports); got != 30 || !ok {
		t.Errorf("got %v, %t, want 30", got, ok)
	}
	if got, ok := inOneFsync("rate")(reports[:1]); ok {
		t.Errorf("got %v of an fsync that was not measured", got)
	}
}

func TestTimeOfFsync(t *testing.T) {
	dir := t.TempDir()
	if got, err := timeOfFsync(dir); err != nil || got <= 0 {
		t.Errorf("got %s, %v", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want nothing left", left, err)
	}
	if _, err := timeOfFsync(filepath.Join(dir, "nothing")); err == nil {
		t.Error("an fsync was timed in a folder that is not there")
	}
}

// TestAwaitReady waits for a server that is not ready at once.
func TestAwaitReady(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked < 3 || r.URL.Path != "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	if err := awaitReady(t.Context(), server.URL); err != nil || asked != 3 {
		t.Errorf("asked %d times, %v, want 3", asked, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := awaitReady(ctx, server.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestReadReports(t *testing.T) {
	got, err := readReports(strings.NewReader("{\"a\":1}\n{\"a\":2}\n"))
	if err != nil || len(got) != 2 || got[1]["a"] != 2.0 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := readReports(strings.NewReader(`{"a":`)); err == nil {
		t.Error("half a report was taken")
	}
}

// TestStart finds out where servers serve, and what those say that do not.
func TestStart(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to play a server")
	}
	for said, want := range map[string]string{
		"http://127.0.0.1:3000": "http://127.0.0.1:3000",
		`time=x msg="zikr is serving" url=http://127.0.0.1:42 version=devel`: "http://127.0.0.1:42",
	} {
		server := exec.CommandContext(t.Context(), shell, "-c", `trap "exit 0" TERM; echo begin; echo "$0"; while :; do sleep 0.02; done`, said)
		got, err := start(server)
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v", said, got, err)
		}
		if err := end(server); err != nil {
			t.Errorf("%q: %v", said, err)
		}
	}
	if _, err := start(exec.CommandContext(t.Context(), shell, "-c", "echo the port is taken; exit 1")); err == nil || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("got %v, want what the server has said", err)
	}
	if _, err := start(exec.CommandContext(t.Context(), filepath.Join(t.TempDir(), "nothing"))); err == nil || errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v, want that there is no such program", err)
	}
}

func TestParseBusy(t *testing.T) {
	got, ok := parseBusy([]byte("cpu  100 20 30 9999 9999 4 5 6 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"))
	if want := 1650 * time.Millisecond; got != want || !ok {
		t.Errorf("got %s, %t, want %s", got, ok, want)
	}
	for _, stat := range []string{"", "cpu 1 2", "cpu  x 20 30 9999 9999 4 5 6", "intr 1 2 3 4 5 6 7 8 9"} {
		if got, ok := parseBusy([]byte(stat)); ok {
			t.Errorf("%q: got %s", stat, got)
		}
	}
}

// TestBefore compares run by run with the release before, on which the same load is put.
func TestBefore(t *testing.T) {
	s := scenario{name: "s", rows: []row{{title: "CPU", unit: "us", value: key(0, "cpu")}}}
	r := &results{}
	for _, run := range []struct {
		at  side
		cpu float64
	}{{ours, 10.2}, {before, 10}, {before, 20}, {ours, 21}, {ours, 4}, {before, 4}} {
		if err := r.add(s, run.at, []report{{"cpu": run.cpu}}); err != nil {
			t.Fatal(err)
		}
	}
	var got strings.Builder
	r.printBefore(&got, []scenario{s})
	want := "| figure | zikr | before | more or less | runs |\n| --- | --- | --- | --- | --- |\n| CPU | 10.2 us | 10.0 us | +2.0 % | 3 |\n"
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	if got := change(nil, []float64{1}); got != "" {
		t.Errorf("got %q of no runs", got)
	}
	c := config{binary: "now", before: "then", full: t.TempDir()}
	if got := c.program(before); got != "then" || c.program(ours) != "now" || before.loaded() != ours {
		t.Errorf("the side before runs %q, with the load of %q", got, before.loaded())
	}
	if got, err := c.choose(); err != nil || slices.ContainsFunc(got, func(s scenario) bool { return s.full }) {
		t.Errorf("got %v, %v, want no scenario on a full database", got, err)
	}
	c.only = "start"
	if _, err := c.choose(); err == nil || !strings.Contains(err.Error(), "release before") {
		t.Errorf("got %v, want that start does not go with -before", err)
	}
}
