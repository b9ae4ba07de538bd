package engineio

import (
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// A queue that is written as fast as it fills, but never empties, does not grow, and still tells of what has left it.
func TestQueueThatNeverEmpties(t *testing.T) {
	var q queue
	told := 0
	q.push(Frame("first"))
	for range 10 * maxSpare {
		p := NewPassage(func(int) { told++ })
		q.push(Frame("again"))
		q.follow(p)
		p.Seal()
		q.advance(len("first"))
	}
	if got := cap(q.list.frames); got > 4*maxSpare {
		t.Errorf("there is room for %d frames where one waits", got)
	}
	if want := 10*maxSpare - 1; told != want {
		t.Errorf("told of %d frames, want %d", told, want)
	}
	if q.bytes != 5 || q.weight() != 5+frameCost {
		t.Errorf("%d bytes wait, of weight %d", q.bytes, q.weight())
	}
}

// Small frames take more memory than they have bytes: a queue of them is full when that is too much, whatever they are.
func TestSmallFramesFillAQueue(t *testing.T) {
	const most = 10_000
	for name, fill := range map[string]func(*Session){
		"messages":            func(s *Session) { s.Send(TextMessage()) },
		"answers to pings":    func(s *Session) { _ = s.pinged() },
		"a broadcast's parts": func(s *Session) { s.Queue([]Frame{TextMessage()}, 1, false, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			ts := serve(t, Options{AllowV3: true, QueueBytes: most}, nil)
			if status, body := ts.get(t, "EIO=3&transport=polling"); status != 200 {
				t.Fatalf("open: %d %q", status, body)
			}
			r := ts.receiver(t, 0)
			filled := 0
			for ; filled < most && !r.session.isClosed(); filled++ {
				fill(r.session)
			}
			if filled > most/frameCost+1 {
				t.Errorf("%d frames waited in a queue of %d bytes", filled, most)
			}
			if got := wait(t, r.closed); got != SlowConsumer {
				t.Errorf("got %v, want %v", got, SlowConsumer)
			}
		})
	}
}

// Frames that are no packets count as packets do: a client that sends very many is held up, and closed when it goes on.
func TestFloodOfFramesIsHeldUp(t *testing.T) {
	for name, frame := range map[string]ws.Frame{
		"pings": ws.NewPingFrame(nil), "pongs": ws.NewPongFrame(nil), "fragments": ws.NewFrame(ws.OpContinuation, false, nil),
	} {
		t.Run(name, func(t *testing.T) {
			bothReaders(t, func(t *testing.T, opt Options) {
				opt.Bounds = Bounds{Packets: 20}
				ts, met := bounded(t, opt, func(r *testReceiver) { r.session.Settle() })
				c := ts.open(t)
				r := ts.receiver(t, 0)
				if name == "fragments" {
					c.frame(ws.NewFrame(ws.OpText, false, []byte("4")))
				}
				r.session.recvMu.Lock() // it has sent too many for as long as that is borne
				r.session.hasty, r.session.pace = floodSeconds, pace{began: int32(ts.wheel.now() / int64(time.Millisecond)), sent: 1000}
				r.session.recvMu.Unlock()
				for range 30 {
					c.frame(frame)
				}
				if got := wait(t, r.closed); got != Flood || !slices.Equal(met.take(), []string{boundPackets}) {
					t.Errorf("got %v, want %v", got, Flood)
				}
			})
		})
	}
}
