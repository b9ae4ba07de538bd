package zikr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"time"
)

// defaultGrace is how long a phone that changes networks counts as online (contract section 2).
const defaultGrace = 5 * time.Second

// Service is the use cases. Its methods are safe for concurrent use; their
// errors are *Error where a client may see them, and an outage otherwise: see Explain.
type Service struct {
	store        Store
	bus          Bus
	presence     Presence
	tokens       Tokens
	passwords    Passwords
	devices      Devices
	provision    bool
	registration Registrations
	guests       bool
	publicURL    string
	// foreignOpens lets tokens of another issuer open accounts that have a password here.
	foreignOpens bool
	newID        func() string
	now          func() time.Time
	log          *slog.Logger
	bounds       Bounds
	tellMet      func(bound string)
	tracer       Tracer // nil: nothing is followed

	zones   zones
	turns   turns
	graces  graces
	notices announcer
	booked  bookingGroups
	seen    sightings
	stored  ledger
}

// New makes a Service. Close ends what it does in the background.
func New(cfg Config) *Service {
	s := &Service{
		store: cfg.Store, bus: cfg.Bus, presence: cfg.Presence,
		tokens: cfg.Tokens, passwords: cfg.Passwords, devices: cfg.Devices, foreignOpens: cfg.ForeignOpens, provision: cfg.Provision,
		registration: cfg.Registration, guests: cfg.Guests, publicURL: cfg.PublicURL,
		newID: cfg.NewID, now: cfg.Now, log: cfg.Log, bounds: cfg.Bounds, tellMet: cfg.Met, tracer: cfg.Tracer,
	}
	if s.registration == "" {
		s.registration = RegistrationOpen
	}
	if s.bounds == (Bounds{}) {
		s.bounds = DefaultBounds()
	}
	if s.tellMet == nil {
		s.tellMet = func(string) {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.turns.seed = maphash.MakeSeed()
	s.graces = graces{after: cfg.Grace, leave: s.Leave, log: s.log}
	if s.graces.after == 0 {
		s.graces.after = defaultGrace
	}
	s.notices = announcer{tell: s.tellMembers, log: s.log}
	s.seen = sightings{note: s.noteSeen, log: s.log}
	return s
}

// Close stops what runs in the background and waits for it.
func (s *Service) Close() {
	s.graces.close()
	s.notices.close()
	s.seen.close()
}

// Explain makes what a client may see of err: an *Error as it is, anything else
// as CodeInternal with an id under which the cause is logged here.
func (s *Service) Explain(ctx context.Context, op string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	e = Errorf(CodeInternal, "Something went wrong on the server. Please try again; if it happens again, report this number: ")
	e.ID = s.newID()
	e.Message += e.ID
	s.log.ErrorContext(ctx, "internal error", "op", op, "errorId", e.ID, "err", err)
	return e
}

// command is one run of a use case in its transaction, with what is to be
// announced after the commit beside the event log.
type command struct {
	Tx
	at      time.Time
	signals []Signal
	notices []Notice
	stored  int64 // bytes, about
	zones   *zones
	trace   *Trace // what its events are done for; nil unless that is followed
}

// update runs fn as one command and announces what it collected.
func (s *Service) update(ctx context.Context, key Key, fn func(*command) error) (err error) {
	var c *command
	var trace *Trace
	if s.tracer != nil {
		var span Span
		ctx, span = s.tracer.Start(ctx, "command", slog.String("zikr.key", key.Noun))
		trace = s.tracer.Of(ctx)
		defer func() { span.End(failureOf(err)) }()
	}
	err = s.store.Update(ctx, key, func(tx Tx) error {
		c = &command{Tx: tx, at: At(s.now()).Time, zones: &s.zones, trace: trace} // anew for each run
		return fn(c)
	})
	if err != nil {
		return s.met(err)
	}
	for _, sig := range c.signals {
		s.bus.Signal(sig)
	}
	for _, n := range c.notices {
		s.notices.add(n)
	}
	return nil
}

// failureOf is how a span tells of an error: by its code, since sentences may name people.
func failureOf(err error) string {
	var known *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return string(known.Code)
	default:
		return string(CodeInternal)
	}
}

// view runs fn on one state of the store and returns what it makes.
func view[T any](ctx context.Context, s *Service, fn func(Reader) (T, error)) (T, error) {
	var out T
	err := s.store.View(ctx, func(r Reader) (err error) {
		out, err = fn(r)
		return err
	})
	return out, err
}

// log appends e to the group's event log under the group's next seq. The caller
// updates the group's row.
func (c *command) log(g *Group, e GroupEvent) error {
	g.Seq++
	g.hideActor(e)
	e.stamp(g.Seq, c.at)
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.EventName(), err)
	}
	subject, err := c.subject(e)
	if err != nil {
		return err
	}
	c.stored += int64(len(data)) + rowBytes
	return c.AppendEvent(Event{GroupID: g.ID, Seq: g.Seq, Name: e.EventName(), Data: data, UserID: subject, At: c.at, Trace: c.trace})
}

// subject is whose name has to go out of an event when the account goes: nobody's, if it is gone already.
func (c *command) subject(e GroupEvent) (string, error) {
	id := e.Subject()
	if id == "" {
		return "", nil
	}
	u, err := c.User(id)
	if err != nil {
		return "", fmt.Errorf("find whom %s names: %w", e.EventName(), err)
	}
	if u.Deleted {
		return "", nil
	}
	return id, nil
}

// tell sends p to users after the commit.
func (c *command) tell(p Payload, userIDs ...string) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode %s: %w", p.EventName(), err)
	}
	c.signals = append(c.signals, Signal{UserIDs: userIDs, Name: p.EventName(), Data: data})
	return nil
}

// List is one page of a list.
type List[T any] struct {
	Items  []T     `json:"items"`
	Cursor *string `json:"cursor" doc:"asks for the next page; null on the last"`
}

// Limits of a page (contract section 6).
const (
	defaultPage = 50
	maxPage     = 200
)

// orDefault gives a page without a limit the default one and keeps it within bounds.
func (p Page) orDefault() Page {
	if p.Limit <= 0 {
		p.Limit = defaultPage
	}
	p.Limit = min(p.Limit, maxPage)
	return p
}

// listOf reads one page with read, which is asked for one item more, to know
// whether there is a next page. id is what a cursor is made of.
func listOf[T any](page Page, id func(T) string, read func(Page) ([]T, error)) (*List[T], error) {
	page = page.orDefault()
	items, err := read(Page{Cursor: page.Cursor, Limit: page.Limit + 1})
	if err != nil {
		return nil, err
	}
	list := &List[T]{Items: append([]T{}, items...)}
	if len(items) > page.Limit {
		list.Items = list.Items[:page.Limit]
		cursor := id(list.Items[page.Limit-1])
		list.Cursor = &cursor
	}
	return list, nil
}
