package load

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/sys/unix"
)

// sockaddr is an address as the kernel takes it, and its family.
func sockaddr(a netip.AddrPort) (address unix.Sockaddr, family int) {
	if a.Addr().Unmap().Is4() {
		return &unix.SockaddrInet4{Addr: a.Addr().Unmap().As4(), Port: int(a.Port())}, unix.AF_INET
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}, unix.AF_INET6
}

// portsEach is how many connections one source address gets, of the 28,232 ports
// that Linux hands out by default.
const portsEach = 10_000

// sources are the addresses to connect from. To a server on this machine's loopback
// they are chosen anew for each run, all of 127.0.0.0/8 being local: ports that an
// earlier run has used are kept for a minute (TIME_WAIT).
func sources(o Options, target netip.Addr) []netip.Addr {
	if len(o.Sources) > 0 || !target.Is4() || !target.IsLoopback() {
		return o.Sources
	}
	out := make([]netip.Addr, 1+o.Connections*o.sockets()/portsEach)
	run := uint32(time.Now().UnixNano()) % (1 << 16)
	for i := range out {
		run = run*1_664_525 + 1_013_904_223
		// 127.1.0.0 to 127.254.255.254: never 127.0.0.1, which others use
		out[i] = netip.AddrFrom4([4]byte{127, byte(1 + run>>24%254), byte(run >> 16), byte(1 + run>>8%254)})
	}
	return out
}

// resolve finds a server's address.
func resolve(server *url.URL) (netip.AddrPort, error) {
	port := server.Port()
	if port == "" {
		port = "80"
	}
	address, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(server.Hostname(), port))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("the server's address: %w", err)
	}
	a := address.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), nil
}
