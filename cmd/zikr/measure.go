package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zikr-app/zikr/internal/due"
	"github.com/zikr-app/zikr/internal/engineio"
)

// delivery counts one delivery to a group's channel.
func (m *metrics) delivery(took time.Duration) { m.delivered.Observe(took.Seconds()) }

// queueBytes is a histogram that the sockets keep themselves, since they count at each write.
type queueBytes struct {
	desc *prometheus.Desc
	read func() engineio.Waited
}

func newQueueBytes(read func() engineio.Waited) queueBytes {
	return queueBytes{prometheus.NewDesc("zikr_queue_bytes", "Bytes that waited for one connection when some of them were written, of one write in eight.", nil, nil), read}
}

// Describe tells what it is.
func (q queueBytes) Describe(to chan<- *prometheus.Desc) { to <- q.desc }

// Collect reads it.
func (q queueBytes) Collect(to chan<- prometheus.Metric) {
	waited, bounds := q.read(), engineio.WaitedBounds()
	buckets, count := make(map[float64]uint64, len(bounds)), uint64(0)
	for i, n := range waited.Buckets {
		if count += n; i < len(bounds) {
			buckets[bounds[i]] = count
		}
	}
	to <- prometheus.MustNewConstHistogram(q.desc, count, float64(waited.Sum), buckets)
}

// jobMetrics is what /metrics tells of what is done by the clock.
type jobMetrics struct {
	took   *prometheus.HistogramVec
	failed *prometheus.CounterVec
	latest *prometheus.GaugeVec
	oldest *prometheus.GaugeVec
}

func newJobMetrics(r prometheus.Registerer) *jobMetrics {
	task := []string{"task"} // Prometheus has a label job of its own
	m := &jobMetrics{
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "zikr_job_seconds", Help: "How long a turn of a job took that is done by the clock.", Buckets: []float64{.01, .1, 1, 10, 60, 600},
		}, task),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "zikr_job_failures_total", Help: "Turns of jobs that failed; they are tried again."}, task),
		latest: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "zikr_job_success_timestamp_seconds", Help: "When a job's latest turn ended well; the start of the server until then.",
		}, task),
		oldest: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "zikr_due_oldest_seconds", Help: "For how long the first of what was due had been due, when a job looked last; 0 if nothing was.",
		}, task),
	}
	r.MustRegister(m.took, m.failed, m.latest, m.oldest)
	return m
}

// measured is a job whose turns are counted.
func (m *jobMetrics) measured(j due.Job) due.Job {
	took, failed, latest := m.took.WithLabelValues(j.Name), m.failed.WithLabelValues(j.Name), m.latest.WithLabelValues(j.Name)
	latest.SetToCurrentTime()
	turn := j.Turn
	j.Turn = func(ctx context.Context) error {
		began := time.Now()
		err := turn(ctx)
		took.Observe(time.Since(began).Seconds())
		if err != nil {
			failed.Inc()
		} else {
			latest.SetToCurrentTime()
		}
		return err
	}
	return j
}

// finding is Find of a queue, which notes how old the first thing is that a turn finds.
func finding[T comparable](m *jobMetrics, job string, find func(context.Context, T, int) ([]T, error), since func(T) time.Time) func(context.Context, T, int) ([]T, error) {
	oldest := m.oldest.WithLabelValues(job)
	var zero T
	return func(ctx context.Context, after T, limit int) ([]T, error) {
		found, err := find(ctx, after, limit)
		switch {
		case err != nil || after != zero:
		case len(found) == 0:
			oldest.Set(0)
		default:
			oldest.Set(max(0, time.Since(since(found[0])).Seconds()))
		}
		return found, err
	}
}
