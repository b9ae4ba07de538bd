// Command conformance serves what the public conformance suites of Engine.IO
// and Socket.IO expect of a server, on 127.0.0.1:3000 or the address given:
//
//	/engine.io/  echoes text and binary
//	/socket.io/  the namespaces / and /custom: "auth" with the CONNECT payload,
//	             "message" is answered with "message-back", "message-with-ack"
//	             is acknowledged with its arguments
//
// https://github.com/socketio/engine.io-protocol, folder test-suite, and
// https://github.com/socketio/socket.io-protocol, the same.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
	"github.com/zikr-app/zikr/internal/socketio"
)

func main() {
	addr := "127.0.0.1:3000"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	if err := run(addr); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	opt := engineio.Options{
		PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond,
		MaxPayload: 1_000_000, AllowV3: true, Origins: []string{"*"},
	}
	engine := engineio.NewServer(opt, func(s *engineio.Session) engineio.Receiver { return echo{s} })
	opt.ConnectTimeout = time.Second
	sio := socketio.NewServer(socketio.Options{Engine: opt, MaxAttachments: 10})
	sio.Of("/", handler{})
	sio.Of("/custom", handler{})

	mux := http.NewServeMux()
	mux.Handle("/engine.io/", engine)
	mux.Handle("/socket.io/", sio)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	_ = sio.Close(context.Background()) // cannot fail: without a deadline
	return engine.Close(context.Background())
}

// echo sends back what an Engine.IO client sends.
type echo struct{ s *engineio.Session }

func (echo) Open()                 {}
func (echo) Received(uint32)       {}
func (echo) Close(engineio.Reason) {}

func (e echo) Message(data []byte, binary bool) error {
	if binary {
		e.s.Send(engineio.BinaryMessage(e.s.Version(), e.s.Base64(), data))
	} else {
		e.s.Send(engineio.TextMessage(data))
	}
	return nil
}

// handler serves both namespaces.
type handler struct{}

func (handler) Connect(_ context.Context, _ *socketio.Handshake, auth json.RawMessage) (socketio.Identity, error) {
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	return socketio.Identity{Data: auth}, nil
}

func (handler) Connected(s *socketio.Socket, _ bool) { s.Emit("auth", s.Data().(json.RawMessage)) }

func (handler) Event(s *socketio.Socket, ev socketio.Event) {
	switch {
	case ev.Name == "message":
		s.EmitAll(socketio.Message{Event: "message-back", Args: ev.Args, Attachments: ev.Attachments})
	case ev.Name == "message-with-ack" && ev.Ack != nil:
		ev.Ack.SendBinary(ev.Attachments, ev.Args...)
	}
}

func (handler) Disconnected(*socketio.Socket, socketio.Reason, bool) {}
