package load

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// plain starts a server without TLS.
func plain(s *httptest.Server) { s.Start() }

// overPumps is the network of other systems.
func overPumps(o Options, u user) (network, error) { return newPumps(o, u, "as on other systems"), nil }

// ways are all in which bytes can be carried here.
func ways() map[string]func(Options, user) (network, error) {
	return map[string]func(Options, user) (network, error){"the cheapest": newNetwork, "pumps": overPumps}
}

// everyWay runs a test for each transport and network.
func everyWay(t *testing.T, run func(t *testing.T, set func(Options) Options)) {
	for name, carry := range ways() {
		for _, transport := range []Transport{WebSocket, Polling} {
			t.Run(name+" "+string(transport), func(t *testing.T) {
				t.Parallel()
				run(t, func(o Options) Options {
					o.Transport, o.carry = transport, carry
					return o
				})
			})
		}
	}
}

func figure(t *testing.T, r *Report, key string) float64 {
	t.Helper()
	v, ok := r.Figure(key)
	if !ok {
		t.Errorf("there is no figure %s", key)
	}
	return v
}

func TestFanout(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		s := serve(t, twist{}, plain)
		for _, how := range []FanoutOptions{{Messages: 100, Publishers: 3, Window: 2}, {Messages: 40, Rate: 400, Publishers: 2}} {
			o := set(s.options(t, 10))
			o.InFlight = 3
			r, err := Fanout(t.Context(), o, how)
			if err != nil {
				t.Fatalf("%+v: %v", how, err)
			}
			s.mu.Lock()
			s.room = nil // those of the first run have hung up
			s.mu.Unlock()
			if got, want := figure(t, r, "deliveries"), float64(10*how.Messages); got != want {
				t.Errorf("%+v: got %v deliveries, want %v", how, got, want)
			}
			if got := figure(t, r, "seconds"); how.Rate > 0 && got < 0.09 {
				t.Errorf("%+v: took %v s, faster than the rate", how, got)
			}
			if figure(t, r, "p50_ms") > figure(t, r, "p99_ms") || figure(t, r, "p99_ms") > figure(t, r, "max_ms") || figure(t, r, "max_ms") <= 0 {
				t.Errorf("%+v: latencies out of order: %+v", how, r.Figures)
			}
		}
	})
}

// TestNodes spreads connections over two servers, which do not know each other here: what one delivers
// stays there, so each must have its own half.
func TestNodes(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		one, two := serve(t, twist{}, plain), serve(t, twist{}, plain)
		o := set(one.options(t, 7))
		o.Also = []*url.URL{two.options(t, 1).URL}
		if _, err := Counts(t.Context(), o, CountsOptions{Counts: 70}); err != nil {
			t.Fatal(err)
		}
		for s, want := range map[*testServer]int{one: 4, two: 3} {
			s.mu.Lock()
			if len(s.sessions) != want || s.seq == 0 {
				t.Errorf("got %d connections and %d counts, want %d connections", len(s.sessions), s.seq, want)
			}
			s.mu.Unlock()
		}
	})
}

// TestFanoutAcrossNodes tells deliveries to another node apart. One server stands for both.
func TestFanoutAcrossNodes(t *testing.T) {
	t.Parallel()
	s := serve(t, twist{}, plain)
	o := s.options(t, 5)
	o.Also = []*url.URL{o.URL}
	r, err := Fanout(t.Context(), o, FanoutOptions{Messages: 20})
	if err != nil {
		t.Fatal(err)
	}
	if got := figure(t, r, "nodes"); got != 2 {
		t.Errorf("got %v nodes, want 2", got)
	}
	if p50, p99 := figure(t, r, "abroad_p50_ms"), figure(t, r, "abroad_p99_ms"); p50 <= 0 || p99 < p50 || p99 > figure(t, r, "max_ms") {
		t.Errorf("got %v ms and %v ms on the other node, of %v ms at most", p50, p99, figure(t, r, "max_ms"))
	}
}

