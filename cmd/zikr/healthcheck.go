package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// healthcheckCmd is for what watches a container, and has no curl in it.
type healthcheckCmd struct {
	tlsConfig
	Addr listenAddress `env:"ZIKR_ADDR" default:"127.0.0.1:7373" help:"Where the server listens."`
}

// settle takes the port of HTTPS where the server has a name.
func (c *healthcheckCmd) settle() { c.Addr = c.tlsConfig.address(c.Addr) }

// healthPatience is how long the server may take for its answer: it gives its database 2 s.
const healthPatience = 4 * time.Second

// errNotReady is what a server says of itself.
var errNotReady = errors.New("is not ready")

// Run asks /readyz. Its error says why the server is not ready.
func (c healthcheckCmd) Run(io streams) error {
	ctx, cancel := context.WithTimeout(context.Background(), healthPatience)
	defer cancel()
	answer, err := c.ask(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, answer)
	return err
}

func (c healthcheckCmd) ask(ctx context.Context) (string, error) {
	at := reachable(string(c.Addr))
	// The certificate is of the server's public name, and not of this address. Nothing is sent, and only the status is believed.
	trust := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // see above
	if len(c.ACMEDomain) > 0 {
		trust.ServerName = string(c.ACMEDomain[0]) // the server has no certificate for localhost, and says so
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: trust}}
	scheme := "http://"
	if path := c.Addr.socket(); path != "" {
		at, client = "unix", &http.Client{Transport: overSocket(path)}
	} else if c.secure() {
		scheme = "https://"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+at+"/readyz", nil)
	if err != nil {
		return "", fmt.Errorf("ZIKR_ADDR: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("no server answers on ZIKR_ADDR (%s): %w", c.Addr, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	if err != nil {
		return "", fmt.Errorf("read the answer of /readyz: %w", err)
	}
	answer := strings.TrimSpace(string(body))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the server on ZIKR_ADDR (%s) %w: %s %s", c.Addr, errNotReady, resp.Status, answer)
	}
	return answer, nil
}
