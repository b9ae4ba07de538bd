package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// codings are the ways a file may be compressed, the better one first.
var codings = []struct{ name, extension string }{{"br", ".br"}, {"gzip", ".gz"}}

func isCompressed(name string) bool {
	for _, c := range codings {
		if strings.HasSuffix(name, c.extension) {
			return true
		}
	}
	return false
}

// types are the media types of what the build writes. The machine's own table is not
// asked: it differs from one machine to the next.
var types = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".woff2":       "font/woff2",
	".txt":         "text/plain; charset=utf-8",
}

// policy lets the app's pages load what is the server's own and nothing else, and run no
// text as code: DOM sinks take only what the two named Trusted Types policies made.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types svelte-trusted-html zikr"

// file is one answer, in each coding that the build made.
type file struct {
	mediaType string
	cache     string // its Cache-Control
	bodies    map[string]body
}

// body is a file in one coding.
type body struct {
	data []byte
	etag string
}

func newFile(name string, plain []byte) *file {
	f := &file{mediaType: types[path.Ext(name)], cache: "no-cache", bodies: map[string]body{}}
	if f.mediaType == "" {
		f.mediaType = "application/octet-stream"
	}
	if strings.HasPrefix(name, "assets/") { // a changed file has another name
		f.cache = "public, max-age=31536000, immutable"
	}
	f.add("", plain)
	return f
}

// add gives the file another coding; "" is none.
func (f *file) add(coding string, data []byte) {
	sum := sha256.Sum256(data)
	f.bodies[coding] = body{data, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// serve answers GET or HEAD.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	coding := f.choose(r.Header.Get("Accept-Encoding"))
	b, h := f.bodies[coding], w.Header()
	f.protect(h)
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", b.etag)
	if len(f.bodies) > 1 {
		h.Add("Vary", "Accept-Encoding")
	}
	if known(r.Header.Get("If-None-Match"), b.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.mediaType)
	h.Set("Content-Length", strconv.Itoa(len(b.data)))
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.data) // the client is gone: there is nobody to tell
	}
}

// protect sets the headers that keep the page to itself.
func (f *file) protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Content-Security-Policy", policy)
}

// choose picks the best coding that the client takes.
func (f *file) choose(accept string) string {
	for _, c := range codings {
		if _, has := f.bodies[c.name]; has && accepts(accept, c.name) {
			return c.name
		}
	}
	return ""
}

// accepts reports whether an Accept-Encoding header takes a coding (RFC 9110, 12.5.3).
func accepts(header, coding string) bool {
	wildcard := false
	for item := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case coding:
			return !refused(parameters)
		case "*":
			wildcard = !refused(parameters)
		}
	}
	return wildcard
}

// refused reports whether the weight of a coding is 0, which is a no.
func refused(parameters string) bool {
	key, value, _ := strings.Cut(strings.TrimSpace(parameters), "=")
	if !strings.EqualFold(strings.TrimSpace(key), "q") {
		return false
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err == nil && weight == 0
}

// known reports whether the client has the answer already.
func known(ifNoneMatch, etag string) bool {
	for item := range strings.SplitSeq(ifNoneMatch, ",") {
		item = strings.TrimSpace(item)
		if item == "*" || strings.TrimPrefix(item, "W/") == etag {
			return true
		}
	}
	return false
}
