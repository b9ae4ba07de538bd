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
	AddressConnectPace   Most `name:"address-connect-pace" env:"ZIKR_ADDRESS_CONNECT_PACE" default:"200" bound:"address_connect_pace" by:"address" told:"they wait, by a second at the most" benchmark:"off" help:"Connections of Engine.IO a second from one address that are opened at once; as many before that holds."`
	Pending              Most `name:"max-pending-connections" env:"ZIKR_MAX_PENDING_CONNECTIONS" default:"10000" bound:"pending_connections" by:"server" told:"the oldest is closed, or else 503 with Retry-After" help:"Connections that never had a namespace, in all; they live for 45 s."`
	AddressPending       Most `name:"max-address-pending-connections" env:"ZIKR_MAX_ADDRESS_PENDING_CONNECTIONS" default:"4000" bound:"address_pending_connections" by:"address" told:"the oldest is closed, or else 503 with Retry-After" benchmark:"off" help:"Connections from one address that never had a namespace."`
	PendingBytes         Most `name:"max-pending-bytes" env:"ZIKR_MAX_PENDING_BYTES" default:"64MB" bound:"pending_bytes" by:"server" told:"the oldest is closed, or else 503 with Retry-After" help:"Bytes that connections without a namespace hold, 2 KiB and the token each, in all."`
	AddressPendingBytes  Most `name:"max-address-pending-bytes" env:"ZIKR_MAX_ADDRESS_PENDING_BYTES" default:"32MB" bound:"address_pending_bytes" by:"address" told:"the oldest is closed, or else 503 with Retry-After" help:"The same of one address."`
	HandshakeBytes       Most `name:"max-handshake" env:"ZIKR_MAX_HANDSHAKE" default:"12KB" bound:"handshake_bytes" by:"connection" told:"431" help:"Bytes of a handshake: its query and its token."`
	RefusedConnects      Most `name:"max-refused-connects" env:"ZIKR_MAX_REFUSED_CONNECTS" default:"10" bound:"refused_connects" by:"connection" told:"the close" help:"CONNECT packets of a connection that are refused, as without a good token, before it is closed."`
	Packets              Most `name:"max-packets" env:"ZIKR_MAX_PACKETS" default:"1000" bound:"packets" by:"connection" told:"it is not read until the second is over, and closed after 5 s" benchmark:"off" help:"Packets a second of a connection; pings and fragments of WebSocket count too."`
	PendingPackets       Most `name:"max-pending-packets" env:"ZIKR_MAX_PENDING_PACKETS" default:"50" bound:"pending_packets" by:"connection" told:"it is not read until the second is over, and closed after 5 s" benchmark:"off" help:"Packets a second of a connection that never had a namespace."`
	Refusals             Most `name:"max-refusals" env:"ZIKR_MAX_REFUSALS" default:"100" bound:"refusals" by:"user" told:"the connection is not read for as long, and closed after 5 to 10 s" benchmark:"off" help:"Events a second of one user that are answered rate_limited; twice as many at once."`
	IncomingBytes        Most `name:"max-incoming" env:"ZIKR_MAX_INCOMING" default:"64MB" bound:"incoming_bytes" by:"server" told:"the close, or 503" help:"Bytes of messages of which the rest is still to come, in all; a few KiB of a connection are not counted."`
	AddressIncomingBytes Most `name:"max-address-incoming" env:"ZIKR_MAX_ADDRESS_INCOMING" default:"32MB" bound:"address_incoming_bytes" by:"address" told:"the close, or 503" help:"The same from one address."`
	QueuedBytes          Most `name:"max-queued" env:"ZIKR_MAX_QUEUED" default:"128MB" bound:"queued_bytes" by:"server" told:"replays wait; else the close" help:"Bytes that wait to be read by clients, in all; what many wait for counts once, a few KiB of a connection not at all."`
	LostConnections      Most `name:"max-lost-connections" env:"ZIKR_MAX_LOST_CONNECTIONS" default:"100000" bound:"lost_connections" by:"server" told:"no recovery: since brings what was missed" help:"Connections that are lost and may come back with their session, in all."`
	RecoveryBytes        Most `name:"max-recovery" env:"ZIKR_MAX_RECOVERY" default:"64MB" bound:"recovery_bytes" by:"server" told:"no recovery: since brings what was missed" help:"Bytes that are kept for those, in all."`
	UserRecoveryBytes    Most `name:"max-user-recovery" env:"ZIKR_MAX_USER_RECOVERY" default:"4MB" bound:"user_recovery_bytes" by:"user" told:"no recovery: since brings what was missed" help:"The same of one user."`

	UserSessions Most `name:"max-user-sessions" env:"ZIKR_MAX_USER_SESSIONS" default:"50" bound:"user_sessions" by:"user" told:"the session that was not used for longest ends" help:"Sessions of one user."`
	UserBlocks   Most `name:"max-user-blocks" env:"ZIKR_MAX_USER_BLOCKS" default:"1000" bound:"user_blocks" by:"user" told:"limit_reached" help:"People whose invitations one user keeps away."`

	OpenHatms     Most `name:"max-open-hatms" env:"ZIKR_MAX_OPEN_HATMS" default:"40" bound:"open_hatms" by:"group" told:"limit_reached" help:"Hatms that are open at once, when completed ones are opened again; settings allow 20."`
	Loginless     Most `name:"max-loginless-members" env:"ZIKR_MAX_LOGINLESS_MEMBERS" default:"200" bound:"loginless_members" by:"group" told:"limit_reached" help:"Members who have no login."`
	LoginlessMade Most `name:"max-loginless-members-made" env:"ZIKR_MAX_LOGINLESS_MEMBERS_MADE" default:"1000" bound:"loginless_members_made" by:"group" told:"limit_reached" help:"Members without a login who were ever made, those who left counted."`
	ShareOuts     Most `name:"share-outs-a-day" env:"ZIKR_SHARE_OUTS_A_DAY" default:"100" bound:"share_outs" by:"group" told:"rate_limited" benchmark:"off" help:"Share-outs of free poras on a day."`
	GroupDayRows  Most `name:"max-group-day-rows" env:"ZIKR_MAX_GROUP_DAY_ROWS" default:"50000" bound:"group_day_rows" by:"request" told:"fewer days; from says which is the first" help:"Members and zikrs by day that are summed for one answer about a group's days; a single day always is."`

	LinkMisses Most `name:"link-misses" env:"ZIKR_LINK_MISSES" default:"100" bound:"link_misses" by:"address" told:"rate_limited" benchmark:"off" help:"Links that do not exist, asked for from one address in an hour."`

	HTTPConnections        Most `env:"ZIKR_MAX_HTTP_CONNECTIONS" default:"10000" bound:"http_connections" by:"server" told:"503 with Retry-After, and the close" help:"TCP connections in all, WebSockets apart."`
	AddressHTTPConnections Most `env:"ZIKR_MAX_ADDRESS_HTTP_CONNECTIONS" default:"4000" bound:"address_http_connections" by:"address" told:"503 with Retry-After, and the close" benchmark:"off" help:"TCP connections from one address, WebSockets and trusted proxies apart."`
	MemoryPercent          Most `env:"ZIKR_MEMORY_WATERMARK" default:"85" bound:"memory" by:"server" told:"503 with Retry-After for new connections; old ones live" help:"Percent of the memory limit (GOMEMLIMIT, else three quarters of the cgroup or the machine) above which no new connection is taken."`

	HeadBytes          Most `env:"ZIKR_MAX_HEAD" default:"16KB" bound:"head_bytes" by:"request" told:"431" help:"Bytes of a request's head."`
	QueryBytes         Most `env:"ZIKR_MAX_QUERY" default:"8KB" bound:"query_bytes" by:"request" told:"422 invalid_payload" help:"Bytes of a REST request's path and query."`
	BodyBytes          Most `env:"ZIKR_MAX_BODY" default:"100000" bound:"body_bytes" by:"request" told:"413 payload_too_large" help:"Bytes of a REST request's body."`
	BodiesBytes        Most `env:"ZIKR_MAX_BODIES" default:"32MB" bound:"bodies_bytes" by:"server" told:"429 rate_limited" help:"Bytes of bodies that are being read, in all."`
	AddressBodiesBytes Most `env:"ZIKR_MAX_ADDRESS_BODIES" default:"8MB" bound:"address_bodies_bytes" by:"address" told:"429 rate_limited" help:"Bytes of bodies that are being read from one address."`
	AnswersBytes       Most `env:"ZIKR_MAX_ANSWERS" default:"64MB" bound:"answers_bytes" by:"server" told:"429 rate_limited" help:"Bytes of REST answers that are being written, in all."`
	UserAnswersBytes   Most `env:"ZIKR_MAX_USER_ANSWERS" default:"8MB" bound:"user_answers_bytes" by:"user" told:"429 rate_limited" help:"Bytes of REST answers that are being written to one user; never more than an eighth of what is free. An export for which there is no room is written in its turn."`

	Requests            Most `env:"ZIKR_MAX_REQUESTS" default:"2000" bound:"requests" by:"server" told:"429 rate_limited" benchmark:"off" help:"REST requests under way in all."`
	AddressRequests     Most `env:"ZIKR_MAX_ADDRESS_REQUESTS" default:"1000" bound:"address_requests" by:"address" told:"429 rate_limited" benchmark:"off" help:"REST requests under way from one address."`
	UserRequests        Most `env:"ZIKR_MAX_USER_REQUESTS" default:"32" bound:"user_requests" by:"user" told:"429 rate_limited" benchmark:"off" help:"REST requests under way of one user."`
	RequestRate         Most `env:"ZIKR_REQUEST_RATE" default:"50" bound:"request_rate" by:"user" told:"429 rate_limited" benchmark:"off" help:"REST requests a second of one user, GET too."`
	RequestBurst        Most `env:"ZIKR_REQUEST_BURST" default:"300" bound:"request_burst" by:"user" told:"429 rate_limited" benchmark:"off" help:"REST requests of one user at once, before the rate holds."`
	AddressRequestRate  Most `env:"ZIKR_ADDRESS_REQUEST_RATE" default:"1000" bound:"address_request_rate" by:"address" told:"429 rate_limited" benchmark:"off" help:"REST requests a second from one address."`
	AddressRequestBurst Most `env:"ZIKR_ADDRESS_REQUEST_BURST" default:"5000" bound:"address_request_burst" by:"address" told:"429 rate_limited" benchmark:"off" help:"REST requests from one address at once, before the rate holds."`
	AddressRefusals     Most `name:"max-address-refusals" env:"ZIKR_MAX_ADDRESS_REFUSALS" default:"20" bound:"address_refusals" by:"address" told:"the refusal comes later, by a second at the most" benchmark:"off" help:"REST requests a second from one address that are answered rate_limited at once; ten times as many before that holds."`
	EventRate           Most `env:"ZIKR_EVENT_RATE" default:"50" bound:"event_rate" by:"user" told:"rate_limited" benchmark:"off" help:"Events a second of one user, changes over REST too."`
	ChannelLeaves       Most `env:"ZIKR_CHANNEL_LEAVES" default:"10" bound:"channel_leaves" by:"user and group" told:"counts as online for ZIKR_PRESENCE_GRACE still" benchmark:"off" help:"Times a minute that one user leaves a group's channel and its members are told at once."`
	EventBurst          Most `env:"ZIKR_EVENT_BURST" default:"200" bound:"event_burst" by:"user" told:"rate_limited" benchmark:"off" help:"Events of one user at once, before the rate holds."`

	Exports        Most `env:"ZIKR_MAX_EXPORTS" default:"2" bound:"exports" by:"server" told:"others wait, in turn by user" help:"Exports (GET /me/export) that are made at once; 0: there are none."`
	ExportsWaiting Most `env:"ZIKR_MAX_EXPORTS_WAITING" default:"200" bound:"exports_waiting" by:"server" told:"429 rate_limited" help:"Exports under way and waiting, in all."`
	UserExports    Most `env:"ZIKR_MAX_USER_EXPORTS" default:"1" bound:"user_exports" by:"user" told:"429 rate_limited" help:"Exports of one user under way or waiting."`
	ExportsAnHour  Most `env:"ZIKR_EXPORTS_AN_HOUR" default:"20" bound:"exports_an_hour" by:"user" told:"429 rate_limited" benchmark:"off" help:"Exports that one user asks for in an hour."`
	ReadersKept    Most `env:"ZIKR_READERS_KEPT" default:"1" bound:"readers_kept" by:"server" told:"other reads wait" help:"Readers of the database kept free for who signs in, for GET /me and for /readyz."`
	Searches       Most `env:"ZIKR_SEARCHES" default:"30" bound:"searches" by:"user" told:"429 rate_limited" benchmark:"off" help:"Searches for people (GET /users) a minute of one user."`
	ContactChanges Most `env:"ZIKR_CONTACT_CHANGES" default:"10" bound:"contact_changes" by:"user" told:"429 rate_limited" benchmark:"off" help:"Changes of the own e-mail or phone an hour, those refused as taken too."`

	SignUps         Most `env:"ZIKR_SIGN_UPS" default:"60" bound:"sign_ups" by:"address" told:"429 rate_limited" benchmark:"off" help:"Sign-ups an hour from one address; up to ten times as many where a hundred people are signed in."`
	LoginFailures   Most `env:"ZIKR_LOGIN_FAILURES" default:"10" bound:"login_failures" by:"device, or address and login" told:"429 rate_limited" benchmark:"off" help:"Wrong passwords in 15 minutes of one known device, or for one login from one address."`
	AddressFailures Most `env:"ZIKR_ADDRESS_FAILURES" default:"200" bound:"address_failures" by:"address" told:"429 rate_limited" benchmark:"off" help:"Wrong passwords in 15 minutes from one address, known devices apart; up to ten times as many where a hundred people are signed in."`
	Hashes          Most `env:"ZIKR_MAX_HASHES" default:"8" bound:"hashes" by:"server" told:"others wait" help:"Passwords that are hashed at once, 19 MiB each; never more than half as many as there are processors, but one."`
	HashesWaiting   Most `env:"ZIKR_MAX_HASHES_WAITING" default:"200" bound:"hashes_waiting" by:"server" told:"429 rate_limited" help:"Passwords that wait to be hashed."`

	LogBytes     Most `env:"ZIKR_MAX_LOG_WAITING" default:"4MB" bound:"log_bytes" by:"server" told:"lines are dropped and counted" help:"Bytes of the own log that wait for whoever reads it."`
	RefusalLines Most `env:"ZIKR_REFUSAL_LINES" default:"20" bound:"refusal_lines" by:"server" told:"lines are left out and counted" help:"Lines a second that tell of refused clients; of one address and one reason, one in ten seconds."`

	GroupsADay         Most `name:"groups-a-day" env:"ZIKR_GROUPS_A_DAY" default:"20" bound:"groups_a_day" by:"user" told:"rate_limited" benchmark:"off" help:"Groups that one user makes on a day."`
	Groups             Most `name:"max-groups" env:"ZIKR_MAX_GROUPS" default:"200" bound:"groups" by:"user" told:"limit_reached" help:"Groups that one user is the admin of."`
	Members            Most `name:"max-members" env:"ZIKR_MAX_MEMBERS" default:"20000" bound:"members" by:"group" told:"limit_reached" help:"Members of a group."`
	Bans               Most `name:"max-bans" env:"ZIKR_MAX_BANS" default:"1000" bound:"bans" by:"group" told:"limit_reached" help:"Users who are banned from a group."`
	Zikrs              Most `name:"max-zikrs" env:"ZIKR_MAX_ZIKRS" default:"200" bound:"zikrs" by:"group" told:"limit_reached" help:"Zikrs of a group."`
	GroupText          Most `name:"max-group-text" env:"ZIKR_MAX_GROUP_TEXT" default:"256KB" bound:"group_text" by:"group" told:"limit_reached" help:"Bytes of a group's texts, those of its zikrs included."`
	JoinsADay          Most `name:"joins-a-day" env:"ZIKR_JOINS_A_DAY" default:"100" bound:"joins_a_day" by:"user" told:"rate_limited" benchmark:"off" help:"Groups that one user joins on a day, public ones and by links, the same ones again counted."`
	BookingsADay       Most `name:"bookings-a-day" env:"ZIKR_BOOKINGS_A_DAY" default:"60" bound:"bookings_a_day" by:"member" told:"rate_limited" benchmark:"off" help:"Poras that a member books in a group on a day; its admin any number."`
	AssignmentsADay    Most `name:"assignments-a-day" env:"ZIKR_ASSIGNMENTS_A_DAY" default:"2000" bound:"assignments_a_day" by:"user" told:"rate_limited" benchmark:"off" help:"Poras that one user books for others on a day, each of which is told to its reader."`
	InvitationsAMinute Most `name:"invitations-a-minute" env:"ZIKR_INVITATIONS_A_MINUTE" default:"60" bound:"invitations_a_minute" by:"user" told:"rate_limited" benchmark:"off" help:"Invitations that one user sends in a minute."`
	InvitationsADay    Most `name:"invitations-a-day" env:"ZIKR_INVITATIONS_A_DAY" default:"2000" bound:"invitations_a_day" by:"user" told:"rate_limited" benchmark:"off" help:"Invitations that one user sends on a day."`
	PendingSent        Most `name:"max-invitations-sent" env:"ZIKR_MAX_INVITATIONS_SENT" default:"2000" bound:"pending_sent" by:"user" told:"limit_reached" help:"Invitations of one sender that wait for an answer."`
	PendingReceived    Most `name:"max-invitations-received" env:"ZIKR_MAX_INVITATIONS_RECEIVED" default:"200" bound:"pending_received" by:"user" told:"limit_reached" help:"Invitations of one receiver that wait for an answer."`
	InvitationRefusals Most `name:"max-invitation-refusals" env:"ZIKR_MAX_INVITATION_REFUSALS" default:"3" bound:"invitation_refusals" by:"user" told:"rate_limited" help:"Invitations of one sender that one receiver refuses before the sender has to wait."`
	BytesADay          Most `name:"bytes-a-day" env:"ZIKR_BYTES_A_DAY" default:"64MB" bound:"bytes_a_day" by:"user" told:"rate_limited" benchmark:"off" help:"Bytes that one user has stored on a day, about."`
}

// Bound is one bound, as what holds it needs it.
type Bound struct {
	Most Most
	// Met is told each time that the bound was met. nil: nobody is told.
	Met func()
}

func (b *Bound) met() {
	if b.Met != nil {
		b.Met()
	}
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
	Field   string // of Bounds
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
			Field: t.Field(i).Name, Bound: tag.Get("bound"), What: tag.Get("help"), By: tag.Get("by"), Default: tag.Get("default"),
			Setting: tag.Get("env"), Told: tag.Get("told"), Benchmark: tag.Get("benchmark") != "off",
		}
	}
	return rows
}

// Of returns how much the bound of a name allows. It reports false if there is none such.
func (b Bounds) Of(bound string) (Most, bool) {
	for i, row := range Table() {
		if row.Bound == bound {
			return reflect.ValueOf(b).Field(i).Interface().(Most), true
		}
	}
	return 0, false
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
