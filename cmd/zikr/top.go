package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// topCmd shows what nodes do, from their metrics.
type topCmd struct {
	Nodes []string      `arg:"" optional:"" name:"node" default:"127.0.0.1:7374" help:"Addresses of the nodes' metrics (ZIKR_OBSERVE_ADDR), as HOST:PORT."`
	Every time.Duration `default:"2s" help:"How often they are read."`
}

const (
	topMetricsSize = 8 << 20         // bytes of one node's metrics that are read
	topPatience    = 5 * time.Second // for one reading
	topSilence     = 2 * time.Second // after so much of it the screen says that the node does not answer
	topHistory     = 60              // rates that are kept for the sparklines
)

// errSilent says of a node that it took the question and gave no answer, or that nothing came back at all.
var errSilent = errors.New("it says nothing")

// Run shows the nodes until q is pressed. Where the output is no terminal, it prints one page.
func (c topCmd) Run(io streams) error {
	if c.Every < 100*time.Millisecond {
		return fmt.Errorf("--every is %s: it must be 100ms or more", c.Every)
	}
	for _, node := range c.Nodes {
		if !isHostPort(node) {
			return fmt.Errorf("%q is no address of a node: give HOST:PORT, as in its ZIKR_OBSERVE_ADDR", node)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	m := newTopModel(ctx, c.Nodes, c.Every)
	if out, ok := io.out.(*os.File); !ok || !term.IsTerminal(out.Fd()) {
		return m.once(io.out)
	}
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(io.in), tea.WithOutput(io.out)).Run()
	if err != nil && ctx.Err() == nil && !errors.Is(err, tea.ErrInterrupted) {
		return fmt.Errorf("show the nodes: %w", err)
	}
	return nil
}

// topSample is what one reading of a node's metrics brought.
type topSample struct {
	at     time.Time
	err    error
	values map[string]float64            // by metric, all labels together
	by     map[string]map[string]float64 // by metric and its one telling label
	hist   map[string]map[float64]float64
}

// topLabels are the metrics that are shown by a label.
func topLabels() map[string]string {
	return map[string]string{
		"zikr_bounds_met_total": "bound", "zikr_refused_total": "why", "zikr_connections_closed_total": "reason",
		"zikr_due_oldest_seconds": "task", "zikr_events_total": "event", "zikr_forwarded_ignored_total": "network", "zikr_build_info": "version",
	}
}

// parseTop reads Prometheus' text format.
func parseTop(r io.Reader, at time.Time) topSample {
	s := topSample{at: at, values: map[string]float64{}, by: map[string]map[string]float64{}, hist: map[string]map[float64]float64{}}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		s.err = fmt.Errorf("its metrics cannot be read: %w", err)
		return s
	}
	if families["zikr_connections"] == nil {
		s.err = errors.New("what answers is no zikr: it has no zikr_connections")
		return s
	}
	labels := topLabels()
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			s.add(name, labels[name], metric)
		}
	}
	return s
}

func (s *topSample) add(name, label string, metric *dto.Metric) {
	if h := metric.GetHistogram(); h != nil {
		if s.hist[name] == nil {
			s.hist[name] = map[float64]float64{}
		}
		for _, b := range h.GetBucket() {
			s.hist[name][b.GetUpperBound()] += float64(b.GetCumulativeCount())
		}
		return
	}
	value := metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetUntyped().GetValue()
	s.values[name] += value
	if label == "" {
		return
	}
	key, counted := "", true
	for _, pair := range metric.GetLabel() {
		if pair.GetName() == label {
			key = pair.GetValue()
		}
		if pair.GetName() == "code" {
			counted = pair.GetValue() == "ok"
		}
	}
	if !counted {
		return
	}
	if s.by[name] == nil {
		s.by[name] = map[string]float64{}
	}
	s.by[name][key] += value
}

// topFetch reads the metrics of a node.
func topFetch(ctx context.Context, node string, patience time.Duration) topSample {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(node)+"/metrics", nil)
	if err != nil {
		return topSample{err: err}
	}
	resp, err := http.DefaultClient.Do(req)
	if ctx.Err() != nil {
		return topSample{err: errSilent}
	}
	if err != nil {
		return topSample{err: errors.Join(errors.Unwrap(err))}
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return topSample{err: fmt.Errorf("it answers %s", resp.Status)}
	}
	s := parseTop(io.LimitReader(resp.Body, topMetricsSize), time.Now())
	if ctx.Err() != nil { // it stopped in the middle
		return topSample{err: errSilent}
	}
	return s
}

// topFigures are what is shown of one node, or of all.
type topFigures struct {
	connections, queued, memory, waiting float64
	events, counts, deliveries           float64 // each second
	compared                             bool    // with a reading before: there are rates
	commit, delivery                     map[float64]float64
	refused, closed, fresh               map[string]float64 // fresh: what of refused and closed came since the reading before
	oldest                               map[string]float64 // seconds
}

