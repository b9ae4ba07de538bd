package zikr

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The length of a password, in characters.
const (
	minPassword = 8
	maxPassword = 200
)

// commonPasswords are the 10,000 commonest ones that are long enough, a line each, in lower case.
//
//go:embed common/passwords.txt
var commonPasswords string

// password checks a new password, and returns it as it is to be hashed: composed (NFC), since
// keyboards write one letter in more than one way. Its value is never part of an error.
func password(value string) (string, error) {
	value = norm.NFC.String(value)
	if n := utf8.RuneCountInString(value); n < minPassword || n > maxPassword {
		return "", Errorf(CodeInvalidPayload, "password has %d characters: please choose %d to %d.", n, minPassword, maxPassword)
	}
	if first, size := utf8.DecodeRuneInString(value); strings.TrimSpace(value) == "" || strings.Trim(value[size:], string(first)) == "" {
		return "", Errorf(CodeInvalidPayload, "password is one character again and again: please choose another.")
	}
	if isCommon(value) {
		return "", Errorf(CodeInvalidPayload, "password is one of those that are tried first, since many people have it: please choose another.")
	}
	return value, nil
}

// isCommon reports whether a password is among the commonest, whatever its case.
func isCommon(value string) bool {
	line := strings.ToLower(value) + "\n"
	return !strings.Contains(value, "\n") && (strings.HasPrefix(commonPasswords, line) || strings.Contains(commonPasswords, "\n"+line))
}

// matches reports whether a password is the one that was hashed. It takes as long for any hash.
func (s *Service) matches(ctx context.Context, hash, value string) (bool, error) {
	for _, spelling := range spellings(value) {
		ok, err := s.passwords.Verify(ctx, hash, spelling)
		if err != nil {
			return false, fmt.Errorf("verify password: %w", err)
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// spellings are the forms in which a password may have been hashed: composed, or, by a release that hashed
// what the keyboard wrote, as it is written now or as another keyboard writes it. Most have one.
func spellings(value string) []string {
	composed, other := norm.NFC.String(value), value
	if other == composed {
		other = norm.NFD.String(value)
	}
	if other == composed {
		return []string{composed}
	}
	return []string{composed, other}
}
