package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/zikr-app/zikr"
)

// The operator's commands on accounts and groups: what an admin of the platform may do over the API, from the command line.

// namedUser is one account, by whatever names it.
type namedUser struct {
	operatorConfig
	User string `arg:"" help:"Id, email or phone of the account."`
}

// on opens the administration and finds the account.
func (c namedUser) on(do func(context.Context, *administration, zikr.AdminUser) error) error {
	return c.operate(func(ctx context.Context, a *administration) error {
		u, err := a.find(ctx, c.User)
		if err != nil {
			return err
		}
		return do(ctx, a, *u)
	})
}

// operate opens the administration for one command.
func (c operatorConfig) operate(do func(context.Context, *administration) error) error {
	ctx := context.Background()
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	return do(ctx, a)
}

// find finds an account by its id, email or phone.
func (a *administration) find(ctx context.Context, name string) (*zikr.AdminUser, error) {
	var found zikr.List[zikr.AdminUser]
	if err := a.ask(ctx, "GET", "/users?limit=2&q="+url.QueryEscape(name), nil, &found); err != nil {
		return nil, err
	}
	name = strings.TrimSpace(name)
	for _, u := range found.Items {
		// What names it exactly comes first; the others' names begin with it.
		if u.ID == name || u.Email != nil && strings.EqualFold(*u.Email, name) || u.Phone != nil && digits(*u.Phone) == digits(name) {
			return &u, nil
		}
	}
	return nil, fmt.Errorf("there is no account with the id, email or phone %q: `zikr user list` shows all", name)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// change changes the account.
func (c namedUser) change(change zikr.AdminChange) error {
	return c.on(func(ctx context.Context, a *administration, u zikr.AdminUser) error {
		return a.ask(ctx, "PATCH", "/users/"+url.PathEscape(u.ID), change, new(zikr.AdminProfile))
	})
}

type userShowCmd struct{ namedUser }

// Run prints an account.
func (c *userShowCmd) Run(io streams) error {
	return c.on(func(ctx context.Context, a *administration, u zikr.AdminUser) error {
		var p zikr.AdminProfile
		if err := a.ask(ctx, "GET", "/users/"+url.PathEscape(u.ID), nil, &p); err != nil {
			return err
		}
		table := newTable(io.out)
		table.row("id", p.ID)
		table.row("name", strings.TrimSpace(p.Name+" "+p.Surname))
		table.row("email", orDash(p.Email))
		table.row("phone", orDash(p.Phone))
		table.row("since", day(p.CreatedAt))
		table.row("admin", yesNo(p.IsAdmin))
		table.row("suspended", yesNo(p.IsSuspended))
		table.row("groups", fmt.Sprintf("%d quran, %d zikr", p.QuranGroupCount, p.ZikrGroupCount))
		for _, s := range p.Sessions {
			table.row("session", fmt.Sprintf("%s, since %s, seen %s", orDash(s.Device), day(s.CreatedAt), s.SeenAt.UTC().Format(time.DateTime)))
		}
		return table.Flush()
	})
}

type userRenameCmd struct {
	namedUser
	Name    string `arg:"" help:"First name."`
	Surname string `arg:"" optional:"" help:"Surname; none takes it away."`
}

// Run renames an account.
func (c *userRenameCmd) Run() error {
	return c.change(zikr.AdminChange{Name: &c.Name, Surname: &c.Surname})
}

type userSuspendCmd struct{ namedUser }

// Run suspends an account.
func (c *userSuspendCmd) Run() error {
	yes := true
	return c.change(zikr.AdminChange{IsSuspended: &yes})
}

type userUnsuspendCmd struct{ namedUser }

// Run takes a suspension back.
func (c *userUnsuspendCmd) Run() error {
	no := false
	return c.change(zikr.AdminChange{IsSuspended: &no})
}

type userAdminCmd struct {
	namedUser
	Remove bool `help:"They are no admin any longer."`
}

// Run makes an admin of the platform.
func (c *userAdminCmd) Run() error {
	is := !c.Remove
	return c.change(zikr.AdminChange{IsAdmin: &is})
}

type userPasswordCmd struct {
	namedUser
	PasswordStdin bool `help:"Read the password from the first line of standard input. Without it one is made up and printed."`
}

// Run sets a new password.
func (c *userPasswordCmd) Run(io streams) error {
	password, err := newPassword(io, c.PasswordStdin)
	if err != nil {
		return err
	}
	if err := c.change(zikr.AdminChange{Password: &password}); err != nil || c.PasswordStdin {
		return err
	}
	_, err = fmt.Fprintf(io.out, "password\t%s\n", password)
	return err
}

type userSignOutCmd struct{ namedUser }

// Run ends all sessions of an account.
func (c *userSignOutCmd) Run() error {
	return c.on(func(ctx context.Context, a *administration, u zikr.AdminUser) error {
		return a.ask(ctx, "DELETE", "/users/"+url.PathEscape(u.ID)+"/sessions", nil, nil)
	})
}

var errNotSure = errors.New("this cannot be undone: say --yes if you mean it")

type userDeleteCmd struct {
	namedUser
	Yes bool `help:"It cannot be undone: say that you mean it."`
}

// Run deletes an account.
func (c *userDeleteCmd) Run() error {
	if !c.Yes {
		return errNotSure
	}
	return c.on(func(ctx context.Context, a *administration, u zikr.AdminUser) error {
		return a.ask(ctx, "DELETE", "/users/"+url.PathEscape(u.ID), nil, nil)
	})
}

type groupCmd struct {
	List    groupListCmd    `cmd:"" help:"List groups, private ones too."`
	Show    groupShowCmd    `cmd:"" help:"Show a group and its members."`
	HandTo  groupHandToCmd  `cmd:"" name:"hand-over" help:"Make a member the admin of a group."`
	Destroy groupDestroyCmd `cmd:"" name:"delete" help:"Delete a group."`
}

type groupListCmd struct {
	operatorConfig
	Text  string `arg:"" optional:"" help:"Only those whose name contains this."`
	Limit int    `default:"1000" help:"How many at most."`
}

// Run lists groups, the newest first, one a line.
func (c *groupListCmd) Run(io streams) error {
	return c.operate(func(ctx context.Context, a *administration) error {
		table := newTable(io.out)
		table.row("ID", "NAME", "TYPE", "PUBLIC", "MEMBERS", "ADMIN", "SINCE")
		err := pages(ctx, a, "/groups?q="+url.QueryEscape(c.Text), c.Limit, func(g zikr.GroupItem) {
			table.row(g.ID, g.Name, string(g.Type), yesNo(g.IsPublic), fmt.Sprint(g.MemberCount), g.AdminID, day(g.CreatedAt))
		})
		return errors.Join(err, table.Flush())
	})
}

// pages asks for a list page by page.
func pages[T any](ctx context.Context, a *administration, path string, most int, each func(T)) error {
	cursor := ""
	for most > 0 {
		var page zikr.List[T]
		if err := a.ask(ctx, "GET", fmt.Sprintf("%s&limit=%d&cursor=%s", path, min(most, 200), url.QueryEscape(cursor)), nil, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			each(item)
		}
		if page.Cursor == nil {
			return nil
		}
		cursor = *page.Cursor
		most -= len(page.Items)
	}
	return nil
}

type namedGroup struct {
	operatorConfig
	Group string `arg:"" help:"Id of the group."`
}

func (c namedGroup) path() string { return "/groups/" + url.PathEscape(c.Group) }

type groupShowCmd struct{ namedGroup }

// Run prints a group.
func (c *groupShowCmd) Run(io streams) error {
	return c.operate(func(ctx context.Context, a *administration) error {
		var g zikr.Snapshot
		if err := a.ask(ctx, "GET", c.path(), nil, &g); err != nil {
			return err
		}
		table := newTable(io.out)
		table.row("id", g.ID)
		table.row("name", g.Name)
		table.row("type", string(g.Type))
		table.row("public", yesNo(g.IsPublic))
		table.row("since", day(g.CreatedAt))
		table.row("hatms", fmt.Sprint(g.HatmCount))
		for _, m := range g.Members {
			table.row(string(m.Role), m.UserID+"  "+m.UserName)
		}
		return table.Flush()
	})
}

type groupHandToCmd struct {
	namedGroup
	User string `arg:"" help:"Id, email or phone of a member."`
}

// Run hands a group over.
func (c *groupHandToCmd) Run() error {
	return c.operate(func(ctx context.Context, a *administration) error {
		u, err := a.find(ctx, c.User)
		if err != nil {
			return err
		}
		return a.ask(ctx, "PATCH", c.path(), zikr.AdminGroupChange{AdminID: u.ID}, new(zikr.Snapshot))
	})
}

type groupDestroyCmd struct {
	namedGroup
	Yes bool `help:"It cannot be undone: say that you mean it."`
}

// Run deletes a group.
func (c *groupDestroyCmd) Run() error {
	if !c.Yes {
		return errNotSure
	}
	return c.operate(func(ctx context.Context, a *administration) error { return a.ask(ctx, "DELETE", c.path(), nil, nil) })
}

type auditCmd struct {
	operatorConfig
	Limit int `default:"1000" help:"How many at most."`
}

// Run prints what admins of the platform did, the latest first.
func (c *auditCmd) Run(io streams) error {
	return c.operate(func(ctx context.Context, a *administration) error {
		table := newTable(io.out)
		table.row("WHEN", "ACT", "BY", "USER", "GROUP")
		err := pages(ctx, a, "/audit?", c.Limit, func(act zikr.ActItem) {
			by := "operator"
			if act.ActorID != nil {
				by = *act.ActorID
			}
			table.row(act.Time.UTC().Format(time.DateTime), string(act.Act), by, orDash(act.UserID), orDash(act.GroupID))
		})
		return errors.Join(err, table.Flush())
	})
}

// table prints rows whose cells may be anybody's words.
type table struct{ *tabwriter.Writer }

func newTable(to io.Writer) table { return table{tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)} }

// row prints a row.
func (t table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = printable(cell)
	}
	fmt.Fprintln(t, strings.Join(cells, "\t"))
}

// printable is a text that does nothing to a terminal: what cannot be seen, or moves what can, is written as a code.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	return b.String()
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return dash(*s)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func day(t zikr.Time) string { return t.UTC().Format(time.DateOnly) }
