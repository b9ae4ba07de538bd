package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zikr-app/zikr/internal/limit"
)

// opened serves behind a door with room for some connections, and one that holds the requests.
func opened(t *testing.T, cfg limit.Bounds, proxies ...netip.Prefix) (*httptest.Server, *door) {
	t.Helper()
	b := newBounds(serveConfig{Bounds: cfg, RateLimit: on}, newMetrics())
	d := newDoor(b, newWatermark(math.MaxInt64, b.of("memory")), proxies)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }))
	server.Config.ConnState = d.watch
	server.Start()
	t.Cleanup(server.Close)
	return server, d
}

// knock sends a request on a connection of its own and returns the answer's first line and the connection.
func knock(t *testing.T, server *httptest.Server) (string, net.Conn) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	line := make([]byte, 12)
	_, err = io.ReadFull(c, line)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return string(line), c
}

func TestDoor(t *testing.T) {
	for name, cfg := range map[string]limit.Bounds{
		"in all":     {HTTPConnections: 3, AddressHTTPConnections: limit.Off, MemoryPercent: limit.Off},
		"by address": {HTTPConnections: limit.Off, AddressHTTPConnections: 3, MemoryPercent: limit.Off},
	} {
		t.Run(name, func(t *testing.T) {
			server, d := opened(t, cfg)
			var first net.Conn
			for i := range 3 {
				line, c := knock(t, server)
				if line != "HTTP/1.1 200" {
					t.Fatalf("connection %d: got %q", i+1, line)
				}
				first = c
			}
			if line, _ := knock(t, server); line == "HTTP/1.1 200" {
				t.Errorf("the fourth: got %q", line)
			}
			_ = first.Close()
			for d.inAll.Now()+d.byAddress.Now() > 2 { // the server sees the end a little later
				time.Sleep(time.Millisecond)
			}
			if line, _ := knock(t, server); line != "HTTP/1.1 200" {
				t.Errorf("when one has gone: got %q", line)
			}
		})
	}
}

// TestDoorBehindAProxy does not take a proxy for one client.
func TestDoorBehindAProxy(t *testing.T) {
	server, _ := opened(t, limit.Bounds{HTTPConnections: 100, AddressHTTPConnections: 1, MemoryPercent: limit.Off}, netip.MustParsePrefix("127.0.0.0/8"))
	for i := range 5 {
		if line, _ := knock(t, server); line != "HTTP/1.1 200" {
			t.Fatalf("connection %d: got %q", i+1, line)
		}
	}
}

// full is a listener of a process that has no file descriptors left.
type full struct{ net.Listener }

func (full) Accept() (net.Conn, error) { return nil, syscall.EMFILE }

// TestOutOfFiles is one line in ten seconds, whatever is tried.
func TestOutOfFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		a := &acceptor{Listener: full{}, log: slog.New(slog.NewTextHandler(&text, nil))}
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 1000 {
				if _, err := a.Accept(); !errors.Is(err, syscall.EMFILE) {
					t.Errorf("got %v", err)
				}
			}
		})
		wg.Wait()
		if n := strings.Count(text.String(), "\n"); n != 1 || a.failed.Load() != 1000 {
			t.Errorf("%d lines for %d failures:\n%s", n, a.failed.Load(), &text)
		}
	})
}
