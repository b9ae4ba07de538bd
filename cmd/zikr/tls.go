package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// tlsConfig says how the server proves who it is. Without it, it speaks plain
// HTTP, for a reverse proxy in front.
type tlsConfig struct {
	TLSCert string `name:"tls-cert" env:"ZIKR_TLS_CERT" type:"path" placeholder:"FILE" help:"Certificate chain in PEM, the server's own first: serve HTTPS. A renewed file is taken within a minute."`
	TLSKey  string `name:"tls-key" env:"ZIKR_TLS_KEY" type:"path" placeholder:"FILE" help:"Private key of the certificate in PEM."`
}

// check finds half a pair.
func (c tlsConfig) check() error {
	switch {
	case c.TLSCert != "" && c.TLSKey == "":
		return errors.New("ZIKR_TLS_CERT is set, but ZIKR_TLS_KEY is not: HTTPS needs both, plain HTTP neither; name the key, like ZIKR_TLS_KEY=/etc/zikr/key.pem")
	case c.TLSCert == "" && c.TLSKey != "":
		return errors.New("ZIKR_TLS_KEY is set, but ZIKR_TLS_CERT is not: HTTPS needs both, plain HTTP neither; name the chain, like ZIKR_TLS_CERT=/etc/zikr/fullchain.pem")
	}
	return nil
}

// load reads the pair. An error names the file.
func (c tlsConfig) load() (*tls.Certificate, error) {
	chain, err := os.ReadFile(c.TLSCert)
	if err != nil {
		return nil, fmt.Errorf("read ZIKR_TLS_CERT: %w", err)
	}
	key, err := os.ReadFile(c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("read ZIKR_TLS_KEY: %w", err)
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("ZIKR_TLS_CERT %s and ZIKR_TLS_KEY %s are no pair to serve with: %w", c.TLSCert, c.TLSKey, err)
	}
	return &pair, nil
}

// renewalCheck is how old what is known of the certificate's files may get.
const renewalCheck = time.Minute

// certificate is the server's, read anew when its files are: whoever renews them
// need not tell the server.
type certificate struct {
	files tlsConfig
	log   *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	looked  time.Time // when the files were read
}

func newCertificate(files tlsConfig, log *slog.Logger) (*certificate, error) {
	pair, err := files.load()
	if err != nil {
		return nil, err
	}
	c := &certificate{files: files, log: log, current: pair, looked: time.Now()}
	c.warn()
	return c, nil
}

// get is a tls.Config's GetCertificate. Files that cannot be used, as while they
// are being replaced, change nothing.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) >= renewalCheck {
		c.read()
	}
	return c.current, nil
}

// reload reads the files now.
func (c *certificate) reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read()
}

// read takes the pair of the files, if it is a good one.
func (c *certificate) read() {
	c.looked = time.Now()
	pair, err := c.files.load()
	switch {
	case err != nil:
		c.log.Error("the TLS certificate cannot be read again: the one before is kept", "err", err)
	case !bytes.Equal(pair.Certificate[0], c.current.Certificate[0]):
		c.current = pair
		c.log.Info("the TLS certificate was renewed", "file", c.files.TLSCert, "until", pair.Leaf.NotAfter)
		c.warn()
	}
}

// warn tells of a certificate that clients will refuse.
func (c *certificate) warn() {
	if leaf, now := c.current.Leaf, time.Now(); now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		c.log.Warn("clients will refuse the TLS certificate: it is not valid now", "file", c.files.TLSCert, "from", leaf.NotBefore, "until", leaf.NotAfter)
	}
}

// openTLS reads the certificate, if one is configured.
func (s *server) openTLS() (err error) {
	if s.cfg.TLSCert == "" {
		return nil
	}
	s.certificate, err = newCertificate(s.cfg.tlsConfig, s.log)
	return err
}

// client is how a command of ours speaks to the server that is configured so. It
// trusts that certificate and no other, under the name that it was issued for:
// the address is this machine's.
func (c tlsConfig) client() (client *http.Client, scheme string, err error) {
	if c.TLSCert == "" {
		return &http.Client{}, "http://", nil
	}
	pair, err := c.load()
	if err != nil {
		return nil, "", err
	}
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	trust := &tls.Config{RootCAs: roots, ServerName: nameOf(pair.Leaf), MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}, "https://", nil
}

// nameOf is a name that a certificate is good for.
func nameOf(leaf *x509.Certificate) string {
	switch {
	case len(leaf.DNSNames) > 0:
		return leaf.DNSNames[0]
	case len(leaf.IPAddresses) > 0:
		return leaf.IPAddresses[0].String()
	default:
		return leaf.Subject.CommonName
	}
}
