package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/zikr-app/zikr/internal/live"
	"github.com/zikr-app/zikr/internal/socketio"
)

// This file joins the gateway, which knows no protocol, and the Socket.IO
// server, which knows no zikr.

// namespaces are those that the gateway serves, both in the same way (contract section 1).
func namespaces() []string { return []string{"/zikr-app", "/"} }

// handler serves the clients of a namespace. Socket.Data is their *live.Admission
// while they connect, and their *live.Conn from then on.
type handler struct{ gateway *live.Gateway }

var _ socketio.Handler = handler{}

// Connect asks the gateway who the client is.
func (h handler) Connect(ctx context.Context, hs *socketio.Handshake, auth json.RawMessage) (socketio.Identity, error) {
	admission, refusal := h.gateway.Admit(ctx, auth, live.Handshake{Authorization: hs.Header("Authorization"), Token: hs.Query("token")})
	if refusal != nil {
		data, err := json.Marshal(refusal.Data)
		if err != nil {
			return socketio.Identity{}, fmt.Errorf("encode refusal: %w", err)
		}
		return socketio.Identity{}, &socketio.ConnectError{Message: refusal.Message, Data: data}
	}
	if !admission.NeedsHandshake() {
		hs.Forget() // a token that is there in memory for nothing
	}
	return socketio.Identity{User: admission.UserID(), Data: admission}, nil
}

// Connected begins to serve the client.
func (h handler) Connected(s *socketio.Socket, recovered bool) {
	s.SetData(h.gateway.Connected(s.Data().(*live.Admission), socket{s}, recovered))
}

// Event hands on what the client sent.
func (h handler) Event(s *socketio.Socket, ev socketio.Event) {
	var ack func(json.RawMessage)
	if ev.Ack != nil {
		answer := ev.Ack // alone: ev need not be kept
		ack = func(data json.RawMessage) { answer.Send(data) }
	}
	s.Data().(*live.Conn).Event(ev.Name, ev.NameOK, ev.Args, ack)
}

// Disconnected ends serving the client.
func (h handler) Disconnected(s *socketio.Socket, reason socketio.Reason, mayReturn bool) {
	s.Data().(*live.Conn).Disconnected(reason.Meant(), mayReturn)
}

// socket is a live.Socket.
type socket struct{ *socketio.Socket }

var _ live.Socket = socket{}

// Emit sends messages, one after another.
func (s socket) Emit(messages ...live.Message) {
	if len(messages) == 1 { // as most are: it needs no list
		s.Socket.Emit(messages[0].Event, messages[0].Data)
		return
	}
	s.EmitAll(translate(messages)...)
}

// Join puts the connection into a room; one that is gone joins nothing.
func (s socket) Join(room string) { s.Socket.Join(room) }

// EmitWait sends messages as fast as the client reads.
func (s socket) EmitWait(ctx context.Context, messages ...live.Message) error {
	return s.Socket.EmitWait(ctx, translate(messages)...)
}

// Disconnect sends a DISCONNECT packet; the transport stays for other namespaces.
func (s socket) Disconnect() { s.Socket.Disconnect(false) }

// broadcaster is a live.Broadcaster.
type broadcaster struct{ server *socketio.Server }

var _ live.Broadcaster = broadcaster{}

// Broadcast sends messages to a room in every namespace.
func (b broadcaster) Broadcast(room, except string, written func(connections int), messages ...live.Message) {
	b.server.BroadcastThen(socketio.Target{Room: room, Except: except}, written, translate(messages)...)
}

// BroadcastAll sends a message to rooms in every namespace.
func (b broadcaster) BroadcastAll(rooms []string, except string, message live.Message) {
	b.server.BroadcastAll(rooms, socketio.Target{Except: except}, socketio.NewMessage(message.Event, message.Data))
}

// accessLog writes a line for each connection that has ended, if that is wanted. A token is in none of this.
func (s *server) accessLog() func(socketio.Ending) {
	if s.cfg.AccessLog != on {
		return nil
	}
	return func(e socketio.Ending) {
		s.log.Info("connection ended", "from", e.Address, "user", e.User, "transport", e.Transport, "took", e.Usage.Took.String(),
			"received", e.Usage.Received, "sent", e.Usage.Sent, "reason", e.Reason.String())
	}
}

func translate(messages []live.Message) []socketio.Message {
	out := make([]socketio.Message, len(messages))
	for i, m := range messages {
		out[i] = socketio.NewMessage(m.Event, m.Data)
	}
	return out
}
