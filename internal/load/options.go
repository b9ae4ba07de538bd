package load

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"
)

// Transport is how connections talk to the server.
type Transport string

// The transports of Engine.IO. A connection stays on its own: there is no upgrade.
const (
	WebSocket Transport = "websocket"
	Polling   Transport = "polling"
)

// Options say whom to load, with how many connections.
type Options struct {
	URL         *url.URL      // of the server; without a path it is /socket.io/
	Also        []*url.URL    // other nodes of the same system: connections are spread over all of them
	Namespace   string        // of Socket.IO; empty is /
	Transport   Transport     // empty is WebSocket
	Connections int           // how many
	Members     []Member      // connection i acts as member i modulo their number; none: no token, group g1 and zikr z1
	PID         int           // the server's process on this machine; 0 leaves its CPU and memory out of the report
	InFlight    int           // connections that are opened at the same time; 0 is 100
	Timeout     time.Duration // a run fails when nothing comes for so long; 0 is 30 s
	Sources     []netip.Addr  // addresses of this machine to connect from, in turn; none: chosen by the system

	Progress func(sentence string) // told what is going on; nil is nobody

	carry func(Options, user) (network, error) // how bytes are carried; nil is the cheapest way of this system
}

// Member is who a connection acts as.
type Member struct {
	Token   string // empty: none is sent
	GroupID string
	ZikrID  string
}

// withDefaults checks the options and fills in what zero stands for.
func (o Options) withDefaults() (Options, error) {
	o.Transport = cmp.Or(o.Transport, WebSocket)
	o.InFlight = cmp.Or(o.InFlight, 100)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.carry == nil {
		o.carry = newNetwork
	}
	if len(o.Members) == 0 {
		o.Members = []Member{{GroupID: "g1", ZikrID: "z1"}}
	}
	for _, node := range o.nodes() {
		if err := checkURL(node); err != nil {
			return o, err
		}
		if node.Scheme != o.URL.Scheme {
			return o, errors.New("all nodes must be http, or all https")
		}
	}
	switch {
	case o.Transport != WebSocket && o.Transport != Polling:
		return o, fmt.Errorf("transport %q is neither websocket nor polling", o.Transport)
	case o.Connections < 1 || o.InFlight < 1 || o.Timeout < 0:
		return o, fmt.Errorf("%d connections, %d at once, within %s: none may be below 1", o.Connections, o.InFlight, o.Timeout)
	}
	return o, nil
}

// checkURL finds what cannot be a server's URL.
func checkURL(u *url.URL) error {
	if u == nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("the server's URL must be like http://127.0.0.1:7373 or https://zikr.example.org")
	}
	return nil
}

// nodes are all servers that connections are made to.
func (o Options) nodes() []*url.URL { return append([]*url.URL{o.URL}, o.Also...) }

// nodeOf is which of them a connection is made to.
func (o Options) nodeOf(connection int) int { return connection % (1 + len(o.Also)) }

// endpoint is the request target of the server's Engine.IO handshake.
func (o Options) endpoint() string {
	path := o.URL.EscapedPath()
	if path == "" || path == "/" {
		path = "/socket.io/"
	}
	query := o.URL.Query()
	query.Set("EIO", "4")
	query.Set("transport", string(o.Transport))
	return path + "?" + query.Encode()
}

// sockets is how many TCP connections a connection of Socket.IO takes: a client
// that polls sends beside the request that waits.
func (o Options) sockets() int {
	if o.Transport == Polling {
		return 2
	}
	return 1
}
