//go:build !linux

package load

// newNetwork is the portable network: the cheap one stands on epoll.
func newNetwork(o Options, u user) (network, error) {
	return newPumps(o, u, "without epoll, which is Linux's, the generator has two goroutines for each connection"), nil
}
