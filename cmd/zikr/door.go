package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zikr-app/zikr/internal/limit"
)

// door counts the TCP connections that HTTP requests come on, and takes no more than the budget
// allows. Those that become WebSockets are the engine's to count.
type door struct {
	inAll, byAddress *limit.Held
	memory           *watermark
	proxies          []netip.Prefix

	mu   sync.Mutex
	open map[net.Conn]string // what is held for a connection that is open
}

func newDoor(b bounds, memory *watermark, proxies []netip.Prefix) *door {
	off := limit.Bound{Most: limit.Off}
	return &door{
		inAll: limit.NewHeld(b.of("http_connections"), off), byAddress: limit.NewHeld(off, b.of("address_http_connections")),
		memory: memory, proxies: proxies, open: map[net.Conn]string{},
	}
}

// turnedAway is what a client is told that is not let in.
const turnedAway = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// watch is an http.Server's ConnState.
func (d *door) watch(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !d.enter(c) {
			turnAway(c)
		}
	case http.StateClosed, http.StateHijacked:
		d.leave(c)
	default:
	}
}

// enter counts a connection, if there is room for it. Behind a proxy many people share one
// connection or one address: only what the server has in all counts there.
func (d *door) enter(c net.Conn) bool {
	address, key := netip.Addr{}, ""
	if from, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		address = from.Addr().Unmap()
	}
	_, socket := c.(*net.UnixConn) // only a proxy of this machine can use it
	if proxy := socket || slices.ContainsFunc(d.proxies, func(p netip.Prefix) bool { return p.Contains(address) }); !proxy {
		if _, ok := d.memory.admit(); !ok {
			return false
		}
		key = limit.AddressKey(address)
		if !d.byAddress.Take(key, 1) {
			return false
		}
	}
	if !d.inAll.Take("", 1) {
		if key != "" {
			d.byAddress.Give(key, 1)
		}
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[c] = key
	return true
}

func (d *door) leave(c net.Conn) {
	d.mu.Lock()
	key, counted := d.open[c]
	delete(d.open, c)
	d.mu.Unlock()
	if !counted {
		return
	}
	d.inAll.Give("", 1)
	if key != "" {
		d.byAddress.Give(key, 1)
	}
}

// turnAway says why, where that needs no handshake, and closes.
func turnAway(c net.Conn) {
	switch plain := c.(type) {
	case *net.TCPConn, *net.UnixConn:
		_ = plain.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = plain.Write([]byte(turnedAway)) // the client may be gone
	}
	_ = c.Close()
}

// acceptor is a net.Listener that tells when connections cannot be taken, as when there are no
// file descriptors left: one line in a while, and a count.
type acceptor struct {
	net.Listener
	log    *slog.Logger
	failed atomic.Uint64

	told time.Time // of the one that accepts
}

// acceptPause is the least time between two lines.
const acceptPause = 10 * time.Second

// Accept waits for a connection.
func (a *acceptor) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err == nil || errors.Is(err, net.ErrClosed) {
		return c, err
	}
	a.failed.Add(1)
	if time.Since(a.told) >= acceptPause {
		a.told = time.Now()
		a.log.Error("new connections cannot be taken: raise the limit of open files (LimitNOFILE), or see what holds them", "err", err, "failed", a.failed.Load())
	}
	return nil, err
}
