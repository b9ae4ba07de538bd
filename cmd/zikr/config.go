package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/zikr-app/zikr/internal/engineio"
	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// Every setting stands in this file: a flag of `zikr serve`, or the variable
// named beside it. A flag wins over its variable; an empty variable counts as unset.

// dataConfig says where the data is. All commands that touch it share these.
type dataConfig struct {
	DataDir     string `env:"ZIKR_DATA_DIR" default:"./data" type:"path" help:"Folder of the SQLite database and of the generated JWT secret."`
	DatabaseURL Secret `env:"ZIKR_DATABASE_URL" placeholder:"postgres://user:password@host/database" help:"PostgreSQL, 15 or later, for the data. As a flag ps shows its password to everybody: rather set the variable, or ZIKR_DATABASE_URL_FILE. Unset: SQLite in the data folder."`
}

// tokenConfig says whose tokens are good. Its words in the environment begin with ZIKR_JWT.
type tokenConfig struct {
	JWTSecret   Secret        `env:"ZIKR_JWT_SECRET" help:"HS256 secret of at least 32 bytes. As a flag ps shows it to everybody: rather set the variable, or ZIKR_JWT_SECRET_FILE. Unset: one is generated in the data folder."`
	JWTJWKSURL  string        `name:"jwt-jwks-url" env:"ZIKR_JWT_JWKS_URL" help:"Where another issuer publishes its public keys."`
	JWTIssuer   string        `env:"ZIKR_JWT_ISSUER" help:"Claim iss of another issuer. With it, only its tokens and our own are good."`
	JWTAudience string        `env:"ZIKR_JWT_AUDIENCE" help:"With it, every token needs this in its claim aud."`
	JWTLifetime time.Duration `env:"ZIKR_JWT_LIFETIME" default:"1440h" help:"How long the tokens issued here are good, unless they are renewed or their session ends."`
}

// serveConfig is the configuration of the server.
type serveConfig struct {
	dataConfig   `group:"Data"`
	tokenConfig  `group:"Tokens"`
	tlsConfig    `group:"Network"`
	acmeConfig   `group:"Network"`
	clockConfig  `group:"Data"`
	traceConfig  `group:"Log"`
	limit.Bounds `group:"Limits"`

	JWTProvision bool `env:"ZIKR_JWT_PROVISION" group:"Tokens" help:"Create an unknown user from a valid token's claims name, surname and email."`

	JWTOpenAccounts bool `env:"ZIKR_JWT_OPEN_ACCOUNTS" group:"Tokens" help:"Let another issuer's tokens open accounts that have a password here. Without it such an account is opened with its password only."`

	Registration registration `env:"ZIKR_REGISTRATION" default:"open" group:"Accounts" help:"Who may make an account: open is anybody, invited who has a link into a group, closed nobody but who runs the server."`
	Guests       toggle       `env:"ZIKR_GUESTS" default:"on" group:"Accounts" help:"off lets nobody in without an account, whatever a link says."`
	PublicURL    webURL       `name:"public-url" env:"ZIKR_PUBLIC_URL" group:"Network" placeholder:"https://zikr.example.org" help:"Where people reach the server: links into groups begin with it. Unset: links are paths."`

	Addr           listenAddress  `env:"ZIKR_ADDR" default:"127.0.0.1:7373" group:"Network" help:"Address to listen on: HOST:PORT, :PORT for all of this machine, or unix:/PATH. Port 0 takes a free one. A socket that systemd hands over is taken instead."`
	BasePath       basePath       `env:"ZIKR_BASE_PATH" group:"Network" placeholder:"/zikr" help:"Path below which people reach the server, where a proxy keeps / for something else. It may take the path away or leave it."`
	SocketMode     fileMode       `env:"ZIKR_SOCKET_MODE" default:"0660" group:"Network" help:"Mode of the Unix socket: who may connect to it."`
	ObserveAddr    observeAddress `env:"ZIKR_OBSERVE_ADDR" default:"127.0.0.1:7374" group:"Network" help:"Address of /metrics and /debug/pprof, for operators only; off for none."`
	RedisURL       Secret         `env:"ZIKR_REDIS_URL" group:"Network" placeholder:"redis://HOST:6379" help:"Redis or Valkey that joins many nodes: redis:// or, for TLS, rediss://. As a flag ps shows its password to everybody: rather set the variable, or ZIKR_REDIS_URL_FILE. Unset: this node is alone."`
	RedisPrefix    string         `env:"ZIKR_REDIS_PREFIX" default:"zikr" group:"Network" help:"What keys and channels in Redis begin with. Nodes with the same one are one system."`
	CORSOrigins    []origin       `name:"cors-origins" env:"ZIKR_CORS_ORIGINS" group:"Network" placeholder:"https://host" help:"Web pages of which origins may connect; * is all. The same origin always may."`
	TrustedProxies []network      `env:"ZIKR_TRUSTED_PROXIES" group:"Network" placeholder:"10.0.0.0/8" help:"Addresses whose X-Forwarded-For is believed."`
	PingInterval   time.Duration  `env:"ZIKR_PING_INTERVAL" default:"25s" group:"Network" help:"Time between two pings of a connection."`
	PingTimeout    time.Duration  `env:"ZIKR_PING_TIMEOUT" default:"20s" group:"Network" help:"Time for the answer to a ping."`
	MaxPayload     int            `env:"ZIKR_MAX_PAYLOAD" default:"100000" group:"Network" help:"Largest message in bytes."`
	MaxQueue       int            `env:"ZIKR_MAX_QUEUE" default:"1048576" group:"Network" help:"Bytes that may wait for a connection before it is closed."`
	Linger         time.Duration  `env:"ZIKR_LINGER" default:"5ms" group:"Network" help:"How long an event that follows another of its group closely may wait to be written together with the next; 0 is never. Answers never wait."`
	DrainDelay     time.Duration  `env:"ZIKR_DRAIN_DELAY" default:"500ms" group:"Network" help:"From SIGTERM, when /readyz turns 503, to the end of the first connection; 2s at most."`

	RateLimit      toggle        `env:"ZIKR_RATE_LIMIT" default:"on" group:"Limits" help:"off takes all rates below away, and what one user or address may have at once, for benchmarks."`
	CommandTimeout time.Duration `env:"ZIKR_COMMAND_TIMEOUT" default:"5s" group:"Limits" help:"How long a command may wait for its turn."`
	PresenceGrace  time.Duration `env:"ZIKR_PRESENCE_GRACE" default:"5s" group:"Limits" help:"How long a dropped connection counts as online."`
	LogLevel       slog.Level    `env:"ZIKR_LOG_LEVEL" default:"info" group:"Log" help:"debug, info, warn or error."`
	LogFormat      logFormat     `env:"ZIKR_LOG_FORMAT" default:"auto" group:"Log" help:"text or json; auto is text on a terminal."`
}

