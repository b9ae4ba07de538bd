package live

import (
	"context"

	"github.com/zikr-app/zikr"
)

// getNotifications answers with the unread notifications. Its payload, whatever it is, is ignored.
func (g *Gateway) getNotifications(ctx context.Context, c *Conn, _ zikr.GetNotifications) (zikr.Payload, error) {
	return g.service.UnreadNotifications(ctx, c.session.UserID)
}
