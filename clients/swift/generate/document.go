package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// schema is what the generator reads of a JSON Schema.
type schema struct {
	Ref         string            `json:"$ref"`
	Type        types             `json:"type"`
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Items       *schema           `json:"items"`
	Additional  json.RawMessage   `json:"additionalProperties"`
	Enum        []any             `json:"enum"`
	OneOf       []schema          `json:"oneOf"`
}

// types are one name or many: "string" and ["string", "null"].
type types []string

// UnmarshalJSON reads both forms.
func (t *types) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = types{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

func (s schema) nullable() bool { return slices.Contains(s.Type, "null") }

func (s schema) is(name string) bool { return slices.Contains(s.Type, name) }

// message is an event in either direction.
type message struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Tags    []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Payload schema `json:"payload"`
}

func (m message) tagged(name string) bool {
	for _, tag := range m.Tags {
		if tag.Name == name {
			return true
		}
	}
	return false
}

// events is what the generator reads of an AsyncAPI document.
type events struct {
	Operations map[string]struct {
		Ack schema `json:"x-ack"`
	} `json:"operations"`
	Components struct {
		Messages map[string]message `json:"messages"`
		Schemas  map[string]schema  `json:"schemas"`
	} `json:"components"`
}

type parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
	Schema      schema `json:"schema"`
}

type content map[string]struct {
	Schema schema `json:"schema"`
}

type operation struct {
	ID          string      `json:"operationId"`
	Summary     string      `json:"summary"`
	Parameters  []parameter `json:"parameters"`
	RequestBody *struct {
		Content content `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content content `json:"content"`
	} `json:"responses"`
}

// api is what the generator reads of an OpenAPI document.
type api struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

// documents are the two that a server prints.
type documents struct {
	events events
	api    api
}

func readDocuments(asyncAPI, openAPI []byte) (*documents, error) {
	var d documents
	if err := json.Unmarshal(asyncAPI, &d.events); err != nil {
		return nil, fmt.Errorf("read AsyncAPI: %w", err)
	}
	if err := json.Unmarshal(openAPI, &d.api); err != nil {
		return nil, fmt.Errorf("read OpenAPI: %w", err)
	}
	if len(d.events.Components.Messages) == 0 || len(d.api.Paths) == 0 {
		return nil, errors.New("a document has no events or no paths: give the output of zikr asyncapi and zikr openapi")
	}
	return &d, nil
}

// schemas are those of both documents by name. One that is in both must be the same in both.
func (d *documents) schemas() (map[string]schema, error) {
	all := maps.Clone(d.api.Components.Schemas)
	for name, s := range d.events.Components.Schemas {
		if other, both := all[name]; both && !reflect.DeepEqual(shape(s), shape(other)) {
			return nil, fmt.Errorf("%s is another thing in AsyncAPI than in OpenAPI", name)
		}
		all[name] = s
	}
	return all, nil
}

// shape is what a schema says of its Swift type: which words of documentation stand beside it does not count.
func shape(s schema) map[string]string {
	out := map[string]string{}
	for name, p := range s.Properties {
		out[name] = fmt.Sprint(p.Type, p.Ref, p.Format, slices.Contains(s.Required, name))
	}
	return out
}
