package engineio

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// A hundred clients that begin with polling and upgrade, as the official client
// does by default, all at once: each ends up on WebSocket with its messages.
func TestManyUpgradesAtOnce(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, echo)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := ts.pollAndUpgrade(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := ts.Stats().Upgraded; got != 100 {
			t.Errorf("%d upgrades, want 100", got)
		}
	})
}

// pollAndUpgrade goes through the upgrade as a client does.
func (ts *testServer) pollAndUpgrade(ctx context.Context) error {
	body, err := ts.request(ctx, http.MethodGet, "EIO=4&transport=polling", "")
	if err != nil {
		return err
	}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(body[1:]), &open); err != nil {
		return err
	}
	q := "EIO=4&transport=polling&sid=" + open.SID
	polled := make(chan error, 1)
	go func() {
		body, err := ts.request(ctx, http.MethodGet, q, "")
		if err == nil && body != "6" {
			err = fmt.Errorf("polled %q", body)
		}
		polled <- err
	}()
	conn, br, _, err := ws.Dial(ctx, strings.Replace(ts.url, "http", "ws", 1)+"?EIO=4&transport=websocket&sid="+open.SID)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	var from io.Reader = conn
	if br != nil {
		from = br
	}
	if err := say(conn, from, "2probe", "3probe"); err != nil {
		return err
	}
	if err := <-polled; err != nil {
		return err
	}
	if err := say(conn, from, "5", ""); err != nil {
		return err
	}
	return say(conn, from, "4after", "4after")
}

// say sends a packet and expects one in answer, unless that is "".
func say(conn net.Conn, from io.Reader, packet, want string) error {
	if err := ws.WriteFrame(conn, ws.MaskFrame(ws.NewTextFrame([]byte(packet)))); err != nil || want == "" {
		return err
	}
	h, err := ws.ReadHeader(from)
	if err != nil {
		return err
	}
	got := make([]byte, h.Length)
	if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
		return fmt.Errorf("said %s: got %q, want %q: %w", packet, got, want, err)
	}
	return nil
}

func (ts *testServer) request(ctx context.Context, method, query, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, ts.url+"?"+query, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, query, res.StatusCode, got)
	}
	return string(got), err
}
