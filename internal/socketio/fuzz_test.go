package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/zikr-app/zikr/internal/engineio"
)

// FuzzConnection sends a connection arbitrary messages, text and binary, one a
// line: it is answered or closed, and another connection is not disturbed.
func FuzzConnection(f *testing.F) {
	for _, lines := range []string{
		"40\n42[\"a\"]\n421[\"echo\",{\"b\":1}]\n41",
		"40/app,{\"token\":\"x\"}\n42/app,12[\"echo\",[],null]\n43/app,1[]",
		"40\n452-[\"echo\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\n\x00abc\n\x00def",
		"40\n451-7[\"echo\",{\"_placeholder\":true,\"num\":9}]\n\x00abc",
		"40\n40\n2\n3\n1", "44{}\n5\n6", "4\n4", "40{\"pid\":\"x\",\"offset\":\"1\"}",
	} {
		f.Add([]byte(lines))
	}
	srv := NewServer(Options{MaxAttachments: 3, Recovery: time.Minute, Engine: engineio.Options{
		Logger: slog.New(slog.DiscardHandler), MaxPayload: 10_000,
	}})
	srv.Of("/", fuzzHandler{})
	srv.Of("/app", fuzzHandler{})
	httpServer := httptest.NewServer(srv)
	url := "ws" + httpServer.URL[len("http"):] + "/?EIO=4&transport=websocket"
	f.Cleanup(func() {
		srv.engine.Sessions(func(s *engineio.Session) bool { s.Abort(); return true })
		_ = srv.Close(context.Background()) // cannot fail without a deadline
		httpServer.Close()
	})
	f.Fuzz(func(t *testing.T, lines []byte) {
		conn, _, _, err := ws.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		var stream []byte
		for line := range bytes.SplitSeq(lines, []byte{'\n'}) {
			frame := ws.NewTextFrame(line)
			if len(line) > 0 && line[0] == 0 {
				frame = ws.NewBinaryFrame(line[1:])
			}
			stream = append(stream, ws.MustCompileFrame(ws.MaskFrame(frame))...)
		}
		// Whatever came of it, the connection ends when its client says so.
		stream = append(stream, ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(nil)))...)
		if _, err := conn.Write(stream); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil && !bytes.Contains([]byte(err.Error()), []byte("reset")) {
			t.Fatalf("the connection did not end: %v", err)
		}
	})
}

// fuzzHandler answers what can be answered.
type fuzzHandler struct{}

func (fuzzHandler) Connect(_ context.Context, _ *Handshake, auth json.RawMessage) (Identity, error) {
	return Identity{User: "u"}, nil
}
func (fuzzHandler) Connected(s *Socket, _ bool)        { s.Join("all") }
func (fuzzHandler) Disconnected(*Socket, Reason, bool) {}

func (fuzzHandler) Event(s *Socket, ev Event) {
	s.EmitAll(Message{Event: ev.Name, Args: ev.Args, Attachments: ev.Attachments})
	s.srv.Broadcast(Target{Room: "all"}, NewMessage("all"))
	if ev.Ack != nil {
		ev.Ack.SendBinary(ev.Attachments, ev.Args...)
	}
}
