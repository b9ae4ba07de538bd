package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// outliveReaders lets the process live when whoever reads its standard error or output is gone:
// the write fails, and that is all.
func outliveReaders() { signal.Ignore(syscall.SIGPIPE) }

// hangups takes SIGHUP from now on: without it the process would end by one.
func hangups() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c
}

// reloadOn reads anew what may change for each SIGHUP, until ctx ends.
func (s *server) reloadOn(ctx context.Context, hangups <-chan os.Signal, level *slog.LevelVar) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			s.reload(level)
		}
	}
}

// reload reads anew what may change while the server runs: the certificate, and in the file of
// ZIKR_ENV_FILE the log level.
func (s *server) reload(level *slog.LevelVar) {
	if s.identity != nil {
		s.identity.reload()
	}
	wanted, err := s.cfg.logLevelNow()
	switch {
	case err != nil:
		s.log.Error("SIGHUP: the log level stays as it is", "level", level.Level(), "err", err)
	case wanted != level.Level():
		level.Set(wanted)
	}
	s.log.Info("SIGHUP: read anew", "level", level.Level())
}
