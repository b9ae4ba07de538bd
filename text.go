package zikr

import (
	"net/mail"
	"strings"
	"unicode/utf8"
)

// The bounds of what people write (contract section 6), in characters.
const (
	maxName     = 100
	maxText     = 2000
	maxEmail    = 254 // RFC 5321, section 4.5.3.1.3
	minPassword = 8
	maxPassword = 200
	maxID       = 128
)

// maxGoal keeps the arithmetic of progress exact.
const maxGoal = 1_000_000_000_000

// name checks what somebody or something is called: 1 to 100 characters.
func name(field, value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return "", Errorf(CodeInvalidPayload, "%s is empty: please give 1 to %d characters.", field, maxName)
	}
	return text(field, value, maxName)
}

// optional checks a text that may be absent.
func optional(field string, value *string) (string, error) {
	if value == nil {
		return "", nil
	}
	return text(field, *value, maxText)
}

// optionalName checks what something may be called, "" if it is not said.
func optionalName(field string, value *string) (string, error) {
	if value == nil {
		return "", nil
	}
	return text(field, *value, maxName)
}

// text trims a text and checks its length.
func text(field, value string, most int) (string, error) {
	value = strings.TrimSpace(value)
	if n := utf8.RuneCountInString(value); n > most {
		return "", Errorf(CodeInvalidPayload, "%s has %d characters: at most %d are allowed.", field, n, most)
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return "", Errorf(CodeInvalidPayload, "%s holds a character that cannot be stored (U+0000 or broken UTF-8).", field)
	}
	return value, nil
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

// email checks an address and puts it in lower case.
func email(value string) (string, error) {
	value = strings.TrimSpace(value)
	addr, err := mail.ParseAddress(value)
	if err != nil || addr.Address != value || len(value) > maxEmail || strings.ContainsRune(value, 0) {
		return "", Errorf(CodeInvalidPayload, "email %.60q is not an address like name@example.org.", value)
	}
	return strings.ToLower(value), nil
}

// phone checks a number and leaves its digits, behind a +.
func phone(value string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune(" +-().", r):
			return -1
		default:
			return 'x'
		}
	}, strings.TrimSpace(value))
	// 7 to 15 digits: ITU-T E.164.
	if len(digits) < 7 || len(digits) > 15 || strings.Contains(digits, "x") {
		return "", Errorf(CodeInvalidPayload, "phone %.40q is not a number like +998901234567.", value)
	}
	return "+" + digits, nil
}

// password checks a new password. Its value is never part of an error.
func password(value string) error {
	if n := utf8.RuneCountInString(value); n < minPassword || n > maxPassword {
		return Errorf(CodeInvalidPayload, "password has %d characters: please choose %d to %d.", n, minPassword, maxPassword)
	}
	return nil
}

// orNil makes null of what is not there.
func orNil[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}
