package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/due"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// clockConfig says what the server does by the clock.
type clockConfig struct {
	BackupDir    string        `env:"ZIKR_BACKUP_DIR" type:"path" placeholder:"FOLDER" help:"Where backups are made by the clock; one server's only. Unset: none are made."`
	BackupEvery  time.Duration `env:"ZIKR_BACKUP_EVERY" default:"24h" help:"From one backup to the next."`
	BackupKeep   int           `env:"ZIKR_BACKUP_KEEP" default:"7" help:"How many backups are kept."`
	JanitorEvery time.Duration `env:"ZIKR_JANITOR_EVERY" default:"1h" help:"How often what need not be kept any longer is removed; 0s for never."`
}

// The defaults again, to tell what was set from what was not.
const (
	defaultBackupEvery = 24 * time.Hour
	defaultBackupKeep  = 7
)

// check finds values that cannot be used, and a plan of backups that go nowhere.
func (c clockConfig) check() error {
	switch {
	case c.BackupDir == "" && (c.BackupEvery != defaultBackupEvery || c.BackupKeep != defaultBackupKeep):
		return errors.New("ZIKR_BACKUP_EVERY or ZIKR_BACKUP_KEEP is set, but ZIKR_BACKUP_DIR is not: no backups would be made; name a folder for them, like ZIKR_BACKUP_DIR=/var/backups/zikr")
	case c.BackupEvery < time.Second:
		return unfit("ZIKR_BACKUP_EVERY", c.BackupEvery, "1s or more", "24h")
	case c.BackupKeep < 1:
		return unfit("ZIKR_BACKUP_KEEP", c.BackupKeep, "1 or more", "7")
	case c.JanitorEvery < 0 || (c.JanitorEvery > 0 && c.JanitorEvery < time.Second):
		return unfit("ZIKR_JANITOR_EVERY", c.JanitorEvery, "1s or more, or 0s for never", "1h")
	}
	return nil
}

// startClockwork begins what the server does by the clock. It ends with ctx; what is
// returned waits for that.
func (s *server) startClockwork(ctx context.Context) (wait func()) {
	jobs, ended := s.jobs(newClockMetrics(s.metrics.registry)), make(chan struct{})
	go func() {
		defer close(ended)
		due.Run(ctx, s.log, jobs...)
	}()
	return func() { <-ended }
}

// lookEvery is how often a node looks for what is due to people: what is due is done within a minute.
const lookEvery = 15 * time.Second

// guestsEvery is how often a node looks for guests who are gone: nobody waits for their end.
const guestsEvery = time.Hour

// firstPass is how soon after the start the janitor comes at the latest, and what nobody waits for.
const firstPass = time.Minute

// jobs are what is due to people, the janitor, and the backups if there is a folder for them.
func (s *server) jobs(m *clockMetrics) []due.Job {
	measures := newJobMetrics(s.metrics.registry)
	bookings := due.Queue[zikr.DueBooking]{
		Find: finding(measures, "bookings", s.service.BookingsDue, func(b zikr.DueBooking) time.Time { return b.WakeAt }), Key: func(b zikr.DueBooking) string { return b.GroupID }, Do: s.service.WakeBookings,
	}
	reminders := due.Queue[zikr.DueReminder]{
		Find: finding(measures, "reminders", s.service.RemindersDue, func(d zikr.DueReminder) time.Time { return d.RemindAt }), Key: func(d zikr.DueReminder) string { return d.UserID },
		Do: func(ctx context.Context, userID string, _ []zikr.DueReminder) error {
			return s.service.Remind(ctx, userID)
		},
	}
	guests := due.Queue[zikr.DueGuest]{
		Find: s.service.GuestsDue, Key: func(d zikr.DueGuest) string { return d.UserID },
		Do: func(ctx context.Context, userID string, _ []zikr.DueGuest) error {
			return s.service.EraseGuest(ctx, userID)
		},
	}
	jobs := []due.Job{
		{Name: "bookings", Every: lookEvery, Turn: bookings.Turn},
		{Name: "reminders", Every: lookEvery, Turn: reminders.Turn},
		{Name: "guests", First: firstPass, Every: guestsEvery, Turn: guests.Turn},
	}
	if every := s.cfg.JanitorEvery; every > 0 {
		janitor := zikr.Janitor{Store: s.store, Removed: m.swept}
		jobs = append(jobs, due.Job{Name: "janitor", First: min(every, firstPass), Every: every, Turn: func(ctx context.Context) error {
			return s.store.Alone(ctx, janitor.Pass)
		}})
	}
	if s.cfg.BackupDir != "" {
		jobs = append(jobs, s.schedule(m).job())
	}
	for i, j := range jobs {
		jobs[i] = measures.measured(j)
	}
	return jobs
}

// schedule is when backups of this server are made.
func (s *server) schedule(m *clockMetrics) schedule {
	plan := schedule{
		dir: s.cfg.BackupDir, every: s.cfg.BackupEvery, keep: s.cfg.BackupKeep, done: m.backedUp, log: s.log,
		copy: func(ctx context.Context, file string) (*sqlstore.Copied, error) {
			return sqlstore.Backup(ctx, sqlstore.BackupOptions{Dir: s.cfg.DataDir, File: file})
		},
	}
	if begun, ok := plan.newest(); ok {
		m.latest.Set(float64(begun.Unix()))
	}
	return plan
}

// clockMetrics is what /metrics tells of it.
type clockMetrics struct {
	removed *prometheus.CounterVec // by table
	backups *prometheus.CounterVec // by outcome
	latest  prometheus.Gauge
	took    prometheus.Gauge
	bytes   prometheus.Gauge
}

func newClockMetrics(r prometheus.Registerer) *clockMetrics {
	m := &clockMetrics{
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zikr_janitor_removed_total", Help: "Rows that the janitor has removed or folded, by kind.",
		}, []string{"what"}),
		backups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zikr_backups_total", Help: "Backups by the clock, by outcome (ok or failed).",
		}, []string{"outcome"}),
		latest: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "zikr_backup_latest_timestamp_seconds", Help: "When the newest good backup by the clock was made; 0 for never.",
		}),
		took:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "zikr_backup_seconds", Help: "How long it took, check included."}),
		bytes: prometheus.NewGauge(prometheus.GaugeOpts{Name: "zikr_backup_bytes", Help: "How large it is."}),
	}
	r.MustRegister(m.removed, m.backups, m.latest, m.took, m.bytes)
	return m
}

// swept counts a step of the janitor.
func (m *clockMetrics) swept(what string, rows int) {
	m.removed.WithLabelValues(what).Add(float64(rows))
}

// backedUp counts a try at a backup.
func (m *clockMetrics) backedUp(copied *sqlstore.Copied, err error) {
	if err != nil {
		m.backups.WithLabelValues("failed").Inc()
		return
	}
	m.backups.WithLabelValues("ok").Inc()
	m.latest.SetToCurrentTime()
	m.took.Set(copied.Took.Seconds())
	m.bytes.Set(float64(copied.Bytes))
}
