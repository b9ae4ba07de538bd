package main

import (
	"context"
	"strings"
	"time"
)

// side is what is measured.
type side string

const (
	ours   side = "zikr"
	before side = "zikr before"
	peer   side = "Node peer"
	floor  side = "plain TCP"
)

// sides are what is measured beside each other.
func (c config) sides() []side {
	if c.before != "" {
		return []side{ours, before}
	}
	return []side{ours, peer, floor}
}

// loaded is the side whose load is put on this one.
func (s side) loaded() side {
	if s == before {
		return ours
	}
	return s
}

// report is what one `zikr load` has found.
type report map[string]any

// scenario is one load, as arguments of `zikr load` for each side that it is put on. Sides
// differ in how much work is measured, so that neither takes long.
type scenario struct {
	name string
	ping time.Duration     // ping interval of the servers; 0 is theirs
	full bool              // zikr runs on the full database
	tiny bool              // zikr has 512 MB and one processor
	long time.Duration     // how much longer than others it takes
	asks ask               // what is asked of zikr beside the load; nil is nothing
	args map[side][]string // without any, the server is started and ended
	rows []row
}

// ask asks a running zikr something, as one whose tokens are signed with its secret.
type ask func(ctx context.Context, address, secret string) (report, error)

// row is a line of the table.
type row struct {
	title, unit string
	value       func(reports []report) (float64, bool) // of a server
	floor       string                                 // key of the floor's figure; empty: it has none
	more        bool                                   // more is better
	ours        bool                                   // the peer has no such figure
}

func words(s string) []string { return strings.Fields(s) }

// key is the figure of the report with the given number.
func key(number int, name string) func([]report) (float64, bool) {
	return func(reports []report) (float64, bool) {
		if number >= len(reports) {
			return 0, false
		}
		v, ok := reports[number][name].(float64)
		return v, ok
	}
}

// around is a figure of the last report, which is about what is not the load's.
func around(name string) func([]report) (float64, bool) {
	return func(reports []report) (float64, bool) { return key(len(reports)-1, name)(reports) }
}

// inOneFsync is how much of what is done a second is done in the time of one bare fsync.
func inOneFsync(rate string) func([]report) (float64, bool) {
	return func(reports []report) (float64, bool) {
		perSecond, okA := key(0, rate)(reports)
		fsync, okB := around("fsync_ms")(reports)
		return perSecond * fsync / 1000, okA && okB
	}
}

// slope is what one more member costs for each message, between the rooms with two numbers.
func slope(a, b int) func([]report) (float64, bool) {
	return func(reports []report) (float64, bool) {
		costA, okA := key(a, "server_cpu_us_per_message")(reports)
		costB, okB := key(b, "server_cpu_us_per_message")(reports)
		sizeA, _ := key(a, "connections")(reports)
		sizeB, _ := key(b, "connections")(reports)
		if !okA || !okB || sizeA == sizeB {
			return 0, false
		}
		return (costB - costA) / (sizeB - sizeA), true
	}
}

// scenarios are all that is measured, in the order of the table.
func scenarios() []scenario {
	all := []scenario{idle(), saturated(), paced(), acks(), counts(), polling(), rooms()}
	return append(all, stored()...)
}

func idle() scenario {
	return scenario{
		name: "idle", ping: 5 * time.Second,
		args: map[side][]string{ours: words("idle -n 10000 --users 1000 --groups 100"), peer: words("idle -n 10000 --groups 100")},
		rows: []row{
			{title: "memory of an idle connection that has joined a group, of 10,000, after a ping round", unit: "KiB", value: key(0, "kib_per_connection")},
			{title: "10,000 connects with `join_group`, from nothing", unit: "s", value: key(0, "connect_s")},
			{title: "CPU of a connect with `join_group`", unit: "us", value: key(0, "connect_cpu_us_per_connection")},
		},
	}
}

