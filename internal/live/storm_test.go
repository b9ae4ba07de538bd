package live_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/live"
)

// reader is somebody whose phone comes and goes, and who keeps what was told across it.
type reader struct {
	w       *world
	userID  string
	groupID string
	rnd     *rand.Rand
	c       *client
	read    int   // of c's socket
	seen    int64 // the latest seq, -1 for none yet
	in      bool  // in the channel, as far as the client was told
	joins   int
}

// digest reads what the connection was sent and checks that nothing is missing,
// nothing is there twice, and nothing comes while out of the channel.
func (r *reader) digest() {
	r.c.socket.mu.Lock()
	sent := r.c.socket.sent[r.read:]
	r.read += len(sent)
	r.c.socket.mu.Unlock()
	for _, m := range sent {
		r.digestOne(m)
	}
}

func (r *reader) digestOne(m live.Message) {
	switch m.Event {
	case "joined_group":
		var j zikr.JoinedGroup
		if err := json.Unmarshal(m.Data, &j); err != nil {
			r.w.t.Error(err)
		}
		if r.seen >= 0 && r.seen != j.Seq || j.Resync {
			r.w.t.Errorf("%s: joined at %d (resync %t), but had been told up to %d", r.c.socket.id, j.Seq, j.Resync, r.seen)
		}
		r.seen, r.in = j.Seq, true
		r.joins++
	case "left_group":
		r.in = false
	case "connection_status", "user_online", "user_offline", "error", "new_notification":
	default:
		seq := seqOf(m)
		if r.seen >= 0 && seq != r.seen+1 {
			r.w.t.Errorf("%s: told %d behind %d", r.c.socket.id, seq, r.seen)
		}
		r.seen = seq
	}
}

// step does something that phones do.
func (r *reader) step() {
	switch roll := r.rnd.IntN(10); {
	case roll < 4:
		r.reconnect()
	case roll < 6 && r.in:
		r.c.lose()
		r.pause()
		r.c = r.c.comeBack(r.userID)
	case roll < 7:
		r.c.call("leave_group", map[string]any{"groupId": r.groupID})
		r.digest()
		r.pause()
		r.join()
	default:
		r.pause()
		r.digest()
		r.join()
	}
	r.digest()
}

// reconnect loses the connection with what was on its way, and comes back on a new one.
func (r *reader) reconnect() {
	if r.rnd.IntN(2) == 0 {
		r.c.drop()
	} else {
		r.c.leave()
	}
	r.digest()
	r.pause()
	r.c, r.read, r.in = r.w.connect(r.userID), 0, false
	r.join()
}

func (r *reader) join() {
	payload := map[string]any{"groupId": r.groupID}
	if r.seen >= 0 {
		payload["since"] = r.seen
	}
	if r.in {
		return // a second join_group would be confirmed at a seq that was not digested yet
	}
	if a := r.c.call("join_group", payload); !a.OK && a.Error.Code != zikr.CodeNotMember {
		r.w.t.Errorf("join_group: %+v", a.Error)
	}
}

func (r *reader) pause() { time.Sleep(time.Duration(r.rnd.IntN(3000)) * time.Microsecond) }

// A group takes events as fast as it goes while its readers come and go, are removed and let in
// again, and the bus loses, repeats and mixes up what it brings. Whatever a reader sees
// is every event once, in order.
func TestStorm(t *testing.T) {
	const readers, span = 24, 3 * time.Second
	bad := &badBus{lose: 0.1, repeat: 0.1, delay: 0.2, rnd: rand.New(rand.NewPCG(7, 7))}
	w := newWorld(t, func(o *options) {
		o.passBus = func(r zikr.Receiver) zikr.Receiver { bad.to = r; return bad }
		o.live.PollEvery = 10 * time.Millisecond
		o.grace = 20 * time.Millisecond
	})
	users := w.users(readers + 1)
	g := w.group(zikr.QuranGroup, users[0], users[1:]...)
	ctx, stop := context.WithTimeout(w.ctx, span)
	defer stop()

	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			w.touch(users[0], g, 1)
		}
	})
	wg.Go(func() { // the admin is in two minds about the last four
		for i := 0; ctx.Err() == nil; i++ {
			user := users[readers-3+i%4]
			if err := w.RemoveMember(w.ctx, users[0], g, user); err != nil {
				t.Error(err)
			}
			must(w.JoinPublicGroup(w.ctx, user, g))
			time.Sleep(5 * time.Millisecond)
		}
	})
	all := make([]*reader, readers)
	for i := range all {
		r := &reader{w: w, userID: users[i+1], groupID: g, seen: -1, rnd: rand.New(rand.NewPCG(uint64(i), 1))}
		r.c = w.connect(r.userID)
		all[i] = r
		wg.Go(func() {
			for r.join(); ctx.Err() == nil; {
				r.step()
			}
		})
	}
	wg.Wait()

	last, joins := w.seq(g), 0
	for _, r := range all {
		if r.digest(); !r.in {
			r.join()
		}
		r.c.socket.until(t, "the last event", func() bool { return r.seen >= last || upTo(r.c.socket.sent[r.read:], last) })
		r.digest()
		if r.seen != last {
			t.Errorf("%s: told up to %d, want %d", r.c.socket.id, r.seen, last)
		}
		joins += r.joins
		r.c.leave()
	}
	if n, ids := must2(w.Online(w.ctx, g)); n != 0 {
		waitFor(t, "the graces to end", func() bool { n, _ = must2(w.Online(w.ctx, g)); return n == 0 })
		_ = ids
	}
	t.Logf("%d events, %d readers joined %d times", last, readers, joins)
}

func upTo(sent []live.Message, last int64) bool {
	for _, m := range sent {
		if seqOf(m) == last {
			return true
		}
	}
	return false
}
