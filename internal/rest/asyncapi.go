package rest

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
)

const eventsDescription = `Socket.IO 5 on Engine.IO 4, by WebSocket or HTTP long-polling, at /socket.io/. The namespaces /zikr-app and /
behave the same.

The token is looked for in auth.token of the CONNECT packet, in the handshake's Authorization header, and in its query
parameter token. Without a good one the CONNECT packet is answered with CONNECT_ERROR
{ message, data: { code } }, where code is unauthenticated or token_expired.

Every client event is answered with its confirmation, or with error, and then with an acknowledgement if one was asked
for: { ok: true, data } with the confirmation's payload, or { ok: false, error: { code, message } }. Every client event
is safe to send again after a lost connection, update_zikr_count if it carries an opId.

Events to a group carry seq, which grows by 1: join_group with since sends what came after it. In payloads null is the
same as absent, unknown fields are ignored, and a number of integral value, like 5.0, is an integer.`

// object is a JSON object of the document.
type object = map[string]any

// Refusal is the acknowledgement of an event that was refused (contract section 5).
type Refusal struct {
	OK    bool         `json:"ok" enum:"false"`
	Error RefusalCause `json:"error"`
}

// RefusalCause says why.
type RefusalCause struct {
	Code         zikr.Code `json:"code"`
	Message      string    `json:"message" doc:"a sentence for a person"`
	RetryAfterMs int64     `json:"retryAfterMs,omitempty" doc:"of rate_limited: when to try again"`
	ErrorID      string    `json:"errorId,omitempty" doc:"of internal: the number under which the cause was logged"`
}

// namespaces are the channels of the document: their name in it, and their address.
func namespaces() map[string]string {
	return map[string]string{"zikr-app": "/zikr-app", "root": "/"}
}

// eventsDoc is an AsyncAPI document that is being made.
type eventsDoc struct {
	registry   huma.Registry
	sampler    sampler
	messages   object
	operations object
}

// asyncAPI makes the document of the events (AsyncAPI 3.0) from the catalogue
// of the domain and the very types that the gateway decodes and encodes.
func asyncAPI(version string) ([]byte, error) {
	d := &eventsDoc{registry: newRegistry(), messages: object{}, operations: object{}}
	d.sampler = sampler{d.registry}
	d.schemaOf(Refusal{})
	d.addMessages()
	finishSchemas(d.registry)
	d.illustrate()
	for name := range namespaces() {
		d.addOperations(name)
	}
	doc := object{
		"asyncapi": "3.0.0", "defaultContentType": "application/json",
		"info": object{
			"title": "Zikr events", "version": version, "description": eventsDescription,
			"license": object{"name": "Apache-2.0"},
		},
		"servers": object{"this": object{
			"host": "{host}", "pathname": "/socket.io/", "protocol": "ws", "description": "This server, over Socket.IO",
			"variables": object{"host": object{"default": "127.0.0.1:7373"}},
			"security":  []any{ref("#/components/securitySchemes/token")},
		}},
		"channels": d.channels(), "operations": d.operations,
		"components": object{
			"messages": d.messages, "schemas": d.schemas(),
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
		},
		"x-errors": errorRows(),
	}
	data, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode asyncapi.json: %w", err)
	}
	return data, nil
}

func ref(to string) object { return object{"$ref": to} }

// schemaOf is the schema of a payload: a reference for all but lists.
func (d *eventsDoc) schemaOf(payload any) *huma.Schema {
	return d.registry.Schema(reflect.TypeOf(payload), true, "")
}

func (d *eventsDoc) addMessages() {
	for _, e := range zikr.ClientEvents() {
		d.messages[e.Name] = object{
			"name": e.Name, "title": e.Name, "summary": e.Doc, "payload": d.schemaOf(e.Payload),
			"tags": []any{object{"name": "from the client"}},
		}
	}
	for _, e := range zikr.ServerEvents() {
		d.messages[e.Payload.EventName()] = object{
			"name": e.Payload.EventName(), "title": e.Payload.EventName(), "summary": e.Doc, "payload": d.schemaOf(e.Payload),
			"tags": []any{object{"name": "to " + string(e.To)}},
		}
	}
}

// illustrate adds an example to each message, now that all types are known.
func (d *eventsDoc) illustrate() {
	for _, m := range d.messages {
		message := m.(object)
		message["examples"] = []any{object{"payload": d.sampler.of("", message["payload"].(*huma.Schema))}}
	}
}

func (d *eventsDoc) channels() object {
	out := object{}
	for name, address := range namespaces() {
		messages := object{}
		for message := range d.messages {
			messages[message] = ref("#/components/messages/" + message)
		}
		out[name] = object{"address": address, "title": "Namespace " + address, "messages": messages}
	}
	return out
}

// addOperations adds what happens in one namespace, as the server sees it.
func (d *eventsDoc) addOperations(channel string) {
	at := ref("#/channels/" + channel)
	message := func(name string) object { return ref("#/channels/" + channel + "/messages/" + name) }
	for _, e := range zikr.ClientEvents() {
		d.operations[channel+"."+e.Name] = object{
			"action": "receive", "channel": at, "title": e.Name, "summary": e.Doc, "messages": []any{message(e.Name)},
			"reply": object{"channel": at, "messages": []any{message(e.Answer.EventName()), message("error")}},
			"x-ack": ref(schemas + ackName(e.Name)),
		}
	}
	for _, e := range zikr.ServerEvents() {
		name := e.Payload.EventName()
		d.operations[channel+"."+name] = object{
			"action": "send", "channel": at, "title": name, "summary": e.Doc, "messages": []any{message(name)},
		}
	}
}

func ackName(event string) string { return "ack." + event }

// schemas are all types, and the acknowledgements that are made of them.
func (d *eventsDoc) schemas() object {
	out := object{}
	for _, e := range zikr.ClientEvents() {
		out[ackName(e.Name)] = object{"oneOf": []any{
			object{
				"type": "object", "required": []string{"ok", "data"},
				"properties": object{"ok": object{"type": "boolean", "enum": []bool{true}}, "data": d.schemaOf(e.Answer)},
			},
			d.schemaOf(Refusal{}),
		}}
	}
	for name, schema := range d.registry.Map() {
		out[name] = schema
	}
	return out
}

// errorRows is the table of errors.
func errorRows() []any {
	var rows []any
	for _, m := range meanings() {
		row := object{"code": m.Code, "when": m.When}
		if m.Status != 0 {
			row["httpStatus"] = m.Status
		}
		rows = append(rows, row)
	}
	return rows
}
