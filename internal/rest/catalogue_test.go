package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/zikr-app/zikr"
)

// ayahs is how many verses each surah has, in the Kufan count of Hafs.
const ayahs = `7 286 200 176 120 165 206 75 129 109 123 111 43 52 99 128 111 110 98 135 112 78 118 64 77 227 93 88 69 60 34 30 73 54 45 83
182 88 75 85 54 53 89 59 37 35 38 29 18 45 60 49 62 55 78 96 29 22 24 13 14 11 11 18 12 12 30 52 52 44 28 28 20 56 40 31 50 40 46 42 29 19 36 25 22
17 19 26 30 20 15 21 11 8 8 19 5 8 8 11 11 8 3 9 5 4 7 3 6 3 5 4 5 6`

// ordinal numbers the verses of the Quran from 1 to 6236.
func ordinal(t *testing.T, verse string) int {
	t.Helper()
	surah, ayah, _ := strings.Cut(verse, ":")
	s, errS := strconv.Atoi(surah)
	a, errA := strconv.Atoi(ayah)
	counts := strings.Fields(ayahs)
	if errS != nil || errA != nil || s < 1 || s > len(counts) {
		t.Fatalf("%q is no verse", verse)
	}
	n := a
	for _, count := range counts[:s-1] {
		c, _ := strconv.Atoi(count)
		n += c
	}
	if most, _ := strconv.Atoi(counts[s-1]); a < 1 || a > most {
		t.Fatalf("%q is no verse: the surah has %d", verse, most)
	}
	return n
}

// TestPoras checks that the 30 poras are the whole Quran, verse by verse, in both divisions.
func TestPoras(t *testing.T) {
	s := newServer(t, nil)
	poras := get[zikr.List[Pora]](s, 200, "GET /poras", "", nil).Items
	if len(poras) != zikr.Poras {
		t.Fatalf("got %d poras, want %d", len(poras), zikr.Poras)
	}
	madani, indoPak, differ := 1, 1, 0
	for i, p := range poras {
		n := strconv.Itoa(i + 1)
		if p.ID != n || p.Number != i+1 || p.Name != n+"-Juz" || p.Names.Uzbek == "" || p.Names.Arabic == "" || p.Names.English == "" {
			t.Errorf("pora %s: got %+v", n, p)
		}
		first, last := ordinal(t, p.FirstVerse), ordinal(t, p.LastVerse)
		if first != madani || p.Verses != last-first+1 {
			t.Errorf("pora %s: begins with verse %d and has %d, want %d and %d", n, first, p.Verses, madani, last-first+1)
		}
		madani = last + 1
		span := Span{p.FirstVerse, p.LastVerse}
		if p.IndoPak != nil {
			span = *p.IndoPak
			differ++
		}
		if first := ordinal(t, span.FirstVerse); first != indoPak {
			t.Errorf("pora %s: begins with verse %d in Indo-Pak prints, want %d", n, first, indoPak)
		}
		indoPak = ordinal(t, span.LastVerse) + 1
		if i > 0 && (p.FirstPage < poras[i-1].LastPage || p.FirstPage > poras[i-1].LastPage+1) {
			t.Errorf("pora %s: begins on page %d, the one before ends on %d", n, p.FirstPage, poras[i-1].LastPage)
		}
	}
	if madani != 6237 || indoPak != 6237 || differ == 0 || poras[29].LastPage != 604 {
		t.Errorf("the poras end before verses %d and %d, on page %d; %d differ", madani, indoPak, poras[29].LastPage, differ)
	}
}

func TestCommonZikrs(t *testing.T) {
	s := newServer(t, nil)
	zikrs := get[zikr.List[CommonZikr]](s, 200, "GET /zikrs", "", nil).Items
	ids := map[string]bool{}
	arabic := regexp.MustCompile(`\p{Arabic}`)
	for _, z := range zikrs {
		if ids[z.ID] || !arabic.MatchString(z.Body) || z.Goal < 1 || z.Readings.Uzbek == "" || z.Readings.English == "" ||
			z.Meanings.Uzbek == "" || z.Meanings.English == "" || z.Meanings.Russian == "" || z.Basis == "" {
			t.Errorf("got %+v", z)
		}
		ids[z.ID] = true
	}
	if !ids["subhanallah"] || len(zikrs) != 25 {
		t.Errorf("got %d zikrs, want 25", len(zikrs))
	}
}

// TestCatalogueIsCached asks again with the ETag.
func TestCatalogueIsCached(t *testing.T) {
	s := newServer(t, nil)
	first := s.do("GET /poras", "", nil)
	etag := first.header.Get("ETag")
	if len(etag) < 10 || first.header.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("got ETag %q, Cache-Control %q", etag, first.header.Get("Cache-Control"))
	}
	for sent, want := range map[string]int{etag: 304, "W/" + etag: 304, `"x", ` + etag: 304, "*": 304, `"x"`: 200, "": 200} {
		if r := s.send("GET", prefix+"/poras", "", "", "If-None-Match", sent); r.status != want || r.header.Get("ETag") != etag || (want == 304) != (len(r.body) == 0) {
			t.Errorf("If-None-Match %s: got %d with %d bytes, want %d", sent, r.status, len(r.body), want)
		}
	}
}

// TestDocs wants the page to stand alone: no other host, no script, and a style that its policy allows.
func TestDocs(t *testing.T) {
	s := newServer(t, nil)
	r := s.send("GET", "/docs", "", "")
	html := string(r.body)
	_, rest, _ := strings.Cut(html, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
		t.Errorf("the policy %q does not allow the page's own style", policy)
	}
	for _, outside := range []string{"http://", "https://", "<script", "<img", "@import", "url(", " style=", "ZgotmplZ"} {
		if strings.Contains(html, outside) {
			t.Errorf("the page has %q", outside)
		}
	}
	for at, o := range operations(s.api) {
		if !strings.Contains(html, fmt.Sprintf("id=%q", o.OperationID)) {
			t.Errorf("the page lacks %s", at)
		}
	}
	for _, e := range zikr.ServerEvents() {
		if !strings.Contains(html, fmt.Sprintf("id=%q", "event-"+e.Payload.EventName())) {
			t.Errorf("the page lacks the event %s", e.Payload.EventName())
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] || strings.Contains(m[1], " ") {
			t.Errorf("id %q is not one, or is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:href="#|aria-labelledby=")([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to %q, which is not there", m[1])
		}
	}
}
