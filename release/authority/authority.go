package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"

	"github.com/letsencrypt/challtestsrv"
	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// authority is pebble, the test server of Let's Encrypt, with a DNS for which every name is one of 127.0.0.1.
type authority struct {
	directory string // its address
	// trust is the certificate of that address, root what it issues with; both in PEM.
	trust, root []byte
	roots       *x509.CertPool
	// orders counts what was ordered; away makes it answer nobody.
	orders atomic.Int32
	away   atomic.Bool

	server *httptest.Server
	names  *challtestsrv.ChallSrv
}

// newAuthority starts one that asks at these ports of a name. names is where its DNS listens.
func newAuthority(names string, httpPort, tlsPort int) (*authority, error) {
	if err := os.Setenv("PEBBLE_VA_NOSLEEP", "1"); err != nil {
		return nil, fmt.Errorf("let pebble ask at once: %w", err)
	}
	quiet := log.New(io.Discard, "", 0)
	dns, err := challtestsrv.New(challtestsrv.Config{Log: quiet, DNSAddrs: []string{names}})
	if err != nil {
		return nil, fmt.Errorf("make a DNS: %w", err)
	}
	dns.SetDefaultDNSIPv4("127.0.0.1")
	dns.SetDefaultDNSIPv6("")
	go dns.Run()

	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: 90 * 24 * 3600}})
	front := wfe.New(quiet, store, va.New(quiet, httpPort, tlsPort, true, names, store), issuer, []string{"pebble.example.org"}, true, false, 1, 1)
	pebble := front.Handler()
	a := &authority{roots: x509.NewCertPool(), root: issuer.GetRootCert(0).PEM(), names: dns}
	a.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.away.Load() {
			panic(http.ErrAbortHandler)
		}
		if r.URL.Path == "/order-plz" {
			a.orders.Add(1)
		}
		pebble.ServeHTTP(w, r)
	}))
	a.server.Config.ErrorLog = quiet
	a.server.StartTLS()
	a.directory = a.server.URL + wfe.DirectoryPath
	a.trust = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw})
	if !a.roots.AppendCertsFromPEM(a.root) {
		return nil, errors.New("pebble has no root")
	}
	return a, nil
}

func (a *authority) close() {
	a.server.Close()
	a.names.Shutdown()
}
