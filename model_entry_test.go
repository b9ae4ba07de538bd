package zikr_test

import (
	"slices"
	"time"

	"github.com/zikr-app/zikr"
)

// This file is the model of how people come into a group by a link, and of who is kept out.

// mLink is a link into a group.
type mLink struct {
	group   *mGroup
	most    int64 // how many people it lets in; 0 for any number
	used    []string
	guests  bool
	expires time.Time // zero: never
	ended   bool
}

// over reports whether a link lets nobody in any more.
func (l *mLink) over(now time.Time) bool {
	return l.closed(now) || l.most > 0 && int64(len(l.used)) >= l.most
}

// closed reports whether not even who came by it before may come by it again.
func (l *mLink) closed(now time.Time) bool {
	return l.ended || !l.expires.IsZero() && !now.Before(l.expires)
}

// openLink finds a link whose group is there still.
func (m *model) openLink(code string) (*mLink, zikr.Code) {
	l := m.links[code]
	switch {
	case l == nil:
		return nil, zikr.CodeLinkNotFound
	case l.group.deleted:
		return nil, zikr.CodeLinkExpired
	}
	return l, ""
}

// joinByLink lets a user in: once for each, however often they come by it.
func (m *model) joinByLink(user, code string, now time.Time) zikr.Code {
	l, refusal := m.openLink(code)
	switch {
	case refusal != "" || l.group.has(user):
		return refusal
	case slices.Contains(l.group.banned, user):
		return zikr.CodeBanned
	case slices.Contains(l.used, user) && !l.closed(now):
		m.admit(l.group, user)
		return ""
	case l.over(now):
		return zikr.CodeLinkExpired
	}
	m.admit(l.group, user)
	l.used = append(l.used, user)
	return ""
}

// welcomes says whether a link lets in somebody without an account.
func (m *model) welcomes(code string, now time.Time) zikr.Code {
	l, refusal := m.openLink(code)
	switch {
	case refusal != "":
		return refusal
	case l.over(now):
		return zikr.CodeLinkExpired
	case !l.guests:
		return zikr.CodeGuestsNotAllowed
	}
	return ""
}

func (m *model) endLink(user, group, code string) zikr.Code {
	if code == "nothing" { // cannot be a code
		return zikr.CodeLinkNotFound
	}
	g, refusal := m.enter(user, group, true)
	switch {
	case refusal != "":
		return refusal
	case m.links[code] == nil || m.links[code].group != g:
		return zikr.CodeLinkNotFound
	}
	m.links[code].ended = true
	return ""
}

func (m *model) ban(user, group, banned string) zikr.Code {
	g, code := m.enter(user, group, true)
	switch {
	case code != "":
		return code
	case banned == user:
		return zikr.CodeInvalidPayload
	case slices.Contains(g.banned, banned):
		return ""
	case banned == "nobody":
		return zikr.CodeUserNotFound
	}
	g.banned = append(g.banned, banned)
	if g.has(banned) {
		m.dismiss(g, banned)
		m.noteUnlessMute(g, banned, mNote{kind: zikr.NotifyRemoved, sender: user, group: g.id})
	}
	return ""
}

func (m *model) unban(user, group, banned string) zikr.Code {
	g, code := m.enter(user, group, true)
	if code == "" {
		g.banned = slices.DeleteFunc(g.banned, func(id string) bool { return id == banned })
	}
	return code
}

func (m *model) block(user, other string) zikr.Code {
	switch {
	case user == other:
		return zikr.CodeInvalidPayload
	case other == "nobody":
		return zikr.CodeUserNotFound
	case !slices.Contains(m.blocks[user], other):
		m.blocks[user] = append(m.blocks[user], other)
	}
	return ""
}

func (m *model) unblock(user, other string) {
	m.blocks[user] = slices.DeleteFunc(m.blocks[user], func(id string) bool { return id == other })
}
