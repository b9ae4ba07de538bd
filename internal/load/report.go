package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run has found, in the order in which it is read.
type Report struct {
	Scenario string
	Figures  []Figure
	Notes    []string // sentences to bear in mind with the figures
}

// Figure is one number.
type Figure struct {
	Key   string // in JSON: lower case, with its unit
	Text  string // for people
	Value float64
	Unit  string // for people; may be empty
}

// add adds a figure.
func (r *Report) add(key, text string, value float64, unit string) {
	r.Figures = append(r.Figures, Figure{key, text, value, unit})
}

// Figure is the value under a key, and whether there is one.
func (r *Report) Figure(key string) (value float64, ok bool) {
	for _, f := range r.Figures {
		if f.Key == key {
			return f.Value, true
		}
	}
	return 0, false
}

// MarshalJSON writes one flat object: the scenario, the figures by their keys, and the notes.
func (r *Report) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"scenario":%s`, quote(r.Scenario))
	for _, f := range r.Figures {
		fmt.Fprintf(&b, `,%s:%s`, quote(f.Key), strconv.FormatFloat(round(f.Value), 'f', -1, 64))
	}
	if len(r.Notes) > 0 {
		notes, err := json.Marshal(r.Notes)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `,"notes":%s`, notes)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// round keeps six significant digits, since no figure is better than that.
func round(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	if math.Abs(v) >= 1e6 {
		return math.Round(v)
	}
	return math.Round(v*scale) / scale
}

// WriteTable writes reports of one scenario beside each other, a figure a line.
func WriteTable(w io.Writer, reports ...*Report) error {
	if len(reports) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, f := range reports[0].Figures {
		cells := make([]string, len(reports))
		for j, r := range reports {
			if i < len(r.Figures) {
				cells[j] = Format(r.Figures[i].Value)
			}
		}
		// The first column is aligned by hand: tabwriter aligns all of them to one side.
		fmt.Fprintf(table, "%-*s\t%s\t %s\n", reports[0].widest(), f.Text, strings.Join(cells, "\t"), f.Unit)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return writeNotes(w, reports)
}

func (r *Report) widest() (n int) {
	for _, f := range r.Figures {
		n = max(n, len(f.Text))
	}
	return n
}

// writeNotes writes each note once.
func writeNotes(w io.Writer, reports []*Report) error {
	told := map[string]bool{}
	for _, r := range reports {
		for _, note := range r.Notes {
			if told[note] {
				continue
			}
			told[note] = true
			if _, err := fmt.Fprintf(w, "note: %s\n", note); err != nil {
				return err
			}
		}
	}
	return nil
}

// Format writes a value with three digits that count, and thousands apart.
func Format(v float64) string {
	digits := 0
	if a := math.Abs(v); a > 0 && a < 100 && v != math.Trunc(v) {
		digits = min(max(2-int(math.Floor(math.Log10(a))), 0), 4)
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// each is the share of d that one of n has, in microseconds.
func each(d time.Duration, n uint64) float64 {
	return float64(d) / float64(time.Microsecond) / float64(max(n, 1))
}

// addCosts adds what n pieces of work, each a unit like "delivery", have cost.
func (r *Report) addCosts(s span, pid int, unit string, n uint64) {
	if pid != 0 {
		r.add("server_cpu_us_per_"+unit, "server's CPU for each "+unit, each(s.server.cpu, n), "us")
		r.add("server_cores", "server's processors in use", s.cores(s.server.cpu), "")
		r.add("server_user_share", "share of that outside of the kernel", float64(s.server.user)/float64(max(s.server.cpu, 1)), "")
		r.add("server_rss_mib", "server's memory at the end", float64(s.server.rss)/(1<<20), "MiB")
	}
	if s.own.cpu > 0 {
		r.add("generator_cpu_us_per_"+unit, "generator's CPU for each "+unit, each(s.own.cpu, n), "us")
		r.add("generator_cores", "generator's processors in use", s.cores(s.own.cpu), "")
	}
}

// addLatencies adds the quantiles of a histogram.
func (r *Report) addLatencies(h *histogram) {
	r.add("p50_ms", "latency, median", milliseconds(h.quantile(0.5)), "ms")
	r.add("p99_ms", "latency, 99 of 100", milliseconds(h.quantile(0.99)), "ms")
	r.add("max_ms", "latency, longest", milliseconds(h.longest), "ms")
}

// busyGenerator is from how many processors on a generator of one goroutine is the bottleneck.
const busyGenerator = 0.95

// addNotes says what makes the figures worse than the server is.
func (r *Report) addNotes(s span, n network) {
	if cost := n.cost(); cost != "" {
		r.Notes = append(r.Notes, cost+": what it uses is missing to a server on the same machine")
	} else if s.cores(s.own.cpu) > busyGenerator {
		r.Notes = append(r.Notes, "the generator used up its processor: the server could do more a second than this")
	}
}
