package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/engineio"
	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/live"
	"github.com/zikr-app/zikr/internal/socketio"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/token"
)

const (
	// connectTimeout is how long an Engine.IO connection may take to its first namespace (contract section 1).
	connectTimeout = 45 * time.Second
	// refuseAfter is how long a client waits for its refusal that there is no room for.
	refuseAfter = time.Second
	// recovery is how long a client whose connection is lost may come back as the same one (contract section 4).
	recovery = 2 * time.Minute
)

// lastLines is how long the end waits for whoever reads the log.
const lastLines = 500 * time.Millisecond

type serveCmd struct {
	serveConfig
}

// Run serves until SIGTERM or SIGINT, and then drains. A second signal ends the
// process at once, as if nothing here had ever listened for one.
func (c *serveCmd) Run(io streams) error {
	outliveReaders()
	hangups := hangups()
	log := openLog(io.err, c.serveConfig)
	defer log.queue.close(lastLines)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	raiseProcs()
	boundGarbage()
	go trim(ctx.Done())
	s, err := newServer(ctx, c.serveConfig, log.Logger)
	if err != nil {
		return err
	}
	s.measureLog(log.queue)
	go s.reloadOn(ctx, hangups, log.level)
	failed := s.start()
	log.Info("zikr is serving", "url", s.url(), "version", versionName(), "data", c.database(), "observe", s.observeURL(), "redirect", s.plainURL())
	select {
	case err = <-failed:
		err = fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
		stop() // from here on a signal does what it does to any process
		log.Info("draining: a second signal ends the process at once")
	}
	return errors.Join(err, s.shutdown())
}

// server is every part of a running node, in the order in which they were made.
type server struct {
	cfg      serveConfig
	log      *slog.Logger
	metrics  *metrics
	listener net.Listener
	// identity is nil where plain HTTP is served.
	identity identity
	// redirects answer plain HTTP on plain beside HTTPS; nil: nobody does.
	redirects *http.Server
	plain     net.Listener
	tokens    *token.JWT
	devices   *token.Devices
	bus       nodeBus
	presence  zikr.Presence
	redis     *bus.Redis // nil: this node is alone
	store     *sqlstore.Store
	service   *zikr.Service
	bounds    bounds
	proxies   []netip.Prefix // whose X-Forwarded-For is believed
	connects  *limit.Rate    // of each address; nil: no limit
	events    *limit.Rate    // of the sockets and of REST together; nil: no limit
	sockets   *socketio.Server
	gateway   *live.Gateway
	http      *http.Server
	draining  atomic.Bool
	// What stands at the edge.
	memory  *watermark
	port    *acceptor
	door    *door
	answers *limit.Held // nil: no limit
	readyAt readiness
	tracer  zikr.Tracer // nil: nothing is followed
	// closeTracer sends the last spans; nil: there are none.
	closeTracer func()
	// observe serves /metrics and pprof on observed; nil: nobody does.
	observe  *http.Server
	observed net.Listener
	// stopClockwork ends what runs by the clock, clockwork waits for its end.
	stopClockwork, clockwork func()

	undo []func() // what a start that fails takes back, last first
}

// newServer opens everything. The port is held before the store is touched, so
// that a second server ends before it does anything.
func newServer(ctx context.Context, cfg serveConfig, log *slog.Logger) (_ *server, err error) {
	s := &server{cfg: cfg, log: log, metrics: newMetrics(), proxies: cfg.proxies()}
	s.bounds = newBounds(cfg, s.metrics)
	defer func() {
		if err != nil {
			s.takeBack()
		}
	}()
	if s.listener, err = openListener(ctx, cfg); err != nil {
		return nil, err
	}
	s.undo = append(s.undo, func() { _ = s.listener.Close() })
	s.port = &acceptor{Listener: s.listener, log: log}
	s.memory = newWatermark(boundMemory(), s.bounds.of("memory"))
	s.door = newDoor(s.bounds, s.memory, cfg.proxies())
	if err = s.openObserve(ctx); err != nil {
		return nil, err
	}
	if err = s.openTracer(ctx); err != nil {
		return nil, err
	}
	if err = s.openPlain(ctx); err != nil {
		return nil, err
	}
	if err = s.openTLS(); err != nil {
		return nil, err
	}
	if err = s.checkBackupDir(); err != nil {
		return nil, err
	}
	s.warnOfSettings()
	if err = s.openTokens(); err != nil {
		return nil, err
	}
	if err = s.openBus(ctx); err != nil {
		return nil, err
	}
	if err = s.openStore(ctx); err != nil {
		return nil, err
	}
	s.openDomain()
	s.openGateway()
	return s, s.openHTTP()
}

// takeBack closes what a start that failed has opened.
func (s *server) takeBack() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
}

func (s *server) openTokens() (err error) {
	if err := makeDataDir(s.cfg.DataDir); err != nil {
		return err
	}
	if s.tokens, err = openTokens(s.cfg.tokenConfig, s.cfg.DataDir, s.log); err != nil {
		return err
	}
	secret, err := jwtSecret(s.cfg.JWTSecret, s.cfg.DataDir)
	if err != nil {
		return err
	}
	s.devices = token.NewDevices(secret)
	s.undo = append(s.undo, s.tokens.Close)
	return nil
}

