package rest

import (
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// The page at /docs, made of Go rather than of a template: text/template asks types for methods
// by name, and then the linker keeps every method of every type in the binary (docs/adr/0018-install.md).

// html is the whole page.
func (d docsView) html() g.Node {
	return h.Doctype(h.HTML(
		h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.TitleEl(g.Text("Zikr API "+d.Version)),
			h.StyleEl(g.Raw(d.Style)),
		),
		h.Body(
			h.A(h.Class("skip"), h.Href("#main"), g.Text("Skip to the content")),
			h.Header(
				h.H1(g.Text("Zikr API "), h.Small(g.Text(d.Version))),
				h.P(g.Text("For programs: "), h.A(h.Href("openapi.json"), g.Text("openapi.json")), g.Text(" (HTTP) and "),
					h.A(h.Href("asyncapi.json"), g.Text("asyncapi.json")), g.Text(" (events).")),
			),
			d.contents(),
			h.Main(h.ID("main"), d.overHTTP(), d.events(), d.errors(), d.types()),
		),
	))
}

func (d docsView) contents() g.Node {
	line := func(id, name string) g.Node { return h.Li(h.A(h.Href("#"+id), g.Text(name))) }
	return h.Nav(h.Aria("label", "Contents"), h.Ul(
		g.Map(d.Sections, func(s sectionView) g.Node { return line("section-"+s.ID, s.Name) }),
		line("client-events", "Events from the client"),
		line("server-events", "Events from the server"),
		line("errors", "Errors"),
		line("types", "Types"),
	))
}

func (d docsView) overHTTP() g.Node {
	return g.Group{
		h.H2(h.ID("http"), g.Text("HTTP")),
		h.P(g.Text("JSON under "), code("/api/v1"), g.Text(". What needs a token wants it as "), code("Authorization: Bearer …"), g.Text("; "),
			code("POST /api/v1/auth/login"), g.Text(" answers with one. Errors are problem details (RFC 9457) with a "), code("code"),
			g.Text(" of "), h.A(h.Href("#errors"), g.Text("this table")), g.Text(". Lists are "), code("{ items, cursor }"),
			g.Text(": ask for the next page with "), code("?cursor="),
			g.Text(", until it is null. In requests null is the same as absent and unknown fields are ignored.")),
		g.Map(d.Sections, func(s sectionView) g.Node {
			return h.Section(h.Aria("labelledby", "section-"+s.ID),
				h.H3(h.ID("section-"+s.ID), g.Text(s.Name)),
				h.P(g.Text(s.Doc+".")),
				g.Map(s.Operations, operationView.html),
			)
		}),
	}
}

func (o operationView) html() g.Node {
	access := "Open to all."
	if o.SignedIn {
		access = "Needs a token."
	}
	return folded(o.ID,
		g.Group{h.Span(h.Class("method "+strings.ToLower(o.Method)), g.Text(o.Method)), g.Text(" "), code(o.Path), g.Text(" "), what(o.Summary)},
		h.P(g.Text(access)),
		g.If(len(o.Parameters) > 0, g.Group{h.H4(g.Text("Parameters")), fieldTable(o.Parameters)}),
		g.If(o.Request != nil, g.Group{h.H4(g.Text("Request")), o.Request.html()}),
		h.H4(g.Text("Answers")),
		h.Dl(g.Map(o.Responses, responseView.html)),
	)
}

func (r responseView) html() g.Node {
	status, err := strconv.Atoi(r.Status)
	out := g.Group{h.Dt(g.If(err == nil && status < 400, h.Class("good")), g.Text(r.Status))}
	switch {
	case len(r.Codes) > 0:
		return append(out, g.Map(r.Codes, func(m meaning) g.Node { return h.Dd(code(string(m.Code)), g.Text(" "+m.When)) }))
	case r.Body != nil:
		return append(out, h.Dd(r.Body.html()))
	default:
		return append(out, h.Dd(g.Text(r.Doc)))
	}
}

// html is what is sent; nothing for nil.
func (b *bodyView) html() g.Node {
	if b == nil {
		return nil
	}
	return g.Group{typeWords(b.Type, b.Link), example(b.Example)}
}

