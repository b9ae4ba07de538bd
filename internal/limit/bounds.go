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
// (its tags are kong's words: env, default, help) and a row of the table in docs/security.md:
//
//	bound  its name: the label of the metric zikr_bounds_met_total
//	by     who is counted: server, address (the /64 of an IPv6 one), user, group, connection
//	told   what happens at the bound
//
// Who adds something that a client can make grow adds its field here, and has what
// holds it ask cmd/zikr/bounds.go for it.
type Bounds struct {
	Connections        Most `env:"ZIKR_MAX_CONNECTIONS" default:"50000" bound:"connections" by:"server" told:"503 with Retry-After" help:"Connections of Engine.IO in all."`
	AddressConnections Most `env:"ZIKR_MAX_ADDRESS_CONNECTIONS" default:"10000" bound:"address_connections" by:"address" told:"503 with Retry-After" help:"Connections of Engine.IO from one address."`
	LinkMisses         Most `env:"ZIKR_LINK_MISSES" default:"100" bound:"link_misses" by:"address" told:"rate_limited" help:"Links that do not exist, asked for from one address in an hour."`
	UserConnections    Most `env:"ZIKR_MAX_USER_CONNECTIONS" default:"40" bound:"user_connections" by:"user" told:"CONNECT_ERROR rate_limited" help:"Connections to a namespace of one user."`
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
}

// Table lists every bound, in the order of Bounds.
func Table() []Row {
	t := reflect.TypeFor[Bounds]()
	rows := make([]Row, t.NumField())
	for i := range rows {
		tag := t.Field(i).Tag
		rows[i] = Row{Bound: tag.Get("bound"), What: tag.Get("help"), By: tag.Get("by"), Default: tag.Get("default"), Setting: tag.Get("env"), Told: tag.Get("told")}
	}
	return rows
}