// openTokens makes the issuer and verifier of tokens.
func openTokens(cfg tokenConfig, dir string, log *slog.Logger) (*token.JWT, error) {
	secret, err := jwtSecret(cfg.JWTSecret, dir)
	if err != nil {
		return nil, err
	}
	return token.New(token.Options{
		Secret: secret, Issuer: cfg.JWTIssuer, Audience: cfg.JWTAudience, JWKSURL: cfg.JWTJWKSURL,
		Lifetime: cfg.JWTLifetime, Log: log,
	})
}

func (s *server) openStore(ctx context.Context) (err error) {
	s.store, err = sqlstore.Open(ctx, sqlstore.Options{
		Dir: s.cfg.DataDir, URL: string(s.cfg.DatabaseURL), Publish: s.publishing(), Log: s.log, Committed: s.metrics.committed, Tracer: s.tracer,
		ReadersKept: int(min(s.bounds.ReadersKept, 1000)), ReadersWaited: s.bounds.of("readers_kept").Met,
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() { _ = s.store.Close() })
	s.metrics.gauge("zikr_store_oldest_seconds", "For how long the command has waited for the store that has waited longest.", func() float64 { return s.store.Oldest().Seconds() })
	if err := adoptData(s.cfg.DataDir); err != nil {
		return err
	}
	s.metrics.gauge("zikr_store_waiting_commands", "Commands that wait for the store.", func() float64 { return float64(s.store.Queued()) })
	return nil
}

func (s *server) openDomain() {
	s.service = newDomain(zikr.Config{
		Store: s.store, Bus: s.bus, Presence: s.presence, Tokens: s.tokens,
		Provision: s.cfg.JWTProvision, ForeignOpens: s.cfg.JWTOpenAccounts, Registration: zikr.Registrations(s.cfg.Registration),
		Guests: s.cfg.Guests == on, PublicURL: s.cfg.publicURL(),
		Log: s.log, Grace: s.cfg.PresenceGrace, Devices: s.devices, Bounds: s.bounds.domain(), Met: s.bounds.tell, Tracer: s.tracer,
	})
	s.undo = append(s.undo, s.service.Close)
}

// newDomain makes the use cases, with what is the same for every command.
func newDomain(cfg zikr.Config) *zikr.Service {
	cfg.Passwords = token.NewPasswords()
	cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() } // fails only if the system has no random numbers
	return zikr.New(cfg)
}

func (s *server) openGateway() {
	s.events = s.bounds.rate("event_rate", "event_burst")
	s.connects = s.bounds.rate("address_connects", "address_connect_burst")
	s.sockets = socketio.NewServer(socketio.Options{Recovery: recovery, Bounds: s.bounds.sockets(), Crowded: crowded(), Ended: s.accessLog(), Engine: engineio.Options{
		PingInterval: s.cfg.PingInterval, PingTimeout: s.cfg.PingTimeout, ConnectTimeout: connectTimeout,
		Linger: s.cfg.Linger, MaxPayload: s.cfg.MaxPayload, QueueBytes: s.cfg.MaxQueue, AllowV3: true,
		Origins: s.cfg.origins(), KeepHeaders: []string{"Authorization"}, KeepQuery: []string{"token"}, Logger: s.log,
		Bounds: s.bounds.engine(), Met: s.bounds.tell, Address: s.address, Admit: s.admit, Pace: s.bounds.paceOfConnects(), RefuseAfter: refuseAfter,
	}})
	s.gateway = live.New(s.joinNodes(live.Config{
		Service: s.service, Broadcaster: broadcaster{s.sockets}, Limiter: s.events, Refusals: s.bounds.pace("refusals", 2), Log: s.log,
		Leaves:   limit.NewTimes(s.bounds.of("channel_leaves"), time.Minute),
		Deadline: s.cfg.CommandTimeout, Recovery: recovery, Answered: s.metrics.answered,
		Delivered: s.metrics.delivery, Tracer: s.tracer,
	}))
	for _, namespace := range namespaces() {
		s.sockets.Of(namespace, handler{s.gateway})
	}
	s.bus.Attach(s.gateway)
	s.undo = append(s.undo, func() { _ = s.sockets.Close(context.Background()); s.gateway.Close() })
	s.measureSockets()
}

// start serves in the background. The channel tells of a failure.
func (s *server) start() <-chan error {
	ctx, stop := context.WithCancel(context.Background())
	s.stopClockwork, s.clockwork = stop, s.startClockwork(ctx)
	failed := make(chan error, 1)
	go s.serveObserve()
	go s.servePlain()
	s.startCertificates(ctx)
	go func() {
		if err := s.serveHTTP(); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return failed
}

// serveHTTP serves until the end: over TLS, HTTP/2 too.
func (s *server) serveHTTP() error {
	if s.identity == nil {
		return s.http.Serve(s.port)
	}
	s.http.TLSConfig = s.tlsConfig()
	return s.http.ServeTLS(s.port, "", "")
}

// url is where the server can be reached from this machine.
func (s *server) url() string {
	scheme := "http://"
	if s.identity != nil {
		scheme = "https://"
	}
	addr, ok := s.listener.Addr().(*net.TCPAddr)
	if !ok {
		return unixPrefix + s.listener.Addr().String()
	}
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("%slocalhost:%d", scheme, addr.Port)
	}
	return scheme + addr.String()
}
