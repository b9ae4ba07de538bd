package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// contractRoutes is the table of section 6 of the wire contract.
const contractRoutes = `
POST /auth/register 201
POST /auth/login 200
POST /auth/renew 200
POST /auth/logout 204
GET /me/sessions 200
DELETE /me/sessions 204
DELETE /me/sessions/{sessionId} 204
PUT /me/blocks/{userId} 204
DELETE /me/blocks/{userId} 204
GET /me/blocks 200
GET /admin/users 200
POST /admin/users 201
GET /admin/users/{userId} 200
PATCH /admin/users/{userId} 200
DELETE /admin/users/{userId} 204
DELETE /admin/users/{userId}/sessions 204
GET /admin/groups 200
GET /admin/groups/{groupId} 200
PATCH /admin/groups/{groupId} 200
DELETE /admin/groups/{groupId} 204
GET /admin/audit 200
GET /me 200
PATCH /me 200
DELETE /me 204
GET /me/export 200
GET /users 200
POST /groups 201
GET /groups/{groupId}/bans 200
PUT /groups/{groupId}/bans/{userId} 200
DELETE /groups/{groupId}/bans/{userId} 204
GET /groups 200
GET /groups/public 200
GET /groups/{groupId} 200
PATCH /groups/{groupId} 200
DELETE /groups/{groupId} 204
POST /groups/{groupId}/join 200
POST /groups/{groupId}/members 201
PATCH /groups/{groupId}/members/{userId} 200
GET /groups/{groupId}/hatms 200
PATCH /groups/{groupId}/hatms/{hatmNumber} 200
POST /groups/{groupId}/hatms/{hatmNumber}/reopen 200
POST /groups/{groupId}/hatms/{hatmNumber}/share 200
PATCH /bookings/{bookingId} 200
POST /bookings/{bookingId}/reopen 200
POST /bookings/{bookingId}/remind 200
POST /groups/{groupId}/leave 204
DELETE /groups/{groupId}/members/{userId} 204
POST /groups/{groupId}/zikrs 201
PATCH /groups/{groupId}/zikrs/{zikrId} 200
DELETE /groups/{groupId}/zikrs/{zikrId} 204
POST /groups/{groupId}/bookings 201
POST /bookings/{bookingId}/complete 200
DELETE /bookings/{bookingId} 200
POST /groups/{groupId}/zikrs/{zikrId}/counts 200
POST /groups/{groupId}/invitations 201
POST /notifications/{id}/respond 200
GET /notifications 200
POST /notifications/{id}/read 200
GET /groups/{groupId}/events 200
GET /poras 200
GET /zikrs 200
GET /me/days 200
GET /groups/{groupId}/days 200
POST /counts/{countId}/undo 200
POST /groups/{groupId}/members/{userId}/undo 200
POST /auth/guest 201
POST /groups/{groupId}/links 201
GET /groups/{groupId}/links 200
DELETE /groups/{groupId}/links/{code} 204
GET /links/{code} 200
POST /links/{code}/join 200
GET /links/{code}/qr.svg 200
GET /links/{code}/qr.png 200
`

