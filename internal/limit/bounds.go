package limit

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Bounds is the budget of a server: everything that a stranger, a user, an address or a
// group can make grow, and how far. It is the one table of them. Each field is a setting
// (its tags are kong's words: name, env, default, help) and a row of the table in docs/security.md:
//
//	bound  its name: the label of the metric zikr_bounds_met_total
//	by     who is counted: server, address (the /64 of an IPv6 one), user, group, connection
//	told   what happens at the bound
//	benchmark  off: ZIKR_RATE_LIMIT=off takes it away
//
// Who adds something that a client can make grow adds its field here, and has what
// holds it ask cmd/zikr/bounds.go for it.
type Bounds struct {
	Connections        Most `name:"max-connections" env:"ZIKR_MAX_CONNECTIONS" default:"50000" bound:"connections" by:"server" told:"503 with Retry-After" help:"Connections of Engine.IO in all."`
	AddressConnections Most `name:"max-address-connections" env:"ZIKR_MAX_ADDRESS_CONNECTIONS" default:"10000" bound:"address_connections" by:"address" told:"503 with Retry-After" benchmark:"off" help:"Connections of Engine.IO from one address."`
	UserConnections    Most `name:"max-user-connections" env:"ZIKR_MAX_USER_CONNECTIONS" default:"40" bound:"user_connections" by:"user" told:"CONNECT_ERROR rate_limited" benchmark:"off" help:"Connections to a namespace of one user."`

	AddressConnects      Most `name:"address-connects" env:"ZIKR_ADDRESS_CONNECTS" default:"500" bound:"address_connects" by:"address" told:"503 with Retry-After" benchmark:"off" help:"Connections of Engine.IO a second from one address."`
	AddressConnectBurst  Most `name:"address-connect-burst" env:"ZIKR_ADDRESS_CONNECT_BURST" default:"10000" bound:"address_connect_burst" by:"address" told:"503 with Retry-After" benchmark:"off" help:"Connections of Engine.IO from one address at once, before the rate holds."`
	Pending              Most `name:"max-pending-connections" env:"ZIKR_MAX_PENDING_CONNECTIONS" default:"10000" bound:"pending_connections" by:"server" told:"503 with Retry-After" help:"Connections that never had a namespace, in all; they live for 45 s."`
	AddressPending       Most `name:"max-address-pending-connections" env:"ZIKR_MAX_ADDRESS_PENDING_CONNECTIONS" default:"4000" bound:"address_pending_connections" by:"address" told:"503 with Retry-After" benchmark:"off" help:"Connections from one address that never had a namespace."`
	PendingBytes         Most `name:"max-pending-bytes" env:"ZIKR_MAX_PENDING_BYTES" default:"64MB" bound:"pending_bytes" by:"server" told:"503 with Retry-After" help:"Bytes that connections without a namespace hold, 2 KiB and the token each, in all."`
	AddressPendingBytes  Most `name:"max-address-pending-bytes" env:"ZIKR_MAX_ADDRESS_PENDING_BYTES" default:"32MB" bound:"address_pending_bytes" by:"address" told:"503 with Retry-After" help:"The same of one address."`
	HandshakeBytes       Most `name:"max-handshake" env:"ZIKR_MAX_HANDSHAKE" default:"12KB" bound:"handshake_bytes" by:"connection" told:"431" help:"Bytes of a handshake: its query and its token."`
	RefusedConnects      Most `name:"max-refused-connects" env:"ZIKR_MAX_REFUSED_CONNECTS" default:"10" bound:"refused_connects" by:"connection" told:"the close" help:"CONNECT packets of a connection that are refused, as without a good token, before it is closed."`
	Packets              Most `name:"max-packets" env:"ZIKR_MAX_PACKETS" default:"1000" bound:"packets" by:"connection" told:"it is not read until the second is over, and closed after 5 s" benchmark:"off" help:"Packets a second of a connection."`
	PendingPackets       Most `name:"max-pending-packets" env:"ZIKR_MAX_PENDING_PACKETS" default:"50" bound:"pending_packets" by:"connection" told:"the close" benchmark:"off" help:"Packets a second of a connection that never had a namespace."`
	Refusals             Most `name:"max-refusals" env:"ZIKR_MAX_REFUSALS" default:"100" bound:"refusals" by:"user" told:"the connection is not read for as long, and closed after 5 s" benchmark:"off" help:"Events a second of one user that are answered rate_limited; ten times as many at once."`
	IncomingBytes        Most `name:"max-incoming" env:"ZIKR_MAX_INCOMING" default:"64MB" bound:"incoming_bytes" by:"server" told:"the close, or 503" help:"Bytes of messages of which the rest is still to come, in all; a few KiB of a connection are not counted."`
	AddressIncomingBytes Most `name:"max-address-incoming" env:"ZIKR_MAX_ADDRESS_INCOMING" default:"32MB" bound:"address_incoming_bytes" by:"address" told:"the close, or 503" help:"The same from one address."`
	QueuedBytes          Most `name:"max-queued" env:"ZIKR_MAX_QUEUED" default:"128MB" bound:"queued_bytes" by:"server" told:"replays wait; else the close" help:"Bytes that wait to be read by clients, in all; what many wait for counts once, a few KiB of a connection not at all."`
	LostConnections      Most `name:"max-lost-connections" env:"ZIKR_MAX_LOST_CONNECTIONS" default:"100000" bound:"lost_connections" by:"server" told:"no recovery: since brings what was missed" help:"Connections that are lost and may come back with their session, in all."`
	RecoveryBytes        Most `name:"max-recovery" env:"ZIKR_MAX_RECOVERY" default:"64MB" bound:"recovery_bytes" by:"server" told:"no recovery: since brings what was missed" help:"Bytes that are kept for those, in all."`
	UserRecoveryBytes    Most `name:"max-user-recovery" env:"ZIKR_MAX_USER_RECOVERY" default:"4MB" bound:"user_recovery_bytes" by:"user" told:"no recovery: since brings what was missed" help:"The same of one user."`

	OpenHatms     Most `name:"max-open-hatms" env:"ZIKR_MAX_OPEN_HATMS" default:"40" bound:"open_hatms" by:"group" told:"rate_limited" help:"Hatms that are open at once, when completed ones are opened again; settings allow 20."`
	Loginless     Most `name:"max-loginless-members" env:"ZIKR_MAX_LOGINLESS_MEMBERS" default:"200" bound:"loginless_members" by:"group" told:"rate_limited" help:"Members who have no login."`
	LoginlessMade Most `name:"max-loginless-members-made" env:"ZIKR_MAX_LOGINLESS_MEMBERS_MADE" default:"1000" bound:"loginless_members_made" by:"group" told:"rate_limited" help:"Members without a login who were ever made, those who left counted."`
	ShareOuts     Most `name:"max-share-outs" env:"ZIKR_MAX_SHARE_OUTS" default:"100" bound:"share_outs" by:"group" told:"rate_limited" help:"Share-outs of free poras on one day (UTC)."`

	LinkMisses Most `name:"link-misses" env:"ZIKR_LINK_MISSES" default:"100" bound:"link_misses" by:"address" told:"rate_limited" benchmark:"off" help:"Links that do not exist, asked for from one address in an hour."`
}

