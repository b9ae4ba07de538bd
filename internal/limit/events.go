package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Events limits how many events a second each user may send. A nil *Events
// limits nothing.
type Events struct {
	perSecond rate.Limit
	burst     int

	mu    sync.Mutex
	users recent[rate.Limiter]
}

// NewEvents lets each user send perSecond events a second in the long run, and
// burst at once. With perSecond or burst at 0 or below, nothing is limited.
func NewEvents(perSecond float64, burst int) *Events {
	if perSecond <= 0 || burst <= 0 {
		return nil
	}
	// A bucket that was not used for as long as it takes to fill is as good as a
	// new one, so nobody gains by being forgotten.
	full := time.Duration(float64(burst) / perSecond * float64(time.Second))
	return &Events{
		perSecond: rate.Limit(perSecond),
		burst:     burst,
		users:     newRecent[rate.Limiter](keep, max(full, time.Minute)),
	}
}

// Allow takes one event of a user. If there were too many it reports false, and
// in how long the next one will be taken; such a refusal costs the user nothing.
func (e *Events) Allow(userID string, now time.Time) (retryAfter time.Duration, ok bool) {
	if e == nil {
		return 0, true
	}
	bucket := e.bucket(userID, now)
	if bucket.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - bucket.TokensAt(now)
	return max(time.Duration(missing/float64(e.perSecond)*float64(time.Second)), time.Millisecond), false
}

func (e *Events) bucket(userID string, now time.Time) *rate.Limiter {
	e.mu.Lock()
	defer e.mu.Unlock()
	bucket := e.users.get(userID, now)
	if bucket.Burst() == 0 { // a new one
		*bucket = *rate.NewLimiter(e.perSecond, e.burst)
	}
	return bucket
}
