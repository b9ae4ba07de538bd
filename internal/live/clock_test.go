package live_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/clocktest"
)

// While the clock is set by an hour, back and forth, commands meet their deadlines
// and whoever was lost comes back as if it had not been.
func TestClockIsSet(t *testing.T) {
	for name, steps := range map[string][]time.Duration{
		"back and forth": {-time.Hour, 0}, "forth and back": {time.Hour, 0}, "twice back": {-time.Hour, -2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			var by atomic.Int64
			w := newWorld(t, func(o *options) {
				o.grace = time.Hour
				o.live.Now = func() time.Time { return clocktest.Set(time.Now(), time.Duration(by.Load())) }
			})
			users := w.users(2)
			g := w.group(zikr.QuranGroup, users[0], users[1])
			reader, other := w.connect(users[0]), w.connect(users[1])
			reader.join(g)
			other.join(g)
			for _, to := range steps {
				other.lose()
				by.Store(int64(to))
				w.gateway.CatchUp(0) // which also forgets who was lost for too long
				reader.do("book_pora", zikr.BookPora{GroupID: g, PoraID: "1"})
				other = other.comeBack(users[1])
				w.touch(users[0], g, 1)
			}
			last := w.seq(g)
			for _, c := range []*client{reader, other} {
				c.socket.untilSeq(t, g, last)
				c.socket.wantSeqs(t, g, 2, last)
			}
			if names := reader.socket.names(); count(names, "user_online") != 1 || count(names, "user_offline") != 0 {
				t.Errorf("the other was sent %v, want it online once and never offline", names)
			}
		})
	}
}
