package load

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// HatmOptions say how Hatm is run.
type HatmOptions struct {
	Poras int  // to be booked and completed in all; 0 is 50,000
	Join  bool // join the groups first: then each booking and completion is told to all members too
}

// porasOfHatm is how many parts a group reads until its next hatm opens.
const porasOfHatm = 30

var (
	bookingConfirmed    = []byte(`["booking_confirmed"`)
	completionConfirmed = []byte(`["completion_confirmed"`)
)

// hatm has each connection book a pora that is free in its group, complete it, and book the next.
type hatm struct {
	joiner
	round    int
	booked   int
	read     int
	readings map[string]*reading // by group
	at       []time.Duration     // by connection: since when it waits for an answer
	latency  histogram           // of both
}

// reading is how far a group is with its hatm.
type reading struct {
	booked, read int
	waiting      []*client // for the next hatm
}

// Hatm books and completes poras as fast as that is confirmed. The groups must have no hatm begun.
func Hatm(ctx context.Context, o Options, how HatmOptions) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	how.Poras = cmp.Or(how.Poras, 50_000)
	if how.Poras < 1 {
		return nil, fmt.Errorf("%d poras: there must be one at least", how.Poras)
	}
	h := &hatm{joiner: joiner{stays: !how.Join}, readings: map[string]*reading{}}
	if h.fleet, err = launch(o, h); err != nil {
		return nil, err
	}
	defer h.fleet.network.end()
	if err := h.connect(ctx); err != nil {
		return nil, err
	}
	if err := h.readAll(ctx, o.Connections); err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	o.Progress(fmt.Sprintf("reading %d poras", how.Poras))
	cost, err := measure(o.PID, func() error { return h.readAll(ctx, how.Poras) })
	if err != nil {
		return nil, fmt.Errorf("after %d of %d poras: %w", h.read, how.Poras, err)
	}
	return h.report(cost), nil
}

// readAll has a number of poras read and returns when all are completed.
func (h *hatm) readAll(ctx context.Context, poras int) error {
	h.round, h.booked, h.read, h.latency = poras, 0, 0, histogram{}
	h.at = make([]time.Duration, len(h.fleet.clients))
	for _, r := range h.readings {
		r.waiting = nil // all are asked now
	}
	for _, c := range h.fleet.clients {
		h.book(c)
	}
	return h.fleet.run(ctx, func() bool { return h.read >= poras })
}

// reading is that of the connection's group.
func (h *hatm) reading(c *client) *reading {
	group := h.fleet.member(c).GroupID
	if h.readings[group] == nil {
		h.readings[group] = &reading{}
	}
	return h.readings[group]
}

// book books the next pora of the connection's group, when there is one.
func (h *hatm) book(c *client) {
	if h.booked >= h.round {
		return
	}
	r := h.reading(c)
	if r.booked == porasOfHatm {
		r.waiting = append(r.waiting, c)
		return
	}
	h.booked++
	r.booked++
	h.at[c.id] = h.fleet.clock()
	h.fleet.emit(c, 0, "book_pora", fmt.Sprintf(`{"poraId":"%d","groupId":%s}`, r.booked, quote(h.fleet.member(c).GroupID)))
}

func (h *hatm) event(c *client, args []byte) {
	switch {
	case bytes.HasPrefix(args, bookingConfirmed):
		h.latency.add(h.fleet.now - h.at[c.id])
		h.complete(c, args)
	case bytes.HasPrefix(args, completionConfirmed):
		h.latency.add(h.fleet.now - h.at[c.id])
		h.completed(c)
	default:
		h.joiner.event(c, args)
	}
}

// complete completes what was booked just now.
func (h *hatm) complete(c *client, args []byte) {
	var booking struct {
		BookingID string `json:"bookingId"`
	}
	if err := decodeEvent(args, &booking); err != nil || booking.BookingID == "" {
		h.fleet.fail(fmt.Errorf("%w: %s", errNoZikr, args))
		return
	}
	h.at[c.id] = h.fleet.clock()
	h.fleet.emit(c, 0, "complete_pora", fmt.Sprintf(`{"bookingId":%s}`, quote(booking.BookingID)))
}

func (h *hatm) completed(c *client) {
	h.read++
	r := h.reading(c)
	if r.read++; r.read == porasOfHatm {
		waiting := r.waiting
		*r = reading{}
		for _, other := range waiting {
			h.book(other)
		}
	}
	h.book(c)
}

// decodeEvent decodes the first argument of an event.
func decodeEvent(args []byte, into any) error {
	var name string
	return json.Unmarshal(args, &[]any{&name, into})
}

func (h *hatm) report(cost span) *Report {
	o := h.fleet.opt
	r := &Report{Scenario: "hatm"}
	done := 2 * h.read
	r.add("connections", "connections", float64(o.Connections), "")
	r.add("groups", "groups", float64(len(h.readings)), "")
	r.add("poras", "poras booked and completed", float64(h.read), "")
	r.add("seconds", "time", cost.took.Seconds(), "s")
	r.add("confirmed_per_s", "bookings and completions a second", float64(done)/cost.took.Seconds(), "")
	r.addCosts(cost, o.PID, "command", uint64(done))
	r.addLatencies(&h.latency)
	r.addNotes(cost, h.fleet.network)
	return r
}
