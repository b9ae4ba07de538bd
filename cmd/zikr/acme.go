package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// acmeConfig says how certificates are got from an authority that speaks ACME (RFC 8555), for the names of
// ZIKR_ACME_DOMAIN.
type acmeConfig struct {
	ACMEEmail     string         `name:"acme-email" env:"ZIKR_ACME_EMAIL" placeholder:"you@example.org" help:"Where the authority may write to about the certificates. Unset: nowhere."`
	ACMEDirectory string         `name:"acme-directory" env:"ZIKR_ACME_DIRECTORY" placeholder:"URL" default:"https://acme-v02.api.letsencrypt.org/directory" help:"Directory of the authority that issues them. SSL_CERT_FILE names its own certificate, if the system does not know it."`
	HTTPAddr      observeAddress `name:"http-addr" env:"ZIKR_HTTP_ADDR" placeholder:":80" help:"Where requests of plain HTTP are led to HTTPS, and the authority asks (http-01): HOST:PORT, :PORT, or off. Unset: :80 with ZIKR_ACME_DOMAIN, else off."`
	HSTS          time.Duration  `name:"hsts" env:"ZIKR_HSTS" default:"8760h" help:"For how long browsers ask for nothing but HTTPS, after an answer over HTTPS of this server itself (Strict-Transport-Security); 0s for not at all."`
}

const (
	letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"
	// acmeFolder holds what the authority knows of us, and the certificates with their keys, in the data folder.
	acmeFolder = "acme"
	// mostDomains bounds how many certificates a server keeps.
	mostDomains = 10
	// failureAgain is the least time between two lines about a name that gets no certificate.
	failureAgain = 24 * time.Hour
)

// domainName is a name that people reach the server by.
type domainName string

var domainNames = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// UnmarshalText reads one.
func (d *domainName) UnmarshalText(text []byte) error {
	s := strings.ToLower(strings.TrimSpace(string(text)))
	if len(s) > 253 || !domainNames.MatchString(s) {
		return errors.New(d.takes())
	}
	*d = domainName(s)
	return nil
}

func (domainName) takes() string {
	return "names with commas between them, without https:// and without a port; letters beyond a to z as xn--…"
}

// settle gives what was not set the values that follow from the rest.
func (c *serveConfig) settle() {
	c.Addr = c.tlsConfig.address(c.Addr)
	if c.HTTPAddr == "" {
		c.HTTPAddr = off
		if len(c.ACMEDomain) > 0 {
			c.HTTPAddr = ":80"
		}
	}
}

// checkACME finds what does not go together.
func (c serveConfig) checkACME() error {
	automatic := len(c.ACMEDomain) > 0
	switch {
	case c.HSTS < 0:
		return unfit("ZIKR_HSTS", c.HSTS, "0s or more", "8760h")
	case !automatic && c.TLSCert == "" && c.HTTPAddr != off:
		return errors.New("ZIKR_HTTP_ADDR is set, but the server has no HTTPS to lead to: name it, like ZIKR_ACME_DOMAIN=zikr.example.org, or unset ZIKR_HTTP_ADDR; plain HTTP is served on ZIKR_ADDR")
	case !automatic && c.ACMEEmail != "":
		return errors.New("ZIKR_ACME_EMAIL is set, but ZIKR_ACME_DOMAIN is not: no certificate would be asked for; name the server, like ZIKR_ACME_DOMAIN=zikr.example.org")
	case !automatic && c.ACMEDirectory != letsEncrypt:
		return errors.New("ZIKR_ACME_DIRECTORY is set, but ZIKR_ACME_DOMAIN is not: no certificate would be asked for; name the server, like ZIKR_ACME_DOMAIN=zikr.example.org")
	case !automatic:
		return nil
	case c.Addr.socket() != "":
		return fmt.Errorf("ZIKR_ACME_DOMAIN is set, but ZIKR_ADDR is the socket %q, which only a proxy of this machine reaches: the certificate is then the proxy's; unset one of them, or take a port, like ZIKR_ADDR=:443", c.Addr)
	case c.RedisURL != "":
		return errors.New("ZIKR_ACME_DOMAIN and ZIKR_REDIS_URL are both set: of many nodes each would ask for a certificate of its own, and the authority's question may reach another; let the load balancer in front of them have the certificate, and unset ZIKR_ACME_DOMAIN")
	case !strings.HasPrefix(c.ACMEDirectory, "https://"):
		return unfit("ZIKR_ACME_DIRECTORY", c.ACMEDirectory, "an address that begins with https://", letsEncrypt)
	case len(c.ACMEDomain) > mostDomains:
		return unfit("ZIKR_ACME_DOMAIN", fmt.Sprintf("%d names", len(c.ACMEDomain)), fmt.Sprintf("%d names at most", mostDomains), "zikr.example.org")
	}
	if at, err := mail.ParseAddress(c.ACMEEmail); c.ACMEEmail != "" && (err != nil || at.Address != c.ACMEEmail) {
		return unfit("ZIKR_ACME_EMAIL", c.ACMEEmail, "an email address", "you@example.org")
	}
	return nil
}

