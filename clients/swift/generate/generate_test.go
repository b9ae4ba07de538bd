package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const made = "../Sources/ZikrClient/Made"

// TestMadeFilesAreUpToDate fails when the server says something else of itself than the Swift client was made from.
func TestMadeFilesAreUpToDate(t *testing.T) {
	pages, err := pagesOf(printed(t, "asyncapi"), printed(t, "openapi"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(made)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(pages) {
		t.Errorf("%s has %d files, %d are made", made, len(entries), len(pages))
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(made, name))
		if err != nil {
			t.Error(err)
		} else if string(got) != want {
			t.Errorf("%s is out of date: make generate", name)
		}
	}
}

// printed is what the command line prints.
func printed(t *testing.T, command string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "run", "../../../cmd/zikr", command).Output()
	if err != nil {
		t.Fatalf("zikr %s: %v", command, err)
	}
	return out
}

const (
	smallEvents = `{"operations": {"root.book_pora": {"x-ack": {"$ref": "#/components/schemas/ack.book_pora"}}}, "components": {"messages": {
		"book_pora": {"name": "book_pora", "tags": [{"name": "from the client"}], "payload": {"$ref": "#/components/schemas/BookPora"}},
		"moon_seen": {"name": "moon_seen", "summary": "the moon", "tags": [{"name": "to the group"}], "payload": {"$ref": "#/components/schemas/MoonSeen"}}},
		"schemas": {
			"BookPora": {"type": "object", "required": ["poraId", "groupId"], "properties": {"groupId": {"type": "string"}, "poraId": {"type": "string"}, "default": {"type": "integer"}}},
			"MoonSeen": {"type": "object", "required": ["groupId", "seq", "at", "dueAt"], "properties": {"groupId": {"type": "string"}, "seq": {"type": "integer"},
				"at": {"type": "string", "format": "date-time"}, "dueAt": {"type": ["string", "null"], "format": "date-time"}, "phase": {"type": "string", "enum": ["new", "in"]},
				"shares": {"type": "object", "additionalProperties": {"type": "integer"}}}},
			"ack.book_pora": {"oneOf": [{"properties": {"data": {"$ref": "#/components/schemas/MoonSeen"}}}]}}}}`
	smallAPI = `{"paths": {"/api/v1/moons/{id}": {"patch": {"operationId": "seeMoon", "summary": "See it",
		"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "q", "in": "query", "schema": {"type": "integer"}}],
		"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Moon"}}}}, "responses": {"204": {}}}}},
		"components": {"schemas": {"Moon": {"type": "object", "properties": {"phase": {"type": "string"}}}}}}`
)

func TestWhatIsMade(t *testing.T) {
	pages, err := pagesOf([]byte(smallEvents), []byte(smallAPI))
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string][]string{
		"Types.swift": {
			"public var `default`: Int?", "public var dueAt: Date?", "public var phase: MoonSeenPhase?", "public var shares: [String: Int]?",
			"try container.encode(dueAt, forKey: .dueAt)", "try container.encodeIfPresent(phase, forKey: .phase)",
			"public static let `in` = MoonSeenPhase(rawValue: \"in\")", "init(poraId: String, groupId: String, `default`: Int? = nil)",
		},
		"Events.swift": {"/// The moon.", "case moonSeen(MoonSeen)", "case .moonSeen(let event): return event.seq"},
		"Calls.swift":  {"func bookPora(_ poraId: String, in groupId: String, `default`: Int? = nil) async throws -> MoonSeen {"},
		"RESTCalls.swift": {
			"public func seeMoon(_ id: String, _ body: Moon, q: Int? = nil) async throws {",
			`try await nothing("PATCH", "moons/\(escaped(id))", query: [("q", text(q))], body: body)`,
		},
	}
	for name, lines := range wanted {
		for _, line := range lines {
			if !strings.Contains(pages[name], line) {
				t.Errorf("%s lacks %q:\n%s", name, line, pages[name])
			}
		}
	}
}

func TestBadDocumentsAreRefused(t *testing.T) {
	other := strings.Replace(smallAPI, `"Moon": {`, `"BookPora": {"type": "object", "properties": {"poraId": {"type": "integer"}}}, "Moon": {`, 1)
	noAck := strings.Replace(smallEvents, "root.book_pora", "root.else", 1)
	for name, docs := range map[string][2]string{
		"not JSON": {"{", smallAPI}, "empty": {"{}", "{}"}, "another type": {smallEvents, other}, "no acknowledgement": {noAck, smallAPI},
	} {
		if _, err := pagesOf([]byte(docs[0]), []byte(docs[1])); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
