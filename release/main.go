// Command release makes what people download: for each machine a binary in an archive, packages for Debian and Red Hat,
// for each binary the list of what is in it (CycloneDX) and all licences, and the checksums of everything.
//
// What it writes depends on the commit, the version and Go's version alone: twice the same bytes (docs/adr/0018-install.md).
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	r := release{}
	only := flag.String("only", "", "make `linux/amd64,…` instead of all")
	flag.StringVar(&r.root, "root", "..", "the checkout")
	flag.StringVar(&r.out, "out", "../bin/release", "where everything is written")
	flag.StringVar(&r.version, "version", "", "the version, as git describe says it")
	flag.Parse()
	if err := r.make(*only); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release is one making of everything.
type release struct {
	root, out, version string
	made               time.Time // of the commit; every file has it
	manual             map[string][]byte
}

// target is a machine that a binary is made for.
type target struct{ os, arch, arm string }

// targets are all machines.
func targets() []target {
	return []target{
		{"linux", "amd64", ""}, {"linux", "arm64", ""}, {"linux", "arm", "7"},
		{"darwin", "amd64", ""}, {"darwin", "arm64", ""},
		{"windows", "amd64", ""}, {"windows", "arm64", ""},
	}
}

// String is linux/arm/7.
func (t target) String() string { return strings.TrimSuffix(t.os+"/"+t.arch+"/"+t.arm, "/") }

// name is how files of a target are called, as in zikr_1.2.0_linux_armv7.
func (r release) name(t target) string {
	arch := t.arch
	if t.arm != "" {
		arch += "v" + t.arm
	}
	return "zikr_" + strings.TrimPrefix(r.version, "v") + "_" + t.os + "_" + arch
}

// chosen are the targets that are asked for; "" is all.
func chosen(only string) ([]target, error) {
	if only == "" {
		return targets(), nil
	}
	var out []target
	for _, name := range strings.Split(only, ",") {
		found := false
		for _, t := range targets() {
			if t.String() == name {
				out, found = append(out, t), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no target %q: the targets are %v", name, targets())
		}
	}
	return out, nil
}

func (r *release) make(only string) (err error) {
	wanted, err := chosen(only)
	if err != nil {
		return err
	}
	if r.version == "" {
		return errors.New("-version is not given")
	}
	if r.made, err = r.commitTime(); err != nil {
		return err
	}
	if r.manual, err = r.documents(); err != nil {
		return err
	}
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	for _, t := range wanted {
		if err := r.makeTarget(t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return r.checksums()
}

// makeTarget makes all files of one machine.
func (r *release) makeTarget(t target) error {
	binary := filepath.Join(r.root, "bin", "targets", r.name(t), "zikr")
	if t.os == "windows" {
		binary += ".exe"
	}
	if err := r.compile(t, binary); err != nil {
		return err
	}
	parts, err := r.partsOf(binary)
	if err != nil {
		return err
	}
	sbom, err := r.sbom(parts)
	if err != nil {
		return err
	}
	if err := r.write(r.name(t)+".cdx.json", sbom); err != nil {
		return err
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	files := r.archived(filepath.Base(binary), program, licences(parts))
	if err := r.archive(t, files); err != nil {
		return err
	}
	if t.os != "linux" {
		return nil
	}
	return r.packages(t, binary, files)
}

// write puts one file among those that are downloaded.
func (r *release) write(name string, data []byte) error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, name), data, 0o644)
}
