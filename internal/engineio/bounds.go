package engineio

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zikr-app/zikr/internal/address"
)

// Bounds is how much clients may take up of a server. Of each, 0 is no bound, and less is nothing at all.
// An address is a whole /64 of IPv6.
type Bounds struct {
	Sessions        int64 // that are open at once
	AddressSessions int64 // the same, from one address

	// Pending sessions were never settled: nobody knows whose they are.
	Pending             int64
	AddressPending      int64
	PendingBytes        int64 // what they hold
	AddressPendingBytes int64

	Handshake int64 // bytes of a handshake's query, and of its headers that are kept

	// Incoming are bytes of messages and bodies of which the rest is still to come. A few KiB of
	// a session are not counted.
	Incoming        int64
	AddressIncoming int64

	// Queued are bytes that wait to be written. What many wait for counts once, and a few KiB of
	// a session not at all.
	Queued int64

	// Packets is how many a client may send in a second. A client that sends more is not read
	// until the second is over, and closed when it goes on.
	Packets int64
	// PendingPackets is the same of a pending session.
	PendingPackets int64
}

// The names by which Options.Met is told of a bound that was met.
const (
	boundSessions            = "connections"
	boundAddressSessions     = "address_connections"
	boundPending             = "pending_connections"
	boundAddressPending      = "address_pending_connections"
	boundPendingBytes        = "pending_bytes"
	boundAddressPendingBytes = "address_pending_bytes"
	boundHandshake           = "handshake_bytes"
	boundIncoming            = "incoming_bytes"
	boundAddressIncoming     = "address_incoming_bytes"
	boundQueued              = "queued_bytes"
	boundPackets             = "packets"
	boundPendingPackets      = "pending_packets"
)

// BoundNames are all names that Options.Met may be told.
func BoundNames() []string {
	return []string{
		boundSessions, boundAddressSessions, boundPending, boundAddressPending, boundPendingBytes, boundAddressPendingBytes,
		boundHandshake, boundIncoming, boundAddressIncoming, boundQueued, boundPackets, boundPendingPackets,
	}
}

const (
	// sessionCost is about what a session takes, in bytes, beside what it keeps of its handshake.
	sessionCost = 2 << 10
	// grain is up to how many bytes, incoming or queued, a session is not asked for: most never
	// have so many, and need not touch what all share. pendingGrain is the same of a pending one.
	grain        = 16 << 10
	pendingGrain = 2 << 10
	// pendingAge is how old a pending session must be to make room for another. Who means to enter a
	// namespace has done so by then, on a slow line too.
	pendingAge = 5 * time.Second
	// floodSeconds is for how many seconds on end a client may send more packets than it may.
	floodSeconds = 5
)

// reached reports whether n is at a bound.
func reached(n, bound int64) bool { return bound != 0 && n >= bound }

// exceeded reports whether n is beyond a bound.
func exceeded(n, bound int64) bool { return bound != 0 && n > bound }

// holdings are what clients take up, in all and by address.
type holdings struct {
	bounds *Bounds

	mu      sync.Mutex
	sources map[netip.Addr]*source
	all     source

	waiting fifo[waiter]

	queued atomic.Int64
}

// waiter is a session that is pending, or was, and since when it is there, on the wheel's clock.
type waiter struct {
	session *Session
	since   int64
}

// source is what the clients behind one address take up; guarded by the holdings' mu.
type source struct {
	network      netip.Addr
	sessions     int64
	pending      int64
	pendingBytes int64
	incoming     int64
	waiting      *fifo[waiter] // nil: nobody is
}

// open lets a session be opened from an address, pending and holding so many bytes; or it tells the
// name of the bound that is in its way, and the session that may be ended to make room: strangers who wait
// for nothing must not keep others out.
func (h *holdings) open(from netip.Addr, bytes, now int64) (_ *source, bound string, oldest *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	network := address.Network(from)
	src := h.sources[network]
	if src == nil {
		src = &source{network: network}
	}
	b := h.bounds
	switch {
	case reached(h.all.sessions, b.Sessions):
		return nil, boundSessions, nil
	case reached(src.sessions, b.AddressSessions):
		return nil, boundAddressSessions, nil
	case reached(src.pending, b.AddressPending):
		return nil, boundAddressPending, oldestOf(src.waiting, now)
	case exceeded(src.pendingBytes+bytes, b.AddressPendingBytes):
		return nil, boundAddressPendingBytes, oldestOf(src.waiting, now)
	case reached(h.all.pending, b.Pending):
		return nil, boundPending, oldestOf(&h.waiting, now)
	case exceeded(h.all.pendingBytes+bytes, b.PendingBytes):
		return nil, boundPendingBytes, oldestOf(&h.waiting, now)
	}
	for _, s := range []*source{src, &h.all} {
		s.sessions++
		s.pending++
		s.pendingBytes += bytes
	}
	h.sources[network] = src
	return src, "", nil
}

