package rest

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zikr-app/zikr"
)

// Problem is how an error looks over HTTP: RFC 9457 problem details with the
// code of the contract's section 5. Without a type it is "about:blank", whose
// title is the status in words.
type Problem struct {
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Detail string    `json:"detail" doc:"a sentence for a person"`
	Code   zikr.Code `json:"code"`
	// RetryAfterMs is when to try again, for rate_limited; the Retry-After header says it in seconds.
	RetryAfterMs int64  `json:"retryAfterMs,omitempty" doc:"of rate_limited: when to try again"`
	ErrorID      string `json:"errorId,omitempty" doc:"of internal: the number under which the cause was logged"`
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus tells huma the response's status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the response's type (RFC 9457, section 3).
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders tells huma the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.RetryAfterMs > 0 {
		h.Set("Retry-After", strconv.FormatInt((p.RetryAfterMs+999)/1000, 10))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="zikr"`)
	}
	return h
}

// problemOf makes a Problem of the domain's error.
func problemOf(e *zikr.Error) *Problem {
	status := statusOf(e.Code)
	return &Problem{
		Title: http.StatusText(status), Status: status, Detail: e.Message, Code: e.Code,
		RetryAfterMs: int64(math.Ceil(float64(e.RetryAfter) / float64(time.Millisecond))), ErrorID: e.ID,
	}
}

// problem is what a client may see of err, which happened in the operation op.
func (a *API) problem(ctx context.Context, op string, err error) *Problem {
	return problemOf(a.Service.Explain(ctx, op, err))
}

// writeProblem answers with a Problem where huma does not.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) // the client is gone: there is nobody to tell
}

// meaning says of a code when a client meets it.
type meaning struct {
	Code   zikr.Code
	Status int // over HTTP; 0 for one of events only
	When   string
}

// meanings is the table of section 5 of the contract.
func meanings() []meaning {
	return []meaning{
		{zikr.CodeInvalidPayload, 422, "Not a JSON object, or a field is missing, of the wrong type, empty or too long"},
		{zikr.CodeCountOutOfRange, 422, "The count is not from 1 to 100,000"},
		{zikr.CodeUnknownEvent, 0, "There is no such event, or its name is not a string"},
		{zikr.CodeUnauthenticated, 401, "No token, or one that is not good"},
		{zikr.CodeTokenExpired, 401, "The token has expired"},
		{zikr.CodeBadCredentials, 401, "Login or password is wrong"},
		{zikr.CodeNotMember, 404, "The caller is not a member of the group, or there is no such group: the two are not told apart"},
		{zikr.CodeNotAdmin, 403, "Only the group's admin may do this"},
		{zikr.CodeNotYourBooking, 403, "The pora is in another reader's hands"},
		{zikr.CodePoraNotFound, 404, "There is no such pora: they are \"1\" to \"30\""},
		{zikr.CodeBookingNotFound, 404, "There is no such booking in the caller's groups"},
		{zikr.CodeZikrNotFound, 404, "There is no such zikr in the group"},
		{zikr.CodeUserNotFound, 404, "There is no such user"},
		{zikr.CodeInvitationNotFound, 404, "There is no such invitation for the caller"},
		{zikr.CodeNotificationMissing, 404, "There is no such notification for the caller"},
		{zikr.CodeNotFound, 404, "There is no such path"},
		{zikr.CodeWrongGroupType, 409, "Poras are booked in groups of type quran only"},
		{zikr.CodePoraBooked, 409, "Another reader has booked the pora"},
		{zikr.CodePoraCompleted, 409, "The pora has been read already in this hatm"},
		{zikr.CodeBookingCompleted, 409, "What has been read cannot be given back"},
		{zikr.CodeAlreadyMember, 409, "The user is a member already"},
		{zikr.CodeInvitationPending, 409, "The user has been invited and has not answered yet"},
		{zikr.CodeInvitationAnswered, 409, "The invitation was answered the other way"},
		{zikr.CodeEmailTaken, 409, "Another account has this email"},
		{zikr.CodePhoneTaken, 409, "Another account has this phone"},
		{zikr.CodeMethodNotAllowed, 405, "The path does not have this method; Allow says which it has"},
		{zikr.CodePayloadTooLarge, 413, "The body is larger than 100,000 bytes"},
		{zikr.CodeRateLimited, 429, "Too much at once: retryAfterMs says when to try again"},
		{zikr.CodeInternal, 500, "Something went wrong on the server; errorId names it in the log"},
	}
}

// statusOf returns the HTTP status of a code. One that the table does not know is an error of ours.
func statusOf(code zikr.Code) int {
	for _, m := range meanings() {
		if m.Code == code && m.Status != 0 {
			return m.Status
		}
	}
	return http.StatusInternalServerError
}

// byStatus groups codes by their HTTP status, in the table's order.
func byStatus(codes []zikr.Code) map[int][]meaning {
	groups := map[int][]meaning{}
	for _, m := range meanings() {
		if slices.Contains(codes, m.Code) {
			groups[m.Status] = append(groups[m.Status], m)
		}
	}
	return groups
}

// sentences lists what codes mean, as Markdown.
func sentences(ms []meaning) string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = "`" + string(m.Code) + "`: " + m.When
	}
	return strings.Join(lines, ". ") + "."
}
