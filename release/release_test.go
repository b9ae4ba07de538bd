package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// largest is how many bytes the binary of linux/amd64 may have.
const largest = 36_000_000

// made makes a release of linux/amd64 out of a checkout, whose bin/zikr must be there.
func made(t *testing.T, root, out string) *release {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the release is made on linux/amd64")
	}
	version, err := exec.Command(filepath.Join(root, "bin", "zikr"), "version").Output()
	if err != nil {
		t.Skipf("bin/zikr is not there, make build makes it: %v", err)
	}
	r := &release{root: root, out: out, version: strings.Fields(string(version))[1]}
	if err := r.make("linux/amd64"); err != nil {
		t.Fatal(err)
	}
	return r
}

// copied is a checkout in another folder: what git knows of, and what the build has made.
func copied(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	for _, command := range [][]string{
		{"sh", "-c", `git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory "$0" 2>/dev/null; true`, to},
		{"sh", "-c", `mkdir -p "$0/bin" && cp -R bin/zikr bin/kong bin/slim.mod bin/slim.sum "$0/bin" && cp -R internal/web/dist "$0/internal/web/" && ln -s "$PWD/web/node_modules" "$0/web/node_modules"`, to},
	} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return to
}

// TestRelease makes a release twice, in two folders, and wants the same bytes; and in it what people need.
// With ZIKR_TEST_RELEASE=full the second is compiled anew, rather than linked anew only.
func TestRelease(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	r := made(t, "..", first)
	t.Setenv("SOURCE_DATE_EPOCH", strconv.FormatInt(r.made.Unix(), 10)) // the copy has no commits
	if os.Getenv("ZIKR_TEST_RELEASE") == "full" {
		t.Setenv("GOCACHE", t.TempDir())
	}
	made(t, copied(t), second)
	same(t, first, second)

	name := r.name(target{"linux", "amd64", ""})
	files := unpacked(t, filepath.Join(first, name+".tar.gz"))
	for _, want := range []string{"zikr", "zikr.1", "completions/zikr.bash", "LICENSE", "LICENCES.txt", "README.md", "CHANGELOG.md", "zikr.service", "zikr.env"} {
		if len(files[name+"/"+want]) == 0 {
			t.Errorf("the archive lacks %s", want)
		}
	}
	if size := len(files[name+"/zikr"]); size > largest {
		t.Errorf("the binary has %d bytes, at most %d are wanted: docs/adr/0018-install.md says what keeps it small", size, largest)
	}
	if out, err := exec.Command("ldd", filepath.Join("..", "bin", "zikr")).CombinedOutput(); err == nil {
		t.Errorf("bin/zikr needs libraries of the system: %s", out)
	}
	listed(t, filepath.Join(first, name+".cdx.json"), string(files[name+"/LICENCES.txt"]))
	check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = first
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("the checksums: %v\n%s", err, out)
	}
}

// listed wants the great parts in the list, each with a licence, and their licences' texts.
func listed(t *testing.T, name, licences string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	type component struct {
		PURL     string
		Licenses []struct{ Expression string }
	}
	var bom struct {
		BOMFormat  string
		Components []component
	}
	if err := json.Unmarshal(data, &bom); err != nil || bom.BOMFormat != "CycloneDX" {
		t.Fatalf("%v, format %q", err, bom.BOMFormat)
	}
	for _, part := range []string{"golang/std", "golang/modernc.org/sqlite", "golang/github.com/alecthomas/kong", "npm/svelte", "npm/socket.io-client"} {
		if !slices.ContainsFunc(bom.Components, func(c component) bool {
			return strings.HasPrefix(c.PURL, "pkg:"+part+"@") && len(c.Licenses) == 1 && c.Licenses[0].Expression != ""
		}) {
			t.Errorf("the list lacks %s, or its licence", part)
		}
	}
	for _, words := range []string{"The Go Authors", "SIL OPEN FONT LICENSE", "Rich Harris", "Alec Thomas"} {
		if !strings.Contains(licences, words) {
			t.Errorf("the licences lack the words %q", words)
		}
	}
}

// same wants two folders to have the same files.
func same(t *testing.T, a, b string) {
	t.Helper()
	entries, err := os.ReadDir(a)
	if err != nil {
		t.Fatal(err)
	}
	if others, err := os.ReadDir(b); err != nil || len(others) != len(entries) || len(entries) < 5 {
		t.Fatalf("%d and %d files: %v", len(entries), len(others), err)
	}
	for _, e := range entries {
		one, errOne := os.ReadFile(filepath.Join(a, e.Name()))
		other, errOther := os.ReadFile(filepath.Join(b, e.Name()))
		if errOne != nil || errOther != nil || !bytes.Equal(one, other) {
			t.Errorf("%s is not the same twice: %d and %d bytes, %v, %v", e.Name(), len(one), len(other), errOne, errOther)
		}
	}
}

func unpacked(t *testing.T, name string) map[string][]byte {
	t.Helper()
	packed, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if out[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}
