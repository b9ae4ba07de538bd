package main

import (
	"cmp"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/limit"
)

// metrics is what /metrics tells, in a registry of its own. docs/operations.md
// says what each is good for.
type metrics struct {
	registry *prometheus.Registry

	events       *prometheus.CounterVec   // by event and code
	eventSeconds *prometheus.HistogramVec // by event
	requests     *prometheus.CounterVec   // by route and status
	requestTook  *prometheus.HistogramVec // by route
	commands     prometheus.Counter
	batchSize    prometheus.Histogram
	commitTook   prometheus.Histogram
	delivered    prometheus.Histogram
	boundsMet    *prometheus.CounterVec // by bound
	refused      *prometheus.CounterVec // by why

	// Looking up the metrics of an event by their labels takes longer than counting.
	mu      sync.RWMutex
	answers map[answer]answerMetrics
}

// answer is what events are counted by.
type answer struct {
	event string
	code  zikr.Code
}

type answerMetrics struct {
	count   prometheus.Counter
	seconds prometheus.Observer
}

// fine are buckets in seconds for what should take less than a moment.
func fine() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
}

func newMetrics() *metrics {
	m := &metrics{
		answers:  make(map[answer]answerMetrics),
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zikr_events_total", Help: "Events of clients that were answered, by event and error code (ok for a success).",
		}, []string{"event", "code"}),
		eventSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "zikr_event_seconds", Help: "From the arrival of a client's event to its answer.", Buckets: fine(),
		}, []string{"event"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zikr_http_requests_total", Help: "Answered HTTP requests, those of Socket.IO apart, by route and status.",
		}, []string{"route", "status"}),
		requestTook: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "zikr_http_request_seconds", Help: "From the arrival of an HTTP request to its answer.", Buckets: fine(),
		}, []string{"route"}),
		commands: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "zikr_store_commands_total", Help: "Commands that the store answered after a commit.",
		}),
		batchSize: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "zikr_store_batch_commands", Help: "Commands in one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 12),
		}),
		commitTook: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "zikr_store_commit_seconds", Help: "One commit, fsync included.", Buckets: fine(),
		}),
		delivered: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "zikr_delivery_seconds", Buckets: fine(),
			Help: "From the commit of a group's event to the last write of it to the connections of this node in the group's channel.",
		}),
		boundsMet: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zikr_bounds_met_total", Help: "Times that a bound of the budget was met (docs/security.md), by its name.",
		}, []string{"bound"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zikr_refused_total", Help: "Clients that were refused as the log tells it: wrong passwords, log-ins, sign-ups and requests past their bound.",
		}, []string{"why"}),
	}
	for _, row := range limit.Table() {
		m.boundsMet.WithLabelValues(row.Bound) // 0 from the start, so that a rise is seen
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(),
		m.events, m.eventSeconds, m.requests, m.requestTook, m.commands, m.batchSize, m.commitTook, m.delivered, m.boundsMet, m.refused,
	)
	return m
}

// buildInfo is always 1; its label is the version.
func buildInfo() prometheus.Collector {
	labels := prometheus.Labels{"version": versionName()}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "zikr_build_info", Help: "The version of the server, as a label.", ConstLabels: labels},
		func() float64 { return 1 })
}

// handler answers GET /metrics.
func (m *metrics) handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError)})
}

// countIgnored counts requests whose X-Forwarded-For is ignored.
func (m *metrics) countIgnored() *prometheus.CounterVec {
	ignored := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "zikr_forwarded_ignored_total", Help: "Requests whose X-Forwarded-For was ignored since they came from an address that is not trusted, by its network: private (this machine's too) or public.",
	}, []string{"network"})
	m.registry.MustRegister(ignored)
	return ignored
}

// gauge and counter add what is read when somebody asks.
func (m *metrics) gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

