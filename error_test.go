package zikr_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

func TestErrors(t *testing.T) {
	e := zikr.Errorf(zikr.CodeNotAdmin, "Only the admin of %q may do this.", "Friends")
	if got, want := e.Error(), `not_admin: Only the admin of "Friends" may do this.`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, test := range []struct {
		err  error
		want zikr.Code
	}{
		{nil, ""}, {e, zikr.CodeNotAdmin}, {fmt.Errorf("op: %w", e), zikr.CodeNotAdmin}, {errDisk, zikr.CodeInternal}, {zikr.ErrNotFound, zikr.CodeInternal},
	} {
		if got := zikr.CodeOf(test.err); got != test.want {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
	limited := zikr.RateLimited(2*time.Second, "Please wait.")
	if limited.Code != zikr.CodeRateLimited || limited.RetryAfter != 2*time.Second {
		t.Errorf("got %+v", limited)
	}
	if got := zikr.RateLimited(-1, "Please wait.").RetryAfter; got != time.Millisecond {
		t.Errorf("at once: got %s, want 1ms", got)
	}
}

// A client sees a code and a number; the cause is in the log under that number.
func TestExplain(t *testing.T) {
	w := newWorld(t)
	known := zikr.Errorf(zikr.CodeNotMember, "You are not a member.")
	if got := w.Explain(w.ctx, "op", fmt.Errorf("wrapped: %w", known)); got != known {
		t.Errorf("got %v, want it as it is", got)
	}
	if log := w.logged.String(); log != "" {
		t.Errorf("what a client may see is no matter of the log: %s", log)
	}
	for _, cause := range []error{fmt.Errorf("read: %w", errDisk), context.DeadlineExceeded} {
		got := w.Explain(w.ctx, "book_pora", cause)
		if got.Code != zikr.CodeInternal || got.ID == "" || !strings.Contains(got.Message, got.ID) || strings.Contains(got.Message, cause.Error()) {
			t.Errorf("got %+v", got)
		}
		log := w.logged.String()
		for _, part := range []string{got.ID, cause.Error(), "book_pora"} {
			if !strings.Contains(log, part) {
				t.Errorf("the log lacks %q: %s", part, log)
			}
		}
	}
}

// Outages of tokens and passwords are outages, not wrong tokens and passwords.
func TestOutages(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	session := *must(w.Authenticate(w.ctx, in.Token))
	other := registration()
	other.Email, other.Phone = "other@example.org", nil

	w.passwords.fail = errDisk
	_, register := w.Register(w.ctx, other)
	_, login := w.login("ali@example.org")
	_, update := w.UpdateMe(w.ctx, session, zikr.ProfileChange{Password: pointer(goodPassword), CurrentPassword: pointer(goodPassword)})
	w.passwords.fail = nil
	w.tokens.fail = errDisk
	_, issue := w.login("ali@example.org")
	_, verify := w.Authenticate(w.ctx, in.Token)
	w.tokens.fail = nil
	w.tokens.accept("foreign", zikr.Claims{UserID: "u", Version: -1, Issued: w.clock.now()})
	w.passwords.fail = errDisk
	foreign := must(newProvisioning(w).Authenticate(w.ctx, "foreign"))
	_, first := w.UpdateMe(w.ctx, *foreign, zikr.ProfileChange{Password: pointer(goodPassword)})
	for op, err := range map[string]error{
		"register": register, "login": login, "update": update, "issue": issue, "verify": verify, "first password": first,
	} {
		if !errors.Is(err, errDisk) || zikr.CodeOf(err) != zikr.CodeInternal {
			t.Errorf("%s: got %v, want the outage", op, err)
		}
	}
}
