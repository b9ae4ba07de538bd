package address

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOf(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:5000", nil, "192.0.2.1"},
		{"192.0.2.1:5000", []string{"198.51.100.7"}, "192.0.2.1"}, // not believed
		{"10.0.0.1:5000", nil, "10.0.0.1"},
		{"10.0.0.1:5000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"1.2.3.4, 198.51.100.7"}, "198.51.100.7"}, // what the client wrote is not believed
		{"10.0.0.1:5000", []string{"1.2.3.4", "198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1:5000", []string{"198.51.100.7, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"10.0.0.1:5000", []string{""}, "10.0.0.1"},
		{"[::ffff:10.0.0.1]:5000", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"[fd00::1]:5000", []string{"2001:db8::1"}, "2001:db8::1"},
		{"[fd00::1]:5000", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"[fe80::1%eth0]:5000", nil, "fe80::1"},
		{"@", []string{"198.51.100.7"}, "198.51.100.7"}, // over a Unix socket
		{"@", nil, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := Of(r, proxies).String(); got != tt.want {
			t.Errorf("%s, forwarded for %q: got %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

func TestNetwork(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"192.0.2.1", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
		{"fe80::1%eth0", "fe80::"},
	} {
		if got := Network(netip.MustParseAddr(tt.address)).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.address, got, tt.want)
		}
	}
	if got := Network(netip.Addr{}); got.IsValid() {
		t.Errorf("an unknown address has the network %s", got)
	}
}

func TestOrigin(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, tt := range []struct{ remote, proto, want string }{
		{"192.0.2.1:5000", "", "http://zikr.example.org"},
		{"192.0.2.1:5000", "https", "http://zikr.example.org"}, // not believed
		{"10.0.0.1:5000", "https", "https://zikr.example.org"},
		{"10.0.0.1:5000", "", "http://zikr.example.org"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://zikr.example.org/", nil)
		r.RemoteAddr = tt.remote
		r.Header.Set("X-Forwarded-Proto", tt.proto)
		if got := Origin(r, proxies); got != tt.want {
			t.Errorf("from %s, forwarded %q: got %s, want %s", tt.remote, tt.proto, got, tt.want)
		}
	}
}
