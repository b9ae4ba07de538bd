package zikr

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxKey is how long a search key is at most, in characters: what follows is not searched in.
const maxKey = 256

// SearchKey is what a text is found by, however a keyboard wrote it: without case, marks and
// harakat, with one sign for all apostrophes, one for all dashes, one space between words, and one form
// of each Arabic letter and digit. The key of a key is the key. It is "" of a text that has
// nothing to search for.
func SearchKey(text string) string {
	// ´ is a space with a mark to Unicode: the signs come first.
	text = norm.NFKD.String(strings.Map(sign, norm.NFC.String(text)))
	text = norm.NFKD.String(strings.ToLower(cases.Fold().String(text))) // Fold makes capitals of small Cherokee letters
	key := make([]rune, 0, len(text))
	space := false
	for _, r := range text {
		switch r = sign(r); {
		case unicode.Is(unicode.Cf, r) || r == tatweel:
		case unicode.IsSpace(r) || isBlank(r):
			space = len(key) > 0
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cc):
		case len(key) >= maxKey-1 && space || len(key) == maxKey:
			return string(key)
		default:
			if space {
				key, space = append(key, ' '), false
			}
			key = append(key, r)
		}
	}
	return string(key)
}

// tatweel stretches an Arabic word.
const tatweel = '\u0640'

// sign returns the one character that stands in keys for all that are written in its place.
func sign(r rune) rune {
	switch {
	case strings.ContainsRune(apostrophes, r):
		return '\''
	case unicode.Is(unicode.Pd, r):
		return '-'
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	}
	switch r {
	case 'ı':
		return 'i'
	case '\u0671', '\u0672', '\u0673', '\u0675': // alef wasla, with wavy hamza above and below, with high hamza
		return 'ا'
	case 'ى', 'ی':
		return 'ي'
	case 'ک':
		return 'ك'
	case 'ة':
		return 'ه'
	default:
		return r
	}
}

// apostrophes are the signs that keyboards write for ʻ and ʼ, and what is taken for them.
const apostrophes = "'`´ʹʻʼʽʾʿˈˊˋ‘’‛′‵՚׳ꞌꞋ＇"
