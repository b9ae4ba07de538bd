package rest

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
)

// sampler makes examples of types, by the names of their fields, so that no
// example can contradict its type.
type sampler struct{ registry huma.Registry }

// left are fields that an ordinary message does not have.
func left(name string) bool {
	return name == "resync" || name == "retryAfterMs" || name == "errorId"
}

// illustrate adds examples of the request and the response to an operation.
func (s sampler) illustrate(o *huma.Operation) {
	if o.RequestBody != nil {
		for _, media := range o.RequestBody.Content {
			media.Example = s.of("", media.Schema)
		}
	}
	for _, response := range o.Responses {
		if media := response.Content["application/json"]; media != nil {
			media.Example = s.of("", media.Schema)
		}
	}
}

// of makes a value of a schema. name is the field that holds it.
func (s sampler) of(name string, schema *huma.Schema) any {
	if schema.Ref != "" {
		schema = s.registry.SchemaFromRef(schema.Ref)
	}
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type == huma.TypeObject:
		out := map[string]any{}
		for field, property := range schema.Properties {
			if !left(field) {
				out[field] = s.of(field, property)
			}
		}
		return out
	case schema.Type == huma.TypeArray:
		return []any{s.of(strings.TrimSuffix(name, "s"), schema.Items)}
	case schema.Type == huma.TypeBoolean:
		return name != "hatmCompleted" && name != "goalReached" && name != "isRead"
	case schema.Type == huma.TypeInteger:
		return sampleNumber(name)
	case schema.Format == "date-time":
		return "2026-01-31T09:05:00.000Z"
	case schema.Format == "date":
		return "2026-01-31"
	case schema.Type == huma.TypeString:
		return sampleText(name)
	default: // anything at all: the payload of an event
		return map[string]any{"groupId": sampleText("groupId")}
	}
}

func sampleNumber(name string) int64 {
	numbers := map[string]int64{
		"count": 33, "totalCount": 633, "myCount": 133, "goal": 1000, "cycleCount": 0, "seq": 42, "latest": 42, "since": 41,
		"hatmNumber": 3, "hatmCount": 2, "hatmGoal": 12, "totalFinished": 7, "memberCount": 30, "onlineCount": 1,
		"number": 7, "verses": 149, "firstPage": 121, "lastPage": 141,
	}
	if n, ok := numbers[name]; ok {
		return n
	}
	return 1
}

func sampleText(name string) string {
	texts := map[string]string{
		"userName": "Abdulloh Karimov", "senderName": "Abdulloh Karimov", "name": "Abdulloh", "surname": "Karimov",
		"email": "abdulloh@example.org", "login": "abdulloh@example.org", "phone": "+998901234567",
		"password": "correct horse battery", "currentPassword": "an older battery", "token": "eyJhbGciOiJIUzI1NiJ9.e30.signature",
		"groupName": "Chorsu mosque", "zikrName": "Istighfar", "poraId": "7", "poraName": "7-Juz", "progress": "63.30",
		"message": "You are listening to Chorsu mosque.", "opId": "phone-1-0042", "event": "pora_booked",
		"dedication": "For our parents", "body": "أَسْتَغْفِرُ اللَّهَ", "description": "After each prayer", "hint": "Astag'firulloh",
		"firstVerse": "5:82", "lastVerse": "6:110", "uz": "Va iza sami'u", "ar": "وإذا سمعوا", "en": "Wa Idhā Samiʿū",
	}
	if text, ok := texts[name]; ok {
		return text
	}
	if name == "id" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || name == "cursor" {
		return sampleID(strings.TrimSuffix(name, "s"))
	}
	return "…"
}

// sampleID is an id, the same one for all fields of a name.
func sampleID(name string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name)) // never fails
	return fmt.Sprintf("019c1a2b-3c4d-7e5f-8a9b-%012x", sum.Sum64()>>16)
}

// problemExample is how a code looks over HTTP.
func problemExample(m meaning) *Problem {
	e := &zikr.Error{Code: m.Code, Message: m.When + "."}
	switch m.Code {
	case zikr.CodeRateLimited:
		e.RetryAfter = 1500 * time.Millisecond
	case zikr.CodeInternal:
		e.ID = sampleID("errorId")
	}
	return problemOf(e)
}