func saturated() scenario {
	const room = "fanout -n 1000 --publishers 10 --window 4 --messages "
	return scenario{
		name: "saturated",
		args: map[side][]string{ours: words(room + "5000"), peer: words(room + "500"), floor: words("floor -n 1000 --coalesce 8 --messages 2000")},
		rows: []row{
			{title: "CPU of a delivery, room of 1,000, 10 publishers as fast as it goes", unit: "us", value: key(0, "server_cpu_us_per_delivery"), floor: "cpu_us_per_delivery"},
			{title: "deliveries a second in that run", value: key(0, "deliveries_per_s"), floor: "deliveries_per_s", more: true},
		},
	}
}

func paced() scenario {
	const room = "fanout -n 1000 --publishers 10 --rate 200 --messages 1000"
	return scenario{
		name: "paced",
		args: map[side][]string{ours: words(room), peer: words(room), floor: words("floor -n 1000 --rate 200 --messages 1000")},
		rows: []row{
			{title: "CPU of a delivery, the same room, 200 events a second", unit: "us", value: key(0, "server_cpu_us_per_delivery"), floor: "cpu_us_per_delivery"},
			{title: "99 of 100 of these deliveries take at most", unit: "ms", value: key(0, "p99_ms")},
		},
	}
}

func acks() scenario {
	return scenario{
		name: "acks",
		args: map[side][]string{ours: words("acks -n 50 --acks 200000"), peer: words("acks -n 50 --acks 100000 --event echo")},
		rows: []row{
			{title: "CPU of an event with ack that needs no write: `leave_group` of a group not joined; the peer's `echo`", unit: "us", value: key(0, "server_cpu_us_per_ack")},
			{title: "acks a second, 50 connections", value: key(0, "acks_per_s"), more: true},
		},
	}
}

func counts() scenario {
	const counting = "counts -n 50 --window 4 --counts 50000"
	return scenario{
		name: "counts",
		args: map[side][]string{ours: words(counting), peer: words(counting)},
		rows: []row{
			{title: "confirmed `update_zikr_count` a second, 50 connections with 4 under way: zikr has it on disk, the peer in memory", value: key(0, "confirmed_per_s"), more: true},
			{title: "CPU of one", unit: "us", value: key(0, "server_cpu_us_per_count")},
			{title: "99 of 100 confirmed within", unit: "ms", value: key(0, "p99_ms")},
		},
	}
}

func polling() scenario {
	const room = "fanout -n 1000 --transport polling --publishers 10 --window 4 --messages "
	return scenario{
		name: "polling",
		args: map[side][]string{ours: words(room + "500"), peer: words(room + "200")},
		rows: []row{
			{title: "events a second to each of 1,000 members on long-polling", value: key(0, "messages_per_s"), more: true},
			{title: "CPU of such a delivery", unit: "us", value: key(0, "server_cpu_us_per_delivery")},
		},
	}
}

func rooms() scenario {
	const sizes = "fanout --rooms 10,100,1000,10000 --publishers 10 --window 4"
	const delivery = "CPU of one more delivery for a message, rooms of "
	return scenario{
		name: "rooms",
		args: map[side][]string{ours: words(sizes)},
		rows: []row{
			{title: "CPU of a message to a room of 10, its storing included", unit: "us", value: key(0, "server_cpu_us_per_message")},
			{title: "the same, room of 100", unit: "us", value: key(1, "server_cpu_us_per_message")},
			{title: "the same, room of 1,000", unit: "us", value: key(2, "server_cpu_us_per_message")},
			{title: "the same, room of 10,000", unit: "us", value: key(3, "server_cpu_us_per_message")},
			{title: delivery + "10 to 100", unit: "us", value: slope(0, 1)},
			{title: delivery + "100 to 1,000", unit: "us", value: slope(1, 2)},
			{title: delivery + "1,000 to 10,000", unit: "us", value: slope(2, 3)},
		},
	}
}
