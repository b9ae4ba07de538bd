package rest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/zikr-app/zikr"
)

// schemas is where both documents keep the types.
const schemas = "#/components/schemas/"

// license is the license of the API, as SPDX names it.
const license = "Apache-2.0"

const apiDescription = `Groups divide the 30 poras of a Quran hatm among their members and count zikrs toward shared goals.
Whoever acts here is seen live by everyone who listens on the socket: see asyncapi.json.

Bodies are JSON. In a request null is the same as absent, but for fields that it takes away, unknown fields are ignored, and a number of integral
value, like 5.0, is an integer. Dates are UTC with three decimals. Ids are strings that clients must not parse.
Lists are { items, cursor }: the next page is asked for with ?cursor=, until it is null. Errors are problem details
(RFC 9457) with a code.`

// newHuma makes the frame that operations are added to.
func (a *API) newHuma() huma.API {
	config := huma.DefaultConfig("Zikr", a.Version)
	config.CreateHooks = nil // no $schema in bodies
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.AllowAdditionalPropertiesByDefault = true
	config.Transformers = []huma.Transformer{reshape}
	format := huma.Format{Marshal: encode, Unmarshal: a.decode}
	config.Formats = map[string]huma.Format{"application/json": format, "json": format}
	config.Info.Description = apiDescription
	config.Info.License = &huma.License{Name: license, Identifier: license}
	config.Servers = []*huma.Server{{URL: "./", Description: "this server, from where this document lies"}}
	config.Components.Schemas = newRegistry()
	config.Components.SecuritySchemes = securitySchemes()
	api := humago.New(a.mux, config)
	api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	return api
}

// securitySchemes are the one way to say who one is.
func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The token that register and login answer with."},
	}
}

// newRegistry makes a registry of types that knows how the domain's own travel.
func newRegistry() huma.Registry {
	registry := huma.NewMapRegistry(schemas, huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[zikr.Time](), reflect.TypeFor[time.Time]())
	registry.RegisterTypeAlias(reflect.TypeFor[zikr.Int](), reflect.TypeFor[int64]())
	registry.RegisterTypeAlias(reflect.TypeFor[zikr.OrNull[zikr.Int]](), reflect.TypeFor[int64]())
	return registry
}

// describe makes the documents, now that all operations are there.
func (a *API) describe() error {
	doc := a.huma.OpenAPI()
	for _, name := range []string{"ErrorModel", "ErrorDetail"} { // huma's own: answers have a Problem in their place
		delete(doc.Components.Schemas.Map(), name)
	}
	finishSchemas(doc.Components.Schemas)
	s := sampler{doc.Components.Schemas}
	for _, item := range doc.Paths {
		for _, o := range operationsOf(item) {
			s.illustrate(o)
		}
	}
	var err error
	if a.openAPI, err = json.MarshalIndent(doc, "", " "); err != nil {
		return fmt.Errorf("encode openapi.json: %w", err)
	}
	if a.asyncAPI, err = asyncAPI(a.Version); err != nil {
		return err
	}
	a.docs, err = newPage(doc, a.Version)
	return err
}

// forgetResponses drops what the documents say of answers, now that they are made: an answer needs none of it, and it
// is a third of all that a server at rest would have looked through at each collection.
func (a *API) forgetResponses() {
	for _, item := range a.huma.OpenAPI().Paths {
		for _, o := range operationsOf(item) {
			o.Responses = nil
		}
	}
}

// operationsOf lists the operations of a path, in the order in which they are read.
func operationsOf(item *huma.PathItem) []*huma.Operation {
	var out []*huma.Operation
	for _, o := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}

// finishSchemas says of the types what their Go tags cannot: arrays are never
// null, a date behind a pointer may be, fields may come that a document does not know yet, and which
// codes and types of notifications there are.
func finishSchemas(registry huma.Registry) {
	codes := make([]any, 0, len(meanings()))
	for _, m := range meanings() {
		codes = append(codes, string(m.Code))
	}
	var types []any
	for _, t := range zikr.NotificationTypes() {
		types = append(types, string(t))
	}
	for name, schema := range registry.Map() {
		schema.Nullable = schema.Nullable && schema.Type != huma.TypeArray
		if schema.AdditionalProperties == false {
			schema.AdditionalProperties = true
		}
		for _, property := range schema.Properties {
			property.Nullable = property.Nullable && property.Type != huma.TypeArray
		}
		if t := registry.TypeFromRef(schemas + name); t != nil && t.Kind() == reflect.Struct {
			finishFields(schema, t, codes, types)
		}
	}
}

func finishFields(schema *huma.Schema, t reflect.Type, codes, types []any) {
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		property := schema.Properties[name]
		if property == nil {
			continue
		}
		switch field.Type {
		case reflect.TypeFor[*zikr.Time]():
			property.Nullable = !strings.Contains(options, "omitempty")
		case reflect.TypeFor[zikr.OrNull[zikr.Int]]():
			property.Nullable = true
		case reflect.TypeFor[zikr.Code]():
			property.Enum = codes
		case reflect.TypeFor[zikr.NotificationType]():
			property.Enum = types
		}
	}
}

// OpenAPI is the document of the HTTP API, as JSON.
func (a *API) OpenAPI() []byte { return a.openAPI }

// AsyncAPI is the document of the events, as JSON.
func (a *API) AsyncAPI() []byte { return a.asyncAPI }
