package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/readyz" {
				t.Errorf("asked for %s", r.URL.Path)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	ready := httptest.NewServer(answer(200, `{"status":"ready"}`))
	draining := httptest.NewServer(answer(503, `{"status":"draining"}`))
	away := httptest.NewServer(answer(200, ""))
	secure := httptest.NewTLSServer(answer(200, `{"status":"ready"}`))
	for _, s := range []*httptest.Server{ready, draining, secure} {
		t.Cleanup(s.Close)
	}
	away.Close()
	named := httptest.NewUnstartedServer(answer(200, `{"status":"ready"}`))
	named.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName != "zikr.test" {
			return nil, errors.New("no certificate for " + hello.ServerName)
		}
		return nil, nil
	}}
	named.StartTLS()
	t.Cleanup(named.Close)
	tests := []struct {
		server *httptest.Server
		tls    tlsConfig
		want   string // in the error; "" for none
	}{
		{ready, tlsConfig{}, ""},
		{secure, tlsConfig{TLSCert: "cert.pem", TLSKey: "key.pem"}, ""},
		{named, tlsConfig{ACMEDomain: []domainName{"zikr.test", "other.test"}}, ""},
		{draining, tlsConfig{}, `is not ready: 503 Service Unavailable {"status":"draining"}`},
		{away, tlsConfig{}, "no server answers on ZIKR_ADDR"},
	}
	for _, test := range tests {
		var out bytes.Buffer
		_, addr, _ := strings.Cut(test.server.URL, "://")
		err := healthcheckCmd{tlsConfig: test.tls, Addr: listenAddress(addr)}.Run(streams{out: &out})
		switch {
		case test.want == "" && (err != nil || out.String() != "{\"status\":\"ready\"}\n"):
			t.Errorf("got %v, %q", err, out.String())
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}
