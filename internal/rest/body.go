package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/zikr-app/zikr"
)

// huma's Context has a method Context, so that it cannot be embedded under its own name.
type humaContext huma.Context

// request is a request whose body was read. Whatever it says of the body's
// type, it is read as JSON, and answered in JSON whatever it would accept: there
// is no other language here, and curl's default type is that of a form.
type request struct {
	humaContext
	body []byte
}

func (r request) BodyReader() io.Reader { return bytes.NewReader(r.body) }

// Unwrap lets humago find the request under this one.
func (r request) Unwrap() huma.Context { return r.humaContext }

func (r request) Header(name string) string {
	switch name {
	case "Content-Type":
		return "application/json"
	case "Accept":
		return ""
	default:
		return r.humaContext.Header(name)
	}
}

// readBody reads the body of an operation that has one, within bounds of size
// and time, and then gives the use case its own time.
func (a *API) readBody(ctx huma.Context, next func(huma.Context)) {
	r := request{humaContext: ctx}
	if ctx.Operation().RequestBody != nil {
		give, ok := a.holdBody(ctx)
		if !ok {
			a.refuse(ctx, problemOf(zikr.RateLimited(soon, "The server is reading too much at the moment. Please try again in a moment.")))
			return
		}
		defer give()
		var err error
		if r.body, err = a.bodyOf(ctx); err != nil {
			a.refuse(ctx, a.problem(ctx.Context(), "read body", err))
			return
		}
	}
	bounded, cancel := context.WithTimeout(ctx.Context(), a.Timeout)
	defer cancel()
	next(huma.WithContext(r, bounded))
}

// holdBody takes room for a body of the size that the request tells, or of any.
func (a *API) holdBody(ctx huma.Context) (give func(), ok bool) {
	if a.Bodies == nil {
		return func() {}, true
	}
	r, _ := humago.Unwrap(ctx)
	size := a.MaxBody
	if r.ContentLength >= 0 {
		size = min(size, r.ContentLength)
	}
	who := a.Who(addressOf(ctx.Context()))
	return func() { a.Bodies.Give(who, size) }, a.Bodies.Take(who, size)
}

func (a *API) bodyOf(ctx huma.Context) ([]byte, error) {
	// A connection that knows no deadlines is one of a test: nothing is slow there.
	_ = ctx.SetReadDeadline(time.Now().Add(a.BodyTimeout))
	r, w := humago.Unwrap(ctx)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.MaxBody))
	if err == nil { // else net/http would wait for the rest, without end, before it sends the refusal
		_ = ctx.SetReadDeadline(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		a.Met(boundBody)
		return nil, zikr.Errorf(zikr.CodePayloadTooLarge, "The body is larger than %d bytes, the most that is read.", a.MaxBody)
	case err != nil:
		return nil, zikr.Errorf(zikr.CodeInvalidPayload, "The body did not arrive whole. Please send the request again.")
	case len(bytes.TrimSpace(body)) == 0 && !ctx.Operation().RequestBody.Required:
		return nil, nil
	case len(bytes.TrimSpace(body)) == 0:
		return nil, zikr.Errorf(zikr.CodeInvalidPayload, "There is no body: please send a JSON object.")
	default:
		return body, nil
	}
}

// refuse answers with a problem before the operation began.
func (a *API) refuse(ctx huma.Context, p *Problem) {
	_, w := humago.Unwrap(ctx)
	writeProblem(w, p)
}

// reshape makes a Problem of the one kind of error that huma makes itself here:
// a parameter or a body that is not valid.
func reshape(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	why := "The request is not valid."
	if len(model.Errors) > 0 {
		why = complaint(model.Errors[0])
	}
	return problemOf(zikr.Errorf(zikr.CodeInvalidPayload, "%s", why)), nil
}

