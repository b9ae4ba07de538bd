package engineio

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Handshake is what is kept of the request that opened a session: little, for there is
// one for each session, and strangers have them too.
type Handshake struct {
	// Address is where it came from, behind proxies too.
	Address netip.Addr
	kept    *[]field // nil: nothing
}

type field struct{ name, value string }

// keep takes what is needed of a request, so that nothing else of it is held in memory.
func (hs *Handshake) keep(r *http.Request, query url.Values, opt *Options) {
	var kept []field
	for _, name := range opt.KeepHeaders {
		if values := r.Header.Values(name); len(values) > 0 {
			kept = append(kept, field{name, strings.Clone(strings.Join(values, ", "))})
		}
	}
	for _, name := range opt.KeepQuery {
		if query.Has(name) {
			kept = append(kept, field{"?" + name, strings.Clone(query.Get(name))})
		}
	}
	if kept != nil {
		hs.kept = &kept
	}
}

// handshakeSize is how many bytes of a request are a matter of what the client likes: all of the query, and the
// headers that are kept.
func handshakeSize(r *http.Request, opt *Options) (n int64) {
	n = int64(len(r.URL.RawQuery))
	for _, name := range opt.KeepHeaders {
		for _, value := range r.Header.Values(name) {
			n += int64(len(value))
		}
	}
	return n
}

// Header is a header of the request, several of one name joined with ", ", and
// empty if there was none. Only those named in Options.KeepHeaders are there.
func (hs *Handshake) Header(name string) string { return hs.find(name) }

// Query is the first parameter of that name in the request's address, and
// empty if there was none. Only those named in Options.KeepQuery are there.
func (hs *Handshake) Query(name string) string { return hs.find("?" + name) }

func (hs *Handshake) find(name string) string {
	if hs.kept == nil {
		return ""
	}
	for _, f := range *hs.kept {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// Forget lets go of headers and query, once they are not needed any more. It is not for
// use beside Header and Query.
func (hs *Handshake) Forget() { hs.kept = nil }
