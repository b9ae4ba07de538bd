package main

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// envFileName names a file of settings, as systemd's EnvironmentFile has them. What the
// environment says itself wins over it.
const envFileName = "ZIKR_ENV_FILE"

// usualEnvFile is the file of settings that is read when none is named and it lies where the command is run.
const usualEnvFile = "zikr.env"

// namedFile is what --config names in a command line, if it is there.
func namedFile(args []string) string {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if file, ok := strings.CutPrefix(arg, "--config="); ok {
			return file
		}
		if arg == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// loadEnvFile puts the settings of the file into the environment, unless they are there already.
func loadEnvFile(args []string) (from sources, err error) {
	from.inFile = map[string]bool{}
	found := false // nobody has named it
	if from.file = namedFile(args); from.file == "" {
		from.file = os.Getenv(envFileName)
	}
	if _, err := os.Stat(usualEnvFile); err == nil && from.file == "" {
		from.file, found = usualEnvFile, true
	}
	if from.file == "" {
		return from, nil
	}
	if from.file, err = filepath.Abs(from.file); err != nil {
		return from, fmt.Errorf("%s: %w", envFileName, err)
	}
	settings, err := readEnvFile(from.file, found)
	if err != nil {
		return from, err
	}
	for name, value := range settings {
		if _, set := os.LookupEnv(name); set || value == "" {
			continue
		}
		from.inFile[name] = true
		if err := os.Setenv(name, value); err != nil {
			return from, fmt.Errorf("%s: %s: %w", envFileName, name, err)
		}
	}
	return from, os.Setenv(envFileName, from.file)
}

// readEnvFile reads lines NAME=value. Empty lines and those that begin with # or ; say nothing;
// a value may stand in quotation marks. One that was only found must be such that nobody else could have written it.
func readEnvFile(path string, found bool) (map[string]string, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("read the settings that --config or %s names: %w; name a file that this user can read, like --config=/etc/zikr.env", envFileName, err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	} else if by, ok := changeable(info); found && ok {
		return nil, fmt.Errorf("there is a %s here, which %s can change, so it is not read: chmod 600 it if it is yours, else go to another folder, or name a file, like --config=/etc/zikr.env", usualEnvFile, by)
	}
	settings := map[string]string{}
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), byteOrderMark))
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || !variables.MatchString(name) {
			return nil, fmt.Errorf("line %d of %s is not NAME=value, like ZIKR_LOG_LEVEL=info, without `export` and the like before it", number, path) // it may hold a secret
		}
		settings[name] = bare(value)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the settings that --config or %s names: %w; it must be a file with a line NAME=value for each, like --config=/etc/zikr.env", envFileName, err)
	}
	return settings, nil
}

// byteOrderMark is what editors of Windows begin a file with.
const byteOrderMark = "\ufeff"

// variables are the names that a variable may have (POSIX).
var variables = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// bare is a value without what stands around it and is not meant: blanks, ends of lines of Windows, and a pair of quotation
// marks, which some of those who read such files keep (docker run --env-file) and others take away.
func bare(value string) string {
	s := strings.TrimSpace(value)
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// logLevelNow is the log level that the settings' file has now; without one, that of the start.
func (c serveConfig) logLevelNow() (slog.Level, error) {
	path := os.Getenv(envFileName)
	if path == "" {
		return c.LogLevel, nil
	}
	settings, err := readEnvFile(path, false)
	if err != nil {
		return 0, err
	}
	value, ok := settings["ZIKR_LOG_LEVEL"]
	if !ok {
		return c.LogLevel, nil
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(value)); err != nil {
		return 0, unfit("ZIKR_LOG_LEVEL", value, "debug, info, warn or error", "info")
	}
	return level, nil
}
