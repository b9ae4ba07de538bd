package live

import (
	"math/rand/v2"
	"time"
)

const (
	// patience is how long a client may go on to send far more than it may: so long at least, and twice that at the
	// most, so that many who began together are not closed, and back, in one moment.
	patience = 5 * time.Second
	// breath is for how long it must not, to begin anew.
	breath = time.Second
)

// flood is until when a client may go on that sends far more than it may, and when it last did.
type flood struct{ until, last time.Time }

// mayFlood is asked before an event is refused that came at now and was one too many. When too many of them
// are answered already, it waits, and nothing is read of the connection meanwhile; it is false when the client
// goes on, and its connection was closed for that.
func (c *Conn) mayFlood(now time.Time) bool {
	if c.g.refusals == nil {
		return true
	}
	wait := c.g.refusals.Wait(c.session.userID, now)
	if wait == 0 {
		return true
	}
	if c.floods(now) {
		c.socket.Flooded()
		return false
	}
	c.socket.Waits()
	time.Sleep(wait)
	return true
}

// floods notes that too many events were refused, and reports whether that has gone on for too long.
func (c *Conn) floods(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flood == nil || now.Sub(c.flood.last) > breath {
		c.flood = &flood{until: now.Add(patience + rand.N(patience))} //nolint:gosec // no secret: many are not to go all at once
	}
	c.flood.last = now
	return now.After(c.flood.until)
}
