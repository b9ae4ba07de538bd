package zikr

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Link lets whoever has it into a group, without an invitation (readers' links, contract section 6).
type Link struct {
	Code      string
	GroupID   string
	MaxUses   int64     // how many people it lets in; 0 for any number
	Uses      int64     // how many it has let in
	Guests    bool      // lets in people without an account, too
	ExpiresAt time.Time // zero: never
	EndedAt   time.Time // when the admin ended it; zero while it is good
	CreatedAt time.Time
}

// LinkUse is somebody whom a link let in, once, however often they came back by it.
type LinkUse struct {
	Code   string
	UserID string
	UsedAt time.Time
}

// LinkReader reads links.
type LinkReader interface {
	Link(code string) (*Link, error)
	// LinksOf returns all links of a group, the newest first.
	LinksOf(groupID string) ([]Link, error)
	LinkUse(code, userID string) (*LinkUse, error)
	// LinkUsesOf returns the uses of a user, oldest first.
	LinkUsesOf(userID string) ([]LinkUse, error)
}

// LinkWriter writes them.
type LinkWriter interface {
	InsertLink(Link) error
	UpdateLink(Link) error
	InsertLinkUse(LinkUse) error
	// DeleteLink removes a link and its uses.
	DeleteLink(code string) error
}

// The bounds of links.
const (
	maxLinks    = 50  // good ones of a group at a time (contract section 6)
	linksKept   = 200 // of a group in all: beyond it, the oldest that is not good any more goes
	maxLinkUses = 100_000
)

// codeLetters are the digits and letters that are not mistaken for each other (Crockford's
// base 32): 16 of them are 80 bits, which nobody guesses.
const (
	codeLetters = "0123456789abcdefghjkmnpqrstvwxyz"
	codeLength  = 16
)

// newCode makes the code of a link.
func newCode() string {
	var random [codeLength]byte
	_, _ = rand.Read(random[:]) // never fails
	for i, b := range random {
		random[i] = codeLetters[b%byte(len(codeLetters))]
	}
	return string(random[:])
}

// linkCode reads a code as people type it: in capitals, with hyphens or spaces, with an O for a
// zero, an I or an L for a one. CodeLinkNotFound for what cannot be a code.
func linkCode(typed string) (string, error) {
	code := strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(typed))
	if len(code) != codeLength || strings.Trim(code, codeLetters) != "" {
		return "", noLink(typed)
	}
	return code, nil
}

func noLink(code string) *Error {
	return Errorf(CodeLinkNotFound, "There is no link %.40q. Please check it, or ask for a new one.", code)
}

// good reports whether a link lets anybody in.
func (l *Link) good(now time.Time) bool { return l.over(now) == nil }

// over says why a link lets nobody in any more; nil while it does. CodeLinkExpired.
func (l *Link) over(now time.Time) error {
	switch {
	case !l.EndedAt.IsZero():
		return Errorf(CodeLinkExpired, "This link was ended. Please ask for a new one.")
	case !l.ExpiresAt.IsZero() && !now.Before(l.ExpiresAt):
		return Errorf(CodeLinkExpired, "This link is over since %s. Please ask for a new one.", l.ExpiresAt.UTC().Format(time.DateOnly))
	case l.MaxUses > 0 && l.Uses >= l.MaxUses:
		return Errorf(CodeLinkExpired, "This link has let in the %d people that it was for. Please ask for a new one.", l.MaxUses)
	default:
		return nil
	}
}

// NewLink is what a link is made of.
type NewLink struct {
	MaxUses   *Int  `json:"maxUses,omitempty" minimum:"1" maximum:"100000" doc:"how many people it lets in; none for any number"`
	ExpiresAt *Time `json:"expiresAt,omitempty" doc:"in the future; none for never"`
	Guests    bool  `json:"guests,omitempty" doc:"lets in people without an account, too"`
}

// LinkItem is a link as the group's admin sees it.
type LinkItem struct {
	Code      string `json:"code"`
	URL       string `json:"url" doc:"the page of the link; without ZIKR_PUBLIC_URL, its path"`
	MaxUses   *int64 `json:"maxUses"`
	Uses      int64  `json:"uses" doc:"how many people it has let in"`
	ExpiresAt *Time  `json:"expiresAt"`
	Guests    bool   `json:"guests"`
	CreatedAt Time   `json:"createdAt"`
}

