package rest

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"rsc.io/qr"

	"github.com/zikr-app/zikr"
)

// TestLinks lets people in by a link, over HTTP.
func TestLinks(t *testing.T) {
	s := newServer(t, nil)
	ali, vali := s.register("Ali"), s.register("Vali")
	g := s.quranGroup(ali, false)
	made := get[zikr.LinkItem](s, 201, "POST /groups/"+g.ID+"/links", ali.token, fields{"maxUses": 2})
	if page := get[zikr.LinkPage](s, 200, "GET /links/"+made.Code, "", nil); page.GroupName != g.Name || page.MemberCount != 1 {
		t.Errorf("page: %+v", page)
	}
	snap := get[zikr.Snapshot](s, 200, "POST /links/"+made.Code+"/join", vali.token, nil)
	if len(snap.Members) != 2 {
		t.Errorf("members: %+v", snap.Members)
	}
	s.refused(zikr.CodeGuestsNotAllowed, "POST /auth/guest", "", fields{"name": "Bobo", "link": made.Code})
	if list := get[zikr.List[zikr.LinkItem]](s, 200, "GET /groups/"+g.ID+"/links", ali.token, nil); len(list.Items) != 1 || list.Items[0].Uses != 1 {
		t.Errorf("links: %+v", list)
	}
	s.refused(zikr.CodeNotAdmin, "GET /groups/"+g.ID+"/links", vali.token, nil)
	get[none](s, 204, "DELETE /groups/"+g.ID+"/links/"+made.Code, ali.token, nil)
	s.refused(zikr.CodeLinkExpired, "GET /links/"+made.Code, "", nil)
	s.refused(zikr.CodeLinkExpired, "GET /links/"+made.Code+"/qr.svg", "", nil)
	s.refused(zikr.CodeUnauthenticated, "POST /links/"+made.Code+"/join", "", nil)
}

// TestLinkPictures draws a link as pictures that programs can read.
func TestLinkPictures(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	made := get[zikr.LinkItem](s, 201, "POST /groups/"+s.quranGroup(ali, false).ID+"/links", ali.token, fields{})
	kind, svg := s.picture("/links/" + made.Code + "/qr.svg")
	if err := xml.Unmarshal(svg, new(struct{})); err != nil || kind != "image/svg+xml" {
		t.Errorf("svg: %v, %s", err, kind)
	}
	_, data := s.picture("/links/" + made.Code + "/qr.png?size=300")
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b := picture.Bounds()
	if b.Dx() < 300 || b.Dx() != b.Dy() || b.Dx() > 400 {
		t.Errorf("png: %v", b)
	}
	code, err := qr.Encode(s.http.URL+made.URL, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	scale := b.Dx() / (code.Size + 2*quiet)
	for y := range b.Dy() {
		for x := range b.Dx() {
			if r, _, _, _ := picture.At(x, y).RGBA(); (r == 0) != code.Black(x/scale-quiet, y/scale-quiet) {
				t.Fatalf("png: the pixel at %d, %d is not that of the code", x, y)
			}
		}
	}
}

// TestLinkPicturesInTurn draws a few at once, whoever asks, and none of an address that does not fit.
func TestLinkPicturesInTurn(t *testing.T) {
	s := newServer(t, nil)
	ali := s.register("Ali")
	made := get[zikr.LinkItem](s, 201, "POST /groups/"+s.quranGroup(ali, false).ID+"/links", ali.token, fields{})
	turns := &oneTurn{}
	s.api.Reads = turns
	for i, path := range []string{"/qr.png?size=2048", "/qr.svg"} {
		if s.picture("/links/" + made.Code + path); turns.took != i+1 || turns.gave != i+1 {
			t.Errorf("%s: %d turns were taken, %d given back", path, turns.took, turns.gave)
		}
	}
	s.api.Reads = noTurn{}
	s.refused(zikr.CodeRateLimited, "GET /links/"+made.Code+"/qr.png", "", nil)

	s.api.Reads = nil
	req, err := http.NewRequest(http.MethodGet, s.http.URL+prefix+"/links/"+made.Code+"/qr.png", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = strings.Repeat("a", 3000)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("of an address that does not fit: got %s", answer.Status)
	}
}

// picture reads what is no JSON.
func (s *server) picture(path string) (kind string, data []byte) {
	s.t.Helper()
	answer, err := http.Get(s.http.URL + prefix + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err = io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d, %v", path, answer.StatusCode, err)
	}
	return answer.Header.Get("Content-Type"), data
}

// TestLinkGuesses slows down who looks for links that do not exist, and nobody else.
func TestLinkGuesses(t *testing.T) {
	s := newServer(t, func(o *Options) {
		misses := &strictSignUps{}
		misses.left = 5
		o.Links = misses
	})
	ali := s.register("Ali")
	made := get[zikr.LinkItem](s, 201, "POST /groups/"+s.quranGroup(ali, false).ID+"/links", ali.token, fields{})
	for range 10 {
		get[zikr.LinkPage](s, 200, "GET /links/"+made.Code, "", nil)
	}
	for range 5 { // each counts
		s.refused(zikr.CodeLinkNotFound, "GET /links/0000000000000000", "", nil)
	}
	s.refused(zikr.CodeRateLimited, "GET /links/0000000000000000", "", nil)
	s.refused(zikr.CodeRateLimited, "POST /links/0000000000000000/join", ali.token, nil)
	s.refused(zikr.CodeRateLimited, "POST /auth/guest", "", fields{"name": "Bobo", "link": "0000000000000000"})
}
