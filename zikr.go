// Package zikr is the domain of a server for people who read the Quran and
// remember God together: groups that divide the 30 poras of a hatm among their
// members, count zikrs toward a shared goal, and see all of it as it happens.
//
// It holds every rule and every use case, one method of Service each, and
// imports the standard library and tables of Unicode only. What it needs of the world stands here as
// ports: Store, Bus, Presence, Tokens, Passwords. The adapters live under internal/.
//
// A use case checks who asks, changes the store in one transaction, and
// announces. The group's event log is written in that same transaction: it is
// the truth of what was told.
package zikr

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// Key names what a command changes. Commands of one key run one after another,
// also across nodes.
type Key struct {
	Noun string // "group", "user", or "janitor" for what only it does
	ID   string
}

// GroupKey is the key of commands that change a group or anything in it.
func GroupKey(groupID string) Key { return Key{"group", groupID} }

// UserKey is the key of commands that change nothing but a user's own rows.
func UserKey(userID string) Key { return Key{"user", userID} }

// Store keeps everything that must not be lost.
type Store interface {
	// Update runs command in a transaction and returns when it is durable:
	// committed, with fsync. Commands of one key run in the order in which they
	// came, several in one commit. A command may be run again when the database
	// fails a commit, so it must set what it returns anew each time. A command
	// that returns an error has changed nothing.
	//
	// Events that the command appended are announced, in order of seq, by the
	// time that Update returns. When the queue is full, or ctx ends before the command
	// ran, the error is a RateLimited one. When ctx ends and the database does not answer
	// the commit, the error is an outage, and the command may be stored, then or later.
	Update(ctx context.Context, key Key, command func(Tx) error) error
	// View runs query on one committed state, no older than the latest command
	// that was confirmed before the call.
	View(ctx context.Context, query func(Reader) error) error
}

// Reader reads one state of the store. A row that is not there is ErrNotFound.
// What it returns belongs to the caller.
type Reader interface {
	UserReader
	GuestReader
	GroupReader
	HatmReader
	BookingReader
	CountReader
	DayReader
	NotificationReader
	BanReader
	BudgetReader
	EventReader
	LinkReader
	RetentionReader
	LogInReader
	BlockReader
	ActReader
	DepartureReader
}

// Tx is a Reader that sees its own writes, and writes. Updates name the row by
// its id and write every other field.
type Tx interface {
	Reader
	UserWriter
	GroupWriter
	HatmWriter
	BookingWriter
	CountWriter
	DayWriter
	NotificationWriter
	BanWriter
	BudgetWriter
	EventWriter
	LinkWriter
	RetentionWriter
	LogInWriter
	BlockWriter
	ActWriter
	DepartureWriter
}

// MaxTogether is how many rows may be asked for by their ids in one query.
const MaxTogether = 100

// EventReader reads the groups' event logs, those of deleted groups too.
type EventReader interface {
	// Events returns the events of a group after seq since, oldest first, at
	// most limit of them.
	Events(groupID string, since int64, limit int) ([]Event, error)
	// LatestSeqs returns the seq of the latest event of each of at most MaxTogether groups.
	LatestSeqs(groupIDs []string) (map[string]int64, error)
	// OldestSeq is the seq of the oldest event still in a group's log, 0 if it is empty.
	OldestSeq(groupID string) (int64, error)
	// EventsNaming returns the events of a group whose Event.UserID is userID,
	// after seq since, oldest first, at most limit of them.
	EventsNaming(groupID, userID string, since int64, limit int) ([]Event, error)
}

// EventWriter writes them.
type EventWriter interface {
	// AppendEvent adds e, whose Seq the caller took from the group's row. It is
	// announced after the commit.
	AppendEvent(e Event) error
	// RewriteEvent replaces the data and the user of an event that was told already.
	RewriteEvent(e Event) error
}

// Bus brings what happened to every node.
type Bus interface {
	// Publish announces events of one group, committed, with consecutive seqs.
	// It never waits for a receiver. A publication that is lost is made good by
	// receivers from the event log.
	Publish(groupID string, events []Event)
	// Signal sends what is not in an event log. It never waits; it may be lost.
	Signal(Signal)
}