func newDocs(t *testing.T) *API {
	t.Helper()
	a, err := newDescribed(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func operations(a *API) map[string]*huma.Operation {
	out := map[string]*huma.Operation{}
	for path, item := range a.huma.OpenAPI().Paths {
		for _, o := range operationsOf(item) {
			out[o.Method+" "+strings.TrimPrefix(path, prefix)] = o
		}
	}
	return out
}

// TestRoutesAreTheContracts compares what is served with the contract's table.
func TestRoutesAreTheContracts(t *testing.T) {
	want := strings.Split(strings.TrimSpace(contractRoutes), "\n")
	var got []string
	for at, o := range operations(newDocs(t)) {
		got = append(got, fmt.Sprintf("%s %d", at, o.DefaultStatus))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-contract +served):\n%s", diff)
	}
}

// TestOperationsAreDocumented wants of each operation what a reader needs.
func TestOperationsAreDocumented(t *testing.T) {
	ids := map[string]bool{}
	for at, o := range operations(newDocs(t)) {
		if o.Summary == "" || len(o.Tags) != 1 || o.OperationID == "" || ids[o.OperationID] {
			t.Errorf("%s: summary %q, tags %v, id %q: want one of each, the id its own", at, o.Summary, o.Tags, o.OperationID)
		}
		ids[o.OperationID] = true
		open := slices.Contains([]string{"register", "login", "registerGuest", "getLink", "linkQRSVG", "linkQRPNG", "listPoras", "listZikrs"}, o.OperationID)
		if open != (len(o.Security) == 0) {
			t.Errorf("%s: security %v, want open to all: %v", at, o.Security, open)
		}
		if o.Responses[strconv.Itoa(o.DefaultStatus)] == nil || o.Responses["500"] == nil || !open && o.Responses["401"] == nil {
			t.Errorf("%s: lacks a response for success or for errors: %v", at, sortedKeys(o.Responses))
		}
	}
}

// TestFailuresNameOperations finds a misspelt id in the table of failures.
func TestFailuresNameOperations(t *testing.T) {
	var ids []string
	for _, o := range operations(newDocs(t)) {
		ids = append(ids, o.OperationID)
	}
	for id := range failures() {
		if !slices.Contains(ids, id) {
			t.Errorf("failures names an operation %q that is not there", id)
		}
	}
}

// TestOpenAPIExamplesFit checks every example against the schema beside it.
func TestOpenAPIExamplesFit(t *testing.T) {
	a := newDocs(t)
	registry := a.huma.OpenAPI().Components.Schemas
	check := func(at string, media *huma.MediaType, example any) {
		if errs := mismatches(t, registry, media.Schema, example); len(errs) > 0 {
			t.Errorf("%s: the example does not fit: %v", at, errs)
		}
	}
	for at, o := range operations(a) {
		if o.RequestBody != nil {
			check(at, o.RequestBody.Content["application/json"], o.RequestBody.Content["application/json"].Example)
		}
		for status, response := range o.Responses {
			for _, media := range response.Content {
				if media.Example != nil {
					check(at+" "+status, media, media.Example)
				}
				for code, example := range media.Examples {
					check(at+" "+code, media, example.Value)
				}
			}
		}
	}
}

// mismatches returns what is wrong with a value, as JSON, by its schema.
func mismatches(t *testing.T, registry huma.Registry, schema *huma.Schema, value any) []error {
	t.Helper()
	var plain any
	if err := json.Unmarshal(encoded(t, value), &plain); err != nil {
		t.Fatal(err)
	}
	var result huma.ValidateResult
	huma.Validate(registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, plain, &result)
	return result.Errors
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestReferencesResolve follows every $ref of both documents.
func TestReferencesResolve(t *testing.T) {
	a := newDocs(t)
	for name, data := range map[string][]byte{"openapi.json": a.OpenAPI(), "asyncapi.json": a.AsyncAPI()} {
		var doc any
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		refs := references(doc)
		if len(refs) < 50 {
			t.Errorf("%s: got %d references, want many more", name, len(refs))
		}
		for _, ref := range refs {
			if lookup(doc, ref) == nil {
				t.Errorf("%s: %s leads nowhere", name, ref)
			}
		}
		types, _ := lookup(doc, "#/components/schemas").(map[string]any)
		for _, schema := range sortedKeys(types) {
			if !slices.Contains(refs, schemas+schema) {
				t.Errorf("%s: nothing refers to the type %s", name, schema)
			}
		}
	}
}

func references(v any) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if ref, ok := value.(string); ok && key == "$ref" {
				out = append(out, ref)
			}
			out = append(out, references(value)...)
		}
	case []any:
		for _, value := range v {
			out = append(out, references(value)...)
		}
	}
	return out
}

func lookup(doc any, ref string) any {
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		fields, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = fields[step]
	}
	return doc
}

// TestMeaningsAreTheDomainsCodes compares the table of errors with the constants in error.go.
func TestMeaningsAreTheDomainsCodes(t *testing.T) {
	var got []string
	for _, m := range meanings() {
		got = append(got, string(m.Code))
	}
	want := codesInSource(t)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes (-error.go +table):\n%s", diff)
	}
	if rows := readAsync(t).Errors; len(rows) != len(want) {
		t.Errorf("asyncapi.json has %d errors, want %d", len(rows), len(want))
	}
}

