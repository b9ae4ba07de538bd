package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// printed runs a command line that prints something.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(args, streams{out: &out, err: &out}); err != nil {
		t.Fatalf("zikr %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}

// completed is what a shell offers after some words. The last one is what stands before the cursor.
func completed(t *testing.T, shell string, words ...string) []string {
	t.Helper()
	program, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s is not installed", shell)
	}
	file := filepath.Join(t.TempDir(), "zikr."+shell)
	if err := os.WriteFile(file, []byte(printed(t, "completion", shell)), 0o600); err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{
		"bash": `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _zikr; printf '%s\n' "${COMPREPLY[@]}"`,
		"fish": `source $argv[1]; complete -C (string join -- ' ' $argv[2..-1]) | string replace -r '\t.*' ''`,
		"zsh": `compdef() { :; }; compset() { PREFIX=${PREFIX#*=}; }; _files() { echo FILES; }; compadd() { shift; print -l -- "$@"; }
_describe() { print -l -- "${choices[@]%%:*}"; }; file=$1; shift; words=("$@"); CURRENT=$#; PREFIX=${words[-1]}; . "$file"; _zikr`,
	}
	args := []string{"-c", scripts[shell], file}
	if shell == "zsh" {
		args = []string{"-f", "-c", scripts[shell], "zsh", file}
	}
	out, err := exec.Command(program, append(append(args, "zikr"), words...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell, err, out)
	}
	return strings.Fields(string(out))
}

// TestCompletion asks the shells themselves what they would offer.
func TestCompletion(t *testing.T) {
	tests := []struct {
		words     []string
		has, lack string
	}{
		{[]string{""}, "serve", "add"},
		{[]string{"user", ""}, "add", "serve"},
		{[]string{"serve", "--"}, "--max-queue", "--from"},
		{[]string{"migrate", "--"}, "--from", "--max-queue"},
		{[]string{"serve", "--registration", ""}, "invited", "--max-queue"},
		{[]string{"completion", "--"}, "--help", "--max-queue"},
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			for _, test := range tests {
				got := completed(t, shell, test.words...)
				if !slices.Contains(got, test.has) || slices.Contains(got, test.lack) {
					t.Errorf("after zikr %s: got %q, want %s among it and not %s", strings.Join(test.words, " "), got, test.has, test.lack)
				}
			}
		})
	}
}

// TestManual wants every command and every setting on the page, and no warning of the program that shows it.
func TestManual(t *testing.T) {
	page := printed(t, "man")
	for _, want := range []string{"zikr user add", "zikr restore", `\-\-from`, "ZIKR_MAX_QUEUE", "ZIKR_ADDR", "/etc/zikr.env"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if secret := strings.Index(page, "redacted"); secret >= 0 {
		t.Errorf("the page has a hidden value at %d", secret)
	}
	program, err := exec.LookPath("man")
	if err != nil {
		t.Skip("man is not installed: the page is not shown")
	}
	show := exec.Command(program, "--warnings", "-l", "-")
	show.Stdin, show.Env = strings.NewReader(page), append(os.Environ(), "MANWIDTH=80", "LC_ALL=C.UTF-8")
	var warnings bytes.Buffer
	show.Stderr = &warnings
	out, err := show.Output()
	if err != nil || warnings.Len() > 0 || !strings.Contains(string(out), "ZIKR_MAX_QUEUE") {
		t.Errorf("man: %v, %s", err, warnings.String())
	}
}
