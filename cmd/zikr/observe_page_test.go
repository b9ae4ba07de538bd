package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exported are the names of all metrics that this package exports, read from its source, since some
// exist with Redis only.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range regexp.MustCompile(`"(zikr_[a-z_]+)"`).FindAllStringSubmatch(readText(t, file), -1) {
			names[found[1]] = true
		}
	}
	if len(names) < 50 {
		t.Fatalf("found %d metrics in the source: the test looks in the wrong place", len(names))
	}
	return names
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	observePage   = "../../docs/observe.md"
	alertRules    = "../../deploy/prometheus/alerts.yaml"
	dashboardFile = "../../deploy/grafana/zikr.json"
)

// Every metric has a row of its own in docs/observe.md, and every row a metric.
func TestMetricsAreDocumented(t *testing.T) {
	names, page := exported(t), readText(t, observePage)
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(zikr_[a-z_]+)[`{]").FindAllStringSubmatch(page, -1) {
		if documented[row[1]] {
			t.Errorf("%s has two rows in docs/observe.md", row[1])
		}
		documented[row[1]] = true
	}
	for name := range names {
		if !documented[name] {
			t.Errorf("%s is exported and not documented: give it a row in docs/observe.md", name)
		}
	}
	for name := range documented {
		if !names[name] {
			t.Errorf("docs/observe.md tells of %s, which is not exported", name)
		}
	}
}

// metricsOf are the names of our metrics in an expression, those of histograms without their suffix.
func metricsOf(text string) (names []string) {
	for _, name := range regexp.MustCompile(`\bzikr_[a-z_]+\b`).FindAllString(text, -1) {
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if whole, ok := strings.CutSuffix(name, suffix); ok && strings.HasSuffix(whole, "_seconds") || whole == "zikr_queue_bytes" {
				name = whole
			}
		}
		names = append(names, name)
	}
	return names
}

// Every metric that the dashboard and the rules name is exported.
func TestDashboardAndAlertsNameMetricsThatExist(t *testing.T) {
	names := exported(t)
	for _, file := range []string{alertRules, dashboardFile} {
		found := metricsOf(readText(t, file))
		if len(found) < 10 {
			t.Errorf("%s names %d metrics: the test reads it wrongly", file, len(found))
		}
		for _, name := range found {
			if !names[name] {
				t.Errorf("%s names %s, which is not exported", file, name)
			}
		}
	}
}

// Every alert says in docs/observe.md what it means and what to do, and no other is described there.
func TestAlertsAreDocumented(t *testing.T) {
	page, rules := readText(t, observePage), readText(t, alertRules)
	var alerts, sections []string
	for _, found := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(rules, -1) {
		alerts = append(alerts, found[1])
		if link := "runbook: docs/observe.md#" + strings.ToLower(found[1]) + "\n"; !strings.Contains(rules, link) {
			t.Errorf("%s does not link to its section", found[1])
		}
	}
	for _, found := range regexp.MustCompile(`(?m)^### (Zikr\w+)\n\n\S`).FindAllStringSubmatch(page, -1) {
		sections = append(sections, found[1])
	}
	if len(alerts) == 0 || !slices.Equal(alerts, sections) {
		t.Errorf("rules: %v\nsections of docs/observe.md: %v", alerts, sections)
	}
}
