package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zikr-app/zikr"
)

// newDecoder makes the decoder of one payload type from its struct tags, the
// words of JSON Schema that event.go uses. It panics if the type has a field of a kind that
// clients do not send.
//
// It is ours because encoding/json takes GROUPID for groupId, null for "", and
// says of neither what a person could put right. As the contract has it (section
// 1): null is the same as absent, unknown fields and further arguments are
// ignored. A type without fields takes anything.
func newDecoder[In any]() func(args []json.RawMessage) (In, error) {
	fields := fieldsOf(reflect.TypeFor[In]())
	return func(args []json.RawMessage) (in In, err error) {
		if len(fields) == 0 {
			return in, nil
		}
		var room [8]json.RawMessage // enough for every event of the contract
		values := append(room[:0], make([]json.RawMessage, len(fields))...)
		if len(args) == 0 || !split(args[0], fields, values) {
			return in, invalid("The payload must be an object.")
		}
		target := reflect.ValueOf(&in).Elem()
		for i := range fields {
			if err := fields[i].decode(values[i], target.Field(fields[i].index)); err != nil {
				return in, err
			}
		}
		return in, nil
	}
}

// split finds the values of fields in a JSON value that is known to be valid. It
// reports false if that is not an object. Of two fields of one name the later counts.
func split(object json.RawMessage, fields []field, values []json.RawMessage) bool {
	object = bytes.TrimSpace(object)
	if len(object) < 2 || object[0] != '{' {
		return false
	}
	depth, from, colon, inString := 0, 1, 0, false
	for i := 0; i < len(object); i++ {
		c := object[i]
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ':' && depth == 1 && colon < from:
			colon = i
		}
		if ends := depth == 0 || depth == 1 && c == ',' && !inString; ends && colon > from {
			keep(object[from:colon], object[colon+1:i], fields, values)
			from = i + 1
		}
	}
	return true
}

// keep puts a value to the field of that name, if there is one.
func keep(name, value []byte, fields []field, values []json.RawMessage) {
	name = bytes.TrimSpace(name)
	if bytes.IndexByte(name, '\\') >= 0 {
		var plain string
		if json.Unmarshal(name, &plain) != nil {
			return
		}
		name = []byte(`"` + plain + `"`)
	}
	for i := range fields {
		if string(name) == fields[i].quoted {
			values[i] = bytes.TrimSpace(value)
		}
	}
}

func invalid(format string, args ...any) error {
	return zikr.Errorf(zikr.CodeInvalidPayload, format, args...)
}

// field is one field of a payload.
type field struct {
	name     string
	quoted   string // the name as JSON
	index    int
	required bool
	min, max int // characters of a string; max 0 is no bound
	least    *int64
}

// fieldsOf reads the fields of a payload type.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		kind, isPointer := sf.Type, sf.Type.Kind() == reflect.Pointer
		if isPointer {
			kind = kind.Elem()
		}
		if name == "" || !slices.Contains([]reflect.Type{stringType, intType, boolType}, kind) {
			panic(fmt.Sprintf("live: cannot decode field %s of %s", sf.Name, t))
		}
		optional := isPointer || slices.Contains(strings.Split(options, ","), "omitempty")
		f := field{name: name, quoted: strconv.Quote(name), index: i, required: !optional}
		f.min, f.max = int(number(sf.Tag, "minLength", 0)), int(number(sf.Tag, "maxLength", 0))
		if _, ok := sf.Tag.Lookup("minimum"); ok {
			least := number(sf.Tag, "minimum", 0)
			f.least = &least
		}
		fields = append(fields, f)
	}
	return fields
}

var (
	stringType = reflect.TypeFor[string]()
	intType    = reflect.TypeFor[zikr.Int]()
	boolType   = reflect.TypeFor[bool]()
)

// number reads a tag's number.
func number(tag reflect.StructTag, key string, otherwise int64) int64 {
	text, ok := tag.Lookup(key)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("live: tag %s:%q is not a number", key, text))
	}
	return n
}

// decode checks a value and sets the field to it.
func (f *field) decode(value json.RawMessage, target reflect.Value) error {
	if len(value) == 0 || string(value) == "null" {
		if f.required {
			return invalid("%s is missing.", f.name)
		}
		return nil
	}
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	switch p := target.Addr().Interface().(type) {
	case *string:
		return f.text(value, p)
	case *zikr.Int:
		return f.integer(value, p)
	default:
		return f.boolean(value, p.(*bool))
	}
}

func (f *field) text(value json.RawMessage, p *string) error {
	if value[0] != '"' || unquote(value, p) != nil {
		return invalid("%s must be a string, not %s.", f.name, what(value))
	}
	n := utf8.RuneCountInString(*p)
	switch {
	case n == 0 && f.min > 0:
		return invalid("%s is empty.", f.name)
	case n < f.min:
		return invalid("%s has %d characters: at least %d are needed.", f.name, n, f.min)
	case f.max > 0 && n > f.max:
		return invalid("%s has %d characters: at most %d are allowed.", f.name, n, f.max)
	case strings.ContainsRune(*p, 0):
		return invalid("%s holds the character U+0000, which cannot be stored.", f.name)
	}
	return nil
}

// unquote decodes a JSON string, most of which are as they look.
func unquote(value json.RawMessage, p *string) error {
	if inner := value[1:max(len(value)-1, 1)]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		*p = string(inner)
		return nil
	}
	return json.Unmarshal(value, p)
}

func (f *field) integer(value json.RawMessage, p *zikr.Int) error {
	if p.UnmarshalJSON(value) != nil {
		return invalid("%s must be an integer, not %s.", f.name, what(value))
	}
	if f.least != nil && int64(*p) < *f.least {
		return invalid("%s is %d: it must be at least %d.", f.name, int64(*p), *f.least)
	}
	return nil
}

func (f *field) boolean(value json.RawMessage, p *bool) error {
	switch string(value) {
	case "true":
		*p = true
	case "false":
		*p = false
	default:
		return invalid("%s must be true or false, not %s.", f.name, what(value))
	}
	return nil
}

// what describes a value of the wrong type.
func what(value json.RawMessage) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	default:
		return string(bytes.TrimSpace(value[:min(len(value), 40)]))
	}
}
