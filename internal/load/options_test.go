package load

import (
	"net/url"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	good := Options{URL: &url.URL{Scheme: "http", Host: "h"}, Connections: 1}
	if _, err := good.withDefaults(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Options){
		"no URL": func(o *Options) { o.URL = nil }, "no host": func(o *Options) { o.URL = &url.URL{Scheme: "http"} },
		"scheme": func(o *Options) { o.URL = &url.URL{Scheme: "ftp", Host: "h"} }, "transport": func(o *Options) { o.Transport = "pigeon" },
		"none": func(o *Options) { o.Connections = 0 }, "in flight": func(o *Options) { o.InFlight = -1 }, "timeout": func(o *Options) { o.Timeout = -1 },
	} {
		bad := good
		spoil(&bad)
		if _, err := bad.withDefaults(); err == nil {
			t.Errorf("%s: %+v was taken", name, bad)
		}
	}
}

func TestScenarioOptions(t *testing.T) {
	o := Options{URL: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, Connections: 1}
	runs := map[string]func() (*Report, error){
		"messages": func() (*Report, error) { return Fanout(t.Context(), o, FanoutOptions{Messages: MaxMessages + 1}) },
		"rate":     func() (*Report, error) { return Fanout(t.Context(), o, FanoutOptions{Rate: -1}) },
		"counts":   func() (*Report, error) { return Counts(t.Context(), o, CountsOptions{Counts: -1}) },
		"event":    func() (*Report, error) { return Acks(t.Context(), o, AcksOptions{Event: "book_pora"}) },
		"pid":      func() (*Report, error) { return Idle(t.Context(), o, IdleOptions{}) },
	}
	for name, run := range runs {
		if r, err := run(); err == nil || r != nil || strings.Contains(err.Error(), "connect") {
			t.Errorf("%s: got %v, %v, want an error before anything is connected", name, r, err)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for raw, want := range map[string]string{
		"http://h":            "/socket.io/?EIO=4&transport=polling",
		"http://h/":           "/socket.io/?EIO=4&transport=polling",
		"http://h/a%20b/?x=1": "/a%20b/?EIO=4&transport=polling&x=1",
		"http://h/live?EIO=3": "/live?EIO=4&transport=polling",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Options{URL: u, Transport: Polling}).endpoint(); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestMessagesByDefault(t *testing.T) {
	tests := []struct {
		how         FanoutOptions
		connections int
		want        int
	}{
		{FanoutOptions{Rate: 200}, 1000, 1000}, {FanoutOptions{}, 1000, 2000}, {FanoutOptions{}, 10, mostMessages},
		{FanoutOptions{}, 1_000_000, fewestMessages}, {FanoutOptions{Messages: 7, Rate: 200}, 10, 7},
	}
	for _, test := range tests {
		got, err := test.how.withDefaults(Options{Connections: test.connections})
		if err != nil || got.Messages != test.want {
			t.Errorf("%+v to %d: got %d, %v, want %d", test.how, test.connections, got.Messages, err, test.want)
		}
	}
}
