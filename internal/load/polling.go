package load

import (
	"bytes"
	"fmt"
	"net/http"
)

// polling is the transport of a GET that waits for packets, and of POSTs beside it
// (protocol v4, section "HTTP long-polling"). A client keeps a TCP connection for each.
type polling struct {
	fleet    *fleet
	endpoint string
	host     string
	room     []byte
}

// separator stands between the packets of a body (protocol v4, section "Packet encoding").
const separator = '\x1e'

func newPolling(f *fleet) *polling {
	return &polling{fleet: f, endpoint: f.opt.endpoint(), host: f.opt.URL.Host}
}

func (t *polling) open(c *client) error {
	c.state = handshaking
	c.link = &link{owner: c}
	return t.fleet.network.dial(c.link)
}

// dial begins to connect a link of a session that is open.
func (t *polling) dial(l *link) {
	if err := t.fleet.network.dial(l); err != nil {
		t.fleet.lose(l.owner, err)
	}
}

func (t *polling) opened(l *link) {
	if l.posts {
		t.postUnsent(l.owner)
		return
	}
	t.get(l.owner)
}

// get asks for packets, or for a session if there is none yet.
func (t *polling) get(c *client) {
	t.room = fmt.Appendf(t.room[:0], "GET %s%s HTTP/1.1\r\nHost: %s\r\n\r\n", t.endpoint, session(c), t.host)
	t.fleet.network.write(c.link, t.room)
}

// session is the rest of the query, by which a request belongs to a session.
func session(c *client) string {
	if c.sid == "" {
		return ""
	}
	return "&sid=" + c.sid
}

// send posts a packet, or keeps it until the POST under way has been answered: a
// second one at the same time would end the session.
func (t *polling) send(c *client, packet []byte) {
	c.unsent = append(c.unsent, append([]byte(nil), packet...))
	if !c.posting {
		t.postUnsent(c)
	}
}

// postUnsent posts all packets that wait, once there is a connection to do it.
func (t *polling) postUnsent(c *client) {
	c.posting = true
	if c.post == nil {
		c.post = &link{owner: c, posts: true}
		t.dial(c.post)
		return
	}
	body := bytes.Join(c.unsent, []byte{separator})
	c.unsent = nil
	t.room = fmt.Appendf(t.room[:0], "POST %s%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: %d\r\n\r\n",
		t.endpoint, session(c), t.host, len(body))
	t.fleet.network.write(c.post, append(t.room, body...))
}

func (t *polling) received(l *link, data []byte) (used int) {
	t.fleet.clock()
	for used < len(data) && l.owner.state != gone {
		a, size, err := cutAnswer(data[used:])
		if err == nil && size > 0 && a.status != http.StatusOK {
			err = fmt.Errorf("the server answered a poll with status %d: %.200s", a.status, a.body)
		}
		if err != nil {
			t.fleet.lose(l.owner, err)
		}
		if size == 0 || err != nil {
			break
		}
		used += size
		t.answered(l, a)
	}
	return used
}

// answered handles the answer to a request, and makes the next.
func (t *polling) answered(l *link, a answer) {
	c := l.owner
	if a.last { // it keeps no connection for the next request
		t.fleet.network.close(l)
	}
	if l.posts {
		t.posted(c, a.last)
		return
	}
	for packet := range bytes.SplitSeq(a.body, []byte{separator}) {
		t.fleet.packet(c, packet)
	}
	switch {
	case c.state == gone:
	case a.last:
		c.link = &link{owner: c}
		t.dial(c.link)
	default:
		t.get(c)
	}
}

// posted goes on after a POST, on another connection if this was its last.
func (t *polling) posted(c *client, last bool) {
	c.posting = false
	if last {
		c.post = nil
	}
	if len(c.unsent) > 0 {
		t.postUnsent(c)
	}
}

// lost ends the session, except where a server closes a connection that is idle between two POSTs.
func (t *polling) lost(l *link, err error) {
	c := l.owner
	if l.posts && !c.posting {
		c.post = nil
		return
	}
	t.fleet.lose(c, err)
}
