package rest

import (
	"net/http"

	"github.com/zikr-app/zikr"
)

// recorder remembers how a request was answered, and holds the bytes of a large answer
// against the budget until the client has taken them.
type recorder struct {
	http.ResponseWriter
	status int  // 0: nothing was written yet
	sent   bool // whether the head is on its way; until then the answer can become another

	answers HeldLimit // nil: not counted
	user    string    // whose answer it is
	held    int64     // bytes taken of answers
	turn    TurnLimit // taken, to be given back when the answer is made; nil: none
	keeps   bool      // an answer for which there is no room is not refused, but keeps its turn until it is written
}

// small is an answer in bytes that is not worth counting: what the connection costs is more.
const small = 4 << 10

// WriteHeader notes the status. It is sent with the first byte.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write sends what it is given. A large answer for which there is no room becomes a refusal.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n := int64(len(b))
	large := r.answers != nil && n > small
	took := large && r.answers.Take(r.user, n)
	if !large || took || !r.keeps {
		r.giveTurn() // it is made: what is slow from here on is the client
	}
	switch {
	case took:
		r.held += n
	case large && r.turn == nil: // it keeps none, or no longer
		return r.refuse(b)
	}
	r.send()
	return r.ResponseWriter.Write(b)
}

// refuse answers that there is no room, in the place of what there is none for.
func (r *recorder) refuse(b []byte) (int, error) {
	if r.sent {
		panic(http.ErrAbortHandler) // nobody is to take a part for the whole
	}
	r.answers = nil
	r.status = 0
	r.Header().Del("ETag")
	writeProblem(r, problemOf(zikr.RateLimited(soon, "The server has too many answers under way. Please try again in a moment.")))
	return len(b), nil
}

// send sends the head, if it was not sent yet.
func (r *recorder) send() {
	if r.sent || r.status == 0 {
		return
	}
	r.sent = true
	r.ResponseWriter.WriteHeader(r.status)
}

// giveTurn lets the next one make an answer.
func (r *recorder) giveTurn() {
	if r.turn != nil {
		r.turn.Give()
		r.turn = nil
	}
}

// done gives back what the answer held.
func (r *recorder) done() {
	r.giveTurn()
	if r.held > 0 {
		r.answers.Give(r.user, r.held)
		r.held = 0
	}
}

// Unwrap lets http.ResponseController find what the response can do.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
