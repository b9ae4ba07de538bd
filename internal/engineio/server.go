package engineio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// shardCount is over how many locks the sessions are spread.
const shardCount = 32

// Server is an http.Handler for everything below the path of Engine.IO.
type Server struct {
	opt       Options
	accept    func(*Session) Receiver
	wheel     *wheel
	flusher   *flusher
	streams   streams
	holdings  holdings
	refusals  Seldom // lines of the log
	count     counters
	pingFrame Frame
	pongFrame Frame

	seed   maphash.Seed
	shards [shardCount]shard

	mu      sync.RWMutex // orders accepting a session and closing
	closed  bool
	running sync.WaitGroup // sessions, their connections, and what they run
}

type shard struct {
	mu       sync.Mutex
	sessions map[string]*Session
}

// NewServer makes a server whose sessions are given to accept, which must not
// block; Receiver.Open may. Close ends its goroutines.
func NewServer(opt Options, accept func(*Session) Receiver) *Server {
	opt = opt.withDefaults()
	srv := &Server{
		opt: opt, accept: accept,
		wheel: newWheel(opt.tick()), flusher: newFlusher(opt.Linger),
		pingFrame: textFrame(string(Ping)), pongFrame: textFrame(string(Pong)),
		seed: maphash.MakeSeed(),
	}
	for i := range srv.shards {
		srv.shards[i].sessions = make(map[string]*Session)
	}
	srv.holdings.bounds, srv.holdings.sources = &srv.opt.Bounds, make(map[netip.Addr]*source)
	srv.streams.init(srv)
	return srv
}

// Flush writes the queues of sessions that Session.Queue asked it for, now or,
// later, after the linger.
func (srv *Server) Flush(list []*Session, later bool) {
	if later {
		srv.flusher.addLater(list)
	} else {
		srv.flusher.add(list...)
	}
}

// Linger is how long Flush waits when it is for later.
func (srv *Server) Linger() time.Duration { return srv.opt.Linger }

// MaxPayload is how many bytes a message may have.
func (srv *Server) MaxPayload() int { return srv.opt.MaxPayload }

// QueueBytes is how many bytes may wait for one client.
func (srv *Server) QueueBytes() int { return srv.opt.QueueBytes }

// Sessions calls each for every session that is open, until it returns false.
func (srv *Server) Sessions(each func(*Session) bool) {
	for i := range srv.shards {
		for _, s := range srv.shards[i].list() {
			if !each(s) {
				return
			}
		}
	}
}

// Close ends all sessions in good order, when their clients have read what was sent
// to them or had time to, and the server's goroutines. When ctx is over first, the sessions are dropped and its error is returned.
func (srv *Server) Close(ctx context.Context) error {
	srv.mu.Lock()
	again := srv.closed
	srv.closed = true
	srv.mu.Unlock()
	if again {
		return nil
	}
	srv.part(ctx)
	srv.Sessions(func(s *Session) bool { s.close(Shutdown, ws.StatusGoingAway); return true })
	done := make(chan struct{})
	go func() { srv.running.Wait(); close(done) }()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("engineio: close: %w", ctx.Err())
		srv.Sessions(func(s *Session) bool { s.Abort(); return true })
		<-done
	}
	srv.wheel.close()
	srv.flusher.close()
	srv.streams.close()
	return err
}

// enter admits a request that opens a connection, which Close then waits for;
// it is refused when the server is closed. Every enter has its leave.
func (srv *Server) enter(w http.ResponseWriter) bool {
	srv.mu.RLock()
	defer srv.mu.RUnlock()
	if srv.closed {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return false
	}
	srv.running.Add(1)
	return true
}

func (srv *Server) leave() { srv.running.Done() }

// opening is a request that opens a session, once it was admitted.
type opening struct {
	request *http.Request
	query   url.Values
	version Version
	from    netip.Addr
	source  *source
	bytes   int64 // that it holds while it is pending
}

// sessionAndWebSocket is a session and what it may need for a WebSocket: most have one, and few large
// objects take less memory than many small ones. It fills the allocator's class of 416 bytes.
type sessionAndWebSocket struct {
	session Session
	ws      wsConn
}

// newSession makes a session for the request, or nil when the server is closed,
// and what it may need for a WebSocket.
func (srv *Server) newSession(o *opening) (*Session, *wsConn) {
	srv.mu.RLock()
	defer srv.mu.RUnlock()
	if srv.closed {
		srv.abandon(o)
		return nil, nil
	}
	srv.running.Add(1)
	all := &sessionAndWebSocket{}
	s := &all.session
	s.srv, s.id, s.version = srv, newID(), o.version
	s.base64 = o.query.Get("b64") == "1"
	s.hs.Address = o.from
	s.hs.keep(o.request, o.query, &srv.opt)
	s.source = o.source
	if srv.opt.Usage {
		s.usage = &usage{opened: time.Now()}
	}
	s.pending.Store(int32(o.bytes))
	srv.holdings.await(s, srv.wheel.now())
	s.alarm.owner = s
	all.ws.sess = s
	s.recv = srv.accept(s)
	sh := srv.shard(s.id)
	sh.mu.Lock()
	sh.sessions[s.id] = s
	sh.mu.Unlock()
	srv.count.open.Add(1)
	srv.count.opened.Add(1)
	return s, &all.ws
}

// abandon gives up an opening that becomes no session.
func (srv *Server) abandon(o *opening) {
	srv.holdings.settle(o.source, o.bytes)
	srv.holdings.close(o.source)
}

// met tells that a client has met a bound.
func (srv *Server) met(bound string) { srv.opt.Met(bound) }

// newID is 20 characters that nobody can guess.
func newID() string {
	var b [15]byte
	var id [20]byte
	_, _ = rand.Read(b[:]) // never fails
	base64.RawURLEncoding.Encode(id[:], b[:])
	return string(id[:])
}

func (srv *Server) shard(id string) *shard {
	return &srv.shards[maphash.String(srv.seed, id)%shardCount]
}

// find is the session with that id, nil if there is none.
func (srv *Server) find(id string) *Session {
	sh := srv.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.sessions[id]
}

func (srv *Server) forget(s *Session) {
	sh := srv.shard(s.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.sessions, s.id)
}

func (sh *shard) list() []*Session {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	all := make([]*Session, 0, len(sh.sessions))
	for _, s := range sh.sessions {
		all = append(all, s)
	}
	return all
}

// openFrame is the open packet. Protocol v4, section "Handshake".
func (s *Session) openFrame(upgrades ...string) Frame {
	opt := &s.srv.opt
	body, _ := json.Marshal(struct { // cannot fail: strings and numbers
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}{s.id, append([]string{}, upgrades...), opt.PingInterval.Milliseconds(), opt.PingTimeout.Milliseconds(), opt.MaxPayload})
	return textFrame(string(Open) + string(body))
}
