package main

import (
	"io"
	"log/slog"
	"os"
)

// newLog makes the log: text for people who look at a terminal, else JSON.
func newLog(w io.Writer, level slog.Level, format logFormat) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "text" || (format == "auto" && isTerminal(w)) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
