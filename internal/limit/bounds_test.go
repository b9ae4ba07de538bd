package limit_test

import (
	"testing"

	"github.com/zikr-app/zikr/internal/limit"
)

// TestTableIsWhole wants every bound to say all that a reader of the table looks for, with
// a default that can be read, and nothing twice.
func TestTableIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range limit.Table() {
		if row.Bound == "" || row.What == "" || row.By == "" || row.Default == "" || row.Setting == "" || row.Told == "" {
			t.Errorf("a row has something missing: %+v", row)
		}
		if seen[row.Bound] || seen[row.Setting] {
			t.Errorf("%s or %s stands there twice", row.Bound, row.Setting)
		}
		seen[row.Bound], seen[row.Setting] = true, true
		var m limit.Most
		if err := m.UnmarshalText([]byte(row.Default)); err != nil {
			t.Errorf("the default of %s: %v", row.Bound, err)
		}
	}
	if len(seen) == 0 {
		t.Error("the table is empty")
	}
}

func TestMost(t *testing.T) {
	for text, want := range map[string]limit.Most{
		"0": 0, "17": 17, "64KB": 64 << 10, "16 mb": 16 << 20, "2GB": 2 << 30, "off": limit.Off, " OFF ": limit.Off,
	} {
		var got limit.Most
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "1.5", "many", "9999999999GB", "5TB", "KB"} {
		var got limit.Most
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

// TestWithoutRates takes away what holds a benchmark up, and nothing that keeps memory bounded.
func TestWithoutRates(t *testing.T) {
	b := limit.Bounds{EventRate: 50, SignUps: 60, AnswersBytes: 64 << 20}.WithoutRates()
	if b.EventRate != limit.Off || b.SignUps != limit.Off || b.AnswersBytes != 64<<20 {
		t.Errorf("got %v events, %v sign-ups, %v bytes of answers", b.EventRate, b.SignUps, b.AnswersBytes)
	}
	if most, ok := b.Of("answers_bytes"); !ok || most != 64<<20 {
		t.Errorf("answers_bytes: got %v, %t", most, ok)
	}
	if _, ok := b.Of("wishes"); ok {
		t.Error("there is a bound that no table has")
	}
}
