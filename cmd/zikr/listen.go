package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// listenAddress is where a server listens: HOST:PORT, [IPV6]:PORT, :PORT for all addresses of the machine, or unix:/PATH.
type listenAddress string

const (
	addressExample = "HOST:PORT, :PORT for every address of this machine, or unix:/PATH"
	unixPrefix     = "unix:"
	// longestSocket is what the system has room for in the address of a socket.
	longestSocket = 100
)

// UnmarshalText reads one.
func (a *listenAddress) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if path, ok := strings.CutPrefix(s, unixPrefix); ok {
		if !strings.HasPrefix(path, "/") || len(path) > longestSocket {
			return errors.New(a.takes())
		}
	} else if !isHostPort(s) {
		return errors.New(a.takes())
	}
	*a = listenAddress(s)
	return nil
}

func (listenAddress) takes() string { return addressExample }

// isHostPort reports whether a text is HOST:PORT with a number from 0 to 65535. A number with dots
// must be an address.
func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false
	}
	_, err = netip.ParseAddr(host)
	looksLikeOne := strings.Trim(host, "0123456789.") == "" || strings.Contains(host, ":")
	return host == "" || err == nil || !looksLikeOne && !strings.ContainsAny(host, "/ ,")
}

// socket is the path of the Unix socket, "" for an address of TCP.
func (a listenAddress) socket() string {
	path, _ := strings.CutPrefix(string(a), unixPrefix)
	if path == string(a) {
		return ""
	}
	return path
}

// observeAddress is a listenAddress of TCP, or off.
type observeAddress string

// UnmarshalText reads one.
func (a *observeAddress) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if s != "off" && !isHostPort(s) {
		return errors.New(a.takes())
	}
	*a = observeAddress(s)
	return nil
}

func (observeAddress) takes() string {
	return "HOST:PORT, :PORT for every address of this machine, or off"
}

// checkPorts finds two settings that take the same port of the same address.
func (c serveConfig) checkPorts() error {
	for _, other := range []struct {
		name, at, example string
	}{{"ZIKR_OBSERVE_ADDR", string(c.ObserveAddr), "127.0.0.1:7374"}, {"ZIKR_HTTP_ADDR", string(c.HTTPAddr), ":80"}} {
		if overlap(string(c.Addr), other.at) {
			return fmt.Errorf("%s is %q, a port that ZIKR_ADDR (%s) takes already: take another, like %s=%s, or off", other.name, other.at, c.Addr, other.name, other.example)
		}
	}
	return nil
}

// overlap reports whether two addresses cannot both be listened on. Port 0 is any free one.
func overlap(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	every := func(host string) bool {
		ip, err := netip.ParseAddr(host)
		return host == "" || err == nil && ip.IsUnspecified()
	}
	return errA == nil && errB == nil && portA == portB && portA != "0" && (hostA == hostB || every(hostA) || every(hostB))
}

// listen takes the address of a setting.
func listen(ctx context.Context, name string, at listenAddress, mode fileMode) (net.Listener, error) {
	if path := at.socket(); path != "" {
		return listenUnix(ctx, name, path, mode)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", string(at))
	if err == nil {
		return l, nil
	}
	return nil, cannotListen(name, string(at), err)
}

// cannotListen says why nobody can listen at an address, and what to do.
func cannotListen(name, at string, err error) error {
	_, port, _ := net.SplitHostPort(at)
	var why string
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		why = fmt.Sprintf("another program listens there, perhaps a zikr that runs already: end it (`ss -ltnp 'sport = :%s'` names it), or take another port, like %s=127.0.0.1:7400", port, name)
	case errors.Is(err, syscall.EACCES):
		why = fmt.Sprintf("this user may not take a port below 1024: give the unit AmbientCapabilities=CAP_NET_BIND_SERVICE, or take a higher port, like %s=127.0.0.1:7373", name)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &dns):
		why = fmt.Sprintf("this machine has no such address (`ip address` shows those that it has); take one that it has, like %s=127.0.0.1:7373, or every one, like %s=:7373", name, name)
	default:
		why = fmt.Sprintf("it cannot be listened on; take another, like %s=127.0.0.1:7373", name)
	}
	return fmt.Errorf("%s is %q: %s: %w", name, at, why, err)
}

// listenUnix makes a socket with a mode. One that a server left that was killed is removed first.
func listenUnix(ctx context.Context, name, path string, mode fileMode) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&fs.ModeSocket == 0 {
			return nil, fmt.Errorf("%s is %q: a file is there that is no socket; name another path, like %s=unix:/run/zikr/zikr.sock", name, unixPrefix+path, name)
		}
		if conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path); err == nil {
			_ = conn.Close() // it was only to see
			return nil, fmt.Errorf("%s is %q: another server listens there: end it, or name another path, like %s=unix:/run/zikr/other.sock", name, unixPrefix+path, name)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("%s is %q: a socket that nobody listens on is there, and cannot be removed: %w; remove it", name, unixPrefix+path, err)
		}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("%s is %q: no socket can be made there; name a path in a folder that is there and that this user may write to, like %s=unix:/run/zikr/zikr.sock: %w", name, unixPrefix+path, name, err)
	}
	if err := os.Chmod(path, fs.FileMode(mode)); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("%s: give the socket its mode: %w", name, err)
	}
	return l, nil
}

// fileMode is who may use a file, in octal.
type fileMode uint32

// UnmarshalText reads one.
func (m *fileMode) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 8, 32)
	if err != nil || n > 0o777 {
		return errors.New(m.takes())
	}
	*m = fileMode(n)
	return nil
}

func (fileMode) takes() string { return "a mode in octal, from 0 to 777" }

// String is the mode in octal.
func (m fileMode) String() string { return fmt.Sprintf("%04o", uint32(m)) }
