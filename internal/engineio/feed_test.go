package engineio

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// noStream is a stream that goes nowhere.
type noStream struct{}

func (noStream) start([]byte)         {}
func (noStream) flush(s *Session)     {}
func (noStream) write(p []byte) error { return nil }
func (noStream) closeWrite()          {}
func (noStream) close(bool)           {}

// fed returns the packets that a fresh connection makes of data, and whether
// it was still good at the end.
func fed(srv *Server, data []byte, cut int) (packets []Packet, good bool) {
	recv := &collector{}
	s := &Session{srv: srv, version: V4, recv: recv, source: new(source)}
	s.alarm.owner = s
	srv.running.Add(1)
	c := &wsConn{sess: s, stream: noStream{}}
	s.ws = c
	srv.count.webSockets.Add(1)
	for piece := range slices.Chunk(slices.Clone(data), cut) {
		c.feed(piece)
	}
	good = !c.mute
	s.Abort()
	return recv.packets, good
}

// collector keeps what it gets.
type collector struct{ packets []Packet }

func (*collector) Open()           {}
func (*collector) Received(uint32) {}
func (*collector) Close(Reason)    {}

func (c *collector) Message(data []byte, binary bool) error {
	c.packets = append(c.packets, Packet{Message, bytes.Clone(data), binary})
	return nil
}

// FuzzFeed feeds a connection arbitrary bytes, cut in two ways: nothing panics,
// and where the bytes are cut makes no difference.
func FuzzFeed(f *testing.F) {
	frames := func(list ...ws.Frame) (b []byte) {
		for _, fr := range list {
			b = append(b, ws.MustCompileFrame(ws.MaskFrameWith(fr, [4]byte{1, 2, 3, 4}))...)
		}
		return b
	}
	f.Add(frames(ws.NewTextFrame([]byte("4hello")), ws.NewTextFrame([]byte("42[\"a\"]"))), 3)
	f.Add(frames(ws.NewFrame(ws.OpText, false, []byte("4a")), ws.NewPingFrame([]byte("p")), ws.NewFrame(ws.OpContinuation, true, []byte("b"))), 1)
	f.Add(frames(ws.NewBinaryFrame(bytes.Repeat([]byte{7}, 300))), 7)
	f.Add(frames(ws.NewTextFrame([]byte("3")), ws.NewTextFrame([]byte("1")), ws.NewTextFrame([]byte("4late"))), 5)
	f.Add(frames(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "bye"))), 2)
	f.Add([]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, 4)
	srv := NewServer(Options{MaxPayload: 1000, QueueBytes: 1 << 30}, nil)
	f.Cleanup(func() { _ = srv.Close(f.Context()) })
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = min(max(cut, 1), 1<<16)
		whole, good1 := fed(srv, data, len(data)+1)
		cutUp, good2 := fed(srv, data, cut)
		if diff := cmp.Diff(whole, cutUp); diff != "" || good1 != good2 {
			t.Errorf("cut every %d bytes: good %v, was %v\n%s", cut, good2, good1, diff)
		}
	})
}
