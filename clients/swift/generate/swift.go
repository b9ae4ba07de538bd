package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
)

// enums names the sets of words that stand in more than one place, or whose own
// place would give them a poor name. Any other is named after its type and field.
var enums = map[string]string{
	"admin,member":               "Role",
	"available,booked,completed": "PoraStatus",
	"booked,completed,released":  "BookingStatus",
	"connected,draining,expired": "ConnectionWord",
	"indopak,madani":             "Division",
	"quran,zikr":                 "GroupType",
}

// keywords of Swift that the wire contract could use as a name.
var keywords = []string{
	"as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "do", "else", "enum", "extension",
	"false", "for", "func", "guard", "if", "import", "in", "init", "internal", "is", "let", "nil", "operator", "private", "protocol",
	"public", "repeat", "return", "self", "static", "struct", "super", "switch", "throw", "throws", "true", "try", "var", "where", "while",
}

func quoted(name string) string {
	if slices.Contains(keywords, name) {
		return "`" + name + "`"
	}
	return name
}

// camel turns pora_already_booked into poraAlreadyBooked, and uz-Cyrl into uzCyrl.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, word := range words {
		if i > 0 {
			words[i] = upper(word)
		}
	}
	return strings.Join(words, "")
}

func upper(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// words are the values of an enum, sorted; nil if it is none of words.
func (s schema) words() []string {
	var out []string
	for _, v := range s.Enum {
		word, ok := v.(string)
		if !ok {
			return nil
		}
		out = append(out, word)
	}
	sort.Strings(out)
	return out
}

// marks name a set by one word of it: the server adds words to these.
var marks = map[string]string{"rate_limited": "ErrorCode", "invitation_accepted": "NotificationType"}

// byField names a set by its field, whatever type it stands in.
var byField = map[string]string{"locale": "Language", "reason": "ReleaseReason", "remindOf": "ReminderKind"}

func enumName(owner, field string, words []string) string {
	for mark, name := range marks {
		if slices.Contains(words, mark) {
			return name
		}
	}
	if name := byField[field]; name != "" {
		return name
	}
	if name := enums[strings.Join(words, ",")]; name != "" {
		return name
	}
	return owner + upper(camel(field))
}

// swiftType is the type of a field without its question mark.
func swiftType(owner, field string, s schema) string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case len(s.OneOf) == 2 && s.OneOf[0].Ref != "" && s.OneOf[1].is("null"):
		return swiftType(owner, field, s.OneOf[0])
	case s.is("string") && len(s.words()) > 0:
		return enumName(owner, field, s.words())
	case s.is("string") && s.Format == "date-time":
		return "Date"
	case s.is("string"):
		return "String"
	case s.is("integer"):
		return "Int"
	case s.is("number"):
		return "Double"
	case s.is("boolean"):
		return "Bool"
	case s.is("array") && s.Items != nil:
		return "[" + swiftType(owner, field, *s.Items) + "]"
	}
	var value schema
	if s.is("object") && len(s.Properties) == 0 && json.Unmarshal(s.Additional, &value) == nil && len(value.Type) > 0 {
		return "[String: " + swiftType(owner, field, value) + "]"
	}
	return "JSONValue"
}

// field is one property of a type.
type field struct {
	name     string // as on the wire
	typ      string
	doc      string
	required bool
	nullable bool
}

func (f field) optional() bool { return !f.required || f.nullable }

// declared is the field's type with its question mark.
func (f field) declared() string {
	if f.optional() {
		return f.typ + "?"
	}
	return f.typ
}

// argument is the field as a parameter of the initializer.
func (f field) argument() string {
	if f.name == "opId" {
		return "opId: String? = UUID().uuidString" // so that what is sent again counts once
	}
	if f.optional() {
		return quoted(f.name) + ": " + f.declared() + " = nil"
	}
	return quoted(f.name) + ": " + f.declared()
}

// fields are those of an object: required ones first, as the server lists them, then the others by name.
func fields(owner string, s schema) []field {
	names := slices.Clone(s.Required)
	var rest []string
	for name := range s.Properties {
		if !slices.Contains(names, name) {
			rest = append(rest, name)
		}
	}
	sort.Strings(rest)
	var out []field
	for _, name := range append(names, rest...) {
		p, known := s.Properties[name]
		if !known {
			continue
		}
		nullable := p.nullable() || len(p.OneOf) == 2 && p.OneOf[1].is("null")
		out = append(out, field{name, swiftType(owner, name, p), p.Description, slices.Contains(s.Required, name), nullable})
	}
	return out
}

// page is a Swift file in the making.
type page struct{ strings.Builder }

func newPage() *page {
	p := &page{}
	p.line("// Made by clients/swift/generate from what the server says of itself. Do not edit: make generate.")
	p.line("")
	p.line("import Foundation")
	return p
}

func (p *page) line(format string, args ...any) {
	if len(args) == 0 {
		p.WriteString(format + "\n")
		return
	}
	fmt.Fprintf(p, format+"\n", args...)
}

var blanks = regexp.MustCompile(`\s+`)

// doc writes a sentence as a comment, at an indentation.
func (p *page) doc(indent, text string) {
	if text = strings.TrimSpace(blanks.ReplaceAllString(text, " ")); text != "" {
		p.line("%s/// %s", indent, upper(strings.TrimSuffix(text, "."))+".")
	}
}
