package bus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// errURL says what a URL must look like. It never quotes the one that is wrong: it holds a password.
var errURL = errors.New("the Redis URL cannot be used: it must look like redis://user:password@host:6379/0, " +
	"or rediss:// for TLS, with signs like / @ : ? # in the password written as %2F %40 %3A %3F %23")

// clientOption makes what the client needs of a URL.
func clientOption(o Options) (rueidis.ClientOption, error) {
	u, err := url.Parse(o.URL)
	if err != nil || (u.Host == "" && u.Scheme != "unix") {
		return rueidis.ClientOption{}, errURL
	}
	switch u.Scheme {
	case "redis", "rediss", "valkey", "valkeys", "unix":
	default:
		return rueidis.ClientOption{}, errURL
	}
	if port := u.Port(); port == "0" {
		return rueidis.ClientOption{}, errURL
	}
	option, err := rueidis.ParseURL(o.URL)
	if err != nil {
		return rueidis.ClientOption{}, errURL // its error may quote what is part of a password
	}
	if strings.ContainsFunc(o.NodeID, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return rueidis.ClientOption{}, fmt.Errorf("the node's id %q must have no spaces and no signs beyond ASCII: Redis shows it in CLIENT LIST", o.NodeID)
	}
	if strings.ContainsAny(o.Prefix, "{}") {
		return rueidis.ClientOption{}, fmt.Errorf("the prefix %q must be without { and }: they say where a cluster keeps a key", o.Prefix)
	}
	if option.ClientName == "" {
		option.ClientName = strings.TrimSuffix("zikr-"+o.NodeID, "-")
	}
	limits(&option)
	return option, nil
}

// limits sets what a URL does not say. A server that does not answer is known as such within
// callTimeout; what is to be tried again is decided here, not by the client.
func limits(option *rueidis.ClientOption) {
	option.Dialer = net.Dialer{Timeout: callTimeout, KeepAlive: time.Second}
	option.ConnWriteTimeout = callTimeout
	option.DisableRetry = true
	option.DisableCache = true
	option.AlwaysRESP2 = false
	option.PipelineMultiplex = -1        // one connection for all commands keeps their order
	option.ReadBufferEachConn = 64 << 10 // on a cluster there are many connections
	option.WriteBufferEachConn = 64 << 10
	option.RingScaleEachConn = 9
	option.ClusterOption.ShardsRefreshInterval = 10 * time.Second
	option.ClusterOption.MaxMovedRedirections = 8
	option.Sentinel.TopologyRefreshInterval = 5 * time.Second
}

// cleaner makes a function that takes a secret out of errors: some servers repeat
// what they were sent.
func cleaner(secret string) func(error) error {
	return func(err error) error {
		if err == nil || secret == "" || !strings.Contains(err.Error(), secret) {
			return err
		}
		return errors.New(strings.ReplaceAll(err.Error(), secret, "(secret)"))
	}
}

// isCertificateError reports whether TLS failed, which does not go away by itself.
func isCertificateError(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		header       tls.RecordHeaderError
		host         x509.HostnameError
		authority    x509.UnknownAuthorityError
	)
	return errors.As(err, &verification) || errors.As(err, &header) || errors.As(err, &host) || errors.As(err, &authority)
}
