package socketio

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Options of a Server. The zero value of each means its default.
type Options struct {
	// Engine is how the connections below are kept. Its ConnectTimeout is for a
	// client to enter its first namespace; 45 s.
	Engine engineio.Options
	// Recovery is how long a client whose connection is lost may come back as
	// the same socket, with nothing missed; 0 is never.
	Recovery time.Duration
	// MaxAttachments is how many binary attachments a packet may have; with 0,
	// binary data closes the connection that sends it.
	MaxAttachments int
	// Bounds is how much clients may take up; everything they like. Engine.Met is told of these, too.
	Bounds Bounds
	// Crowded is what a user is told who has too many connections; that there are too many.
	Crowded *ConnectError
	// Ended is told of each connection that has ended; nobody. It must not block.
	Ended func(Ending)
}

// Ending is a connection that has ended.
type Ending struct {
	Address   netip.Addr
	User      string // "" if it never was in a namespace
	Transport string
	Usage     engineio.Usage
	Reason    engineio.Reason
}

// Server is an http.Handler for everything below the path of Socket.IO.
type Server struct {
	opt        Options
	log        *slog.Logger
	engine     *engineio.Server
	namespaces map[string]*namespace
	rooms      rooms
	holdings   holdings
	lines      lines
	position   atomic.Uint64 // of the last message that was sent
	ctx        context.Context
	cancel     context.CancelFunc
	tidying    sync.WaitGroup

	refused  atomic.Uint64 // CONNECT packets
	waiting  atomic.Int64  // sockets that wait for their clients
	mu       sync.Mutex
	sessions map[string]*Socket // by pid: those that can be recovered, now or once they are lost
}

// namespace is one of the server's namespaces.
type namespace struct {
	name    string
	index   int
	handler Handler
}

// NewServer makes a server without namespaces. Close ends its goroutines.
func NewServer(opt Options) *Server {
	if opt.Engine.ConnectTimeout == 0 {
		opt.Engine.ConnectTimeout = 45 * time.Second
	}
	if opt.Engine.Logger == nil {
		opt.Engine.Logger = slog.Default()
	}
	if opt.Engine.Met == nil {
		opt.Engine.Met = func(string) {}
	}
	opt.Engine.Usage = opt.Engine.Usage || opt.Ended != nil
	if opt.Bounds.Waiting == 0 {
		opt.Bounds.Waiting = maxWaiting
	}
	if opt.Crowded == nil {
		opt.Crowded = &ConnectError{Message: "Too many connections"}
	}
	srv := &Server{
		opt: opt, log: opt.Engine.Logger,
		namespaces: make(map[string]*namespace), sessions: make(map[string]*Socket),
	}
	srv.ctx, srv.cancel = context.WithCancel(context.Background())
	srv.holdings.bounds, srv.holdings.users = &srv.opt.Bounds, make(map[string]holding)
	srv.rooms.init(&srv.holdings)
	srv.engine = engineio.NewServer(opt.Engine, srv.accept)
	if opt.Recovery > 0 {
		srv.tidying.Go(srv.tidy)
	}
	return srv
}

// Of has h serve the namespace of that name, which begins with a slash. It is
// called before the first request.
func (srv *Server) Of(name string, h Handler) {
	srv.namespaces[name] = &namespace{name: name, index: len(srv.namespaces), handler: h}
}

// ServeHTTP serves one request of any transport.
func (srv *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { srv.engine.ServeHTTP(w, r) }

// Stats is what the server below counted.
func (srv *Server) Stats() engineio.Stats { return srv.engine.Stats() }

// Waited is how many bytes waited for clients whenever some were written.
func (srv *Server) Waited() engineio.Waited { return srv.engine.Waited() }

// Closed is how many connections have ended for a reason.
func (srv *Server) Closed(reason string) uint64 { return srv.engine.Closed(reason) }

// Refused is how many CONNECT packets were refused.
func (srv *Server) Refused() uint64 { return srv.refused.Load() }

// Waiting is how many sockets have lost their connection and may come back.
func (srv *Server) Waiting() int { return int(srv.waiting.Load()) }

// Kept is how many bytes are kept for clients that may come back, as far as they are counted.
func (srv *Server) Kept() int64 { return srv.holdings.kept.Load() }

// met tells that a client has met a bound.
func (srv *Server) met(bound string) { srv.opt.Engine.Met(bound) }

// Sockets calls each for every socket that is connected, until it is false.
func (srv *Server) Sockets(each func(*Socket) bool) {
	for _, c := range srv.connections() {
		for _, s := range c.list() {
			if !each(s) {
				return
			}
		}
	}
}

func (srv *Server) connections() (all []*conn) {
	srv.engine.Sessions(func(s *engineio.Session) bool {
		all = append(all, s.Receiver().(*conn))
		return true
	})
	return all
}

// Close closes all connections in good order and without a DISCONNECT packet,
// so that clients come back by themselves. When ctx is over first, they are
// dropped and its error is returned.
func (srv *Server) Close(ctx context.Context) error {
	srv.cancel()
	err := srv.engine.Close(ctx)
	for _, s := range srv.recoverable() {
		s.drop()
	}
	srv.tidying.Wait()
	return err
}

func (srv *Server) recoverable() (all []*Socket) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	for _, s := range srv.sessions {
		all = append(all, s)
	}
	return all
}

func (srv *Server) accept(s *engineio.Session) engineio.Receiver { return &conn{srv: srv, sess: s} }

// queueBytes is how many bytes may wait for one client.
func (srv *Server) queueBytes() int { return srv.engine.QueueBytes() }

// nextPositions takes n positions and returns the first.
func (srv *Server) nextPositions(n int) uint64 {
	return srv.position.Add(uint64(n)) - uint64(n) + 1
}
