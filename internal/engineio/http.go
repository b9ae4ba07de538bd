package engineio

import (
	"encoding/json"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// protocolError is what a bad request is answered with: the codes and words
// are the reference server's.
type protocolError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

var (
	errTransport = protocolError{0, "Transport unknown"}
	errUnknownID = protocolError{1, "Session ID unknown"}
	errMethod    = protocolError{2, "Bad handshake method"}
	errRequest   = protocolError{3, "Bad request"}
	errForbidden = protocolError{4, "Forbidden"}
	errVersion   = protocolError{5, "Unsupported protocol version"}
	errBusy      = protocolError{3, "There is no room for this connection at the moment"}
)

// ServeHTTP serves one request of any transport.
func (srv *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !srv.allowOrigin(w, r) {
		srv.refuseStranger(w, r, http.StatusForbidden, errForbidden)
		return
	}
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	if r.Method == http.MethodPost {
		// Also of a body that nobody reads: it is waited for before a refusal is sent.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(srv.opt.PingTimeout)) // not all writers can
	}
	query := r.URL.Query()
	transport := query.Get("transport")
	if transport != "polling" && transport != "websocket" {
		srv.refuseStranger(w, r, http.StatusBadRequest, errTransport)
		return
	}
	if query.Has("sid") {
		srv.serveSession(w, r, query.Get("sid"), transport)
		return
	}
	srv.serveHandshake(w, r, query)
}

// serveHandshake serves a request that opens a session.
func (srv *Server) serveHandshake(w http.ResponseWriter, r *http.Request, query url.Values) {
	v, ok := srv.version(query.Get("EIO"))
	websocket := query.Get("transport") == "websocket"
	switch {
	case r.Method != http.MethodGet:
		srv.refuseStranger(w, r, http.StatusBadRequest, errMethod)
	case !ok:
		srv.refuseStranger(w, r, http.StatusBadRequest, errVersion)
	case websocket != isUpgrade(r):
		srv.refuseStranger(w, r, http.StatusBadRequest, errRequest)
	default:
		srv.open(w, &opening{request: r, query: query, version: v, from: srv.opt.Address(r)}, websocket)
	}
}

// open opens a session, if there is room for it.
func (srv *Server) open(w http.ResponseWriter, o *opening, websocket bool) {
	if !srv.admit(w, o) {
		return
	}
	if !srv.enter(w) {
		srv.abandon(o)
		return
	}
	defer srv.leave()
	if websocket {
		srv.openWebSocket(w, o)
	} else {
		srv.openPolling(w, o)
	}
}

// admit lets a session be opened within the bounds, or refuses the request.
func (srv *Server) admit(w http.ResponseWriter, o *opening) bool {
	size := handshakeSize(o.request, &srv.opt)
	if exceeded(size, srv.opt.Bounds.Handshake) {
		srv.met(boundHandshake)
		srv.noRoom(w, o.request, o.from, noRoom{boundHandshake, http.StatusRequestHeaderFieldsTooLarge, 0})
		return false
	}
	if retryAfter, ok := srv.opt.Admit(o.from); !ok {
		srv.noRoom(w, o.request, o.from, noRoom{"admission", http.StatusServiceUnavailable, retryAfter})
		return false
	}
	pause(o.request, srv.opt.Pace(o.from))
	o.bytes = sessionCost + size
	for {
		source, bound, oldest := srv.holdings.open(o.from, o.bytes, srv.wheel.now())
		if bound == "" {
			o.source = source
			return true
		}
		srv.met(bound)
		if oldest == nil {
			srv.noRoom(w, o.request, o.from, noRoom{bound, http.StatusServiceUnavailable, retryRoom})
			return false
		}
		oldest.makeRoom()
	}
}

// retryRoom is after how long to try again where there is no room.
const retryRoom = 5 * time.Second

// noRoom is why there is no room for a request.
type noRoom struct {
	bound      string
	status     int
	retryAfter time.Duration // 0: nothing is said of that
}

// noRoom refuses a request for which there is no room, slowly.
func (srv *Server) noRoom(w http.ResponseWriter, r *http.Request, from netip.Addr, why noRoom) {
	if others, ok := srv.refusals.Say(time.Now()); ok {
		srv.opt.Logger.Warn("engineio: connection refused", "address", from, "bound", why.bound, "others", others)
	}
	if why.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64(math.Ceil(why.retryAfter.Seconds())), 10))
	}
	pause(r, srv.opt.RefuseAfter)
	srv.refuse(w, why.status, errBusy)
}

// refuseStranger refuses a request that belongs to no session: slowly, if too many come from there.
func (srv *Server) refuseStranger(w http.ResponseWriter, r *http.Request, status int, e protocolError) {
	if _, ok := srv.opt.Admit(srv.opt.Address(r)); !ok {
		pause(r, srv.opt.RefuseAfter)
	}
	srv.refuse(w, status, e)
}

// pause keeps a client waiting, as long as it is there.
func pause(r *http.Request, wait time.Duration) {
	if wait <= 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-r.Context().Done():
	}
}

// serveSession serves a request of a session that exists.
func (srv *Server) serveSession(w http.ResponseWriter, r *http.Request, id, transport string) {
	s := srv.find(id)
	if s != nil {
		s.expire()
	}
	switch {
	case s == nil || s.isClosed():
		srv.refuseStranger(w, r, http.StatusBadRequest, errUnknownID)
	case transport == "websocket" && isUpgrade(r):
		if srv.enter(w) {
			defer srv.leave()
			srv.upgrade(w, r, s)
		}
	case transport == "websocket":
		srv.refuse(w, http.StatusBadRequest, errRequest)
	case r.Method == http.MethodGet: // refused on WebSocket
		srv.servePoll(w, r, s)
	case r.Method == http.MethodPost:
		srv.servePost(w, r, s)
	default:
		srv.refuse(w, http.StatusBadRequest, errRequest)
	}
}

func (s *Session) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateClosed
}

func (srv *Server) version(eio string) (v Version, ok bool) {
	switch eio {
	case "4":
		return V4, true
	case "3":
		return V3, srv.opt.AllowV3
	default:
		return 0, false
	}
}

// isUpgrade reports whether r asks for a WebSocket.
func isUpgrade(r *http.Request) bool {
	return r.ProtoMajor == 1 && headerLists(r.Header, "Upgrade", "websocket")
}

// headerLists reports whether a header whose value is a list has a word in it, in any case. A list may be
// spread over several lines (RFC 9110, section 5.3).
func headerLists(h http.Header, name, word string) bool {
	for _, line := range h.Values(name) {
		for one := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(one), word) {
				return true
			}
		}
	}
	return false
}

// refuse answers a request that the protocol does not allow.
func (srv *Server) refuse(w http.ResponseWriter, status int, e protocolError) {
	srv.count.refused.Add(1)
	body, _ := json.Marshal(e) // cannot fail: a number and a string
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// allowOrigin checks where the page that asks comes from, and tells its
// browser that it may read the answer. A client that is no browser sends no
// Origin.
func (srv *Server) allowOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	w.Header().Add("Vary", "Origin")
	u, err := url.Parse(origin)
	same := err == nil && u.Host != "" && u.Host == r.Host
	listed := slices.Contains(srv.opt.Origins, origin) || slices.Contains(srv.opt.Origins, "*")
	if listed {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
	return same || listed
}

// preflight answers a browser that asks what it may send.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
