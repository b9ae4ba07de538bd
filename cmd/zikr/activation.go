package main

import (
	"context"
	"fmt"
	"net"

	"github.com/coreos/go-systemd/v22/activation"
)

// openListener takes the socket that systemd hands over, or else the address of ZIKR_ADDR.
func openListener(ctx context.Context, cfg serveConfig) (net.Listener, error) {
	given, err := activation.Listeners() // none, unless LISTEN_PID is this process
	if err != nil {
		return nil, fmt.Errorf("take the socket of systemd: %w", err)
	}
	if len(given) == 0 {
		return listen(ctx, "ZIKR_ADDR", cfg.Addr, cfg.SocketMode)
	}
	for _, l := range given {
		if l == nil || len(given) > 1 {
			closeAll(given)
			return nil, fmt.Errorf("systemd handed over %d sockets, of which one that listens is taken: let zikr.socket have a single ListenStream=, like ListenStream=7373", len(given))
		}
	}
	if _, tcp := given[0].(*net.TCPListener); !tcp && len(cfg.ACMEDomain) > 0 {
		closeAll(given)
		return nil, fmt.Errorf("ZIKR_ACME_DOMAIN is set, but the socket that systemd handed over is %s, which only a proxy of this machine reaches: let zikr.socket have the port of HTTPS, like ListenStream=443, or unset ZIKR_ACME_DOMAIN", given[0].Addr())
	}
	return given[0], nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		if l != nil {
			_ = l.Close()
		}
	}
}