func (d docsView) events() g.Node {
	token := h.A(h.Href("#event-error"), code("error"))
	return g.Group{
		h.H2(h.ID("events"), g.Text("Events")),
		h.P(g.Text("Socket.IO at "), code("/socket.io/"), g.Text(", in the namespaces "), code("/zikr-app"), g.Text(" and "), code("/"),
			g.Text(", with the token in "), code("auth.token"), g.Text(", in the "), code("Authorization"), g.Text(" header, or in the query parameter "),
			code("token"), g.Text(". Every event from the client is answered with its confirmation or with "), token,
			g.Text(", and then with an acknowledgement if one was asked for: "), code("{ ok: true, data }"), g.Text(" or "),
			code("{ ok: false, error: { code, message } }"), g.Text(".")),
		eventSection("client-events", "Events from the client", d.Client, func(e event) g.Node {
			return h.P(g.Text("Confirmed by "), h.A(h.Href("#event-"+e.Answer), code(e.Answer)), g.Text("."))
		}),
		eventSection("server-events", "Events from the server", d.Server, func(e event) g.Node {
			return h.P(g.Text("To " + string(e.To) + "."))
		}),
	}
}

// eventSection shows some events, each with a line that tells where it leads.
func eventSection(id, name string, events []event, line func(event) g.Node) g.Node {
	return h.Section(h.Aria("labelledby", id),
		h.H3(h.ID(id), g.Text(name)),
		g.Map(events, func(e event) g.Node {
			return folded("event-"+e.Name, g.Group{code(e.Name), g.Text(" "), what(e.Doc)}, line(e), e.payload())
		}),
	)
}

func (e event) payload() g.Node {
	if len(e.Fields) == 0 {
		return h.P(g.Text("Any payload is ignored."))
	}
	return g.Group{g.If(e.List, h.P(g.Text("An array, of which each element has:"))), fieldTable(e.Fields), example(e.Example)}
}

func (d docsView) errors() g.Node {
	return h.Section(h.Aria("labelledby", "errors"),
		h.H2(h.ID("errors"), g.Text("Errors")),
		table(h.Aria("labelledby", "errors"), []string{"code", "HTTP", "when"}, g.Map(d.Errors, func(m meaning) g.Node {
			status := ""
			if m.Status != 0 {
				status = strconv.Itoa(m.Status)
			}
			return h.Tr(h.Td(code(string(m.Code))), h.Td(g.Text(status)), h.Td(g.Text(m.When)))
		})),
	)
}

func (d docsView) types() g.Node {
	return h.Section(h.Aria("labelledby", "types"),
		h.H2(h.ID("types"), g.Text("Types")),
		g.Map(d.Types, func(t typeView) g.Node {
			fields := h.P(g.Text("No fields."))
			if len(t.Fields) > 0 {
				fields = fieldTable(t.Fields)
			}
			return folded("type-"+t.Name, code(t.Name), fields)
		}),
	)
}

func fieldTable(fields []field) g.Node {
	return table(h.Aria("label", "Fields"), []string{"name", "type", "what it is"}, g.Map(fields, func(f field) g.Node {
		may := g.If(!f.Required, g.Group{g.Text(" "), h.Span(h.Class("may"), g.Text("optional"))})
		return h.Tr(h.Td(code(f.Name), may), h.Td(typeWords(f.Type, f.Link)), h.Td(g.Text(f.Doc)))
	}))
}

// table is one that can be scrolled from side to side on a small screen, by the keyboard too.
func table(name g.Node, columns []string, rows g.Node) g.Node {
	heads := g.Map(columns, func(c string) g.Node { return h.Th(h.Scope("col"), g.Text(c)) })
	return h.Div(h.Class("wide"), h.TabIndex("0"), h.Role("region"), name, h.Table(h.THead(h.Tr(heads)), h.TBody(rows)))
}

// folded is what opens when its summary is pressed.
func folded(id string, summary g.Node, in ...g.Node) g.Node {
	return h.Details(h.Summary(summary), h.Div(h.Class("in"), h.ID(id), g.Group(in)))
}

// typeWords names a type; link is the name of its own entry, "" where there is none.
func typeWords(words, link string) g.Node {
	if link == "" {
		return g.Text(words)
	}
	return h.A(h.Href("#type-"+link), g.Text(words))
}

func example(text string) g.Node {
	return h.Pre(h.TabIndex("0"), h.Aria("label", "Example"), code(text))
}

func what(doc string) g.Node  { return h.Span(h.Class("what"), g.Text(doc)) }
func code(text string) g.Node { return h.Code(g.Text(text)) }
