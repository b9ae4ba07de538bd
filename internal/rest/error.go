package rest

import (
	"context"
	"errors"
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

// busy is when to try again what took too long.
const busy = time.Second

// problemOf makes a Problem of the domain's error.
func problemOf(e *zikr.Error) *Problem {
	status := statusOf(e.Code)
	return &Problem{
		Title: http.StatusText(status), Status: status, Detail: e.Message, Code: e.Code,
		RetryAfterMs: int64(math.Ceil(float64(e.RetryAfter) / float64(time.Millisecond))), ErrorID: e.ID,
	}
}

// gone is the status of a request whose client did not wait for the answer. It
// is seen in metrics only; nginx has it from there.
const gone = 499

// problem is what a client may see of err, which happened in the operation op.
// What took too long is to be tried again later; what the client gave up is no
// error of ours.
func (a *API) problem(ctx context.Context, op string, err error) *Problem {
	var known *zikr.Error
	switch {
	case errors.As(err, &known):
		return problemOf(known)
	case errors.Is(err, context.DeadlineExceeded):
		return problemOf(zikr.RateLimited(busy, "The server is busy. Please try again in a moment."))
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return &Problem{Title: "Client Closed Request", Status: gone, Detail: "The client gave the request up.", Code: zikr.CodeInternal}
	default:
		return problemOf(a.Service.Explain(ctx, op, err))
	}
}

// writeProblem answers with a Problem where huma does not.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = encode(w, p) // a Problem can always be encoded
}

// meaning says of a code when a client meets it.
type meaning struct {
	Code   zikr.Code
	When   string
	Status int // over HTTP; 0 for one of events only
}

// meanings is the table of section 5 of the contract.
func meanings() []meaning {
	return []meaning{
		{zikr.CodeInvalidPayload, "Not a JSON object, or a field is missing, of the wrong type, empty or too long", 422},
		{zikr.CodeCountOutOfRange, "The count is not from 1 to 100,000", 422},
		{zikr.CodeUnknownEvent, "There is no such event, or its name is not a string", 0},
		{zikr.CodeUnauthenticated, "No token, or one that is not good", 401},
		{zikr.CodeTokenExpired, "The token has expired", 401},
		{zikr.CodeBadCredentials, "Login or password is wrong", 401},
		{zikr.CodeSuspended, "The account was suspended by an admin of the platform", 403},
		{zikr.CodeRegistrationClosed, "Nobody makes an account here by themself, or only with a link into a group", 403},
		{zikr.CodeNotMember, "The caller is not a member of the group, or there is no such group: the two are not told apart", 404},
		{zikr.CodeNotAdmin, "Only the group's admin may do this; of the administration, only an admin of the platform", 403},
		{zikr.CodeNotYourBooking, "The pora is in another reader's hands", 403},
		{zikr.CodePoraNotFound, "There is no such pora: they are \"1\" to \"30\"", 404},
		{zikr.CodeBookingNotFound, "There is no such booking in the caller's groups", 404},
		{zikr.CodeZikrNotFound, "There is no such zikr in the group", 404},
		{zikr.CodeCountNotFound, "There is no such counting in the caller's groups", 404},
		{zikr.CodeUserNotFound, "There is no such user", 404},
		{zikr.CodeSessionNotFound, "The caller has no such session", 404},
		{zikr.CodeInvitationNotFound, "There is no such invitation for the caller", 404},
		{zikr.CodeNotificationMissing, "There is no such notification for the caller", 404},
		{zikr.CodeHatmNotFound, "The group has no such hatm, or for a booking none that is open", 404},
		{zikr.CodeLinkNotFound, "There is no such link", 404},
		{zikr.CodeLinkExpired, "The link is over, used up or ended", 410},
		{zikr.CodeGuestsNotAllowed, "The link or the server lets no guests in, or guests may not do this", 403},
		{zikr.CodeNotFound, "There is no such path", 404},
		{zikr.CodeWrongGroupType, "Poras are booked in groups of type quran only", 409},
		{zikr.CodePoraBooked, "Another reader has booked the pora", 409},
		{zikr.CodePoraCompleted, "The pora has been read already in this hatm", 409},
		{zikr.CodeBookingCompleted, "What has been read cannot be given back", 409},
		{zikr.CodeCountTooOld, "The counting is older than a day, or is not kept by itself any more: it cannot be taken back", 409},
		{zikr.CodeHatmCompleted, "The hatm is completed: nothing can be changed in it, or it cannot be opened again any more", 409},
		{zikr.CodeTooManyPoras, "The member holds as many poras as the group allows", 409},
		{zikr.CodeAlreadyMember, "The user is a member already", 409},
		{zikr.CodeInvitationPending, "The user has been invited and has not answered yet", 409},
		{zikr.CodeInvitationAnswered, "The invitation was answered the other way", 409},
		{zikr.CodeEmailTaken, "Another account has this email", 409},
		{zikr.CodePhoneTaken, "Another account has this phone", 409},
		{zikr.CodeBanned, "The user is banned from the group", 403},
		{zikr.CodeLimitReached, "There is as much of it as there may be", 409},
		{zikr.CodeMethodNotAllowed, "The path does not have this method; Allow says which it has", 405},
		{zikr.CodePayloadTooLarge, "The body is larger than the server takes, 100,000 bytes by default", 413},
		{zikr.CodeRateLimited, "Too much at once: retryAfterMs says when to try again", 429},
		{zikr.CodeInternal, "Something went wrong on the server; errorId names it in the log", 500},
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
