package zikr

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// timeLayout is how dates travel: UTC with exactly three decimals (contract section 1).
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is a moment as clients see it: UTC, to the millisecond.
type Time struct{ time.Time }

// At makes a Time of t, cut to the millisecond.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// momentOrNil makes null of a moment that has not come.
func momentOrNil(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	at := At(t)
	return &at
}

// MarshalJSON writes the moment as "2026-01-31T09:05:00.000Z".
func (t Time) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(timeLayout)+2)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339) // the one layout that is written fast; it ends in Z
	ms := t.Nanosecond() / int(time.Millisecond)
	b = append(b[:len(b)-1], '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10))
	return append(b, 'Z', '"'), nil
}

// UnmarshalJSON reads what MarshalJSON writes, and any other RFC 3339 date.
func (t *Time) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("date: %w", err)
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return fmt.Errorf("date: %w", err)
	}
	if at = at.UTC(); at.Year() < 0 || at.Year() > 9999 { // as no date of this form says it
		return fmt.Errorf("date: %s is no day of the years 0000 to 9999 in UTC", s)
	}
	*t = At(at)
	return nil
}

// Int is an integer that a client sends. JSON has one kind of number, so that
// `5.0` and `1e2` are integers too (contract section 1). What lies beyond 2^53
// is cut to that, far outside of any range that the contract knows.
type Int int64

const maxExact = 1 << 53 // beyond it a JSON number is not exact in every client

// UnmarshalJSON reads a number of integral value. It fails on any other value.
func (n *Int) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(string(data), 64)
	if (err != nil && !math.IsInf(f, 0)) || f != math.Trunc(f) {
		return fmt.Errorf("%.40s is not an integer", data)
	}
	*n = Int(min(max(f, -maxExact), maxExact))
	return nil
}
