package bus_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/bustest"
)

func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("a cluster of Redis takes seconds to start: not tested with -short")
	}
	servers := newCluster(t)
	t.Run("bus", func(t *testing.T) { bustest.Bus(t, openBus(servers[0].url())) })
	t.Run("presence", func(t *testing.T) { bustest.Presence(t, openPresence(servers[1].url())) })
	t.Run("lanes are spread", func(t *testing.T) { clusterSpreads(t, servers) })
	t.Run("a slot moves", func(t *testing.T) { clusterSlotMoves(t, servers) })
	t.Run("a server dies", func(t *testing.T) { clusterServerDies(t, servers) })
}

// The servers of a cluster share the lanes evenly.
func clusterSpreads(t *testing.T, servers []*server) {
	o := bus.Options{URL: servers[0].url(), Prefix: prefix()}
	newNode(t, o)
	total := 0
	for _, s := range servers {
		n := len(keys(t, client(t, s.url()), o.Prefix+":*:nodes"))
		if n < 21 || n > 22 {
			t.Errorf("%d lanes are on one of three servers, want 21 or 22 of 64", n)
		}
		total += n
	}
	if total != 64 {
		t.Errorf("got %d lanes, want 64", total)
	}
}

// A slot moves to another server while the nodes use it: they follow.
func clusterSlotMoves(t *testing.T, servers []*server) {
	o := bus.Options{URL: servers[0].url(), Prefix: prefix(), Lease: 5 * time.Second}
	a, b := newNode(t, o), newNode(t, o)
	from, to := client(t, servers[0].url()), client(t, servers[1].url())
	group := groupOn(t, a, from, o.Prefix)
	a.listen(group)
	b.listen(group)
	tag := tagOf(t, from, o.Prefix+":*:p:"+group)
	others := []rueidis.Client{client(t, servers[2].url())}
	moveSlot(t, tag, from, to, others)

	for _, n := range []*node{a, b} {
		n.healthy()
		n.sees(group, "ali")
	}
	eventually(t, "the nodes are told that they may have missed something", func() bool {
		return a.missed[group].Load() > 0 && b.missed[group].Load() > 0
	})
	publish(a, group, 1)
	eventually(t, "the other node hears the group", func() bool { return b.heardSeq(group, 1) })
	b.enter(group, "vali")
	a.sees(group, "ali", "vali")
	if got := keys(t, to, o.Prefix+":{"+tag+"}:p:*"); len(got) != 1 {
		t.Errorf("the new server has %v, want the group", got)
	}
}

// A server of the cluster dies: the groups of the others are served on, and its
// own again when it comes back, empty.
func clusterServerDies(t *testing.T, servers []*server) {
	o := bus.Options{URL: servers[1].url() + "?addr=" + servers[2].addr(), Prefix: prefix(), Lease: 5 * time.Second}
	a, b := newNode(t, o), newNode(t, o)
	dies := groupOn(t, a, client(t, servers[0].url()), o.Prefix)
	lives := groupOn(t, a, client(t, servers[1].url()), o.Prefix)
	for _, n := range []*node{a, b} {
		n.listen(dies)
		n.listen(lives)
	}
	servers[0].kill()
	eventually(t, "the node notices it", func() bool { a.online(dies); return !a.Healthy() && !b.Healthy() && !a.Presence().Shared() })
	publish(a, dies, 1)
	publish(a, lives, 1)
	eventually(t, "the other server's group is served", func() bool { return b.heardSeq(lives, 1) })
	a.enter(dies, "vali")
	b.sees(lives, "ali")

	servers[0].start()
	a.healthy()
	b.healthy()
	b.sees(dies, "ali", "vali")
	publish(a, dies, 2)
	eventually(t, "its groups are served again", func() bool { return b.heardSeq(dies, 2) })
}

