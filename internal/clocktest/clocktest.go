// Package clocktest sets the clock for tests, as an operator does: the time of day
// moves, while the monotonic clock, by which time.Time measures spans, goes on.
package clocktest

import (
	"fmt"
	"time"
	"unsafe"
)

// seconds of the time of day, in a time.Time with a monotonic reading, begin at this
// bit of its first word, and are 33 bits (time.go of the standard library).
const secondsAt = 30

// Set is what time.Now would have returned instead of now, had the clock been set
// by a span of whole seconds. It panics if time.Time is not what it was in Go 1.26.
func Set(now time.Time, by time.Duration) time.Time {
	set := now
	*(*uint64)(unsafe.Pointer(&set)) += uint64(by/time.Second) << secondsAt
	moved, went := set.Round(0).Sub(now.Round(0)), set.Sub(now) // by the time of day, and by the monotonic clock
	if moved != by || went != 0 {
		panic(fmt.Sprintf("clocktest: a clock set by %s moved by %s and went on by %s", by, moved, went))
	}
	return set
}
