package rest

import (
	"bytes"
	"fmt"
	"strings"
)

const eventsPreface = `# Events

<!-- Made from event.go by "make generate": do not edit. -->

Every event that clients send and receive over Socket.IO, in the namespaces /zikr-app and /. The same, for programs, is
at /asyncapi.json of a running server; how to connect, and who is told what when, is in the wire contract.

In payloads from clients null is the same as absent, unknown fields are ignored, and a number of integral value, like
5.0, is an integer. Dates are UTC with three decimals. Fields marked with * are always there.
`

// EventsMarkdown is docs/events.md: the domain's catalogue of events for people.
func EventsMarkdown() ([]byte, error) {
	client, server, err := viewer{newRegistry()}.events()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(eventsPreface)
	out.WriteString("\n## From the client\n\nEach is answered with its confirmation or with `error`, and then with an acknowledgement if one was asked for.\n")
	for _, e := range client {
		fmt.Fprintf(&out, "\n### `%s`\n\n%s. Confirmed by `%s`.\n", e.Name, e.Doc, e.Answer)
		writeFields(&out, e)
	}
	out.WriteString("\n## From the server\n")
	for _, e := range server {
		fmt.Fprintf(&out, "\n### `%s`\n\n%s. To %s.\n", e.Name, e.Doc, e.To)
		writeFields(&out, e)
	}
	writeErrors(&out)
	return out.Bytes(), nil
}

func writeFields(out *bytes.Buffer, e event) {
	switch {
	case len(e.Fields) == 0:
		out.WriteString("\nAny payload is ignored.\n")
		return
	case e.List:
		out.WriteString("\nAn array, of which each element has:\n")
	}
	out.WriteString("\n| field | type | |\n| --- | --- | --- |\n")
	for _, f := range e.Fields {
		mark := ""
		if f.Required {
			mark = "*"
		}
		fmt.Fprintf(out, "| `%s`%s | %s | %s |\n", f.Name, mark, cell(f.Type), cell(f.Doc))
	}
}

func writeErrors(out *bytes.Buffer) {
	out.WriteString("\n## Errors\n\nThe codes of `error` and of acknowledgements, and what HTTP makes of them.\n\n| code | when | HTTP |\n| --- | --- | --- |\n")
	for _, m := range meanings() {
		status := ""
		if m.Status != 0 {
			status = fmt.Sprint(m.Status)
		}
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", m.Code, cell(m.When), status)
	}
}

// cell keeps a text within its cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }
