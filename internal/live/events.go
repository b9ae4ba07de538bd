package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/zikr-app/zikr"
)

// maxEchoed is how much of an event's name comes back in an error, in characters (contract section 5).
const maxEchoed = 64

// events is the table of what clients send (contract section 2).
func (g *Gateway) events() map[string]handler {
	s := g.service
	return map[string]handler{
		"join_group":             inTurn(g.joinGroup),
		"leave_group":            quickIf(notJoined, g.leaveGroup),
		"book_pora":              inTurn(useCase(s.BookPora)),
		"complete_pora":          inTurn(useCase(s.CompletePora)),
		"release_pora":           inTurn(useCase(s.ReleasePora)),
		"reopen_pora":            inTurn(useCase(s.ReopenPora)),
		"remind_pora":            inTurn(useCase(s.RemindPora)),
		"update_zikr_count":      together(useCase(s.UpdateZikrCount)),
		"undo_zikr_count":        inTurn(useCase(s.UndoZikrCount)),
		"send_invitation":        inTurn(useCase(s.SendInvitation)),
		"respond_to_invitation":  inTurn(g.respondToInvitation),
		"get_notifications":      inTurn(g.getNotifications),
		"mark_notification_read": inTurn(g.readNotification),
	}
}

// action is what a client's event does, once its payload is decoded. What it
// returns is the confirmation; a *sent one was sent already.
type action[In any] func(ctx context.Context, c *Conn, in In) (zikr.Payload, error)

// useCase is the action that is nothing but a use case.
func useCase[In any, Out zikr.Payload](do func(ctx context.Context, userID string, in In) (Out, error)) action[In] {
	return func(ctx context.Context, c *Conn, in In) (zikr.Payload, error) {
		return do(ctx, c.session.userID, in)
	}
}

// run is an action with its payload.
type run func(ctx context.Context, c *Conn) (zikr.Payload, error)

// handler is what is to be done with an event of one name.
type handler struct {
	together bool // with its like
	bind     func(c *Conn, args []json.RawMessage) (do run, quick bool, err error)
}

// inTurn makes a handler of events that run when all earlier ones of the
// connection are done.
func inTurn[In any](do action[In]) handler {
	return quickIf(func(*Conn, In) bool { return false }, do)
}

// quickIf is inTurn, for events that do not wait if quick holds: those need no goroutine.
func quickIf[In any](quick func(c *Conn, in In) bool, do action[In]) handler {
	decode := newDecoder[In]()
	return handler{bind: func(c *Conn, args []json.RawMessage) (run, bool, error) {
		in, err := decode(args)
		if err != nil {
			return nil, false, err
		}
		return func(ctx context.Context, c *Conn) (zikr.Payload, error) { return do(ctx, c, in) }, quick(c, in), nil
	}}
}

// together makes a handler of events whose order among themselves does not
// matter: several of a connection share a commit. They are still answered in turn.
func together[In any](do action[In]) handler {
	h := inTurn(do)
	h.together = true
	return h
}

// Event takes one event that the client sent. name is its name, or the JSON of it if that is not
// a string: then nameOK is false. ack is nil if the client asked for no acknowledgement; it may be
// called from any goroutine, once. Event keeps nothing of args. It waits while too many of the
// client's events are under way, and says so (Socket.Waits).
func (c *Conn) Event(name string, nameOK bool, args []json.RawMessage, ack func(json.RawMessage)) {
	c.awaitRoom()
	k := &call{event: "unknown", echo: cut(name, maxEchoed), ack: ack, came: c.g.now()}
	if !c.g.calls.begin() {
		return // draining: the client sends it again when it has reconnected
	}
	k.refusal = c.g.prepare(c, k, name, nameOK, args)
	if k.flooding && !c.mayFlood(k.came) {
		c.g.calls.end()
		return
	}
	if c.g.tracer != nil {
		k.ctx, k.span = c.g.tracer.Start(context.Background(), "event "+k.event)
	}
	c.submit(k)
}

