package engineio

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/zikr-app/zikr/internal/address"
)

// Options of a Server. The zero value of each means its default.
type Options struct {
	PingInterval   time.Duration // between two pings; 25 s
	PingTimeout    time.Duration // for the answer to a ping; 20 s
	UpgradeTimeout time.Duration // from the probe to the upgrade; 10 s
	ConnectTimeout time.Duration // for Session.Settle; none
	Linger         time.Duration // how long a broadcast may wait for more to write with it; 0
	MaxPayload     int           // bytes of one message or polling body; 1,000,000
	QueueBytes     int           // waiting for a client before it is closed; 1 MiB
	AllowV3        bool          // serve revision 3 too
	NoEpoll        bool          // Linux: read with a goroutine for each connection, as elsewhere
	Usage          bool          // keep for each session what Session.Usage tells

	// Origins are whose pages may connect besides those of the same host, as
	// scheme://host[:port]; "*" is all. A request without Origin always may.
	Origins []string

	// KeepHeaders and KeepQuery name what Handshake keeps of a request; nothing.
	KeepHeaders, KeepQuery []string

	// Bounds is how much clients may take up; everything they like.
	Bounds Bounds
	// Met is told the name of a bound (BoundNames) that a client has met. It must not block.
	Met func(bound string)
	// Address is where a request comes from; the other end of its TCP connection.
	Address func(*http.Request) netip.Addr
	// Admit is asked before a session is opened from an address, or a request from there is refused that
	// belongs to none. If it refuses, the client is told when to try again. It must not block; everybody may.
	Admit func(from netip.Addr) (retryAfter time.Duration, ok bool)

	// Pace says how long a handshake that Admit lets in waits before its session is opened, so that many from one
	// address do not take all there is; not at all. It must not block.
	Pace func(from netip.Addr) time.Duration

	// RefuseAfter is how long a client waits for its refusal for which there is no room, or that Admit refuses, and, if it
	// was never settled, for what follows KeepStranger, so that it cannot come again and again at once; 0.
	RefuseAfter time.Duration

	Logger *slog.Logger // slog.Default()
}

func (o Options) withDefaults() Options {
	setDefault(&o.PingInterval, 25*time.Second)
	setDefault(&o.PingTimeout, 20*time.Second)
	setDefault(&o.UpgradeTimeout, 10*time.Second)
	setDefault(&o.MaxPayload, 1_000_000)
	setDefault(&o.QueueBytes, 1<<20)
	setDefault(&o.Logger, slog.Default())
	if o.Met == nil {
		o.Met = func(string) {}
	}
	if o.Address == nil {
		o.Address = func(r *http.Request) netip.Addr { return address.Of(r, nil) }
	}
	if o.Admit == nil {
		o.Admit = func(netip.Addr) (time.Duration, bool) { return 0, true }
	}
	if o.Pace == nil {
		o.Pace = func(netip.Addr) time.Duration { return 0 }
	}
	return o
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// tick is how exact heartbeats have to be: a twentieth of the shorter time.
func (o Options) tick() time.Duration {
	shorter := min(o.PingInterval, o.PingTimeout)
	return min(max(shorter/20, time.Millisecond), 250*time.Millisecond)
}
