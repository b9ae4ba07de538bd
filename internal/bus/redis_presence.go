package bus

import (
	"context"
	"hash/maphash"
	"sync"

	"github.com/zikr-app/zikr"
)

// presenceTurns is how many users' connections may come or go at one moment.
const presenceTurns = 256

// RedisPresence is the Presence of many nodes. Its methods never fail: when Redis does not answer, they
// answer from what this node knows itself. They do not end early with their context: nobody would know then what
// Redis has.
//
// A node counts its own connections in its memory, and tells Redis of a user's first and last.
type RedisPresence struct {
	r     *Redis
	here  [lanesOfCluster]LocalPresence // what this node knows, by shard of groups
	seed  maphash.Seed
	turns [presenceTurns]sync.Mutex // held while a place comes or goes, in memory and in Redis
}

var _ zikr.Presence = (*RedisPresence)(nil)

func newRedisPresence(r *Redis) *RedisPresence { return &RedisPresence{r: r, seed: maphash.MakeSeed()} }

// place is a user in a group's channel.
type place struct{ group, user string }

// turnOf is which of turns a place shares.
func (p *RedisPresence) turnOf(at place) int {
	return int(maphash.Comparable(p.seed, at) % presenceTurns)
}

// take waits for a place's turn, which ends with a call of what is returned.
func (p *RedisPresence) take(at place) (done func()) {
	turn := &p.turns[p.turnOf(at)]
	turn.Lock()
	return turn.Unlock
}

// Shared reports whether Redis keeps all that this node knows, so that all nodes know it.
func (p *RedisPresence) Shared() bool { return p.r.lanes.Load() != nil && p.r.keeping.well() }

func (p *RedisPresence) shard(groupID string) *LocalPresence { return &p.here[shardOf(groupID)] }

// holds reports whether this node has a connection of the user in the group.
func (p *RedisPresence) holds(groupID, userID string) bool {
	return p.shard(groupID).holds(groupID, userID)
}

// Enter adds a connection of the user and reports whether it is the first.
func (p *RedisPresence) Enter(ctx context.Context, groupID, userID string) (first bool, err error) {
	defer p.take(place{groupID, userID})()
	if first, err = p.shard(groupID).Enter(ctx, groupID, userID); !first || err != nil {
		return false, err
	}
	if l := p.r.laneOf(groupID); l != nil {
		return l.places.enter(context.WithoutCancel(ctx), groupID, userID), nil
	}
	return true, nil
}

// Leave takes a connection away and reports whether it was the last.
func (p *RedisPresence) Leave(ctx context.Context, groupID, userID string) (last bool, err error) {
	defer p.take(place{groupID, userID})()
	if last, err = p.shard(groupID).Leave(ctx, groupID, userID); !last || err != nil {
		return false, err
	}
	if l := p.r.laneOf(groupID); l != nil {
		return l.places.leave(context.WithoutCancel(ctx), groupID, userID), nil
	}
	return true, nil
}

// Online counts the users in the channel and names at most limit of them, in
// no order; a limit below 0 names all.
func (p *RedisPresence) Online(ctx context.Context, groupID string, limit int) (count int, userIDs []string, err error) {
	if l := p.r.laneOf(groupID); l != nil {
		if count, userIDs, ok := l.places.online(context.WithoutCancel(ctx), groupID, limit); ok {
			return count, userIDs, nil
		}
	}
	return p.shard(groupID).Online(ctx, groupID, limit)
}

// holds reports whether a user has a connection in a group.
func (p *LocalPresence) holds(groupID, userID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.groups[groupID][userID] > 0
}

// places returns all users in all groups.
func (p *LocalPresence) places() []place {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []place
	for group, users := range p.groups {
		for user := range users {
			all = append(all, place{group, user})
		}
	}
	return all
}
