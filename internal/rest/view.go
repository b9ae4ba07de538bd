package rest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
)

// field is a field of a type, as the documents show it to people.
type field struct {
	Name     string
	Type     string // in words
	Link     string // the name of the type that Type speaks of; "" if it is no type of ours
	Required bool
	Doc      string
}

// event is an event, as the documents show it to people.
type event struct {
	Name    string
	Doc     string
	To      zikr.Audience // of the server's events
	Answer  string        // the name of the confirmation, of the client's events
	List    bool          // the payload is an array of what has Fields
	Fields  []field
	Example string
}

// viewer makes what people read of types.
type viewer struct{ registry huma.Registry }

// fields lists the fields of a type that a schema refers to, in the order in
// which they were declared, those of embedded types last.
func (v viewer) fields(schema *huma.Schema) []field {
	t := v.registry.TypeFromRef(schema.Ref)
	schema = v.registry.SchemaFromRef(schema.Ref)
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := schema.Properties[name]
		if property == nil {
			continue
		}
		words, link := v.words(property)
		out = append(out, field{name, words, link, slices.Contains(schema.Required, name), property.Description})
	}
	return out
}

// words says what values a schema allows.
func (v viewer) words(s *huma.Schema) (words, link string) {
	switch {
	case s.Ref != "":
		link = strings.TrimPrefix(s.Ref, schemas)
		words = link
	case s.Type == huma.TypeArray:
		words, link = v.words(s.Items)
		words = "array of " + words
	case len(s.Enum) > 20:
		words = "string: a code"
	case len(s.Enum) > 0:
		words = strings.Trim(fmt.Sprintf("%q", s.Enum), "[]")
		words = strings.ReplaceAll(words, `" "`, `" or "`)
	case s.Format == "date-time":
		words = "date"
	case s.Type == "":
		words = "any"
	default:
		words = s.Type + bounds(s)
	}
	if s.Nullable {
		words += " or null"
	}
	return words, link
}

// bounds says how long or how large a value may be, behind its type.
func bounds(s *huma.Schema) string {
	switch {
	case s.MinLength != nil && s.MaxLength != nil:
		return fmt.Sprintf(", %d to %d characters", *s.MinLength, *s.MaxLength)
	case s.MaxLength != nil:
		return fmt.Sprintf(", at most %d characters", *s.MaxLength)
	case s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf(", %v to %v", *s.Minimum, *s.Maximum)
	case s.Minimum != nil:
		return fmt.Sprintf(", at least %v", *s.Minimum)
	default:
		return ""
	}
}

// events are both catalogues, for people.
func (v viewer) events() (client, server []event, err error) {
	for _, e := range zikr.ClientEvents() {
		v.registry.Schema(reflect.TypeOf(e.Payload), true, "")
	}
	for _, e := range zikr.ServerEvents() {
		v.registry.Schema(reflect.TypeOf(e.Payload), true, "")
	}
	finishSchemas(v.registry)
	for _, e := range zikr.ClientEvents() {
		view, failed := v.event(event{Name: e.Name, Doc: e.Doc, Answer: e.Answer.EventName()}, e.Payload)
		client, err = append(client, view), firstOf(err, failed)
	}
	for _, e := range zikr.ServerEvents() {
		view, failed := v.event(event{Name: e.Payload.EventName(), Doc: e.Doc, To: e.To}, e.Payload)
		server, err = append(server, view), firstOf(err, failed)
	}
	return client, server, err
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// event fills in what the payload's type tells.
func (v viewer) event(e event, payload any) (event, error) {
	schema := v.registry.Schema(reflect.TypeOf(payload), true, "")
	example := sampler(v).of("", schema)
	if schema.Type == huma.TypeArray {
		e.List, schema = true, schema.Items
	}
	e.Fields = v.fields(schema)
	var err error
	e.Example, err = indented(example)
	return e, err
}

// indented is a value as JSON for people.
func indented(value any) (string, error) {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return "", fmt.Errorf("encode an example: %w", err)
	}
	return strings.TrimSpace(out.String()), nil
}
