package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
)

// recorded are the metrics of a server under load, read twice, two seconds apart.
func recorded(t *testing.T) (first, second topSample) {
	t.Helper()
	var samples [2]topSample
	for i, name := range []string{"top-1.txt", "top-2.txt"} {
		file, err := os.Open(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		samples[i] = parseTop(file, time.Unix(int64(2*i), 0))
		_ = file.Close()
		if samples[i].err != nil {
			t.Fatal(samples[i].err)
		}
	}
	return samples[0], samples[1]
}

func TestTopFigures(t *testing.T) {
	first, second := recorded(t)
	if f := first.figures(topSample{}); f.connections != 10 || f.events != 0 || f.memory == 0 {
		t.Errorf("of one reading: %v connections, %v events/s, %v bytes", f.connections, f.events, f.memory)
	}
	f := second.figures(first)
	if f.events < 200 || f.events > 400 || f.counts != f.events || f.deliveries < f.counts {
		t.Errorf("%v events, %v counts and %v deliveries a second, where 300 were counted", f.events, f.counts, f.deliveries)
	}
	for name, q := range map[string]float64{"commit": quantile(.99, f.commit), "delivery": quantile(.99, f.delivery)} {
		if !(q > 0 && q < 1) {
			t.Errorf("99 of 100 of %s within %v s", name, q)
		}
	}
	// A node that began anew counts from nothing.
	if anew := first.figures(topSample{at: first.at.Add(-2 * time.Second), values: second.values, by: second.by, hist: second.hist}); anew.events != first.values["zikr_events_total"]/2 {
		t.Errorf("after a restart %v events a second", anew.events)
	}
	both := newTopFigures()
	both.add(f)
	both.add(f)
	if both.events != 2*f.events || both.connections != 20 || quantile(.99, both.commit) != quantile(.99, f.commit) {
		t.Errorf("two nodes alike: %v events/s, %v connections", both.events, both.connections)
	}
}

func TestTopQuantile(t *testing.T) {
	buckets := map[float64]float64{1: 50, 2: 90, math.Inf(1): 100}
	for q, want := range map[float64]float64{.25: .5, .5: 1, .7: 1.5, .99: 2} {
		if got := quantile(q, buckets); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
	if got := quantile(.5, nil); !math.IsNaN(got) {
		t.Errorf("of nothing: %v", got)
	}
}

// TestTopScreen is what is seen: of two nodes, one of which does not answer.
func TestTopScreen(t *testing.T) {
	first, second := recorded(t)
	m := newTopModel(t.Context(), []string{"10.0.0.1:7374", "10.0.0.2:7374"}, 2*time.Second)
	m.tick(first.at)
	m.ask()
	refused := topSample{err: errors.New("connection refused\x1b[31m")}
	for _, sample := range []topSample{first, second} {
		m.Update(topRead{m.nodes[1], sample})
		m.Update(topRead{m.nodes[2], refused})
		m.tick(sample.at)
	}
	for _, key := range []string{"all", "one", "silent"} {
		got := m.screen()
		if lines := strings.Split(got, "\n"); len(lines) != topHeight {
			t.Errorf("%s: %d lines, want %d", key, len(lines), topHeight)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if n := len([]rune(line)); n > topWidth || strings.ContainsRune(line, '\x1b') {
				t.Errorf("%s: a line of %d columns: %q", key, n, line)
			}
		}
		golden := filepath.Join("testdata", "top-"+key+".golden")
		if os.Getenv("ZIKR_TEST_GOLDEN") != "" {
			if err := os.WriteFile(golden, []byte(got+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
		m.Update(tea.KeyPressMsg{Code: tea.KeyDown})
	}
	if m.chosen != 0 {
		t.Errorf("after the last comes %d, want the first", m.chosen)
	}
	m.Update(tea.WindowSizeMsg{Width: 40, Height: 10})
	if got := m.screen(); !strings.Contains(got, "needs 80 columns and 24 lines") {
		t.Errorf("in a small terminal: %q", got)
	}
	if _, quit := m.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); quit == nil {
		t.Error("q does not end it")
	}
}

// TestTopIsNeverLate shows that a node which takes a question and does not answer holds up nobody: the others are read at each
// tick, and the screen says for how long there was no answer.
func TestTopIsNeverLate(t *testing.T) {
	answering := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("testdata", "top-1.txt"))
	}))
	defer answering.Close()
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	m := newTopModel(t.Context(), []string{hanging.Listener.Addr().String(), answering.Listener.Addr().String()}, time.Second)
	answers, began := make(chan tea.Msg, 20), time.Unix(0, 0)
	for second := range 8 {
		m.tick(began.Add(time.Duration(second) * time.Second))
		for _, reading := range m.ask() {
			go func() { answers <- reading() }()
		}
		if again := m.ask(); len(again) > 0 {
			t.Fatalf("%d nodes are asked twice", len(again))
		}
		for read := (topRead{}); read.node != m.nodes[2]; {
			read = (<-answers).(topRead)
			m.Update(read)
		}
		got := m.screen()
		if !strings.Contains(got, "34MB") {
			t.Fatalf("after %d s the node that answers is not shown:\n%s", second, got)
		}
		want, silent := fmt.Sprintf("no answer for %ds", second), "without an answer 1"
		if time.Duration(second)*time.Second < topSilence {
			want, silent = "", "without an answer 0"
		}
		if !strings.Contains(got, want) || !strings.Contains(got, silent) {
			t.Fatalf("after %d s it does not say %q and %q:\n%s", second, want, silent, got)
		}
	}
	m.Update(topRead{m.nodes[1], topFetch(t.Context(), answering.Listener.Addr().String(), topPatience)})
	if got := m.screen(); !strings.Contains(got, "without an answer 0") || strings.Contains(got, "no answer for") {
		t.Errorf("of a node that answers again:\n%s", got)
	}
}

// TestTopReadsHalf says the same of a node that stops in the middle of its answer.
func TestTopReadsHalf(t *testing.T) {
	half := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("zikr_connections 1\n"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer half.Close()
	if got := topFetch(t.Context(), half.Listener.Addr().String(), 100*time.Millisecond); !errors.Is(got.err, errSilent) {
		t.Errorf("got %v, want %v", got.err, errSilent)
	}
}

// TestTopOfARealServer prints one page, where the output is no terminal.
func TestTopOfARealServer(t *testing.T) {
	server := serving(t, t.TempDir())
	node := strings.TrimPrefix(server.observe, "http://")
	said := output(t, command(t, t.TempDir(), "top", "--every=100ms", node))
	for _, want := range []string{"nodes 1, without an answer 0", node, "commit p50", "connections"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) }))
	defer other.Close()
	var out bytes.Buffer
	err := topCmd{Nodes: []string{strings.TrimPrefix(other.URL, "http://")}, Every: 100 * time.Millisecond}.Run(streams{out: &out})
	if err == nil || !strings.Contains(out.String(), "is no zikr") {
		t.Errorf("of something else: %v\n%s", err, out.String())
	}
	if err := (topCmd{Nodes: []string{"nowhere"}, Every: time.Second}).Run(streams{out: &out}); err == nil || !strings.Contains(err.Error(), `"nowhere" is no address`) {
		t.Errorf("of no address: %v", err)
	}
}
