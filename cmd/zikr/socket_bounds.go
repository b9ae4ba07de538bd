package main

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"time"

	"github.com/zikr-app/zikr/internal/address"
	"github.com/zikr-app/zikr/internal/engineio"
	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/live"
	"github.com/zikr-app/zikr/internal/socketio"
)

// This file hands the part of the budget that connections hold to the realtime engine.

// bound is a bound as the engine has it: 0 is none of its settings, and there nothing at all.
func bound(m limit.Most) int64 {
	if m == 0 {
		return -1
	}
	return int64(m)
}

// engine is what connections may take up, whoever they are.
func (b bounds) engine() engineio.Bounds {
	return engineio.Bounds{
		Sessions: bound(b.Connections), AddressSessions: bound(b.AddressConnections),
		Pending: bound(b.Pending), AddressPending: bound(b.AddressPending),
		PendingBytes: bound(b.PendingBytes), AddressPendingBytes: bound(b.AddressPendingBytes),
		Handshake: bound(b.HandshakeBytes), Incoming: bound(b.IncomingBytes), AddressIncoming: bound(b.AddressIncomingBytes),
		Queued: bound(b.QueuedBytes), Packets: bound(b.Packets), PendingPackets: bound(b.PendingPackets),
	}
}

// sockets is what those take up who are signed in.
func (b bounds) sockets() socketio.Bounds {
	return socketio.Bounds{
		UserSockets: bound(b.UserConnections), Refusals: bound(b.RefusedConnects), Waiting: bound(b.LostConnections),
		Recovery: bound(b.RecoveryBytes), UserRecovery: bound(b.UserRecoveryBytes),
	}
}

// crowded is what a user is told who has too many connections.
func crowded() *socketio.ConnectError {
	refusal := live.TooManyConnections()
	data, err := json.Marshal(refusal.Data)
	if err != nil {
		panic(err) // does not happen: a string and a number
	}
	return &socketio.ConnectError{Message: refusal.Message, Data: data}
}

// address is where a request comes from, behind the proxies that are trusted.
func (s *server) address(r *http.Request) netip.Addr { return address.Of(r, s.proxies) }

// admit says whether a connection may be made from an address now.
func (s *server) admit(from netip.Addr) (retryAfter time.Duration, ok bool) {
	if retryAfter, ok = s.memory.admit(); !ok {
		return retryAfter, false
	}
	return s.connects.Allow(address.Network(from).String(), time.Now())
}

// pace is a rate of what waits when it comes too often; so many seconds' worth may come at once.
func (b bounds) pace(name string, seconds limit.Most) *limit.Rate {
	second := b.of(name)
	burst := limit.Bound{Most: second.Most}
	if burst.Most != limit.Off {
		burst.Most *= seconds
	}
	return limit.NewRate(second, burst)
}

// paceOfConnects says how long each handshake waits. Nobody waits for more than a second: a crowd behind one address is
// let in by then, and who asks on a few connections again and again is slow.
func (b bounds) paceOfConnects() func(from netip.Addr) time.Duration {
	connects := b.pace("address_connect_pace", 1)
	return func(from netip.Addr) time.Duration { return connects.Wait(address.Network(from).String(), time.Now()) }
}