// TestPieces takes what comes in fragments, in chunks, or on a connection for each answer.
func TestPieces(t *testing.T) {
	t.Parallel()
	for name, tw := range map[string]twist{"pieces": {pieces: true}, "lonely": {lonely: true}, "both": {pieces: true, lonely: true}} {
		t.Run(name, func(t *testing.T) {
			everyWay(t, func(t *testing.T, set func(Options) Options) {
				s := serve(t, tw, plain)
				if _, err := Fanout(t.Context(), set(s.options(t, 4)), FanoutOptions{Messages: 30}); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// TestFanoutWrong has a server lose, repeat and invent messages.
func TestFanoutWrong(t *testing.T) {
	tests := map[string]struct {
		deliveries func(member, count int) []string
		want       string
	}{
		"the one before again": {func(m, n int) []string {
			if m == 1 && n == 100 {
				return []string{delivery(99)}
			}
			return []string{delivery(n)}
		}, errWrong.Error()},
		"lost": {func(m, n int) []string {
			if m == 1 && n == 60 { // the warm-up has 50
				return nil
			}
			return []string{delivery(n)}
		}, errSilence.Error()},
		"invented": {func(m, n int) []string { return []string{delivery(n + 1000)} }, "nobody has caused"},
		"an error": {func(m, n int) []string {
			return []string{`42/zikr-app,["error",{"error":"rate_limited"}]`}
		}, "rate_limited"},
		"ended":  {func(m, n int) []string { return []string{"41/zikr-app,"} }, "ended the connection to the namespace"},
		"closed": {func(m, n int) []string { return []string{"1"} }, "closed the session"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, twist{deliveries: test.deliveries, mute: true}, plain)
			o := s.options(t, 3)
			o.Timeout = 300 * time.Millisecond
			_, err := Fanout(t.Context(), o, FanoutOptions{Messages: 100})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		for _, join := range []bool{false, true} {
			s := serve(t, twist{}, plain)
			r, err := Counts(t.Context(), set(s.options(t, 5)), CountsOptions{Counts: 200, Window: 3, Join: join})
			if err != nil {
				t.Fatal(err)
			}
			if got := figure(t, r, "confirmed"); got != 200 {
				t.Errorf("got %v confirmed, want 200", got)
			}
			told, ok := r.Figure("told")
			if ok != join || (join && told == 0) {
				t.Errorf("joined %t: got %v told, %t", join, told, ok)
			}
		}
	})
}

// TestCountsPaced counts at a rate, each time with an opId of its own.
func TestCountsPaced(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		s := serve(t, twist{}, plain)
		r, err := Counts(t.Context(), set(s.options(t, 3)), CountsOptions{Counts: 41, Rate: 400, OpIDs: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := figure(t, r, "confirmed"); got != 41 {
			t.Errorf("got %v confirmed, want 41", got)
		}
		if got := figure(t, r, "seconds"); got < 0.09 {
			t.Errorf("took %v s, faster than the rate", got)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if got, want := len(s.opIDs), 41+3*warmUpEach; got != want {
			t.Errorf("got %d different opIds, want %d", got, want)
		}
	})
}

func TestSoak(t *testing.T) {
	t.Parallel()
	s := serve(t, twist{}, plain)
	o := s.options(t, 6)
	o.PID = os.Getpid()
	r, err := Soak(t.Context(), o, SoakOptions{For: 300 * time.Millisecond, Rate: 400})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{"connections": 6, "rate": 400, "confirmed": 120} {
		if got := figure(t, r, key); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	for _, key := range []string{"begin_p99_ms", "end_p99_ms", "p99_growth", "begin_rss_mib", "most_rss_mib", "rss_growth", "told_per_s"} {
		if figure(t, r, key) <= 0 {
			t.Errorf("%s is not there", key)
		}
	}
}

// TestSoakWrong has a server forget to tell, and to confirm.
func TestSoakWrong(t *testing.T) {
	t.Parallel()
	how := SoakOptions{For: 60 * time.Millisecond, Rate: 1000}
	for name, test := range map[string]struct {
		twist twist
		want  error
	}{
		"one is not told of a count": {twist{deliveries: func(member, count int) []string {
			if member == 2 {
				return nil
			}
			return []string{delivery(count)}
		}}, errWrong},
		"nothing is confirmed": {twist{unconfirmed: true}, errUnconfirmed},
	} {
		o := serve(t, test.twist, plain).options(t, 3)
		o.Timeout = 300 * time.Millisecond
		if _, err := Soak(t.Context(), o, how); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	if _, err := Soak(t.Context(), serve(t, twist{}, plain).options(t, 1), SoakOptions{For: time.Millisecond, Rate: 1}); err == nil {
		t.Error("a soak of less than one count was begun")
	}
}

func TestHatm(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		for _, join := range []bool{false, true} {
			s := serve(t, twist{}, plain)
			o := set(s.options(t, 7))
			o.Members = []Member{{GroupID: "g1"}, {GroupID: "g2"}}
			r, err := Hatm(t.Context(), o, HatmOptions{Poras: 200, Join: join})
			if err != nil {
				t.Fatal(err)
			}
			if got := figure(t, r, "poras"); got != 200 || figure(t, r, "groups") != 2 {
				t.Errorf("got %v poras, want 200 of 2 groups", got)
			}
			s.mu.Lock()
			booked := 0
			for pora := range porasOfHatm {
				n := s.poras[fmt.Sprint(pora+1)]
				booked += n
				if n < 5 { // two groups have read three hatms each, or nearly so
					t.Errorf("pora %d was booked %d times", pora+1, n)
				}
			}
			if got := len(s.poras); got != porasOfHatm || booked != 207 {
				t.Errorf("got %d bookings of %d poras, want 207 of %d", booked, got, porasOfHatm)
			}
			s.mu.Unlock()
		}
	})
}

func TestHatmRefused(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]error{`["error",{"error":"pora_already_booked"}]`: errAnswered, `["booking_confirmed",{}]`: errNoZikr} {
		s := serve(t, twist{bookings: said}, plain)
		if _, err := Hatm(t.Context(), s.options(t, 2), HatmOptions{Poras: 10}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", said, err, want)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		for _, connections := range []int{1, 3} {
			s := serve(t, twist{}, plain)
			r, err := Join(t.Context(), set(s.options(t, connections)), JoinOptions{Missed: 120, Joins: 10})
			if err != nil {
				t.Fatal(err)
			}
			if got := figure(t, r, "joins"); got != 10 {
				t.Errorf("got %v joins, want 10", got)
			}
		}
	})
}

// TestJoinWrong has a server lose, repeat and mix up what was missed.
func TestJoinWrong(t *testing.T) {
	t.Parallel()
	for name, replay := range map[string]func(since int) []string{
		"nothing":   func(int) []string { return nil },
		"all but 1": func(since int) []string { return []string{logged(since + 1), logged(since + 2)} },
		"1 too old": func(since int) []string { return []string{logged(since)} },
		"twice":     func(since int) []string { return []string{logged(since + 1), logged(since + 1)} },
	} {
		s := serve(t, twist{replay: replay}, plain)
		if _, err := Join(t.Context(), s.options(t, 1), JoinOptions{Missed: 3, Joins: 1}); !errors.Is(err, errReplay) {
			t.Errorf("%s: got %v, want %v", name, err, errReplay)
		}
	}
}

func TestCountsUnconfirmed(t *testing.T) {
	s := serve(t, twist{unconfirmed: true, mute: true}, plain)
	o := s.options(t, 2)
	o.Timeout = 300 * time.Millisecond
	if _, err := Counts(t.Context(), o, CountsOptions{Counts: 10}); !errors.Is(err, errSilence) {
		t.Errorf("got %v, want %v", err, errSilence)
	}
}

func TestAcks(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		for _, event := range []string{LeaveGroup, Echo} {
			s := serve(t, twist{}, plain)
			r, err := Acks(t.Context(), set(s.options(t, 5)), AcksOptions{Event: event, Acks: 100})
			if err != nil {
				t.Fatalf("%s: %v", event, err)
			}
			if got := figure(t, r, "acks"); got != 100 {
				t.Errorf("%s: got %v acks, want 100", event, got)
			}
		}
	})
}

func TestAcksWrong(t *testing.T) {
	for event, ack := range map[string]string{LeaveGroup: `{"ok":false,"error":{"code":"internal"}}`, Echo: `{"count":12345}`} {
		s := serve(t, twist{ack: ack}, plain)
		if _, err := Acks(t.Context(), s.options(t, 1), AcksOptions{Event: event, Acks: 10}); err == nil || !strings.Contains(err.Error(), "was awaited") {
			t.Errorf("%s: got %v, want that another ack was awaited", event, err)
		}
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is read from /proc, which is Linux's")
	}
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		s := serve(t, twist{}, plain)
		o := set(s.options(t, 10))
		o.PID = os.Getpid()
		r, err := Idle(t.Context(), o, IdleOptions{Settle: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if got := figure(t, r, "pinged"); got != 10 {
			t.Errorf("got %v pinged, want 10", got)
		}
		if got := figure(t, r, "rss_mib"); got < 1 {
			t.Errorf("got %v MiB of memory", got)
		}
	})
}

// TestIdleSettles waits for as long as it is told to, though all have been pinged, and joins nothing if so told.
func TestIdleSettles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is read from /proc, which is Linux's")
	}
	s := serve(t, twist{}, plain)
	o := s.options(t, 2)
	o.PID = os.Getpid()
	began := time.Now()
	if _, err := Idle(t.Context(), o, IdleOptions{Stay: true, Settle: 700 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 700*time.Millisecond+afterClosing {
		t.Errorf("it took %s", took)
	}
	if len(s.room) > 0 {
		t.Errorf("%d have joined a group and should not", len(s.room))
	}
}

// TestMembers has each connection act as its member.
func TestMembers(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		s := serve(t, twist{}, plain)
		o := set(s.options(t, 5))
		o.Members = []Member{{Token: `a"b`}, {Token: "c"}}
		if _, err := Acks(t.Context(), o, AcksOptions{Acks: 5}); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tokens[`a"b`] != 3 || s.tokens["c"] != 2 {
			t.Errorf("got %v", s.tokens)
		}
	})
}

