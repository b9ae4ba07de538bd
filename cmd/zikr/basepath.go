package main

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// basePath is below which path the server is reached: empty, or /zikr without a slash at the end.
type basePath string

// UnmarshalText reads one.
func (p *basePath) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if s != "/" {
		s = strings.TrimSuffix(s, "/")
	}
	u, err := url.Parse(s)
	if err != nil || !strings.HasPrefix(s, "/") || u.Path != s || u.Host != "" || path.Clean(s) != s {
		return errors.New(p.takes())
	}
	*p = basePath(strings.TrimSuffix(s, "/"))
	return nil
}

func (basePath) takes() string { return "a path that begins with /" }

// behindPath takes the base path away from requests that have it. A proxy may have taken it away already, so
// those without it are served too. The path alone is led to where the page lies, whose files are named from there.
func (s *server) behindPath(next http.Handler) http.Handler {
	base := string(s.cfg.BasePath)
	if base == "" {
		return next
	}
	below := http.StripPrefix(base, next)
	last := path.Base(base)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == base:
			to := url.URL{Path: last + "/", RawQuery: r.URL.RawQuery}
			w.Header().Set("Location", to.String()) // from where the request went, whatever stands before it
			w.WriteHeader(http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, base+"/"):
			below.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// publicURL is what links begin with: where people reach the server, or else the base path.
func (c serveConfig) publicURL() string {
	switch {
	case c.PublicURL != "":
		return string(c.PublicURL)
	case len(c.ACMEDomain) > 0:
		return "https://" + string(c.ACMEDomain[0]) + string(c.BasePath)
	}
	return string(c.BasePath)
}
