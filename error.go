package zikr

import (
	"errors"
	"fmt"
	"time"
)

// Code is the machine-readable half of an error: one of the table in section 5
// of the wire contract.
type Code string

// The codes of the wire contract, section 5. A client may meet no other.
const (
	CodeInvalidPayload      Code = "invalid_payload"
	CodeCountOutOfRange     Code = "count_out_of_range"
	CodeUnknownEvent        Code = "unknown_event"
	CodeUnauthenticated     Code = "unauthenticated"
	CodeTokenExpired        Code = "token_expired"
	CodeBadCredentials      Code = "bad_credentials"
	CodeSuspended           Code = "account_suspended"
	CodeRegistrationClosed  Code = "registration_closed"
	CodeNotMember           Code = "not_member"
	CodeNotAdmin            Code = "not_admin"
	CodeNotYourBooking      Code = "not_your_booking"
	CodePoraNotFound        Code = "pora_not_found"
	CodeBookingNotFound     Code = "booking_not_found"
	CodeZikrNotFound        Code = "zikr_not_found"
	CodeCountNotFound       Code = "count_not_found"
	CodeUserNotFound        Code = "user_not_found"
	CodeSessionNotFound     Code = "session_not_found"
	CodeInvitationNotFound  Code = "invitation_not_found"
	CodeNotificationMissing Code = "notification_not_found"
	CodeHatmNotFound        Code = "hatm_not_found"
	CodeLinkNotFound        Code = "link_not_found"
	CodeNotFound            Code = "not_found"
	CodeWrongGroupType      Code = "wrong_group_type"
	CodePoraBooked          Code = "pora_already_booked"
	CodePoraCompleted       Code = "pora_already_completed"
	CodeBookingCompleted    Code = "booking_already_completed"
	CodeCountTooOld         Code = "count_too_old"
	CodeHatmCompleted       Code = "hatm_already_completed"
	CodeTooManyPoras        Code = "too_many_poras"
	CodeAlreadyMember       Code = "already_member"
	CodeInvitationPending   Code = "invitation_pending"
	CodeInvitationAnswered  Code = "invitation_already_answered"
	CodeEmailTaken          Code = "email_taken"
	CodePhoneTaken          Code = "phone_taken"
	CodeLinkExpired         Code = "link_expired"
	CodeGuestsNotAllowed    Code = "guests_not_allowed"
	CodeMethodNotAllowed    Code = "method_not_allowed"
	CodePayloadTooLarge     Code = "payload_too_large"
	CodeBanned              Code = "banned"
	CodeLimitReached        Code = "limit_reached"
	CodeRateLimited         Code = "rate_limited"
	CodeInternal            Code = "internal"
)

// ErrNotFound is what a Store returns when a row is not there. Use cases turn
// it into the code that fits; it never reaches a client.
var ErrNotFound = errors.New("not found")

// Error is the only kind of error that reaches a client.
type Error struct {
	Code    Code
	Message string // a sentence for a person

	// RetryAfter is when to try again, for CodeRateLimited; otherwise zero.
	RetryAfter time.Duration
	// ID is the number under which the cause was logged, for CodeInternal.
	ID string

	bound string // that was met, if one was
}

// Error returns the code and the sentence.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Errorf makes an Error of a code and a sentence for a person.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// RateLimited makes the Error of somebody who must wait for retryAfter.
func RateLimited(retryAfter time.Duration, format string, args ...any) *Error {
	e := Errorf(CodeRateLimited, format, args...)
	e.RetryAfter = max(retryAfter, time.Millisecond)
	return e
}

// CodeOf returns the code that err carries, "" for nil and CodeInternal for an
// error that is none of ours.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return CodeInternal
	}
}

// orNotFound gives a missing row the code that a client knows it by, and any
// other failure the operation's name.
func orNotFound(err error, op string, missing *Error) error {
	if errors.Is(err, ErrNotFound) {
		return missing
	}
	return fmt.Errorf("%s: %w", op, err)
}
