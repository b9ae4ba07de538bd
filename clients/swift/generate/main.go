// Command generate writes the Swift types and functions of the wire contract, from the documents that the server makes of the types
// that it runs on.
//
//	go run ./clients/swift/generate -asyncapi FILE -openapi FILE -out clients/swift/Sources/ZikrClient/Made
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	asyncAPI := flag.String("asyncapi", "", "what zikr asyncapi prints")
	openAPI := flag.String("openapi", "", "what zikr openapi prints")
	out := flag.String("out", "", "the folder that is written")
	flag.Parse()
	if err := generate(*asyncAPI, *openAPI, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(asyncAPI, openAPI, out string) error {
	async, err := os.ReadFile(asyncAPI)
	if err != nil {
		return fmt.Errorf("read AsyncAPI: %w", err)
	}
	open, err := os.ReadFile(openAPI)
	if err != nil {
		return fmt.Errorf("read OpenAPI: %w", err)
	}
	pages, err := pagesOf(async, open)
	if err != nil {
		return err
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil { //nolint:gosec // source code
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// pagesOf are the files, by name.
func pagesOf(asyncAPI, openAPI []byte) (map[string]string, error) {
	d, err := readDocuments(asyncAPI, openAPI)
	if err != nil {
		return nil, err
	}
	types, err := d.typesPage()
	if err != nil {
		return nil, err
	}
	calls, err := d.callsPage()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"Types.swift": types, "Events.swift": d.eventsPage(), "Calls.swift": calls, "RESTCalls.swift": d.restPage(),
	}, nil
}