// TestRefused holds what is said of a server that lets nobody in.
func TestRefused(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	tests := map[string]struct {
		url   func(*testServer) string
		twist twist
		want  string
	}{
		"token":        {twist: twist{token: "right"}, want: "The token is not valid."},
		"no handshake": {twist: twist{opens: "0{}"}, want: "not a handshake"},
		"no server":    {url: func(*testServer) string { return gone.URL }, want: "refused"},
		"another path": {url: func(s *testServer) string { return s.URL + "/elsewhere/" }, want: "404"},
		"not joined":   {twist: twist{joins: []string{`42/zikr-app,["error",{"error":"not_member"}]`}}, want: "not_member"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			everyWay(t, func(t *testing.T, set func(Options) Options) {
				s := serve(t, test.twist, plain)
				o := set(s.options(t, 3))
				if test.url != nil {
					u, err := url.Parse(test.url(s))
					if err != nil {
						t.Fatal(err)
					}
					o.URL = u
				}
				_, err := Fanout(t.Context(), o, FanoutOptions{Messages: 1})
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q in it", err, test.want)
				}
			})
		})
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, set func(Options) Options) {
		s := serve(t, twist{unconfirmed: true}, plain)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := Counts(ctx, set(s.options(t, 2)), CountsOptions{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

// TestTLS goes over TLS, whose certificates are checked.
func TestTLS(t *testing.T) {
	s := serve(t, twist{}, func(s *httptest.Server) { s.StartTLS() })
	for _, transport := range []Transport{WebSocket, Polling} {
		o := s.options(t, 3)
		o.Transport = transport
		if _, err := Acks(t.Context(), o, AcksOptions{Acks: 3}); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: got %v, want that the certificate is not trusted", transport, err)
		}
		o.carry = func(o Options, u user) (network, error) {
			n, err := newNetwork(o, u)
			if pumps, ok := n.(*pumps); ok {
				pumps.tls.RootCAs = x509.NewCertPool()
				pumps.tls.RootCAs.AddCert(s.Certificate())
			}
			return n, err
		}
		r, err := Acks(t.Context(), o, AcksOptions{Acks: 30})
		if err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		if len(r.Notes) == 0 {
			t.Errorf("%s: the report does not say that TLS costs more", transport)
		}
	}
}

func TestSource(t *testing.T) {
	for name, carry := range ways() {
		s := serve(t, twist{}, plain)
		o := s.options(t, 2)
		o.carry = carry
		o.Sources = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
		if _, err := Acks(t.Context(), o, AcksOptions{Acks: 2}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		o.Sources = []netip.Addr{netip.MustParseAddr("192.0.2.1")} // nobody's (RFC 5737)
		if _, err := Acks(t.Context(), o, AcksOptions{Acks: 2}); err == nil {
			t.Errorf("%s: connected from an address that is not this machine's", name)
		}
	}
}
