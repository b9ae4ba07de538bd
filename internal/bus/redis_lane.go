package bus

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// lanesOfCluster is how many shards of groups there are: on a cluster each is a lane
// of its own, on a single server one lane is all of them. Nodes must agree on it, so it never changes.
const lanesOfCluster = 64

// slotsOfCluster is how many slots a Redis cluster has.
const slotsOfCluster = 16384

// lane is a share of the groups that lives in one slot of a cluster: their
// channels, and who is online in them. All of it is on one server and can be changed by one
// script, and one lane's trouble is not another's.
type lane struct {
	r    *Redis
	base string // what all of its keys and channels begin with

	outbox outbox
	link   link
	places places
}

// laneBases returns what the keys of n lanes begin with: hash tags that spread the
// lanes evenly over the slots of a cluster, and so over its servers.
func laneBases(prefix string, n int) []string {
	bases := make([]string, n)
	width := slotsOfCluster / n
	for tag, found := 0, 0; found < n; tag++ {
		t := strconv.Itoa(tag)
		if i := int(crc16(t)) % slotsOfCluster / width; bases[i] == "" {
			bases[i] = prefix + ":{" + t + "}:"
			found++
		}
	}
	return bases
}

// crc16 is the checksum by which a cluster finds a key's slot (Redis cluster
// specification, appendix A: XMODEM).
func crc16(s string) (crc uint16) {
	for i := range len(s) {
		crc ^= uint16(s[i]) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// shardOf is which of lanesOfCluster shards a group belongs to.
func shardOf(groupID string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(groupID))
	return int(h.Sum32() % lanesOfCluster)
}

// laneOf returns a group's lane, nil if Redis has never been reached.
func (r *Redis) laneOf(groupID string) *lane {
	lanes := r.lanes.Load()
	if lanes == nil {
		return nil
	}
	return (*lanes)[shardOf(groupID)%len(*lanes)]
}

// usersChannel carries signals to users; the first lane has it.
//
// It is one channel for all users, not one for each that is connected here: a signal to users is rare (an
// invitation, a goal, a hatm; at 1,000,000 users some hundred a second at most), names up to hundreds of them at once, and costs a
// node that has none of them a look into a map. A channel each would cost Redis and the nodes a million
// subscriptions, one more command for each connection that opens and closes, and a publication for each
// member of a group, online or not.
func (l *lane) usersChannel() string { return l.base + "u" }

// groupChannel carries events and signals of one group.
func (l *lane) groupChannel(groupID string) string { return l.base + "g:" + groupID }

// groupOfChannel is the group whose channel it is, "" for the users'.
func (l *lane) groupOfChannel(channel string) string {
	group, ok := strings.CutPrefix(strings.TrimPrefix(channel, l.base), "g:")
	if !ok {
		return ""
	}
	return group
}

// limitKey is a key of what nodes count together.
func (l *lane) limitKey(key string) string { return l.base + "l:" + key }

// The keys of presence; see redis_scripts.go.
func (l *lane) nodesKey() string               { return l.base + "nodes" }
func (l *lane) deadKey() string                { return l.base + "dead" }
func (l *lane) buriedKey() string              { return l.base + "buried" }
func (l *lane) indexKey(name string) string    { return l.base + "n:" + name }
func (l *lane) groupKey(groupID string) string { return l.base + "p:" + groupID }
