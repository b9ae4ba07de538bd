package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/rest"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/token"
)

// operatorConfig is what the operator's commands that change something need. They speak to the administration of the REST API, with
// a token that they sign themselves: of the server that runs, or where none does of one in this process, which nobody else hears.
type operatorConfig struct {
	dataConfig
	tokenConfig
	tlsConfig
	Addr listenAddress `env:"ZIKR_ADDR" default:"127.0.0.1:7373" help:"Where the server listens, if one runs: it does what is asked. Of several nodes, any."`

	creates     bool // the database, where there is none
	makesFolder bool // for it
}

// settle takes the port of HTTPS where the server has a name.
func (c *operatorConfig) settle() { c.Addr = c.tlsConfig.address(c.Addr) }

// check finds an address that is none, and half a pair.
func (c operatorConfig) check() error {
	if err := c.dataConfig.check(); err != nil {
		return err
	}
	return c.tlsConfig.check()
}

// operatorPatience bounds what a command asks for.
const operatorPatience = 30 * time.Second

// administration is the API that a command asks.
type administration struct {
	client *http.Client
	base   string // of its URLs
	token  string
	undo   []func()
}

// open finds the server that has the data, or opens them here. Close ends it.
func (c operatorConfig) open(ctx context.Context) (_ *administration, err error) {
	if err := c.prepare(); err != nil {
		return nil, err
	}
	a := &administration{}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	tokens, err := openTokens(c.own(), c.DataDir, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	a.undo = append(a.undo, tokens.Close)
	if a.token, _, err = tokens.Issue(zikr.Claims{Operator: true}); err != nil {
		return nil, err
	}
	if c.DatabaseURL != "" && c.answers(ctx) {
		return a, c.there(a)
	}
	store, err := sqlstore.Open(ctx, sqlstore.Options{Dir: c.DataDir, URL: string(c.DatabaseURL), Log: slog.New(slog.DiscardHandler)})
	if errors.Is(err, sqlstore.ErrInUse) {
		return a, c.there(a)
	}
	if err != nil {
		return nil, err
	}
	a.undo = append(a.undo, func() { _ = store.Close() }) // what was done is on disk
	if err := adoptData(c.DataDir); err != nil {
		return nil, err
	}
	return a, a.here(store, tokens)
}

// prepare makes the data folder if accounts may be added to a new one, and else wants that there is one.
func (c operatorConfig) prepare() error {
	if _, err := os.Stat(filepath.Join(c.DataDir, "zikr.db")); errors.Is(err, fs.ErrNotExist) && c.DatabaseURL == "" && !c.creates {
		return fmt.Errorf("there is no database in the data folder %s: name the right folder, or start the server once to make one", c.DataDir)
	}
	if _, err := os.Stat(c.DataDir); errors.Is(err, fs.ErrNotExist) && c.DatabaseURL == "" && !c.makesFolder {
		return fmt.Errorf("there is no data folder %s: name the right one, like ZIKR_DATA_DIR=/var/lib/zikr, or say --create to make it", c.DataDir)
	}
	return makeDataDir(c.DataDir)
}

// there asks the server at ZIKR_ADDR.
func (c operatorConfig) there(a *administration) error {
	client, scheme, err := c.client(c.DataDir)
	if err != nil {
		return err
	}
	a.client, a.base = client, scheme+reachable(string(c.Addr))
	if path := c.Addr.socket(); path != "" {
		a.client, a.base = &http.Client{Transport: overSocket(path)}, "http://unix"
	}
	a.undo = append(a.undo, client.CloseIdleConnections)
	return nil
}

// answers reports whether a node serves at ZIKR_ADDR.
func (c operatorConfig) answers(ctx context.Context) bool {
	network, at := "tcp", reachable(string(c.Addr))
	if path := c.Addr.socket(); path != "" {
		network, at = "unix", path
	}
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, network, at)
	if err != nil {
		return false
	}
	_ = conn.Close() // it was only to see
	return true
}

// here asks an API over the opened store.
func (a *administration) here(store *sqlstore.Store, tokens *token.JWT) error {
	service := newDomain(zikr.Config{Store: store, Bus: bus.NewLocal(), Presence: bus.NewLocalPresence(), Tokens: tokens})
	a.undo = append(a.undo, service.Close)
	api, err := rest.New(rest.Options{Service: service, Version: versionName(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("make the REST API: %w", err)
	}
	a.client, a.base = &http.Client{Transport: inProcess{api}}, "http://here"
	return nil
}

func (a *administration) close() {
	for i := len(a.undo) - 1; i >= 0; i-- {
		a.undo[i]()
	}
}

// ask makes a request below /api/v1/admin and reads the answer into what into points to, unless that is nil. Its error is a
// sentence for the operator.
func (a *administration) ask(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, operatorPatience)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+"/api/v1/admin"+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("ZIKR_ADDR: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if isPlain(err) {
		return errors.New("the server on ZIKR_ADDR serves plain HTTP: unset ZIKR_TLS_CERT and ZIKR_TLS_KEY for this command")
	}
	if err != nil {
		return fmt.Errorf("a server uses the data, but it does not answer on ZIKR_ADDR: name the address where it does, or stop it: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	return readAnswer(resp, into)
}

// readAnswer reads what was asked for, or a problem (RFC 9457).
func readAnswer(resp *http.Response, into any) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	var problem rest.Problem
	switch {
	case resp.StatusCode == http.StatusNoContent && into == nil:
		return nil
	case resp.StatusCode < http.StatusMultipleChoices && into != nil && json.Unmarshal(data, into) == nil:
		return nil
	case resp.StatusCode == http.StatusBadRequest && bytes.Contains(data, []byte("HTTP request to an HTTPS server")):
		return errors.New("the server on ZIKR_ADDR serves HTTPS: give this command its certificate and key too, " +
			"like ZIKR_TLS_CERT=/etc/zikr/fullchain.pem ZIKR_TLS_KEY=/etc/zikr/key.pem, or its file of settings with --config")
	case json.Unmarshal(data, &problem) != nil || problem.Detail == "":
		return fmt.Errorf("what answers on ZIKR_ADDR is no zikr server: status %s", resp.Status)
	case problem.Code == zikr.CodeUnauthenticated:
		return errors.New("the server does not accept what this command signs: give it the server's ZIKR_JWT_SECRET, or its data folder")
	case problem.Code == zikr.CodeNotFound:
		return errors.New("the server on ZIKR_ADDR is of a release that cannot do this: upgrade it first")
	default:
		return errors.New(problem.Detail)
	}
}

// isPlain reports whether what should serve HTTPS does not.
func isPlain(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// overSocket makes requests over a Unix socket.
func overSocket(path string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
}

// inProcess answers requests with a handler, without a network.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	w := &kept{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(w, req)
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, Body: io.NopCloser(&w.body), Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// kept is a response that is kept.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *kept) Header() http.Header { return a.header }

// Write implements http.ResponseWriter.
func (a *kept) Write(b []byte) (int, error) { return a.body.Write(b) }

// WriteHeader implements http.ResponseWriter.
func (a *kept) WriteHeader(status int) { a.status = status }

// reachable is where a listen address is reached from this machine.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// firstLine reads a line without its end.
func firstLine(r io.Reader) (string, error) {
	scanner := bufio.NewScanner(r)
	if !scanner.Scan() {
		return "", errors.Join(scanner.Err(), errors.New("standard input is empty"))
	}
	return scanner.Text(), nil
}
