package load

import (
	"errors"
	"time"
)

// errHungUp is a link that the server has closed.
var errHungUp = errors.New("the server closed the connection")

// network carries the bytes of all links. It belongs to one goroutine: all of its
// methods are called from there, and it calls its user back from wait alone, except
// that write may find that a link is lost.
type network interface {
	// dial begins to connect l. The user is told by opened, or by lost.
	dial(l *link) error
	// write sends a copy of b, now or when the server takes it.
	write(l *link, b []byte)
	// wait tells the user what has happened, and waits for something to happen until
	// the given time. It returns how much did.
	wait(until time.Time) (happened int, err error)
	// close ends l. The user hears no more of it.
	close(l *link)
	// end closes what is still open, and frees everything. It may be called again.
	end()
	// cost says, for the report, why this network costs more than it could; "" if it does not.
	cost() string
}

// user is what a network tells of its links.
type user interface {
	// opened tells that l is connected.
	opened(l *link)
	// received gives bytes that have come, valid during the call. It returns how many of them it
	// has used; the rest comes again, with more behind it.
	received(l *link, data []byte) (used int)
	// lost tells that l has ended by itself.
	lost(l *link, err error)
}

// link is a TCP connection of a client. One that is idle holds no buffer.
type link struct {
	owner *client
	posts bool // the second link of a client that polls: its POST requests
	state linkState
	polls uint32 // epoll: what the kernel watches for
	fd    int    // epoll: its socket

	rest []byte // received and not yet used
	out  []byte // written and not yet taken by the kernel
	pump *pump  // without epoll: its goroutines
}

type linkState uint8

const (
	dialing linkState = iota
	open
	closed
)

// deliver hands data, with what was left before it, to the user, and keeps what the user has not used.
func (l *link) deliver(u user, data []byte) {
	if len(l.rest) > 0 {
		data = append(l.rest, data...)
		l.rest = nil
	}
	used := u.received(l, data)
	if used < len(data) && l.state != closed {
		l.rest = append([]byte(nil), data[used:]...)
	}
}
