package bus

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

// What travels through Redis, so that nodes of two releases understand each other
// while one replaces the other:
//
//	version  1 byte: wireVersion
//	origin   8 bytes: the process that published
//	number   uvarint: of its messages, growing; the same when it is sent again
//	kind     1 byte: kindEvents or kindSignal
//	body
//
// The group is that of the channel. Texts are an uvarint length and bytes. Releases may add to the end of a
// body: readers stop where their knowledge ends. Anything else needs a new version; a reader that
// does not know the version, or the kind, takes it as a message that was lost, and reads the log.
const (
	wireVersion = 1
	kindEvents  = 'e' // count, then each: seq, at (varint, Unix ms), name, user, data; then when all were committed (varint, Unix µs; 0 for unknown), traces (count, 0 or that of the events, then each: 0 bytes, or trace id and span id)
	kindSignal  = 's' // users (count, then each), except, name, data, expire (1 byte), token version (varint), kept token, kept session, foreign after (varint, Unix ms; 0 for none), sessions (count, then each)
)

// errNotUnderstood is of a message that this release cannot read.
var errNotUnderstood = errors.New("a message of another release, or no message at all")

// message is one publication: events of a group, or a signal.
type message struct {
	origin uint64
	number uint64
	events []zikr.Event
	// committed is when all events were; zero: not known.
	committed time.Time
	signal    *zikr.Signal // nil: events
}

// encode writes a message.
func (m *message) encode() []byte {
	b := make([]byte, 0, 64+m.size())
	b = append(b, wireVersion)
	b = binary.BigEndian.AppendUint64(b, m.origin)
	b = binary.AppendUvarint(b, m.number)
	if m.signal != nil {
		return appendSignal(append(b, kindSignal), m.signal)
	}
	return appendWay(appendEvents(append(b, kindEvents), m.events), m.events, m.committed)
}

// size is about how many bytes the message has in memory and on the wire.
func (m *message) size() int {
	n := 0
	for i := range m.events {
		e := &m.events[i]
		n += len(e.Data) + len(e.Name) + len(e.UserID) + 16
		if e.Trace != nil {
			n += traceBytes + 1
		}
	}
	if s := m.signal; s != nil {
		n += len(s.Data) + len(s.Name) + len(s.ExceptID) + len(s.KeepTokenID) + len(s.KeepSessionID) + 40
		for _, id := range s.UserIDs {
			n += len(id) + 2
		}
		for _, id := range s.SessionIDs {
			n += len(id) + 2
		}
	}
	return n
}

func appendEvents(b []byte, events []zikr.Event) []byte {
	b = binary.AppendUvarint(b, uint64(len(events)))
	for i := range events {
		e := &events[i]
		b = binary.AppendUvarint(b, uint64(e.Seq))
		b = binary.AppendVarint(b, e.At.UnixMilli())
		b = appendText(b, e.Name)
		b = appendText(b, e.UserID)
		b = appendText(b, e.Data)
	}
	return b
}

// traceBytes is what a trace takes on the wire.
const traceBytes = 16 + 8

// appendWay writes what is told of events on their way. All of a message were committed together.
func appendWay(b []byte, events []zikr.Event, committed time.Time) []byte {
	at := int64(0)
	if !committed.IsZero() {
		at = committed.UnixMicro()
	}
	b = binary.AppendVarint(b, at)
	if !slices.ContainsFunc(events, func(e zikr.Event) bool { return e.Trace != nil }) {
		return binary.AppendUvarint(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(events)))
	for i := range events {
		var one []byte
		if t := events[i].Trace; t != nil {
			one = append(append(make([]byte, 0, traceBytes), t.TraceID[:]...), t.SpanID[:]...)
		}
		b = appendText(b, one)
	}
	return b
}

func appendSignal(b []byte, s *zikr.Signal) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.UserIDs)))
	for _, id := range s.UserIDs {
		b = appendText(b, id)
	}
	b = appendText(b, s.ExceptID)
	b = appendText(b, s.Name)
	b = appendText(b, s.Data)
	expire := byte(0)
	if s.Expire {
		expire = 1
	}
	b = append(b, expire)
	b = binary.AppendVarint(b, s.TokenVersion)
	b = appendText(b, s.KeepTokenID)
	b = appendText(b, s.KeepSessionID)
	after := int64(0)
	if !s.ForeignAfter.IsZero() {
		after = s.ForeignAfter.UnixMilli()
	}
	b = binary.AppendVarint(b, after)
	b = binary.AppendUvarint(b, uint64(len(s.SessionIDs)))
	for _, id := range s.SessionIDs {
		b = appendText(b, id)
	}
	return b
}

