package socketio

import (
	"encoding/json"
	"strconv"
	"sync/atomic"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Message is an event that is sent to clients. Args are JSON, and are neither
// checked nor changed. Attachments are what placeholders in Args point to.
type Message struct {
	Event       string
	Args        []json.RawMessage
	Attachments [][]byte
}

// NewMessage is an event with these arguments.
func NewMessage(event string, args ...json.RawMessage) Message {
	return Message{Event: event, Args: args}
}

// size is about how many bytes the message takes.
func (m *Message) size() int {
	n := 48 + len(m.Event)
	for _, arg := range m.Args {
		n += len(arg)
	}
	for _, one := range m.Attachments {
		n += len(one)
	}
	return n
}

// The encodings of attachments that clients need.
const (
	asOctets  = iota // revision 4 of Engine.IO
	asOctets3        // revision 3
	asBase64         // revision 3 with b64=1
	encodings        // how many there are
)

// batch is messages that are sent together, and their frames once they were
// needed: made once for each kind of recipient and shared by all of that kind, in
// all rooms that it is broadcast to.
type batch struct {
	messages []Message
	first    uint64 // the position of the first message, the others follow; 0: none
	size     int    // about the bytes of one kind's frames
	binary   bool
	made     []atomic.Pointer[[]engineio.Frame] // by kind of recipient
	rooms    int                                // how many it is broadcast to
}

// newBatch makes a batch that goes to so many rooms. Its messages have no positions yet.
func (srv *Server) newBatch(messages []Message, rooms int) *batch {
	b := &batch{messages: messages, rooms: rooms}
	for _, m := range messages {
		b.binary = b.binary || len(m.Attachments) > 0
		b.size += m.size()
	}
	kinds := 2 * len(srv.namespaces)
	if b.binary {
		kinds *= encodings
	}
	b.made = make([]atomic.Pointer[[]engineio.Frame], kinds)
	return b
}

// weight is about how many bytes a room needs to keep it, of what all its rooms need.
func (b *batch) weight() int64 {
	all := b.size
	for i := range b.made {
		if b.made[i].Load() != nil {
			all += b.size
		}
	}
	return int64(all/b.rooms) + entryCost
}

// last is the position of the last message.
func (b *batch) last() uint64 { return b.first + uint64(len(b.messages)) - 1 }

// recipient is what the bytes for a socket depend on.
type recipient struct {
	ns       *namespace
	offset   bool // it may recover, so every event tells its position
	encoding int
}

// frames are the batch's bytes for such a recipient.
func (b *batch) frames(to recipient) []engineio.Frame {
	kind := to.ns.index
	if b.binary {
		kind = kind*encodings + to.encoding
	} else {
		to.encoding = asOctets
	}
	kind *= 2
	if to.offset {
		kind++
	}
	made := b.made[kind].Load()
	if made == nil {
		frames := b.encode(to)
		made = &frames // two rooms may make the same ones at once: either is good
		b.made[kind].Store(made)
	}
	return *made
}

func (b *batch) encode(to recipient) []engineio.Frame {
	frames := make([]engineio.Frame, 0, len(b.messages))
	for i := range b.messages {
		frames = to.encode(frames, &b.messages[i], b.first+uint64(i))
	}
	return frames
}

// encode appends the frames of the message with a position.
func (to recipient) encode(frames []engineio.Frame, m *Message, position uint64) []engineio.Frame {
	var room [1024]byte // on the stack: most packets fit
	if !to.offset {
		position = 0
	}
	body := appendEvent(room[:0], to.ns.name, m, position)
	return appendAttachments(append(frames, engineio.TextMessage(body)), to.encoding, m.Attachments)
}

// appendEvent appends an EVENT packet. A position other than 0 becomes the
// last argument, from which a client can recover.
func appendEvent(dst []byte, namespace string, m *Message, position uint64) []byte {
	kind := typeEvent
	if len(m.Attachments) > 0 {
		kind = typeBinaryEvent
	}
	dst = appendHead(dst, kind, len(m.Attachments), namespace, -1)
	dst = appendQuoted(append(dst, '['), m.Event)
	for _, arg := range m.Args {
		dst = append(append(dst, ','), arg...)
	}
	if position != 0 {
		dst = append(appendOffset(append(dst, ',', '"'), position), '"')
	}
	return append(dst, ']')
}

func appendAttachments(frames []engineio.Frame, encoding int, data [][]byte) []engineio.Frame {
	v := engineio.V4
	if encoding != asOctets {
		v = engineio.V3
	}
	for _, one := range data {
		frames = append(frames, engineio.BinaryMessage(v, encoding == asBase64, one))
	}
	return frames
}

// appendOffset appends a position as clients are told it.
func appendOffset(dst []byte, position uint64) []byte { return strconv.AppendUint(dst, position, 36) }

// parseOffset is the opposite; 0 is none.
func parseOffset(s string) uint64 {
	position, err := strconv.ParseUint(s, 36, 64)
	if err != nil {
		return 0
	}
	return position
}
