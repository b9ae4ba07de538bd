package zikr

import (
	"context"
	"errors"
	"fmt"
)

// SendInvitation invites a user into a group. Admin only; one invitation per
// group and receiver may wait for an answer.
func (s *Service) SendInvitation(ctx context.Context, userID string, in SendInvitation) (*InvitationSent, error) {
	var out *InvitationSent
	err := s.update(ctx, GroupKey(in.GroupID), func(c *command) error {
		g, err := administered(c, in.GroupID, userID)
		if err != nil {
			return err
		}
		if err := c.invitable(g, in.ReceiverID); err != nil {
			return err
		}
		sender, err := c.User(userID)
		if err != nil {
			return fmt.Errorf("find sender: %w", err)
		}
		n := Notification{ID: s.newID(), ReceiverID: in.ReceiverID, SenderID: userID, GroupID: g.ID, Type: NotifyInvitation, CreatedAt: c.at}
		if err := c.InsertNotification(n); err != nil {
			return err
		}
		out = &InvitationSent{ID: n.ID, ReceiverID: n.ReceiverID, GroupID: g.ID, Time: At(c.at)}
		return c.tell(NewInvitation{
			ID: n.ID, SenderID: userID, SenderName: sender.FullName(), GroupID: g.ID, GroupName: g.Name, Time: At(c.at),
		}, n.ReceiverID)
	})
	return out, err
}

// invitable says why a user cannot be invited into a group, nil if they can.
// CodeUserNotFound, CodeAlreadyMember, CodeInvitationPending.
func (c *command) invitable(g *Group, receiverID string) error {
	nobody := Errorf(CodeUserNotFound, "There is no user %.128q.", receiverID)
	receiver, err := c.HoldUser(receiverID)
	if err != nil {
		return orNotFound(err, "find receiver", nobody)
	}
	if receiver.Deleted || !receiver.HasLogin() {
		return nobody
	}
	_, _, err = membership(c, g.ID, receiverID)
	if err == nil {
		return Errorf(CodeAlreadyMember, "%s is a member of %q already.", receiver.FullName(), g.Name)
	}
	if CodeOf(err) != CodeNotMember {
		return err
	}
	_, err = c.PendingInvitation(g.ID, receiverID)
	switch {
	case err == nil:
		return Errorf(CodeInvitationPending, "%s has been invited into %q and has not answered yet.", receiver.FullName(), g.Name)
	case errors.Is(err, ErrNotFound):
		return nil
	default:
		return fmt.Errorf("find pending invitation: %w", err)
	}
}

func noInvitation(id string) *Error {
	return Errorf(CodeInvitationNotFound, "There is no invitation %.128q for you.", id)
}

// InvitedInto returns the group that an invitation leads to. CodeInvitationNotFound.
func (s *Service) InvitedInto(ctx context.Context, userID, invitationID string) (groupID string, err error) {
	n, err := view(ctx, s, func(r Reader) (*Notification, error) { return invitationOf(r, userID, invitationID) })
	if err != nil {
		return "", err
	}
	return n.GroupID, nil
}

// invitationOf returns an invitation that the user received. CodeInvitationNotFound.
func invitationOf(r Reader, userID, id string) (*Notification, error) {
	n, err := r.Notification(id)
	if err != nil {
		return nil, orNotFound(err, "find invitation", noInvitation(id))
	}
	if n.Type != NotifyInvitation || n.ReceiverID != userID {
		return nil, noInvitation(id)
	}
	return n, nil
}

// RespondToInvitation accepts or rejects an invitation; either way it is read.
// Answering again the same way is confirmed again and changes nothing.
func (s *Service) RespondToInvitation(ctx context.Context, userID string, in RespondToInvitation) (*InvitationResponded, error) {
	// An invitation's group never changes: it tells which key the command belongs to.
	groupID, err := s.InvitedInto(ctx, userID, in.NotificationID)
	if err != nil {
		return nil, err
	}
	var out *InvitationResponded
	err = s.update(ctx, GroupKey(groupID), func(c *command) error {
		n, err := invitationOf(c, userID, in.NotificationID)
		if err != nil {
			return err
		}
		g, err := c.Group(groupID)
		if err != nil {
			return fmt.Errorf("find group: %w", err)
		}
		if g.Deleted {
			return noInvitation(n.ID)
		}
		before := g.Seq
		if err := s.answer(c, g, n, in.Accept); err != nil {
			return err
		}
		out = &InvitationResponded{NotificationID: n.ID, Accepted: in.Accept, GroupID: g.ID, GroupName: g.Name, Timestamp: At(n.AnsweredAt)}
		if g.Seq > before { // member_joined is all that an answer logs
			out.Joined = g.Seq
		}
		return nil
	})
	return out, err
}

// answer stores the answer to a pending invitation and lets who accepts in.
// CodeInvitationAnswered when it was answered the other way.
func (s *Service) answer(c *command, g *Group, n *Notification, accept bool) error {
	answer := Rejected
	if accept {
		answer = Accepted
	}
	if n.Answer != Pending {
		if n.Answer != answer {
			return Errorf(CodeInvitationAnswered, "This invitation into %q was %s already.", g.Name, n.Answer)
		}
		return nil
	}
	// Both accounts before anything is written: the invitation goes with the receiver's.
	receiver, err := c.holdLiving(n.ReceiverID)
	if err != nil {
		return err
	}
	sender, err := c.HoldUser(n.SenderID)
	if err != nil {
		return fmt.Errorf("find sender: %w", err)
	}
	n.Answer, n.AnsweredAt = answer, c.at
	if n.ReadAt.IsZero() {
		n.ReadAt = c.at
	}
	if err := c.UpdateNotification(*n); err != nil {
		return err
	}
	if accept {
		_, _, err := membership(c, g.ID, n.ReceiverID)
		if CodeOf(err) == CodeNotMember {
			err = c.admit(g, n.ReceiverID)
		}
		if err != nil {
			return err
		}
	}
	if sender.Deleted {
		return nil
	}
	return s.tellSender(c, g, n, sender, receiver)
}

// tellSender stores the answer for who sent the invitation, and tells them.
func (s *Service) tellSender(c *command, g *Group, n *Notification, sender, receiver *User) error {
	stored := Notification{ID: s.newID(), ReceiverID: sender.ID, SenderID: receiver.ID, GroupID: g.ID, Type: NotifyInvitationRejected, CreatedAt: c.at}
	var told Payload = InvitationRejected{n.ID, g.ID, g.Name, receiver.ID, At(c.at)}
	if n.Answer == Accepted {
		stored.Type = NotifyInvitationAccepted
		told = InvitationAccepted{n.ID, g.ID, g.Name, receiver.ID, receiver.FullName(), At(c.at)}
	}
	if err := c.InsertNotification(stored); err != nil {
		return err
	}
	return c.tell(told, sender.ID)
}
