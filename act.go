package zikr

import (
	"context"
	"fmt"
	"time"
)

// ActKind is what an admin of the platform did.
type ActKind string

// What they do, as the audit log has it.
const (
	ActUserAdded       ActKind = "user_added"
	ActUserRenamed     ActKind = "user_renamed"
	ActUserSuspended   ActKind = "user_suspended"
	ActUserRestored    ActKind = "user_unsuspended"
	ActUserDeleted     ActKind = "user_deleted"
	ActPasswordSet     ActKind = "password_set"
	ActSessionsEnded   ActKind = "sessions_ended"
	ActAdminMade       ActKind = "admin_made"
	ActAdminUnmade     ActKind = "admin_unmade"
	ActGroupHandedOver ActKind = "group_handed_over"
	ActGroupDeleted    ActKind = "group_deleted"
)

// ActKinds are all there are.
func ActKinds() []ActKind {
	return []ActKind{
		ActUserAdded, ActUserRenamed, ActUserSuspended, ActUserRestored, ActUserDeleted, ActPasswordSet, ActSessionsEnded,
		ActAdminMade, ActAdminUnmade, ActGroupHandedOver, ActGroupDeleted,
	}
}

// Act is an entry of the audit log: one thing that an admin of the platform did, stored with what they did.
type Act struct {
	ID      string
	Kind    ActKind
	ActorID string // "" for the operator, who has no account
	UserID  string // whom it was done to, or who got a group; "" for nobody
	GroupID string // "" for none
	At      time.Time
}

// ActReader reads the audit log.
type ActReader interface {
	// Acts returns it, newest first. The cursor is the id of the last one of the page before.
	Acts(page Page) ([]Act, error)
	// ActsOn returns what was done to a user, ActsBy what a user did, newest first.
	ActsOn(userID string) ([]Act, error)
	ActsBy(userID string) ([]Act, error)
}

// ActWriter writes it.
type ActWriter interface {
	InsertAct(Act) error
}

// ActItem is an entry of the audit log as it is read.
type ActItem struct {
	ID        string  `json:"id"`
	Act       ActKind `json:"act"`
	ActorID   *string `json:"actorId" doc:"who did it; null for the operator, by a command"`
	ActorName *string `json:"actorName"`
	UserID    *string `json:"userId" doc:"whom it was done to, or who got the group"`
	UserName  *string `json:"userName"`
	GroupID   *string `json:"groupId"`
	Time      Time    `json:"time"`
}

// audit notes what an admin does, in the command that does it.
func (c *command) audit(s *Service, by Admin, kind ActKind, userID, groupID string) error {
	return c.InsertAct(Act{ID: s.newID(), Kind: kind, ActorID: by.UserID, UserID: userID, GroupID: groupID, At: c.at})
}

// Audit lists what the admins of the platform did, newest first.
func (s *Service) Audit(ctx context.Context, by Admin, page Page) (*List[ActItem], error) {
	return view(ctx, s, func(r Reader) (*List[ActItem], error) {
		if err := by.may(r); err != nil {
			return nil, err
		}
		return listOf(page, func(a ActItem) string { return a.ID }, func(p Page) ([]ActItem, error) {
			acts, err := r.Acts(p)
			if err != nil {
				return nil, fmt.Errorf("read the audit log: %w", err)
			}
			return actItems(r, acts)
		})
	})
}

func actItems(r Reader, acts []Act) ([]ActItem, error) {
	var ids []string
	for _, a := range acts {
		ids = append(ids, a.ActorID, a.UserID)
	}
	known := names{"": ""}
	if err := known.learn(r, ids); err != nil {
		return nil, err
	}
	items := make([]ActItem, len(acts))
	for i, a := range acts {
		items[i] = ActItem{
			ID: a.ID, Act: a.Kind, ActorID: orNil(a.ActorID), ActorName: orNil(known[a.ActorID]), UserID: orNil(a.UserID), UserName: orNil(known[a.UserID]),
			GroupID: orNil(a.GroupID), Time: At(a.At),
		}
	}
	return items, nil
}
