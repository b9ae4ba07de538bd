package zikr_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

func TestTime(t *testing.T) {
	tashkent := time.FixedZone("UTC+5", 5*60*60)
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 1, 31, 9, 5, 0, 0, time.UTC), `"2026-01-31T09:05:00.000Z"`},
		{time.Date(2026, 1, 31, 14, 5, 0, 7_000_000, tashkent), `"2026-01-31T09:05:00.007Z"`},
		{time.Date(2026, 1, 31, 9, 5, 0, 999_999_999, time.UTC), `"2026-01-31T09:05:00.999Z"`},
	} {
		got := must(json.Marshal(zikr.At(test.at)))
		if string(got) != test.want {
			t.Errorf("%s: got %s, want %s", test.at, got, test.want)
		}
		var back zikr.Time
		decode(t, got, &back)
		if back != zikr.At(test.at) {
			t.Errorf("%s read again: got %s", got, back)
		}
	}
	if got := string(must(json.Marshal(zikr.Time{Time: time.Date(2026, 1, 31, 14, 5, 0, 1, tashkent)}))); got != `"2026-01-31T09:05:00.000Z"` {
		t.Errorf("made without At: got %s", got)
	}
	var other zikr.Time
	decode(t, json.RawMessage(`"2026-01-31T14:05:00+05:00"`), &other)
	if want := zikr.At(time.Date(2026, 1, 31, 9, 5, 0, 0, time.UTC)); other != want {
		t.Errorf("another RFC 3339 date: got %s, want %s", other, want)
	}
	for _, bad := range []string{`5`, `"yesterday"`, `""`, `{}`, `"9999-12-31T23:00:00-12:00"`, `"0000-01-01T00:00:00+12:00"`} {
		if err := json.Unmarshal([]byte(bad), &other); err == nil {
			t.Errorf("%s was read as %s", bad, other)
		}
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]zikr.Int{
		"0": 0, "-0": 0, "5": 5, "5.0": 5, "1e2": 100, "-1E2": -100, "12.5e1": 125, "100000": 100_000,
		"9007199254740991": 1<<53 - 1, "1e300": 1 << 53, "-1e300": -1 << 53, "1e999": 1 << 53, "-1e999": -1 << 53,
	} {
		var got zikr.Int
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: got %d (%v), want %d", in, got, err, want)
		}
	}
	for _, bad := range []string{`5.5`, `1e-1`, `"5"`, `true`, `[]`, `{}`} {
		var got zikr.Int
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was read as %d", bad, got)
		}
	}
}

// Whatever JSON number a client sends is refused or is the integer it says.
func FuzzInt(f *testing.F) {
	for _, seed := range []string{"0", "5.0", "1e2", "-1e999", "1e-400", "null", `"5"`, "123456789012345678901234567890"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if !json.Valid([]byte(in)) {
			return
		}
		var n zikr.Int
		if json.Unmarshal([]byte(in), &n) != nil {
			return
		}
		var number float64
		err := json.Unmarshal([]byte(in), &number) // refuses what is out of a float's range
		if err == nil && math.Abs(number) < 1<<53 && number != float64(n) {
			t.Errorf("%s: got %d, want %v", in, n, number)
		}
		if n > 1<<53 || n < -1<<53 {
			t.Errorf("%s: got %d, beyond what is exact", in, n)
		}
	})
}
