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
// says of neither what a person could put right. As the contract has it (section 1): null is the same as
// absent, unknown fields and further arguments are ignored. A type without fields takes anything.
func newDecoder[In any]() func(args []json.RawMessage) (In, error) {
	fields := fieldsOf(reflect.TypeFor[In]())
	return func(args []json.RawMessage) (in In, err error) {
		if len(fields) == 0 {
			return in, nil
		}
		values, err := object(args)
		if err != nil {
			return in, err
		}
		target := reflect.ValueOf(&in).Elem()
		for i := range fields {
			if err := fields[i].decode(values[fields[i].name], target.Field(fields[i].index)); err != nil {
				return in, err
			}
		}
		return in, nil
	}
}

// object returns the values of the first argument, which must be an object.
func object(args []json.RawMessage) (map[string]json.RawMessage, error) {
	var values map[string]json.RawMessage
	if len(args) == 0 || json.Unmarshal(args[0], &values) != nil || values == nil {
		return nil, invalid("The payload must be an object.")
	}
	return values, nil
}

func invalid(format string, args ...any) error {
	return zikr.Errorf(zikr.CodeInvalidPayload, format, args...)
}

// field is one field of a payload.
type field struct {
	name     string
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
		f := field{name: name, index: i, required: !optional}
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
	if value == nil || string(value) == "null" {
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
	if value[0] != '"' || json.Unmarshal(value, p) != nil {
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
