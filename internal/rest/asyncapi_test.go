package rest

import (
	"encoding/json"
	"testing"

	"github.com/zikr-app/zikr"
)

// asyncFile is the part of the document that is checked here.
type asyncFile struct {
	AsyncAPI   string                    `json:"asyncapi"`
	Info       asyncInfo                 `json:"info"`
	Channels   map[string]asyncChannel   `json:"channels"`
	Operations map[string]asyncOperation `json:"operations"`
	Components struct {
		Messages map[string]struct {
			Examples []asyncExample `json:"examples"`
		} `json:"messages"`
	} `json:"components"`
	Errors []asyncError `json:"x-errors"`
}

func readAsync(t *testing.T) asyncFile {
	t.Helper()
	var doc asyncFile
	if err := json.Unmarshal(newDocs(t).AsyncAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestAsyncAPIHasEveryEvent wants each event of the domain's catalogue in both
// namespaces, in its direction, with its confirmation and its acknowledgement.
func TestAsyncAPIHasEveryEvent(t *testing.T) {
	doc := readAsync(t)
	if doc.AsyncAPI != "3.0.0" || doc.Info.Version != "dev" {
		t.Errorf("got AsyncAPI %q, version %q, want 3.0.0 and dev", doc.AsyncAPI, doc.Info.Version)
	}
	for channel, address := range map[string]string{"zikr-app": "/zikr-app", "root": "/"} {
		if got := doc.Channels[channel].Address; got != address {
			t.Errorf("channel %s: got address %q, want %q", channel, got, address)
		}
		for _, e := range zikr.ClientEvents() {
			o := doc.Operations[channel+"."+e.Name]
			if o.Action != "receive" || o.Reply == nil || o.Ack == nil || len(o.Reply.Messages) != 2 {
				t.Errorf("%s in %s: got %+v", e.Name, channel, o)
				continue
			}
			want := "#/channels/" + channel + "/messages/" + e.Answer.EventName()
			if got := o.Reply.Messages[0].To; got != want {
				t.Errorf("%s in %s: is confirmed by %s, want %s", e.Name, channel, got, want)
			}
			if got, want := o.Ack.To, "#/components/schemas/ack."+e.Name; got != want {
				t.Errorf("%s in %s: has ack %s, want %s", e.Name, channel, got, want)
			}
		}
		for _, e := range zikr.ServerEvents() {
			o := doc.Operations[channel+"."+e.Payload.EventName()]
			if o.Action != "send" || len(o.Messages) != 1 {
				t.Errorf("%s in %s: got %+v", e.Payload.EventName(), channel, o)
			}
		}
		if got, want := len(doc.Channels[channel].Messages), len(zikr.ClientEvents())+len(zikr.ServerEvents()); got != want {
			t.Errorf("channel %s: got %d messages, want %d", channel, got, want)
		}
	}
	if got, want := len(doc.Operations), 2*(len(zikr.ClientEvents())+len(zikr.ServerEvents())); got != want {
		t.Errorf("got %d operations, want %d", got, want)
	}
}

// TestAsyncAPIExamplesFit decodes each example into the type that the gateway
// uses, and checks it against its schema.
func TestAsyncAPIExamplesFit(t *testing.T) {
	doc := readAsync(t)
	registry := newRegistry()
	payloads := map[string]any{}
	for _, e := range zikr.ClientEvents() {
		payloads[e.Name] = e.Payload
	}
	for _, e := range zikr.ServerEvents() {
		payloads[e.Payload.EventName()] = e.Payload
	}
	for name, payload := range payloads {
		examples := doc.Components.Messages[name].Examples
		if len(examples) != 1 {
			t.Errorf("%s: got %d examples, want 1", name, len(examples))
			continue
		}
		schema := schemaOf(registry, payload)
		if errs := mismatches(t, registry, schema, examples[0].Payload); len(errs) > 0 {
			t.Errorf("%s: the example does not fit: %v", name, errs)
		}
	}
}
