package rest

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"net/http"
	"testing"

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
	if b := picture.Bounds(); b.Dx() < 300 || b.Dx() != b.Dy() || b.Dx() > 400 {
		t.Errorf("png: %v", b)
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