// LinkPage is what a link tells to whoever has it. It names no person.
type LinkPage struct {
	GroupID       string    `json:"groupId"`
	GroupName     string    `json:"groupName"`
	Type          GroupType `json:"type" enum:"quran,zikr"`
	Dedication    *string   `json:"dedication"`
	MemberCount   int64     `json:"memberCount"`
	HatmCount     int64     `json:"hatmCount"`
	TotalFinished int64     `json:"totalFinished" doc:"poras of the oldest open hatm that are done"`
	Guests        bool      `json:"guests" doc:"people without an account may come in"`
	ExpiresAt     *Time     `json:"expiresAt"`
}

func (s *Service) linkItem(l Link) LinkItem {
	return LinkItem{
		Code: l.Code, URL: s.publicURL + "/j/" + l.Code, MaxUses: orNil(l.MaxUses), Uses: l.Uses, ExpiresAt: momentOrNil(l.ExpiresAt),
		Guests: l.Guests, CreatedAt: At(l.CreatedAt),
	}
}

// LinkURL is the address of a link's page: absolute, if the operator has said where the server is.
func (s *Service) LinkURL(typed string) (string, error) {
	code, err := linkCode(typed)
	return s.publicURL + "/j/" + code, err
}

// CreateLink makes a link into a group. Admin only.
func (s *Service) CreateLink(ctx context.Context, userID, groupID string, in NewLink) (*LinkItem, error) {
	l := Link{Code: newCode(), GroupID: groupID, Guests: in.Guests}
	if in.MaxUses != nil {
		if l.MaxUses = int64(*in.MaxUses); l.MaxUses < 1 || l.MaxUses > maxLinkUses {
			return nil, Errorf(CodeInvalidPayload, "maxUses is %d: it must be from 1 to %d, or absent for any number.", l.MaxUses, maxLinkUses)
		}
	}
	if in.ExpiresAt != nil {
		l.ExpiresAt = in.ExpiresAt.Time
	}
	err := s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		if _, err := administered(c, groupID, userID); err != nil {
			return err
		}
		c.stored += rowBytes
		l.CreatedAt = c.at
		if !l.ExpiresAt.IsZero() && !c.at.Before(l.ExpiresAt) {
			return Errorf(CodeInvalidPayload, "expiresAt is %s: it must be in the future.", l.ExpiresAt.UTC().Format(timeLayout))
		}
		if err := s.roomForLink(c, groupID); err != nil {
			return err
		}
		return c.InsertLink(l)
	})
	if err != nil {
		return nil, err
	}
	item := s.linkItem(l)
	return &item, nil
}

// roomForLink holds a group to how many links it may have, good ones and all.
func (s *Service) roomForLink(c *command, groupID string) error {
	links, err := c.LinksOf(groupID)
	if err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	good, oldest := 0, ""
	for _, l := range links { // the newest first
		if l.good(c.at) {
			good++
		} else {
			oldest = l.Code
		}
	}
	if good >= maxLinks {
		return Errorf(CodeLimitReached, "This group has %d links that are good. Please end one first.", good)
	}
	if len(links) >= linksKept {
		return c.DeleteLink(oldest)
	}
	return nil
}

// Links lists a group's links that let people in, the newest first. Admin only.
func (s *Service) Links(ctx context.Context, userID, groupID string) (*List[LinkItem], error) {
	return view(ctx, s, func(r Reader) (*List[LinkItem], error) {
		if _, err := administered(r, groupID, userID); err != nil {
			return nil, err
		}
		links, err := r.LinksOf(groupID)
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		out := &List[LinkItem]{Items: []LinkItem{}}
		for _, l := range links {
			if l.good(s.now()) {
				out.Items = append(out.Items, s.linkItem(l))
			}
		}
		return out, nil
	})
}

// EndLink ends a link. Admin only. One that is over already stays so.
func (s *Service) EndLink(ctx context.Context, userID, groupID, typed string) error {
	code, err := linkCode(typed)
	if err != nil {
		return err
	}
	return s.update(ctx, GroupKey(groupID), func(c *command) error {
		if _, err := administered(c, groupID, userID); err != nil {
			return err
		}
		l, err := c.Link(code)
		if err != nil {
			return orNotFound(err, "find link", noLink(typed))
		}
		if l.GroupID != groupID {
			return noLink(typed)
		}
		if !l.good(c.at) {
			return nil
		}
		l.EndedAt = c.at
		return c.UpdateLink(*l)
	})
}

