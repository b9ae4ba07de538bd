// Package rules holds the alert rules and the dashboard of deploy/ to Prometheus' own parser, and each rule to
// examples. It is a module of its own: Prometheus brings more than the whole rest of this repository needs.
package rules

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

const (
	alertRules    = "../../deploy/prometheus/alerts.yaml"
	dashboardFile = "../../deploy/grafana/zikr.json"
)

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// alerts are all alert rules, by name.
func alerts(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(alertRules, false, model.UTF8Validation, newParser(), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatalf("Prometheus refuses the alert rules: %v", errs)
	}
	out := map[string]rulefmt.Rule{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			out[rule.Alert] = rule
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

// never is when an alert fires that does not.
const never = -1

// lasts is for how many minutes a rule is evaluated, if its example does not say so.
const lasts = 100

// example is what a server tells, a value each minute, and in which minute an alert then fires. In Prometheus' way to write
// values, axN is N+1 of them, and a+bxN such that grow by b. Where something goes wrong, it does from minute 10 on.
type example struct {
	alert, series string
	fires         int
	lasts         int // minutes; 0 for lasts
}

// examples are for each rule one that makes it fire, after `for` and not a minute before, and what is near that on either
// side and does not: a value just under the threshold, and a time just under `for`.
func examples() []example {
	return []example{
		{"ZikrDown", `up{job="zikr"} 1x9 0x100`, 11, 0},
		{"ZikrDown", `up{job="zikr"} 1x9 0 1x100`, never, 0},
		{"ZikrDown", `up{job="another"} 0x100`, never, 0},

		// what is counted once stays in the window for longer than `for`: one error is enough
		{"ZikrInternalErrors", `zikr_events_total{code="internal"} 0x9 1x100`, 12, 0},
		{"ZikrInternalErrors", `zikr_http_requests_total{status="500"} 0x9 1x100`, 12, 0},
		{"ZikrInternalErrors", "zikr_events_total{code=\"ok\"} 0+100x100\nzikr_http_requests_total{status=\"404\"} 0+100x100\nzikr_events_total{code=\"internal\"} 7x100", never, 0},

		{"ZikrCommitsSlow", histogram("zikr_store_commit_seconds_bucket", "0.1", "0x9 989+989x100", "0.5", "0x9 1000+1000x100"), 15, 0},
		{"ZikrCommitsSlow", histogram("zikr_store_commit_seconds_bucket", "0.1", "0x9 991+991x100", "0.5", "0x9 1000+1000x100"), never, 0},
		{"ZikrCommitsSlow", histogram("zikr_store_commit_seconds_bucket", "0.1", "0x9 989x100", "0.5", "0x9 1000x100"), never, 0},

		{"ZikrStoreBehind", `zikr_store_oldest_seconds 0x9 1.1x100`, 11, 0},
		{"ZikrStoreBehind", `zikr_store_oldest_seconds 1x100`, never, 0},
		{"ZikrStoreBehind", `zikr_store_oldest_seconds 0x9 1.1 0x100`, never, 0},

		{"ZikrDeliveriesSlow", histogram("zikr_delivery_seconds_bucket", "1", "0x9 989+989x100", "5", "0x9 1000+1000x100"), 15, 0},
		{"ZikrDeliveriesSlow", histogram("zikr_delivery_seconds_bucket", "1", "0x9 991+991x100", "5", "0x9 1000+1000x100"), never, 0},
		{"ZikrDeliveriesSlow", histogram("zikr_delivery_seconds_bucket", "1", "0x9 989x100", "5", "0x9 1000x100"), never, 0},

		// more than 60 a minute are more than 1 a second, which is seen in minute 14, when the window is full of them
		{"ZikrSlowReaders", `zikr_connections_closed_total{reason="slow consumer"} 0x9 61+61x100`, 19, 0},
		{"ZikrSlowReaders", `zikr_connections_closed_total{reason="slow consumer"} 0x9 59+59x100`, never, 0},
		{"ZikrSlowReaders", `zikr_connections_closed_total{reason="slow consumer"} 0x9 1000x100`, never, 0},
		{"ZikrSlowReaders", `zikr_connections_closed_total{reason="transport close"} 0+1000x100`, never, 0},

		{"ZikrMemoryNearWatermark", "zikr_memory_in_use_bytes 50x9 91x100\nzikr_memory_watermark_bytes 100x100", 15, 0},
		{"ZikrMemoryNearWatermark", "zikr_memory_in_use_bytes 90x100\nzikr_memory_watermark_bytes 100x100", never, 0},
		{"ZikrMemoryNearWatermark", "zikr_memory_in_use_bytes 50x9 91x4 50x100\nzikr_memory_watermark_bytes 100x100", never, 0},
		{"ZikrMemoryNearWatermark", "zikr_memory_in_use_bytes 95x100\nzikr_memory_watermark_bytes 0x100", never, 0},

		{"ZikrConnectionsNotTaken", `zikr_accept_errors_total 0x9 1x100`, 11, 0},
		{"ZikrConnectionsNotTaken", `zikr_accept_errors_total 5x100`, never, 0},

		{"ZikrBoundMet", `zikr_bounds_met_total{bound="connections"} 0x9 61+61x100`, 24, 0},
		{"ZikrBoundMet", `zikr_bounds_met_total{bound="connections"} 0x9 59+59x100`, never, 0},
		{"ZikrBoundMet", `zikr_bounds_met_total{bound="connections"} 0x9 61+61x13 854x100`, never, 0},

		{"ZikrBusUnhealthy", `zikr_bus_healthy 1x9 0x100`, 11, 0},
		{"ZikrBusUnhealthy", `zikr_bus_healthy 1x9 0 1x100`, never, 0},

		{"ZikrJobStuck", `zikr_job_success_timestamp_seconds{task="reminders"} 0+60x10 600x100`, 18, 0},
		{"ZikrJobStuck", `zikr_job_success_timestamp_seconds{task="bookings"} 0+60x10 600x6 1080+60x100`, never, 0},
		{"ZikrJobStuck", `zikr_job_success_timestamp_seconds{task="bookings"} -300+60x100`, never, 0},
		{"ZikrJobStuck", `zikr_job_success_timestamp_seconds{task="janitor"} 0x100`, never, 0},
		{"ZikrJobStuck", `zikr_due_oldest_seconds{task="bookings"} 0x9 301x100`, 12, 0},
		{"ZikrJobStuck", `zikr_due_oldest_seconds{task="bookings"} 300x100`, never, 0},

		// two days are 2880 minutes
		{"ZikrBackupOld", `zikr_backup_latest_timestamp_seconds 1x2900`, 2891, 2900},
		{"ZikrBackupOld", `zikr_backup_latest_timestamp_seconds 1x2890 173460x10`, never, 2900},
		{"ZikrBackupOld", `zikr_backup_latest_timestamp_seconds 0x2900`, never, 2900},
		{"ZikrBackupOld", `zikr_backups_total{outcome="failed"} 0x9 1x14 2x100`, 35, 0},
		{"ZikrBackupOld", `zikr_backups_total{outcome="failed"} 3x9 4x2900`, never, 2900}, // which increase() takes for 1.0007
		{"ZikrBackupOld", `zikr_backups_total{outcome="ok"} 0+1x100`, never, 0},

		{"ZikrLogLost", `zikr_log_lines_dropped_total 0x9 1+1x100`, 15, 0},
		{"ZikrLogLost", `zikr_log_lines_dropped_total 0x9 1000x100`, never, 0},

		{"ZikrCertificateEnds", `zikr_certificate_expiry_timestamp_seconds 605340x100`, 70, 0},
		{"ZikrCertificateEnds", `zikr_certificate_expiry_timestamp_seconds 605340x69 8380800x100`, never, 0},
		{"ZikrCertificateEnds", `zikr_certificate_expiry_timestamp_seconds 604800+60x100`, never, 0},
		{"ZikrCertificateEnds", `zikr_certificate_expiry_timestamp_seconds 0x100`, 60, 0},
	}
}

// histogram is one with two buckets and the last.
func histogram(name, le1, values1, le2, values2 string) string {
	return name + `{le="` + le1 + `"} ` + values1 + "\n" + name + `{le="` + le2 + `"} ` + values2 + "\n" + name + `{le="+Inf"} ` + values2
}

// TestAlerts shows for each rule what makes it fire and when, and what is near that and does not.
func TestAlerts(t *testing.T) {
	all := alerts(t)
	firing, silent := map[string]bool{}, map[string]bool{}
	for _, e := range examples() {
		rule, ok := all[e.alert]
		if !ok {
			t.Errorf("%s is no rule any more", e.alert)
			continue
		}
		for line := range strings.Lines(e.series) {
			if name, _, _ := strings.Cut(line, " "); !strings.Contains(rule.Expr, strings.SplitN(name, "{", 2)[0]) {
				t.Errorf("%s does not look at %s", e.alert, name)
			}
		}
		if got := firstFiring(t, rule, e); got != e.fires {
			t.Errorf("%s fires in minute %d, want %d (%d for never), with\n%s", e.alert, got, e.fires, never, e.series)
		}
		firing[e.alert] = firing[e.alert] || e.fires != never
		silent[e.alert] = silent[e.alert] || e.fires == never
	}
	for name := range all {
		if !firing[name] || !silent[name] {
			t.Errorf("%s has no example that makes it fire, or none that does not: add them", name)
		}
	}
}

// firstFiring evaluates a rule each minute, as Prometheus does, and returns in which it fires first.
func firstFiring(t *testing.T, rule rulefmt.Rule, e example) int {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 1m\n  "+strings.ReplaceAll(e.series, "\n", "\n  "))
	defer func() { _ = storage.Close() }() // it is in a temporary folder
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 100_000, Timeout: time.Minute, Parser: newParser()})
	defer func() { _ = engine.Close() }() // nothing runs any more
	expression, err := newParser().ParseExpr(rule.Expr)
	if err != nil {
		t.Fatal(err)
	}
	evaluated := rules.NewAlertingRule(rule.Alert, expression, time.Duration(rule.For), time.Duration(rule.KeepFiringFor),
		labels.FromMap(rule.Labels), labels.FromMap(rule.Annotations), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
	for minute := range cmp.Or(e.lasts, lasts) + 1 {
		now := time.Unix(int64(minute)*60, 0)
		if _, err := evaluated.Eval(t.Context(), 0, now, rules.EngineQueryFunc(engine, storage), &url.URL{}, 0); err != nil {
			t.Fatalf("%s: %v", rule.Expr, err)
		}
		evaluated.SetEvaluationTimestamp(now) // which it has no state without
		if evaluated.State() != rules.StateFiring {
			continue
		}
		for _, alert := range evaluated.ActiveAlerts() {
			if said := alert.Annotations.String(); strings.Contains(said, "<error") || strings.Contains(said, "<no value>") {
				t.Errorf("%s says %s", rule.Alert, said)
			}
		}
		return minute
	}
	return never
}
