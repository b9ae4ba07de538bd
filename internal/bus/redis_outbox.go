package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/zikr-app/zikr"
)

// Bounds of what waits to be published in one lane. They are met when Redis is
// away; then the oldest goes first: whoever gets the newest event of a group sees that there
// is a gap before it, and reads the log.
const (
	maxPosts     = 8192
	maxPostBytes = 4 << 20
	maxBatch     = 256 // messages that are sent at once
)

// post is a message on its way to other nodes.
type post struct {
	message
	groupID string // whose channel it goes to; "": the users'
	user    string // who it says is online, or is not; "" if it says no such thing
	online  bool
	echo    bool // this node's receivers hear it when it comes back
	bytes   int  // of memory, about
	at      time.Time
}

// signalPost makes a post of a signal.
func signalPost(s zikr.Signal) post {
	p := post{groupID: s.GroupID, message: message{signal: &s}}
	p.online = s.Name == zikr.UserOnline{}.EventName()
	if s.GroupID == "" || (!p.online && s.Name != zikr.UserOffline{}.EventName()) {
		return p
	}
	var about zikr.UserOnline // the same fields
	if json.Unmarshal(s.Data, &about) == nil {
		p.user = about.UserID
	}
	return p
}

// outbox holds what waits to be published in a lane. A goroutine sends it, in
// order, and again when it is not known to have arrived: receivers know a message that they had by its number.
type outbox struct {
	lane *lane
	part part // of the bus's health: whether what is published goes out

	mu      sync.Mutex
	waiting []post
	bytes   int
	number  uint64 // of the latest message
	dropped uint64
	sending int           // messages that were taken out and are not known to have arrived
	oldest  time.Time     // of these
	more    chan struct{} // has something when waiting may have
	less    chan struct{} // closed, and another one made, when waiting has become shorter or a batch has arrived
}

func (o *outbox) init(l *lane) {
	o.lane = l
	o.part.begin(&l.r.health, false)
	o.more, o.less = make(chan struct{}, 1), make(chan struct{})
}

// add leaves a message to be sent. It does not wait.
func (o *outbox) add(p post) {
	p.origin, p.bytes, p.at = o.lane.r.origin, p.size(), time.Now()
	for _, gone := range o.put(p) {
		if gone.echo && o.lane.link.forget(gone.number) {
			o.lane.r.local.Signal(*gone.signal) // it does not come back: this node's receivers hear it now
		}
	}
}

// put adds a message to what waits, and returns what there is no room for any more.
func (o *outbox) put(p post) (dropped []post) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.number++
	p.number = o.number
	if p.echo {
		o.lane.link.await(p.number, p.signal)
	}
	o.waiting = append(o.waiting, p)
	o.bytes += p.bytes
	for len(o.waiting) > 1 && (len(o.waiting) > maxPosts || o.bytes > maxPostBytes) {
		dropped = append(dropped, o.takeFirst(1)...)
		o.dropped++
	}
	wake(o.more)
	return dropped
}

// takeFirst takes the first n out. The caller holds mu.
func (o *outbox) takeFirst(n int) []post {
	first := append([]post(nil), o.waiting[:n]...)
	for i := range first {
		o.bytes -= first[i].bytes
	}
	clear(o.waiting[:n]) // for the garbage collector
	o.waiting = o.waiting[n:]
	if len(o.waiting) == 0 {
		o.waiting = nil
	}
	return first
}

// next waits for what is to be sent; nil when ctx has ended.
func (o *outbox) next(ctx context.Context) []post {
	for {
		if batch := o.nextBatch(); len(batch) > 0 {
			return batch
		}
		select {
		case <-o.more:
		case <-ctx.Done():
			return nil
		}
	}
}

// nextBatch takes out what is to be sent next, once the batch before has arrived.
func (o *outbox) nextBatch() []post {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch := o.takeFirst(min(len(o.waiting), maxBatch))
	if o.sending+len(batch) > 0 {
		close(o.less)
		o.less = make(chan struct{})
	}
	o.sending = len(batch)
	if len(batch) > 0 {
		o.oldest = batch[0].at
	}
	return batch
}

// stats adds what there is to s.
func (o *outbox) stats(s *Stats) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.Waiting += len(o.waiting)
	s.Dropped += o.dropped
	switch {
	case o.sending > 0:
		s.Lag = max(s.Lag, time.Since(o.oldest))
	case len(o.waiting) > 0:
		s.Lag = max(s.Lag, time.Since(o.waiting[0].at))
	}
}

// room waits until no more than half of what the outbox can hold is waiting, for
// those who have very much to tell and can wait. Its error is that of ctx.
func (o *outbox) room(ctx context.Context) error {
	return o.until(ctx, func() bool { return len(o.waiting) < maxPosts/2 && o.bytes < maxPostBytes/2 })
}

// drain waits until everything was sent, as long as ctx allows and Redis takes it.
func (o *outbox) drain(ctx context.Context) {
	_ = o.until(ctx, func() bool { return !o.part.of.well() || len(o.waiting)+o.sending == 0 })
}

// until waits until enough holds, which is asked under mu. Its error is that of ctx.
func (o *outbox) until(ctx context.Context, enough func() bool) error {
	for {
		o.mu.Lock()
		done, less := enough(), o.less
		o.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-less:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// run sends what is in the outbox until ctx ends.
func (o *outbox) run(ctx context.Context) {
	for batch := o.next(ctx); batch != nil; batch = o.next(ctx) {
		o.send(ctx, batch)
	}
}

// send sends a batch until it has arrived or ctx ends. When Redis was away, it waits
// until the other nodes are likely to be back, too: what nobody is there to hear is lost.
func (o *outbox) send(ctx context.Context, batch []post) {
	pause := newBackoff()
	for {
		var err error
		batch, err = o.publish(ctx, batch)
		if ctx.Err() != nil {
			return
		}
		o.part.report(err)
		if err == nil {
			return
		}
		for again := true; again; again = !o.lane.link.settled() {
			if !pause.wait(ctx) {
				return
			}
		}
	}
}

// publish sends a batch in one go and returns what may not have arrived, and why.
func (o *outbox) publish(ctx context.Context, batch []post) (rest []post, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	client := o.lane.r.client
	commands := make(rueidis.Commands, len(batch))
	whole := o.lane.places.isWhole()
	for i := range batch {
		commands[i] = o.command(&batch[i], whole)
	}
	for i, result := range client.DoMulti(ctx, commands...) {
		p := &batch[i]
		told, failed := result.AsInt64()
		switch {
		case failed != nil:
			rest, err = append(rest, *p), fmt.Errorf("publish: %w", failed)
		case p.echo && whole && told == 0: // it was not true any more
			o.lane.link.forget(p.number)
		}
	}
	return rest, err
}

// command publishes a post. Who is online is told only if it is true, as long as
// Redis knows: whole says so.
func (o *outbox) command(p *post, whole bool) rueidis.Completed {
	b := o.lane.r.client.B()
	channel, text := o.lane.usersChannel(), rueidis.BinaryString(p.encode())
	if p.groupID != "" {
		channel = o.lane.groupChannel(p.groupID)
	}
	if p.user == "" || !whole {
		return b.Spublish().Channel(channel).Message(text).Build()
	}
	return b.Eval().Script(announceText).Numkeys(2).Key(o.lane.groupKey(p.groupID), channel).Arg(p.user, flag(p.online), text).Build()
}

// wake leaves a sign for whoever waits at the channel, which holds one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