// complaint makes a sentence of what is wrong with one field.
func complaint(e *huma.ErrorDetail) string {
	field := e.Location
	for _, place := range []string{"path.", "query.", "header."} {
		field = strings.TrimPrefix(field, place)
	}
	switch {
	case field == "" || field == "body":
		return e.Message
	case strings.Contains(strings.ToLower(field), "password"):
		return fmt.Sprintf("%s is not valid: %s.", field, e.Message)
	default:
		return fmt.Sprintf("%s is %s: %s.", field, shown(e.Value), e.Message)
	}
}

// shown is a value as a sentence shows it.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%.60q", v)
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	default:
		return fmt.Sprint(v)
	}
}

// encode writes an answer. What cannot be encoded is an error; that the client
// is gone is none, since nobody is left who could be told.
func encode(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	_, _ = w.Write(out.Bytes())
	return nil
}

// decode reads a body into what into points to, as the contract has it: null
// is absent, but for a field that it takes away, unknown fields are ignored, names match letter by letter, and 5.0
// is an integer. What is left is checked against the schema that is in the document.
func (a *API) decode(data []byte, into any) error {
	numbers := json.NewDecoder(bytes.NewReader(data))
	numbers.UseNumber() // 1e400 is not to be refused before it is known what it is
	var value any
	if err := numbers.Decode(&value); err != nil {
		return sentence(fmt.Sprintf("The body is not JSON: %s.", strings.TrimPrefix(err.Error(), "json: ")))
	}
	if _, err := numbers.Token(); !errors.Is(err, io.EOF) {
		return sentence("The body is not JSON: something follows the object.")
	}
	registry := a.huma.OpenAPI().Components.Schemas
	schema := registry.Schema(reflect.TypeOf(into), true, "")
	value, err := known(registry, schema, value)
	if err != nil {
		return err
	}
	var result huma.ValidateResult
	huma.Validate(registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &result)
	if len(result.Errors) > 0 {
		return bodyComplaint(result.Errors[0])
	}
	return remarshal(value, into)
}

// sentence is an error that a person reads.
type sentence string

func (s sentence) Error() string { return string(s) }

// bodyComplaint makes a sentence of what huma found wrong in a body.
func bodyComplaint(err error) sentence {
	var e *huma.ErrorDetail
	if !errors.As(err, &e) {
		return sentence(err.Error())
	}
	var missing string
	if n, _ := fmt.Sscanf(e.Message, "expected required property %s", &missing); n == 1 {
		if e.Location != "" {
			missing = e.Location + "." + missing
		}
		return sentence(missing + " is missing.")
	}
	if e.Location == "" {
		return "The body is not a JSON object."
	}
	return sentence(complaint(e))
}

// known leaves of a JSON value what the schema knows: fields of other names, and
// those that are null where that means nothing, are dropped. Numbers become float64.
func known(registry huma.Registry, schema *huma.Schema, value any) (any, error) {
	if schema.Ref != "" {
		schema = registry.SchemaFromRef(schema.Ref)
	}
	switch v := value.(type) {
	case map[string]any:
		return knownFields(registry, schema, v)
	case json.Number:
		f, _ := strconv.ParseFloat(v.String(), 64) // infinite when out of range
		return min(max(f, -math.MaxFloat64), math.MaxFloat64), nil
	case string:
		if strings.ContainsRune(v, 0) {
			return nil, sentence("holds the character U+0000, which cannot be stored.")
		}
	}
	return value, nil
}

func knownFields(registry huma.Registry, schema *huma.Schema, fields map[string]any) (any, error) {
	out := map[string]any{}
	for name, property := range schema.Properties {
		value, ok := fields[name]
		if !ok || value == nil && !property.Nullable {
			continue
		}
		kept, err := known(registry, property, value)
		if err != nil {
			return nil, sentence(name + " " + err.Error())
		}
		out[name] = kept
	}
	return out, nil
}

// remarshal moves a value that was checked into what into points to.
func remarshal(value, into any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode the checked body: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return sentence(fmt.Sprintf("The body does not fit: %s.", err))
	}
	return nil
}
