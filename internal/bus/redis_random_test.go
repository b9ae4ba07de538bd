package bus_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr/internal/bus"
)

// Groups are asked for and let go in any order and at once; at the end those that
// are wanted are heard, and Redis knows of no others.
func TestListenAtRandom(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	a, b := newNode(t, o), newNode(t, o)
	const groups, turns = 20, 200
	var all sync.WaitGroup
	wanted := make([]bool, groups)
	for g := range groups {
		all.Go(func() {
			name := fmt.Sprintf("g%d", g)
			for range turns {
				if wanted[g] = rand.IntN(2) == 0; wanted[g] {
					ready := a.Listen(name, func() {})
					if rand.IntN(4) == 0 {
						<-ready
					}
				} else {
					a.Unlisten(name)
				}
			}
		})
	}
	all.Wait()
	for g := range groups {
		name := fmt.Sprintf("g%d", g)
		if !wanted[g] {
			continue
		}
		<-a.Listen(name, func() {})
		publish(b, name, 1)
		eventually(t, name+" is heard", func() bool { return a.heardSeq(name, 1) })
	}
	c := client(t, o.URL)
	eventually(t, "Redis knows of no others", func() bool {
		list, err := c.Do(t.Context(), c.B().PubsubShardchannels().Pattern(o.Prefix+"*:g:*").Build()).AsStrSlice()
		return err == nil && len(list) == count(wanted)
	})
}

func count(all []bool) (n int) {
	for _, yes := range all {
		if yes {
			n++
		}
	}
	return n
}

// crowd is users who come to nodes and leave them at random.
type crowd struct {
	nodes []*node
	turns []sync.Mutex // one of a node's users at a time, as in the domain
	users int

	mu   sync.Mutex
	held []map[string]int // by node: user -> connections
}

func newCrowd(users int, nodes ...*node) *crowd {
	c := &crowd{nodes: nodes, turns: make([]sync.Mutex, len(nodes)), users: users, held: make([]map[string]int, len(nodes))}
	for i := range c.held {
		c.held[i] = make(map[string]int)
	}
	return c
}

// move has users come and go n times on each node, on all of them at once.
func (c *crowd) move(n int) {
	var all sync.WaitGroup
	for i, node := range c.nodes {
		all.Go(func() {
			for range n {
				c.moveOne(i, node)
			}
		})
	}
	all.Wait()
}

func (c *crowd) moveOne(i int, n *node) {
	user := fmt.Sprintf("user%d", rand.IntN(c.users))
	c.turns[i].Lock()
	defer c.turns[i].Unlock()
	c.mu.Lock()
	come := c.held[i][user] == 0 || (c.held[i][user] < 3 && rand.IntN(3) == 0)
	if come {
		c.held[i][user]++
	} else {
		c.held[i][user]--
	}
	c.mu.Unlock()
	if come {
		n.enter("g", user)
	} else {
		n.leave("g", user)
	}
}

// online is who must be online.
func (c *crowd) online() (users []string) {
	for u := range c.users {
		user := fmt.Sprintf("user%d", u)
		if slices.ContainsFunc(c.held, func(held map[string]int) bool { return held[user] > 0 }) {
			users = append(users, user)
		}
	}
	slices.Sort(users)
	return users
}

// told is who is online by what was told last of each user.
func (e *ear) told() (users []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := make(map[string]string)
	for _, s := range e.signals {
		name, user, _ := strings.Cut(s, " ")
		last[user] = name
	}
	for user, name := range last {
		if name == "user_online" {
			users = append(users, user)
		}
	}
	slices.Sort(users)
	return users
}

// Users come and go on three nodes at once. At the end Redis and what clients were told
// last both say who is there.
func TestPresenceAtRandom(t *testing.T) {
	o := bus.Options{URL: anyRedis(t), Prefix: prefix()}
	nodes := []*node{newNode(t, o, "g"), newNode(t, o, "g"), newNode(t, o, "g")}
	c := newCrowd(4, nodes...)
	for round := range 10 {
		c.move(100)
		want := c.online()
		for i, n := range nodes {
			n.sees("g", want...)
			eventually(t, fmt.Sprintf("round %d: the clients of node %d know who is online", round, i), func() bool {
				return slices.Equal(n.told(), want)
			})
		}
	}
}

// The same, while connections are cut and Redis is killed and started empty. What
// clients were told may be out of date then, but never what Redis has.
func TestPresenceAtRandomWithFaults(t *testing.T) {
	s := newServer(t)
	wires := make([]*wire, 3)
	nodes := make([]*node, len(wires))
	for i := range wires {
		wires[i] = newWire(t, s.addr())
		nodes[i] = newNode(t, bus.Options{URL: wires[i].url(), Prefix: "zikr", Lease: 2 * time.Second}, "g")
	}
	c := newCrowd(30, nodes...)
	for range 3 {
		moving := make(chan struct{})
		go func() {
			defer close(moving)
			c.move(400)
		}()
		for range 4 {
			w := wires[rand.IntN(len(wires))]
			w.setCut(true)
			time.Sleep(rand.N(50 * time.Millisecond)) // the fault itself
			w.setCut(false)
		}
		s.kill()
		time.Sleep(rand.N(100 * time.Millisecond))
		s.start()
		<-moving
		want := c.online()
		for _, n := range nodes {
			n.healthy()
			n.sees("g", want...)
		}
	}
}
