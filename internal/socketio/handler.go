package socketio

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Handshake is the HTTP request that a client came with.
type Handshake = engineio.Handshake

// Handler is what an application makes of a namespace. For one client its
// methods are called one after another; any of them may block, which holds up
// nothing but that client (others for some milliseconds, if Event does). A panic in one is logged and closes that client.
type Handler interface {
	// Connect decides whether a client may enter the namespace. auth is a JSON
	// object, the payload of its CONNECT packet, or nil. A *ConnectError is told
	// to the client, which may try again; any other error is logged, and the
	// client is told that it is one. ctx ends when the server closes.
	Connect(ctx context.Context, hs *Handshake, auth json.RawMessage) (Identity, error)

	// Connected is called when the client is in, before any Event: what is
	// emitted from here on comes after the CONNECT packet. recovered says that
	// the socket is the one it was before its connection was lost: same pointer,
	// id and rooms, and what it missed has been queued.
	Connected(s *Socket, recovered bool)

	// Event is called for each event.
	Event(s *Socket, ev Event)

	// Disconnected is called once for each Connected. mayReturn is whether the client may
	// come back as the same socket. The socket's rooms are what they were; it leaves them
	// afterwards, or when nobody comes back.
	Disconnected(s *Socket, reason Reason, mayReturn bool)
}

// Identity is who a client turned out to be.
type Identity struct {
	User string // a socket is recovered for the same user only
	Data any    // what Socket.Data is to be
}

// Event is an event that a client sent.
type Event struct {
	Name string // "" when NameOK is false
	// NameOK is false when the name is not a string: a number, an object...
	NameOK bool
	// Args are JSON values, and may be kept.
	Args []json.RawMessage
	// Attachments are what placeholders in Args point to.
	Attachments [][]byte
	// Ack answers the event, and is nil when no answer is asked for.
	Ack *Ack
}

// ConnectError refuses a CONNECT. Data is JSON, nil when there is none.
type ConnectError struct {
	Message string
	Data    json.RawMessage
}

// Error is the message that the client gets.
func (e *ConnectError) Error() string { return fmt.Sprintf("socketio: connect: %s", e.Message) }

// payload is the error as revision 5 has it: {"message":...,"data":...}.
func (e *ConnectError) payload() []byte {
	p := append([]byte(`{"message":`), quote(e.Message)...)
	if len(e.Data) > 0 {
		p = append(append(p, `,"data":`...), e.Data...)
	}
	return append(p, '}')
}

// payloadV4 is the error for clients 2.x: data's fields beside the message.
func (e *ConnectError) payloadV4() []byte {
	p := append([]byte(`{"message":`), quote(e.Message)...)
	if len(e.Data) > 2 && e.Data[0] == '{' {
		return append(append(p, ','), e.Data[1:]...)
	}
	return append(p, '}')
}

// Reason says why a client left a namespace.
type Reason uint8

// The reasons a client can leave for.
const (
	ClientDisconnect Reason = iota // it sent a DISCONNECT packet
	ServerDisconnect               // Socket.Disconnect
	ClientClose                    // it sent an Engine.IO close packet
	TransportClose                 // the connection was closed, or dropped
	TransportError                 // HTTP requests that overlap or broke off
	PingTimeout                    // it was not heard in time
	ParseError                     // it sent what the protocol does not allow
	SlowConsumer                   // it does not read: its queue is full
	Flood                          // it went on to send far more than it may
	Crowded                        // it would hold more than there is room for
	ServerClose                    // Socket.CloseTransport, or a panic in a handler
	Shutdown                       // the server is going away
	Replaced                       // it came back on another connection
)

// String is the reason in words, fit for a log or a metric's label.
func (r Reason) String() string {
	names := [...]string{
		"client disconnect", "server disconnect", "client close", "transport close", "transport error",
		"ping timeout", "parse error", "slow consumer", "flood", "crowded", "server close", "shutdown", "replaced",
	}
	if int(r) >= len(names) {
		return "unknown"
	}
	return names[r]
}

// Recoverable reports whether a client that can may come back as the same socket: if no
// DISCONNECT packet was sent by either side.
func (r Reason) Recoverable() bool { return r != ClientDisconnect && r != ServerDisconnect }

// Meant reports whether the client said that it leaves, so that there is no
// use in waiting for it.
func (r Reason) Meant() bool {
	return r == ClientDisconnect || r == ServerDisconnect || r == ClientClose
}

// reasonOf translates why a session ended. A session that did not settle has
// no socket to tell.
func reasonOf(r engineio.Reason) Reason {
	switch r {
	case engineio.ClientClose:
		return ClientClose
	case engineio.TransportError:
		return TransportError
	case engineio.PingTimeout:
		return PingTimeout
	case engineio.ParseError:
		return ParseError
	case engineio.SlowConsumer:
		return SlowConsumer
	case engineio.Flood:
		return Flood
	case engineio.Crowded:
		return Crowded
	case engineio.ServerClose:
		return ServerClose
	case engineio.Shutdown:
		return Shutdown
	default:
		return TransportClose
	}
}
