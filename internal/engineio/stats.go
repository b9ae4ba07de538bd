package engineio

import "sync/atomic"

// Stats is what a server counted since it was made.
type Stats struct {
	Open       int64             // sessions open now
	WebSockets int64             // of these, how many are on WebSocket
	Opened     uint64            // sessions ever opened
	Pending    int64             // of these, how many were never settled
	Queued     int64             // bytes that wait to be written, as far as they are counted (Bounds.Queued)
	Incoming   int64             // bytes of what is not complete, as far as they are counted (Bounds.Incoming)
	Upgraded   uint64            // sessions that went from polling to WebSocket
	Refused    uint64            // requests that were answered with a protocol error
	PacketsIn  uint64            // packets received
	PacketsOut uint64            // packets handed to the system
	BytesIn    uint64            // packets' bytes received, without frame headers
	BytesOut   uint64            // bytes handed to the system, frame headers included
	Closed     map[string]uint64 // sessions ended, by Reason.String
}

// counters are what Stats is read from.
type counters struct {
	open, webSockets          atomic.Int64
	opened, upgraded, refused atomic.Uint64
	packetsIn, packetsOut     atomic.Uint64
	bytesIn, bytesOut         atomic.Uint64
	closed                    [reasons]atomic.Uint64
	waited                    waited
}

// Closed is how many sessions have ended for a reason, by its name.
func (srv *Server) Closed(reason string) uint64 {
	for r := range reasons {
		if r.String() == reason {
			return srv.count.closed[r].Load()
		}
	}
	return 0
}

// Stats reads the server's counters. They are not read at one instant.
func (srv *Server) Stats() Stats {
	c := &srv.count
	s := Stats{
		Open: c.open.Load(), WebSockets: c.webSockets.Load(),
		Opened: c.opened.Load(), Upgraded: c.upgraded.Load(), Refused: c.refused.Load(),
		PacketsIn: c.packetsIn.Load(), PacketsOut: c.packetsOut.Load(),
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		Closed: make(map[string]uint64, reasons),
	}
	s.Pending, s.Incoming = srv.holdings.look()
	s.Queued = srv.holdings.queued.Load()
	for r := range reasons {
		s.Closed[r.String()] = c.closed[r].Load()
	}
	return s
}
