package rest

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the style of the page
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docsStyle is the style of the page at /docs, which has no script.
//
//go:embed page/docs.css
var docsStyle string

// page is an HTML page that does not change while the server runs.
type page struct {
	html   []byte
	policy string // its Content-Security-Policy
}

// docsView is what the page shows.
type docsView struct {
	Version  string
	Style    string
	Sections []sectionView
	Client   []event
	Server   []event
	Types    []typeView
	Errors   []meaning
}

type sectionView struct {
	ID, Name   string
	Doc        string
	Operations []operationView
}

type operationView struct {
	ID, Method, Path, Summary string
	SignedIn                  bool
	Parameters                []field
	Request                   *bodyView
	Responses                 []responseView
}

type responseView struct {
	Status string
	Doc    string
	Body   *bodyView
	Codes  []meaning // of errors
}

type bodyView struct {
	Type    string
	Link    string
	Example string
}

type typeView struct {
	Name   string
	Fields []field
}

// newPage makes the page of both documents.
func newPage(doc *huma.OpenAPI, version string) (page, error) {
	view := docsView{Version: version, Style: docsStyle, Errors: meanings()}
	var err error
	v := viewer{doc.Components.Schemas}
	if view.Sections, err = v.sections(doc); err != nil {
		return page{}, err
	}
	events := viewer{newRegistry()}
	if view.Client, view.Server, err = events.events(); err != nil {
		return page{}, err
	}
	view.Types = mergeTypes(v.types(), events.types())
	var out bytes.Buffer
	if err := view.html().Render(&out); err != nil {
		return page{}, fmt.Errorf("make /docs: %w", err)
	}
	sum := sha256.Sum256([]byte(docsStyle))
	return page{html: out.Bytes(), policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}, nil
}

func (p page) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.policy)
	_, _ = w.Write(p.html) // the client is gone: there is nobody to tell
}

// sections lists the operations by their tags, both in the order of routes.
func (v viewer) sections(doc *huma.OpenAPI) ([]sectionView, error) {
	var out []sectionView
	for _, tag := range doc.Tags {
		out = append(out, sectionView{ID: strings.ReplaceAll(strings.ToLower(tag.Name), " ", "-"), Name: tag.Name, Doc: tag.Description})
	}
	for _, path := range sortedKeys(doc.Paths) {
		for _, o := range operationsOf(doc.Paths[path]) {
			view, err := v.operation(o)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(out, func(s sectionView) bool { return s.Name == o.Tags[0] })
			out[i].Operations = append(out[i].Operations, view)
		}
	}
	return out, nil
}

func (v viewer) operation(o *huma.Operation) (operationView, error) {
	view := operationView{ID: o.OperationID, Method: o.Method, Path: o.Path, Summary: o.Summary, SignedIn: len(o.Security) > 0}
	for _, p := range o.Parameters {
		words, _ := v.words(p.Schema)
		doc := p.Description
		if p.Schema.Default != nil {
			doc = strings.TrimPrefix(fmt.Sprintf("%s; %v if it is not given", doc, p.Schema.Default), "; ")
		}
		view.Parameters = append(view.Parameters, field{p.Name + " in " + p.In, words, "", p.Required, doc})
	}
	var err error
	if o.RequestBody != nil {
		if view.Request, err = v.body(o.RequestBody.Content["application/json"]); err != nil {
			return view, err
		}
	}
	for _, status := range sortedKeys(o.Responses) {
		response := responseView{Status: status, Doc: o.Responses[status].Description, Codes: codesOf(o.Responses[status])}
		if response.Body, err = v.body(o.Responses[status].Content["application/json"]); err != nil {
			return view, err
		}
		view.Responses = append(view.Responses, response)
	}
	return view, nil
}

// codesOf lists the codes that a response may carry.
func codesOf(response *huma.Response) []meaning {
	var out []meaning
	if media := response.Content["application/problem+json"]; media != nil {
		for _, m := range meanings() {
			if media.Examples[string(m.Code)] != nil {
				out = append(out, m)
			}
		}
	}
	return out
}

// body shows what is sent; nil for nothing.
func (v viewer) body(media *huma.MediaType) (*bodyView, error) {
	if media == nil {
		return nil, nil
	}
	words, link := v.words(media.Schema)
	example, err := indented(media.Example)
	return &bodyView{words, link, example}, err
}

// types lists all types by name.
func (v viewer) types() []typeView {
	var out []typeView
	for _, name := range sortedKeys(v.registry.Map()) {
		out = append(out, typeView{name, v.fields(&huma.Schema{Ref: schemas + name})})
	}
	return out
}

// mergeTypes puts two lists together; a type that is in both is the same.
func mergeTypes(a, b []typeView) []typeView {
	for _, t := range b {
		if !slices.ContainsFunc(a, func(known typeView) bool { return known.Name == t.Name }) {
			a = append(a, t)
		}
	}
	slices.SortFunc(a, func(x, y typeView) int { return strings.Compare(x.Name, y.Name) })
	return a
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
