package load

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// twist is how a server is not as it should be, or is in an unusual way. The zero value is good.
type twist struct {
	token       string                           // the one that is let in; empty lets all in
	opens       string                           // what is sent instead of the handshake
	joins       []string                         // what join_group is answered with; nil is joined_group
	replay      func(since int) []string         // what join_group with since is sent before joined_group; nil is what was missed
	bookings    string                           // what book_pora is answered with; empty is booking_confirmed
	deliveries  func(member, count int) []string // what a member is sent for a count, beside the confirmation; nil is zikr_count_updated
	unconfirmed bool                             // counts are not confirmed
	ack         string                           // what an event is acknowledged with; empty is as asked
	pieces      bool                             // messages come in fragments with a WebSocket ping in between, bodies in chunks
	lonely      bool                             // no HTTP connection serves a second request
	mute        bool                             // nobody is pinged
}

// testServer is a small Socket.IO server, with the events that are loaded.
type testServer struct {
	*httptest.Server
	twist twist

	mu       sync.Mutex
	sessions map[string]*testSession
	room     []*testSession
	seq      int            // counts so far
	poras    map[string]int // how often each was booked
	opIDs    map[string]bool
	tokens   map[string]int
	ended    chan struct{}
}

// testSession is one connection; write sends it one packet.
type testSession struct {
	id     string
	number int // in the room
	write  func(packet string)
	polls  chan string // packets that wait for a poll
}

func serve(t *testing.T, tw twist, start func(*httptest.Server)) *testServer {
	t.Helper()
	s := &testServer{twist: tw, sessions: map[string]*testSession{}, tokens: map[string]int{}, poras: map[string]int{}, opIDs: map[string]bool{}, ended: make(chan struct{})}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.handle))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that end early are on purpose
	start(s.Server)
	t.Cleanup(func() {
		close(s.ended)
		s.Close()
	})
	return s
}

func (s *testServer) handle(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.URL.Path != "/socket.io/" || q.Get("EIO") != "4" {
		http.Error(w, "not here", http.StatusNotFound)
		return
	}
	switch {
	case q.Get("transport") == "websocket":
		s.serveWebSocket(w, r)
	case r.Method == http.MethodPost:
		s.servePost(w, r)
	default:
		s.servePoll(w, r)
	}
}

func (s *testServer) open(write func(string)) *testSession {
	s.mu.Lock()
	session := &testSession{id: fmt.Sprintf("session-%d", len(s.sessions)), polls: make(chan string, 10_000)}
	session.write = write
	if write == nil {
		session.write = func(packet string) { session.polls <- packet }
	}
	s.sessions[session.id] = session
	s.mu.Unlock()
	if s.twist.opens != "" {
		session.write(s.twist.opens)
		return session
	}
	session.write(fmt.Sprintf(`0{"sid":%q,"upgrades":[],"pingInterval":100,"pingTimeout":20000,"maxPayload":100000}`, session.id))
	return session
}

func (s *testServer) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	var mu sync.Mutex
	defer conn.Close()
	session := s.open(func(packet string) {
		mu.Lock()
		defer mu.Unlock()
		s.writeFrames(conn, packet)
	})
	over := make(chan struct{})
	defer close(over)
	go s.ping(session, over)
	for {
		b, op, err := wsutil.ReadClientData(conn)
		if err != nil || op != ws.OpText {
			return
		}
		s.receive(session, string(b))
	}
}

func (s *testServer) writeFrames(conn net.Conn, packet string) {
	if !s.twist.pieces {
		_ = wsutil.WriteServerText(conn, []byte(packet))
		return
	}
	half := len(packet) / 2
	_ = ws.WriteFrame(conn, ws.NewFrame(ws.OpText, false, []byte(packet[:half])))
	_ = ws.WriteFrame(conn, ws.NewPingFrame([]byte("still there?")))
	_ = ws.WriteFrame(conn, ws.NewFrame(ws.OpContinuation, true, []byte(packet[half:])))
}

func (s *testServer) ping(session *testSession, over <-chan struct{}) {
	for !s.twist.mute {
		select {
		case <-time.After(100 * time.Millisecond):
			session.write("2")
		case <-over:
			return
		}
	}
}

func (s *testServer) servePoll(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("sid")
	if id == "" {
		id = s.open(nil).id
	}
	session := s.session(id)
	if session == nil {
		http.Error(w, `{"code":1,"message":"Session ID unknown"}`, http.StatusBadRequest)
		return
	}
	var body string
	select {
	case body = <-session.polls:
	case <-time.After(100 * time.Millisecond):
		body = "2"
	case <-r.Context().Done():
		return
	case <-s.ended:
		return
	}
	for len(session.polls) > 0 {
		body += "\x1e" + <-session.polls
	}
	s.answer(w, body)
}

