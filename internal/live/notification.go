package live

import (
	"context"

	"github.com/zikr-app/zikr"
)

// getNotifications answers with the unread notifications. Its payload, whatever it is, is ignored.
func (g *Gateway) getNotifications(ctx context.Context, c *Conn, _ zikr.GetNotifications) (zikr.Payload, error) {
	return g.service.UnreadNotifications(ctx, c.session.userID)
}

// readNotification marks a notification as read. The user's other connections are told, too.
func (g *Gateway) readNotification(ctx context.Context, c *Conn, in zikr.MarkNotificationRead) (zikr.Payload, error) {
	in.ConnID = c.socket.ID()
	return g.service.ReadNotification(ctx, c.session.userID, in)
}