func appendText[T ~string | ~[]byte](b []byte, text T) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}

// decode reads a message of a group's channel, or with groupID "" of the users'.
// Its error is errNotUnderstood.
func decode(groupID, text string) (message, error) {
	r := reader{text: text, data: []byte(text)}
	if r.byte() != wireVersion {
		return message{}, errNotUnderstood
	}
	m := message{origin: r.uint64(), number: r.uvarint()}
	switch r.byte() {
	case kindEvents:
		if m.events = r.events(groupID); len(m.events) > 0 {
			m.committed = m.events[0].Committed
		}
	case kindSignal:
		m.signal = r.signal(groupID)
	default:
		r.bad = true
	}
	if r.bad {
		return message{}, errNotUnderstood
	}
	return m, nil
}

// reader takes a message apart. What is read from one that ends too early is
// zero, and bad is set.
type reader struct {
	text string
	data []byte // the same; payloads are parts of it
	at   int
	bad  bool
}

func (r *reader) events(groupID string) []zikr.Event {
	const smallest = 5 // bytes of an event
	n := r.uvarint()
	if n == 0 || n > uint64(len(r.text)-r.at)/smallest {
		r.bad = true
		return nil
	}
	events := make([]zikr.Event, n)
	for i := range events {
		events[i] = zikr.Event{
			GroupID: groupID, Seq: int64(r.uvarint()), At: time.UnixMilli(r.varint()).UTC(),
			Name: r.string(), UserID: r.string(), Data: r.bytes(),
		}
	}
	if r.at < len(r.text) {
		r.way(events)
	}
	return events
}

// way reads what is told of events on their way, which a release before does not write.
func (r *reader) way(events []zikr.Event) {
	if committed := r.varint(); committed != 0 {
		at := time.UnixMicro(committed).UTC()
		for i := range events {
			events[i].Committed = at
		}
	}
	traces := r.uvarint()
	if traces != 0 && traces != uint64(len(events)) {
		r.bad = true
		return
	}
	for i := range traces {
		if b := r.bytes(); len(b) == traceBytes {
			events[i].Trace = &zikr.Trace{TraceID: [16]byte(b), SpanID: [8]byte(b[16:])}
		}
	}
}

func (r *reader) signal(groupID string) *zikr.Signal {
	s := &zikr.Signal{GroupID: groupID, UserIDs: r.strings()}
	s.ExceptID, s.Name, s.Data = r.string(), r.string(), r.bytes()
	s.Expire = r.byte() == 1
	s.TokenVersion, s.KeepTokenID = r.varint(), r.string()
	if r.at == len(r.text) {
		return s
	}
	s.KeepSessionID = r.string()
	if after := r.varint(); after != 0 {
		s.ForeignAfter = time.UnixMilli(after).UTC()
	}
	s.SessionIDs = r.strings()
	return s
}

// strings reads a count and as many texts.
func (r *reader) strings() []string {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.text)-r.at) {
		r.bad = true
		return nil
	}
	var all []string
	for range n {
		all = append(all, r.string())
	}
	return all
}

// take returns where the next n bytes are.
func (r *reader) take(n uint64) (from, to int) {
	if r.bad || n > uint64(len(r.text)-r.at) {
		r.bad = true
		return 0, 0
	}
	from = r.at
	r.at += int(n)
	return from, r.at
}

func (r *reader) byte() byte {
	from, to := r.take(1)
	if from == to {
		return 0
	}
	return r.text[from]
}

func (r *reader) uint64() uint64 {
	from, to := r.take(8)
	if from == to {
		return 0
	}
	return binary.BigEndian.Uint64(r.data[from:to])
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data[r.at:])
	r.skip(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.data[r.at:])
	r.skip(n)
	return v
}

// skip goes on behind a number of n bytes; 0 or less: there was none.
func (r *reader) skip(n int) {
	if n <= 0 {
		r.bad = true
		return
	}
	r.at += n
}

func (r *reader) string() string {
	from, to := r.take(r.uvarint())
	return r.text[from:to]
}

// bytes is nil where nothing was written.
func (r *reader) bytes() []byte {
	from, to := r.take(r.uvarint())
	if from == to {
		return nil
	}
	return r.data[from:to:to]
}
