package rest

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressKey is where a request's context holds where it comes from.
type addressKey struct{}

// addressOf is where a request comes from.
func addressOf(ctx context.Context) netip.Addr {
	address, _ := ctx.Value(addressKey{}).(netip.Addr)
	return address
}

// clientAddress is where a request comes from. Behind proxies that are trusted
// it is the last address in X-Forwarded-For that is not one of theirs: what
// stands before that was written by the client. An address that cannot be read
// is the zero Addr.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	address := parseAddress(r.RemoteAddr)
	if !isTrusted(address, trusted) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before := parseAddress(strings.TrimSpace(hop))
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

// parseAddress reads an address with or without a port.
func parseAddress(s string) netip.Addr {
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

// originKey is where a request's context holds under which scheme and host it came.
type originKey struct{}

// originOf is the scheme and the host under which a request came, as the client says.
func originOf(ctx context.Context) string {
	origin, _ := ctx.Value(originKey{}).(string)
	return origin
}

// requestOrigin is what originOf returns for r. Whether TLS ended at a proxy, one that is trusted tells.
func requestOrigin(r *http.Request, trusted []netip.Prefix) string {
	secure := r.TLS != nil
	if isTrusted(parseAddress(r.RemoteAddr), trusted) {
		secure = secure || r.Header.Get("X-Forwarded-Proto") == "https"
	}
	if secure {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
