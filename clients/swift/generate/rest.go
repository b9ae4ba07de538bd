package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const prefix = "/api/v1/"

// restPage holds the REST API, one function an operation.
func (d *documents) restPage() string {
	p := newPage()
	p.line("")
	p.line("extension ZikrREST {")
	first := true
	for _, path := range slices.Sorted(maps.Keys(d.api.Paths)) {
		if !strings.HasPrefix(path, prefix) {
			continue
		}
		methods := d.api.Paths[path]
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			if op := methods[method]; op.ID != "" {
				if !first {
					p.line("")
				}
				first = false
				p.operation(strings.ToUpper(method), path, op)
			}
		}
	}
	p.line("}")
	return p.String()
}

func (p *page) operation(method, path string, op operation) {
	parameters, asked, query := op.parameters()
	body := ""
	if op.RequestBody != nil {
		if json, has := op.RequestBody.Content["application/json"]; has {
			parameters = append(parameters, "_ body: "+swiftType(upper(op.ID), "body", json.Schema))
			body = ", body: body"
		}
	}
	parameters = append(parameters, asked...)
	answer, read := op.answer()
	p.doc("    ", op.Summary)
	for _, parameter := range op.Parameters {
		if parameter.Description != "" && parameter.In != "header" {
			p.line("    /// - Parameter %s: %s.", parameter.Name, strings.TrimSuffix(blanks.ReplaceAllString(parameter.Description, " "), "."))
		}
	}
	arrow := ""
	if answer != "" {
		p.line("    @discardableResult")
		arrow = " -> " + answer
	}
	p.line("    public func %s(%s) async throws%s {", quoted(op.ID), strings.Join(parameters, ", "), arrow)
	p.line("        try await %s(%q, %s%s%s)", read, method, swiftPath(path), query, body)
	p.line("    }")
}

// parameters are those in the path, without a label for the first, and those in the query, which may be left out.
func (op operation) parameters() (path, asked []string, query string) {
	var pairs []string
	for _, parameter := range op.Parameters {
		f := field{name: parameter.Name, typ: swiftType(upper(op.ID), parameter.Name, parameter.Schema), required: parameter.Required}
		if parameter.Schema.words() != nil {
			f.typ = "String"
		}
		switch parameter.In {
		case "path":
			label := ""
			if len(path) == 0 {
				label = "_ "
			}
			path = append(path, label+f.argument())
		case "query":
			asked = append(asked, f.argument())
			pairs = append(pairs, fmt.Sprintf("(%q, text(%s))", f.name, quoted(f.name)))
		}
	}
	if len(pairs) > 0 {
		query = ", query: [" + strings.Join(pairs, ", ") + "]"
	}
	return path, asked, query
}

// answer is the type of a good answer and the function that reads it: JSON, bytes, or nothing.
func (op operation) answer() (typ, read string) {
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		for kind, c := range op.Responses[status].Content {
			if kind == "application/json" {
				return swiftType(upper(op.ID), "answer", c.Schema), "json"
			}
			return "Data", "bytes"
		}
	}
	return "", "nothing"
}

// swiftPath is the path below the API as a Swift literal, each parameter escaped.
func swiftPath(path string) string {
	path = strings.TrimPrefix(path, prefix)
	path = strings.ReplaceAll(path, "{", `\(escaped(`)
	return `"` + strings.ReplaceAll(path, "}", `))`) + `"`
}
