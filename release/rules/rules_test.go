// Package rules holds the alert rules and the dashboard of deploy/ to Prometheus' own parser, and each rule to an
// example. It is a module of its own: Prometheus brings more than the whole rest of this repository needs.
package rules

import (
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

const (
	alertRules    = "../../deploy/prometheus/alerts.yaml"
	dashboardFile = "../../deploy/grafana/zikr.json"
)

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// alerts are the expressions of all alert rules, by name.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	groups, errs := rulefmt.ParseFile(alertRules, false, model.UTF8Validation, newParser(), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatalf("Prometheus refuses the alert rules: %v", errs)
	}
	out := map[string]string{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			out[rule.Alert] = rule.Expr
		}
	}
	return out
}

// TestDashboard shows that Prometheus takes every expression of the dashboard.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &dashboard); err != nil {
		t.Fatal(err)
	}
	expressions := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			expressions++
			if _, err := newParser().ParseExpr(target.Expr); err != nil {
				t.Errorf("%s: Prometheus refuses %s: %v", panel.Title, target.Expr, err)
			}
		}
	}
	if want := strings.Count(string(data), `"expr"`); expressions == 0 || expressions != want {
		t.Errorf("%d expressions were read, and there are %d", expressions, want)
	}
}

// at is when the rules are asked: the series of the examples have a value each minute until then.
const at = 30 * time.Minute

// example is what makes an alert, and what is near it and does not. a+bxN is Prometheus' way to write N values that grow
// by b each minute.
type example struct{ fires, quiet string }

func examples() map[string]example {
	return map[string]example{
		"ZikrDown":           {`up{job="zikr"} 0x30`, `up{job="zikr"} 1x30`},
		"ZikrInternalErrors": {`zikr_events_total{code="internal"} 0+1x30`, `zikr_events_total{code="ok"} 0+100x30`},
		"ZikrCommitsSlow": {
			histogram("zikr_store_commit_seconds_bucket", "0.1", "0+1x30", "0.5", "0+100x30"),
			histogram("zikr_store_commit_seconds_bucket", "0.05", "0+100x30", "0.1", "0+100x30"),
		},
		"ZikrStoreBehind": {`zikr_store_oldest_seconds 2x30`, `zikr_store_oldest_seconds 0.5x30`},
		"ZikrDeliveriesSlow": {
			histogram("zikr_delivery_seconds_bucket", "1", "0+1x30", "5", "0+100x30"),
			histogram("zikr_delivery_seconds_bucket", "0.5", "0+100x30", "1", "0+100x30"),
		},
		"ZikrSlowReaders": {`zikr_connections_closed_total{reason="slow consumer"} 0+120x30`, `zikr_connections_closed_total{reason="transport close"} 0+120x30`},
		"ZikrMemoryNearWatermark": {
			"zikr_memory_in_use_bytes 95x30\nzikr_memory_watermark_bytes 100x30", "zikr_memory_in_use_bytes 95x30\nzikr_memory_watermark_bytes 0x30",
		},
		"ZikrConnectionsNotTaken": {`zikr_accept_errors_total 0+1x30`, `zikr_accept_errors_total 5x30`},
		"ZikrBoundMet":            {`zikr_bounds_met_total{bound="connections"} 0+120x30`, `zikr_bounds_met_total{bound="connections"} 0+30x30`},
		"ZikrCertificateEnds":     {`zikr_certificate_expiry_timestamp_seconds 0x30`, `zikr_certificate_expiry_timestamp_seconds 700000x30`},
		"ZikrBusUnhealthy":        {`zikr_bus_healthy 0x30`, `zikr_bus_healthy 1x30`},
		"ZikrJobStuck": {
			`zikr_job_success_timestamp_seconds{task="reminders"} 60x30`,
			"zikr_job_success_timestamp_seconds{task=\"bookings\"} 0+60x30\nzikr_job_success_timestamp_seconds{task=\"backup\"} 60x30\nzikr_due_oldest_seconds 20x30",
		},
		"ZikrBackupOld": {`zikr_backups_total{outcome="failed"} 0+1x30`, "zikr_backups_total{outcome=\"ok\"} 0+1x30\nzikr_backup_latest_timestamp_seconds 0x30"},
		"ZikrLogLost":   {`zikr_log_lines_dropped_total 0+1x30`, `zikr_log_lines_dropped_total 3x30`},
	}
}

// histogram is one with two buckets and the last.
func histogram(name, le1, values1, le2, values2 string) string {
	return name + `{le="` + le1 + `"} ` + values1 + "\n" + name + `{le="` + le2 + `"} ` + values2 + "\n" + name + `{le="+Inf"} ` + values2
}

// TestAlerts shows for each rule what makes it speak, and what is near that and does not.
func TestAlerts(t *testing.T) {
	rules, shown := alerts(t), examples()
	for name, expression := range rules {
		e, ok := shown[name]
		if !ok {
			t.Errorf("%s has no example: add one", name)
			continue
		}
		if n := results(t, expression, e.fires); n == 0 {
			t.Errorf("%s is silent with\n%s", name, e.fires)
		}
		if n := results(t, expression, e.quiet); n != 0 {
			t.Errorf("%s speaks with\n%s", name, e.quiet)
		}
	}
	for name := range shown {
		if rules[name] == "" {
			t.Errorf("%s is no rule any more", name)
		}
	}
}

// results is how many series an expression finds in those that are given, a line each.
func results(t *testing.T, expression, series string) int {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 1m\n  "+strings.ReplaceAll(series, "\n", "\n  "))
	defer func() { _ = storage.Close() }() // it is in a temporary folder
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 10_000, Timeout: time.Minute, Parser: newParser()})
	defer func() { _ = engine.Close() }() // nothing runs any more
	query, err := engine.NewInstantQuery(t.Context(), storage, nil, expression, time.Unix(0, 0).Add(at))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	defer query.Close()
	result := query.Exec(t.Context())
	vector, err := result.Vector()
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return len(vector)
}
