package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	topWidth, topHeight = 80, 24
	topRows             = 6 // nodes that the screen shows at once, all together among them
	topReasons          = 5 // refusals and closes that the screen shows
)

// screen is the live view: 80 columns, 24 lines.
func (m *topModel) screen() string {
	if m.width < topWidth || m.height < topHeight {
		return fmt.Sprintf("zikr top needs %d columns and %d lines;\nhere are %d and %d. q quits.", topWidth, topHeight, m.width, m.height)
	}
	first := max(0, min(m.chosen-topRows/2, len(m.nodes)-topRows))
	lines := append([]string{m.title()}, m.table(first, min(len(m.nodes), first+topRows), true)...)
	lines = append(lines, "")
	lines = append(lines, m.details(m.nodes[m.chosen], topReasons)...)
	for len(lines) < topHeight-1 {
		lines = append(lines, "")
	}
	lines = append(lines, "q quits, arrows or tab choose a node")
	return strings.Join(lines, "\n")
}

// page is the same for scripts: each node with all it has.
func (m *topModel) page() string {
	lines := append([]string{m.title()}, m.table(0, len(m.nodes), false)...)
	for _, n := range m.nodes {
		lines = append(append(lines, ""), m.details(n, math.MaxInt)...)
	}
	return strings.Join(lines, "\n") + "\n"
}

func (m *topModel) silent() int {
	n := 0
	for _, node := range m.nodes[1:] {
		if node.silent(m.now) {
			n++
		}
	}
	return n
}

func (m *topModel) title() string {
	return fmt.Sprintf("zikr top: nodes %d, without an answer %d, read every %s", len(m.nodes)-1, m.silent(), m.every)
}

// table has a line for each of some nodes.
func (m *topModel) table(from, to int, choose bool) []string {
	lines := []string{fmt.Sprintf("  %-25s %7s %9s %9s %8s %7s %7s", "node", "conns", "events/s", "counts/s", "deliv/s", "queued", "memory")}
	for i, n := range m.nodes[from:to] {
		mark := " "
		if choose && from+i == m.chosen {
			mark = ">"
		}
		name := clip(n.name, 25)
		if n.silent(m.now) {
			lines = append(lines, clip(fmt.Sprintf("%s %-25s %s", mark, name, n.complaint(m.now)), topWidth))
			continue
		}
		f := n.figures
		lines = append(lines, fmt.Sprintf("%s %-25s %7s %9s %9s %8s %7s %7s", mark, name, amount(f.connections), amount(f.events), amount(f.counts),
			amount(f.deliveries), size(f.queued), size(f.memory)))
	}
	return lines
}

// details tell everything of one node.
func (m *topModel) details(n *topNode, reasons int) []string {
	f := n.figures
	lines := []string{clip(n.name, topWidth)}
	if n.silent(m.now) {
		return append(lines, clip("  "+n.complaint(m.now), topWidth))
	}
	for i, row := range []struct {
		name string
		now  float64
	}{{"events/s", f.events}, {"counts/s", f.counts}, {"deliveries/s", f.deliveries}, {"connections", f.connections}} {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("  %-13s%8s %s", row.name, amount(row.now), sparkline(n.history[i], 56)), " "))
	}
	lines = append(lines,
		fmt.Sprintf("  commit p50 %s, p99 %s; delivery p99 %s", took(quantile(.5, f.commit)), took(quantile(.99, f.commit)), took(quantile(.99, f.delivery))),
		fmt.Sprintf("  waiting: commands %s, queued bytes %s; memory %s", amount(f.waiting), size(f.queued), size(f.memory)),
		clip("  oldest: "+oldest(f.oldest), topWidth))
	refused, closed := ranking(f.refused, f.fresh, "refused "), ranking(f.closed, f.fresh, "closed ")
	lines = append(lines, fmt.Sprintf("  %-38s %s", "refused (since the last reading)", "closed (since the last reading)"))
	for i := range min(reasons, max(1, len(refused), len(closed))) {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("  %-38s %s", at(refused, i), at(closed, i)), " "))
	}
	return lines
}

// at is a line of a list. An empty list says none.
func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	if i == 0 {
		return "  none"
	}
	return ""
}

// ranking lists what was counted at all: the newest first, then what is most.
func ranking(total, fresh map[string]float64, kind string) []string {
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(total)), func(key string) bool { return total[key] == 0 })
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(fresh[kind+b], fresh[kind+a]), cmp.Compare(total[b], total[a]), cmp.Compare(a, b))
	})
	lines := make([]string, len(keys))
	for i, key := range keys {
		lines[i] = fmt.Sprintf("  %-20s %7s (+%s)", clip(key, 20), amount(total[key]), amount(fresh[kind+key]))
	}
	return lines
}

// oldest names what waits, the longest first.
func oldest(of map[string]float64) string {
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(of)), func(key string) bool { return of[key] <= 0 })
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	if len(keys) == 0 {
		return "nothing waits"
	}
	for i, key := range keys {
		keys[i] = key + " " + took(of[key])
	}
	return strings.Join(keys, ", ")
}

// sparkline draws values as bars, the highest in full.
func sparkline(values []float64, width int) string {
	values = values[max(0, len(values)-width):]
	if len(values) == 0 {
		return ""
	}
	bars, top := []rune("▁▂▃▄▅▆▇█"), slices.Max(values)
	line := make([]rune, len(values))
	for i, v := range values {
		line[i] = bars[0]
		if top > 0 {
			line[i] = bars[int(v/top*float64(len(bars)-1)+.5)]
		}
	}
	return string(line)
}

// amount is an amount in few characters.
func amount(v float64) string {
	switch {
	case v >= 999_500:
		return fmt.Sprintf("%.1fM", v/1e6)
	case v >= 9_999.5:
		return fmt.Sprintf("%.0fk", v/1e3)
	case v >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

// size is an amount of bytes.
func size(v float64) string {
	for _, unit := range []string{"B", "KB", "MB"} {
		if v < 999.5 {
			return fmt.Sprintf("%.0f%s", v, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.1fGB", v)
}

// took is a time in seconds for people; - where nothing was measured.
func took(seconds float64) string {
	if math.IsNaN(seconds) {
		return "-"
	}
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Second {
		return fmt.Sprintf("%.1fms", seconds*1000)
	}
	return d.Round(100 * time.Millisecond).String()
}

// clip keeps a text within a width. What no terminal should be sent becomes a question mark.
func clip(s string, width int) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s))
	if len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return string(runes)
}
