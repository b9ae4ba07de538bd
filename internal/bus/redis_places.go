package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/redis/rueidis"
)

// errNoLease is of a name under which nothing can be written any more.
var errNoLease = errors.New("Redis does not know this node, or not any more")

// places is who this node holds in the groups of one lane, as it stands in Redis.
type places struct {
	lane   *lane
	shards []int         // of groups
	part   part          // of presence's health
	wake   chan struct{} // has something when the name was given up
	// Used by run only, and by its job while that is under way.
	job *job
	// toldOffline is whether the others were told that this node's users are offline, since it was last with them.
	toldOffline bool

	mu   sync.Mutex
	name string // under which this node writes; "" while Redis is away, and only this node's memory is asked
	// before is the name that it had until Redis was away, as long as users may be there under it; "" if none.
	before string
	whole  bool // all that this node holds is written under name, and nothing under before
	ending bool // this node is about to end: its lease is short from now on
}

func (p *places) init(l *lane, i, n int) {
	p.lane = l
	p.part.begin(&l.r.keeping, true)
	p.wake = make(chan struct{}, 1)
	for ; i < lanesOfCluster; i += n {
		p.shards = append(p.shards, i)
	}
}

// names returns the name and the name before.
func (p *places) names() (name, before string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.name, p.before
}

func (p *places) setNames(name, before string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name, p.before, p.whole = name, before, false
}

// isWhole reports whether Redis says of this node's users what is true.
func (p *places) isWhole() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.whole
}

// fail gives a name up, because what was written under it is no longer known to be right.
func (p *places) fail(name string, err error) {
	p.mu.Lock()
	if name != "" && p.name == name {
		p.name, p.before, p.whole = "", name, false
		wake(p.wake)
	}
	p.mu.Unlock()
	p.part.report(err)
}

// call runs a script.
func (p *places) call(ctx context.Context, script *rueidis.Lua, keys []string, args ...string) rueidis.RedisResult {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return script.Exec(ctx, p.lane.r.client, keys, args)
}

// enter adds a user and reports whether it is the first connection.
func (p *places) enter(ctx context.Context, groupID, userID string) (first bool) {
	name, before := p.names()
	if name == "" {
		return true
	}
	answers, err := p.write(ctx, name, before, []place{{groupID, userID}})
	if err != nil {
		p.fail(name, err)
		return true
	}
	return answers[0] != enteredToOthers
}

// write adds users under a name. It returns what enterText does, one answer for each.
func (p *places) write(ctx context.Context, name, before string, some []place) ([]int64, error) {
	keys := []string{p.lane.nodesKey(), p.lane.indexKey(name)}
	args := []string{name, before}
	for _, at := range some {
		keys = append(keys, p.lane.groupKey(at.group))
		args = append(args, at.group, at.user)
	}
	answers, err := p.call(ctx, p.lane.r.scripts.enter, keys, args...).AsIntSlice()
	switch {
	case err != nil:
		return nil, fmt.Errorf("enter: %w", err)
	case len(answers) != len(some):
		return nil, errNoLease
	}
	return answers, nil
}

// leave takes a user out and reports whether it was the last connection.
func (p *places) leave(ctx context.Context, groupID, userID string) (last bool) {
	name, before := p.names()
	if name == "" {
		return true
	}
	l := p.lane
	keys := []string{l.nodesKey(), l.groupKey(groupID), l.indexKey(name), l.indexKey(before)}
	answer, err := p.call(ctx, l.r.scripts.leave, keys, name, before, groupID, userID).AsInt64()
	switch {
	case err != nil:
		p.fail(name, fmt.Errorf("leave: %w", err))
	case answer < 0:
		p.fail(name, errNoLease)
	default:
		return answer == 1
	}
	return true
}

// online counts and names the users of a group. It reports false if Redis cannot say.
func (p *places) online(ctx context.Context, groupID string, limit int) (count int, userIDs []string, ok bool) {
	name, _ := p.names()
	if name == "" {
		return 0, nil, false
	}
	reply, err := p.call(ctx, p.lane.r.scripts.online, []string{p.lane.groupKey(groupID)}, strconv.Itoa(limit)).ToArray()
	if err == nil {
		count, userIDs, err = readOnline(reply)
	}
	if err != nil {
		p.fail(name, fmt.Errorf("online: %w", err))
		return 0, nil, false
	}
	return count, userIDs, true
}

func readOnline(reply []rueidis.RedisMessage) (count int, userIDs []string, err error) {
	if len(reply) != 2 {
		return 0, nil, fmt.Errorf("%d values instead of 2", len(reply))
	}
	n, err := reply[0].AsInt64()
	if err != nil {
		return 0, nil, err
	}
	userIDs, err = reply[1].AsStrSlice()
	return int(n), userIDs, err
}