// prepare checks an event as far as that needs no use case, in the order of contract section 2.
func (g *Gateway) prepare(c *Conn, k *call, name string, nameOK bool, args []json.RawMessage) (err error) {
	h, known := g.handlers[name]
	known = known && nameOK
	if known {
		k.event, k.handler = name, h
	}
	if g.limiter != nil {
		if wait, ok := g.limiter.Allow(c.session.userID, k.came); !ok {
			k.flooding = true
			return zikr.RateLimited(wait, "That was too many events at once. Please try again in a moment.")
		}
	}
	if !known {
		return zikr.Errorf(zikr.CodeUnknownEvent, "There is no event %q.", k.echo)
	}
	k.run, k.quick, err = h.bind(c, args)
	return err
}

// perform runs the event within its deadline, which one that does not wait needs not.
// A panic is an error like any other.
func (c *Conn) perform(k *call) (p zikr.Payload, err error) {
	ctx := k.context()
	if !k.quick {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.startOf(k).Add(c.g.deadline))
		defer cancel()
	}
	defer func() {
		if cause := recover(); cause != nil {
			p, err = nil, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	if ctx.Err() != nil {
		return nil, tooLate()
	}
	if p, err = k.run(ctx, c); errors.Is(err, context.DeadlineExceeded) {
		return nil, tooLate() // to read what it needs, or to enter a channel
	}
	return p, err
}

// context is what the call's use case runs in, but for its deadline.
func (k *call) context() context.Context {
	if k.ctx != nil {
		return k.ctx
	}
	return context.Background()
}

// ended tells of the answer, "" for a success.
func (g *Gateway) ended(k *call, code zikr.Code) {
	g.answered(k.event, code, g.now().Sub(k.came))
	if k.span != nil {
		k.span.End(string(code))
	}
}

// tooLate is the answer to an event that met its deadline.
func tooLate() error {
	return zikr.RateLimited(time.Second, "The server is busy. Please try again in a moment.")
}

// answer sends the confirmation or the error, and then the ack.
func (c *Conn) answer(k *call, p zikr.Payload, err error) {
	if errors.Is(err, errGone) {
		if k.span != nil {
			k.span.End(err.Error())
		}
		return // nobody is there to be answered
	}
	if err != nil {
		c.refuse(k, err)
		return
	}
	var m Message
	if s, ok := p.(*sent); ok {
		m = s.Message
	} else {
		m = c.g.message(p)
		c.socket.Emit(m)
	}
	if k.ack != nil {
		k.ack(success(m.Data))
	}
	c.g.ended(k, "")
}

// success is the ack of an event that was done (contract section 5).
func success(data json.RawMessage) json.RawMessage {
	const before, after = `{"ok":true,"data":`, `}`
	ack := make([]byte, 0, len(before)+len(data)+len(after))
	return append(append(append(ack, before...), data...), after...)
}

// refuse sends the error event, and then the ack.
func (c *Conn) refuse(k *call, err error) {
	e := c.g.service.Explain(k.context(), k.event, err)
	retry := int64(0)
	if e.RetryAfter > 0 {
		retry = max(e.RetryAfter.Milliseconds(), 1)
	}
	c.emit(zikr.ErrorEvent{
		Message: e.Message, Error: e.Code, Event: k.echo,
		RetryAfterMs: retry, ErrorID: e.ID, Timestamp: zikr.At(c.g.now()),
	})
	if k.ack != nil {
		data, err := json.Marshal(zikr.Refusal{Error: zikr.RefusalCause{Code: e.Code, Message: e.Message, RetryAfterMs: retry, ErrorID: e.ID}})
		if err != nil {
			c.g.log.Error("cannot encode an ack", "event", k.event, "err", err)
			return
		}
		k.ack(data)
	}
	c.g.ended(k, e.Code)
}

// sent is a confirmation that the action sent itself, because it had to be sent
// at one exact moment.
type sent struct{ Message }

// EventName is the name of what was sent.
func (s *sent) EventName() string { return s.Event }

// cut shortens s to n characters.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

var errGone = errors.New("the connection has ended")