// authority gets and renews the server's certificates, and keeps them in the data folder. Certificates are asked
// for in the background, never by a handshake: no stranger can make the server ask.
type authority struct {
	names   []string
	folder  string
	log     *slog.Logger
	certs   *certmagic.Config
	issuer  *certmagic.ACMEIssuer
	cache   *certmagic.Cache
	storage *certificateFolder

	mu sync.Mutex
	// told is when the log was told last that a name gets no certificate, or cannot use the one that is kept (unusable), and
	// of "" that none can be kept; of what is well it has nothing.
	told map[string]time.Time
}

// newAuthority opens the folder. secure and plain are where the server listens for the authority's questions; plain is nil
// where only TLS is served.
func newAuthority(cfg serveConfig, secure, plain net.Addr, log *slog.Logger) (*authority, error) {
	dir := filepath.Join(cfg.DataDir, acmeFolder)
	if err := checkWritable(dir); err != nil {
		return nil, fmt.Errorf("ZIKR_ACME_DOMAIN: certificates cannot be kept in %s: %w; give the folder to the user that runs the server, and close it to others, like chown -R zikr: %s", dir, err, dir)
	}
	a := &authority{folder: dir, log: log, told: map[string]time.Time{}}
	a.storage = &certificateFolder{&certmagic.FileStorage{Path: dir}, a.notKept}
	for _, name := range cfg.ACMEDomain {
		a.names = append(a.names, string(name))
	}
	quiet := zap.New(zapcore.NewCore(
		zapcore.NewConsoleEncoder(zapcore.EncoderConfig{NameKey: "part", MessageKey: "msg"}),
		zapcore.AddSync(slog.NewLogLogger(log.Handler(), slog.LevelDebug).Writer()), // what matters comes as events
		zap.LevelEnablerFunc(func(zapcore.Level) bool { return log.Enabled(context.Background(), slog.LevelDebug) }),
	))
	a.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return a.certs, nil }, Logger: quiet,
	})
	a.certs = certmagic.New(a.cache, certmagic.Config{Storage: a.storage, OnEvent: a.happened, Logger: quiet})
	template := certmagic.ACMEIssuer{CA: cfg.ACMEDirectory, Email: cfg.ACMEEmail, Agreed: true, Logger: quiet, DisableHTTPChallenge: plain == nil}
	template.ListenHost, template.AltTLSALPNPort = hostAndPort(secure)
	if plain != nil {
		_, template.AltHTTPPort = hostAndPort(plain)
	}
	a.issuer = certmagic.NewACMEIssuer(a.certs, template)
	a.certs.Issuers = []certmagic.Issuer{a.issuer}
	return a, nil
}

// hostAndPort are those of a TCP address; the host is empty where it is every one of the machine.
func hostAndPort(addr net.Addr) (host string, port int) {
	at, ok := addr.(*net.TCPAddr)
	if !ok {
		return "", 0
	}
	if !at.IP.IsUnspecified() {
		host = at.IP.String()
	}
	return host, at.Port
}

// start asks for what is missing and renews what ends, in the background, until ctx ends.
func (a *authority) start(ctx context.Context) {
	for _, name := range a.names {
		go a.keep(ctx, name)
	}
}

// get is a tls.Config's GetCertificate. A client that names nobody gets the first certificate; one that names somebody
// else gets none.
func (a *authority) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	named := *hello
	if named.ServerName == "" {
		named.ServerName = a.names[0]
	}
	if !a.serves(named.ServerName) {
		return nil, errors.New("the client asks for a name that is not of ZIKR_ACME_DOMAIN")
	}
	return a.certs.GetCertificateWithContext(hello.Context(), &named)
}

// serves reports whether a name is one of the server's.
func (a *authority) serves(host string) bool {
	return slices.Contains(a.names, strings.ToLower(strings.TrimSuffix(host, ".")))
}

// reload does nothing: what is in the folder is this server's own.
func (*authority) reload() {}

