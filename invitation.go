package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SendInvitation invites a user into a group. Admin only; one invitation per
// group and receiver may wait for an answer.
func (s *Service) SendInvitation(ctx context.Context, userID string, in SendInvitation) (*InvitationSent, error) {
	var out *InvitationSent
	err := s.act(ctx, userID, GroupKey(in.GroupID), func(c *command) error {
		g, err := administered(c, in.GroupID, userID)
		if err != nil {
			return err
		}
		if err := c.invitable(g, in.ReceiverID); err != nil {
			return err
		}
		if err := s.mayInvite(c, userID, in.ReceiverID); err != nil {
			return err
		}
		sender, err := c.User(userID)
		if err != nil {
			return fmt.Errorf("find sender: %w", err)
		}
		n := Notification{ID: s.newID(), ReceiverID: in.ReceiverID, SenderID: userID, GroupID: g.ID, Type: NotifyInvitation, CreatedAt: c.at}
		if n.Hidden, err = c.isBlocked(n.ReceiverID, userID); err != nil {
			return err
		}
		if err := c.InsertNotification(n); err != nil {
			return err
		}
		out = &InvitationSent{ID: n.ID, ReceiverID: n.ReceiverID, GroupID: g.ID, Time: At(c.at)}
		if n.Hidden { // to the sender it looks like any other that is not answered
			return nil
		}
		return c.tell(NewInvitation{
			ID: n.ID, SenderID: userID, SenderName: sender.FullName(), GroupID: g.ID, GroupName: g.Name, Time: At(c.at),
		}, n.ReceiverID)
	})
	return out, err
}

// invitable says why a user cannot be invited into a group, nil if they can.
// CodeUserNotFound, CodeAlreadyMember, CodeBanned, CodeInvitationPending.
func (c *command) invitable(g *Group, receiverID string) error {
	nobody := Errorf(CodeUserNotFound, "There is no user %.128q.", receiverID)
	receiver, err := c.ClaimUser(receiverID) // what waits for them is counted
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
	if err := notBanned(c, g, receiverID, receiver.FullName()+" is"); err != nil {
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

// refusalsKept is how long it counts that somebody refused an invitation.
const refusalsKept = 7 * aDay

// mayInvite says why a sender can send no more invitations, or none to this receiver, nil if they can, and
// counts this one. CodeRateLimited, CodeLimitReached.
func (s *Service) mayInvite(c *command, senderID, receiverID string) error {
	refused, err := c.Refusals(receiverID, senderID, c.at.Add(-refusalsKept))
	if err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	if n := int64(len(refused)); n >= s.bounds.Refusals {
		e := RateLimited(refusalsAge(refused, s.bounds.Refusals, c.at), "They have refused your invitations again and again. Please wait before you send another.")
		e.bound = boundRefusals
		return e
	}
	received, err := c.PendingTo(receiverID)
	if err != nil {
		return fmt.Errorf("count pending invitations: %w", err)
	}
	if received >= s.bounds.PendingReceived {
		return full(boundPendingReceived, "Very many invitations wait for them already: they have to answer some first.")
	}
	_, errC := c.ClaimUser(senderID) // what waits because of them is counted, too
	sent, err := c.PendingFrom(senderID)
	if err := errors.Join(errC, err); err != nil {
		return fmt.Errorf("count pending invitations: %w", err)
	}
	if sent >= s.bounds.PendingSent {
		return full(boundPendingSent, "%d of your invitations wait for an answer, as many as may.", sent)
	}
	return c.spend(senderID, 1,
		budget{boundInvitationsAMinute, aMinute, s.bounds.InvitationsAMinute, "You have sent very many invitations in this minute. Please wait a moment."},
		budget{boundInvitationsADay, aDay, s.bounds.InvitationsADay, "You have sent very many invitations today. Please go on tomorrow."})
}

// refusalsAge is how long it takes until of refusals, oldest first, less than most count.
func refusalsAge(refused []time.Time, most int64, now time.Time) time.Duration {
	if most < 1 {
		return refusalsKept
	}
	return refused[int64(len(refused))-most].Add(refusalsKept).Sub(now)
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
	if n.Type != NotifyInvitation || n.ReceiverID != userID || n.Hidden {
		return nil, noInvitation(id)
	}
	return n, nil
}

// RespondToInvitation accepts or rejects an invitation; either way it is read, which the receiver's
// connections are told, but for the one with the id in.ConnID. Answering again the same way is
// confirmed again and changes nothing.
func (s *Service) RespondToInvitation(ctx context.Context, userID string, in RespondToInvitation) (*InvitationResponded, error) {
	// An invitation's group never changes: it tells which key the command belongs to.
	groupID, err := s.InvitedInto(ctx, userID, in.NotificationID)
	if err != nil {
		return nil, err
	}
	var out *InvitationResponded
	err = s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
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
		if err := s.answer(c, g, n, in); err != nil {
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
func (s *Service) answer(c *command, g *Group, n *Notification, in RespondToInvitation) error {
	answer, accept := Rejected, in.Accept
	if accept {
		answer = Accepted
	}
	if n.Answer != Pending {
		if n.Answer != answer {
			return Errorf(CodeInvitationAnswered, "This invitation into %q was %s already.", g.Name, n.Answer)
		}
		return nil
	}
	if accept {
		if err := s.mayAccept(c, g, n.ReceiverID); err != nil {
			return err
		}
	}
	// Both accounts before anything is written: the invitation goes with the receiver's.
	receiver, err := c.holdLiving(n.ReceiverID)
	if err != nil {
		return err
	}
	sender, err := c.HoldUser(n.SenderID)
	if errors.Is(err, ErrNotFound) { // it was deleted since the invitation was read, and its tombstone has another id
		sender, err = &User{Deleted: true}, nil
	}
	if err != nil {
		return fmt.Errorf("find sender: %w", err)
	}
	n.Answer, n.AnsweredAt = answer, c.at
	if n.ReadAt.IsZero() {
		n.ReadAt = c.at
		if err := c.tellRead(n.ReceiverID, n.ID, in.ConnID); err != nil {
			return err
		}
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

// mayAccept says why a receiver cannot become a member; who is one has nothing to fear. CodeBanned, CodeLimitReached.
func (s *Service) mayAccept(r Reader, g *Group, receiverID string) error {
	_, _, err := membership(r, g.ID, receiverID)
	if CodeOf(err) != CodeNotMember {
		return err
	}
	return s.mayEnter(r, g, receiverID)
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
