package socketio

import (
	"log/slog"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
)

// lines are what is logged of clients that are refused or closed, with their addresses and users, and
// not so often that they can fill a disk.
type lines struct {
	refusals, closes, losses engineio.Seldom
}

// refused tells of a CONNECT packet that was refused. The token is in none of this.
func (l *lines) refused(c *conn, namespace string, e *ConnectError) {
	if others, ok := l.refusals.Say(time.Now()); ok {
		c.srv.log.Info("socketio: connect refused", "address", c.sess.Handshake().Address, "namespace", cut(namespace), "why", e.Message, "others", others)
	}
}

// closed tells of a connection that was closed for what its client did, or did not.
func (l *lines) closed(c *conn, why engineio.Reason) {
	switch why {
	case engineio.SlowConsumer, engineio.Flood, engineio.Crowded:
	default:
		return
	}
	if others, ok := l.closes.Say(time.Now()); ok {
		c.srv.log.Warn("socketio: connection closed", "address", c.sess.Handshake().Address, "user", c.user(), "reason", why.String(), "others", others)
	}
}

// forgotten tells that nothing, or nothing more, is kept for a user to come back to.
func (l *lines) forgotten(log *slog.Logger, user, bound string) {
	if others, ok := l.losses.Say(time.Now()); ok {
		log.Warn("socketio: not kept for recovery", "user", user, "bound", bound, "others", others)
	}
}

// user is whose connection it is; "" if nobody knows.
func (c *conn) user() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.sockets) > 0:
		return c.sockets[0].user
	case c.left != nil && len(c.left.sockets) > 0:
		return c.left.sockets[0].user
	default:
		return ""
	}
}

// cut shortens what a client has made up.
func cut(s string) string { return s[:min(len(s), 64)] }
