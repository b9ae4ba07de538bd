package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
)

const eventsDescription = `Socket.IO 5 on Engine.IO 4, by WebSocket or HTTP long-polling, at /socket.io/. The namespaces /zikr-app and /
behave the same.

The token is looked for in auth.token of the CONNECT packet, in the handshake's Authorization header, and in its query
parameter token. Without a good one the CONNECT packet is answered with CONNECT_ERROR
{ message, data: { code } }, where code is unauthenticated, token_expired or account_suspended. Where it is rate_limited
(with retryAfterMs) or internal, the same token may be good a little later.

Every client event is answered with its confirmation, or with error, and then with an acknowledgement if one was asked
for: { ok: true, data } with the confirmation's payload, or { ok: false, error: { code, message } }. Every client event
is safe to send again after a lost connection, update_zikr_count if it carries an opId.

Events to a group carry seq, which grows by 1: join_group with since sends what came after it. In payloads null is the
same as absent, unknown fields are ignored, and a number of integral value, like 5.0, is an integer.`

// The parts of an AsyncAPI 3.0 document that are used here, by its own names.
type (
	asyncDoc struct {
		AsyncAPI           string                    `json:"asyncapi"`
		Info               asyncInfo                 `json:"info"`
		DefaultContentType string                    `json:"defaultContentType"`
		Servers            map[string]asyncServer    `json:"servers"`
		Channels           map[string]asyncChannel   `json:"channels"`
		Operations         map[string]asyncOperation `json:"operations"`
		Components         asyncComponents           `json:"components"`
		Errors             []asyncError              `json:"x-errors"`
	}
	asyncInfo struct {
		Title       string       `json:"title"`
		Version     string       `json:"version"`
		Description string       `json:"description"`
		License     asyncLicense `json:"license"`
	}
	asyncLicense struct {
		Name string `json:"name"`
	}
	asyncServer struct {
		Host        string                   `json:"host"`
		Path        string                   `json:"pathname"`
		Protocol    string                   `json:"protocol"`
		Description string                   `json:"description"`
		Variables   map[string]asyncVariable `json:"variables"`
		Security    []asyncRef               `json:"security"`
	}
	asyncVariable struct {
		Default string `json:"default"`
	}
	asyncChannel struct {
		Address  string              `json:"address"`
		Title    string              `json:"title"`
		Messages map[string]asyncRef `json:"messages"`
	}
	asyncOperation struct {
		Action   string      `json:"action"`
		Channel  asyncRef    `json:"channel"`
		Title    string      `json:"title"`
		Summary  string      `json:"summary"`
		Messages []asyncRef  `json:"messages"`
		Reply    *asyncReply `json:"reply,omitempty"`
		Ack      *asyncRef   `json:"x-ack,omitempty"`
	}
	asyncReply struct {
		Channel  asyncRef   `json:"channel"`
		Messages []asyncRef `json:"messages"`
	}
	asyncMessage struct {
		Name     string         `json:"name"`
		Title    string         `json:"title"`
		Summary  string         `json:"summary"`
		Tags     []asyncTag     `json:"tags"`
		Payload  *huma.Schema   `json:"payload"`
		Examples []asyncExample `json:"examples"`
	}
	asyncTag struct {
		Name string `json:"name"`
	}
	asyncExample struct {
		Payload any `json:"payload"`
	}
	asyncComponents struct {
		Messages        map[string]asyncMessage         `json:"messages"`
		Schemas         map[string]*huma.Schema         `json:"schemas"`
		SecuritySchemes map[string]*huma.SecurityScheme `json:"securitySchemes"`
	}
	asyncError struct {
		Code   zikr.Code `json:"code"`
		When   string    `json:"when"`
		Status int       `json:"httpStatus,omitempty"`
	}
	asyncRef struct {
		To string `json:"$ref"`
	}
)

// namespaces are the channels of the document: their name in it, and their address.
func namespaces() map[string]string {
	return map[string]string{"zikr-app": "/zikr-app", "root": "/"}
}

