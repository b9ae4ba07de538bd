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
