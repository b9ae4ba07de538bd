package bus

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zikr-app/zikr"
)

const (
	maxDeadGroups    = 500 // of a dead name, that are asked for at once
	deadGroupsAtOnce = 32  // of them are worked on
	deadUsersAtOnce  = 100 // of each: all of these are told within the half of an outbox that room leaves
)

// newName makes up a name that no node has had: 65 bits.
func newName() string { return rand.Text()[:13] }

// abandon takes out in silence what is left under a name that this node had.
func (p *places) abandon(ctx context.Context, name string) error {
	l := p.lane
	err := p.call(ctx, l.r.scripts.abandon, []string{l.nodesKey(), l.deadKey()}, name, milliseconds(l.r.opts.Lease)).Error()
	if err != nil {
		return fmt.Errorf("abandon %s: %w", name, err)
	}
	return p.takeOut(ctx, name, false)
}

// takeOut takes all users out of a dead name. With tell, the groups are told who
// is offline because of it. Several nodes may be at it, should it take long: each user is taken out by one of them.
func (p *places) takeOut(ctx context.Context, name string, tell bool) error {
	l := p.lane
	for ctx.Err() == nil {
		groups, err := p.groupsOf(ctx, name)
		if err != nil {
			return err
		}
		if len(groups) > 0 {
			if err := p.takeOutOfGroups(ctx, name, groups, tell); err != nil {
				return err
			}
			continue
		}
		err = p.call(ctx, l.r.scripts.bury, []string{l.indexKey(name), l.deadKey(), l.buriedKey()}, name).Error()
		if err != nil {
			return fmt.Errorf("bury %s: %w", name, err)
		}
		return nil
	}
	return ctx.Err()
}

// takeOutOfGroups takes all users out of a dead name in some groups.
func (p *places) takeOutOfGroups(ctx context.Context, name string, groups []string, tell bool) error {
	atOnce, ctx := errgroup.WithContext(ctx)
	atOnce.SetLimit(deadGroupsAtOnce)
	for _, group := range groups {
		atOnce.Go(func() error { return p.takeOutOfGroup(ctx, name, group, tell) })
	}
	return atOnce.Wait()
}

// groupsOf returns some of the groups in which there are users under a name.
func (p *places) groupsOf(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	client := p.lane.r.client
	groups, err := client.Do(ctx, client.B().Hrandfield().Key(p.lane.indexKey(name)).Count(maxDeadGroups).Build()).AsStrSlice()
	if err != nil {
		return nil, fmt.Errorf("groups of %s: %w", name, err)
	}
	return groups, nil
}

// takeOutOfGroup takes all users out of a dead name in one group.
func (p *places) takeOutOfGroup(ctx context.Context, name, group string, tell bool) error {
	users, err := p.usersOf(ctx, name, group)
	if err != nil {
		return err
	}
	l := p.lane
	if len(users) == 0 { // somebody else has just done it
		client := l.r.client
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		return client.Do(ctx, client.B().Hdel().Key(l.indexKey(name)).Field(group).Build()).Error()
	}
	for some := range slices.Chunk(users, deadUsersAtOnce) {
		if err := l.outbox.room(ctx); err != nil {
			return err
		}
		args := append([]string{name, group}, some...)
		gone, err := p.call(ctx, l.r.scripts.takeOut, []string{l.groupKey(group), l.indexKey(name)}, args...).AsStrSlice()
		if err != nil {
			return fmt.Errorf("take users of %s out: %w", name, err)
		}
		for _, user := range gone {
			if tell {
				p.tellOffline(group, user)
			}
		}
	}
	return nil
}

// usersOf returns the users of a group who are there under a name.
func (p *places) usersOf(ctx context.Context, name, group string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	client := p.lane.r.client
	all, err := client.Do(ctx, client.B().Hgetall().Key(p.lane.groupKey(group)).Build()).AsStrMap()
	if err != nil {
		return nil, fmt.Errorf("users of %s: %w", name, err)
	}
	var users []string
	for user, names := range all {
		if slices.Contains(strings.Fields(names), name) {
			users = append(users, user)
		}
	}
	return users, nil
}

// tellOffline tells a group that a user of a dead node is offline, unless the user has just come to this one.
func (p *places) tellOffline(group, user string) {
	presence := p.lane.r.presence
	defer presence.take(place{group, user})()
	if !presence.holds(group, user) {
		p.tell(group, zikr.UserOffline{GroupID: group, UserID: user, Timestamp: zikr.At(time.Now())})
	}
}
