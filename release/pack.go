package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the format
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // the format
)

// file is one in an archive.
type file struct {
	name string
	mode fs.FileMode
	data []byte
}

// archived are the files of an archive: the program first, then by name.
func (r *release) archived(program string, data, licences []byte) []file {
	out := []file{{program, 0o755, data}, {"LICENCES.txt", 0o644, licences}}
	for name, text := range r.manual {
		out = append(out, file{name, 0o644, text})
	}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "deploy/systemd/zikr.service", "deploy/package/zikr.env"} {
		if text, err := os.ReadFile(filepath.Join(r.root, name)); err == nil {
			out = append(out, file{filepath.Base(name), 0o644, text})
		}
	}
	slices.SortFunc(out[1:], func(a, b file) int { return strings.Compare(a.name, b.name) })
	return out
}

// archive writes a .zip for Windows and a .tar.gz for the others, in a folder of the archive's name.
func (r *release) archive(t target, files []file) error {
	var out bytes.Buffer
	extension, pack := ".tar.gz", r.tar
	if t.os == "windows" {
		extension, pack = ".zip", r.zip
	}
	if err := pack(&out, r.name(t), files); err != nil {
		return err
	}
	return r.write(r.name(t)+extension, out.Bytes())
}

func (r *release) tar(out *bytes.Buffer, folder string, files []file) error {
	compressed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	for _, f := range files {
		header := &tar.Header{Name: folder + "/" + f.name, Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: r.made, Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.data); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), compressed.Close())
}

func (r *release) zip(out *bytes.Buffer, folder string, files []file) error {
	archive := zip.NewWriter(out)
	for _, f := range files {
		header := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: r.made}
		header.SetMode(f.mode)
		w, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := w.Write(f.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// needs is, for each format, the package that can make a user.
var needs = map[string]string{"deb": "passwd", "rpm": "shadow-utils"}

// packages makes a .deb and a .rpm: the program, its user and folders, the unit, the settings, the manual page, the completions.
func (r *release) packages(t target, binary string, archived []file) error {
	staged, err := os.MkdirTemp("", "zikr-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staged)
	for _, f := range archived {
		at := filepath.Join(staged, f.name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, f.data, f.mode); err != nil {
			return err
		}
	}
	for _, format := range []string{"deb", "rpm"} {
		packager, err := nfpm.Get(format)
		if err != nil {
			return err
		}
		info := r.described(t, binary, staged)
		info.Depends = []string{needs[format]}
		if err := nfpm.PrepareForPackager(info, format); err != nil {
			return err
		}
		var out bytes.Buffer
		if err := packager.Package(info, &out); err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
		if err := r.write(packager.ConventionalFileName(info), out.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// described is a package, as nfpm has it.
func (r *release) described(t target, binary, staged string) *nfpm.Info {
	deploy := filepath.Join(r.root, "deploy")
	script := func(name string) string { return filepath.Join(deploy, "package", name) }
	content := func(source, destination string, mode fs.FileMode) *files.Content {
		return &files.Content{Source: source, Destination: destination, FileInfo: &files.ContentFileInfo{Mode: mode, Owner: "root", Group: "root", MTime: r.made}}
	}
	settings := content(script("zikr.env"), "/etc/zikr.env", 0o600)
	settings.Type = files.TypeConfigNoReplace
	info := &nfpm.Info{
		Name: "zikr", Arch: t.arch + t.arm, Platform: "linux", Version: packageVersion(r.version), VersionSchema: "semver", Release: "1",
		Section: "net", Priority: "optional", Maintainer: "zikr <zikr@localhost>", License: "Apache-2.0", Homepage: "https://github.com/zikr-app/zikr",
		Description: "Server for groups that read the Quran and remember God together.\nGroups divide the poras of a hatm, count zikrs and see everything live, in any browser.",
		MTime:       r.made,
		Overridables: nfpm.Overridables{
			Recommends: []string{"ca-certificates"},
			Scripts:    nfpm.Scripts{PostInstall: script("postinstall"), PreRemove: script("preremove"), PostRemove: script("postremove")},
			RPM:        nfpm.RPM{BuildHost: "localhost", Summary: "Server for groups that read the Quran and remember God together", Packager: "zikr"},
			Contents: files.Contents{
				content(binary, "/usr/bin/zikr", 0o755),
				content(script("zikrctl"), "/usr/sbin/zikrctl", 0o755),
				settings,
				content(filepath.Join(deploy, "systemd", "zikr.service"), "/usr/lib/systemd/system/zikr.service", 0o644),
				content(filepath.Join(deploy, "systemd", "zikr.socket"), "/usr/lib/systemd/system/zikr.socket", 0o644),
				content(filepath.Join(staged, "zikr.1"), "/usr/share/man/man1/zikr.1", 0o644),
				content(filepath.Join(staged, "completions", "zikr.bash"), "/usr/share/bash-completion/completions/zikr", 0o644),
				content(filepath.Join(staged, "completions", "_zikr"), "/usr/share/zsh/vendor-completions/_zikr", 0o644),
				content(filepath.Join(staged, "completions", "zikr.fish"), "/usr/share/fish/vendor_completions.d/zikr.fish", 0o644),
				content(filepath.Join(staged, "LICENSE"), "/usr/share/doc/zikr/copyright", 0o644),
				content(filepath.Join(staged, "LICENCES.txt"), "/usr/share/doc/zikr/LICENCES.txt", 0o644),
				content(filepath.Join(staged, "CHANGELOG.md"), "/usr/share/doc/zikr/CHANGELOG.md", 0o644),
			},
		},
	}
	if t.arch == "arm" {
		info.Arch = "arm7"
	}
	for _, name := range []string{"install.md", "operations.md", "scaling.md", "security.md"} {
		info.Contents = append(info.Contents, content(filepath.Join(r.root, "docs", name), "/usr/share/doc/zikr/"+name, 0o644))
	}
	return nfpm.WithDefaults(info)
}

// packageVersion is one that Debian and Red Hat can compare: a commit that has no tag is before the first release.
func packageVersion(version string) string {
	version = strings.TrimPrefix(version, "v")
	if version == "" || version[0] < '0' || version[0] > '9' || !strings.Contains(version, ".") {
		return "0.0.0-0.g" + version
	}
	return version
}

// checksums writes SHA256SUMS of all files, as sha256sum --check reads it.
func (r *release) checksums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	return r.write("SHA256SUMS", out.Bytes())
}
