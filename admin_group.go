package zikr

import "context"

// AdminGroupChange is what an admin of the platform changes of a group.
type AdminGroupChange struct {
	AdminID string `json:"adminId" minLength:"1" maxLength:"128" doc:"a member, who becomes the group's admin"`
}

// AllGroups lists the groups whose name contains q, private ones too, newest first, for an admin of the platform.
func (s *Service) AllGroups(ctx context.Context, by Admin, q string, page Page) (*List[GroupItem], error) {
	q, err := text("q", q, maxName)
	if err != nil {
		return nil, err
	}
	if err := s.store.View(ctx, func(r Reader) error { return by.may(r) }); err != nil {
		return nil, err
	}
	return s.listGroups(ctx, page, func(r Reader, p Page) ([]Group, error) { return r.AllGroups(q, p) })
}

// noGroup is for one that an admin of the platform names.
func noGroup(id string) *Error { return Errorf(CodeNotMember, "There is no group %.128q.", id) }

// ShowGroup returns a group's snapshot to an admin of the platform.
func (s *Service) ShowGroup(ctx context.Context, by Admin, groupID string) (*Snapshot, error) {
	snap, err := view(ctx, s, func(r Reader) (*Snapshot, error) {
		if err := by.may(r); err != nil {
			return nil, err
		}
		g, err := livingGroup(r, groupID)
		if err != nil {
			return nil, err
		}
		return snapshotOf(r, by.UserID, g, g.platformSight())
	})
	if err != nil {
		return nil, err
	}
	return snap, s.addOnline(ctx, snap)
}

// livingGroup returns a group that is not deleted.
func livingGroup(r Reader, groupID string) (*Group, error) {
	g, err := r.Group(groupID)
	if err != nil {
		return nil, orNotFound(err, "find group", noGroup(groupID))
	}
	if g.Deleted {
		return nil, noGroup(groupID)
	}
	return g, nil
}

// adminOfGroup returns the group that an admin of the platform acts on. Beside it the command may change only the audit log.
func (c *command) adminOfGroup(by Admin, groupID string) (*Group, error) {
	if err := by.may(c); err != nil {
		return nil, err
	}
	return livingGroup(c, groupID)
}

// HandOverGroup makes a member the admin of a group. CodeUserNotFound if they are not a member, or have no login.
func (s *Service) HandOverGroup(ctx context.Context, by Admin, groupID string, change AdminGroupChange) (*Snapshot, error) {
	err := s.update(ctx, GroupKey(groupID), func(c *command) error {
		g, err := c.adminOfGroup(by, groupID)
		if err != nil {
			return err
		}
		if err := mayAdminister(c, g, change.AdminID); err != nil || g.AdminID == change.AdminID {
			return err
		}
		g.AdminID = change.AdminID
		if err := c.saveGroup(g); err != nil {
			return err
		}
		return c.audit(s, by, ActGroupHandedOver, g.AdminID, g.ID)
	})
	if err != nil {
		return nil, err
	}
	return s.ShowGroup(ctx, by, groupID)
}

// EndGroup is DeleteGroup by an admin of the platform: every member is notified, by who was the group's admin.
func (s *Service) EndGroup(ctx context.Context, by Admin, groupID string) error {
	return s.update(ctx, GroupKey(groupID), func(c *command) error {
		g, err := c.adminOfGroup(by, groupID)
		if err != nil {
			return err
		}
		if err := c.deleteGroup(g); err != nil {
			return err
		}
		if err := c.notify(g, Notification{ID: s.newID(), ReceiverID: g.AdminID, SenderID: g.AdminID, Type: NotifyRemoved}); err != nil {
			return err
		}
		if err := c.notice(Notice{ID: s.newID(), GroupID: g.ID, SenderID: g.AdminID, Type: NotifyRemoved, Seq: g.Seq}); err != nil {
			return err
		}
		return c.audit(s, by, ActGroupDeleted, "", g.ID)
	})
}
