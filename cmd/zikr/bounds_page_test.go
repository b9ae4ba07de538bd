package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zikr-app/zikr/internal/limit"
)

// TestTableInTheDocuments finds the table of docs/security.md out of date.
func TestTableInTheDocuments(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), tableBegins+boundsTable()+tableEnds) {
		t.Error("the table of bounds in docs/security.md is out of date: make generate")
	}
}

// TestEveryBoundIsHeld finds a row of the table that no part of the program asks for: by its name,
// or as a field of the bounds.
func TestEveryBoundIsHeld(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, row := range limit.Table() {
		if !strings.Contains(source.String(), `"`+row.Bound+`"`) && !strings.Contains(source.String(), "."+row.Field+")") && !strings.Contains(source.String(), "."+row.Field+",") {
			t.Errorf("nothing in cmd/zikr asks for %s (%s)", row.Bound, row.Field)
		}
	}
}