// await notes that a session that was opened is pending.
func (h *holdings) await(s *Session, now int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.source.waiting == nil {
		s.source.waiting = new(fifo[waiter])
	}
	for _, q := range []*fifo[waiter]{s.source.waiting, &h.waiting} {
		settled(q)
		q.push(waiter{s, now})
	}
}

// settled drops those from the front of a queue that are not pending any more.
func settled(q *fifo[waiter]) {
	for q.len() > 0 && q.first().session.pending.Load() == 0 {
		q.pop()
	}
}

// oldestOf is the session that has been pending longest, if that is long enough.
func oldestOf(q *fifo[waiter], now int64) *Session {
	if q == nil {
		return nil
	}
	settled(q)
	if q.len() == 0 || now-q.first().since < int64(pendingAge) {
		return nil
	}
	return q.first().session
}

// settle ends that a session is pending.
func (h *holdings) settle(src *source, bytes int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range []*source{src, &h.all} {
		s.pending--
		s.pendingBytes -= bytes
	}
	settled(&h.waiting)
	if src.pending == 0 {
		src.waiting = nil
	}
}

// close ends a session that is not pending any more.
func (h *holdings) close(src *source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	src.sessions--
	h.all.sessions--
	if src.sessions == 0 {
		delete(h.sources, src.network)
	}
}

// hold adds to, or takes from, the bytes that have come of what is not complete. What is added and
// is too much is not; the name of the bound in its way is returned.
func (h *holdings) hold(src *source, bytes int64) (bound string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case bytes > 0 && exceeded(h.all.incoming+bytes, h.bounds.Incoming):
		return boundIncoming
	case bytes > 0 && exceeded(src.incoming+bytes, h.bounds.AddressIncoming):
		return boundAddressIncoming
	}
	src.incoming += bytes
	h.all.incoming += bytes
	return ""
}

// look tells how many sessions are pending, and how many bytes incoming.
func (h *holdings) look() (pending, incoming int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.pending, h.all.incoming
}

// crowded reports whether so much is queued that nobody should queue much more.
func (h *holdings) crowded() bool {
	return h.bounds.Queued != 0 && h.queued.Load() > h.bounds.Queued/2
}

// wait adds bytes to what is queued, and reports whether that is within the bound.
func (h *holdings) wait(bytes int64) bool {
	n := h.queued.Add(bytes)
	return bytes <= 0 || !exceeded(n, h.bounds.Queued)
}

// pace is how many packets a client has sent in a second that began with one of them: each client has seconds of its
// own, so that those who are held up do not all go on at once.
type pace struct {
	began int32 // in milliseconds of the wheel's clock
	sent  int32
}

// paced counts a packet that came at now. A client that sends too many is held up until its second
// is over, and refused in the end: were it closed at once, it would only come again. The caller holds recvMu.
func (s *Session) paced(now int64) error {
	most, bound := s.srv.opt.Bounds.Packets, boundPackets
	if pending := s.srv.opt.Bounds.PendingPackets; pending != 0 && s.pending.Load() > 0 {
		most, bound = pending, boundPendingPackets
	}
	const second = int32(time.Second / time.Millisecond)
	at := int32(now / int64(time.Millisecond)) // comes round after 25 days; the difference of two is right
	if since := at - s.pace.began; since < 0 || since >= second {
		if !exceeded(int64(s.pace.sent), most) || since < 0 || since >= 2*second {
			s.hasty = 0
		}
		s.pace = pace{began: at}
	}
	s.pace.sent++
	if !exceeded(int64(s.pace.sent), most) {
		return nil
	}
	s.srv.met(bound)
	if s.hasty++; s.hasty > floodSeconds {
		return errFlood
	}
	s.Waits()
	time.Sleep(time.Duration(s.pace.began+second-at) * time.Millisecond)
	return nil
}

// KeepStranger keeps a client waiting that is about to be refused, or closed for what it sent, as long as it was not let
// in: it would only come again at once. It is called by who handles its packets.
func (s *Session) KeepStranger() {
	if s.pending.Load() > 0 && s.srv.opt.RefuseAfter > 0 {
		s.Waits()
		time.Sleep(s.srv.opt.RefuseAfter)
	}
}
