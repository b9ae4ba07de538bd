// Command zikr serves groups of readers: their hatms, zikrs and invitations,
// live over Socket.IO and over REST. `zikr serve --help` lists every setting.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // days and hours of people everywhere, also where the system knows no time zones

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Serve    serveCmd       `cmd:"" help:"Serve. Every setting is a flag or a variable; durations are like 90s or 1h30m."`
	Settings configCmd      `cmd:"" name:"config" help:"Show what serve would run with, and where each setting came from; secrets are hidden."`
	Demo     demoCmd        `cmd:"" help:"Serve three communities that live by themselves, to look at. Nothing is left afterwards."`
	User     userCmd        `cmd:"" help:"Add, list, change and delete accounts."`
	Group    groupCmd       `cmd:"" help:"List groups, hand them over, delete them."`
	Audit    auditCmd       `cmd:"" help:"Print what admins of the platform did."`
	Token    tokenCmd       `cmd:"" help:"Print a token for an account."`
	Check    checkCmd       `cmd:"" help:"Prove that a database is in good order, or name what is not."`
	Backup   backupCmd      `cmd:"" help:"Copy the database into one file, beside a running server too."`
	Restore  restoreCmd     `cmd:"" help:"Put a backup in the place of the database, while no server runs."`
	Migrate  migrateCmd     `cmd:"" help:"Move an SQLite database into an empty PostgreSQL one, while no server runs."`
	OpenAPI  openAPICmd     `cmd:"" name:"openapi" help:"Print the OpenAPI document of the REST API."`
	AsyncAPI asyncAPICmd    `cmd:"" name:"asyncapi" help:"Print the AsyncAPI document of the Socket.IO events."`
	Load     loadCmd        `cmd:"" help:"Measure what a server costs under load."`
	Top      topCmd         `cmd:"" help:"Show what nodes do, live, from their metrics."`
	Bounds   boundsCmd      `cmd:"" help:"Print everything that has a bound, with its default and its setting."`
	Health   healthcheckCmd `cmd:"" name:"healthcheck" help:"Ask the server whether it is ready: status 0 if it is."`
	Man      manCmd         `cmd:"" help:"Print the manual page."`
	Shell    completionCmd  `cmd:"" name:"completion" help:"Print the completions of a shell: bash, zsh or fish."`
	Doctor   doctorCmd      `cmd:"" help:"Look at the settings and at all that serve needs, and say what is wrong and what to do. It changes nothing, and may be run beside a server. Status 1 if something must be mended."`
	Version  versionCmd     `cmd:"" help:"Print the version."`

	Config      string      `name:"config" placeholder:"FILE" help:"File of settings, a line NAME=value each, which any command reads; the environment wins. Without it the one that ZIKR_ENV_FILE names, else zikr.env where the command is run. SIGHUP reads ZIKR_LOG_LEVEL anew from it."`
	ShowVersion versionFlag `name:"version" help:"Print the version."`
}

// versionFlag prints the version, as the command does.
type versionFlag bool

// BeforeReset comes before anything else is read.
func (versionFlag) BeforeReset(app *kong.Kong, io streams) error {
	defer app.Exit(0)
	return versionCmd{}.Run(io)
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// configured is a command that works on the data folder. Before it runs, the
// environment is checked for settings that do not exist.
type configured interface{ check() error }

// settling is a command of which some settings follow from others.
type settling interface{ settle() }

// forgiving is a command that runs although settings cannot be used, and tells of them itself. Errors may be nil.
type forgiving interface{ forgive(faults []error) }

func main() {
	io := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if err := run(os.Args[1:], io); err != nil {
		complain(err)
		os.Exit(1)
	}
}

// nameFlags gives each flag the name of its variable: ZIKR_MAX_QUEUE is --max-queue.
func nameFlags(app *kong.Application) {
	for _, leaf := range app.Leaves(false) {
		for _, flag := range leaf.Flags {
			if len(flag.Envs) == 0 {
				continue
			}
			if name, ours := strings.CutPrefix(flag.Envs[0], "ZIKR_"); ours {
				flag.Name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
			}
		}
	}
}

// complain writes why the program ends. Whoever should read that may hang: the program ends all the same.
func complain(err error) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		fmt.Fprintln(os.Stderr, "zikr:", err)
	}()
	select {
	case <-written:
	case <-time.After(lastLines):
	}
}

// run runs one command line. Its error is a sentence for the operator.
func run(args []string, io streams) error {
	command, err := parse(args, io)
	if err != nil || command == nil {
		return err
	}
	if serve, ok := command.Selected().Target.Addr().Interface().(*serveCmd); ok {
		return serve.Run(io) // without the command line's model, which would be looked through at every collection
	}
	return command.Run()
}

// parse reads the command line and the environment. It returns nil where help
// was asked for and has been printed.
func parse(args []string, io streams) (*kong.Context, error) {
	if err := tidy(os.Environ()); err != nil {
		return nil, err
	}
	from, err := loadEnvFile(args)
	if err != nil {
		return nil, err
	}
	helped := false
	parser, err := kong.New(&cli{},
		kong.Name("zikr"),
		kong.Description("A server for groups that read the Quran and remember God together."),
		kong.Writers(io.out, io.err),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 120}),
		kong.Bind(io), kong.Bind(&from),
	)
	if err != nil {
		return nil, fmt.Errorf("command line: %w", err)
	}
	nameFlags(parser.Model)
	bad := explainFlags(parser.Model)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == "help" { // zikr help user add
		args = append(args[1:len(args):len(args)], "--help")
	}
	if err := from.readSecretFiles(secretNames(parser.Model)); err != nil {
		return nil, err
	}
	command, faults, err := parseAll(parser, args, bad)
	if helped {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	target := command.Selected().Target.Addr().Interface()
	if c, ok := target.(settling); ok {
		c.settle()
	}
	if patient, ok := target.(forgiving); ok {
		patient.forgive(append(faults, checkEnvironment(parser.Model, os.Environ())))
	} else if c, ok := target.(configured); ok {
		if err := checkEnvironment(parser.Model, os.Environ()); err != nil {
			return nil, err
		}
		if err := c.check(); err != nil {
			return nil, asGiven(err, command)
		}
	}
	return command, nil
}
