package main

import (
	"context"
	"os/signal"
	"syscall"
	"time"

	"github.com/zikr-app/zikr/internal/load"
)

type loadIdleCmd struct {
	loadTarget
	Connections int           `default:"10000" short:"n" group:"Connections" help:"How many."`
	Stay        bool          `group:"Connections" help:"Do not join the groups."`
	Settle      time.Duration `default:"10s" group:"Connections" help:"How long to wait at least; the memory is read when all have been pinged, too."`
}

// Run measures connections that wait.
func (c *loadIdleCmd) Run(io streams) error {
	users := min(c.Connections, maxCrowd)
	want := crowd{users: users, groups: max(users/10, 1)}
	return c.run(io, want, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Idle(ctx, o, load.IdleOptions{Stay: c.Stay, Settle: c.Settle})
	})
}

type loadFanoutCmd struct {
	loadTarget
	Rooms      []int   `default:"1000" short:"n" group:"Connections" help:"Members of the room; several numbers are rooms of several sizes, one after another."`
	Rate       float64 `group:"Messages" placeholder:"N" help:"Messages a second in all; Unset: as fast as it goes."`
	Publishers int     `default:"10" group:"Messages" help:"How many of the members publish."`
	Window     int     `default:"4" group:"Messages" help:"Without a rate: messages under way for each publisher."`
	Messages   int     `group:"Messages" placeholder:"N" help:"How many, 100,000 at most. Unset: five seconds' worth at a rate, else enough for two million deliveries, but 20,000 at most."`
}

// Run measures rooms.
func (c *loadFanoutCmd) Run(io streams) error {
	largest := 1
	for _, n := range c.Rooms {
		largest = max(largest, n)
	}
	how := load.FanoutOptions{Messages: c.Messages, Rate: c.Rate, Publishers: c.Publishers, Window: c.Window}
	return c.run(io, crowd{users: min(largest, maxCrowd), groups: 1}, c.Rooms, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Fanout(ctx, o, how)
	})
}

type loadCountsCmd struct {
	loadTarget
	Connections int     `default:"50" short:"n" group:"Connections" help:"How many."`
	Counts      int     `default:"100000" group:"Messages" help:"Counts to be confirmed in all."`
	Rate        float64 `group:"Messages" placeholder:"N" help:"Counts a second in all; Unset: as fast as they are confirmed."`
	Window      int     `default:"4" group:"Messages" help:"Without a rate: counts under way for each connection."`
	OpIDs       bool    `name:"op-ids" group:"Messages" help:"Send each with an opId of its own."`
	Join        bool    `group:"Messages" help:"Join the group first: each count is then told to all."`
}

// Run measures counts.
func (c *loadCountsCmd) Run(io streams) error {
	how := load.CountsOptions{Counts: c.Counts, Rate: c.Rate, OpIDs: c.OpIDs, Window: c.Window, Join: c.Join}
	return c.run(io, crowd{users: min(c.Connections, maxCrowd), groups: 1}, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Counts(ctx, o, how)
	})
}

type loadSoakCmd struct {
	loadTarget
	Connections int           `default:"5000" short:"n" group:"Connections" help:"How many."`
	Rate        float64       `default:"2000" group:"Messages" help:"Counts a second in all."`
	For         time.Duration `default:"30m" group:"Messages" help:"How long."`
}

// Run measures what becomes of a server in a long time, fifty connections to a group where nothing is said.
func (c *loadSoakCmd) Run(io streams) error {
	how := load.SoakOptions{For: c.For, Rate: c.Rate}
	want := crowd{users: min(c.Connections, maxCrowd), groups: max(c.Connections/50, 1)}
	return c.run(io, want, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Soak(ctx, o, how)
	})
}

type loadHatmCmd struct {
	loadTarget
	Connections int  `default:"200" short:"n" group:"Connections" help:"How many; each has one booking or completion under way."`
	Poras       int  `default:"50000" group:"Messages" help:"Poras to be booked and completed in all."`
	Join        bool `group:"Messages" help:"Join the groups first: all is then told to all."`
}

// Run measures bookings and completions, five connections to a group where nothing is said.
func (c *loadHatmCmd) Run(io streams) error {
	how := load.HatmOptions{Poras: c.Poras, Join: c.Join}
	users := min(c.Connections, maxCrowd)
	want := crowd{users: users, groups: max(users/5, 1), quran: true}
	return c.run(io, want, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Hatm(ctx, o, how)
	})
}

type loadJoinCmd struct {
	loadTarget
	Connections int `default:"1" short:"n" group:"Connections" help:"How many join at the same time."`
	Missed      int `default:"1000" group:"Messages" help:"Events that each has missed."`
	Joins       int `default:"200" group:"Messages" help:"Joins in all."`
}

// Run measures replays.
func (c *loadJoinCmd) Run(io streams) error {
	how := load.JoinOptions{Missed: c.Missed, Joins: c.Joins}
	return c.run(io, crowd{users: min(c.Connections, maxCrowd), groups: 1}, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Join(ctx, o, how)
	})
}

type loadSnapshotCmd struct {
	loadTarget
	Connections int `default:"1" short:"n" group:"Connections" help:"How many snapshots are read at the same time."`
	Requests    int `default:"500" group:"Messages" help:"Snapshots in all."`
	Hatms       int `group:"Messages" placeholder:"N" help:"Have the group read the Quran, with so many open hatms whose poras are booked; 20 at most."`
}

// Run measures snapshots of a group of 1,000 where nothing is said.
func (c *loadSnapshotCmd) Run(io streams) error {
	how := load.SnapshotOptions{Requests: c.Requests, Hatms: c.Hatms}
	return c.run(io, crowd{users: maxCrowd, groups: 1, quran: c.Hatms > 0}, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Snapshot(ctx, o, how)
	})
}

type loadAcksCmd struct {
	loadTarget
	Connections int    `default:"50" short:"n" group:"Connections" help:"How many."`
	Event       string `enum:"leave_group,echo" default:"leave_group" group:"Messages" help:"leave_group of a group that was not joined, or echo, which zikr does not know."`
	Acks        int    `default:"200000" group:"Messages" help:"Acknowledgements in all."`
}

// Run measures acknowledgements.
func (c *loadAcksCmd) Run(io streams) error {
	how := load.AcksOptions{Event: c.Event, Acks: c.Acks}
	return c.run(io, crowd{users: min(c.Connections, maxCrowd), groups: 1}, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Acks(ctx, o, how)
	})
}

type loadFloorCmd struct {
	Connections int     `default:"1000" short:"n" help:"How many; each takes two open files."`
	Rate        float64 `placeholder:"N" help:"Messages a second to each; Unset: as fast as it goes."`
	Coalesce    int     `default:"1" help:"Messages that one system call writes to a connection."`
	Messages    int     `placeholder:"N" help:"Messages to each. Unset: five seconds' worth at a rate, else 2,000."`
	Bytes       int     `default:"292" help:"Of a message."`
	JSON        bool    `name:"json" help:"Print JSON instead of a table."`
}

// Run measures the machine itself.
func (c *loadFloorCmd) Run(io streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	report, err := load.Floor(ctx, load.FloorOptions{
		Connections: c.Connections, Messages: c.Messages, Bytes: c.Bytes, Rate: c.Rate, Coalesce: c.Coalesce,
	})
	if err != nil {
		return err
	}
	return loadTarget{JSON: c.JSON}.print(io, []*load.Report{report})
}
