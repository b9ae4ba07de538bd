package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/zikr-app/zikr"
)

// registerThere has the server at addr add an account, over its REST API.
func registerThere(ctx context.Context, addr string, files tlsConfig, in zikr.Registration) (*zikr.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encode the account: %w", err)
	}
	client, scheme, err := files.client()
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	url := scheme + reachable(addr) + "/api/v1/auth/register"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ZIKR_ADDR: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("a server uses the data folder, but it does not answer on ZIKR_ADDR: name the address where it does, or stop it: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	return readSignedIn(resp)
}

// readSignedIn reads the answer to a registration: the account, or a problem (RFC 9457).
func readSignedIn(resp *http.Response) (*zikr.Account, error) {
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read the server's answer: %w", err)
	}
	var answer struct {
		User   zikr.Account `json:"user"`
		Detail string       `json:"detail"`
	}
	err = json.Unmarshal(data, &answer)
	switch {
	case resp.StatusCode == http.StatusCreated && err == nil && answer.User.ID != "":
		return &answer.User, nil
	case err == nil && answer.Detail != "":
		return nil, errors.New(answer.Detail)
	default:
		return nil, fmt.Errorf("what answers on ZIKR_ADDR is no zikr server: status %s", resp.Status)
	}
}

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
