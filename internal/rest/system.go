package rest

import (
	"context"
	"net/http"
)

// serveSystem adds what stands beside the API: documents and health.
func (a *API) serveSystem() {
	a.mux.Handle("GET /openapi.json", document("application/json", a.openAPI))
	a.mux.Handle("GET /asyncapi.json", document("application/json", a.asyncAPI))
	a.mux.HandleFunc("GET /docs", a.docs.serve)
	a.mux.Handle("GET /{$}", http.RedirectHandler("/docs", http.StatusTemporaryRedirect)) // who opens the printed address
	a.mux.Handle("GET /healthz", document("application/json", []byte(`{"status":"ok"}`+"\n")))
	a.mux.HandleFunc("GET /readyz", a.ready)
}

// document answers with bytes that do not change while the server runs.
func document(contentType string, data []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(data) // the client is gone: there is nobody to tell
	})
}

// ready says whether the server can serve. Why not is for the log, and Ready tells it: who asks may be anyone.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	body := `{"status":"ready"}`
	if a.Degraded != nil && a.Degraded() {
		body = `{"status":"degraded"}`
	}
	if a.Ready != nil {
		ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
		defer cancel()
		if err := a.Ready(ctx); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			body = `{"status":"unavailable"}`
		}
	}
	_, _ = w.Write([]byte(body + "\n")) // the client is gone: there is nobody to tell
}
