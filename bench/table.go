package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// results are the figures of all runs.
type results struct {
	values map[place][]float64
}

// place is where a figure stands in the table.
type place struct {
	scenario string
	row      int
	side     side
}

// add notes the figures of one run.
func (r *results) add(s scenario, at side, reports []report) error {
	if r.values == nil {
		r.values = map[place][]float64{}
	}
	for i, line := range s.rows {
		value := line.value
		if at == floor {
			if line.floor == "" {
				continue
			}
			value = key(0, line.floor)
		}
		v, ok := value(reports)
		if !ok && at == peer && line.ours {
			continue
		}
		if !ok {
			return fmt.Errorf("%s: zikr load has printed no figure for %q", at, line.title)
		}
		p := place{s.name, i, at}
		r.values[p] = append(r.values[p], v)
	}
	return nil
}

// print writes the table, in Markdown: medians, and how much better than the peer's ours is.
func (r *results) print(w io.Writer, plan []scenario) {
	fmt.Fprintln(w, "| figure | zikr | Node peer | better by | plain TCP | runs |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- |")
	for _, s := range plan {
		for i, line := range s.rows {
			cells := []string{line.title}
			for _, at := range []side{ours, peer} {
				cells = append(cells, cell(r.values[place{s.name, i, at}], line.unit))
			}
			own := r.values[place{s.name, i, ours}]
			cells = append(cells, better(own, r.values[place{s.name, i, peer}], line.more),
				cell(r.values[place{s.name, i, floor}], line.unit), strconv.Itoa(len(own)))
			fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		}
	}
}

// printBefore writes the same table beside the release before: medians, and how much more or less ours is, as
// the median of the runs, each compared with the one by turns with it.
func (r *results) printBefore(w io.Writer, plan []scenario) {
	fmt.Fprintln(w, "| figure | zikr | before | more or less | runs |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- |")
	for _, s := range plan {
		for i, line := range s.rows {
			own, other := r.values[place{s.name, i, ours}], r.values[place{s.name, i, before}]
			fmt.Fprintf(w, "| %s | %s | %s | %s | %d |\n", line.title, cell(own, line.unit), cell(other, line.unit), change(own, other), len(own))
		}
	}
}

// change is how much more the first are than the second, run by run: the median, in percent, with its sign.
func change(values, others []float64) string {
	var ratios []float64
	for i, other := range others {
		if i < len(values) && other != 0 {
			ratios = append(ratios, values[i]/other)
		}
	}
	if len(ratios) == 0 {
		return ""
	}
	return fmt.Sprintf("%+.1f %%", 100*(median(ratios)-1))
}

func cell(values []float64, unit string) string {
	if len(values) == 0 {
		return ""
	}
	return strings.TrimSpace(short(median(values)) + " " + unit)
}

// better is how many times better the median of ours is than the peer's.
func better(ours, peers []float64, more bool) string {
	if len(ours) == 0 || len(peers) == 0 {
		return ""
	}
	ratio := median(peers) / median(ours)
	if more {
		ratio = 1 / ratio
	}
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return ""
	}
	return short(ratio) + "x"
}

// median is the one in the middle, or the mean of the two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// short writes a value with three digits that count, and thousands apart.
func short(v float64) string {
	size := math.Abs(v)
	if size < 100 {
		digits := 2
		if size >= 10 {
			digits = 1
		}
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
	scale := math.Pow(10, math.Floor(math.Log10(size))-2)
	s := strconv.FormatFloat(math.Round(v/scale)*scale, 'f', 0, 64)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
