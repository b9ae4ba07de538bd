package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"strings"
)

// first is what every first screen needs beside the entry, by the build. A page names it,
// so that a browser on a slow line fetches it together with the entry and not after it.
type first struct {
	Scripts []string          `json:"scripts"`
	Styles  []string          `json:"styles"`
	Words   map[string]string `json:"words"` // by language
}

// languages are those of the app.
var languages = []string{"uz", "uz-Cyrl", "ru", "ar", "tr", "en"}

const otherwise = "en"

func readFirst(dist fs.FS) (first, error) {
	var f first
	data, err := fs.ReadFile(dist, firstName)
	if err != nil {
		return f, fmt.Errorf("read what the web app's page names (make build writes it): %w", err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("read what the web app's page names in %s: %w", firstName, err)
	}
	return f, nil
}

// pages makes the shell for addresses so many folders deep, in each language.
func (f first) pages(shell []byte, depth int) map[string]*file {
	way := "./" + strings.Repeat("../", depth)
	pages := make(map[string]*file, len(languages))
	for _, language := range languages {
		page := bytes.Replace(shell, []byte("</head>"), []byte(f.links(language)+"</head>"), 1)
		pages[language] = newFile(shellName, bytes.ReplaceAll(page, []byte(`="./`), []byte(`="`+way)))
	}
	return pages
}

func (f first) links(language string) string {
	var b strings.Builder
	link := func(rel, name string) {
		fmt.Fprintf(&b, `<link rel="%s" crossorigin href="./%s">`, rel, html.EscapeString(name))
	}
	for _, name := range f.Styles {
		link("stylesheet", name)
	}
	for _, name := range f.Scripts {
		link("modulepreload", name)
	}
	if words := f.Words[language]; words != "" {
		link("modulepreload", words)
	}
	return b.String()
}

// preferred is the first language of an Accept-Language header that the app has. Browsers
// write them in their order, so the weights are not looked at: the app itself asks the
// browser, and what is named here is only fetched early.
func preferred(header string) string {
	for item := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(item, ";")
		tag = strings.ToLower(strings.TrimSpace(tag))
		base, _, _ := strings.Cut(tag, "-")
		if base == "uz" && strings.Contains(tag, "cyrl") {
			return "uz-Cyrl"
		}
		for _, language := range languages {
			if base == language {
				return language
			}
		}
	}
	return otherwise
}
