package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/zikr-app/zikr/internal/engineio"
)

// BenchmarkDeliveries sends events to 1,000 clients that read: one room of all, one message to all of their own rooms,
// and, for comparison, one message to each room apart. It measures one delivery.
func BenchmarkDeliveries(b *testing.B) {
	const clients = 1000
	message := NewMessage("new_notification", raw("%q", strings.Repeat("x", 250)))
	for _, bench := range []struct {
		name string
		send func(srv *Server, rooms []string)
	}{
		{"one room", func(srv *Server, _ []string) { srv.Broadcast(Target{Room: "all"}, message) }},
		{"all rooms", func(srv *Server, rooms []string) { srv.BroadcastAll(rooms, Target{}, message) }},
		{"each room", func(srv *Server, rooms []string) {
			for _, room := range rooms {
				srv.Broadcast(Target{Room: room}, message)
			}
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			srv, rooms := readers(b, clients)
			b.ReportAllocs()
			for b.Loop() {
				bench.send(srv, rooms)
				for sent := srv.Stats(); sent.Queued > 1<<20; sent = srv.Stats() {
					time.Sleep(time.Millisecond) // they cannot read so fast
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/clients, "ns/delivery")
		})
	}
}

// readers are clients that read all they are sent, each in a room of its own and in one of all.
func readers(b *testing.B, n int) (_ *Server, rooms []string) {
	b.Helper()
	srv := NewServer(Options{Recovery: time.Minute, Bounds: Bounds{Recovery: 64 << 20}, Engine: engineio.Options{
		QueueBytes: 8 << 20, Logger: slog.New(slog.DiscardHandler), Bounds: engineio.Bounds{Queued: 1 << 40},
	}})
	in := make(chan *Socket, n)
	srv.Of("/", joining{in})
	httpServer := httptest.NewServer(srv)
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		srv.engine.Sessions(func(s *engineio.Session) bool { s.Abort(); return true })
		_ = srv.Close(ctx)
		httpServer.Close()
	})
	for i := range n {
		conn, _, _, err := ws.Dial(b.Context(), strings.Replace(httpServer.URL, "http", "ws", 1)+"/?EIO=4&transport=websocket")
		if err != nil {
			b.Fatal(err)
		}
		if err := ws.WriteFrame(conn, ws.MaskFrame(ws.NewTextFrame([]byte("40")))); err != nil {
			b.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, conn) }() // until the server ends it
		room := fmt.Sprint("user:", i)
		s := <-in
		s.Join("all")
		s.Join(room)
		rooms = append(rooms, room)
	}
	return srv, rooms
}

// joining is a handler that hands on who has come.
type joining struct{ in chan<- *Socket }

func (joining) Connect(context.Context, *Handshake, json.RawMessage) (Identity, error) {
	return Identity{User: "u"}, nil
}
func (j joining) Connected(s *Socket, _ bool)      { j.in <- s }
func (joining) Event(*Socket, Event)               {}
func (joining) Disconnected(*Socket, Reason, bool) {}