// WithoutRates is b without those that are taken away while a server is measured.
func (b Bounds) WithoutRates() Bounds {
	v := reflect.ValueOf(&b).Elem()
	for i, row := range Table() {
		if !row.Benchmark {
			v.Field(i).Set(reflect.ValueOf(Off))
		}
	}
	return b
}

// Most is how much of something there may be at the most. In settings "off" is no bound,
// and bytes may be written as 64KB, 16MB or 2GB (powers of 1024).
type Most int64

// Off is no bound: more than there can ever be.
const Off Most = math.MaxInt64

// UnmarshalText reads a number, a number of bytes with its unit, or off.
func (m *Most) UnmarshalText(text []byte) error {
	s := strings.ToUpper(strings.TrimSpace(string(text)))
	if s == "OFF" {
		*m = Off
		return nil
	}
	digits, unit := s, int64(1)
	for i, suffix := range []string{"KB", "MB", "GB"} {
		if before, found := strings.CutSuffix(s, suffix); found {
			digits, unit = strings.TrimSpace(before), 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return fmt.Errorf("%q is not a number of 0 or more, like 100 or 64MB; off is no bound", text)
	}
	*m = Most(n * unit)
	return nil
}

// String is the number, or off.
func (m Most) String() string {
	if m == Off {
		return "off"
	}
	return strconv.FormatInt(int64(m), 10)
}

// Row is one bound, for documents and for metrics.
type Row struct {
	Bound   string // its name
	What    string // a sentence
	By      string // who is counted
	Default string
	Setting string // the environment variable
	Told    string // what happens at the bound
	// Benchmark is whether the bound stands while a server is measured.
	Benchmark bool
}

// Table lists every bound, in the order of Bounds.
func Table() []Row {
	t := reflect.TypeFor[Bounds]()
	rows := make([]Row, t.NumField())
	for i := range rows {
		tag := t.Field(i).Tag
		rows[i] = Row{
			Bound: tag.Get("bound"), What: tag.Get("help"), By: tag.Get("by"), Default: tag.Get("default"),
			Setting: tag.Get("env"), Told: tag.Get("told"), Benchmark: tag.Get("benchmark") != "off",
		}
	}
	return rows
}
