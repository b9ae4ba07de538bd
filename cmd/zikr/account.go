package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/zikr-app/zikr"
)

// The operator's commands on accounts. They work beside a running server: `zikr token` and `zikr user list`
// open the database to read only, the others ask the server to do it (docs/adr/0005).

type userCmd struct {
	Add       userAddCmd       `cmd:"" help:"Add an account and print its id."`
	List      userListCmd      `cmd:"" help:"List accounts."`
	Show      userShowCmd      `cmd:"" help:"Show an account and where it is logged in."`
	Rename    userRenameCmd    `cmd:"" help:"Give an account another name."`
	Password  userPasswordCmd  `cmd:"" help:"Set a new password for who forgot it, and end all sessions."`
	SignOut   userSignOutCmd   `cmd:"" name:"sign-out" help:"End all sessions of an account."`
	Suspend   userSuspendCmd   `cmd:"" help:"Let an account do nothing until it is unsuspended."`
	Unsuspend userUnsuspendCmd `cmd:"" help:"Take a suspension back."`
	Admin     userAdminCmd     `cmd:"" help:"Make an account an admin of the platform."`
	Delete    userDeleteCmd    `cmd:"" help:"Delete an account and all of its personal data."`
}

type userAddCmd struct {
	operatorConfig
	Phone         string `help:"Telephone number, like +998901234567."`
	PasswordStdin bool   `help:"Read the password from the first line of standard input. Without it one is made up and printed."`
	Create        bool   `help:"Make the data folder, where it is not there yet."`

	Name    string `arg:"" help:"First name."`
	Surname string `arg:"" help:"Surname."`
	Email   string `arg:"" help:"Email to log in with."`
}

// Run adds the account.
func (c *userAddCmd) Run(io streams) error {
	in := zikr.Registration{Name: c.Name, Surname: c.Surname, Email: c.Email}
	if c.Phone != "" {
		in.Phone = &c.Phone
	}
	var err error
	if in.Password, err = newPassword(io, c.PasswordStdin); err != nil {
		return err
	}
	var account zikr.AdminUser
	c.creates, c.makesFolder = true, c.Create
	err = c.operate(func(ctx context.Context, a *administration) error { return a.ask(ctx, "POST", "/users", in, &account) })
	if err != nil {
		return err
	}
	if !c.PasswordStdin {
		fmt.Fprintf(io.out, "password\t%s\n", in.Password)
	}
	_, err = fmt.Fprintf(io.out, "id\t%s\n", account.ID)
	return err
}

// newPassword reads a password, or makes one up.
func newPassword(io streams, fromInput bool) (string, error) {
	if !fromInput {
		return rand.Text(), nil
	}
	line, err := firstLine(io.in)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return line, nil
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
		users, err = r.AccountsByName(c.Prefix, c.Limit)
		return err
	})
	if err != nil {
		return err
	}
	table := newTable(io.out)
	table.row("ID", "NAME", "EMAIL", "PHONE", "SINCE", "STATE")
	for _, u := range users {
		table.row(u.ID, u.FullName(), dash(u.Email), dash(u.Phone), u.CreatedAt.UTC().Format(time.DateOnly), stateOf(u))
	}
	return table.Flush()
}

// stateOf says what is special about an account.
func stateOf(u zikr.User) string {
	switch {
	case u.Suspended:
		return "suspended"
	case u.IsAdmin:
		return "admin"
	default:
		return "-"
	}
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
