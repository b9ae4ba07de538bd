package engineio

import (
	"net/http"
	"net/url"
	"strings"
)

// Handshake is what is kept of the request that opened a session. It is small,
// for there is one for each session.
type Handshake struct {
	RemoteAddr string // host:port of the other end of the TCP connection
	query      string
	header     []field
}

type field struct{ name, value string }

// copy takes what is needed of r, so that r is not held in memory.
func (hs *Handshake) copy(r *http.Request, keep []string) {
	both := r.RemoteAddr + r.URL.RawQuery // one object in memory
	hs.RemoteAddr, hs.query = both[:len(r.RemoteAddr)], both[len(r.RemoteAddr):]
	for _, name := range keep {
		if values := r.Header.Values(name); len(values) > 0 {
			hs.header = append(hs.header, field{name, strings.Join(values, ", ")})
		}
	}
}

// Header is a header of the request, several of one name joined with ", ", and
// empty if there was none. Only those named in Options.KeepHeaders are there.
func (hs *Handshake) Header(name string) string {
	for _, f := range hs.header {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// Query is the first parameter of that name in the request's address, and
// empty if there was none.
func (hs *Handshake) Query(name string) string {
	values, err := url.ParseQuery(hs.query)
	if err != nil {
		return "" // a query that cannot be parsed carries nothing
	}
	return values.Get(name)
}
