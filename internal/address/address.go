// Package address tells where an HTTP request comes from, behind proxies too, and who
// is behind an address as far as limits go.
package address

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Of is where a request comes from. Behind proxies that are trusted it is the last
// address in X-Forwarded-For that is not one of theirs: what stands before that
// was written by the client. Who comes over a Unix socket is a proxy of this machine, and trusted.
// An address that cannot be read is the zero Addr.
func Of(r *http.Request, trusted []netip.Prefix) netip.Addr {
	address := parse(r.RemoteAddr)
	if !IsProxy(r, trusted) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before := parse(strings.TrimSpace(hop))
		if !before.IsValid() {
			break
		}
		address = before
		if !isTrusted(address, trusted) {
			break
		}
	}
	return address
}

// Origin is under which scheme and host a request came, as the client says. Whether TLS ended at a
// proxy, one that is trusted tells by X-Forwarded-Proto.
func Origin(r *http.Request, trusted []netip.Prefix) string {
	scheme := "http://"
	if r.TLS != nil || IsProxy(r, trusted) && r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https://"
	}
	return scheme + r.Host
}

// IsProxy reports whether a request came from a proxy whose word is believed: one of those, or one that
// uses a Unix socket, since a file's mode says who can.
func IsProxy(r *http.Request, trusted []netip.Prefix) bool {
	address := parse(r.RemoteAddr)
	return !address.IsValid() || isTrusted(address, trusted)
}

// Network is who is behind an address: an IPv4 address itself, or the first of the /64
// of an IPv6 one, which is what a single customer is given at the least.
func Network(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	network, err := a.Prefix(64)
	if err != nil { // cannot be: 64 bits are there
		return a
	}
	return network.Addr()
}

// parse reads an address with or without a port.
func parse(s string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	address, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

func isTrusted(address netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}
