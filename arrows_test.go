package zikr_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path of the root package, the domain.
const module = "github.com/zikr-app/zikr"

// arrows are the imports between rooms of the module that docs/architecture.md
// draws, and no others. A room is the folder of a package or of packages below it.
// cmd/zikr may import every room.
var arrows = map[string][]string{
	"":                  {},
	"internal/engineio": {"internal/address"},
	"internal/socketio": {"internal/engineio"},
	"internal/live":     {""},
	"internal/rest":     {"", "internal/address"},
	"internal/address":  {},
	"internal/sqlstore": {""},
	"internal/bus":      {""},
	"internal/token":    {""},
	"internal/limit":    {"internal/address"},
	"internal/tracing":  {""},
	"internal/due":      {},
	"internal/web":      {},
	"internal/load":     {},
	"internal/demo":     {""},
	"bench":             {""}, // which fills a database as the domain would
	// It reads what the built binary prints, and so needs nothing of ours.
	"clients/swift/generate": {},
	// The contract suites are for tests only, but are not test files themselves.
	"internal/storetest": {""},
	"internal/bustest":   {""},
	"internal/pgtest":    {},
	"internal/clocktest": {},
}

// testArrows are what tests may import beside what their room may: the suites
// that their engine must pass, and the real engines of the ports, since tests here
// run against real databases rather than mocks.
var testArrows = map[string][]string{
	"":                  {"", "internal/sqlstore", "internal/bus", "internal/token"},
	"internal/live":     {"internal/sqlstore", "internal/bus", "internal/token", "internal/clocktest"},
	"internal/limit":    {"internal/clocktest"},
	"internal/rest":     {"internal/sqlstore", "internal/bus", "internal/token"},
	"internal/sqlstore": {"internal/storetest", "internal/pgtest", "internal/bus", "internal/token", "internal/due"},
	"internal/bus":      {"internal/bustest", "internal/limit"},
	"internal/demo":     {"internal/sqlstore", "internal/bus", "internal/token"},
	"bench":             {"", "internal/sqlstore"},
}

// domainTables are what the domain imports beside the standard library: tables of Unicode, which
// are not ours to write (docs/adr/0010-text.md).
var domainTables = []string{"golang.org/x/text/cases", "golang.org/x/text/unicode/norm"}

const commandLine = "cmd/zikr"

// TestArrows holds the module to its architecture: each import from one room
// to another must be drawn above, and the domain stands on the standard library and tables of Unicode alone.
func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	for file, imports := range importsOfTree(t) {
		room, known := roomOf(path.Dir(file))
		if !known {
			t.Errorf("%s is in no room: draw it in arrows and in docs/architecture.md", file)
			continue
		}
		seen[room] = true
		for _, imported := range imports {
			if why := forbidden(room, imported, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s imports %s: %s", file, imported, why)
			}
		}
	}
	for _, room := range []string{"", commandLine, "internal/live", "internal/sqlstore", "internal/socketio"} {
		if !seen[room] {
			t.Errorf("no Go file was found in room %q: the test looks in the wrong place", room)
		}
	}
}

// TestForbidden shows that the judgement can fail.
func TestForbidden(t *testing.T) {
	tests := []struct {
		room, imported string
		inTest, want   bool
	}{
		{"", "encoding/json", false, false},
		{"", "github.com/google/uuid", false, true},
		{"", "golang.org/x/text/unicode/norm", false, false},
		{"", "golang.org/x/text/language", false, true},
		{"", "github.com/google/uuid", true, false},
		{"", module + "/internal/sqlstore", false, true},
		{"", module + "/internal/sqlstore", true, false},
		{"internal/live", module, false, false},
		{"internal/live", module + "/internal/socketio", false, true},
		{"internal/live", module + "/internal/sqlstore", false, true},
		{"internal/socketio", module + "/internal/engineio", false, false},
		{"internal/socketio", module, false, true},
		{"internal/engineio", module + "/internal/socketio", false, true},
		{"internal/engineio", module + "/internal/engineio/wheel", false, false},
		{"internal/rest", module + "/internal/limit", false, true},
		{commandLine, module + "/internal/live", false, false},
		{commandLine, module + "/internal/load", false, false},
		{"internal/load", module, false, true},
		{"internal/rest", module + "/cmd/zikr", false, true},
	}
	for _, test := range tests {
		if got := forbidden(test.room, test.imported, test.inTest); (got != "") != test.want {
			t.Errorf("%q imports %q (test: %t): got %q, want forbidden %t", test.room, test.imported, test.inTest, got, test.want)
		}
	}
}

// forbidden says why a file of a room may not import a package; "" if it may.
func forbidden(room, imported string, inTest bool) string {
	folder, ours := strings.CutPrefix(imported+"/", module+"/")
	folder = strings.TrimSuffix(folder, "/")
	standard := !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
	switch {
	case standard, room == "" && slices.Contains(domainTables, imported):
		return ""
	case !ours && room == "" && !inTest:
		return "the domain stands on the standard library and tables of Unicode alone"
	case !ours || room == commandLine:
		return ""
	}
	target, known := roomOf(folder)
	if !known || target == commandLine {
		return "nothing may import that"
	}
	if target == room && room != "" || slices.Contains(arrows[room], target) || inTest && slices.Contains(testArrows[room], target) {
		return ""
	}
	return "no such arrow is drawn in docs/architecture.md"
}

// roomOf finds the room of a folder that is given relative to the module's root.
func roomOf(folder string) (room string, known bool) {
	if folder == "." || folder == "" {
		return "", true
	}
	if folder == commandLine {
		return commandLine, true
	}
	for room := range arrows {
		if room != "" && (folder == room || strings.HasPrefix(folder, room+"/")) {
			return room, true
		}
	}
	return "", false
}

// importsOfTree reads what each Go file of the module imports. Folders with a
// go.mod of their own, or without Go of ours, are not the module's.
func importsOfTree(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || name != "." && strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); name != "." && err == nil {
			return filepath.SkipDir
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		files[name] = nil
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			files[name] = append(files[name], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
