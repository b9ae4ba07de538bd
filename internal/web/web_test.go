package web

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// nobody answers what is not the app's.
var nobody = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func built() fstest.MapFS {
	return fstest.MapFS{
		"placeholder.html":         {Data: []byte("build me")},
		"index.html":               {Data: []byte(`<head><script src="./assets/entry-1.js"></script></head>`)},
		"first.json":               {Data: []byte(`{"scripts":["assets/page-1.js"],"styles":["assets/page-1.css"],"words":{"uz":"assets/uz-1.js","en":"assets/en-1.js","uz-Cyrl":"assets/uz-Cyrl-1.js"}}`)},
		"assets/entry-1.js":        {Data: []byte("plain")},
		"assets/entry-1.js.br":     {Data: []byte("brotli")},
		"assets/entry-1.js.gz":     {Data: []byte("gzip")},
		"assets/_chunk-2.js":       {Data: []byte("chunk")},
		"assets/amiri.woff2":       {Data: []byte("font")},
		"manifest.webmanifest":     {Data: []byte("{}")},
		"sw.js":                    {Data: []byte("worker")},
		"licences/amiri-OFL.txt":   {Data: []byte("OFL")},
		"assets/strange.extension": {Data: []byte("?")},
	}
}

func appOf(t *testing.T, files fstest.MapFS) *App {
	t.Helper()
	a, err := newApp(files, nobody)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ask(a http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestWhoAnswers(t *testing.T) {
	a := appOf(t, built())
	const browser, curl = "text/html,application/xhtml+xml", "*/*"
	tests := []struct {
		method, path, accept string
		want                 int
	}{
		{"GET", "/", curl, 200},
		{"HEAD", "/", curl, 200},
		{"GET", "/groups/1/board", browser, 200},
		{"GET", "/groups/1/board", curl, http.StatusTeapot},
		{"GET", "/a/b/c/d/e", browser, 200},
		{"GET", "/a/b/c/d/e/f", browser, http.StatusTeapot},
		{"GET", "/nothing.png", browser, http.StatusTeapot},
		{"GET", "/assets/gone-1.js", browser, http.StatusTeapot},
		{"GET", "/assets/gone", browser, http.StatusTeapot},
		{"GET", "/api/v1/nothing", browser, http.StatusTeapot},
		{"GET", "/docs", browser, http.StatusTeapot},
		{"GET", "/socket.io/", browser, http.StatusTeapot},
		{"GET", "/healthz", browser, http.StatusTeapot},
		{"POST", "/", browser, http.StatusTeapot},
		{"GET", "/sw.js", curl, 200},
		{"GET", "/assets/_chunk-2.js", curl, 200},
		{"GET", "/assets/entry-1.js.br", curl, http.StatusTeapot},
		{"GET", "/index.html", curl, http.StatusTeapot},
	}
	for _, test := range tests {
		if got := ask(a, test.method, test.path, "Accept", test.accept).Code; got != test.want {
			t.Errorf("%s %s for %s: got %d, want %d", test.method, test.path, test.accept, got, test.want)
		}
	}
}

func TestCodings(t *testing.T) {
	a := appOf(t, built())
	tests := []struct{ accept, coding, body string }{
		{"", "", "plain"},
		{"gzip", "gzip", "gzip"},
		{"gzip, deflate, br", "br", "brotli"},
		{"br;q=0, gzip;q=0.5", "gzip", "gzip"},
		{"BR ; Q=0.1", "br", "brotli"},
		{"*", "br", "brotli"},
		{"*;q=0", "", "plain"},
		{"br;q=0, *", "gzip", "gzip"},
		{"identity", "", "plain"},
	}
	for _, test := range tests {
		w := ask(a, "GET", "/assets/entry-1.js", "Accept-Encoding", test.accept)
		if w.Body.String() != test.body || w.Header().Get("Content-Encoding") != test.coding {
			t.Errorf("Accept-Encoding %q: got %q in %q", test.accept, w.Body, w.Header().Get("Content-Encoding"))
		}
		if got := w.Header().Get("Content-Length"); got != strconv.Itoa(len(test.body)) {
			t.Errorf("Accept-Encoding %q: got a length of %s, want %d", test.accept, got, len(test.body))
		}
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is %q", test.accept, w.Header().Get("Vary"))
		}
	}
}

func TestHeaders(t *testing.T) {
	a := appOf(t, built())
	tests := []struct{ path, mediaType, cache string }{
		{"/", "text/html; charset=utf-8", "no-cache"},
		{"/sw.js", "text/javascript; charset=utf-8", "no-cache"},
		{"/manifest.webmanifest", "application/manifest+json", "no-cache"},
		{"/assets/amiri.woff2", "font/woff2", "public, max-age=31536000, immutable"},
		{"/licences/amiri-OFL.txt", "text/plain; charset=utf-8", "no-cache"},
		{"/assets/strange.extension", "application/octet-stream", "public, max-age=31536000, immutable"},
	}
	for _, test := range tests {
		h := ask(a, "GET", test.path).Header()
		if h.Get("Content-Type") != test.mediaType || h.Get("Cache-Control") != test.cache {
			t.Errorf("%s: got %q and %q", test.path, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"} {
			if !strings.Contains(h.Get("Content-Security-Policy"), want) {
				t.Errorf("%s: the policy lacks %s", test.path, want)
			}
		}
		if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", test.path, h)
		}
	}
}

func TestKnownAnswers(t *testing.T) {
	a := appOf(t, built())
	first := ask(a, "GET", "/assets/entry-1.js", "Accept-Encoding", "br")
	etag := first.Header().Get("ETag")
	if w := ask(a, "GET", "/assets/entry-1.js", "Accept-Encoding", "br", "If-None-Match", `"x", W/`+etag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("known: got %d with %d bytes", w.Code, w.Body.Len())
	}
	if w := ask(a, "GET", "/assets/entry-1.js", "If-None-Match", etag); w.Code != 200 {
		t.Errorf("known in another coding: got %d", w.Code)
	}
	w := ask(a, "HEAD", "/assets/entry-1.js")
	if w.Body.Len() != 0 || w.Header().Get("Content-Length") != "5" {
		t.Errorf("HEAD: got %d bytes, length %q", w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

// TestDepth: a page names its files by the way from its own address, so that a proxy
// may serve the app below any path.
func TestDepth(t *testing.T) {
	a := appOf(t, built())
	for path, want := range map[string]string{
		"/": `"./assets/`, "/inbox": `"./assets/`, "/groups/1": `"./../assets/`, "/groups/1/board": `"./../../assets/`,
	} {
		if got := ask(a, "GET", path, "Accept", "text/html").Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want it to hold %s", path, got, want)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	a := appOf(t, fstest.MapFS{"placeholder.html": {Data: []byte("build me")}})
	if w := ask(a, "GET", "/"); w.Code != 200 || w.Body.String() != "build me" || a.Built() {
		t.Errorf("got %d %q, built %t", w.Code, w.Body, a.Built())
	}
	if w := ask(a, "GET", "/sw.js"); w.Code != http.StatusTeapot {
		t.Errorf("/sw.js: got %d", w.Code)
	}
	if _, err := newApp(fstest.MapFS{}, nobody); err == nil {
		t.Error("without any page: got no error")
	}
}

// TestEmbedded: the binary has a page for whoever opens it, and what the page names.
func TestEmbedded(t *testing.T) {
	a, err := New(nobody)
	if err != nil {
		t.Fatal(err)
	}
	w := ask(a, "GET", "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("/: got %d", w.Code)
	}
	if strings.Contains(w.Body.String(), "<script>") || strings.Contains(w.Body.String(), "style=") {
		t.Error("the page holds code or style of its own, which the policy refuses")
	}
}

// TestFirst: a page names what every first screen needs, and the words that the browser asks for.
func TestFirst(t *testing.T) {
	a := appOf(t, built())
	for language, words := range map[string]string{
		"": "en", "*": "en", "fr, de;q=0.8": "en", "en-GB,en;q=0.9": "en",
		"uz-UZ,ru;q=0.8": "uz", "fr-FR, UZ;q=0.5": "uz", "uz-Cyrl-UZ": "uz-Cyrl",
	} {
		w := ask(a, "GET", "/groups/1", "Accept", "text/html", "Accept-Language", language)
		for _, want := range []string{
			`<link rel="modulepreload" crossorigin href="./../assets/` + words + `-1.js"></head>`,
			`<link rel="modulepreload" crossorigin href="./../assets/page-1.js">`,
			`<link rel="stylesheet" crossorigin href="./../assets/page-1.css">`,
		} {
			if got := w.Body.String(); !strings.Contains(got, want) {
				t.Errorf("Accept-Language %q: got %s, without %s", language, got, want)
			}
		}
		if got := w.Header().Get("Vary"); got != "Accept, Accept-Language" {
			t.Errorf("Vary is %q", got)
		}
	}
	if got := ask(a, "GET", "/first.json", "Accept", "*/*").Code; got != http.StatusTeapot {
		t.Errorf("what the build wrote for the server is served: %d", got)
	}
}

// TestBrokenFirst: an app whose build is not whole is not served.
func TestBrokenFirst(t *testing.T) {
	for _, data := range []string{"", "{"} {
		files := built()
		files["first.json"].Data = []byte(data)
		if _, err := newApp(files, nobody); err == nil {
			t.Errorf("%q was taken", data)
		}
	}
	files := built()
	delete(files, "first.json")
	if _, err := newApp(files, nobody); err == nil {
		t.Error("an app without it was taken")
	}
}
