package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/zikr-app/zikr/internal/demo"
)

// demoCmd serves communities that live by themselves, from a folder that is gone afterwards.
type demoCmd struct {
	Addr listenAddress `default:"127.0.0.1:7373" help:"Address to listen on. Port 0 takes a free one."`
	Pace time.Duration `default:"700ms" help:"How often somebody does something."`
	Seed uint64        `default:"1" help:"Another number, other doings."`
}

// Run serves until SIGTERM or SIGINT.
func (c *demoCmd) Run(io streams) (err error) {
	if c.Pace < time.Millisecond {
		return fmt.Errorf("--pace is %s: it must be 1ms or more", c.Pace)
	}
	dir, err := os.MkdirTemp("", "zikr-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demonstration: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg, err := demoConfig(c.Addr, dir)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	s, err := newServer(ctx, cfg, newLog(io.err, slog.LevelWarn, cfg.LogFormat))
	if err != nil {
		return err
	}
	failed := s.start()
	defer func() { err = errors.Join(err, s.shutdown()) }()
	d, err := demo.New(ctx, s.service, c.Seed)
	if err != nil {
		return fmt.Errorf("begin the demonstration: %w", err)
	}
	c.greet(io, s.url(), d)
	lived := make(chan error, 1)
	living, end := context.WithCancel(ctx)
	go func() { lived <- d.Run(living, c.Pace) }()
	select {
	case err = <-failed:
		err = fmt.Errorf("serve HTTP: %w", err)
		end()
	case <-ctx.Done():
		end()
	case err = <-lived:
		end()
		return err
	}
	return errors.Join(err, <-lived)
}

// greet says where to look, and as whom.
func (c *demoCmd) greet(io streams, url string, d *demo.Demo) {
	fmt.Fprintf(io.out, "Three communities live at %s\n\n", url)
	for _, l := range d.Logins {
		fmt.Fprintf(io.out, "  %-16s  %-24s  admin of %s\n", l.Email, l.Name, l.Group)
	}
	fmt.Fprintf(io.out, "\nThe password of all is: %s\nCtrl-C ends it, and nothing is left.\n", demo.Password)
}

// demoConfig is the configuration of the server, with all defaults but for where it is: the
// environment is that of the operator's own server, and does not count.
func demoConfig(addr listenAddress, dir string) (serveConfig, error) {
	var serve serveCmd
	parser, err := kong.New(&serve, kong.Resolvers(), kong.Exit(func(int) {}))
	if err != nil {
		return serveConfig{}, fmt.Errorf("settings of the demonstration: %w", err)
	}
	for _, flag := range parser.Model.Flags {
		flag.Envs, flag.Tag.Envs = nil, nil // the help has the one, reading the other
	}
	if _, err := parser.Parse(nil); err != nil {
		return serveConfig{}, fmt.Errorf("settings of the demonstration: %w", err)
	}
	serve.Addr, serve.ObserveAddr, serve.DataDir = addr, "off", dir
	return serve.serveConfig, nil
}