func newTopFigures() topFigures {
	return topFigures{
		commit: map[float64]float64{}, delivery: map[float64]float64{}, refused: map[string]float64{},
		closed: map[string]float64{}, fresh: map[string]float64{}, oldest: map[string]float64{},
	}
}

// grown is how far a counter grew. One that fell began anew with its process.
func grown(before, now float64) float64 {
	if now < before {
		return now
	}
	return now - before
}

// figures compares two readings of a node. Without one before there are no rates.
func (s topSample) figures(before topSample) topFigures {
	f := newTopFigures()
	f.connections, f.queued = s.values["zikr_connections"], s.values["zikr_queued_bytes"]
	f.memory, f.waiting = s.values["zikr_memory_in_use_bytes"], s.values["zikr_store_waiting_commands"]
	f.oldest["command"] = s.values["zikr_store_oldest_seconds"]
	f.oldest["bus"] = s.values["zikr_bus_lag_seconds"]
	f.oldest["lost connection"] = s.values["zikr_recovery_oldest_seconds"]
	maps.Copy(f.oldest, s.by["zikr_due_oldest_seconds"])
	f.compared = before.values != nil
	for _, name := range []string{"zikr_bounds_met_total", "zikr_refused_total", "zikr_connections_closed_total"} {
		to, kind := f.refused, "refused "
		if name == "zikr_connections_closed_total" {
			to, kind = f.closed, "closed "
		}
		for key, value := range s.by[name] {
			to[key] += value
			if f.compared {
				f.fresh[kind+key] += grown(before.by[name][key], value)
			}
		}
	}
	seconds := s.at.Sub(before.at).Seconds()
	if !f.compared || seconds <= 0 {
		return f
	}
	f.events = grown(before.values["zikr_events_total"], s.values["zikr_events_total"]) / seconds
	f.deliveries = grown(before.values["zikr_deliveries_total"], s.values["zikr_deliveries_total"]) / seconds
	const count = "update_zikr_count"
	f.counts = grown(before.by["zikr_events_total"][count], s.by["zikr_events_total"][count]) / seconds
	for name, to := range map[string]map[float64]float64{"zikr_store_commit_seconds": f.commit, "zikr_delivery_seconds": f.delivery} {
		anew := s.hist[name][math.Inf(1)] < before.hist[name][math.Inf(1)]
		for le, n := range s.hist[name] {
			if !anew {
				n -= before.hist[name][le]
			}
			to[le] = n
		}
	}
	return f
}

// add puts another node's figures to these. What is oldest is the oldest of all.
func (f *topFigures) add(o topFigures) {
	f.compared = f.compared || o.compared
	f.connections += o.connections
	f.queued += o.queued
	f.memory += o.memory
	f.waiting += o.waiting
	f.events += o.events
	f.counts += o.counts
	f.deliveries += o.deliveries
	for _, pair := range [][2]map[string]float64{{f.refused, o.refused}, {f.closed, o.closed}, {f.fresh, o.fresh}} {
		for key, value := range pair[1] {
			pair[0][key] += value
		}
	}
	for key, value := range o.oldest {
		f.oldest[key] = max(f.oldest[key], value)
	}
	for _, pair := range [][2]map[float64]float64{{f.commit, o.commit}, {f.delivery, o.delivery}} {
		for le, n := range pair[1] {
			pair[0][le] += n
		}
	}
}

// quantile is in which value a share of what a histogram counted lies, as histogram_quantile has it.
// It is NaN when nothing was counted, and the last bound for what lies above.
func quantile(q float64, buckets map[float64]float64) float64 {
	total := buckets[math.Inf(1)]
	if total <= 0 {
		return math.NaN()
	}
	rank, low, below := q*total, 0.0, 0.0
	for _, le := range slices.Sorted(maps.Keys(buckets)) {
		n := buckets[le]
		if n >= rank && n > below {
			if math.IsInf(le, 1) {
				return low
			}
			return low + (le-low)*(rank-below)/(n-below)
		}
		low, below = le, n
	}
	return low
}

// topNode is a node, or all of them together.
type topNode struct {
	name    string
	last    topSample
	err     error     // of the latest reading that ended
	asked   time.Time // when the reading began that is under way; no time if none is
	heard   time.Time // when it answered last, or was first asked
	figures topFigures
	history [4][]float64 // events, counts, deliveries, connections
}

// take puts a reading in the place of the one before.
func (n *topNode) take(s topSample) {
	n.asked, n.err = time.Time{}, s.err
	if s.err == nil {
		n.figures, n.last, n.heard = s.figures(n.last), s, s.at
	}
}

