package zikr_test

import (
	"fmt"
	"slices"

	"github.com/zikr-app/zikr"
)

func (m *model) join(user, group string) zikr.Code {
	g := m.groups[group]
	if g == nil || g.deleted {
		return zikr.CodeNotMember
	}
	if !g.has(user) && slices.Contains(g.banned, user) {
		return zikr.CodeBanned
	}
	m.admit(g, user)
	return ""
}

// admit makes a member. Notices from before are not for who comes, or comes back.
func (m *model) admit(g *mGroup, user string) {
	if g.has(user) {
		return
	}
	g.members, g.ever = append(g.members, user), append(g.ever, user)
	g.seq++
	m.notes[user] = slices.DeleteFunc(m.notes[user], func(n *mNote) bool { return n.group == g.id && n.topic != "" })
}

func (m *model) leave(user, group string) zikr.Code {
	g, code := m.enter(user, group, false)
	if code == "" {
		m.dismiss(g, user)
	}
	return code
}

func (m *model) dismiss(g *mGroup, user string) {
	for _, h := range g.open {
		for _, id := range h.poras[1:] {
			if id != "" && m.bookings[id].holder == user && !m.bookings[id].done {
				m.free(m.bookings[id])
			}
		}
	}
	g.members = slices.DeleteFunc(g.members, func(id string) bool { return id == user })
	g.seq++
	switch {
	case len(g.members) == 0:
		m.bury(g)
	case g.admin == user:
		heirs := slices.DeleteFunc(slices.Clone(g.members), func(id string) bool { return slices.Contains(g.mute, id) })
		if len(heirs) == 0 {
			m.bury(g)
			return
		}
		g.admin = heirs[0]
		g.seq++
	}
}

// bury ends a group, and takes its pending invitations back.
func (m *model) bury(g *mGroup) {
	g.deleted = true
	g.seq++
	for _, in := range m.invited {
		if in.group == g && in.answer == nil {
			m.notes[in.receiver] = slices.DeleteFunc(m.notes[in.receiver], func(n *mNote) bool { return n == in.note })
		}
	}
}

func (m *model) remove(user, group, member string) zikr.Code {
	if member == user {
		return m.leave(user, group)
	}
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return code
	case !g.has(member):
		return zikr.CodeUserNotFound
	}
	m.dismiss(g, member)
	m.noteUnlessMute(g, member, mNote{kind: zikr.NotifyRemoved, sender: user, group: g.id})
	return ""
}

func (m *model) handOver(user, group, member string) zikr.Code {
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return code
	case !g.has(member) || slices.Contains(g.mute, member):
		return zikr.CodeUserNotFound
	case g.admin != member:
		g.admin = member
		g.seq++
	}
	return ""
}

func (m *model) deleteGroup(user, group string) zikr.Code {
	g, code := m.enter(user, group, true)
	if code == "" {
		m.notice(g, user, mNote{kind: zikr.NotifyRemoved})
		m.bury(g)
	}
	return code
}

func (m *model) invite(user, group, receiver string) zikr.Code {
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return code
	case g.has(receiver):
		return zikr.CodeAlreadyMember
	case slices.Contains(g.banned, receiver):
		return zikr.CodeBanned
	}
	for _, in := range m.invited {
		if in.group == g && in.receiver == receiver && in.answer == nil {
			return zikr.CodeInvitationPending
		}
	}
	return ""
}

func (m *model) wasInvited(id, sender, group, receiver string) {
	in := &mInvitation{group: m.groups[group], sender: sender, receiver: receiver, hidden: slices.Contains(m.blocks[receiver], sender)}
	if m.invited[id] = in; !in.hidden {
		in.note = m.note(receiver, mNote{kind: zikr.NotifyInvitation, sender: sender, group: group})
	}
}

func (m *model) respond(user, id string, accept bool) zikr.Code {
	in := m.invited[id]
	switch {
	case in == nil || in.receiver != user || in.hidden || in.group.deleted:
		return zikr.CodeInvitationNotFound
	case in.answer != nil && *in.answer != accept:
		return zikr.CodeInvitationAnswered
	case in.answer != nil:
		return ""
	case accept && !in.group.has(user) && slices.Contains(in.group.banned, user):
		return zikr.CodeBanned
	}
	in.answer, in.note.read = &accept, true
	kind := zikr.NotifyInvitationRejected
	if accept {
		kind = zikr.NotifyInvitationAccepted
		m.admit(in.group, user)
	}
	m.note(in.sender, mNote{kind: kind, sender: user, group: in.group.id})
	return ""
}

// note stores a notification of one.
func (m *model) note(receiver string, n mNote) *mNote {
	m.notes[receiver] = append(m.notes[receiver], &n)
	return &n
}

// notice stores one for every member but the actor. It covers what all but the
// actor were told of its topic before.
func (m *model) notice(g *mGroup, actor string, n mNote) {
	n.sender, n.group = actor, g.id
	if n.topic == "" { // its own
		m.topics++
		n.topic = fmt.Sprint("topic ", m.topics)
	}
	for user, notes := range m.notes {
		for _, old := range notes {
			old.read = old.read || user != actor && old.topic == n.topic
		}
	}
	for _, member := range g.members {
		if member != actor {
			m.noteUnlessMute(g, member, n)
		}
	}
}

// unread is a user's unread notifications, newest first.
func (m *model) unread(user string) []*mNote {
	var out []*mNote
	for _, n := range slices.Backward(m.notes[user]) {
		if !n.read {
			out = append(out, n)
		}
	}
	return out
}