func codesInSource(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Code") && len(spec.Values) == 1 {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, code)
		}
		return true
	})
	return out
}

// TestStatuses is the REST column of the contract's section 5.
func TestStatuses(t *testing.T) {
	want := map[int]string{
		422: "invalid_payload count_out_of_range",
		401: "unauthenticated token_expired bad_credentials",
		404: "not_member pora_not_found booking_not_found zikr_not_found user_not_found invitation_not_found notification_not_found not_found",
		403: "not_admin not_your_booking",
		409: "wrong_group_type pora_already_booked pora_already_completed booking_already_completed already_member invitation_pending invitation_already_answered email_taken phone_taken",
		405: "method_not_allowed", 413: "payload_too_large", 429: "rate_limited", 500: "internal",
	}
	for status, codes := range want {
		for code := range strings.FieldsSeq(codes) {
			if got := statusOf(zikr.Code(code)); got != status {
				t.Errorf("%s: got status %d, want %d", code, got, status)
			}
		}
	}
}

// TestDocumentsAreDeterministic makes them twice.
func TestDocumentsAreDeterministic(t *testing.T) {
	a, b := newDocs(t), newDocs(t)
	if !bytes.Equal(a.OpenAPI(), b.OpenAPI()) || !bytes.Equal(a.AsyncAPI(), b.AsyncAPI()) || !bytes.Equal(a.docs.html, b.docs.html) {
		t.Error("two runs made different documents")
	}
	first, errFirst := EventsMarkdown()
	second, errSecond := EventsMarkdown()
	if errFirst != nil || errSecond != nil || !bytes.Equal(first, second) {
		t.Errorf("two runs made different Markdown: %v, %v", errFirst, errSecond)
	}
	for _, e := range zikr.ServerEvents() {
		if !bytes.Contains(first, []byte("### `"+e.Payload.EventName()+"`\n")) {
			t.Errorf("events.md lacks %s", e.Payload.EventName())
		}
	}
}

// TestSchemasAreHonest looks at what a type's tags alone would get wrong.
func TestSchemasAreHonest(t *testing.T) {
	all := newDocs(t).huma.OpenAPI().Components.Schemas.Map()
	for name, want := range map[string]string{
		"Snapshot.members":        `{"type":"array","items":{"$ref":"#/components/schemas/MemberItem"}}`,
		"Snapshot.createdAt":      `{"type":"string","format":"date-time"}`,
		"ExportedGroup.leftAt":    `{"type":["string","null"],"format":"date-time"}`,
		"NewGroup.hatmGoal":       `{"type":"integer","format":"int64","minimum":0,"description":"for display; 0 is none"}`,
		"ListGroupItem.cursor":    `{"type":["string","null"],"description":"asks for the next page; null on the last"}`,
		"Registration.phone":      `{"type":"string","examples":["+998901234567"]}`,
		"InvitationAnswer.accept": `{"type":"boolean"}`,
	} {
		typeName, fieldName, _ := strings.Cut(name, ".")
		var got, wanted any
		_ = json.Unmarshal(encoded(t, all[typeName].Properties[fieldName]), &got)
		_ = json.Unmarshal([]byte(want), &wanted)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if enum := all["Problem"].Properties["code"].Enum; len(enum) != len(meanings()) {
		t.Errorf("Problem.code allows %d codes, want %d", len(enum), len(meanings()))
	}
}

// TestTypesOfEventsMayGrow holds them to the contract: unknown fields are ignored, and lists are never null.
func TestTypesOfEventsMayGrow(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas  map[string]struct{ AdditionalProperties any }
			Messages map[string]struct{ Payload map[string]any }
		}
	}
	if err := json.Unmarshal(newDocs(t).AsyncAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	for name, schema := range doc.Components.Schemas {
		if schema.AdditionalProperties == false {
			t.Errorf("%s allows no further fields", name)
		}
	}
	if got := doc.Components.Messages["notifications"].Payload["type"]; got != "array" {
		t.Errorf("notifications: got the type %v, want array", got)
	}
}
