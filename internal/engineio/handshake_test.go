package engineio

import (
	"net/http"
	"strings"
	"testing"
)

func TestRefusedHandshakes(t *testing.T) {
	ts := serve(t, Options{Origins: []string{"https://allowed.example"}}, nil)
	tests := []struct {
		method, query, origin string
		status                int
		want                  string
	}{
		{"GET", "EIO=4", "", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=toString", "", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=polling&sid=nobody", "", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"GET", "EIO=4&transport=websocket&sid=__proto__", "", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"POST", "EIO=4&transport=polling", "", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"PUT", "EIO=4&transport=polling", "", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"GET", "EIO=4&transport=websocket", "", 400, `{"code":3,"message":"Bad request"}`},
		{"GET", "EIO=4&transport=polling", "https://evil.example", 403, `{"code":4,"message":"Forbidden"}`},
		{"GET", "EIO=4&transport=polling", "null", 403, `{"code":4,"message":"Forbidden"}`},
		{"OPTIONS", "EIO=4&transport=polling", "https://evil.example", 403, `{"code":4,"message":"Forbidden"}`},
		{"GET", "transport=polling", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=3&transport=polling", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=44&transport=polling", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
	}
	for _, tc := range tests {
		req, err := http.NewRequest(tc.method, ts.url+"?"+tc.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tc.origin != "" {
			req.Header.Set("Origin", tc.origin)
		}
		res, err := http.DefaultClient.Do(req)
		status, body := answer(t, res, err)
		if status != tc.status || body != tc.want {
			t.Errorf("%s %s: got %d %s, want %d %s", tc.method, tc.query, status, body, tc.status, tc.want)
		}
	}
}

func TestOrigins(t *testing.T) {
	ts := serve(t, Options{Origins: []string{"https://allowed.example"}}, nil)
	for _, tc := range []struct{ origin, allowed string }{
		{"https://allowed.example", "https://allowed.example"},
		{strings.TrimSuffix(ts.url, "/engine.io/"), ""}, // the same origin needs no permission
	} {
		req, _ := http.NewRequest(http.MethodGet, ts.url+"?EIO=4&transport=polling", nil)
		req.Header.Set("Origin", tc.origin)
		res, err := http.DefaultClient.Do(req)
		if status, body := answer(t, res, err); status != 200 {
			t.Errorf("%s: got %d %s", tc.origin, status, body)
		}
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != tc.allowed {
			t.Errorf("%s: allowed %q, want %q", tc.origin, got, tc.allowed)
		}
		if cookies := res.Cookies(); len(cookies) > 0 {
			t.Errorf("got cookies %v", cookies)
		}
	}
	req, _ := http.NewRequest(http.MethodOptions, ts.url+"?EIO=4&transport=polling", nil)
	req.Header.Set("Origin", "https://allowed.example")
	req.Header.Set("Access-Control-Request-Method", "POST")
	req.Header.Set("Access-Control-Request-Headers", "content-type")
	res, err := http.DefaultClient.Do(req)
	if status, _ := answer(t, res, err); status != http.StatusNoContent {
		t.Errorf("preflight: got %d", status)
	}
	if got := res.Header.Get("Access-Control-Allow-Headers"); got != "content-type" {
		t.Errorf("preflight allows %q", got)
	}
}

// Of the request, what was asked for is kept.
func TestHandshakeIsKept(t *testing.T) {
	ts := serve(t, Options{KeepHeaders: []string{"Authorization", "X-Forwarded-For"}, KeepQuery: []string{"token"}}, nil)
	req, _ := http.NewRequest(http.MethodGet, ts.url+"?EIO=4&transport=polling&token=a%2Bb", nil)
	req.Header.Set("Authorization", "Bearer x")
	req.Header.Add("X-Forwarded-For", "10.0.0.1")
	req.Header.Add("X-Forwarded-For", "10.0.0.2")
	req.Header.Set("Cookie", "not=kept")
	res, err := http.DefaultClient.Do(req)
	answer(t, res, err)
	hs := ts.receiver(t, 0).session.Handshake()
	for name, want := range map[string]string{"authorization": "Bearer x", "X-Forwarded-For": "10.0.0.1, 10.0.0.2", "Cookie": "", "Origin": ""} {
		if got := hs.Header(name); got != want {
			t.Errorf("header %s: got %q, want %q", name, got, want)
		}
	}
	if got := hs.Query("token"); got != "a+b" {
		t.Errorf("token: got %q", got)
	}
	if got := hs.Query("EIO"); got != "" || !hs.Address.IsLoopback() {
		t.Errorf("what nobody asked for: got %q; address %q", got, hs.Address)
	}
	hs.Forget()
	if hs.Query("token") != "" || hs.Header("Authorization") != "" {
		t.Error("what was forgotten is still there")
	}
}

func TestStats(t *testing.T) {
	ts := serve(t, Options{}, echo)
	c := ts.open(t)
	ts.openPoll(t)
	c.send("4hello")
	c.read()
	ts.get(t, "EIO=9&transport=polling")
	_ = c.conn.Close()
	wait(t, ts.receiver(t, 0).closed)
	got := ts.Stats()
	if got.Open != 1 || got.WebSockets != 0 || got.Opened != 2 || got.Refused != 1 || got.Closed["transport close"] != 1 ||
		got.PacketsIn != 1 || got.BytesIn != 6 || got.PacketsOut < 2 || got.BytesOut == 0 {
		t.Errorf("got %+v", got)
	}
}
