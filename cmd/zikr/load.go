package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os/signal"
	"syscall"
	"time"

	"github.com/zikr-app/zikr/internal/load"
)

// The operator's measurements: what a server costs on this machine, under how
// many members. Each is a scenario of internal/load.

type loadCmd struct {
	Idle   loadIdleCmd   `cmd:"" help:"Memory of a connection that has joined its group and waits."`
	Fanout loadFanoutCmd `cmd:"" help:"Cost and latency of a delivery to a member of a room, at a rate or as fast as it goes."`
	Counts loadCountsCmd `cmd:"" help:"Confirmed update_zikr_count a second."`
	Acks   loadAcksCmd   `cmd:"" help:"Cost of an event with an acknowledgement that stores nothing."`
	Floor  loadFloorCmd  `cmd:"" help:"Cost of a delivery over plain TCP: what no server can go below on this machine. Linux only."`
}

// Help is the rest of the help.
func (loadCmd) Help() string {
	return `A zikr server is to run with ZIKR_RATE_LIMIT=off. Accounts and groups are made for the run and deleted after it: with
--jwt-secret their tokens are signed here, and the server must run with the same secret and ZIKR_JWT_PROVISION=true; without, the
accounts are registered, which costs the server a password hash each. Any other Socket.IO server can be loaded with --bare, if
it answers join_group by joined_group, and update_zikr_count by zikr_update_confirmed to the caller and zikr_count_updated to the group, as
bench/peer does.

CPU and memory of the server are measured with --pid, for a server on this machine, on Linux.

Each connection takes an open file here and in the server. The limit is raised here as far as it may be; where it is too low, the error says so. Over
the loopback, connections come from many addresses of 127.0.0.0/8, so that no run meets the ports of the one before. To another machine there
are about 28,000 ports for each address of this one: give it more, and name them with --source.`
}

// loadTarget is who is loaded, and by whom.
type loadTarget struct {
	URL       string        `default:"http://127.0.0.1:7373" group:"Server" help:"The server: http(s)://host:port, with a path where that is not /socket.io/."`
	PID       int           `name:"pid" group:"Server" placeholder:"PID" help:"Its process, for its CPU and memory."`
	Namespace string        `default:"/zikr-app" group:"Server" help:"Namespace of Socket.IO."`
	Bare      bool          `group:"Members" help:"The server is not zikr: make no accounts, send no tokens."`
	JWTSecret Secret        `env:"ZIKR_JWT_SECRET" group:"Members" help:"Sign the tokens with the server's secret instead of registering accounts."`
	JWTIssuer string        `env:"ZIKR_JWT_ISSUER" group:"Members" help:"Claim iss of the signed tokens."`
	JWTAud    string        `name:"jwt-audience" env:"ZIKR_JWT_AUDIENCE" group:"Members" help:"Claim aud of the signed tokens."`
	Users     int           `group:"Members" placeholder:"N" help:"Accounts to make; connections share them. Unset: as many as connections, 1,000 at most."`
	Groups    int           `group:"Members" placeholder:"N" help:"Groups to make; accounts are spread over them. Unset: one, or for idle one for ten accounts."`
	Keep      bool          `group:"Members" help:"Do not delete the accounts and groups after the run."`
	Source    []netip.Addr  `group:"Connections" placeholder:"ADDRESS" help:"Addresses of this machine to connect from, in turn."`
	InFlight  int           `default:"100" group:"Connections" help:"Connections that are opened at the same time."`
	Transport string        `enum:"websocket,polling" default:"websocket" group:"Connections" help:"websocket or polling."`
	Timeout   time.Duration `default:"30s" group:"Connections" help:"Give up when nothing comes for so long."`
	JSON      bool          `name:"json" help:"Print JSON, one object a line, instead of a table."`
}

// crowd is how many accounts and groups a scenario wants where nothing is said.
type crowd struct{ users, groups int }

// maxCrowd is how many accounts are made where nothing is said: a
// server does not care, from there on, how many connections are one user's.
const maxCrowd = 1000

// scenario runs one measurement with the given number of connections.
type loadScenario func(ctx context.Context, o load.Options) (*load.Report, error)

