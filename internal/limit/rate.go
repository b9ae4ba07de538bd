package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate limits how often a second each user, or each address, may do something. A nil
// *Rate limits nothing.
type Rate struct {
	bound     Bound
	perSecond rate.Limit
	burst     int

	mu   sync.Mutex
	keys recent[rate.Limiter]
}

// never is after how long to try again what is not allowed at all.
const never = time.Hour

// NewRate lets each key do perSecond things a second in the long run, and burst at once. Either
// at Off limits nothing, either at 0 allows nothing.
func NewRate(perSecond, burst Bound) *Rate {
	if perSecond.Most == Off || burst.Most == Off {
		return nil
	}
	// A bucket that was not used for as long as it takes to fill is as good as a
	// new one, so nobody gains by being forgotten.
	full := time.Duration(float64(burst.Most) / max(float64(perSecond.Most), 1e-3) * float64(time.Second))
	return &Rate{
		bound:     perSecond,
		perSecond: rate.Limit(perSecond.Most),
		burst:     int(burst.Most),
		keys:      newRecent[rate.Limiter](keep, max(full, time.Minute)),
	}
}

// Allow takes one thing of a key. If there were too many it reports false, and
// in how long the next one will be taken; such a refusal costs the key nothing.
func (r *Rate) Allow(key string, now time.Time) (retryAfter time.Duration, ok bool) {
	switch {
	case r == nil:
		return 0, true
	case r.perSecond <= 0 || r.burst <= 0:
		r.bound.met()
		return never, false
	}
	bucket := r.bucket(key, now)
	if bucket.AllowN(now, 1) {
		return 0, true
	}
	r.bound.met()
	missing := 1 - bucket.TokensAt(now)
	return max(time.Duration(missing/float64(r.perSecond)*float64(time.Second)), time.Millisecond), false
}

// longestWait is the longest that Wait has anybody wait.
const longestWait = time.Second

// Wait takes one thing of a key, also one that is not there yet, and says how long to wait for it. Each who waits
// has one of their own, so that many who wait at once do not all come at once. Who would
// wait for more than a second takes nothing, and waits a second.
func (r *Rate) Wait(key string, now time.Time) time.Duration {
	switch {
	case r == nil:
		return 0
	case r.perSecond <= 0 || r.burst <= 0:
		r.bound.met()
		return longestWait
	}
	taken := r.bucket(key, now).ReserveN(now, 1)
	wait := taken.DelayFrom(now)
	if wait > 0 {
		r.bound.met()
	}
	if wait > longestWait {
		taken.CancelAt(now)
		return longestWait
	}
	return wait
}

func (r *Rate) bucket(key string, now time.Time) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	bucket := r.keys.get(key, now)
	if bucket.Burst() == 0 { // a new one
		*bucket = *rate.NewLimiter(r.perSecond, r.burst)
	}
	return bucket
}
