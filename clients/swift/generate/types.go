package main

import (
	"maps"
	"slices"
	"strings"
)

// typesPage holds every type of the contract, and every set of words in it.
func (d *documents) typesPage() (string, error) {
	all, err := d.schemas()
	if err != nil {
		return "", err
	}
	p := newPage()
	words := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		if name == "Refusal" || strings.HasPrefix(name, "ack.") || !s.is("object") {
			continue // what the client reads by itself
		}
		p.structure(name, s)
		for property, ps := range s.Properties {
			if ps.is("array") && ps.Items != nil {
				ps = *ps.Items
			}
			if w := ps.words(); w != nil {
				enum := enumName(name, property, w)
				words[enum] = slices.Compact(slices.Sorted(slices.Values(append(words[enum], w...))))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		p.enum(name, words[name])
	}
	return p.String(), nil
}

// structure writes an object as a struct.
func (p *page) structure(name string, s schema) {
	p.line("")
	p.doc("", s.Description)
	p.line("public struct %s: Codable, Hashable, Sendable {", name)
	list := fields(name, s)
	var arguments []string
	for _, f := range list {
		p.doc("    ", f.doc)
		p.line("    public var %s: %s", quoted(f.name), f.declared())
		arguments = append(arguments, f.argument())
	}
	if len(list) > 0 {
		p.line("")
	}
	p.line("    public init(%s) {", strings.Join(arguments, ", "))
	for _, f := range list {
		p.line("        self.%s = %s", f.name, quoted(f.name))
	}
	p.line("    }")
	p.explicitNulls(list)
	p.line("}")
}

// explicitNulls writes an encoder where null says something that absence does not: a field that must be there, and may be null.
func (p *page) explicitNulls(list []field) {
	if !slices.ContainsFunc(list, func(f field) bool { return f.required && f.nullable }) {
		return
	}
	p.line("")
	p.line("    public func encode(to encoder: any Encoder) throws {")
	p.line("        var container = encoder.container(keyedBy: CodingKeys.self)")
	for _, f := range list {
		how := "encode"
		if !f.required {
			how = "encodeIfPresent"
		}
		p.line("        try container.%s(%s, forKey: .%s)", how, quoted(f.name), quoted(f.name))
	}
	p.line("    }")
}

// enum writes a set of words as a type that takes words of later servers too.
func (p *page) enum(name string, words []string) {
	p.line("")
	p.line("/// One of the words below. A later server may know more of them: they are kept as they came.")
	p.line("public struct %s: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {", name)
	p.line("    public let rawValue: String")
	p.line("    public init(rawValue: String) { self.rawValue = rawValue }")
	p.line("    public init(stringLiteral value: String) { rawValue = value }")
	p.line("")
	for _, word := range words {
		p.line("    public static let %s = %s(rawValue: %q)", quoted(camel(word)), name, word)
	}
	p.line("}")
}