// run makes the members, runs the scenario once for each number of connections, prints what it has
// found, and deletes the members.
func (t loadTarget) run(io streams, want crowd, connections []int, scenario loadScenario) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server, err := url.Parse(t.URL)
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	progress := func(sentence string) { fmt.Fprintln(io.err, sentence) }
	members, dismiss, err := t.gather(ctx, server, want, progress)
	if err != nil {
		return err
	}
	reports, err := each(connections, func(n int) (*load.Report, error) {
		return scenario(ctx, load.Options{
			URL: server, Namespace: t.Namespace, Transport: load.Transport(t.Transport), Connections: n, Members: members, PID: t.PID,
			InFlight: t.InFlight, Timeout: t.Timeout, Sources: t.Source, Progress: progress,
		})
	})
	return errors.Join(err, t.print(io, reports), dismiss())
}

// each runs one measurement after another, as long as they succeed.
func each(connections []int, measure func(n int) (*load.Report, error)) (reports []*load.Report, err error) {
	for _, n := range connections {
		report, err := measure(n)
		if report != nil {
			reports = append(reports, report)
		}
		if err != nil {
			return reports, err
		}
	}
	return reports, nil
}

// dismissal is how long deleting the members may take.
const dismissal = 2 * time.Minute

// gather makes the members. dismiss deletes them.
func (t loadTarget) gather(ctx context.Context, server *url.URL, want crowd, progress func(string)) (members []load.Member, dismiss func() error, err error) {
	if t.Bare {
		for i := range max(t.Groups, want.groups) {
			members = append(members, load.Member{GroupID: fmt.Sprintf("g%d", i+1), ZikrID: "z1"})
		}
		return members, func() error { return nil }, nil
	}
	if t.Users > 0 {
		want = crowd{t.Users, min(want.groups, t.Users)}
	}
	if t.Groups > 0 {
		want.groups = t.Groups
	}
	progress(fmt.Sprintf("making %d accounts in %d groups", want.users, want.groups))
	made, err := load.Gather(ctx, load.CrowdOptions{
		URL: server, Users: want.users, Groups: want.groups,
		Secret: string(t.JWTSecret), Issuer: t.JWTIssuer, Audience: t.JWTAud,
	})
	dismiss = func() error {
		if t.Keep {
			return nil
		}
		progress("deleting them")
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dismissal)
		defer cancel()
		return made.Dismiss(ctx)
	}
	if err != nil {
		_ = dismiss() // what was made of them; why it cannot be is the first error again
	}
	return made.Members, dismiss, err
}

// print writes the reports as a table, or as JSON.
func (t loadTarget) print(io streams, reports []*load.Report) error {
	if !t.JSON {
		return load.WriteTable(io.out, reports...)
	}
	out := json.NewEncoder(io.out)
	for _, r := range reports {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

type loadIdleCmd struct {
	loadTarget
	Connections int           `default:"10000" short:"n" group:"Connections" help:"How many."`
	Stay        bool          `group:"Connections" help:"Do not join the groups."`
	Settle      time.Duration `default:"10s" group:"Connections" help:"How long to wait at least; the memory is read when all have been pinged, too."`
}

// Run measures connections that wait.
func (c *loadIdleCmd) Run(io streams) error {
	users := min(c.Connections, maxCrowd)
	want := crowd{users, max(users/10, 1)}
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
	return c.run(io, crowd{min(largest, maxCrowd), 1}, c.Rooms, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Fanout(ctx, o, how)
	})
}

type loadCountsCmd struct {
	loadTarget
	Connections int  `default:"50" short:"n" group:"Connections" help:"How many."`
	Counts      int  `default:"100000" group:"Messages" help:"Counts to be confirmed in all."`
	Window      int  `default:"4" group:"Messages" help:"Counts under way for each connection."`
	Join        bool `group:"Messages" help:"Join the group first: each count is then told to all."`
}

// Run measures counts.
func (c *loadCountsCmd) Run(io streams) error {
	how := load.CountsOptions{Counts: c.Counts, Window: c.Window, Join: c.Join}
	return c.run(io, crowd{min(c.Connections, maxCrowd), 1}, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
		return load.Counts(ctx, o, how)
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
	return c.run(io, crowd{min(c.Connections, maxCrowd), 1}, []int{c.Connections}, func(ctx context.Context, o load.Options) (*load.Report, error) {
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
