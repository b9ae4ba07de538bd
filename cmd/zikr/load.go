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
	Idle     loadIdleCmd     `cmd:"" help:"Memory of a connection that has joined its group and waits."`
	Fanout   loadFanoutCmd   `cmd:"" help:"Cost and latency of a delivery to a member of a room, at a rate or as fast as it goes."`
	Counts   loadCountsCmd   `cmd:"" help:"Confirmed update_zikr_count a second, or how long each takes at a rate."`
	Soak     loadSoakCmd     `cmd:"" help:"Whether counts at a rate become slower in a long time, or take more memory."`
	Hatm     loadHatmCmd     `cmd:"" help:"Confirmed book_pora and complete_pora a second."`
	Join     loadJoinCmd     `cmd:"" help:"How long join_group takes for who has missed events."`
	Snapshot loadSnapshotCmd `cmd:"" help:"How long the snapshot of a group takes, over REST."`
	Acks     loadAcksCmd     `cmd:"" help:"Cost of an event with an acknowledgement that stores nothing."`
	Floor    loadFloorCmd    `cmd:"" help:"Cost of a delivery over plain TCP: what no server can go below on this machine. Linux only."`
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
	Also      []string      `group:"Server" placeholder:"URL" help:"Other nodes of the same system: connections are spread over all, the first that publishes is on --url."`
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
type crowd struct {
	users, groups int
	quran         bool // the groups read the Quran
}

// maxCrowd is how many accounts are made where nothing is said: a
// server does not care, from there on, how many connections are one user's.
const maxCrowd = 1000

// loadScenario runs one measurement with the given number of connections.
type loadScenario func(ctx context.Context, o load.Options) (*load.Report, error)

// run makes the members, runs the scenario once for each number of connections, prints what it has
// found, and deletes the members.
func (t loadTarget) run(io streams, want crowd, connections []int, scenario loadScenario) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server, also, err := t.nodes()
	if err != nil {
		return err
	}
	progress := func(sentence string) { fmt.Fprintln(io.err, sentence) }
	members, dismiss, err := t.gather(ctx, server, want, progress)
	if err != nil {
		return err
	}
	reports, err := each(connections, func(n int) (*load.Report, error) {
		return scenario(ctx, load.Options{
			URL: server, Also: also, Namespace: t.Namespace, Transport: load.Transport(t.Transport), Connections: n, Members: members, PID: t.PID,
			InFlight: t.InFlight, Timeout: t.Timeout, Sources: t.Source, Progress: progress,
		})
	})
	return errors.Join(err, t.print(io, reports), dismiss())
}

// nodes are the servers that are loaded together.
func (t loadTarget) nodes() (server *url.URL, also []*url.URL, err error) {
	if server, err = url.Parse(t.URL); err != nil {
		return nil, nil, fmt.Errorf("--url: %w", err)
	}
	for _, text := range t.Also {
		node, err := url.Parse(text)
		if err != nil {
			return nil, nil, fmt.Errorf("--also: %w", err)
		}
		also = append(also, node)
	}
	return server, also, nil
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
	if t.Groups > 0 {
		want.groups = t.Groups
	}
	if t.Bare {
		for i := range want.groups {
			members = append(members, load.Member{GroupID: fmt.Sprintf("g%d", i+1), ZikrID: "z1"})
		}
		return members, func() error { return nil }, nil
	}
	if t.Users > 0 {
		want.users = t.Users
	}
	if t.Groups == 0 {
		want.groups = min(want.groups, want.users)
	}
	progress(fmt.Sprintf("making %d accounts in %d groups", want.users, want.groups))
	made, err := load.Gather(ctx, load.CrowdOptions{
		URL: server, Users: want.users, Groups: want.groups, Quran: want.quran,
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