// silent reports whether the node does not answer.
func (n *topNode) silent(now time.Time) bool {
	return n.err != nil || !n.asked.IsZero() && now.Sub(n.asked) >= topSilence
}

// complaint is what is shown in place of the figures of a node that does not answer.
func (n *topNode) complaint(now time.Time) string {
	said := "no answer"
	if d := now.Sub(n.heard).Truncate(time.Second); d > 0 {
		said += " for " + d.String()
	}
	if n.err != nil && !errors.Is(n.err, errSilent) {
		said += ": " + n.err.Error()
	}
	return said
}

// remember keeps the rates of now for the sparklines.
func (n *topNode) remember() {
	for i, v := range []float64{n.figures.events, n.figures.counts, n.figures.deliveries, n.figures.connections} {
		n.history[i] = append(n.history[i], v)
		n.history[i] = n.history[i][max(0, len(n.history[i])-topHistory):]
	}
}

// topModel is what bubbletea runs. Each node is asked and answers for itself: one that hangs keeps nobody waiting.
type topModel struct {
	ctx           context.Context //nolint:containedctx // of the program, whose commands take none
	every         time.Duration
	now           time.Time  // of the latest tick
	nodes         []*topNode // the first is all together
	chosen        int
	width, height int
}

// topTick asks for the next readings, topRead brings one.
type (
	topTick time.Time
	topRead struct {
		node   *topNode
		sample topSample
	}
)

func newTopModel(ctx context.Context, nodes []string, every time.Duration) *topModel {
	m := &topModel{ctx: ctx, every: every, nodes: []*topNode{{name: "all", figures: newTopFigures()}}, width: topWidth, height: topHeight}
	for _, name := range nodes {
		m.nodes = append(m.nodes, &topNode{name: name, figures: newTopFigures()})
	}
	return m
}

// ask begins a reading of each node that none is under way of.
func (m *topModel) ask() (readings []tea.Cmd) {
	for _, n := range m.nodes[1:] {
		if !n.asked.IsZero() {
			continue
		}
		n.asked = m.now
		if n.heard.IsZero() {
			n.heard = m.now
		}
		readings = append(readings, func() tea.Msg { return topRead{n, topFetch(m.ctx, n.name, topPatience)} })
	}
	return readings
}

// Init begins with a reading.
func (m *topModel) Init() tea.Cmd {
	now := time.Now()
	return func() tea.Msg { return topTick(now) }
}

// Update takes a key, a tick or a reading.
func (m *topModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "esc", "ctrl+c":
			return m, tea.Quit
		case "down", "right", "tab", "j":
			m.chosen = (m.chosen + 1) % len(m.nodes)
		case "up", "left", "shift+tab", "k":
			m.chosen = (m.chosen + len(m.nodes) - 1) % len(m.nodes)
		}
	case topTick:
		m.tick(time.Time(msg))
		next := tea.Tick(m.every, func(now time.Time) tea.Msg { return topTick(now) })
		return m, tea.Batch(append(m.ask(), next)...)
	case topRead:
		msg.node.take(msg.sample)
		m.sum()
	}
	return m, nil
}

// tick keeps the rates of what was read since the tick before.
func (m *topModel) tick(now time.Time) {
	m.now = now
	m.sum()
	for _, n := range m.nodes {
		if n.figures.compared || len(n.history[0]) > 0 {
			n.remember()
		}
	}
}

// sum puts the figures of the nodes that answer together.
func (m *topModel) sum() {
	all := newTopFigures()
	for _, n := range m.nodes[1:] {
		if n.silent(m.now) {
			n.figures = newTopFigures()
			continue
		}
		all.add(n.figures)
	}
	m.nodes[0].figures = all
}

// View is the screen.
func (m *topModel) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen = true
	return v
}

// once prints one page after two readings of each node, so that there are rates. No node that answers is an error.
func (m *topModel) once(out io.Writer) error {
	m.now = time.Now()
	var all sync.WaitGroup
	for _, reading := range m.ask() {
		all.Go(func() { m.twice(reading) })
	}
	all.Wait()
	if m.ctx.Err() != nil {
		return nil //nolint:nilerr // somebody has ended it, which is no error
	}
	m.tick(time.Now())
	if _, err := fmt.Fprint(out, m.page()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if m.silent() == len(m.nodes)-1 {
		return errors.New("no node answers: see that ZIKR_OBSERVE_ADDR of each is what you gave")
	}
	return nil
}

// twice reads one node twice. It touches no other.
func (m *topModel) twice(reading tea.Cmd) {
	for i := range 2 {
		if i > 0 {
			select {
			case <-time.After(m.every):
			case <-m.ctx.Done():
				return
			}
		}
		r, _ := reading().(topRead)
		r.node.take(r.sample)
		if r.sample.err != nil {
			return
		}
	}
}
