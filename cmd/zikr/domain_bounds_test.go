package main

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/limit"
)

// TestDefaultsOfTheDomain wants the table's defaults to be those that the domain has by itself.
func TestDefaultsOfTheDomain(t *testing.T) {
	var table limit.Bounds
	for i, fields := 0, reflect.TypeOf(table); i < fields.NumField(); i++ {
		most := reflect.ValueOf(&table).Elem().Field(i).Addr().Interface().(*limit.Most)
		if err := most.UnmarshalText([]byte(fields.Field(i).Tag.Get("default"))); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(zikr.DefaultBounds(), bounds{Bounds: table}.domain()); diff != "" {
		t.Errorf("bounds (-domain +table):\n%s", diff)
	}
}