// groupOn finds a group that lives on a server, and has ali enter it.
func groupOn(t *testing.T, n *node, c rueidis.Client, prefix string) string {
	t.Helper()
	for i := range 200 {
		group := fmt.Sprintf("group-%s-%d", prefix, i)
		n.enter(group, "ali")
		if len(keys(t, c, prefix+":*:p:"+group)) > 0 {
			return group
		}
		n.leave(group, "ali")
	}
	t.Fatal("no group of 200 lives on the server")
	return ""
}

// tagOf is the hash tag of the one key of a pattern.
func tagOf(t *testing.T, c rueidis.Client, pattern string) string {
	t.Helper()
	found := keys(t, c, pattern)
	if len(found) != 1 {
		t.Fatalf("keys %s: got %v, want one", pattern, found)
	}
	_, rest, _ := strings.Cut(found[0], "{")
	tag, _, _ := strings.Cut(rest, "}")
	return tag
}

func keys(t *testing.T, c rueidis.Client, pattern string) []string {
	t.Helper()
	found, err := c.Do(t.Context(), c.B().Keys().Pattern(pattern).Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// moveSlot moves a tag's slot as redis-cli does, while it is in use.
func moveSlot(t *testing.T, tag string, from, to rueidis.Client, others []rueidis.Client) {
	t.Helper()
	number, err := from.Do(t.Context(), from.B().ClusterKeyslot().Key("{"+tag+"}").Build()).AsInt64()
	if err != nil {
		t.Fatal(err)
	}
	slot := strconv.FormatInt(number, 10)
	fromID, toID := command(t, from, "CLUSTER", "MYID"), command(t, to, "CLUSTER", "MYID")
	port := portOf(t, to)
	command(t, to, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromID)
	command(t, from, "CLUSTER", "SETSLOT", slot, "MIGRATING", toID)
	eventually(t, "the slot is moved", func() bool {
		left, err := from.Do(t.Context(), from.B().Arbitrary("CLUSTER", "GETKEYSINSLOT", slot, "1000").Build()).AsStrSlice()
		if err != nil {
			t.Fatal(err)
		}
		if len(left) > 0 {
			command(t, from, slices.Concat([]string{"MIGRATE", "127.0.0.1", port, "", "0", "5000", "REPLACE", "KEYS"}, left)...)
		}
		command(t, to, "CLUSTER", "SETSLOT", slot, "NODE", toID)
		return from.Do(t.Context(), from.B().Arbitrary("CLUSTER", "SETSLOT", slot, "NODE", toID).Build()).Error() == nil
	})
	for _, c := range others {
		command(t, c, "CLUSTER", "SETSLOT", slot, "NODE", toID)
	}
}

func portOf(t *testing.T, c rueidis.Client) string {
	t.Helper()
	_, rest, _ := strings.Cut(command(t, c, "INFO", "server"), "tcp_port:")
	port, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(port)
}

// newCluster starts a cluster of three servers without replicas, and returns them.
func newCluster(t testing.TB) []*server {
	t.Helper()
	servers := make([]*server, 3)
	for i := range servers {
		servers[i] = newServer(t, "--cluster-enabled", "yes", "--cluster-config-file", filepath.Join(t.TempDir(), "nodes.conf"),
			"--cluster-require-full-coverage", "no", "--cluster-node-timeout", "2000")
	}
	const slots = 16384
	for i, s := range servers {
		c := client(t, s.url())
		first, last := i*slots/len(servers), (i+1)*slots/len(servers)-1
		command(t, c, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last))
		command(t, c, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(servers[0].port))
	}
	for _, s := range servers {
		c := client(t, s.url())
		eventually(t, "the cluster is one", func() bool {
			info, err := c.Do(t.Context(), c.B().ClusterInfo().Build()).ToString()
			return err == nil && strings.Contains(info, "cluster_state:ok") &&
				strings.Contains(info, "cluster_slots_ok:16384") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", len(servers)))
		})
	}
	return servers
}
