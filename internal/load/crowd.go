package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"
)

// CrowdOptions say whom to make on a zikr server.
type CrowdOptions struct {
	URL    *url.URL // of the server
	Users  int      // accounts
	Groups int      // public groups; user i is a member of group i modulo their number
	Quran  bool     // the groups read the Quran; otherwise each counts a zikr

	// With Secret, tokens are signed here and the server makes the accounts when it first
	// sees them: it must run with ZIKR_JWT_PROVISION=true and the same secret, issuer and audience. Without,
	// accounts are registered, which costs the server a password hash each.
	Secret, Issuer, Audience string
}

// Crowd is members of groups that were made for a run.
type Crowd struct {
	Members []Member
	server  *rest
}

// atOnce is how many requests are under way together: enough for the server
// to store several with one write, and no load to speak of.
const atOnce = 16

// goal of the zikrs: reached seldom, as in life.
const goal = 1_000_000

// tokenLife is how long signed tokens are good: longer than any run.
const tokenLife = 24 * time.Hour

// Gather makes accounts and groups, through the server's REST API. What was made is in
// the crowd also when it fails, so that it can be dismissed.
func Gather(ctx context.Context, o CrowdOptions) (*Crowd, error) {
	if err := checkURL(o.URL); err != nil {
		return &Crowd{}, err
	}
	c := &Crowd{server: newREST(o.URL)}
	if o.Users < o.Groups || o.Groups < 1 {
		return c, fmt.Errorf("%d users for %d groups: each group needs one, and one group is needed", o.Users, o.Groups)
	}
	c.Members = make([]Member, o.Users)
	run := rand.Text()
	err := eachOf(ctx, o.Users, func(ctx context.Context, i int) (err error) {
		c.Members[i].Token, err = c.token(ctx, o, run, i+1)
		return err
	})
	if err != nil {
		return c, err
	}
	err = eachOf(ctx, o.Groups, func(ctx context.Context, i int) error { return c.found(ctx, i, o.Quran) })
	if err != nil {
		return c, err
	}
	return c, eachOf(ctx, o.Users-o.Groups, func(ctx context.Context, i int) error {
		m, admin := &c.Members[o.Groups+i], &c.Members[i%o.Groups]
		m.GroupID, m.ZikrID = admin.GroupID, admin.ZikrID
		return c.server.call(ctx, request{"POST", "/groups/" + url.PathEscape(m.GroupID) + "/join", m.Token, nil}, nil)
	})
}

// eachOf calls do for 0 to n-1, several at once, until one fails.
func eachOf(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	return eachAtOnce(ctx, n, atOnce, do)
}

// eachAtOnce calls do for 0 to n-1, so many at once, until one fails.
func eachAtOnce(ctx context.Context, n, atOnce int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}

// token makes a user of a run and returns its token. Its name has a usual length, since it is in every event.
func (c *Crowd) token(ctx context.Context, o CrowdOptions, run string, number int) (string, error) {
	name, surname := fmt.Sprintf("load-%s-%d", run, number), fmt.Sprintf("Member %d", number)
	if o.Secret == "" {
		var answer struct {
			Token string `json:"token"`
		}
		body := map[string]string{"name": "Load", "surname": surname, "email": name + "@load.invalid", "password": rand.Text()}
		err := c.server.call(ctx, request{"POST", "/auth/register", "", body}, &answer)
		return answer.Token, err
	}
	claims := jwt.MapClaims{"sub": name, "name": "Load", "surname": surname, "exp": time.Now().Add(tokenLife).Unix()}
	if o.Issuer != "" {
		claims["iss"] = o.Issuer
	}
	if o.Audience != "" {
		claims["aud"] = o.Audience
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(o.Secret))
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return signed, nil
}

// found has member i make a group.
func (c *Crowd) found(ctx context.Context, i int, quran bool) error {
	var group struct {
		ID    string `json:"id"`
		Zikrs []struct {
			ZikrID string `json:"zikrId"`
		} `json:"zikrs"`
	}
	m := &c.Members[i]
	body := map[string]any{"name": fmt.Sprintf("Load %d", i+1), "type": "quran", "isPublic": true}
	if !quran {
		body["type"], body["zikr"] = "zikr", map[string]any{"name": "Subhanalloh", "goal": goal}
	}
	if err := c.server.call(ctx, request{"POST", "/groups", m.Token, body}, &group); err != nil {
		return err
	}
	if group.ID == "" || (!quran && len(group.Zikrs) != 1) {
		return fmt.Errorf("make a group: %w", errNoZikr)
	}
	m.GroupID = group.ID
	if !quran {
		m.ZikrID = group.Zikrs[0].ZikrID
	}
	return nil
}

// Dismiss deletes the accounts, and with its last member each group.
func (c *Crowd) Dismiss(ctx context.Context) error {
	if len(c.Members) == 0 {
		return nil
	}
	defer c.server.close()
	return eachOf(ctx, len(c.Members), func(ctx context.Context, i int) error {
		if c.Members[i].Token == "" {
			return nil // never made
		}
		return c.server.call(ctx, request{"DELETE", "/me", c.Members[i].Token, nil}, nil)
	})
}

var errNoZikr = errors.New("the server does not answer as a zikr server does")
