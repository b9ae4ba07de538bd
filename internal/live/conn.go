package live

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/zikr-app/zikr"
)

// Conn is one connection of one user to one namespace.
type Conn struct {
	g       *Gateway
	socket  Socket
	session session
	due     int32 // where it is in the heap of expiries, from 1; 0 if it is not
	next    *Conn // of the same user; guarded by Gateway.mu, see roster

	mu       sync.Mutex
	gone     bool        // its client is no longer connected
	ended    bool        // told that it is over: expired or draining
	channels []*channel  // joined; channel.conns has it too
	list1    [1]*channel // room for one, as most need: an idle connection is few objects
	line     *line       // nil while no event is under way
	flood    *flood      // nil while the client never sent far more than it may
}

// session is a zikr.Session in fewer bytes, since there is one for each connection: moments are milliseconds
// since 1970, 0 for none.
type session struct {
	id, userID, tokenID string
	expires, began      int64
	version             int64
}

func sessionOf(s zikr.Session) session {
	return session{s.ID, s.UserID, s.TokenID, millis(s.Expires), millis(s.Began), s.Version}
}

// whole is the session as the use cases have it.
func (s *session) whole() zikr.Session {
	return zikr.Session{ID: s.id, UserID: s.userID, TokenID: s.tokenID, Expires: moment(s.expires), Began: moment(s.began), Version: s.version}
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis)
}

// UserID is whose connection it is.
func (c *Conn) UserID() string { return c.session.userID }

// userRoom is the room of all connections of a user.
func userRoom(userID string) string { return "user:" + userID }

// emit sends one event.
func (c *Conn) emit(p zikr.Payload) { c.socket.Emit(c.g.message(p)) }

// message encodes a payload. Payloads are plain structs: they always can be.
func (g *Gateway) message(p zikr.Payload) Message {
	data, err := json.Marshal(p)
	if err != nil {
		g.log.Error("cannot encode an event", "event", p.EventName(), "err", err)
		data = []byte("null")
	}
	return Message{Event: p.EventName(), Data: data}
}

// tellStatus sends connection_status.
func (c *Conn) tellStatus(s zikr.Status) {
	c.emit(zikr.ConnectionStatus{Status: s, UserID: c.session.userID, Timestamp: zikr.At(c.g.now())})
}

// expire ends the connection of a session that is over.
func (c *Conn) expire() {
	if c.endOnce() {
		c.tellStatus(zikr.StatusExpired)
		c.socket.Disconnect()
	}
}

// drain tells the client that its connection is about to end. The transport is not
// closed here: it may be another connection's too, which is to be told first.
func (c *Conn) drain() {
	if c.endOnce() {
		c.tellStatus(zikr.StatusDraining)
	}
}

// endOnce reports whether it is the first to end the connection.
func (c *Conn) endOnce() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.ended && !c.gone
	c.ended = true
	return first
}

// attach notes that the connection is in a channel, unless it is gone.
func (c *Conn) attach(ch *channel) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return false
	}
	if c.channels == nil {
		c.channels = c.list1[:0]
	}
	c.channels = append(c.channels, ch)
	return true
}

// detach notes that it no longer is.
func (c *Conn) detach(ch *channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.channels, ch); i >= 0 {
		c.channels = slices.Delete(c.channels, i, i+1)
	}
	if len(c.channels) == 0 {
		c.channels = nil
	}
}

// isGone reports whether the client is no longer connected.
func (c *Conn) isGone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// channel returns that of a group that the connection is in, nil if it is not.
func (c *Conn) channel(groupID string) *channel {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.channels, func(ch *channel) bool { return ch.id == groupID }); i >= 0 {
		return c.channels[i]
	}
	return nil
}

// joined returns the channels that the connection is in.
func (c *Conn) joined() []*channel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.channels)
}

// end marks the connection as gone and returns the channels that it was in. It
// reports false if it was gone already.
func (c *Conn) end() (was []*channel, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil, false
	}
	c.gone = true
	return slices.Clone(c.channels), true
}
