package rest

import (
	"net/http"
	"slices"
	"strings"
)

// allowOrigin lets a page of another origin read the answer, if Options names
// it. A page of the same origin needs no leave, and other clients send no Origin.
func (a *API) allowOrigin(h http.Header, r *http.Request) {
	if len(a.CORSOrigins) == 0 {
		return
	}
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !a.originAllowed(origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "ETag, Retry-After, WWW-Authenticate, X-Request-Id")
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", "GET, PUT, POST, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match, X-Request-Id")
		h.Set("Access-Control-Max-Age", "600")
	}
}

func (a *API) originAllowed(origin string) bool {
	return slices.ContainsFunc(a.CORSOrigins, func(allowed string) bool {
		return allowed == "*" || strings.EqualFold(strings.TrimSuffix(allowed, "/"), origin)
	})
}

// answerOptions answers OPTIONS, of a browser that asks before a request to
// another origin or of anyone else, with what the path has.
func (a *API) answerOptions(w http.ResponseWriter, r *http.Request) {
	allow := a.allowed(r)
	if allow == "" {
		a.answerUnmatched(w, r)
		return
	}
	w.Header().Set("Allow", allow)
	w.WriteHeader(http.StatusNoContent)
}
