package main

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// envFileName names a file of settings, as systemd's EnvironmentFile has them. What the
// environment says itself wins over it.
const envFileName = "ZIKR_ENV_FILE"

// loadEnvFile puts the settings of the file into the environment, unless they are there already.
func loadEnvFile() error {
	path := os.Getenv(envFileName)
	if path == "" {
		return nil
	}
	settings, err := readEnvFile(path)
	if err != nil {
		return err
	}
	for name, value := range settings {
		if _, set := os.LookupEnv(name); set {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("%s: %s: %w", envFileName, name, err)
		}
	}
	return nil
}

// readEnvFile reads lines NAME=value. Empty lines and those that begin with # or ; say nothing;
// a value may stand in quotation marks.
func readEnvFile(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", envFileName, err)
	}
	defer file.Close()
	settings := map[string]string{}
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, fmt.Errorf("line %d of %s is not NAME=value", number, path) // it may hold a secret
		}
		settings[name] = unquote(strings.TrimSpace(value))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", envFileName, err)
	}
	return settings, nil
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// logLevelNow is the log level that the settings' file has now; without one, that of the start.
func (c serveConfig) logLevelNow() (slog.Level, error) {
	if c.EnvFile == "" {
		return c.LogLevel, nil
	}
	settings, err := readEnvFile(c.EnvFile)
	if err != nil {
		return 0, err
	}
	value, ok := settings["ZIKR_LOG_LEVEL"]
	if !ok {
		return c.LogLevel, nil
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(value)); err != nil {
		return 0, fmt.Errorf("ZIKR_LOG_LEVEL: %w", err)
	}
	return level, nil
}
