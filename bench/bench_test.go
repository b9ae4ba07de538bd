package main

import (
	"errors"
	"os/exec"
	"path/filepath"
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
	if err := r.add(s, ours, []report{{"cpu": 1.0}}); err == nil {
		t.Error("a report without a figure of the table was taken")
	}
}

func TestChoose(t *testing.T) {
	if got, err := choose("acks,idle"); err != nil || len(got) != 2 || got[0].name != "acks" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := choose("acks,nonsense"); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v, want that there is no such scenario", err)
	}
	if got, err := choose(""); err != nil || len(got) != len(scenarios()) {
		t.Errorf("got %d scenarios, %v, want all", len(got), err)
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
