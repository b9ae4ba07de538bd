package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// soonOver is how long before its end a certificate should have been renewed.
const soonOver = 14 * 24 * time.Hour

// alone is a client for one request, which keeps nothing open. config may be nil.
func alone(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: config}}
}

// lookAtCertificate finds a certificate that clients refuse, or will soon.
func lookAtCertificate(_ context.Context, p *patient) (found []diagnosis) {
	files := p.cfg.tlsConfig
	switch {
	case files.check() != nil:
		return nil
	case len(files.ACMEDomain) > 0:
		return p.lookAtIssued()
	case files.TLSCert == "":
		return nil
	}
	pair, err := files.load()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return []diagnosis{bad(err.Error(), "if the service's user may read it, run this as that user, like `zikrctl doctor`")}
	case err != nil:
		return []diagnosis{badly(err)}
	}
	const renewer = "see why it was not renewed: `systemctl status certbot.timer`, or who renews it"
	if f, ok := judgeEnd(files.TLSCert, pair.Leaf, p.now(), renewer); ok {
		found = append(found, f)
	}
	if u, err := url.Parse(string(p.cfg.PublicURL)); err == nil && u.Host != "" {
		if err := pair.Leaf.VerifyHostname(u.Hostname()); err != nil {
			found = append(found, bad(fmt.Sprintf("it is for %s, and people reach the server as %s (ZIKR_PUBLIC_URL)", namesOf(pair.Leaf), u.Hostname()), "get one with that name in it"))
		}
	}
	found = append(found, judgeChain(pair, p.now())...)
	if info, err := os.Stat(files.TLSKey); err == nil && info.Mode().Perm()&0o007 != 0 && isOpenToOthers(info) {
		found = append(found, poor(fmt.Sprintf("everybody on this machine may read its key (mode %04o)", info.Mode().Perm()), "close it: `chmod 600 "+files.TLSKey+"`, and give it to the service's user"))
	}
	if len(found) == 0 {
		found = append(found, good(fmt.Sprintf("it is for %s, and good until %s", namesOf(pair.Leaf), pair.Leaf.NotAfter.UTC().Format(time.DateOnly))))
	}
	return found
}

// lookAtIssued finds names for which the server has got no certificate, or none anew.
func (p *patient) lookAtIssued() (found []diagnosis) {
	const renewer = "see why it was not renewed: `journalctl --unit zikr`, which says what to do"
	for _, name := range p.cfg.ACMEDomain {
		leaf, err := storedLeaf(p.cfg.DataDir, name)
		switch {
		case err != nil && p.runs:
			found = append(found, bad(err.Error(), "let the name lead to this machine, and the ports 80 and 443 be open; the server tries again by itself"))
			continue
		case err != nil:
			found = append(found, good(fmt.Sprintf("there is none of %s yet: the server asks for it when it runs", name)))
			continue
		}
		if f, ok := judgeEnd("the one of "+string(name), leaf, p.now(), renewer); ok {
			found = append(found, f)
		} else {
			found = append(found, good(fmt.Sprintf("it is for %s, and good until %s; the server renews it by itself", name, leaf.NotAfter.UTC().Format(time.DateOnly))))
		}
	}
	return found
}

// judgeEnd finds a certificate that is not good now, or soon will not be. renewer is where to see why.
func judgeEnd(name string, leaf *x509.Certificate, now time.Time, renewer string) (diagnosis, bool) {
	from, until := leaf.NotBefore.UTC().Format(time.DateTime), leaf.NotAfter.UTC().Format(time.DateTime)
	switch left := leaf.NotAfter.Sub(now); {
	case left < 0:
		return bad(fmt.Sprintf("clients refuse %s: it ended at %s", name, until), renewer), true
	case now.Before(leaf.NotBefore):
		return bad(fmt.Sprintf("clients refuse %s: it begins at %s", name, from), "see the clock, and who made it"), true
	case left < soonOver:
		return poor(fmt.Sprintf("%s ends in %s, at %s", name, number(int(left.Hours()/24), "day"), until), renewer), true
	}
	return diagnosis{}, false
}

// judgeChain finds a chain that is not in order, or that clients do not trust.
func judgeChain(pair *tls.Certificate, now time.Time) []diagnosis {
	between, above := x509.NewCertPool(), pair.Leaf
	for i, der := range pair.Certificate[1:] {
		next, err := x509.ParseCertificate(der)
		if err != nil {
			return []diagnosis{bad(fmt.Sprintf("certificate %d of the chain cannot be read: %v", i+2, err), "take the whole chain, as fullchain.pem of Let's Encrypt is")}
		}
		if !bytes.Equal(above.RawIssuer, next.RawSubject) {
			return []diagnosis{bad(fmt.Sprintf("certificate %d of the chain has not signed the one before it", i+2), "put them in order: the server's own first, then the one that signed it, and so on")}
		}
		between.AddCert(next)
		above = next
	}
	_, err := pair.Leaf.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: now})
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return []diagnosis{poor("this machine does not trust it, and so may clients: its chain is not whole, or who signed it is not known", "take the whole chain, as fullchain.pem of Let's Encrypt is; with an authority of your own, give that to the clients")}
	}
	return nil
}