func (s *testServer) servePost(w http.ResponseWriter, r *http.Request) {
	session := s.session(r.URL.Query().Get("sid"))
	body, err := io.ReadAll(r.Body)
	if session == nil || err != nil {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	for packet := range strings.SplitSeq(string(body), "\x1e") {
		s.receive(session, packet)
	}
	s.answer(w, "ok")
}

func (s *testServer) answer(w http.ResponseWriter, body string) {
	if s.twist.lonely {
		w.Header().Set("Connection", "close")
	}
	if !s.twist.pieces {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = io.WriteString(w, body)
		return
	}
	_, _ = io.WriteString(w, body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	_, _ = io.WriteString(w, body[len(body)/2:])
}

func (s *testServer) session(id string) *testSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

const testNamespace = "/zikr-app,"

// receive handles one packet of a client.
func (s *testServer) receive(session *testSession, packet string) {
	kind, rest := packet[:min(2, len(packet))], ""
	if len(packet) > 2 {
		rest = strings.TrimPrefix(packet[2:], testNamespace)
	}
	switch kind {
	case "40":
		s.enter(session, rest)
	case "42":
		digits := rest[:strings.Index(rest, "[")]
		var event []json.RawMessage
		var name string
		var payload testPayload
		if json.Unmarshal([]byte(rest[len(digits):]), &event) != nil || json.Unmarshal(event[0], &name) != nil || json.Unmarshal(event[1], &payload) != nil {
			session.write("44" + testNamespace + `{"message":"not an event"}`)
			return
		}
		payload.raw = string(event[1])
		s.event(session, name, digits, payload)
	}
}

// testPayload is what an event carries.
type testPayload struct {
	raw               string
	Count             int
	Since             *int
	OpID              string
	PoraID, BookingID string
}

func (s *testServer) enter(session *testSession, auth string) {
	var claimed struct{ Token string }
	_ = json.Unmarshal([]byte(auth), &claimed)
	s.mu.Lock()
	s.tokens[claimed.Token]++
	s.mu.Unlock()
	if s.twist.token != "" && claimed.Token != s.twist.token {
		session.write("44" + testNamespace + `{"message":"The token is not valid."}`)
		return
	}
	session.write("40" + testNamespace + `{"sid":"x"}`)
}

func (s *testServer) event(session *testSession, name, ackID string, payload testPayload) {
	say := func(event string) { session.write("42" + testNamespace + event) }
	switch name {
	case "join_group":
		s.join(session, payload.Since)
	case "update_zikr_count":
		s.note(payload.OpID)
		if !s.twist.unconfirmed {
			say(fmt.Sprintf(`["zikr_update_confirmed",{"count":%d}]`, payload.Count))
		}
		s.deliver(payload)
	case "book_pora":
		s.mu.Lock()
		s.poras[payload.PoraID]++
		s.mu.Unlock()
		if s.twist.bookings != "" {
			say(s.twist.bookings)
			return
		}
		say(fmt.Sprintf(`["booking_confirmed",{"bookingId":"booking of %s"}]`, payload.PoraID))
	case "complete_pora":
		if !strings.HasPrefix(payload.BookingID, "booking of ") {
			say(`["error",{"error":"booking_not_found"}]`)
			return
		}
		say(`["completion_confirmed",{}]`)
	case LeaveGroup:
		s.leave(session)
		say(`["left_group",{"groupId":"g1"}]`)
		s.acknowledge(session, ackID, `{"ok":true,"data":{}}`)
	case Echo:
		s.acknowledge(session, ackID, payload.raw)
	}
}

func (s *testServer) note(opID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if opID != "" {
		s.opIDs[opID] = true
	}
}

// join lets a session into the room, after what it has missed.
func (s *testServer) join(session *testSession, since *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session.number = len(s.room)
	s.room = append(s.room, session)
	if since != nil {
		replay := s.replay
		if s.twist.replay != nil {
			replay = s.twist.replay
		}
		for _, packet := range replay(*since) {
			session.write(packet)
		}
	}
	if s.twist.joins == nil {
		session.write(fmt.Sprintf(`42%s["joined_group",{"groupId":"g1","seq":%d}]`, testNamespace, s.seq))
	}
	for _, packet := range s.twist.joins {
		session.write(packet)
	}
}

func (s *testServer) replay(since int) (all []string) {
	for seq := since + 1; seq <= s.seq; seq++ {
		all = append(all, logged(seq))
	}
	return all
}

func logged(seq int) string {
	return fmt.Sprintf(`42%s["zikr_count_updated",{"groupId":"g1","seq":%d}]`, testNamespace, seq)
}

func (s *testServer) leave(session *testSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room = slices.DeleteFunc(s.room, func(other *testSession) bool { return other == session })
}

func (s *testServer) acknowledge(session *testSession, id, data string) {
	if s.twist.ack != "" {
		data = s.twist.ack
	}
	session.write("43" + testNamespace + id + "[" + data + "]")
}

func (s *testServer) deliver(payload testPayload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	count := payload.Count
	for i, member := range s.room {
		told := []string{delivery(count)}
		if s.twist.deliveries != nil {
			told = s.twist.deliveries(i, count)
		}
		for _, packet := range told {
			member.write(packet)
		}
	}
}

func delivery(count int) string {
	return fmt.Sprintf(`42%s["zikr_count_updated",{"groupId":"g1","count":%d,"totalCount":7},"offset"]`, testNamespace, count)
}

// options are those of a run against the server.
func (s *testServer) options(t *testing.T, connections int) Options {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return Options{URL: u, Namespace: "/zikr-app", Connections: connections, Timeout: 20 * time.Second}
}
