package rest

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/zikr-app/zikr"
)

// catalogues holds the facts about poras and common zikrs, which are the same for everybody.
//
//go:embed data/poras.json data/zikrs.json
var catalogues embed.FS

// Pora is one of the 30 parts of the Quran, in the Madani numbering of verses
// and pages (the print of Medina, 604 pages).
type Pora struct {
	ID         string    `json:"id" doc:"the poraId of every group"`
	Number     int       `json:"number" minimum:"1" maximum:"30"`
	Name       string    `json:"name" doc:"the poraName of every event"`
	Names      PoraNames `json:"names" doc:"the traditional names: the first words"`
	FirstVerse string    `json:"firstVerse" doc:"surah:ayah"`
	LastVerse  string    `json:"lastVerse" doc:"surah:ayah"`
	Verses     int       `json:"verses" doc:"how many"`
	FirstPage  int       `json:"firstPage" minimum:"1" maximum:"604"`
	LastPage   int       `json:"lastPage" minimum:"1" maximum:"604"`
	IndoPak    *Span     `json:"indoPak,omitempty" doc:"in Indo-Pak prints, where that differs"`
}

// PoraNames are what a pora is called.
type PoraNames struct {
	Uzbek   string `json:"uz"`
	Arabic  string `json:"ar"`
	English string `json:"en"`
}

// Span is from one verse to another.
type Span struct {
	FirstVerse string `json:"firstVerse" doc:"surah:ayah"`
	LastVerse  string `json:"lastVerse" doc:"surah:ayah"`
}

// CommonZikr is a zikr that many know, to make a group's zikr of.
type CommonZikr struct {
	ID         string   `json:"id"`
	Body       string   `json:"body" doc:"the Arabic text"`
	Readings   Readings `json:"readings" doc:"how it is read aloud"`
	Meanings   Meanings `json:"meanings"`
	Goal       int      `json:"goal" doc:"how often it is usually said"`
	OtherGoals string   `json:"otherGoals,omitempty" doc:"other usual numbers"`
	Basis      string   `json:"basis" doc:"where the number comes from"`
}

// Readings are the text in Latin letters.
type Readings struct {
	Uzbek   string `json:"uz"`
	English string `json:"en"`
}

// Meanings are what the text says.
type Meanings struct {
	Uzbek   string `json:"uz"`
	English string `json:"en"`
	Russian string `json:"ru"`
}

// unlessKnown is what a client says that has asked before.
type unlessKnown struct {
	IfNoneMatch string `header:"If-None-Match" doc:"the ETag of the answer that the client has"`
}

// cached is an answer that is the same for everybody and seldom changes.
type cached[T any] struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         zikr.List[T]
}

// serveCatalogue adds an operation that answers with a list from an embedded file.
func serveCatalogue[T any](s section, o op, file string) error {
	data, err := catalogues.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read catalogue: %w", err)
	}
	whole := cached[T]{Status: http.StatusOK, ETag: etag(data), CacheControl: "public, max-age=3600"}
	if err := json.Unmarshal(data, &whole.Body.Items); err != nil {
		return fmt.Errorf("read catalogue %s: %w", file, err)
	}
	operation := operation[unlessKnown](s, o, false)
	operation.Responses["304"] = &huma.Response{Description: "The answer is the one that the client has."}
	huma.Register(s.api.huma, operation, func(_ context.Context, in *unlessKnown) (*cached[T], error) {
		out := whole
		if isKnown(in.IfNoneMatch, whole.ETag) {
			out.Status = http.StatusNotModified
		}
		return &out, nil
	})
	return nil
}

// etag names a version of some bytes (RFC 9110, section 8.8.3).
func etag(data []byte) string { return fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(data))[:16]) }

// isKnown reports whether the client has this version (RFC 9110, section 13.1.2).
func isKnown(ifNoneMatch, etag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == "*" || candidate == etag {
			return true
		}
	}
	return false
}
