package sqlstore

import (
	"strings"
	"unicode"
)

// fold makes the key by which a text is found whatever its case. It is done
// here, not in SQL, so that every engine finds the same rows.
func fold(s string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s)
}

// last sorts after every id and every key.
const last = "\U0010FFFF"

// containing is the LIKE pattern (with ESCAPE '\') of keys that contain the text.
func containing(text string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(fold(text))
	return "%" + escaped + "%"
}

// before is what the ids of a page are below, newest first.
func before(cursor string) string {
	if cursor == "" {
		return last
	}
	return cursor
}