// Secret is a setting that is never printed.
type Secret string

const redacted = "(redacted)"

// String, GoString, LogValue and MarshalText hide the value, however it is printed.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil } //nolint:unparam // encoding.TextMarshaler has it

// origin is where a web page comes from: scheme://host[:port], or * for all.
type origin string

// UnmarshalText reads one origin.
func (o *origin) UnmarshalText(text []byte) error {
	s := strings.TrimSuffix(strings.TrimSpace(string(text)), "/")
	u, err := url.Parse(s)
	if s != "*" && (err != nil || u.Host == "" || strings.Contains(u.Host, "*") || u.Scheme == "file" || !strings.EqualFold(s, u.Scheme+"://"+u.Host)) {
		return errors.New(o.takes())
	}
	*o = origin(strings.ToLower(s))
	return nil
}

func (origin) takes() string {
	return "origins with commas between them, each a scheme and a whole host (https://app.example.org, capacitor://localhost), or * alone for all"
}

// webURL is where people reach the server: scheme://host[:port][/path], without a slash at the end.
type webURL string

// UnmarshalText reads one.
func (w *webURL) UnmarshalText(text []byte) error {
	s := strings.TrimRight(strings.TrimSpace(string(text)), "/")
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New(w.takes())
	}
	*w = webURL(s)
	return nil
}

func (webURL) takes() string {
	return "an address with its scheme, http:// or https://, and without a query"
}

// network is an address or a range of addresses in CIDR notation.
type network struct{ netip.Prefix }

// UnmarshalText reads one address or range.
func (n *network) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		n.Prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return errors.New(n.takes())
	}
	n.Prefix = prefix.Masked()
	return nil
}

func (network) takes() string {
	return "addresses and ranges with commas between them, in digits and not by name"
}

// toggle is on or off.
type toggle string

const on toggle = "on"

// UnmarshalText reads on or off.
func (t *toggle) UnmarshalText(text []byte) error {
	if s := string(text); s != "on" && s != "off" {
		return errors.New(t.takes())
	}
	*t = toggle(text)
	return nil
}

func (toggle) takes() string { return "on or off" }

// registration says who may make an account.
type registration string

// UnmarshalText reads one.
func (r *registration) UnmarshalText(text []byte) error {
	if s := string(text); s != "open" && s != "invited" && s != "closed" {
		return errors.New(r.takes())
	}
	*r = registration(text)
	return nil
}

