//go:build !unix

package pgtest

// Server is not started here: tests run on the one that ZIKR_TEST_POSTGRES_URL names, or are skipped.
type Server struct{}

// New fails.
func New() (*Server, error) { return nil, ErrNotInstalled }

// URL is never asked for.
func (*Server) URL(string) string { return "" }

// Start does nothing.
func (*Server) Start() error { return nil }

// Remove does nothing.
func (*Server) Remove() {}
