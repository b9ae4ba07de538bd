package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// The operator's commands on accounts. They work beside a running server: those
// that read open the database to read only, and the one that writes asks the
// server to do it (docs/adr/0005).

type userCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add an account and print its id."`
	List userListCmd `cmd:"" help:"List accounts."`
}

type userAddCmd struct {
	dataConfig
	tokenConfig
	tlsConfig
	Addr          string `env:"ZIKR_ADDR" default:"127.0.0.1:7373" help:"Where the server listens, if one runs on the data folder: it adds the account."`
	Phone         string `help:"Telephone number, like +998901234567."`
	PasswordStdin bool   `help:"Read the password from the first line of standard input. Without it one is made up and printed."`

	Name    string `arg:"" help:"First name."`
	Surname string `arg:"" help:"Surname."`
	Email   string `arg:"" help:"Email to log in with."`
}

// check finds an address that is none, and half a pair.
func (c *userAddCmd) check() error {
	if err := c.dataConfig.check(); err != nil {
		return err
	}
	return c.tlsConfig.check()
}

// Run adds the account.
func (c *userAddCmd) Run(io streams) error {
	in := zikr.Registration{Name: c.Name, Surname: c.Surname, Email: c.Email}
	if c.Phone != "" {
		in.Phone = &c.Phone
	}
	in.Password = rand.Text()
	if c.PasswordStdin {
		line, err := firstLine(io.in)
		if err != nil {
			return fmt.Errorf("read the password: %w", err)
		}
		in.Password = line
	}
	account, err := c.register(in)
	if err != nil {
		return sentence(err)
	}
	if !c.PasswordStdin {
		fmt.Fprintf(io.out, "password\t%s\n", in.Password)
	}
	_, err = fmt.Fprintf(io.out, "id\t%s\n", account.ID)
	return err
}

// register adds the account to the database, or has the server that uses it do so.
func (c *userAddCmd) register(in zikr.Registration) (*zikr.Account, error) {
	ctx := context.Background()
	if err := makeDataDir(c.DataDir); err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(ctx, sqlstore.Options{Dir: c.DataDir, URL: string(c.DatabaseURL), Log: slog.New(slog.DiscardHandler)})
	if errors.Is(err, sqlstore.ErrInUse) {
		return registerThere(ctx, c.Addr, c.tlsConfig, in)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }() // the account is on disk
	tokens, err := openTokens(c.tokenConfig, c.DataDir, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer tokens.Close()
	service := newDomain(zikr.Config{Store: store, Bus: bus.NewLocal(), Presence: bus.NewLocalPresence(), Tokens: tokens})
	defer service.Close()
	signedIn, err := service.Register(ctx, in)
	if err != nil {
		return nil, err
	}
	return &signedIn.User, nil
}

// sentence takes the code off an error of the domain: operators read sentences.
func sentence(err error) error {
	var e *zikr.Error
	if errors.As(err, &e) {
		return errors.New(e.Message)
	}
	return err
}

type userListCmd struct {
	dataConfig
	Prefix string `arg:"" optional:"" help:"Only those whose name, surname or full name begins with this."`
	Limit  int    `default:"1000" help:"How many at most."`
}

// Run lists accounts, one a line.
func (c *userListCmd) Run(io streams) error {
	var users []zikr.User
	err := c.read(func(r zikr.Reader) (err error) {
		users, err = r.UsersByName(c.Prefix, c.Limit)
		return err
	})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tEMAIL\tPHONE\tSINCE")
	for _, u := range users {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", u.ID, u.FullName(), dash(u.Email), dash(u.Phone), u.CreatedAt.UTC().Format(time.DateOnly))
	}
	return table.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type tokenCmd struct {
	dataConfig
	tokenConfig
	User string `arg:"" help:"Id, email or phone of the account."`
}

// Run prints a token of the account.
func (c *tokenCmd) Run(io streams) error {
	var user *zikr.User
	err := c.read(func(r zikr.Reader) (err error) {
		user, err = findUser(r, c.User)
		return err
	})
	if errors.Is(err, zikr.ErrNotFound) || (err == nil && user.Deleted) {
		return fmt.Errorf("there is no account with the id, email or phone %q: `zikr user list` shows all", c.User)
	}
	if err != nil {
		return err
	}
	tokens, err := openTokens(c.tokenConfig.own(), c.DataDir, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer tokens.Close()
	signed, _, err := tokens.Issue(zikr.Claims{UserID: user.ID, Version: user.TokenVersion})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, signed)
	return err
}

// own is what issuing needs: no keys of another issuer are to be fetched.
func (c tokenConfig) own() tokenConfig {
	c.JWTJWKSURL = ""
	return c
}

// findUser finds an account by whatever names it.
func findUser(r zikr.Reader, name string) (*zikr.User, error) {
	name = strings.TrimSpace(name)
	find := []func(string) (*zikr.User, error){r.User, func(s string) (*zikr.User, error) { return r.UserByEmail(strings.ToLower(s)) }, r.UserByPhone}
	for _, by := range find {
		user, err := by(name)
		if !errors.Is(err, zikr.ErrNotFound) {
			return user, err
		}
	}
	return nil, zikr.ErrNotFound
}

// read runs query on the database, whether a server uses it or not.
func (c dataConfig) read(query func(zikr.Reader) error) error {
	ctx := context.Background()
	db, err := c.openToRead(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing was written
	return db.View(ctx, query)
}
