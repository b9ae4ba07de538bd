package rest

import (
	"context"

	"github.com/zikr-app/zikr"
)

// NotificationPath is the notification that a path names.
type NotificationPath struct {
	ID string `path:"id" minLength:"1" maxLength:"128"`
}

type notificationQuery struct {
	PageQuery
	Unread bool `query:"unread" doc:"true leaves out what was read"`
}

func (a *API) listNotifications(ctx context.Context, in *notificationQuery) (*zikr.List[zikr.NotificationItem], error) {
	return a.Service.Notifications(ctx, caller(ctx), in.Unread, in.page())
}

func (a *API) readNotification(ctx context.Context, in *struct{ NotificationPath }) (*zikr.NotificationMarkedRead, error) {
	return a.Service.ReadNotification(ctx, caller(ctx), zikr.MarkNotificationRead{NotificationID: in.ID})
}