// LinkPage tells what a link leads to, to whoever has it. CodeLinkNotFound, CodeLinkExpired.
func (s *Service) LinkPage(ctx context.Context, typed string) (*LinkPage, error) {
	return view(ctx, s, func(r Reader) (*LinkPage, error) {
		l, g, err := openLink(r, typed)
		if err != nil {
			return nil, err
		}
		if err := l.over(s.now()); err != nil {
			return nil, err
		}
		out := &LinkPage{
			GroupID: g.ID, GroupName: g.Name, Type: g.Type, Dedication: orNil(g.Dedication), MemberCount: g.MemberCount,
			HatmCount: g.HatmCount, Guests: l.Guests && s.guests, ExpiresAt: momentOrNil(l.ExpiresAt),
		}
		if g.Type == QuranGroup {
			out.TotalFinished, err = finishedOf(r, g)
		}
		return out, err
	})
}

// finishedOf is how many poras of the oldest open hatm are done.
func finishedOf(r Reader, g *Group) (int64, error) {
	open, err := r.OpenHatms(g.ID)
	if err != nil || len(open) == 0 {
		return 0, fmt.Errorf("find the oldest open hatm: %w", cmp.Or(err, ErrNotFound))
	}
	return open[0].Finished, nil
}

// openLink returns a link and its group, which is there still. It may be over all the same.
func openLink(r Reader, typed string) (*Link, *Group, error) {
	code, err := linkCode(typed)
	if err != nil {
		return nil, nil, err
	}
	l, err := r.Link(code)
	if err != nil {
		return nil, nil, orNotFound(err, "find link", noLink(typed))
	}
	g, err := r.Group(l.GroupID)
	if err != nil {
		return nil, nil, fmt.Errorf("find the link's group: %w", err)
	}
	if g.Deleted {
		return nil, nil, Errorf(CodeLinkExpired, "The group of this link has ended.")
	}
	return l, g, nil
}

// JoinByLink makes the caller a member of the link's group. Who is one already is answered the
// same, and uses nothing up. CodeLinkNotFound, CodeLinkExpired, CodeBanned, CodeLimitReached, CodeRateLimited.
func (s *Service) JoinByLink(ctx context.Context, userID, typed string) (*Snapshot, error) {
	groupID, err := s.groupOfLink(ctx, typed)
	if err != nil {
		return nil, err
	}
	err = s.act(ctx, userID, GroupKey(groupID), func(c *command) error {
		l, g, err := openLink(c, typed)
		if err != nil {
			return err
		}
		_, _, err = membership(c, groupID, userID)
		if CodeOf(err) != CodeNotMember {
			return err
		}
		return s.admitByLink(c, l, g, userID)
	})
	if err != nil {
		return nil, err
	}
	return s.Snapshot(ctx, userID, groupID)
}

// groupOfLink tells which key the commands on a link belong to: a link's group never changes.
func (s *Service) groupOfLink(ctx context.Context, typed string) (string, error) {
	return view(ctx, s, func(r Reader) (string, error) {
		l, _, err := openLink(r, typed)
		if err != nil {
			return "", err
		}
		return l.GroupID, nil
	})
}

// admitByLink uses a link: once for each person, however often they come by it.
func (s *Service) admitByLink(c *command, l *Link, g *Group, userID string) error {
	if err := s.mayEnter(c, g, userID); err != nil {
		return err
	}
	_, err := c.LinkUse(l.Code, userID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("find the link's use: %w", err)
	}
	again := err == nil && l.EndedAt.IsZero() && (l.ExpiresAt.IsZero() || c.at.Before(l.ExpiresAt))
	if err := l.over(c.at); err != nil && !again {
		return err
	}
	if err := s.countJoin(c, userID); err != nil {
		return err
	}
	if err := c.admit(g, userID); err != nil || again {
		return err
	}
	l.Uses++
	return firstError([]error{c.UpdateLink(*l), c.InsertLinkUse(LinkUse{Code: l.Code, UserID: userID, UsedAt: c.at})})
}