// leaves are the certificates in use, nil for a name that has none yet.
func (a *authority) leaves() []*x509.Certificate {
	out := make([]*x509.Certificate, len(a.names))
	for i, name := range a.names {
		for _, cert := range a.cache.AllMatchingCertificates(name) {
			if out[i] == nil || cert.Leaf.NotAfter.After(out[i].NotAfter) {
				out[i] = cert.Leaf
			}
		}
	}
	return out
}

// happened hears of what certmagic does. An error keeps it from asking for a certificate.
func (a *authority) happened(ctx context.Context, event string, data map[string]any) error {
	name, _ := data["identifier"].(string)
	switch event {
	case "cert_obtaining":
		return a.mayAsk(ctx, name)
	case "cert_obtained":
		a.well(name)
		a.log.Info("a TLS certificate was issued", "name", name)
	case "cert_failed":
		err, _ := data["error"].(error)
		a.failed(name, err)
	}
	return nil
}

// failed tells the log that a name got no certificate: at the beginning of an outage, and then once a day.
func (a *authority) failed(name string, err error) {
	if !a.tell(name) {
		return
	}
	a.log.Warn("no TLS certificate was issued: the server tries again with growing pauses, from a minute to six hours", "name", name, "why", advice(err), "err", err)
}

// tell reports whether the log is to be told now of what fails.
func (a *authority) tell(what string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if before, known := a.told[what]; known && time.Since(before) < failureAgain {
		return false
	}
	a.told[what] = time.Now()
	return true
}

// well ends what was told of a name: if it begins anew, the log is told at once.
func (a *authority) well(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, what := range []string{name, unusable(name), ""} {
		delete(a.told, what)
	}
}

// advice says what to do about a certificate that was not issued.
func advice(err error) string {
	var problem acme.Problem
	if !errors.As(err, &problem) {
		return "the authority of ZIKR_ACME_DIRECTORY cannot be reached, or does not answer; see whether this machine reaches it"
	}
	switch strings.TrimPrefix(problem.Type, acme.ProblemTypeNamespace) {
	case "dns", "connection", "unauthorized", "incorrectResponse", "tls":
		return "the authority could not reach this server by its name; let the name's A and AAAA records in the DNS be those of this machine, and ports 80 and 443 be open to the world and lead to ZIKR_HTTP_ADDR and ZIKR_ADDR"
	case "rateLimited":
		return "the authority issues no more for this name for now (its err says until when); do not delete the folder acme in the data folder, which spares it"
	case "caa":
		return "a CAA record of the name in the DNS does not allow this authority; add it there, or take another with ZIKR_ACME_DIRECTORY"
	case "rejectedIdentifier":
		return "the authority issues nothing for such a name; correct ZIKR_ACME_DOMAIN"
	case "invalidContact", "unsupportedContact":
		return "the authority does not take the address of ZIKR_ACME_EMAIL; correct or unset it"
	default:
		return "the authority said why not"
	}
}

// close ends what runs in the background.
func (a *authority) close() {
	a.cache.Stop()
	certmagic.CleanUpOwnLocks(context.Background(), zap.NewNop()) // else the next start waits for them
}

// storedLeaf is the certificate of a name in a data folder, the one that ends last if there are many.
func storedLeaf(dataDir string, name domainName) (*x509.Certificate, error) {
	files, err := filepath.Glob(filepath.Join(dataDir, acmeFolder, "certificates", "*", string(name), string(name)+".crt"))
	if err != nil {
		return nil, fmt.Errorf("ZIKR_DATA_DIR: %w", err)
	}
	var last *x509.Certificate
	for _, file := range files {
		data, err := os.ReadFile(file) // #nosec G304 -- in the operator's folder
		if err != nil {
			return nil, fmt.Errorf("read the certificate of %s: %w", name, err)
		}
		block, _ := pem.Decode(data)
		if block == nil {
			continue
		}
		if leaf, err := x509.ParseCertificate(block.Bytes); err == nil && (last == nil || leaf.NotAfter.After(last.NotAfter)) {
			last = leaf
		}
	}
	if last == nil {
		return nil, fmt.Errorf("there is no certificate of %s in %s yet: the log of the server says why", name, filepath.Join(dataDir, acmeFolder))
	}
	return last, nil
}

// startCertificates begins to ask for the certificates that are missing. It ends with ctx.
func (s *server) startCertificates(ctx context.Context) {
	if a, ok := s.identity.(*authority); ok {
		a.start(ctx)
	}
}

// closeCertificates waits for its end.
func (s *server) closeCertificates() {
	if a, ok := s.identity.(*authority); ok {
		a.close()
	}
}
