package zikr

import (
	"encoding/json"
	"fmt"
	"slices"
)

// sight is what one person may see of who does what in a group (contract section 2, Who sees what).
// Whatever names a member because of what they did goes through it, or is hidden from all alike.
type sight struct {
	viewer  string // whose own doings are named to them; "" for nobody
	members bool   // who is in the group, who is here, and which booking a pora is in
	acts    bool   // who read, booked, gave back and counted
}

// sightOf is that of a user: a member, or else a stranger, who may have been a member once.
func sightOf(r Reader, g *Group, userID string) (sight, error) {
	_, _, err := membership(r, g.ID, userID)
	if CodeOf(err) == CodeNotMember {
		return sight{}, nil
	}
	return g.memberSight(userID), err
}

// memberSight is that of a member: in an anonymous group only the admin is told who does what.
func (g *Group) memberSight(userID string) sight {
	return sight{viewer: userID, members: true, acts: !g.IsAnonymous || g.AdminID == userID}
}

// platformSight is that of an admin of the platform, who has to know the members, and no more than they do.
func (g *Group) platformSight() sight { return sight{members: true, acts: !g.IsAnonymous} }

// names reports whether the doings of a user are told by name.
func (v sight) names(userID string) bool { return v.acts || v.viewer == userID }

// limit leaves in a snapshot what may be seen of it.
func (v sight) limit(s *Snapshot) {
	for i := range s.Hatms {
		v.poras(s.Hatms[i].Poras) // s.Poras are those of the first
	}
	for i := range s.Zikrs {
		s.Zikrs[i].Members = v.shares(s.Zikrs[i].Members)
	}
	if v.viewer != s.AdminID {
		for i := range s.Members {
			s.Members[i].Surname = "" // is for whoever may change it
		}
	}
	if !v.members {
		s.MemberCount, s.Members, s.AdminID = int64(len(s.Members)), []MemberItem{}, ""
	}
}

// poras leaves in poras what may be seen of them: of those in others' hands no name, and to a
// stranger only that they are taken or done.
func (v sight) poras(items []PoraItem) {
	for i := range items {
		p := &items[i]
		switch {
		case !v.members:
			*p = PoraItem{PoraID: p.PoraID, PoraName: p.PoraName, Status: p.Status}
		case p.UserID != nil && !v.names(*p.UserID):
			p.UserID, p.UserName = new(string), new(string)
		}
	}
}

// readers takes the names of others out of a hatm's history.
func (v sight) readers(items []ReaderItem) {
	for i := range items {
		if !v.names(items[i].UserID) {
			items[i].UserID, items[i].UserName = "", ""
		}
	}
}

// shares returns what may be seen of who counted how much: one's own and what all others counted
// together, which still sum to the total; nothing to a stranger.
func (v sight) shares(items []ShareItem) []ShareItem {
	if v.acts {
		return items
	}
	out := []ShareItem{}
	if !v.members {
		return out
	}
	var others ShareItem
	for _, item := range items {
		if v.names(item.UserID) {
			out = append(out, item)
		} else {
			others.Count += item.Count
		}
	}
	if others.Count != 0 {
		out = append(out, others)
	}
	return out
}

// actEvent is the payload of an event of a group that says who read, booked, gave back or counted.
type actEvent interface{ hideActor() }

func (e *PoraBooked) hideActor()       { e.UserID, e.UserName = "", "" }
func (e *PoraReleased) hideActor()     { e.UserID, e.UserName = "", "" }
func (e *PoraCompleted) hideActor()    { e.UserID, e.UserName = "", "" }
func (e *PoraReopened) hideActor()     { e.UserID, e.UserName = "", "" }
func (e *ZikrCountUpdated) hideActor() { e.UserID, e.UserName = "", "" }

// hideActor takes the name out of what an anonymous group is about to be told. All are told the same, the admin too.
func (g *Group) hideActor(e GroupEvent) {
	if act, is := e.(actEvent); is && g.IsAnonymous {
		act.hideActor()
	}
}

// ActEvents are the names of the events whose payload says who read, booked, gave back or counted.
func ActEvents() []string {
	var out []string
	for _, e := range []Payload{PoraBooked{}, PoraReleased{}, PoraCompleted{}, PoraReopened{}, ZikrCountUpdated{}} {
		out = append(out, e.EventName())
	}
	return out
}

// hideActors takes the names out of events of an anonymous group that were told before it was one.
func (g *Group) hideActors(events []Event) error {
	if !g.IsAnonymous {
		return nil
	}
	acts := ActEvents()
	for i := range events {
		e := &events[i]
		if !slices.Contains(acts, e.Name) {
			continue
		}
		var told struct{ UserID, UserName string }
		err := json.Unmarshal(e.Data, &told)
		if err == nil && told.UserID+told.UserName != "" {
			e.UserID = ""
			e.Data, err = withFields(e.Data, map[string]string{"userId": "", "userName": ""})
		}
		if err != nil {
			return fmt.Errorf("hide who did what in event %d: %w", e.Seq, err)
		}
	}
	return nil
}

// withFields sets texts in the payload of an event.
func withFields(data json.RawMessage, texts map[string]string) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	for name, text := range texts {
		fields[name], _ = json.Marshal(text) // a string always encodes
	}
	return json.Marshal(fields)
}

// tellsAct reports whether the sender of such a notification is who read or counted.
func (t NotificationType) tellsAct() bool { return t == NotifyHatmCompleted || t == NotifyGoalReached }

// tellsBooking reports whether the receiver of such a notification is who has a pora.
func (t NotificationType) tellsBooking() bool {
	return t == NotifyPoraReleased || t == NotifyPoraAssigned || t == NotifyPoraReminder
}

// hideSenders takes the names out of notifications that tell who read or counted in anonymous groups. All receivers
// are told the same.
func hideSenders(r Reader, items []NotificationItem) error {
	groups := map[string]*Group{}
	for i := range items {
		n := &items[i]
		if !n.Type.tellsAct() {
			continue
		}
		g := groups[n.GroupID]
		if g == nil {
			var err error
			if g, err = r.Group(n.GroupID); err != nil {
				return fmt.Errorf("find the group of notification %s: %w", n.ID, err)
			}
			groups[g.ID] = g
		}
		if g.IsAnonymous {
			n.SenderID, n.SenderName = "", ""
		}
	}
	return nil
}