// namesOf are all names that a certificate is good for.
func namesOf(leaf *x509.Certificate) string {
	names := append([]string(nil), leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return orElse(strings.Join(names, ", "), "no name")
}

// lookAtPublicURL finds an address at which people do not reach the server.
func lookAtPublicURL(ctx context.Context, p *patient) []diagnosis {
	at := p.cfg.publicURL()
	if !strings.Contains(at, "://") { // a path at most
		return nil
	}
	if !p.runs {
		return []diagnosis{good("it is not asked, since no server runs here: " + at)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/readyz", nil)
	if err != nil {
		return []diagnosis{badly(fmt.Errorf("ZIKR_PUBLIC_URL: %w", err))}
	}
	resp, err := alone(nil).Do(req)
	var refused *tls.CertificateVerificationError
	switch {
	case errors.As(err, &refused):
		return []diagnosis{bad(fmt.Sprintf("the certificate at %s is refused: %v", at, refused.Err), "renew it, or see which one the proxy serves")}
	case err != nil:
		return []diagnosis{poor(fmt.Sprintf("nobody answers at %s, as seen from here: %v", at, errors.Unwrap(err)), "see whether its name leads to this machine, its port is open, and the proxy runs; then open it in a browser from elsewhere")}
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // what is not there says nothing
	if !strings.Contains(string(body), `"status"`) {
		return []diagnosis{bad(fmt.Sprintf("what answers at %s is no zikr: %s", at, resp.Status), fmt.Sprintf("see where the proxy passes it: it should be ZIKR_ADDR (%s)", p.cfg.Addr))}
	}
	var found []diagnosis
	if resp.TLS != nil {
		if f, ok := judgeEnd("the certificate there", resp.TLS.PeerCertificates[0], p.now(), "see why it was not renewed: `systemctl status certbot.timer`, or the proxy's log"); ok {
			found = append(found, f)
		}
	} else if !isThisMachine(resp.Request.URL.Hostname()) {
		found = append(found, poor("people reach the server without HTTPS: who is on the way reads their passwords", "set up HTTPS: docs/install.md"))
	}
	return append(found, good("the server is reached at "+at))
}

func isThisMachine(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

// lookAtProxies finds a proxy that is not trusted: all who come over it share the limits of one address.
func lookAtProxies(ctx context.Context, p *patient) (found []diagnosis) {
	const todo = "if it is your proxy, name its address, like ZIKR_TRUSTED_PROXIES=127.0.0.1"
	ignored := p.forwardedIgnored(ctx)
	switch n := ignored["private"]; {
	case n > 0:
		found = append(found, bad(fmt.Sprintf("%s requests came with an X-Forwarded-For from an address of this machine or its network that is not trusted: all who come over it share the limits of one", amount(n)), todo))
	case len(p.cfg.TrustedProxies) == 0 && p.cfg.Addr.socket() == "" && !p.cfg.secure() && strings.HasPrefix(string(p.cfg.PublicURL), "https://"):
		found = append(found, poor("people come over HTTPS (ZIKR_PUBLIC_URL), which the server does not speak, so that a proxy is in front; and none is trusted: all who come over it share the limits of one", todo))
	}
	if n := ignored["public"]; n > 0 {
		found = append(found, poor(fmt.Sprintf("%s requests came with an X-Forwarded-For from an address of the internet that is not trusted", amount(n)), todo+"; else somebody tries to hide, in vain"))
	}
	if len(found) > 0 {
		return found
	}
	if len(p.cfg.TrustedProxies) == 0 {
		return []diagnosis{good("none is trusted, and nothing shows that one is in front")}
	}
	return []diagnosis{good(number(len(p.cfg.TrustedProxies), "range") + " of addresses may tell us who is behind them")}
}

// forwardedIgnored asks the server that runs whose X-Forwarded-For it ignored, by network. It is asked again,
// since the look at the public address has come over the proxy.
func (p *patient) forwardedIgnored(ctx context.Context) map[string]float64 {
	if p.metrics == nil {
		return nil
	}
	return topFetch(ctx, string(p.cfg.ObserveAddr), healthPatience).by["zikr_forwarded_ignored_total"]
}
