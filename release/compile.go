package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// compile builds the binary of a target. The flags are those of BUILD in the Makefile.
func (r *release) compile(t target, binary string) error {
	absolute, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-modfile=bin/slim.mod", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+r.version, "-o", absolute, "./cmd/zikr")
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch, "GOARM="+t.arm, "GOAMD64=v1", "GOFLAGS=", "GOWORK=off")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// commitTime is when the commit was made that is released; SOURCE_DATE_EPOCH wins over it.
func (r *release) commitTime() (time.Time, error) {
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		cmd := exec.Command("git", "log", "-1", "--format=%ct")
		cmd.Dir = r.root
		out, err := cmd.Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("ask git when the commit was made (or set SOURCE_DATE_EPOCH): %w", err)
		}
		seconds = strings.TrimSpace(string(out))
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is not a number of seconds: %w", err)
	}
	return time.Unix(unix, 0).UTC(), nil
}

// documents are what the binary of this machine says of itself: the manual page and the completions, by the names that they have in an
// archive.
func (r *release) documents() (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, args := range map[string][]string{
		"zikr.1": {"man"}, "completions/zikr.bash": {"completion", "bash"},
		"completions/_zikr": {"completion", "zsh"}, "completions/zikr.fish": {"completion", "fish"},
	} {
		cmd := exec.Command(filepath.Join(r.root, "bin", "zikr"), args...)
		cmd.Env = []string{}
		text, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("bin/zikr %s (make build makes it): %w", strings.Join(args, " "), err)
		}
		if name == "zikr.1" && !bytes.Contains(text, []byte(strings.ReplaceAll(r.version, "-", `\-`))) {
			return nil, fmt.Errorf("bin/zikr is not of version %s: make build", r.version)
		}
		out[name] = text
	}
	return out, nil
}
