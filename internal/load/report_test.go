package load

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat(t *testing.T) {
	tests := map[float64]string{
		0: "0", 1: "1", 1000: "1,000", 1234567.8: "1,234,568", 99.95: "100.0", 12.345: "12.3", 1.2345: "1.23", 0.12345: "0.123",
		0.0012345: "0.0012", 0.00001: "0.0000", 123.4: "123", -1500: "-1,500", 999.6: "1,000",
	}
	for v, want := range tests {
		if got := Format(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}

func sampleReport(perSecond float64) *Report {
	r := &Report{Scenario: "fanout", Notes: []string{"take care"}}
	r.add("connections", "members", 1000, "")
	r.add("per_s", "deliveries a second", perSecond, "")
	r.add("p99_ms", "latency", 1.23456789, "ms")
	return r
}

func TestReportJSON(t *testing.T) {
	got, err := json.Marshal(sampleReport(4_000_000.4))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"scenario":"fanout","connections":1000,"per_s":4000000,"p99_ms":1.23457,"notes":["take care"]}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReportFigure(t *testing.T) {
	r := sampleReport(7)
	if got, ok := r.Figure("per_s"); got != 7 || !ok {
		t.Errorf("got %v, %t, want 7, true", got, ok)
	}
	if _, ok := r.Figure("else"); ok {
		t.Error("a figure that is not there was found")
	}
}

func TestWriteTable(t *testing.T) {
	var got strings.Builder
	if err := WriteTable(&got, sampleReport(1_000_000), sampleReport(12.5)); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"members                  1,000  1,000",
		"deliveries a second  1,000,000   12.5",
		"latency                   1.23   1.23 ms",
		"note: take care", "",
	}, "\n")
	trimmed := ""
	for line := range strings.Lines(got.String()) {
		trimmed += strings.Trim(line, " \n") + "\n"
	}
	if diff := cmp.Diff(want, trimmed); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWriteTableEmpty(t *testing.T) {
	var got strings.Builder
	if err := WriteTable(&got); err != nil || got.Len() != 0 {
		t.Errorf("got %q, %v, want nothing", got.String(), err)
	}
}