func (m *metrics) counter(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// answered counts one answer to a client's event.
func (m *metrics) answered(event string, code zikr.Code, took time.Duration) {
	of := m.answer(answer{event, code})
	of.count.Inc()
	of.seconds.Observe(took.Seconds())
}

// answer finds the metrics of an answer. There are few: events and codes are known.
func (m *metrics) answer(a answer) answerMetrics {
	m.mu.RLock()
	of, known := m.answers[a]
	m.mu.RUnlock()
	if known {
		return of
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	of = answerMetrics{
		count:   m.events.WithLabelValues(a.event, cmp.Or(string(a.code), "ok")),
		seconds: m.eventSeconds.WithLabelValues(a.event),
	}
	m.answers[a] = of
	return of
}

// requested counts one answered HTTP request.
func (m *metrics) requested(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.requestTook.WithLabelValues(route).Observe(took.Seconds())
}

// committed counts one commit of the store.
func (m *metrics) committed(commands int, took time.Duration) {
	m.commands.Add(float64(commands))
	m.batchSize.Observe(float64(commands))
	m.commitTook.Observe(took.Seconds())
}

// measureSockets adds what the sockets count themselves.
func (s *server) measureSockets() {
	s.metrics.gauge("zikr_connections", "Engine.IO connections that are open.", func() float64 { return float64(s.sockets.Stats().Open) })
	s.metrics.gauge("zikr_websocket_connections", "Of these, those on WebSocket.", func() float64 { return float64(s.sockets.Stats().WebSockets) })
	s.metrics.gauge("zikr_namespace_connections", "Signed-in connections to a namespace.", func() float64 { return float64(s.gateway.Stats().Connections) })
	s.metrics.gauge("zikr_channels", "Groups whose channel somebody on this node has joined.", func() float64 { return float64(s.gateway.Stats().Channels) })
	s.metrics.counter("zikr_deliveries_total", "Packets handed to connections: deliveries of events, confirmations, acks, pings.",
		func() float64 { return float64(s.sockets.Stats().PacketsOut) })
	s.metrics.counter("zikr_received_packets_total", "Packets received.", func() float64 { return float64(s.sockets.Stats().PacketsIn) })
	s.metrics.gauge("zikr_pending_connections", "Engine.IO connections that never had a namespace.", func() float64 { return float64(s.sockets.Stats().Pending) })
	s.metrics.gauge("zikr_incoming_bytes", "Bytes of messages of which the rest is still to come, as far as they are counted.",
		func() float64 { return float64(s.sockets.Stats().Incoming) })
	s.metrics.gauge("zikr_queued_bytes", "Bytes that wait to be read by clients, as far as they are counted.", func() float64 { return float64(s.sockets.Stats().Queued) })
	s.metrics.gauge("zikr_lost_connections", "Connections that are lost and may come back with their session.", func() float64 { return float64(s.sockets.Waiting()) })
	s.metrics.gauge("zikr_recovery_bytes", "Bytes that are kept for those, as far as they are counted.", func() float64 { return float64(s.sockets.Kept()) })
	s.metrics.gauge("zikr_recovery_oldest_seconds", "How long ago the first connection was lost, of those in groups that may come back with their session.",
		func() float64 { return s.gateway.Stats().OldestLost.Seconds() })
	s.metrics.registry.MustRegister(newQueueBytes(s.sockets.Waited))
	s.measureCloses()
}

// measureCloses counts connections that were refused, and those that ended, by the reason.
func (s *server) measureCloses() {
	s.metrics.counter("zikr_refused_handshakes_total", "Handshakes and requests of Engine.IO that were refused.", func() float64 { return float64(s.sockets.Stats().Refused) })
	s.metrics.counter("zikr_refused_connects_total", "CONNECT packets that were refused: no token, a bad one, too many connections.",
		func() float64 { return float64(s.sockets.Refused()) })
	for reason := range s.sockets.Stats().Closed {
		s.metrics.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "zikr_connections_closed_total", Help: "Engine.IO connections that ended, by the reason.", ConstLabels: prometheus.Labels{"reason": reason},
		}, func() float64 { return float64(s.sockets.Closed(reason)) }))
	}
}

// measureEdge adds what stands at the edge: memory, the log, the port.
func (s *server) measureEdge() {
	s.metrics.gauge("zikr_memory_in_use_bytes", "Memory that Go has from the system and uses.", func() float64 { return float64(s.memory.inUse()) })
	s.metrics.gauge("zikr_memory_watermark_bytes", "Memory in use above which no new connection is taken.", func() float64 { return float64(s.memory.most) })
	s.metrics.gauge("zikr_http_connections", "TCP connections that are open, WebSockets apart.", func() float64 { return float64(s.door.inAll.Now()) })
	s.metrics.counter("zikr_accept_errors_total", "Connections that could not be taken, as when there are no file descriptors left.", func() float64 { return float64(s.port.failed.Load()) })
	s.metrics.gauge("zikr_answers_bytes", "Bytes of REST answers that are being written.", func() float64 { return float64(s.answers.Now()) })
}

// measureLog counts the lines that whoever reads the log did not get.
func (s *server) measureLog(queue *logQueue) {
	s.metrics.counter("zikr_log_lines_dropped_total", "Lines of the log that were dropped, since whoever reads it was too slow, or gone.",
		func() float64 { return float64(queue.dropped.Load()) })
	met := s.bounds.of("log_bytes").Met
	queue.met.Store(&met)
}
