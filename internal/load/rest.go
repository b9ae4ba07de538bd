package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// rest is the REST API of a zikr server.
type rest struct {
	base string
	http http.Client
}

// request is one request: its path is below /api/v1, a nil body is none.
type request struct {
	method, path, token string
	body                any
}

// maxAnswer is how much of an answer is read, in bytes: a snapshot of a large group is the longest.
const maxAnswer = 64 << 20

func newREST(server *url.URL) *rest {
	base := url.URL{Scheme: server.Scheme, Host: server.Host, Path: "/api/v1"}
	return &rest{base: base.String(), http: http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: atOnce},
	}}
}

// close closes the connections that are kept for further requests.
func (r *rest) close() { r.http.CloseIdleConnections() }

// tries is how often a request is made of a server that is busy, and patience how long
// it may ask to be left alone in between: longer is a limit, not a queue.
const (
	tries    = 6
	patience = 10 * time.Second
)

// call makes a request and decodes its answer; a nil into drops it. A server that
// is busy is asked again.
func (r *rest) call(ctx context.Context, q request, into any) error {
	for try := 1; ; try++ {
		pause, err := r.once(ctx, q, into)
		if err == nil {
			return nil
		}
		if pause == 0 || pause > patience || try == tries {
			return fmt.Errorf("%s %s%s: %w", q.method, r.base, q.path, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// once makes a request once. With an error, again says after how long to make it again; 0 is never.
func (r *rest) once(ctx context.Context, q request, into any) (again time.Duration, err error) {
	data, again, err := r.exchange(ctx, q)
	if err != nil || into == nil {
		return again, err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return 0, fmt.Errorf("%w: %w", errNoZikr, err)
	}
	return 0, nil
}

// read makes a request once and returns the answer as it came.
func (r *rest) read(ctx context.Context, q request) ([]byte, error) {
	data, _, err := r.exchange(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("%s %s%s: %w", q.method, r.base, q.path, err)
	}
	return data, nil
}

// exchange makes a request and returns its answer, or why there is none.
func (r *rest) exchange(ctx context.Context, q request) (data []byte, again time.Duration, err error) {
	if q.body != nil {
		if data, err = json.Marshal(q.body); err != nil {
			return nil, 0, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, q.method, r.base+q.path, bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, 0, err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return nil, retryAfter(resp), refusal(resp, data)
	}
	return data, 0, nil
}

// retryAfter is how long a server that is busy asks to be left alone, at least a second; 0 is for good.
func retryAfter(resp *http.Response) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests {
		return 0
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // without one it is a second
	return time.Duration(max(seconds, 1)) * time.Second
}

// refusal is what the server says against a request, and what to do about it.
func refusal(resp *http.Response, data []byte) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	said := resp.Status
	if err := json.Unmarshal(data, &problem); err == nil && problem.Detail != "" {
		said += ": " + problem.Detail
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		return errors.New(said + " (it must run with ZIKR_JWT_PROVISION=true and with the secret, issuer and audience given here)")
	case http.StatusTooManyRequests:
		return errors.New(said + " (it must run with ZIKR_RATE_LIMIT=off)")
	}
	return errors.New(said)
}
