package engineio

import (
	"log/slog"
	"time"
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

	// Origins are whose pages may connect besides those of the same host, as
	// scheme://host[:port]; "*" is all. A request without Origin always may.
	Origins []string

	// KeepHeaders names the request headers that Handshake keeps;
	// Authorization, Origin, User-Agent and X-Forwarded-For.
	KeepHeaders []string

	Logger *slog.Logger // slog.Default()
}

func (o Options) withDefaults() Options {
	setDefault(&o.PingInterval, 25*time.Second)
	setDefault(&o.PingTimeout, 20*time.Second)
	setDefault(&o.UpgradeTimeout, 10*time.Second)
	setDefault(&o.MaxPayload, 1_000_000)
	setDefault(&o.QueueBytes, 1<<20)
	setDefault(&o.Logger, slog.Default())
	if o.KeepHeaders == nil {
		o.KeepHeaders = []string{"Authorization", "Origin", "User-Agent", "X-Forwarded-For"}
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