// Signal is something told once: to a group's channel (presence), or to users
// on all of their connections.
type Signal struct {
	GroupID  string   // to this group's channel; "" for UserIDs
	UserIDs  []string // to these users
	ExceptID string   // a connection that is not told
	Name     string   // the event; "" when Expire says it all
	Data     json.RawMessage
	// Expire ends connections of the users with connection_status "expired" and a
	// DISCONNECT packet: those of sessions that Session.EndedBy names. With SessionIDs it is
	// those. Otherwise TokenVersion is 0 when the account is gone or suspended; else it is what own tokens
	// must carry now, but for the one with the id KeepTokenID and those of the session KeepSessionID, and another
	// issuer's must have been issued after ForeignAfter.
	Expire        bool
	TokenVersion  int64
	KeepTokenID   string
	KeepSessionID string
	ForeignAfter  time.Time // zero: any time
	SessionIDs    []string
}

// Receiver is what a node does with what its Bus brings. The calls of one group
// come one after another; none may wait.
type Receiver interface {
	// Events brings committed events of a group, in the order of seq within one
	// call. Calls may leave a gap, repeat or overtake: the receiver knows by seq.
	// The events are shared: nobody changes them.
	Events(groupID string, events []Event)
	Signal(Signal)
}

// Presence counts each user's connections in each group's channel, on all nodes.
type Presence interface {
	// Enter adds a connection of the user and reports whether it is the first.
	Enter(ctx context.Context, groupID, userID string) (first bool, err error)
	// Leave takes one away and reports whether it was the last.
	Leave(ctx context.Context, groupID, userID string) (last bool, err error)
	// Online counts the users in the channel and names at most limit of them;
	// a limit below 0 names all.
	Online(ctx context.Context, groupID string, limit int) (count int, userIDs []string, err error)
}

// Tokens issues this server's tokens and verifies those it accepts.
type Tokens interface {
	// Issue makes a token for a user, good until a time that the issuer sets. Of the claims it
	// uses UserID, SessionID, Version and Operator.
	Issue(Claims) (token string, expires time.Time, err error)
	// Verify checks a token without a "Bearer " prefix. Errors are
	// *Error with CodeUnauthenticated or CodeTokenExpired; anything else is an outage.
	Verify(ctx context.Context, token string) (Claims, error)
}

// Claims is what a verified token says.
type Claims struct {
	UserID    string
	TokenID   string    // claim jti; "" if it has none
	SessionID string    // claim sid of an own token; "" if it has none
	Issued    time.Time // claim iat; zero if it has none
	Expires   time.Time // zero: never (tokens of another issuer only)
	// Operator says that who runs this server has made the token for themself: it names no user, and is
	// good for what the platform's admin may do.
	Operator bool
	// Version is the user's token version when this server issued the token, -1 for any other token.
	Version              int64
	Name, Surname, Email string // for a user that is to be provisioned
}

// Passwords hashes passwords. Both calls are slow on purpose and may wait for their turn.
type Passwords interface {
	Hash(ctx context.Context, password string) (string, error)
	// Verify compares in the same time whatever hash is; an empty hash matches nothing.
	Verify(ctx context.Context, hash, password string) (bool, error)
}

// Config is what a Service is made of. Store, Bus, Presence and NewID are required.
type Config struct {
	Store     Store
	Bus       Bus
	Presence  Presence
	Tokens    Tokens
	Passwords Passwords
	Devices   Devices // nil: no client is known from before
	// Provision creates an unknown user from a valid token of another issuer.
	Provision bool
	// ForeignOpens lets tokens of another issuer open accounts that have a password here.
	ForeignOpens bool
	// Registration says who may make an account. Default: RegistrationOpen.
	Registration Registrations
	// NewID makes ids that grow with time (UUIDv7), so that newest first is by id.
	NewID func() string
	Now   func() time.Time // default: time.Now
	Log   *slog.Logger     // default: slog.Default()
	// Guests lets people in by links that let guests in.
	Guests bool
	// PublicURL is where people reach the server, without a slash at the end; "" makes links that are paths.
	PublicURL string
	// Grace is how long a dropped connection counts as online. Default: 5 s.
	Grace time.Duration
	// Bounds are how much there may be of what a client can make grow. Default: DefaultBounds.
	Bounds Bounds
	// Met is told of each time that a bound was met, by its name. It must not wait.
	Met func(bound string)
	// Tracer follows commands; nil: nobody does.
	Tracer Tracer
}

// Page asks for one page of a list, newest first.
type Page struct {
	Cursor string // the cursor of the page before; "" for the first
	Limit  int
}
