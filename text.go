package zikr

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bounds of what people write (contract section 6), in characters.
const (
	maxName  = 100
	maxText  = 2000
	maxEmail = 254 // RFC 5321, section 4.5.3.1.3
	maxID    = 128
)

// maxGoal keeps the arithmetic of progress exact.
const maxGoal = 1_000_000_000_000

// name checks what somebody or something is called: 1 to 100 characters in one line, of
// which something can be seen.
func name(field, value string) (string, error) {
	value, err := optionalName(field, &value)
	if err == nil && value == "" {
		err = Errorf(CodeInvalidPayload, "%s is empty, or nothing of it can be seen: please give 1 to %d characters.", field, maxName)
	}
	return value, err
}

// optional checks a text that may be absent.
func optional(field string, value *string) (string, error) {
	if value == nil {
		return "", nil
	}
	return text(field, *value, maxText)
}

// optionalName is name of what may have none: "" if nothing is said, or nothing that can be seen.
func optionalName(field string, value *string) (string, error) {
	if value == nil {
		return "", nil
	}
	out, err := text(field, *value, maxName)
	if err == nil && strings.ContainsRune(out, '\n') {
		return "", Errorf(CodeInvalidPayload, "%s has more than one line: please write it in one.", field)
	}
	return out, err
}

// text checks a text and returns it in the one form in which texts are stored: composed (NFC),
// trimmed, its lines ended by "\n". One of which nothing can be seen is empty. What would change how
// the text around it is shown is refused: control characters and bidirectional overrides.
func text(field, value string, most int) (string, error) {
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return "", Errorf(CodeInvalidPayload, "%s holds a character that cannot be stored (U+0000 or broken UTF-8).", field)
	}
	value = tidy(value)
	if n := utf8.RuneCountInString(value); n > most {
		return "", Errorf(CodeInvalidPayload, "%s has %d characters: at most %d are allowed.", field, n, most)
	}
	if i := strings.IndexFunc(value, isForbidden); i >= 0 {
		r, _ := utf8.DecodeRuneInString(value[i:])
		return "", Errorf(CodeInvalidPayload, "%s holds the character %U, which changes how the text is shown: please take it out.", field, r)
	}
	return value, nil
}

// claimed makes a name of what somebody else vouches for: what a name may not hold is left
// out, and it is cut to what a name may be.
func claimed(value string) string {
	value = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ' '
		case isForbidden(r):
			return -1
		default:
			return r
		}
	}, tidy(strings.ToValidUTF8(value, "")))
	if utf8.RuneCountInString(value) > maxName {
		value = string([]rune(value)[:maxName])
	}
	return tidy(value)
}

// The line ends that there are, and the tab, in the form in which they are stored.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ")

// tidy returns a text composed, trimmed, its lines ended by "\n". Where a change of direction
// is not taken back within its line, all of them are left out: pasted texts have such halves.
func tidy(value string) string {
	value = lineEnds.Replace(value)
	if !takesBackDirections(value) {
		value = strings.Map(func(r rune) rune {
			if opens(r) != 0 || r == endOfEmbedding || r == endOfIsolate {
				return -1
			}
			return r
		}, value)
	}
	value = strings.TrimFunc(norm.NFC.String(value), func(r rune) bool { return unicode.IsSpace(r) || isBlank(r) })
	if strings.IndexFunc(value, isVisible) < 0 {
		return ""
	}
	return value
}

// The characters that end a change of direction (Unicode standard annex 9).
const (
	endOfEmbedding = '\u202c'
	endOfIsolate   = '\u2069'
)

// opens returns what ends the change of direction that a character begins; 0 if it begins none.
func opens(r rune) rune {
	switch r {
	case '\u202a', '\u202b': // embeddings
		return endOfEmbedding
	case '\u2066', '\u2067', '\u2068': // isolates
		return endOfIsolate
	default:
		return 0
	}
}

// takesBackDirections reports whether each change of direction ends in the line in which it began.
func takesBackDirections(value string) bool {
	var open []rune // what is to come
	for _, r := range value {
		switch end := opens(r); {
		case end != 0:
			open = append(open, end)
		case r == endOfEmbedding || r == endOfIsolate:
			if len(open) == 0 || open[len(open)-1] != r {
				return false
			}
			open = open[:len(open)-1]
		case r == '\n' && len(open) > 0:
			return false
		}
	}
	return len(open) == 0
}

// isForbidden reports whether a character changes how the text around it is shown, or what a
// terminal does: a control character but the end of a line, or a bidirectional override.
func isForbidden(r rune) bool {
	return unicode.Is(unicode.Cc, r) && r != '\n' || r == '\u202d' || r == '\u202e'
}

// isVisible reports whether a character leaves a mark where it stands alone.
func isVisible(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !isBlank(r)
}

// isBlank reports whether a character looks like a space, or like nothing, and is no space to
// Unicode. The joiners are none: they shape the letters around them.
func isBlank(r rune) bool {
	switch r {
	case '\u00ad', '\u115f', '\u1160', '\u180e', '\u200b', '\u2060', '\u2800', '\u3164', '\ufeff', '\uffa0':
		return true
	default:
		return false
	}
}

// goal checks a goal; absent and 0 are none.
func goal(field string, value *Int) (int64, error) {
	if value == nil {
		return 0, nil
	}
	if *value < 0 || *value > maxGoal {
		return 0, Errorf(CodeInvalidPayload, "%s is %d: it must be from 1 to %d, or 0 for none.", field, *value, int64(maxGoal))
	}
	return int64(*value), nil
}

// orNil makes null of what is not there.
func orNil[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

// OrNull is a field of a change that may be absent, null, which takes away what is there, or a value.
// The zero value is absent.
type OrNull[T any] struct {
	Set   bool
	Value *T // nil for null
}

// UnmarshalJSON reads null or a value.
func (n *OrNull[T]) UnmarshalJSON(data []byte) error {
	n.Set = true
	return json.Unmarshal(data, &n.Value)
}

// MarshalJSON writes what UnmarshalJSON reads. What is absent is left out by omitzero.
func (n OrNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }
