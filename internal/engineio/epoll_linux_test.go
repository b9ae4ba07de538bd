package engineio

import "testing"

// Readers whose handlers wait, and say so, are not counted among those at work: the
// next that has much to do is helped all the same.
func TestReadersThatWaitDoNotCount(t *testing.T) {
	release := make(chan struct{})
	ts := serve(t, Options{}, func(r *testReceiver) {
		r.onText = func(s *Session, text string) error {
			s.Waits()
			r.got <- text
			<-release
			s.Send(TextMessage([]byte(text)))
			return nil
		}
	})
	readers := func() (awake int, waited bool) {
		p := &ts.streams
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.awake, p.waited
	}
	var clients []*wsClient
	for i := range 10 {
		c := ts.open(t)
		c.send("4wait")
		wait(t, ts.receiver(t, i).got)
		clients = append(clients, c)
	}
	eventually(t, "none is at work, and one waits for packets", func() bool {
		awake, waited := readers()
		return awake == 0 && waited
	})
	close(release)
	for _, c := range clients {
		if got := c.read(); got != "4wait" {
			t.Errorf("got %q", got)
		}
	}
	eventually(t, "none is at work when all are done", func() bool {
		awake, waited := readers()
		return awake == 0 && waited
	})
}
