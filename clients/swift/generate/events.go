package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const fromClient = "from the client"

// byHand are the calls that keep account of a group's channel.
var byHand = []string{"join_group", "leave_group"}

// eventsPage holds the events that the server sends, as one enum.
func (d *documents) eventsPage() string {
	p := newPage()
	var sent []message
	messages := d.events.Components.Messages
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		if m := messages[name]; !m.tagged(fromClient) {
			sent = append(sent, m)
		}
	}
	p.line("")
	p.line("/// What the server tells: every event by its type, and those that this release does not know by their name.")
	p.line("public enum ZikrEvent: Hashable, Sendable {")
	for _, m := range sent {
		p.doc("    ", m.Summary)
		p.line("    case %s(%s)", camel(m.Name), payloadType(m))
	}
	p.line("    /// More events of this group came than its reader took: read the snapshot. Made by the client, not by the server.")
	p.line("    case missed(groupId: String?)")
	p.line("    /// An event that this release does not know, or that it cannot read.")
	p.line("    case other(OtherEvent)")
	p.line("}")
	p.line("")
	p.line("extension ZikrEvent {")
	p.line("    /// The event's name on the wire.")
	p.property(sent, property{"name", "String", func(m message) string { return fmt.Sprintf("%q", m.Name) }, `"missed"`, "event.name"})
	p.line("")
	p.line("    /// The group that it is about.")
	p.property(sent, property{"groupId", "String?", d.groupID, "groupId", "event.groupId"})
	p.line("")
	p.line("    /// Its number in the log of its group; nil of what is in no log.")
	p.property(sent, property{"seq", "Int?", d.seq, "nil", "event.seq"})
	p.line("")
	p.line("    /// The payload by itself.")
	p.property(sent, property{"payload", "any Sendable", func(message) string { return "event" }, "JSONValue.null", "event"})
	p.decoder(sent)
	p.line("")
	p.line("    /// The names of all events that this release knows.")
	p.line("    public static let names: [String] = [")
	for _, m := range sent {
		p.line("        %q,", m.Name)
	}
	p.line("    ]")
	p.line("}")
	return p.String()
}

// property is one that has a value for each event.
type property struct {
	name, typ     string
	value         func(message) string // of an event that is known; event is its payload
	missed, other string               // of the two that the client makes
}

func (p *page) property(sent []message, of property) {
	p.line("    public var %s: %s {", of.name, of.typ)
	p.line("        switch self {")
	for _, m := range sent {
		v := of.value(m)
		p.line("        case .%s%s: return %s", camel(m.Name), binding(v, "event"), v)
	}
	p.line("        case .missed%s: return %s", binding(of.missed, "groupId"), of.missed)
	p.line("        case .other%s: return %s", binding(of.other, "event"), of.other)
	p.line("        }")
	p.line("    }")
}

// binding takes the payload out of a case, if the value needs it.
func binding(value, name string) string {
	if value == name || strings.HasPrefix(value, name+".") {
		return "(let " + name + ")"
	}
	return ""
}

func payloadType(m message) string { return swiftType(upper(camel(m.Name)), "", m.Payload) }

func (d *documents) payload(m message) schema {
	return d.events.Components.Schemas[m.Payload.Ref[strings.LastIndex(m.Payload.Ref, "/")+1:]]
}

func (d *documents) groupID(m message) string {
	if _, has := d.payload(m).Properties["groupId"]; has {
		return "event.groupId"
	}
	return "nil"
}

// seq is the number of an event to a group. What the caller is answered carries the group's latest instead.
func (d *documents) seq(m message) string {
	if _, has := d.payload(m).Properties["seq"]; has && m.tagged("to the group") {
		return "event.seq"
	}
	return "nil"
}

func (p *page) decoder(sent []message) {
	p.line("")
	p.line("    /// Reads the payload of the event with this name; nil if no such event is known.")
	p.line("    static func read(_ name: String, from container: inout any UnkeyedDecodingContainer) throws -> ZikrEvent? {")
	p.line("        switch name {")
	for _, m := range sent {
		p.line("        case %q: return .%s(try container.decode(%s.self))", m.Name, camel(m.Name), payloadType(m))
	}
	p.line("        default: return nil")
	p.line("        }")
	p.line("    }")
}

// callsPage holds what a client may send, each as a function that answers with its confirmation.
func (d *documents) callsPage() (string, error) {
	p := newPage()
	p.line("")
	p.line("extension ZikrSocketManager {")
	messages := d.events.Components.Messages
	first := true
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		m := messages[name]
		if !m.tagged(fromClient) || slices.Contains(byHand, name) {
			continue
		}
		answer, err := d.answer(name)
		if err != nil {
			return "", err
		}
		if !first {
			p.line("")
		}
		first = false
		p.call(m, answer, fields(payloadType(m), d.payload(m)))
	}
	p.line("}")
	return p.String(), nil
}

// answer is the type of what confirms an event: the data of its acknowledgement.
func (d *documents) answer(name string) (string, error) {
	for id, op := range d.events.Operations {
		if !strings.HasSuffix(id, "."+name) || op.Ack.Ref == "" {
			continue
		}
		ack := d.events.Components.Schemas[op.Ack.Ref[strings.LastIndex(op.Ack.Ref, "/")+1:]]
		for _, choice := range ack.OneOf {
			if data, has := choice.Properties["data"]; has {
				return swiftType(upper(camel(name)), "data", data), nil
			}
		}
	}
	return "", fmt.Errorf("the document does not say how %s is acknowledged", name)
}

// call writes the function of an event twice: for who uses concurrency, and for who does not.
func (p *page) call(m message, answer string, list []field) {
	parameters, payload := arguments(list)
	name := camel(m.Name)
	p.doc("    ", m.Summary)
	for _, f := range list {
		if f.doc != "" {
			p.line("    /// - Parameter %s: %s.", f.name, f.doc)
		}
	}
	p.line("    @discardableResult")
	p.line("    public func %s(%s) async throws -> %s {", name, strings.Join(parameters, ", "), answer)
	p.line("        try await call(%q, %s(%s))", m.Name, payloadType(m), payload)
	p.line("    }")
	p.line("")
	p.doc("    ", m.Summary+": calls back with the answer")
	p.line("    public func %s(%s) {", name, strings.Join(append(parameters, "completion: @escaping ZikrCompletion<"+answer+">"), ", "))
	p.line("        complete(completion) { try await $0.call(%q, %s(%s)) }", m.Name, payloadType(m), payload)
	p.line("    }")
}

// arguments are the parameters of a call and the initializer's arguments that they become. What the event is about comes first and
// has no label; its group is `in`; the others are named as on the wire.
func arguments(list []field) (parameters []string, payload string) {
	subject := slices.IndexFunc(list, func(f field) bool { return f.name != "groupId" && !f.optional() })
	if subject < 0 && len(list) > 0 {
		subject = 0
	}
	var values, rest []string
	for i, f := range list {
		switch {
		case i == subject:
			parameters = append([]string{"_ " + f.argument()}, parameters...)
		case f.name == "groupId":
			parameters = append(parameters, "in groupId: String")
		default:
			rest = append(rest, f.argument())
		}
		values = append(values, f.name+": "+quoted(f.name))
	}
	return append(parameters, rest...), strings.Join(values, ", ")
}