func (registration) takes() string { return "open, invited or closed" }

// logFormat is how the log is written.
type logFormat string

// UnmarshalText reads the name of a format.
func (f *logFormat) UnmarshalText(text []byte) error {
	if s := string(text); s != "auto" && s != "text" && s != "json" {
		return errors.New(f.takes())
	}
	*f = logFormat(text)
	return nil
}

func (logFormat) takes() string { return "auto, text or json" }

// check finds an address that is none.
func (c dataConfig) check() error {
	if c.DatabaseURL == "" {
		return nil
	}
	if err := sqlstore.CheckURL(string(c.DatabaseURL)); err != nil {
		return err
	}
	return checkPassword("ZIKR_DATABASE_URL", c.DatabaseURL, "postgres://user:pass%23word@host:5432/database")
}

// checkPassword finds a URL in which a password ends too early, at a character that ends the host elsewhere: its rest would
// be taken for something else, and the host for another.
func checkPassword(name string, address Secret, example string) error {
	u, err := url.Parse(string(address))
	if err != nil {
		return nil //nolint:nilerr // whoever reads it says so
	}
	query, _, named := strings.Cut(u.RawQuery, "=")
	if u.Fragment == "" && !strings.Contains(u.EscapedPath(), "@") && (named || !strings.Contains(query, "@")) {
		return nil
	}
	return fmt.Errorf("%s has a character in its password that ends it there: write # as %%23, / as %%2F and ? as %%3F, like %s", name, example)
}

// database is how sentences name it.
func (c dataConfig) database() string {
	if c.DatabaseURL != "" {
		return sqlstore.NameOf(string(c.DatabaseURL))
	}
	return filepath.Join(c.DataDir, "zikr.db")
}

// openToRead opens the database, whether a server uses it or not.
func (c dataConfig) openToRead(ctx context.Context) (*sqlstore.ReadOnly, error) {
	if c.DatabaseURL != "" {
		return sqlstore.OpenURL(ctx, string(c.DatabaseURL))
	}
	return sqlstore.OpenReadOnly(ctx, c.DataDir)
}

// embedded refuses what is for SQLite only.
func (c dataConfig) embedded() error {
	if c.DatabaseURL == "" {
		return nil
	}
	return errors.New("ZIKR_DATABASE_URL is set, and backups of PostgreSQL are made with its own tools: pg_dump, pg_restore " +
		"(docs/operations.md); unset it for the SQLite database in ZIKR_DATA_DIR")
}

// check finds the first value that cannot be used.
func (c serveConfig) check() error {
	if faults := c.faults(); len(faults) > 0 {
		return faults[0]
	}
	return nil
}

// faults are all values that cannot be used. Secrets are not quoted.
func (c serveConfig) faults() []error {
	faults := []error{c.dataConfig.check(), c.clockConfig.check(), c.traceConfig.check()}
	if c.BackupDir != "" {
		if err := c.embedded(); err != nil {
			faults = append(faults, fmt.Errorf("ZIKR_BACKUP_DIR: %w", err))
		}
	}
	faults = append(faults, c.tlsConfig.check(), c.checkACME(), c.checkPorts(), c.checkNodes())
	if c.DrainDelay < 0 || c.DrainDelay > maxDrainDelay {
		faults = append(faults, unfit("ZIKR_DRAIN_DELAY", c.DrainDelay, fmt.Sprintf("from 0s to %s", maxDrainDelay), "500ms"))
	}
	if c.Linger < 0 || c.Linger > maxLinger {
		faults = append(faults, unfit("ZIKR_LINGER", c.Linger, fmt.Sprintf("from 0s to %s", maxLinger), "5ms"))
	}
	faults = append(faults, c.checkAmounts()...)
	positive := []struct {
		name    string
		value   time.Duration
		example string
	}{
		{"ZIKR_PING_INTERVAL", c.PingInterval, "25s"}, {"ZIKR_PING_TIMEOUT", c.PingTimeout, "20s"}, {"ZIKR_JWT_LIFETIME", c.JWTLifetime, "1440h"},
		{"ZIKR_COMMAND_TIMEOUT", c.CommandTimeout, "5s"}, {"ZIKR_PRESENCE_GRACE", c.PresenceGrace, "5s"},
	}
	for _, p := range positive {
		if p.value < time.Millisecond {
			faults = append(faults, unfit(p.name, p.value, "1ms or more", p.example))
		}
	}
	return slices.DeleteFunc(faults, func(err error) bool { return err == nil })
}

// maxLinger is what a reader may still take for at once.
const maxLinger = 100 * time.Millisecond

