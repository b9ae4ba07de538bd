// Package demo has communities whose members come, read, count, invite and leave by themselves, at a pace that one
// can watch. They act through the use cases, as clients do, and so are seen live by whoever looks on.
package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/zikr-app/zikr"
)

// Password is every login's.
const Password = "bir kun 114 sura"

// Login is somebody as whom one can look on.
type Login struct {
	Email string
	Name  string
	Group string // whose admin it is
}

// Demo is the communities on one server. Make one with New.
type Demo struct {
	service *zikr.Service
	random  *rand.Rand
	groups  []*group
	Logins  []Login
}

// group is one community at work.
type group struct {
	community
	reading, counting, zikr string // ids
	members                 []*member
}

// member is one of its people.
type member struct {
	id       string
	here     bool     // in the channels of both groups
	away     bool     // has left, and will come back
	bookings []string // poras in hand
}

// New makes the communities: their people, groups, and a beginning. What they do is decided by seed.
func New(ctx context.Context, service *zikr.Service, seed uint64) (*Demo, error) {
	d := &Demo{service: service, random: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // nothing depends on it
	for _, c := range communities() {
		g, err := d.found(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("make the community %q: %w", c.reading, err)
		}
		d.groups = append(d.groups, g)
	}
	return d, nil
}

// found makes one community.
func (d *Demo) found(ctx context.Context, c community) (*group, error) {
	g := &group{community: c}
	for i, p := range c.people {
		email := fmt.Sprintf("%s%d@example.org", c.login, i+1)
		if i == 0 {
			email = c.login + "@example.org"
			d.Logins = append(d.Logins, Login{Email: email, Name: p.name + " " + p.surname, Group: c.reading})
		}
		in, err := d.service.Register(ctx, zikr.Registration{Name: p.name, Surname: p.surname, Email: email, Password: Password})
		if err != nil {
			return nil, err
		}
		g.members = append(g.members, &member{id: in.User.ID})
	}
	admin := g.members[0].id
	reading, err := d.service.CreateGroup(ctx, admin, zikr.NewGroup{Name: c.reading, Type: zikr.QuranGroup, IsPublic: true, Dedication: &c.dedication})
	if err != nil {
		return nil, err
	}
	counting, err := d.service.CreateGroup(ctx, admin, zikr.NewGroup{Name: c.counting, Type: zikr.ZikrGroup, IsPublic: true, Zikr: &zikr.NewZikr{Name: c.zikr, Goal: &c.goal}})
	if err != nil {
		return nil, err
	}
	g.reading, g.counting, g.zikr = reading.ID, counting.ID, counting.Zikrs[0].ZikrID
	for _, m := range g.members[1:] {
		if err := d.join(ctx, g, m); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (d *Demo) join(ctx context.Context, g *group, m *member) error {
	_, errR := d.service.JoinPublicGroup(ctx, m.id, g.reading)
	_, errC := d.service.JoinPublicGroup(ctx, m.id, g.counting)
	return errors.Join(errR, errC)
}

// Run has somebody do something every pace, until ctx ends. What cannot be done at the moment, as when a
// visitor was faster, is no error; anything else ends it.
func (d *Demo) Run(ctx context.Context, pace time.Duration) error {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := d.Step(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// Step has somebody do one thing.
func (d *Demo) Step(ctx context.Context) error {
	g := d.groups[d.random.IntN(len(d.groups))]
	m := g.members[d.random.IntN(len(g.members))]
	err := d.act(ctx, g, m)
	var known *zikr.Error
	if errors.As(err, &known) && known.Code != zikr.CodeInternal {
		return nil
	}
	return err
}

// act is what a member does next.
func (d *Demo) act(ctx context.Context, g *group, m *member) error {
	switch what := d.random.IntN(100); {
	case m.away:
		m.away = false
		return d.comeBack(ctx, g, m)
	case !m.here:
		m.here = true
		return errors.Join(d.service.Enter(ctx, m.id, g.reading, ""), d.service.Enter(ctx, m.id, g.counting, ""))
	case what < 50:
		return d.count(ctx, g, m)
	case what < 65:
		return d.book(ctx, g, m)
	case what < 90:
		return d.read(ctx, m)
	case what < 97 || m == g.members[0]:
		m.here = false
		return errors.Join(d.service.Leave(ctx, m.id, g.reading), d.service.Leave(ctx, m.id, g.counting))
	default:
		return d.leave(ctx, g, m)
	}
}

// count is some beads of the group's zikr.
func (d *Demo) count(ctx context.Context, g *group, m *member) error {
	_, err := d.service.UpdateZikrCount(ctx, m.id, zikr.UpdateZikrCount{GroupID: g.counting, ZikrID: g.zikr, Count: zikr.Int(1 + d.random.IntN(33))})
	return err
}

// book takes a pora that looks free, one or two at a time.
func (d *Demo) book(ctx context.Context, g *group, m *member) error {
	if len(m.bookings) >= 2 {
		return d.read(ctx, m)
	}
	b, err := d.service.BookPora(ctx, m.id, zikr.BookPora{GroupID: g.reading, PoraID: strconv.Itoa(1 + d.random.IntN(zikr.Poras))})
	if err == nil {
		m.bookings = append(m.bookings, b.BookingID)
	}
	return err
}

// read completes a pora in hand; one in ten is given back.
func (d *Demo) read(ctx context.Context, m *member) error {
	if len(m.bookings) == 0 {
		return nil
	}
	id := m.bookings[0]
	m.bookings = m.bookings[1:]
	if d.random.IntN(10) == 0 {
		_, err := d.service.ReleasePora(ctx, m.id, zikr.ReleasePora{BookingID: id})
		return err
	}
	_, err := d.service.CompletePora(ctx, m.id, zikr.CompletePora{BookingID: id})
	return err
}

// leave ends both memberships. The admin invites them back, and they may come.
func (d *Demo) leave(ctx context.Context, g *group, m *member) error {
	m.here, m.away, m.bookings = false, true, nil
	return errors.Join(
		d.service.Leave(ctx, m.id, g.reading), d.service.Leave(ctx, m.id, g.counting),
		d.service.LeaveGroup(ctx, m.id, g.reading), d.service.LeaveGroup(ctx, m.id, g.counting))
}

// comeBack accepts the invitation of the admin into the group that reads, and joins the other.
func (d *Demo) comeBack(ctx context.Context, g *group, m *member) error {
	sent, err := d.service.SendInvitation(ctx, g.members[0].id, zikr.SendInvitation{ReceiverID: m.id, GroupID: g.reading})
	if err == nil {
		_, err = d.service.RespondToInvitation(ctx, m.id, zikr.RespondToInvitation{NotificationID: sent.ID, Accept: true})
	}
	return errors.Join(err, d.join(ctx, g, m))
}
