// Package web serves the web app, which is embedded in the binary as it was built. It
// compresses nothing and asks no database: every answer is one of those that were made at
// the start.
package web

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// dist is what the build of the app wrote, beside the page that is served where there
// was none. all: is needed, since the names of chunks may begin with _.
//
//go:embed all:dist
var dist embed.FS

const (
	shellName       = "index.html"
	placeholderName = "placeholder.html"
	firstName       = "first.json"
	// maxDepth is how many folders deep the addresses of the app's pages go.
	maxDepth = 4
)

// App answers the requests for the web app, and leaves the others to what comes next.
type App struct {
	next  http.Handler
	files map[string]*file // by path, like /assets/entry-1a2b.js
	// pages are the shell for addresses 0 to maxDepth folders deep, by language. They differ
	// in the way from the address to the files, so that the app works behind any path, and
	// in the words that the browser is to fetch with the entry.
	pages [maxDepth + 1]map[string]*file
	built bool
}

// New makes an App of the files in the binary. What is not the app's goes to next.
func New(next http.Handler) (*App, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the web app: %w", err)
	}
	return newApp(files, next)
}

func newApp(dist fs.FS, next http.Handler) (*App, error) {
	a := &App{next: next, files: map[string]*file{}}
	shell, err := fs.ReadFile(dist, shellName)
	a.built = err == nil
	if errors.Is(err, fs.ErrNotExist) {
		shell, err = fs.ReadFile(dist, placeholderName)
	}
	if err != nil {
		return nil, fmt.Errorf("read the web app's page: %w", err)
	}
	var first first
	if a.built {
		if first, err = readFirst(dist); err != nil {
			return nil, err
		}
	}
	for depth := range a.pages {
		a.pages[depth] = first.pages(shell, depth)
	}
	if !a.built {
		return a, nil
	}
	return a, a.load(dist)
}

// Built reports whether the binary holds the app. Without it a page says how to build it.
func (a *App) Built() bool { return a.built }

// load reads all files but the pages. Those that end with .br and .gz are the same as
// the one without, compressed.
func (a *App) load(dist fs.FS) error {
	return fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".html" || name == firstName || isCompressed(name) {
			return err
		}
		plain, err := fs.ReadFile(dist, name)
		if err != nil {
			return fmt.Errorf("read the web app: %w", err)
		}
		f := newFile(name, plain)
		for _, c := range codings {
			if data, err := fs.ReadFile(dist, name+c.extension); err == nil {
				f.add(c.name, data)
			}
		}
		a.files["/"+name] = f
		return nil
	})
}

// ServeHTTP answers what is the app's.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		a.next.ServeHTTP(w, r)
		return
	}
	if f := a.files[r.URL.Path]; f != nil {
		f.serve(w, r)
		return
	}
	if depth, ok := a.page(r); ok {
		w.Header().Add("Vary", "Accept, Accept-Language")
		a.pages[depth][preferred(r.Header.Get("Accept-Language"))].serve(w, r)
		return
	}
	a.next.ServeHTTP(w, r)
}

// page says how deep a page of the app lies. The app's own paths are not known here:
// what a browser wants to show, and nobody else serves, is a page. / is one for everybody.
func (a *App) page(r *http.Request) (depth int, ok bool) {
	if r.URL.Path == "/" {
		return 0, true
	}
	if served(r.URL.Path) || path.Ext(r.URL.Path) != "" || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return 0, false
	}
	depth = strings.Count(r.URL.Path, "/") - 1
	return depth, depth <= maxDepth
}

// served reports whether a path belongs to the API and what stands beside it.
func served(p string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "/")
	switch first {
	case "api", "socket.io", "docs", "healthz", "readyz", "metrics", "debug", "assets":
		return true
	}
	return false
}
