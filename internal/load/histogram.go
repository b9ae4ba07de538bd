package load

import (
	"math"
	"math/bits"
	"time"
)

// Each power of two of nanoseconds is divided into steps, so that a quantile is off by
// less than 2 %, whatever its size.
const (
	stepBits = 6
	steps    = 1 << stepBits
)

// histogram counts durations. The zero value is empty.
type histogram struct {
	counts  [(64 - stepBits + 1) * steps]uint64
	total   uint64
	longest time.Duration
}

// add counts d; what is below zero counts as zero.
func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.total++
	h.longest = max(h.longest, d)
}

// merge adds all that is counted in another.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
	h.longest = max(h.longest, other.longest)
}

// quantile is the duration that the share q of all does not exceed; 0 if there is none.
func (h *histogram) quantile(q float64) time.Duration {
	rank := max(uint64(math.Ceil(q*float64(h.total))), 1)
	for i, n := range h.counts {
		if n >= rank {
			return min(time.Duration(middle(i)), h.longest)
		}
		rank -= n
	}
	return h.longest
}

// bucket is where a value is counted: by its highest bit and the stepBits below that.
func bucket(v uint64) int {
	if v < steps {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - stepBits
	return (shift+1)<<stepBits | int(v>>shift)&(steps-1)
}

// middle is the value in the middle of a bucket.
func middle(i int) uint64 {
	if i < steps {
		return uint64(i)
	}
	shift := i>>stepBits - 1
	return (steps|uint64(i&(steps-1)))<<shift + (uint64(1)<<shift)/2
}
