package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/licensecheck"
)

// part is something of other people that is in a binary.
type part struct {
	name, version string
	url           string // its package URL (purl)
	licence       string // what SPDX calls it
	texts         []text
}

// text is a licence or a notice, word for word.
type text struct{ file, body string }

// licenceFile is what files with licences and notices are called.
var licenceFile = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying|^notice|^copyright|^ofl`)

// texts reads the licences in a folder.
func texts(folder string) ([]text, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var out []text
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, text{e.Name(), string(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))})
	}
	return out, nil
}

// named finds what SPDX calls the licences of a part.
func named(texts []text) string {
	var out []string
	for _, t := range texts {
		if cover := licensecheck.Scan([]byte(t.body)); cover.Percent > 50 {
			for _, match := range cover.Match {
				if !match.IsURL && !slices.Contains(out, match.ID) {
					out = append(out, match.ID)
				}
			}
		}
	}
	return strings.Join(out, " AND ")
}

// partsOf lists what is in a binary: Go, the modules that it says itself, and the npm packages of the web app. Each must have a licence.
func (r *release) partsOf(binary string) ([]part, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	root, err := r.output("go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	texts, err := texts(strings.TrimSpace(root))
	if err != nil {
		return nil, err
	}
	version := strings.TrimPrefix(info.GoVersion, "go")
	parts := []part{{"Go", version, "pkg:golang/std@" + version, named(texts), texts}}
	for _, module := range info.Deps {
		p, err := r.module(module.Path, module.Version)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	packages, err := r.npmPackages()
	if err != nil {
		return nil, err
	}
	parts = append(parts, packages...)
	var bare []error
	for _, p := range parts {
		if len(p.texts) == 0 || p.licence == "" {
			bare = append(bare, fmt.Errorf("%s %s is in the binary, and has no licence that is known", p.name, p.version))
		}
	}
	return parts, errors.Join(bare...)
}

// module is one of Go's, in its unpatched folder.
func (r *release) module(path, version string) (part, error) {
	out, err := r.output("go", "mod", "download", "-json", path+"@"+version)
	if err != nil {
		return part{}, err
	}
	var found struct{ Dir string }
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		return part{}, err
	}
	texts, err := texts(found.Dir)
	return part{path, version, "pkg:golang/" + path + "@" + version, named(texts), texts}, err
}

// compiled is what the web app's build takes along of its tools.
var compiled = []string{"svelte"}

// npmPackages lists what the web app is made of: what web/package-lock.json says is not for its making only, and svelte with all that it needs.
func (r *release) npmPackages() ([]part, error) {
	data, err := os.ReadFile(filepath.Join(r.root, "web", "package-lock.json"))
	if err != nil {
		return nil, err
	}
	type entry struct {
		Version, License string
		Dev, Optional    bool
		Dependencies     map[string]string
	}
	var lock struct{ Packages map[string]entry }
	if err := json.Unmarshal(data, &lock); err != nil {
		return nil, fmt.Errorf("web/package-lock.json: %w", err)
	}
	wanted := map[string]bool{}
	var want func(name string)
	want = func(name string) {
		at := "node_modules/" + name
		if p, ok := lock.Packages[at]; ok && !wanted[at] && !strings.HasPrefix(name, "@types/") {
			wanted[at] = true
			for dependency := range p.Dependencies {
				want(dependency)
			}
		}
	}
	for dependency := range lock.Packages[""].Dependencies {
		want(dependency)
	}
	for _, name := range compiled {
		want(name)
	}
	var parts []part
	for at := range wanted {
		texts, err := texts(filepath.Join(r.root, "web", at))
		if err != nil {
			return nil, fmt.Errorf("the web app's packages are not there (make app): %w", err)
		}
		p := lock.Packages[at]
		licence := cmp.Or(p.License, named(texts)) // old packages do not say it in a word
		if len(texts) == 0 {                       // the package has no more of it
			texts = []text{{"package.json", licence}}
		}
		name := strings.TrimPrefix(at, "node_modules/")
		parts = append(parts, part{name, p.Version, "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + p.Version, licence, texts})
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts, nil
}

// licences is one text with all licences.
func licences(parts []part) []byte {
	var out bytes.Buffer
	out.WriteString("What is in zikr beside zikr itself, and under which licences.\n")
	for _, p := range parts {
		fmt.Fprintf(&out, "\n%s\n%s %s: %s\n", strings.Repeat("=", 100), p.name, p.version, p.licence)
		for _, t := range p.texts {
			fmt.Fprintf(&out, "\n--- %s\n\n%s\n", t.file, strings.TrimSpace(t.body))
		}
	}
	return out.Bytes()
}

// sbom lists the parts in CycloneDX.
func (r *release) sbom(parts []part) ([]byte, error) {
	self := cyclonedx.Component{
		BOMRef: "zikr", Type: cyclonedx.ComponentTypeApplication, Name: "zikr", Version: r.version,
		PackageURL: "pkg:golang/github.com/zikr-app/zikr@" + r.version,
		Licenses:   &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
	}
	components, refs := []cyclonedx.Component{}, []string{}
	for _, p := range parts {
		components = append(components, cyclonedx.Component{
			BOMRef: p.url, Type: cyclonedx.ComponentTypeLibrary, Name: p.name, Version: p.version, PackageURL: p.url,
			Licenses: &cyclonedx.Licenses{{Expression: p.licence}},
		})
		refs = append(refs, p.url)
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: r.made.Format("2006-01-02T15:04:05Z"), Component: &self}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: "zikr", Dependencies: &refs}}
	var out bytes.Buffer
	err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
	return out.Bytes(), err
}

func (r *release) output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return string(out), err
}
