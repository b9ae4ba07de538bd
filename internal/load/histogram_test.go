package load

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestHistogramEmpty(t *testing.T) {
	var h histogram
	if got := h.quantile(0.99); got != 0 {
		t.Errorf("got %s, want 0", got)
	}
}

// TestHistogramQuantiles compares quantiles with those of the sorted values.
func TestHistogramQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h, other histogram
	var all []time.Duration
	for i := range 20_000 {
		d := time.Duration(math.Exp(random.Float64() * 25)) // 1 ns to 72 s, each size as often
		if i%3 == 0 {
			other.add(d)
		} else {
			h.add(d)
		}
		all = append(all, d)
	}
	slices.Sort(all)
	h.merge(&other)
	for _, q := range []float64{0.001, 0.25, 0.5, 0.9, 0.99, 0.9999, 1} {
		got, want := h.quantile(q), all[int(math.Ceil(q*float64(len(all))))-1]
		if math.Abs(float64(got-want)) > 0.02*float64(want)+1 {
			t.Errorf("quantile %v: got %s, want %s within 2 %%", q, got, want)
		}
	}
	if got, want := h.longest, all[len(all)-1]; got != want {
		t.Errorf("longest: got %s, want %s", got, want)
	}
}

// TestHistogramBuckets holds that values never leave their order.
func TestHistogramBuckets(t *testing.T) {
	last := -1
	for v := uint64(0); v < 1<<14; v++ {
		b := bucket(v)
		if b < last || b > last+1 {
			t.Fatalf("%d is in bucket %d, the one before in %d", v, b, last)
		}
		last = b
	}
	if got, want := bucket(math.MaxInt64), len(histogram{}.counts); got >= want {
		t.Errorf("the longest duration is in bucket %d of %d", got, want)
	}
}

func TestHistogramBelowZero(t *testing.T) {
	var h histogram
	h.add(-time.Second)
	if got := h.quantile(1); got != 0 || h.total != 1 {
		t.Errorf("got %s of %d, want 0s of 1", got, h.total)
	}
}
