package rest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// TestDecode reads bodies by the contract's rules.
func TestDecode(t *testing.T) {
	a := newDocs(t)
	for name, tt := range map[string]struct {
		body string
		want zikr.NewGroup
	}{
		"all":             {`{"name":"A","type":"quran","isPublic":true,"dedication":"d","hatmGoal":3}`, zikr.NewGroup{Name: "A", Type: "quran", IsPublic: true, Dedication: new("d"), HatmGoal: new(zikr.Int(3))}},
		"null is absent":  {`{"name":"A","type":"zikr","isPublic":false,"dedication":null,"hatmGoal":null,"zikr":null}`, zikr.NewGroup{Name: "A", Type: "zikr"}},
		"unknown fields":  {`{"name":"A","type":"zikr","isPublic":false,"colour":{"r":[1e999]},"Name":"B","ISPUBLIC":true}`, zikr.NewGroup{Name: "A", Type: "zikr"}},
		"5.0 and 1e2":     {`{"name":"A","type":"zikr","isPublic":false,"hatmGoal":5.0,"zikr":{"name":"Z","goal":1e2}}`, zikr.NewGroup{Name: "A", Type: "zikr", HatmGoal: new(zikr.Int(5)), Zikr: &zikr.NewZikr{Name: "Z", Goal: new(zikr.Int(100))}}},
		"huge is cut":     {`{"name":"A","type":"zikr","isPublic":false,"hatmGoal":1e400}`, zikr.NewGroup{Name: "A", Type: "zikr", HatmGoal: new(zikr.Int(1 << 53))}},
		"null in a zikr":  {`{"name":"A","type":"zikr","isPublic":false,"zikr":{"name":"Z","goal":null,"more":null}}`, zikr.NewGroup{Name: "A", Type: "zikr", Zikr: &zikr.NewZikr{Name: "Z"}}},
		"the last counts": {`{"name":"A","name":"B","type":"zikr","isPublic":false}`, zikr.NewGroup{Name: "B", Type: "zikr"}},
		"space around":    {" \n{\"name\":\"A\",\"type\":\"zikr\",\"isPublic\":false}\n ", zikr.NewGroup{Name: "A", Type: "zikr"}},
		"100 letters":     {`{"name":"` + strings.Repeat("ъ", 100) + `","type":"zikr","isPublic":false}`, zikr.NewGroup{Name: strings.Repeat("ъ", 100), Type: "zikr"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got zikr.NewGroup
			if err := a.decode([]byte(tt.body), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDecodeRefuses names the field and what is wrong with it.
func TestDecodeRefuses(t *testing.T) {
	a := newDocs(t)
	const rest = `"type":"zikr","isPublic":false}`
	for body, want := range map[string]string{
		`{`:                          "The body is not JSON: unexpected EOF.",
		`name=A`:                     "The body is not JSON: invalid character 'a' in literal null (expecting 'u').",
		`{"name":"A",` + rest + `{}`: "The body is not JSON: something follows the object.",
		`[]`:                         "The body is not a JSON object.",
		`"text"`:                     "The body is not a JSON object.",
		`null`:                       "The body is not a JSON object.",
		`{` + rest:                   "name is missing.",
		`{"name":null,` + rest:       "name is missing.",
		`{"NAME":"A",` + rest:        "name is missing.",
		`{"name":"",` + rest:         `name is "": expected length >= 1.`,
		`{"name":5,` + rest:          "name is 5: expected string.",
		`{"name":{"a":1},` + rest:    "name is an object: expected string.",
		`{"name":["A"],` + rest:      "name is an array: expected string.",
		`{"name":"\u0000",` + rest:   "name holds the character U+0000, which cannot be stored.",
		`{"name":"A","isPublic":0,"type":"zikr"}`:                        "isPublic is 0: expected boolean.",
		`{"name":"A","isPublic":"true","type":"zikr"}`:                   `isPublic is "true": expected boolean.`,
		`{"name":"A","isPublic":true,"type":"book"}`:                     `type is "book": expected value to be one of "quran, zikr".`,
		`{"name":"A","hatmGoal":1.5,` + rest:                             "hatmGoal is 1.5: expected integer.",
		`{"name":"A","hatmGoal":"5",` + rest:                             `hatmGoal is "5": expected integer.`,
		`{"name":"A","hatmGoal":-1,` + rest:                              "hatmGoal is -1: expected number >= 0.",
		`{"name":"A","zikr":{},` + rest:                                  "zikr.name is missing.",
		`{"name":"A","zikr":5,` + rest:                                   "zikr is 5: expected object.",
		`{"name":"A","zikr":{"name":"\u0000"},` + rest:                   "zikr name holds the character U+0000, which cannot be stored.",
		`{"name":"` + strings.Repeat("ъ", 101) + `",` + rest:             `name is "` + strings.Repeat("ъ", 60) + `": expected length <= 100.`,
		`{"name":"A","isPublic":true,"type":"quran","hatmGoal":[[[1]]]}`: "hatmGoal is an array: expected integer.",
	} {
		var into zikr.NewGroup
		err := a.decode([]byte(body), &into)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", body, err, want)
		}
	}
}

// TestPasswordsAreNotShown keeps what was typed out of the answer.
func TestPasswordsAreNotShown(t *testing.T) {
	a := newDocs(t)
	var into zikr.Registration
	err := a.decode([]byte(`{"name":"A","surname":"B","email":"a@b","password":"hush"}`), &into)
	if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "password") {
		t.Errorf("got %v, want the field and not its value", err)
	}
}

// TestBodies sends what is no body.
func TestBodies(t *testing.T) {
	s := newServer(t, func(o *Options) { o.MaxBody = 1000 })
	ali := s.register("Ali")
	good := `{"name":"A","type":"zikr","isPublic":false}`
	for name, tt := range map[string]struct {
		body, contentType string
		want              int
	}{
		"as a form":         {good, "application/x-www-form-urlencoded", 201},
		"without a type":    {good, "", 201},
		"as text":           {good, "text/plain; charset=utf-8", 201},
		"as anything":       {good, "x+y;z+w", 201},
		"nothing":           {"", "application/json", 422},
		"spaces":            {"  \n", "application/json", 422},
		"the largest":       {good + strings.Repeat(" ", 1000-len(good)), "application/json", 201},
		"one byte too many": {good + strings.Repeat(" ", 1001-len(good)), "application/json", 413},
		"far too many":      {strings.Repeat("x", 1_000_000), "application/json", 413},
		"deep":              {strings.Repeat("[", 900), "application/json", 422},
	} {
		r := s.send("POST", prefix+"/groups", ali.token, tt.body, "Content-Type", tt.contentType, "Accept", "text/html")
		if r.status != tt.want {
			t.Errorf("%s: got %d %s, want %d", name, r.status, r.body, tt.want)
		}
		if tt.want == 422 {
			if p := s.problemOf(r); p.Code != zikr.CodeInvalidPayload {
				t.Errorf("%s: got %s, want invalid_payload", name, p.Code)
			}
		}
	}
	if r := s.send("POST", prefix+"/groups", ali.token, strings.Repeat("x", 1001)); s.problemOf(r).Code != zikr.CodePayloadTooLarge {
		t.Errorf("got %s, want payload_too_large", r.body)
	}
	// What needs no body takes no offence at one.
	if r := s.send("POST", prefix+"/notifications/none/read", ali.token, "{"); r.status != http.StatusNotFound {
		t.Errorf("a body that nobody asked for: got %d %s, want 404", r.status, r.body)
	}
}

// TestBodyThatNeverComes is not waited for without end: neither to be read, nor before the answer is sent.
func TestBodyThatNeverComes(t *testing.T) {
	s := newServer(t, func(o *Options) { o.BodyTimeout = 50 * time.Millisecond })
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(c, "POST %s/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{", prefix); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	if _ = res.Body.Close(); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("got %d, want 422", res.StatusCode)
	}
}

// FuzzDecode finds no body that gets past its schema, or that breaks the decoder.
func FuzzDecode(f *testing.F) {
	a, err := newDescribed(Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		`{"name":"A","type":"quran","isPublic":true,"hatmGoal":5.0,"zikr":{"name":"Z","goal":1e2}}`,
		`{"name":null,"x":[{}]}`, `[1,2,{"name":"A"}]`, `"\ud800"`, `{"name":"\u0000"}`, `1e999`, `{"zikr":[]}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got zikr.NewGroup
		if err := a.decode(body, &got); err != nil {
			return
		}
		n := len([]rune(got.Name))
		if n < 1 || n > 100 || strings.ContainsRune(got.Name, 0) || (got.Type != zikr.QuranGroup && got.Type != zikr.ZikrGroup) {
			t.Errorf("%q was read as %+v", body, got)
		}
		if got.HatmGoal != nil && *got.HatmGoal < 0 || got.Zikr != nil && got.Zikr.Name == "" {
			t.Errorf("%q was read as %+v", body, got)
		}
	})
}
