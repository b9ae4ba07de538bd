package bus

import (
	"testing"

	"github.com/zikr-app/zikr"
)

// heardOf counts signals.
type heardOf struct{ signals int }

func (*heardOf) Events(string, []zikr.Event) {}
func (h *heardOf) Signal(zikr.Signal)        { h.signals++ }

// What this node waits to hear when it comes back is heard at once when there is no room to send it.
func TestOutboxIsFull(t *testing.T) {
	r := &Redis{local: NewLocal()}
	here := &heardOf{}
	r.Attach(here)
	l := &lane{r: r}
	l.outbox.init(l)
	l.link.init(l)
	const more = 10
	for range maxPosts + more {
		p := signalPost(presenceSignal("g", zikr.UserOnline{GroupID: "g", UserID: "ali"}))
		p.echo = true
		l.outbox.add(p)
	}
	if here.signals != more || len(l.link.echoes) != maxPosts {
		t.Errorf("%d signals were heard, want %d; %d wait to come back, want %d", here.signals, more, len(l.link.echoes), maxPosts)
	}
	var s Stats
	if l.outbox.stats(&s); s.Waiting != maxPosts || s.Dropped != more {
		t.Errorf("%d wait and %d were dropped, want %d and %d", s.Waiting, s.Dropped, maxPosts, more)
	}
}