// checkNodes finds what many nodes must share and do not.
func (c serveConfig) checkNodes() error {
	if err := checkPassword("ZIKR_REDIS_URL", c.RedisURL, "redis://:pass%23word@host:6379"); err != nil {
		return err
	}
	switch {
	case c.RedisURL == "":
		return nil
	case c.DatabaseURL == "":
		return errors.New("ZIKR_REDIS_URL is set, but ZIKR_DATABASE_URL is not: nodes that Redis joins need one PostgreSQL; unset ZIKR_REDIS_URL to run one node on SQLite")
	case c.JWTSecret == "":
		return errors.New("ZIKR_REDIS_URL is set, but ZIKR_JWT_SECRET is not: each node would make up its own, and refuse the others' tokens; give all nodes the same one")
	}
	return nil
}

// checkAmounts finds numbers out of bounds.
func (c serveConfig) checkAmounts() (faults []error) {
	least := []struct {
		name         string
		value, least float64
		example      string
	}{
		{"ZIKR_MAX_PAYLOAD", float64(c.MaxPayload), 1000, "100000"}, {"ZIKR_MAX_QUEUE", float64(c.MaxQueue), float64(c.MaxPayload), "1048576"},
		{"ZIKR_MAX_HEAD", float64(c.HeadBytes), 4096, "16KB"}, {"ZIKR_MAX_QUERY", float64(c.QueryBytes), 1000, "4KB"}, {"ZIKR_MAX_BODY", float64(c.BodyBytes), 1000, "128KB"},
		{"ZIKR_MAX_HASHES", float64(c.Hashes), 1, "4"},
	}
	for _, l := range least {
		if !(l.value >= l.least) { // so that NaN is refused too
			faults = append(faults, unfit(l.name, l.value, fmt.Sprintf("%v or more", l.least), l.example))
		}
	}
	if c.MaxQueue > engineio.MaxQueueBytes {
		faults = append(faults, unfit("ZIKR_MAX_QUEUE", c.MaxQueue, fmt.Sprintf("%d or less", engineio.MaxQueueBytes), "1048576"))
	}
	return faults
}

// checkEnvironment refuses variables that begin with ZIKR_ and that no command
// knows, since a misspelt setting would silently not be one, and comments behind values, which would be part of
// them. Those that begin with ZIKR_TEST_ are for the tests.
func checkEnvironment(app *kong.Application, environ []string) error {
	known, secret := settingNames(app)
	var unknown []string
	var commented error
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		_, comment, found := strings.Cut(value, " #")
		switch {
		case !isOurs(name) || strings.HasPrefix(name, "ZIKR_TEST_") || isOfKubernetes(name, value):
		case !known[name]:
			unknown = append(unknown, name)
		case found && !secret[name]:
			commented = fmt.Errorf("%s ends with %q, which is part of its value there: let the comment have a line of its own", name, "#"+comment)
		}
	}
	if len(unknown) == 0 {
		return commented
	}
	slices.Sort(unknown)
	first, nearest := strings.ToUpper(unknown[0]), ""
	for name := range known {
		if near(name, first) > near(nearest, first) || near(name, first) == near(nearest, first) && name < nearest {
			nearest = name
		}
	}
	hint := ""
	if near(nearest, first) >= len("ZIKR_")+4 {
		hint = "; " + nearest + " is one"
	}
	return fmt.Errorf("there is no setting %s: correct or unset it%s (`zikr serve --help` lists all)", strings.Join(unknown, ", "), hint)
}

// settingNames are the variables that some command knows, and those of them that are secrets.
func settingNames(app *kong.Application) (known, secret map[string]bool) {
	known, secret = map[string]bool{envFileName: true}, map[string]bool{}
	for _, leaf := range app.Leaves(false) {
		for _, flag := range leaf.Flags {
			for _, env := range flag.Envs {
				known[env] = true
			}
		}
	}
	for _, name := range secretNames(app) {
		known[name+secretFiles], secret[name] = true, true
	}
	return known, secret
}

// isOurs reports whether a variable is meant for this program: in small letters, too, it would not be read.
func isOurs(name string) bool { return strings.HasPrefix(strings.ToUpper(name), "ZIKR_") }

// tidy takes from variables what stands around their values (bare). Those that are empty, as compose files leave them, are
// unset.
func tidy(environ []string) error {
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		var err error
		switch tidied := bare(value); {
		case !isOurs(name):
		case tidied == "":
			err = os.Unsetenv(name)
		case tidied != value:
			err = os.Setenv(name, tidied)
		}
		if err != nil {
			return fmt.Errorf("tidy %s: %w", name, err)
		}
	}
	return nil
}

// near says how alike two names are: by how many letters both begin with.
func near(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
