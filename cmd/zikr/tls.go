package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/mholt/acmez/v3"
)

// tlsConfig says how the server proves who it is: by a pair of files, or by a certificate
// that it gets for its names. Without it, it speaks plain HTTP, for a reverse proxy in front.
type tlsConfig struct {
	TLSCert string `name:"tls-cert" env:"ZIKR_TLS_CERT" type:"path" placeholder:"FILE" help:"Certificate chain in PEM, the server's own first: serve HTTPS. A renewed file is taken within a minute."`
	TLSKey  string `name:"tls-key" env:"ZIKR_TLS_KEY" type:"path" placeholder:"FILE" help:"Private key of the certificate in PEM."`

	ACMEDomain []domainName `name:"acme-domain" env:"ZIKR_ACME_DOMAIN" placeholder:"zikr.example.org" help:"Names that lead to this machine: serve HTTPS with certificates that the server gets and renews by itself. ZIKR_ADDR is then :443, unless it is set."`
}

// defaultAddr is where a server listens behind a proxy.
const defaultAddr listenAddress = "127.0.0.1:7373"

// address is where the server listens: with a name of its own on the port of HTTPS, unless another was chosen.
func (c tlsConfig) address(chosen listenAddress) listenAddress {
	if len(c.ACMEDomain) > 0 && chosen == defaultAddr {
		return ":443"
	}
	return chosen
}

// secure reports whether the server speaks TLS.
func (c tlsConfig) secure() bool { return c.TLSCert != "" || len(c.ACMEDomain) > 0 }

// check finds half a pair, or two ways at once.
func (c tlsConfig) check() error {
	switch {
	case len(c.ACMEDomain) > 0 && c.TLSCert+c.TLSKey != "":
		return errors.New("ZIKR_ACME_DOMAIN and ZIKR_TLS_CERT are both set: the server gets its certificate by itself, or reads yours; unset ZIKR_ACME_DOMAIN, or ZIKR_TLS_CERT and ZIKR_TLS_KEY")
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
		return nil, unread("ZIKR_TLS_CERT", err, "/etc/zikr/fullchain.pem")
	}
	key, err := os.ReadFile(c.TLSKey)
	if err != nil {
		return nil, unread("ZIKR_TLS_KEY", err, "/etc/zikr/key.pem")
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("ZIKR_TLS_CERT %s and ZIKR_TLS_KEY %s are no pair to serve with: %s: %w", c.TLSCert, c.TLSKey, pairAdvice(chain, key), err)
	}
	return &pair, nil
}

// unread is the sentence of a file that a setting names and that cannot be read.
func unread(name string, err error, example string) error {
	return fmt.Errorf("read %s: %w; name a file that the user who runs the server can read, like %s=%s", name, err, name, example)
}

// pairAdvice says what to do about two files of which no pair can be made.
func pairAdvice(chain, key []byte) string {
	has := func(file []byte, kind string) bool {
		return bytes.Contains(file, []byte(kind+"-----")) // at the end of its first line: EC PRIVATE KEY, too
	}
	switch {
	case has(chain, "PRIVATE KEY") && has(key, "CERTIFICATE"):
		return "the two are exchanged; name the chain in ZIKR_TLS_CERT, and the key in ZIKR_TLS_KEY"
	case !has(chain, "CERTIFICATE"):
		return "the first has no certificate in PEM; name the chain, like fullchain.pem of Let's Encrypt; `openssl x509 -inform der -in FILE` makes PEM of a binary one"
	case !has(key, "PRIVATE KEY"):
		return "the second has no private key in PEM; name the key, like privkey.pem of Let's Encrypt"
	case has(key, "ENCRYPTED PRIVATE KEY") || bytes.Contains(key, []byte("Proc-Type: 4,ENCRYPTED")):
		return "the key has a password, which nobody could enter at a start; `openssl pkey -in FILE` takes it away"
	}
	return "the key belongs to another certificate, or the chain does not begin with the server's own; name two files that were made together, like fullchain.pem and privkey.pem of Let's Encrypt"
}

// renewalCheck is how old what is known of the certificate's files may get.
const renewalCheck = time.Minute

// identity is how a server proves who it is: with a pair of files, or with what an authority issued.
type identity interface {
	// get is a tls.Config's GetCertificate.
	get(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// serves reports whether a name is one of the server's.
	serves(host string) bool
	// leaves are the certificates in use, nil for one that is not there yet.
	leaves() []*x509.Certificate
	// reload reads what somebody else may have renewed.
	reload()
}

// expiry is when the first of a server's certificates ends; zero while one of them is not there yet.
func expiry(i identity) (first time.Time) {
	for n, leaf := range i.leaves() {
		switch {
		case leaf == nil:
			return time.Time{}
		case n == 0 || leaf.NotAfter.Before(first):
			first = leaf.NotAfter
		}
	}
	return first
}

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

// serves reports whether the certificate is good for a name.
func (c *certificate) serves(host string) bool { return c.leaves()[0].VerifyHostname(host) == nil }

// leaves are the one in use.
func (c *certificate) leaves() []*x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []*x509.Certificate{c.current.Leaf}
}

// openTLS reads the certificate, or gets ready to ask for one, if one is configured.
func (s *server) openTLS() error {
	switch {
	case s.cfg.TLSCert != "":
		files, err := newCertificate(s.cfg.tlsConfig, s.log)
		if err != nil {
			return err
		}
		s.identity = files
	case len(s.cfg.ACMEDomain) > 0:
		if err := makeDataDir(s.cfg.DataDir); err != nil {
			return err
		}
		var plain net.Addr
		if s.plain != nil {
			plain = s.plain.Addr()
		}
		authority, err := newAuthority(s.cfg, s.listener.Addr(), plain, s.log)
		if err != nil {
			return err
		}
		s.undo = append(s.undo, authority.close)
		s.identity = authority
	default:
		return nil
	}
	s.metrics.gauge("zikr_certificate_expiry_timestamp_seconds", "When the first of the server's own TLS certificates ends, 0 while one is missing.", func() float64 {
		if at := expiry(s.identity); !at.IsZero() {
			return float64(at.Unix())
		}
		return 0
	})
	if s.plain != nil {
		s.redirects = s.plainServer()
	}
	return nil
}

// tlsConfig is how the port of HTTPS speaks.
func (s *server) tlsConfig() *tls.Config {
	cfg := &tls.Config{GetCertificate: s.identity.get, MinVersion: tls.VersionTLS12}
	if _, ok := s.identity.(*authority); ok {
		cfg.NextProtos = []string{"h2", "http/1.1", acmez.ACMETLS1Protocol} // the authority asks on this port too (tls-alpn-01)
	}
	return cfg
}

// client is how a command of ours speaks to the server that is configured so, with its data in a folder. It
// trusts the server's certificate and no other, under the name that it was issued for:
// the address is this machine's.
func (c tlsConfig) client(dataDir string) (client *http.Client, scheme string, err error) {
	if !c.secure() {
		return &http.Client{}, "http://", nil
	}
	leaf, err := c.leaf(dataDir)
	if err != nil {
		return nil, "", err
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	trust := &tls.Config{RootCAs: roots, ServerName: nameOf(leaf), MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}, "https://", nil
}

// leaf is the certificate of the server that is configured so, read from its file or from the data folder.
func (c tlsConfig) leaf(dataDir string) (*x509.Certificate, error) {
	if len(c.ACMEDomain) > 0 {
		return storedLeaf(dataDir, c.ACMEDomain[0])
	}
	pair, err := c.load()
	if err != nil {
		return nil, err
	}
	return pair.Leaf, nil
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
