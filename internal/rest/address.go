package rest

import (
	"context"
	"net/netip"
)

// addressKey is where a request's context holds where it comes from.
type addressKey struct{}

// addressOf is where a request comes from.
func addressOf(ctx context.Context) netip.Addr {
	address, _ := ctx.Value(addressKey{}).(netip.Addr)
	return address
}

// originKey is where a request's context holds under which scheme and host it came.
type originKey struct{}

// originOf is the scheme and the host under which a request came, as the client says.
func originOf(ctx context.Context) string {
	origin, _ := ctx.Value(originKey{}).(string)
	return origin
}
