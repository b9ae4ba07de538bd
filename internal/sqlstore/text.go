package sqlstore

import (
	"strconv"
	"strings"

	"github.com/zikr-app/zikr"
)

// among is a list of zikr.MaxTogether placeholders, for the arguments of padded.
var among = placeholders(1, zikr.MaxTogether, func(n int) string { return "$" + strconv.Itoa(n) })

// padded makes arguments of ids, always as many, so that one text is prepared for all: the
// rest are NULL, which equals nothing.
func padded(ids []string) []any {
	args := make([]any, zikr.MaxTogether)
	for i, id := range ids[:min(len(ids), zikr.MaxTogether)] {
		args[i] = id
	}
	return args
}

// last sorts after every id and every key.
const last = "\U0010FFFF"

// containing is the LIKE pattern (with ESCAPE '\') of keys that contain the text.
func containing(text string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(zikr.SearchKey(text))
	return "%" + escaped + "%"
}

// before is what the ids of a page are below, newest first.
func before(cursor string) string {
	if cursor == "" {
		return last
	}
	return cursor
}
