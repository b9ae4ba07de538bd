package zikr

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// email checks an address and returns it in the one form in which addresses are compared: in lower
// case, composed, without what cannot be seen.
func email(value string) (string, error) {
	address := strings.TrimSpace(strings.Map(withoutFormat, norm.NFC.String(value)))
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxEmail || strings.ContainsFunc(address, unicode.IsControl) {
		return "", Errorf(CodeInvalidPayload, "email %.60q is not an address like name@example.org.", value)
	}
	return norm.NFC.String(strings.ToLower(address)), nil
}

// phone reads a number as people write it, in digits of any script, and returns it in the one form in
// which numbers are compared: a + and digits. 00 before the number is a +.
func phone(value string) (string, error) {
	digits := strings.Map(digit, norm.NFKC.String(value))
	digits = strings.TrimPrefix(strings.TrimPrefix(digits, "+"), "00")
	// 7 to 15 digits: ITU-T E.164.
	if len(digits) < 7 || len(digits) > 15 || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", Errorf(CodeInvalidPayload, "phone %.40q is not a number like +998901234567.", value)
	}
	return "+" + digits, nil
}

// newPhone is phone for a number that is to be somebody's from now on: it must begin with the code of
// a country, of which none begins with 0.
func newPhone(value string) (string, error) {
	number, err := phone(value)
	if err == nil && number[1] == '0' {
		return "", Errorf(CodeInvalidPayload, "phone %.40q does not begin with the code of a country: please write it like +998901234567.", value)
	}
	return number, err
}

// digit returns what a character of a telephone number stands for: a digit, a +, nothing (-1), or
// x for what does not belong there.
func digit(r rune) rune {
	switch d := sign(r); {
	case d >= '0' && d <= '9', d == '+':
		return d
	case d == '-' || unicode.IsSpace(d) || withoutFormat(d) < 0 || strings.ContainsRune("().\u2212", d):
		return -1
	default:
		return 'x'
	}
}

// withoutFormat drops the characters that steer how others are shown: contacts and web pages
// paste them along.
func withoutFormat(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}