// asyncAPI makes the document of the events (AsyncAPI 3.0) from the catalogue
// of the domain and the very types that the gateway decodes and encodes.
func asyncAPI(version string) ([]byte, error) {
	registry := newRegistry()
	messages := asyncMessages(registry)
	doc := asyncDoc{
		AsyncAPI: "3.0.0", DefaultContentType: "application/json",
		Info: asyncInfo{"Zikr events", version, eventsDescription, asyncLicense{license}},
		Servers: map[string]asyncServer{"this": {
			Host: "{host}", Path: "/socket.io/", Protocol: "ws", Description: "This server, over Socket.IO",
			Variables: map[string]asyncVariable{"host": {"127.0.0.1:7373"}},
			Security:  []asyncRef{{"#/components/securitySchemes/bearer"}},
		}},
		Channels: map[string]asyncChannel{}, Operations: map[string]asyncOperation{},
		Components: asyncComponents{messages, asyncSchemas(registry), securitySchemes()},
	}
	for name, address := range namespaces() {
		doc.Channels[name] = asyncChannel{address, "Namespace " + address, map[string]asyncRef{}}
		for message := range messages {
			doc.Channels[name].Messages[message] = asyncRef{"#/components/messages/" + message}
		}
		addOperations(doc.Operations, name)
	}
	for _, m := range meanings() {
		doc.Errors = append(doc.Errors, asyncError(m))
	}
	data, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode asyncapi.json: %w", err)
	}
	return data, nil
}

// asyncMessages are the events of both catalogues.
func asyncMessages(registry huma.Registry) map[string]asyncMessage {
	out := map[string]asyncMessage{}
	add := func(name, doc, tag string, payload any) {
		out[name] = asyncMessage{Name: name, Title: name, Summary: doc, Tags: []asyncTag{{tag}}, Payload: schemaOf(registry, payload)}
	}
	for _, e := range zikr.ClientEvents() {
		add(e.Name, e.Doc, "from the client", e.Payload)
	}
	for _, e := range zikr.ServerEvents() {
		add(e.Payload.EventName(), e.Doc, "to "+string(e.To), e.Payload)
	}
	schemaOf(registry, zikr.Refusal{})
	finishSchemas(registry) // now that all types are known
	for name, message := range out {
		message.Examples = []asyncExample{{sampler{registry}.of("", message.Payload)}}
		out[name] = message
	}
	return out
}

// schemaOf is the schema of a payload: a reference for all but lists, which are never null.
func schemaOf(registry huma.Registry, payload any) *huma.Schema {
	schema := registry.Schema(reflect.TypeOf(payload), true, "")
	schema.Nullable = schema.Nullable && schema.Type != huma.TypeArray
	return schema
}

// addOperations adds what happens in one namespace, as the server sees it.
func addOperations(operations map[string]asyncOperation, channel string) {
	at := asyncRef{"#/channels/" + channel}
	message := func(name string) asyncRef { return asyncRef{at.To + "/messages/" + name} }
	for _, e := range zikr.ClientEvents() {
		operations[channel+"."+e.Name] = asyncOperation{
			Action: "receive", Channel: at, Title: e.Name, Summary: e.Doc, Messages: []asyncRef{message(e.Name)},
			Reply: &asyncReply{at, []asyncRef{message(e.Answer.EventName()), message(zikr.ErrorEvent{}.EventName())}},
			Ack:   &asyncRef{schemas + ackName(e.Name)},
		}
	}
	for _, e := range zikr.ServerEvents() {
		name := e.Payload.EventName()
		operations[channel+"."+name] = asyncOperation{
			Action: "send", Channel: at, Title: name, Summary: e.Doc, Messages: []asyncRef{message(name)},
		}
	}
}

func ackName(event string) string { return "ack." + event }

// asyncSchemas are all types, and the acknowledgements that are made of them.
func asyncSchemas(registry huma.Registry) map[string]*huma.Schema {
	out := maps.Clone(registry.Map())
	for _, e := range zikr.ClientEvents() {
		out[ackName(e.Name)] = &huma.Schema{OneOf: []*huma.Schema{
			{
				Type: huma.TypeObject, Required: []string{"ok", "data"},
				Properties: map[string]*huma.Schema{"ok": {Type: huma.TypeBoolean, Enum: []any{true}}, "data": schemaOf(registry, e.Answer)},
			},
			schemaOf(registry, zikr.Refusal{}),
		}}
	}
	return out
}
